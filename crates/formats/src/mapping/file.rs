//! From the text of a mapping file to its rules.

mod raw;

use std::{collections::BTreeMap, io};

use kernel::MissingReason;
use toml::Spanned;

pub(crate) use self::raw::OneOrMore;
use self::raw::{RawCell, RawCondition, RawEvents, RawMapping, RawReading, RawRepeat};
use super::{
    Creates, MILESTONES, TomlPlaces,
    convert::{Conversion, DateFormat},
    fault_at,
    rule::{
        Cell, Condition, EventMap, ItemRule, Join, Milestone, MissingBy, Pivot, Reading,
        RecordRule, Repeat, Rules, Source, Target, Test,
    },
};
use crate::{FormatError, table::TextEncoding};

/// The longest mapping file that is read, in bytes.
const MAX_FILE_BYTES: usize = 4 << 20;

const SEE_GUIDE: &str = "see the guide to import mappings";

pub(super) fn parse(
    text: &str,
    file: &str,
    beside: &dyn Fn(&str) -> io::Result<String>,
) -> Result<Rules, FormatError> {
    if text.len() > MAX_FILE_BYTES {
        let what = format!("the file is longer than {MAX_FILE_BYTES} bytes");
        return Err(fault_at(file, 0, what, "give a mapping file"));
    }
    let places = TomlPlaces::new(file, text);
    let raw: RawMapping = toml::from_str(text).map_err(|cause| places.not_read(&cause))?;
    Reader { places, beside }.rules(raw)
}

struct Reader<'a> {
    places: TomlPlaces,
    beside: &'a dyn Fn(&str) -> io::Result<String>,
}

