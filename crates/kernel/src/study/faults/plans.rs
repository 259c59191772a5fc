//! Faults of the schedule, and of what is planned beside the forms: checks, verification, blinding.

use super::{Fault, undefined};
use crate::{Wording, study::Design};

pub(super) fn protocol(design: &Design, all: &mut Vec<Fault>) {
    let protocol = &design.version().protocol;
    for reference in &protocol.event_refs {
        if design.event(&reference.event).is_none() {
            all.push(Fault::new("Protocol", "", undefined("StudyEventDef", &reference.event)));
        }
    }
    for timing in &protocol.timings {
        let (event, anchor) = (&timing.event, &timing.anchor);
        if design.event(event).is_none() {
            let message = undefined("StudyEventDef", event);
            all.push(Fault::new("TimingConstraint", &timing.oid, message));
        }
        if design.event(anchor).is_none() {
            let message = Wording::new(
                format!("its window counts from StudyEventDef {anchor}, which is not defined"),
                format!("访视窗的起算访视 StudyEventDef {anchor} 未定义"),
            );
            all.push(Fault::new("StudyEventDef", event, message));
        }
    }
    for arm in &protocol.arms {
        for epoch in arm.epochs.iter().filter(|e| !protocol.epochs.iter().any(|one| one.oid == **e))
        {
            all.push(Fault::new("Arm", &arm.oid, undefined("Epoch", epoch)));
        }
    }
}

pub(super) fn plans(design: &Design, all: &mut Vec<Fault>) {
    let version = design.version();
    for check in &version.checks {
        let form = &check.form;
        let mut say = |en: String, zh: String| {
            all.push(Fault::new("EditCheck", &check.oid, Wording::new(en, zh)));
        };
        let Some(shape) = design.shape(form) else {
            let en = format!("runs on FormDef {form}, which is not defined");
            say(en, format!("所属的 FormDef {form} 未定义"));
            continue;
        };
        if let Some(group) = check.group.as_ref().filter(|group| shape.group(group).is_none()) {
            let en = format!("runs on group {group}, which form {form} does not have");
            say(en, format!("运行范围是条目组 {group}，而表单 {form} 没有该组"));
        }
        if !shape.items().any(|(_, item)| item.oid == check.item) {
            let en = format!("asks at item {}, which form {form} does not have", check.item);
            say(en, format!("质疑条目是 {}，而表单 {form} 没有该条目", check.item));
        }
        for event in check.events.iter().filter(|event| design.event(event).is_none()) {
            let en = format!("runs at event {event}, which is not defined");
            say(en, format!("运行于未定义的访视 {event}"));
        }
        if check.message.is_empty() {
            say("has no message".to_owned(), "没有提示文字".to_owned());
        }
    }
    let planned =
        version.sdv.rules.iter().flat_map(|rule| &rule.items).map(|item| ("SdvPlan", item));
    let blinded = version.blinding.items.iter().map(|item| ("Blinding", item));
    let dates = version.visit_dates.iter().map(|item| ("VisitDates", item));
    for (kind, item) in planned.chain(blinded).chain(dates) {
        if design.item(item).is_none() {
            let message = Wording::new("names an item that is not defined", "所列条目未定义");
            all.push(Fault::new(kind, item, message));
        }
    }
}
