//! The design of a study: schedule and forms. Items and checks are in `items`.

use contract::edc::v1::{self as proto, criterion, study_event_def::Type};
use kernel::{
    ConditionOid, ItemGroupOid, MethodOid,
    study::{
        CriterionKind, Design, Expression, FormDef, ItemGroupDef, StudyEventDef, StudyEventKind,
        StudyEventRef, StudyVersion,
    },
};

use super::{items, value};

pub(crate) fn study(design: &Design) -> proto::Study {
    let version = design.version();
    let mut events: Vec<&StudyEventDef> = version.events.iter().collect();
    events.sort_by_key(|event| design.event_position(&event.oid));
    proto::Study {
        study_oid: version.study_oid.to_string(),
        study_name: version.study_name.clone(),
        protocol_name: version.protocol_name.clone(),
        description: value::texts(&version.study_description),
        version_hash: design.hash().to_string(),
        meta_data_version_oid: version.version_oid.to_string(),
        meta_data_version_name: version.version_name.clone(),
        arms: arms(version),
        epochs: epochs(version),
        criteria: criteria(version),
        study_events: events.into_iter().map(|event| study_event(design, event)).collect(),
        forms: version.forms.iter().map(|form| form_def(design, form)).collect(),
        item_groups: version.item_groups.iter().map(|group| item_group(design, group)).collect(),
        items: version.items.iter().map(|item| items::item(version, item)).collect(),
        code_lists: version.code_lists.iter().map(items::code_list).collect(),
        measurement_units: version.units.iter().map(items::unit).collect(),
        checks: version.checks.iter().map(|check| items::check(design, check)).collect(),
        has_tabulation: !version.tabulation.is_empty(),
    }
}

fn arms(version: &StudyVersion) -> Vec<proto::Arm> {
    let arms = version.protocol.arms.iter();
    arms.map(|arm| proto::Arm {
        arm_oid: arm.oid.to_string(),
        name: arm.name.clone(),
        description: value::texts(&arm.description),
    })
    .collect()
}

fn epochs(version: &StudyVersion) -> Vec<proto::Epoch> {
    let mut epochs: Vec<_> = version.protocol.epochs.iter().collect();
    epochs.sort_by_key(|epoch| epoch.order);
    epochs
        .into_iter()
        .map(|epoch| proto::Epoch {
            epoch_oid: epoch.oid.to_string(),
            name: epoch.name.clone(),
            description: value::texts(&epoch.description),
        })
        .collect()
}

fn criteria(version: &StudyVersion) -> Vec<proto::Criterion> {
    let criteria = version.protocol.criteria.iter();
    criteria
        .map(|criterion| proto::Criterion {
            criterion_oid: criterion.oid.to_string(),
            name: criterion.name.clone(),
            kind: match criterion.kind {
                CriterionKind::Inclusion => criterion::Kind::Inclusion,
                CriterionKind::Exclusion => criterion::Kind::Exclusion,
            }
            .into(),
            text: value::texts(&criterion.text),
            expression: criterion.expression.as_ref().and_then(cel),
        })
        .collect()
}

fn study_event(design: &Design, event: &StudyEventDef) -> proto::StudyEventDef {
    let refs = &design.version().protocol.event_refs;
    let planned: Option<&StudyEventRef> = refs.iter().find(|one| one.event == event.oid);
    let exception = planned.and_then(|one| one.exception.as_ref());
    let forms = event.forms.iter().map(|form| proto::FormRef {
        form_oid: form.form.to_string(),
        mandatory: form.mandatory,
        collection_exception: form.exception.as_ref().and_then(|oid| condition(design, oid)),
    });
    proto::StudyEventDef {
        study_event_oid: event.oid.to_string(),
        name: event.name.clone(),
        description: value::texts(&event.description),
        r#type: match event.kind {
            StudyEventKind::Scheduled => Type::Scheduled,
            StudyEventKind::Unscheduled => Type::Unscheduled,
            StudyEventKind::Common => Type::Common,
        }
        .into(),
        repeating: event.repeating,
        mandatory: planned.is_some_and(|one| one.mandatory),
        window: design.timing(&event.oid).map(|timing| proto::VisitWindow {
            anchor_study_event_oid: timing.anchor.to_string(),
            target_day: timing.offset_days,
            days_before: value::number(timing.window_before_days),
            days_after: value::number(timing.window_after_days),
        }),
        collection_exception: exception.and_then(|oid| condition(design, oid)),
        epoch_oid: planned.and_then(|one| one.epoch.as_ref()).map(ToString::to_string),
        arm_oids: planned
            .map_or_else(Vec::new, |one| one.arms.iter().map(ToString::to_string).collect()),
        forms: forms.collect(),
    }
}

fn form_def(design: &Design, form: &FormDef) -> proto::FormDef {
    let groups = design.shape(&form.oid).map_or(&[][..], |shape| shape.groups.as_slice());
    proto::FormDef {
        form_oid: form.oid.to_string(),
        name: form.name.clone(),
        description: value::texts(&form.description),
        repeating: form.repeating,
        item_groups: groups
            .iter()
            .map(|group| proto::ItemGroupRef {
                item_group_oid: group.oid.to_string(),
                mandatory: group.mandatory,
                collection_exception: group.exception.as_ref().and_then(|o| condition(design, o)),
            })
            .collect(),
    }
}

fn item_group(design: &Design, group: &ItemGroupDef) -> proto::ItemGroupDef {
    let items = group.items.iter().map(|item| proto::ItemRef {
        item_oid: item.item.to_string(),
        mandatory: item.mandatory,
        collection_exception: item.exception.as_ref().and_then(|oid| condition(design, oid)),
        derivation: item.method.as_ref().and_then(|oid| method(design, oid)),
    });
    let oid: &ItemGroupOid = &group.oid;
    proto::ItemGroupDef {
        item_group_oid: oid.to_string(),
        name: group.name.clone(),
        description: value::texts(&group.description),
        repeating: group.repeats(),
        items: items.collect(),
        domain: group.domain.clone(),
    }
}

/// The expression of a condition; none if it is only words.
pub(crate) fn condition(design: &Design, oid: &ConditionOid) -> Option<String> {
    design.condition(oid)?.expressions.iter().find_map(cel)
}

/// The expression of a derivation; its words where nothing computes it, so that the item is still
/// seen to be derived.
pub(crate) fn method(design: &Design, oid: &MethodOid) -> Option<String> {
    let def = design.method(oid)?;
    let words = || def.description.in_lang("en").unwrap_or(&def.name).to_owned();
    Some(def.expressions.iter().find_map(cel).unwrap_or_else(words))
}

fn cel(expression: &Expression) -> Option<String> {
    expression.is_cel().then(|| expression.text.clone())
}