impl Reader<'_> {
    fn rules(&self, raw: RawMapping) -> Result<Rules, FormatError> {
        let joins = raw.join.iter().map(|join| self.join(join)).collect::<Result<_, _>>()?;
        let conditions = raw
            .conditions
            .iter()
            .map(|condition| self.condition(condition, true))
            .collect::<Result<_, _>>()?;
        let milestones = raw
            .milestone
            .iter()
            .map(|milestone| self.milestone(milestone))
            .collect::<Result<Vec<_>, _>>()?;
        let encoding = match &raw.encoding {
            None => None,
            Some(name) => Some(TextEncoding::parse(name.get_ref()).ok_or_else(|| {
                let what = format!("'{}' is no known encoding", name.get_ref());
                self.fault(name, &what, "use for instance utf-8, gb18030 or windows-1252")
            })?),
        };
        if raw.creates == Creates::Records && !milestones.is_empty() {
            let what = "milestones stand in a mapping that creates records";
            return Err(self.fault(&raw.milestone[0], what, "say creates = \"milestones\""));
        }
        Ok(Rules {
            creates: raw.creates,
            subject: self.cell(&raw.subject)?,
            target: self.target(&raw)?,
            study: raw.study.value,
            study_column: raw.study.column,
            encoding,
            sheet: raw.sheet,
            milestones,
            conditions,
            joins,
            unused: raw.unused,
        })
    }

    fn target(&self, raw: &RawMapping) -> Result<Target, FormatError> {
        let missing = |key: &str| {
            let what = format!("the mapping does not say '{key}'");
            fault_at(self.places.file(), 1, what, SEE_GUIDE)
        };
        if raw.creates != Creates::Records {
            if let Some((key, line)) = raw.first_record_key(&self.places) {
                let what = format!("'{key}' stands in a mapping that creates no records");
                return Err(fault_at(self.places.file(), line, what, SEE_GUIDE));
            }
            return match &raw.site {
                Some(site) if raw.creates == Creates::Subjects => {
                    Ok(Target::Subject { site: self.cell(site)? })
                }
                None if raw.creates == Creates::Subjects => Err(missing("site")),
                _ => Ok(Target::Milestones),
            };
        }
        let event = raw.event.as_ref().ok_or_else(|| missing("event"))?;
        let form = raw.form.as_ref().ok_or_else(|| missing("form"))?;
        let events = match &event.get_ref().map {
            None => None,
            Some(map) => Some(self.events(map)?),
        };
        let mut items = Vec::with_capacity(raw.item.len());
        for item in &raw.item {
            let group = item.get_ref().group.as_ref().or(raw.group.as_ref());
            items.push(ItemRule {
                cell: self.cell_of(item, &item.get_ref().cell())?,
                group: group.ok_or_else(|| missing("group"))?.clone(),
                item: item.get_ref().item.clone(),
                reading: self.reading(item, &item.get_ref().reading())?,
            });
        }
        let pivot = match &raw.pivot {
            None => None,
            Some(pivot) => {
                Some(self.pivot(pivot, raw.group.as_ref().ok_or_else(|| missing("group"))?)?)
            }
        };
        if items.is_empty() && pivot.is_none() {
            return Err(missing("item"));
        }
        let mut group_repeats = BTreeMap::new();
        for (group, repeat) in &raw.repeat {
            group_repeats.insert(group.clone(), self.repeat(repeat)?);
        }
        Ok(Target::Record(Box::new(RecordRule {
            event: self.cell_of(event, &event.get_ref().cell())?,
            events,
            form: self.cell_of(form, &form.get_ref().cell())?,
            form_repeat: form.get_ref().repeat.as_ref().map(|r| self.repeat(r)).transpose()?,
            group_repeats,
            items,
            pivot,
        })))
    }

    fn cell(&self, cell: &Spanned<RawCell>) -> Result<Cell, FormatError> {
        self.cell_of(cell, cell.get_ref())
    }

    fn cell_of<T>(&self, at: &Spanned<T>, cell: &RawCell) -> Result<Cell, FormatError> {
        let source = match (&cell.column, &cell.value) {
            (Some(column), None) => Source::Column(column.clone()),
            (None, Some(value)) => Source::Value(value.clone()),
            _ => {
                let what = "a cell takes either 'column' or 'value'";
                return Err(self.fault(at, what, SEE_GUIDE));
            }
        };
        Ok(Cell {
            source,
            strip_prefix: cell.strip_prefix.clone(),
            before: cell.before.clone(),
            prefix: cell.prefix.clone(),
            line: self.line(at),
        })
    }

    fn repeat(&self, repeat: &Spanned<RawRepeat>) -> Result<Repeat, FormatError> {
        match repeat.get_ref() {
            RawRepeat::Word(word) if word == "row" => Ok(Repeat::Row),
            RawRepeat::Word(word) => {
                let what = format!("'{word}' is no repeat key");
                Err(self.fault(repeat, &what, "say \"row\", or name a column"))
            }
            RawRepeat::Cell(cell) => Ok(Repeat::Cell(self.cell_of(repeat, cell)?)),
        }
    }

    fn events(&self, map: &Spanned<RawEvents>) -> Result<EventMap, FormatError> {
        match map.get_ref() {
            RawEvents::Here(pairs) => Ok(EventMap::new(pairs, self.line(map))),
            RawEvents::Beside(name) => {
                let text = (self.beside)(name).map_err(|cause| {
                    let what = format!("the file '{name}' cannot be read: {cause}");
                    self.fault(map, &what, "put it beside the mapping")
                })?;
                let places = TomlPlaces::new(name, &text);
                let pairs: BTreeMap<String, String> =
                    toml::from_str(&text).map_err(|cause| places.not_read(&cause))?;
                Ok(EventMap::new(&pairs, self.line(map)))
            }
        }
    }

    fn reading<T>(&self, at: &Spanned<T>, raw: &RawReading<'_>) -> Result<Reading, FormatError> {
        let asked =
            [raw.date.is_some(), raw.decode.is_some(), raw.map.is_some(), raw.number.is_some()];
        if asked.iter().filter(|asked| **asked).count() > 1 {
            return Err(self.fault(at, "an item takes at most one conversion", SEE_GUIDE));
        }
        let conversion = if let Some(formats) = raw.date {
            self.date(at, formats.texts())?
        } else if let Some(language) = raw.decode {
            Conversion::Decode(language.clone())
        } else if let Some(map) = raw.map {
            Conversion::Map(map.clone())
        } else if let Some(form) = raw.number {
            Conversion::Number(form)
        } else {
            Conversion::None
        };
        let missing_by = match raw.missing_by {
            None => None,
            Some(by) => {
                Some(MissingBy { column: by.column.clone(), reasons: self.reasons(at, &by.map)? })
            }
        };
        Ok(Reading { conversion, missing: self.reasons(at, raw.missing)?, missing_by })
    }

    fn date<T>(&self, at: &Spanned<T>, formats: &[String]) -> Result<Conversion, FormatError> {
        let formats = formats
            .iter()
            .map(|format| DateFormat::parse(format))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|what| self.fault(at, &what, "use %Y, %m, %d and %b"))?;
        if formats.is_empty() {
            return Err(self.fault(at, "no date format is given", "use %Y, %m, %d and %b"));
        }
        Ok(Conversion::Date(formats))
    }

    fn reasons<T>(
        &self,
        at: &Spanned<T>,
        raw: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, MissingReason>, FormatError> {
        raw.iter()
            .map(|(text, code)| {
                let reason = MissingReason::parse(code).ok_or_else(|| {
                    let known = MissingReason::ALL.map(|(_, code)| code).join(", ");
                    let what = format!("'{code}' is no reason for missing");
                    self.fault(at, &what, &format!("use one of {known}"))
                })?;
                Ok((text.clone(), reason))
            })
            .collect()
    }

    fn pivot(&self, raw: &Spanned<raw::RawPivot>, group: &str) -> Result<Pivot, FormatError> {
        let pivot = raw.get_ref();
        let Some((before, after)) = pivot.item.split_once('*') else {
            let what = format!("the pivot's item '{}' has no star", pivot.item);
            return Err(self.fault(raw, &what, "put * where the text of the test stands"));
        };
        Ok(Pivot {
            test: pivot.test.clone(),
            value: pivot.value.clone(),
            group: group.to_owned(),
            item: (before.to_owned(), after.to_owned()),
            reading: self.reading(raw, &pivot.reading())?,
            line: self.line(raw),
        })
    }

    fn condition(
        &self,
        raw: &Spanned<RawCondition>,
        needs_reason: bool,
    ) -> Result<Condition, FormatError> {
        let condition = raw.get_ref();
        let test =
            match (&condition.among, &condition.not_among, condition.blank, condition.not_blank) {
                (Some(texts), None, None, None) => Test::In(texts.clone()),
                (None, Some(texts), None, None) => Test::NotIn(texts.clone()),
                (None, None, Some(true), None) => Test::Blank,
                (None, None, None, Some(true)) => Test::NotBlank,
                _ => {
                    let what =
                        "a rule takes one of 'in', 'not_in', 'blank = true' and 'not_blank = true'";
                    return Err(self.fault(raw, what, SEE_GUIDE));
                }
            };
        let reason = match (&condition.reason, needs_reason) {
            (Some(reason), true) if !reason.trim().is_empty() => reason.clone(),
            (None, false) => String::new(),
            (_, true) => {
                let what = "a 'where' rule says no reason";
                return Err(self.fault(raw, what, "say why the other rows are left out"));
            }
            (Some(_), false) => {
                let what = "'when' takes no reason";
                return Err(self.fault(raw, what, "remove 'reason'"));
            }
        };
        Ok(Condition { column: condition.column.clone(), test, reason, line: self.line(raw) })
    }

    fn join(&self, raw: &Spanned<raw::RawJoin>) -> Result<Join, FormatError> {
        let join = raw.get_ref();
        if join.on.is_empty() || join.columns.is_empty() {
            let what = "a join names no columns";
            return Err(self.fault(raw, what, SEE_GUIDE));
        }
        Ok(Join {
            file: join.file.clone(),
            sheet: join.sheet.clone(),
            on: join.on.clone().into_iter().collect(),
            columns: join.columns.clone(),
            line: self.line(raw),
        })
    }

    fn milestone(&self, raw: &Spanned<raw::RawMilestone>) -> Result<Milestone, FormatError> {
        let milestone = raw.get_ref();
        if !MILESTONES.contains(&milestone.name.as_str()) {
            let what = format!("'{}' is no milestone", milestone.name);
            return Err(self.fault(raw, &what, &format!("use one of {}", MILESTONES.join(", "))));
        }
        let conversion = match &milestone.date.date {
            Some(formats) => self.date(raw, formats.texts())?,
            None => Conversion::None,
        };
        Ok(Milestone {
            name: milestone.name.clone(),
            date: self.cell_of(raw, &milestone.date.cell())?,
            conversion,
            when: milestone.when.as_ref().map(|when| self.condition(when, false)).transpose()?,
        })
    }

    fn line<T>(&self, at: &Spanned<T>) -> u32 {
        self.places.line(at.span().start)
    }

    fn fault<T>(&self, at: &Spanned<T>, what: &str, advice: &str) -> FormatError {
        fault_at(self.places.file(), self.line(at), what, advice)
    }
}
