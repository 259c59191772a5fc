//! Study events: when something is asked, and under which condition not.

use contract::edc::v1::{self as proto, study_event_def::Type};
use kernel::study::{
    FormRef, PartChange, PartKind, StudyEventDef, StudyEventKind, StudyEventRef, TimingConstraint,
};

use super::{Made, Parts, Unusable, count, existing, oid, references::Named, text, texts};

impl Parts<'_> {
    pub(super) fn study_event(&self, event: &proto::StudyEventDef) -> Made {
        let name = oid("putStudyEvent.studyEventOid", &event.study_event_oid)?;
        let events = &self.version.events;
        let mut new: StudyEventDef = existing(events, |one| one.oid.as_str() == name);
        new.oid = name.into();
        new.name = text("putStudyEvent.name", &event.name)?;
        new.description = texts("putStudyEvent.description", &event.description)?;
        new.repeating = event.repeating;
        new.kind = match event.r#type() {
            Type::Unspecified | Type::Scheduled => StudyEventKind::Scheduled,
            Type::Unscheduled => StudyEventKind::Unscheduled,
            Type::Common => StudyEventKind::Common,
        };
        let old = std::mem::take(&mut new.forms);
        let design = self.design();
        let mut named = Named::new(self, &design);
        for form in &event.forms {
            let form_oid = oid("putStudyEvent.forms.formOid", &form.form_oid)?;
            let known = old.iter().find(|one| one.form.as_str() == form_oid).cloned();
            let known = known.unwrap_or_default();
            let (place, stood) = (format!("{name}.{form_oid}"), known.exception.as_ref());
            let exception = named.condition(form.collection_exception.as_deref(), stood, &place);
            let (form, mandatory) = (form_oid.into(), form.mandatory);
            new.forms.push(FormRef { form, mandatory, order: None, exception, ..known });
        }
        let event_ref = self.event_ref(name, event, &mut named);
        let mut made = named.made;
        made.push(self.put(PartKind::StudyEvent, name, &new));
        made.push(event_ref);
        made.extend(self.timing(name, event)?);
        Ok(made)
    }

    /// What brings an event to another position in the schedule, from 0. The order is that of the
    /// references of the protocol; the numbers that these have stay where they are, so that only the
    /// events in between change, and are given anew where one has none.
    pub(super) fn event_moved(&self, name: &str, position: usize) -> Vec<PartChange> {
        let refs = &self.version.protocol.event_refs;
        let design = self.design();
        let mut order: Vec<&StudyEventDef> = self.version.events.iter().collect();
        order.sort_by_key(|event| design.event_position(&event.oid));
        let planned = |event: &StudyEventDef| refs.iter().find(|one| one.event == event.oid);
        let numbers: Option<Vec<u32>> =
            order.iter().map(|event| planned(event).and_then(|one| one.order)).collect();
        let rises = |numbers: &Vec<u32>| numbers.is_sorted_by(|one, next| one < next);
        let numbers = numbers.filter(rises).unwrap_or_else(|| (1..).take(order.len()).collect());
        let moved = order.iter().position(|event| event.oid.as_str() == name);
        if let Some(event) = moved.map(|at| order.remove(at)) {
            order.insert(position.min(order.len()), event);
        }
        let numbered = order.into_iter().zip(numbers).map(|(event, number)| {
            let known = planned(event).cloned().unwrap_or_default();
            let new = StudyEventRef { event: event.oid.clone(), order: Some(number), ..known };
            self.put(PartKind::StudyEventRef, event.oid.as_str(), &new)
        });
        numbered.collect()
    }

    fn event_ref(
        &self,
        name: &str,
        event: &proto::StudyEventDef,
        named: &mut Named<'_>,
    ) -> PartChange {
        let refs = &self.version.protocol.event_refs;
        let mut new: StudyEventRef = existing(refs, |one| one.event.as_str() == name);
        new.event = name.into();
        new.mandatory = event.mandatory;
        let exception = event.collection_exception.as_deref();
        new.exception = named.condition(exception, new.exception.as_ref(), name);
        new.epoch = event.epoch_oid.as_deref().filter(|oid| !oid.is_empty()).map(Into::into);
        new.arms = event.arm_oids.iter().map(|arm| arm.as_str().into()).collect();
        self.put(PartKind::StudyEventRef, name, &new)
    }

    fn timing(
        &self,
        name: &str,
        event: &proto::StudyEventDef,
    ) -> Result<Option<PartChange>, Unusable> {
        let timings = &self.version.protocol.timings;
        let old = timings.iter().find(|one| one.event.as_str() == name);
        let oid = old.map_or_else(|| format!("TM.{name}"), |old| old.oid.to_string());
        let Some(window) = &event.window else {
            return Ok(old.map(|old| {
                let mut gone = self.put(PartKind::Timing, &oid, old);
                gone.after = None;
                gone
            }));
        };
        let days = |field: &str, number: i32| {
            let field = format!("putStudyEvent.window.{field}");
            count(&field, Some(number)).map(Option::unwrap_or_default)
        };
        let anchor =
            super::oid("putStudyEvent.window.anchorStudyEventOid", &window.anchor_study_event_oid)?;
        let known = old.cloned().unwrap_or_default();
        let new = TimingConstraint {
            oid: oid.as_str().into(),
            event: name.into(),
            anchor: anchor.into(),
            offset_days: window.target_day,
            window_before_days: days("daysBefore", window.days_before)?,
            window_after_days: days("daysAfter", window.days_after)?,
            ..known
        };
        Ok(Some(self.put(PartKind::Timing, &oid, &new)))
    }
}
