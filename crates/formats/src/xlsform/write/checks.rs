//! Constraints: limits and checks of one item as one condition with one message.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    DataType, Texts,
    study::{CheckAction, Comparator, EditCheck, GroupShape, ItemDef, ItemShape, RangeCheck},
};

use super::{
    super::xpath::{Answers, Asked, Cond, Of, quoted},
    Writing,
    names::question_of,
    set,
};

/// What an answer must hold, and what is said when it does not.
#[derive(Default)]
struct Constraint {
    must: Vec<Cond>,
    messages: Vec<Texts>,
    /// When a blank is no answer.
    required: Vec<Cond>,
    required_messages: Vec<Texts>,
}

impl Writing<'_> {
    pub(super) fn constraint(
        &mut self,
        cells: &mut BTreeMap<String, String>,
        group: &GroupShape,
        (def, shape): (&ItemDef, &ItemShape),
    ) {
        let mut all = Constraint::default();
        all.must.extend(size(def));
        for check in &def.range_checks {
            match self.range(group, def, check) {
                Ok(cond) => {
                    all.must.push(cond);
                    all.messages.push(check.message.clone());
                    self.soft += usize::from(!check.hard);
                }
                Err(why) => self.warn(&def.oid, format!("a limit of it is not checked: {why}")),
            }
        }
        let form = self.form.oid.clone();
        let checks = self.design.version().checks.iter();
        for check in checks.filter(|check| check.form == form && check.item == def.oid) {
            if let Err(why) = self.check(&mut all, group, check, &shape.name) {
                self.warn(&def.oid, format!("check {} is not made: {why}", check.oid));
            }
        }
        if let Cond::Yes = Cond::all(all.must.iter().cloned()) {
            all.messages.clear();
        }
        let must = Cond::all(all.must);
        if must != Cond::Yes {
            set(cells, "constraint", &must.spelled());
            self.set_texts(cells, "constraint_message", &together(&all.messages));
        }
        let required = Cond::any(all.required);
        if !shape.mandatory && required != Cond::No {
            let said = if required == Cond::Yes { "yes".to_owned() } else { required.spelled() };
            set(cells, "required", &said);
            self.set_texts(cells, "required_message", &together(&all.required_messages));
        }
    }

    /// A check of an item of this form, for a blank answer and for another.
    fn check(
        &mut self,
        all: &mut Constraint,
        group: &GroupShape,
        check: &EditCheck,
        name: &str,
    ) -> Result<(), String> {
        let repeat = group.repeats.then_some(&group.oid);
        let runs_on = check
            .group
            .as_ref()
            .filter(|oid| self.groups.iter().any(|one| one.oid == **oid && one.repeats));
        if check.blinded {
            return Err("it tells the treatment".to_owned());
        }
        if !check.events.is_empty() {
            return Err("it is for some visits only".to_owned());
        }
        if runs_on != repeat {
            return Err("it runs on other rows than the item has".to_owned());
        }
        if !check.expression.is_cel() {
            return Err("it is not written in the language of rules".to_owned());
        }
        let speaker = self.speaker(Some(group), Some(name));
        let of = |is: bool| {
            let known = Answers::from([(".".to_owned(), is)]);
            speaker.truth(&check.expression.text, Asked::NotFalse, &known)
        };
        let (blank, given) = (of(false), of(true));
        let (blank, given) = (blank.map_err(|why| why.0)?, given.map_err(|why| why.0)?);
        self.soft += usize::from(check.action == CheckAction::Query);
        if given != Cond::Yes {
            all.must.push(given);
            all.messages.push(check.message.clone());
        }
        if blank != Cond::Yes {
            all.required.push(blank.negated());
            all.required_messages.push(check.message.clone());
        }
        Ok(())
    }

    fn range(&self, group: &GroupShape, def: &ItemDef, check: &RangeCheck) -> Result<Cond, String> {
        if check.unit.is_some() && def.units.len() > 1 {
            return Err("it is for one of several units".to_owned());
        }
        let Some(comparator) = check.comparator else {
            let cel = check.expressions.iter().find(|one| one.is_cel());
            let cel = cel.ok_or("it is not written in the language of rules")?;
            let speaker = self.speaker(Some(group), Some(&def.name));
            let known = Answers::from([(".".to_owned(), true)]);
            return speaker.truth(&cel.text, Asked::NotFalse, &known).map_err(|why| why.0);
        };
        let of = Of::item(def.data_type);
        let sign = match comparator {
            Comparator::Lt => "<",
            Comparator::Le => "<=",
            Comparator::Gt => ">",
            Comparator::Ge => ">=",
            Comparator::Eq | Comparator::In => "=",
            Comparator::Ne | Comparator::NotIn => "!=",
        };
        let is_order = sign.contains(['<', '>']);
        let mut each = Vec::with_capacity(check.values.len());
        for value in &check.values {
            let value = match of {
                Of::Number => value.clone(),
                Of::Date => format!("date('{value}')"),
                Of::DateTime => format!("date-time('{value}')"),
                _ if is_order => return Err("it orders what has no order there".to_owned()),
                _ => quoted(value).map_err(|why| why.0)?,
            };
            let needs = BTreeSet::from([".".to_owned()]);
            each.push(Cond::Test { text: format!(". {sign} {value}"), needs });
        }
        Ok(if comparator == Comparator::In { Cond::any(each) } else { Cond::all(each) })
    }

    /// Checks of items that make a question with others.
    pub(super) fn checks_of_choices(&mut self) {
        let form = self.form.oid.clone();
        let checks: Vec<_> =
            self.design.version().checks.iter().filter(|one| one.form == form).collect();
        for check in checks {
            let of_choice = self.groups.iter().zip(&self.plans).any(|(group, plan)| {
                question_of(group, plan, &check.item).is_some_and(|one| one.several.is_some())
            });
            let is_there = self.groups.iter().any(|group| group.item(&check.item).is_some());
            if of_choice || !is_there {
                let text = format!("check {} is not made: it is of one choice", check.oid);
                self.warn(&check.item, text);
            }
        }
    }
}

/// How long an answer may be, and how many decimals it may have. The reader knows these words.
fn size(def: &ItemDef) -> Vec<Cond> {
    use DataType as T;
    let test = |text: String| Cond::Test { text, needs: BTreeSet::new() };
    // Codes are as long as they are.
    if def.code_list.is_some() {
        return Vec::new();
    }
    let is_decimal = matches!(def.data_type, T::Float | T::Double | T::Decimal);
    let is_text = matches!(def.data_type, T::Text | T::String | T::Integer | T::Uri);
    let length = def.length.filter(|_| is_decimal || is_text);
    let length = length.map(|length| test(format!("string-length(.) <= {length}")));
    let decimals = def.significant_digits.filter(|_| is_decimal);
    let decimals = decimals.map(|decimals| test(format!("round(., {decimals}) = .")));
    length.into_iter().chain(decimals).collect()
}

/// Several messages as one, in each language.
fn together(messages: &[Texts]) -> Texts {
    let mut all = Texts::default();
    for message in messages {
        for (lang, text) in &message.0 {
            let one = all.0.entry(lang.clone()).or_default();
            if !one.is_empty() {
                one.push(' ');
            }
            one.push_str(text);
        }
    }
    all
}
