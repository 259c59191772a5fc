//! Conditions on study events and on forms within them.

use std::{collections::HashMap, sync::Arc};

use kernel::{
    ConditionOid, FormOid, StudyEventOid, Wording,
    study::{Design, Fault},
};
use rules::{Catalogue, Expect, Rule, Scope, compile};

use super::{in_expression, range_in_condition, reads_ranges};

/// The names that a condition on an event, or on a form within one, can use. There is no record whose
/// items it could name: it reads the casebook, as `first`, `last`, `value` and `count` do.
pub(crate) fn scope_of_schedule(catalogue: &Arc<Catalogue>) -> Scope {
    Scope::new().with_catalogue(Arc::clone(catalogue))
}

/// When one of them is true, the event, or the form within it, is not collected.
#[derive(Debug, Default)]
pub struct ScheduleRules {
    events: HashMap<StudyEventOid, Rule>,
    forms: HashMap<(StudyEventOid, FormOid), Rule>,
}

impl ScheduleRules {
    /// Compiles each condition where it stands. What is wrong is a fault of the event.
    pub(super) fn compile(
        design: &Design,
        catalogue: &Arc<Catalogue>,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let scope = scope_of_schedule(catalogue);
        let mut compiler = Compiler { design, scope, faults };
        let mut rules = Self::default();
        for planned in &design.version().protocol.event_refs {
            let rule = compiler.rule(&planned.event, None, planned.exception.as_ref());
            rules.events.extend(rule.map(|rule| (planned.event.clone(), rule)));
        }
        for event in &design.version().events {
            for form in &event.forms {
                let rule = compiler.rule(&event.oid, Some(&form.form), form.exception.as_ref());
                let place = || (event.oid.clone(), form.form.clone());
                rules.forms.extend(rule.map(|rule| (place(), rule)));
            }
        }
        rules
    }

    /// The events that have a condition.
    pub fn events(&self) -> impl Iterator<Item = &StudyEventOid> {
        self.events.keys()
    }

    /// The condition on an event.
    pub fn of_event(&self, event: &StudyEventOid) -> Option<&Rule> {
        self.events.get(event)
    }

    /// The condition on a form within an event.
    pub fn of_form(&self, event: &StudyEventOid, form: &FormOid) -> Option<&Rule> {
        self.forms.get(&(event.clone(), form.clone()))
    }
}

struct Compiler<'a> {
    design: &'a Design,
    scope: Scope,
    faults: &'a mut Vec<Fault>,
}

impl Compiler<'_> {
    fn rule(
        &mut self,
        event: &StudyEventOid,
        form: Option<&FormOid>,
        condition: Option<&ConditionOid>,
    ) -> Option<Rule> {
        let def = self.design.condition(condition?)?;
        let expression = def.expressions.iter().find(|one| one.is_cel())?;
        let found: Vec<Wording> = match compile(&expression.text, &self.scope, Expect::Bool) {
            Ok(rule) if reads_ranges(&rule) => vec![range_in_condition()],
            Ok(rule) => return Some(rule),
            Err(found) => found.iter().map(in_expression).collect(),
        };
        self.faults.extend(found.into_iter().map(|Wording { en, zh }| {
            let said = match form {
                None => Wording::new(
                    format!("condition {}, {en}", def.oid),
                    format!("条件 {}，{zh}", def.oid),
                ),
                Some(form) => Wording::new(
                    format!("condition {} of form {form}, {en}", def.oid),
                    format!("表单 {form} 的条件 {}，{zh}", def.oid),
                ),
            };
            Fault::new("StudyEventDef", event, said)
        }));
        None
    }
}

#[cfg(test)]
mod tests {
    use kernel::study::{ConditionDef, Expression};

    use crate::compiled::Compiled;

    #[test]
    fn what_was_published_with_a_condition_that_means_nothing_still_counts_without_it() {
        let mut version = testkit::study::version();
        let wrong = Expression { context: Expression::CEL.into(), text: r#"SEX == "M""#.into() };
        version.conditions.push(ConditionDef {
            oid: "CD.MEN".into(),
            expressions: vec![wrong],
            ..ConditionDef::default()
        });
        version.protocol.event_refs[1].exception = Some("CD.MEN".into());
        let event = version.protocol.event_refs[1].event.clone();
        let faults = Compiled::new(version.clone()).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let published = Compiled::published(version).unwrap();
        assert!(published.schedule.of_event(&event).is_none());
    }
}
