//! Validations, calculations and simple conditional displays.

use kernel::{
    CheckOid, ConditionOid, DataType, MethodOid, Texts,
    study::{CheckAction, CheckScope, Comparator, ConditionDef, EditCheck, MethodDef, RangeCheck},
};

use super::{
    calculation::{self, Names},
    items::Item,
    responses::{Answered, split},
    study::{Making, cel, texts},
};
use crate::{Severity, redcap::quoted, xlsform::item_name};

const VALIDATION: &str = "VALIDATION";
const MESSAGE: &str = "VALIDATION_ERROR_MESSAGE";
const CALCULATION: &str = "RESPONSE_VALUES_OR_CALCULATIONS";
const DISPLAY: &str = "SIMPLE_CONDITIONAL_DISPLAY";
/// To so many decimals a calculation is rounded that says none (sheet Instructions, `WIDTH_DECIMAL`).
const DEFAULT_DECIMALS: u32 = 4;

impl Making<'_> {
    pub(super) fn logic(&mut self) {
        for at in 0..self.items.len() {
            self.validation(at);
            self.calculation(at);
            self.display(at);
        }
    }

    /// `func: range(1, 10)` is a soft limit; `regexp: /…/` a check that opens a query.
    fn validation(&mut self, at: usize) {
        let item = &self.items[at];
        let (row, text) = (item.row, item.row.get(VALIDATION));
        if text.is_empty() {
            return;
        }
        let made = match text.split_once(':') {
            _ if item.answered == Answered::Several => Err("it is of several answers".to_owned()),
            Some((kind, rest)) if kind.trim() == "func" => self.limits(at, rest),
            Some((kind, rest)) if kind.trim() == "regexp" => self.pattern(at, rest),
            _ => Err("it begins with neither 'func:' nor 'regexp:'".to_owned()),
        };
        if let Err(why) = made {
            self.say(Severity::Warning, row, VALIDATION, format!("'{text}' is not checked: {why}"));
        }
    }

    fn limits(&mut self, at: usize, text: &str) -> Result<(), String> {
        let item = &self.items[at];
        let call = text.trim().strip_suffix(')').and_then(|call| call.split_once('('));
        let (name, arguments) = call.ok_or("it is no call of a function")?;
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        if !item.data_type.is_number() {
            return Err("numbers are compared, and this is none".to_owned());
        }
        if arguments.iter().any(|one| kernel::canonical(DataType::Decimal, one).is_err()) {
            return Err(format!("{} is no number", arguments.join(", ")));
        }
        let checks = match (name.trim(), arguments.as_slice()) {
            ("gt", [value]) => vec![(Comparator::Gt, value)],
            ("gte", [value]) => vec![(Comparator::Ge, value)],
            ("lt", [value]) => vec![(Comparator::Lt, value)],
            ("lte", [value]) => vec![(Comparator::Le, value)],
            ("eq", [value]) => vec![(Comparator::Eq, value)],
            ("ne", [value]) => vec![(Comparator::Ne, value)],
            ("range", [low, high]) => vec![(Comparator::Ge, low), (Comparator::Le, high)],
            (other, _) => return Err(format!("the function {other} is not known")),
        };
        let message = self.message(at);
        let made = checks.into_iter().map(|(comparator, value)| RangeCheck {
            comparator: Some(comparator),
            values: vec![(*value).to_owned()],
            message: message.clone(),
            ..RangeCheck::default()
        });
        let made: Vec<RangeCheck> = made.collect();
        let oid = &self.items[at].oid;
        if let Some(def) = self.version.items.iter_mut().find(|def| def.oid == *oid) {
            def.range_checks = made;
        }
        Ok(())
    }

    fn pattern(&mut self, at: usize, text: &str) -> Result<(), String> {
        let item = &self.items[at];
        let pattern = text.trim().strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let pattern = pattern.ok_or("a pattern stands between two /")?;
        let name = &item.name;
        let value =
            if item.data_type == DataType::Text { name.clone() } else { format!("text({name})") };
        let whole = quoted(&format!("^(?:{pattern})$"));
        let oid = CheckOid::new(format!("VAL_{}", item.oid.as_str().trim_start_matches("I_")));
        let check = EditCheck {
            oid: oid.clone(),
            name: format!("validation of {name}"),
            scope: CheckScope::Item,
            action: CheckAction::Query,
            form: self.form.oid.clone(),
            group: item.repeat.clone(),
            item: item.oid.clone(),
            expression: cel(format!("missing({name}) || matches({value}, {whole})")),
            message: self.message(at),
            ..EditCheck::default()
        };
        self.version.checks.push(check);
        self.items[at].check = Some(oid);
        Ok(())
    }

    /// What is said of a value that is not valid; OpenClinica wants a text there.
    fn message(&mut self, at: usize) -> Texts {
        let row = self.items[at].row;
        let said = texts(row.get(MESSAGE));
        if said.is_empty() {
            self.say(Severity::Warning, row, MESSAGE, "is blank; the validation itself is said");
            return texts(row.get(VALIDATION));
        }
        said
    }

    fn calculation(&mut self, at: usize) {
        let item = &self.items[at];
        let (row, text) = (item.row, item.row.get(CALCULATION));
        let made = match item.answered {
            Answered::Calculated => calculation::calculation(text, &self.names(item, false)),
            Answered::CalculatedOfRows => calculation::of_rows(text, &self.names(item, true)),
            _ => return,
        };
        let made = match made {
            Ok(made) => made,
            Err(why) => {
                let said = format!("'{text}' is not computed, and entered: {why}");
                return self.say(Severity::Warning, row, CALCULATION, said);
            }
        };
        let expression = match item.data_type {
            DataType::Decimal => {
                let def = self.version.items.iter().find(|def| def.oid == item.oid);
                let decimals = def.and_then(|def| def.significant_digits);
                format!("round_half_up({made}, {})", decimals.unwrap_or(DEFAULT_DECIMALS))
            }
            DataType::Text => format!("text({made})"),
            _ => made,
        };
        let oid = MethodOid::new(format!("CALC_{}", item.oid.as_str().trim_start_matches("I_")));
        self.version.methods.push(MethodDef {
            oid: oid.clone(),
            name: format!("calculation of {}", item.name),
            kind: "Computation".to_owned(),
            description: Texts::one("", text),
            expressions: vec![cel(expression)],
            ..MethodDef::default()
        });
        let item = &mut self.items[at];
        item.method = Some(oid.clone());
        let placed = item.oid.clone();
        for group in &mut self.version.item_groups {
            for one in group.items.iter_mut().filter(|one| one.item == placed) {
                one.method = Some(oid.clone());
            }
        }
    }

    /// The items that a calculation can name: of its own row, or those of repeating groups.
    fn names(&self, item: &Item<'_>, of_rows: bool) -> Names {
        let items = self.items.iter().filter(|one| {
            let is_there = if of_rows {
                one.repeat.is_some()
            } else {
                one.repeat.is_none() || one.repeat == item.repeat
            };
            is_there && one.answered != Answered::Several
        });
        items.map(|one| (one.row.get("ITEM_NAME").to_owned(), one.name.clone())).collect()
    }

    /// An item that is hidden until another has a value.
    fn display(&mut self, at: usize) {
        let row = self.items[at].row;
        let is_hidden = row.get("ITEM_DISPLAY_STATUS").eq_ignore_ascii_case("HIDE");
        let text = row.get(DISPLAY);
        if text.is_empty() {
            if is_hidden {
                let said =
                    "is shown by rules, which are not in the workbook; it is always shown here";
                self.say(Severity::Warning, row, "ITEM_DISPLAY_STATUS", said);
            }
            return;
        }
        if !is_hidden {
            let said = "has no effect on an item that is not hidden";
            return self.say(Severity::Warning, row, DISPLAY, said);
        }
        match self.shown_when(at, text) {
            Ok(shown) => {
                self.say(
                    Severity::Note,
                    row,
                    DISPLAY,
                    "its message is not used: a hidden item is not collected",
                );
                self.hide(at, &shown);
            }
            Err(why) => self.say(Severity::Error, row, DISPLAY, why),
        }
    }

    fn shown_when(&self, at: usize, text: &str) -> Result<String, String> {
        let parts = split(text);
        let [control, value, _] = parts.as_slice() else {
            return Err(format!("'{text}' is not an item, a value and a message"));
        };
        let other = self.items.iter().find(|item| item.row.get("ITEM_NAME") == control);
        let other = other.ok_or_else(|| format!("there is no item {control}"))?;
        if !other.choices.iter().any(|(code, _)| code == value) {
            return Err(format!("{control} has no value {value}"));
        }
        if other.repeat.is_some() && other.repeat != self.items[at].repeat {
            return Err(format!("{control} is in a repeating group of which this is no row"));
        }
        let name = &other.name;
        Ok(match (other.answered, other.data_type) {
            (Answered::Several, _) => {
                format!("coalesce({}, false)", item_name(&format!("{name}___{value}")))
            }
            (_, data_type) if data_type.is_number() => {
                format!("(answered({name}) && {name} == {value})")
            }
            _ => format!("(answered({name}) && {name} == {})", quoted(value)),
        })
    }

    fn hide(&mut self, at: usize, shown: &str) {
        let item = &self.items[at];
        let oid = ConditionOid::new(format!("SCD_{}", item.oid.as_str().trim_start_matches("I_")));
        self.version.conditions.push(ConditionDef {
            oid: oid.clone(),
            name: format!("simple conditional display of {}", item.name),
            description: texts(item.row.get(DISPLAY)),
            expressions: vec![cel(format!("!{shown}"))],
            ..ConditionDef::default()
        });
        let defs = item.defs.clone();
        for group in &mut self.version.item_groups {
            for one in group.items.iter_mut().filter(|one| defs.contains(&one.item)) {
                one.exception = Some(oid.clone());
            }
        }
        self.items[at].exception = Some(oid);
    }
}
