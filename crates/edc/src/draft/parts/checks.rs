//! Edit checks.

use contract::edc::v1::{self as proto, check::Scope, severity::Level};
use kernel::study::{CheckAction, CheckScope, EditCheck, Example, PartKind};

use super::{Made, Parts, Unusable, cel, existing, oid, text, texts};
use crate::draft::expression::MAX_EXAMPLES;

impl Parts<'_> {
    pub(super) fn check(&self, check: &proto::Check) -> Made {
        let name = oid("putCheck.checkOid", &check.check_oid)?;
        let mut new: EditCheck = existing(&self.version.checks, |one| one.oid.as_str() == name);
        new.oid = name.into();
        new.name = text("putCheck.name", &check.name)?;
        if new.name.is_empty() {
            name.clone_into(&mut new.name);
        }
        new.scope = match check.scope() {
            Scope::ItemGroup => CheckScope::Item,
            Scope::Unspecified | Scope::Form => CheckScope::Form,
            Scope::StudyEvent => CheckScope::Event,
            Scope::Subject => CheckScope::Across,
        };
        new.action = match check.severity() {
            Level::Hard => CheckAction::Refuse,
            Level::Soft | Level::Unspecified => CheckAction::Query,
        };
        new.form = oid("putCheck.formOid", &check.form_oid)?.into();
        let group = check.item_group_oid.as_deref().filter(|group| !group.is_empty());
        new.group = group.map(Into::into);
        new.item = oid("putCheck.itemOid", &check.item_oid)?.into();
        new.events = check.study_event_oids.iter().map(|event| event.as_str().into()).collect();
        new.blinded = check.blinded;
        new.expression = cel(&text("putCheck.expression", &check.expression)?);
        new.message = texts("putCheck.message", &check.message)?;
        if check.examples.len() > MAX_EXAMPLES {
            return Err(Unusable::new("putCheck.examples", format!("at most {MAX_EXAMPLES}")));
        }
        let examples = check.examples.iter();
        new.examples = examples
            .map(|one| Example { given: one.given.clone(), expect: one.expect.clone() })
            .collect();
        Ok(vec![self.put(PartKind::Check, name, &new)])
    }
}
