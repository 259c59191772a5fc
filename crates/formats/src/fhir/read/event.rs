//! An AdverseEvent as the items of the record that its identifier names.

use std::ops::ControlFlow;

use kernel::{
    ItemOid, RepeatKey,
    casebook::{ItemKey, RecordKey, RowKey},
    study::ItemGroupDef,
};

use super::{Of, Reading, observation::Cells, remains};
use crate::{
    fhir::{
        annotated::{EVENTS, TERM},
        json::Json,
        names::{EVENT_REPEAT, FORM_REPEAT, Kind},
    },
    mapping::Given,
};

const TAKEN: [&str; 11] = [
    "identifier",
    "actuality",
    "event",
    "subject",
    "encounter",
    "date",
    "seriousness",
    "severity",
    "outcome",
    "suspectEntity",
    "study",
];

impl Reading<'_, '_> {
    pub(super) fn adverse_event(&mut self, of: &Of<'_>) -> ControlFlow<()> {
        if of.json.text("actuality") != Some("actual") {
            return self
                .refuse_all(of, "only events that are 'actual' are adverse events of a subject");
        }
        let identifier = of.json.get("identifier");
        let place = identifier.map(|one| self.place_of(one, Kind::ItemData)).transpose();
        let place = match place {
            Ok(place) => place.flatten(),
            Err(why) => return self.refuse_all(of, &why),
        };
        let Some((place, [group, repeat, _])) =
            place.and_then(|mut place| place.item.take().map(|item| (place, item)))
        else {
            let system = self.words.names.system(Kind::ItemData);
            let why = format!("it says no record: give an identifier of system {system}");
            return self.refuse_all(of, &why);
        };
        if self.seen.contains(&remains(&place.subject, &place.record)) {
            return self.skip(of, "it is taken from the QuestionnaireResponse of the same record");
        }
        let row = RowKey { group: group.into(), repeat: repeat.into() };
        match self.event_cells(of.json, &place.record, &row) {
            Err(why) => self.refuse_all(of, &why),
            Ok(cells) => {
                self.add(of, (place.subject.into(), place.record), cells, None)?;
                if !of.json.get("event").map_or(&[][..], |event| event.list("coding")).is_empty() {
                    self.skip(of, "not taken: event.coding, for terms are coded here")?;
                }
                self.left(of, &TAKEN, &[EVENT_REPEAT, FORM_REPEAT])
            }
        }
    }

    fn event_cells(&self, json: &Json, record: &RecordKey, row: &RowKey) -> Result<Cells, String> {
        let (term_row, term) = self
            .variable(record, row, TERM)
            .ok_or_else(|| format!("form {} has no item AE.AETERM", record.form))?;
        let event = json.get("event").ok_or("it names no event")?;
        let first = event.list("coding").first();
        let text = event.text("text").or_else(|| first.and_then(|one| one.text("display")));
        let text = text.ok_or("its event has no text")?.to_owned();
        let mut cells: Cells =
            vec![(ItemKey { row: term_row, item: term }, (Given::Text(text), None))];
        if let Some((row, item)) = self.variable(record, row, "STDTC") {
            cells.extend(self.date(json, "date", &row, &item)?);
        }
        let suspect = json.list("suspectEntity").first();
        let causality = suspect.and_then(|suspect| suspect.list("causality").first());
        for (role, concept) in [
            ("SER", json.get("seriousness")),
            ("SEV", json.get("severity")),
            ("OUT", json.get("outcome")),
            ("REL", causality.and_then(|causality| causality.get("assessment"))),
        ] {
            if let (Some((row, item)), Some(concept)) = (self.variable(record, row, role), concept)
            {
                cells.push(self.concept(concept, &row, &item)?);
            }
        }
        Ok(cells)
    }

    /// The place of a variable of adverse events: in the row, else in a group that does not repeat.
    fn variable(&self, record: &RecordKey, row: &RowKey, role: &str) -> Option<(RowKey, ItemOid)> {
        if let Some(item) = self.annotated.item(row.group.as_str(), EVENTS, role) {
            return Some((row.clone(), item.clone()));
        }
        let design = self.words.design;
        let (group, item) = self.annotated.find(design, &record.form, EVENTS, role)?;
        let alone = design.group(group).is_some_and(|def| !ItemGroupDef::repeats(def));
        alone.then(|| (RowKey { group: group.clone(), repeat: RepeatKey::first() }, item.clone()))
    }
}
