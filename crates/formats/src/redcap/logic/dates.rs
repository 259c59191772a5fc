//! Dates in REDCap logic. What depends on the day on which it is read has no counterpart: a
//! derivation gives the same whenever it runs.

use super::{
    FieldType, Untranslated,
    emit::{Cel, Emitter, needs_of, quoted},
    functions::count,
    parse::{Kind, Node},
};

const CLOCK: &str = "the value of today or now changes by itself, which no derivation may";

impl Emitter<'_> {
    /// A constant text as a date or time.
    pub(super) fn moment(at: usize, cel: &Cel, wanted: FieldType) -> Result<Cel, Untranslated> {
        let Some(text) = &cel.constant else {
            return Err(Untranslated::new(at, "a text is used as a date"));
        };
        if matches!(text.as_str(), "today" | "now" | "today-utc" | "now-utc") {
            return Err(Untranslated::new(at, CLOCK));
        }
        let iso = text.trim().replacen(' ', "T", 1);
        let (call, data_type) = match wanted {
            FieldType::Date => ("date", kernel::DataType::Date),
            FieldType::DateTime => ("datetime", kernel::DataType::Datetime),
            _ => ("time", kernel::DataType::Time),
        };
        let iso = kernel::canonical(data_type, &iso)
            .map_err(|_| Untranslated::new(at, format!("'{text}' is no date of the form Y-M-D")))?;
        Ok(Cel::made(format!("{call}({})", quoted(&iso)), wanted, Vec::new()))
    }

    pub(super) fn of_dates(
        &self,
        at: usize,
        name: &str,
        arguments: &[Node],
    ) -> Result<Option<Cel>, Untranslated> {
        let cel = match (name, arguments) {
            ("datediff", [from, to, unit, rest @ ..]) => {
                self.difference(at, (from, to), unit, rest)?
            }
            ("age_at_date", [birth, on, ..]) => {
                let (birth, on) = (self.date(birth)?, self.date(on)?);
                let text = format!("age_at({}, {})", birth.text, on.text);
                Cel::made(text, FieldType::Number, needs_of([&birth, &on]))
            }
            ("year" | "month" | "day", [date]) => {
                let date = self.date(date)?;
                Cel::made(format!("{name}({})", date.text), FieldType::Number, date.needs)
            }
            ("calcdate", [date, days, unit]) => self.later(at, date, days, unit)?,
            ("clock", []) => return Err(Untranslated::new(at, CLOCK)),
            ("datediff" | "age_at_date" | "calcdate", _) => {
                return Err(count(at, name, "two dates and a unit"));
            }
            _ => return Ok(None),
        };
        Ok(Some(cel))
    }

    fn date(&self, node: &Node) -> Result<Cel, Untranslated> {
        let cel = self.value(node)?;
        match cel.of {
            FieldType::Date | FieldType::DateTime => Ok(cel),
            _ => Self::converted(node.at, cel, FieldType::Date),
        }
    }

    /// `datediff(from, to, unit[, date format][, signed])`. A year has 365.2425 days, a month 30.44.
    fn difference(
        &self,
        at: usize,
        (from, to): (&Node, &Node),
        unit: &Node,
        rest: &[Node],
    ) -> Result<Cel, Untranslated> {
        let (from, to) = (self.date_or_time(from)?, self.date_or_time(to)?);
        let Kind::Text(unit) = &unit.kind else { return Err(count(at, "datediff", "a unit")) };
        let is_signed = rest.last().is_some_and(|last| match &last.kind {
            Kind::Text(text) => text == "true",
            Kind::Number(number) => number == "1",
            _ => false,
        });
        let by_minutes = from.of != FieldType::Date && to.of != FieldType::Date;
        let (calls, per_day) = if by_minutes {
            if from.of != to.of {
                return Err(Untranslated::new(at, "a time and a date are compared"));
            }
            ("minutes_between", "1440")
        } else {
            ("days_between", "1")
        };
        let plain = format!("{calls}({}, {})", from.text, to.text);
        let plain = if is_signed { plain } else { format!("abs({plain})") };
        let text = match (unit.as_str(), by_minutes) {
            ("d", false) | ("m", true) => plain,
            ("d", true) => format!("({plain} / {per_day})"),
            ("y", _) => format!("({plain} / ({per_day} * 365.2425))"),
            ("M", _) => format!("({plain} / ({per_day} * 30.44))"),
            ("h", true) => format!("({plain} / 60)"),
            ("h", false) => format!("({plain} * 24)"),
            ("m", false) => format!("({plain} * 1440)"),
            ("s", false) => format!("({plain} * 86400)"),
            ("s", true) => {
                return Err(Untranslated::new(at, "times are compared to the minute, not second"));
            }
            _ => return Err(Untranslated::new(at, format!("'{unit}' is no unit of datediff"))),
        };
        Ok(Cel::made(text, FieldType::Number, needs_of([&from, &to])))
    }

    fn date_or_time(&self, node: &Node) -> Result<Cel, Untranslated> {
        let cel = self.value(node)?;
        match cel.of {
            FieldType::Date | FieldType::DateTime | FieldType::Time => Ok(cel),
            _ => Self::converted(node.at, cel, FieldType::Date),
        }
    }

    /// `calcdate(date, number, 'd')`, of the action tag `@CALCDATE`.
    fn later(&self, at: usize, date: &Node, days: &Node, unit: &Node) -> Result<Cel, Untranslated> {
        let (date, days) = (self.date(date)?, self.number(days)?);
        let is_whole = days.constant.as_ref().is_some_and(|c| c.parse::<i64>().is_ok());
        if !is_whole || !matches!(&unit.kind, Kind::Text(unit) if unit == "d") {
            return Err(Untranslated::new(at, "only a whole number of days can be added"));
        }
        let text = format!("add_days({}, {})", date.text, days.text);
        Ok(Cel::made(text, FieldType::Date, date.needs))
    }
}
