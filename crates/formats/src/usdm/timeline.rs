//! Encounters as events, and when each is due.

use kernel::{
    StudyVersion,
    study::{Alias, StudyEventDef, StudyEventKind, StudyEventRef, TimingConstraint},
};
use serde_json::Value;

use super::{
    Reading,
    json::{Source, list, name_of, text},
    texts,
};
use crate::odm::days;

impl Reading<'_> {
    pub(super) fn events(&mut self, design: &Value, out: &mut StudyVersion) {
        let main = main_timeline(design);
        for encounter in list(design, "encounters") {
            let id = text(encounter, "id");
            let oid = Source::oid("SE", encounter);
            self.place("StudyEventDef", &oid, id);
            let alias = |context: &str, name: &str| Alias {
                context: context.to_owned(),
                name: name.to_owned(),
            };
            out.events.push(StudyEventDef {
                oid: oid.as_str().into(),
                name: name_of(encounter).to_owned(),
                kind: StudyEventKind::Scheduled,
                description: texts(text(encounter, "description")),
                aliases: vec![alias("USDM.name", text(encounter, "name")), alias("USDM.id", id)],
                ..StudyEventDef::default()
            });
            let instances = main.map_or(&[][..], |timeline| list(timeline, "instances"));
            let instance = instances.iter().find(|i| text(i, "encounterId") == id);
            let epoch = instance.and_then(|i| self.source.object(text(i, "epochId")));
            out.protocol.event_refs.push(StudyEventRef {
                event: oid.as_str().into(),
                order: u32::try_from(out.events.len()).ok(),
                mandatory: true,
                epoch: epoch.map(|epoch| Source::oid("EP", epoch).into()),
                ..StudyEventRef::default()
            });
            for rule in ["transitionStartRule", "transitionEndRule"] {
                let said = text(&encounter[rule], "text");
                if !said.is_empty() {
                    let said = format!("{rule} '{said}' is not applied");
                    self.note(id, &format!("StudyEventDef {oid}"), said);
                }
            }
        }
    }

    /// The timings of the main timeline, in days from their anchor.
    pub(super) fn timings(&mut self, design: &Value, out: &mut StudyVersion) {
        for timeline in list(design, "scheduleTimelines") {
            if timeline["mainTimeline"] == Value::Bool(true) {
                for timing in list(timeline, "timings") {
                    let constraint = self.timing(timing);
                    out.protocol.timings.extend(constraint);
                }
            } else {
                let (id, name) = (text(timeline, "id"), name_of(timeline));
                let when = text(timeline, "entryCondition");
                let timings = list(timeline, "timings").len();
                let said =
                    format!("is not scheduled (entry: {when}); its {timings} timings are not read");
                self.note(id, &format!("timeline {name}"), said);
            }
        }
    }

    fn timing(&mut self, timing: &Value) -> Option<TimingConstraint> {
        let id = text(timing, "id");
        let about = format!("Timing {} ({})", text(timing, "name"), text(timing, "label"));
        let event = self.event_of(text(timing, "relativeFromScheduledInstanceId"));
        let anchor = self.event_of(text(timing, "relativeToScheduledInstanceId"));
        let (Some(event), Some(anchor)) = (event, anchor) else {
            self.warn(id, &about, "does not stand between two encounters and is not read");
            return None;
        };
        let kind = text(&timing["type"], "decode");
        if kind == "Fixed Reference" {
            self.note(id, &about, format!("{event} is what other timings refer to"));
            return None;
        }
        if event == anchor {
            self.warn(id, &about, format!("is a second contact within {event} and is not read"));
            return None;
        }
        let Some(length) = days(text(timing, "value")) else {
            self.warn(id, &about, "is not in whole days and is not read");
            return None;
        };
        let before = self.window(timing, "windowLower", &about);
        let after = self.window(timing, "windowUpper", &about);
        let relation = text(&timing["relativeToFrom"], "decode");
        if relation != "Start to Start" {
            self.note(id, &about, format!("'{relation}' is read as Start to Start"));
        }
        let oid = Source::oid("TIM", timing);
        self.place("Timing", &oid, id);
        Some(TimingConstraint {
            oid: oid.into(),
            name: name_of(timing).to_owned(),
            event: event.into(),
            anchor: anchor.into(),
            offset_days: if kind == "Before" { -length } else { length },
            window_before_days: before,
            window_after_days: after,
            description: texts(text(timing, "windowLabel")),
            ..TimingConstraint::default()
        })
    }

    /// A side of a window in days; less than a day is the same day.
    fn window(&mut self, timing: &Value, side: &str, about: &str) -> u32 {
        let length = text(timing, side);
        if length.is_empty() {
            return 0;
        }
        if let Some(days) = days(length) {
            return days.unsigned_abs();
        }
        let hours = length.strip_prefix("PT").is_some();
        let said = if hours { "is read as the same day" } else { "is left aside" };
        self.warn(text(timing, "id"), about, format!("its {side} of {length} {said}"));
        0
    }

    fn event_of(&self, instance_id: &str) -> Option<String> {
        let encounter = text(self.source.object(instance_id)?, "encounterId");
        Some(Source::oid("SE", self.source.object(encounter)?))
    }
}

pub(super) fn main_timeline(design: &Value) -> Option<&Value> {
    list(design, "scheduleTimelines").iter().find(|t| t["mainTimeline"] == Value::Bool(true))
}
