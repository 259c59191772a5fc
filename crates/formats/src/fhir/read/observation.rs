//! An Observation as the item that its identifier names, with what it says of it beside.

use std::ops::ControlFlow;

use kernel::{
    ItemOid,
    casebook::{ItemKey, RowKey},
};

use super::{Of, Reading, remains};
use crate::{
    fhir::{
        answer::{self, Value},
        concept::value_of,
        json::{Json, Object},
        names::{ABSENT_CODES, EVENT_REPEAT, FORM_REPEAT, Kind, missing},
    },
    mapping::Given,
};

const TAKEN: [&str; 12] = [
    "identifier",
    "status",
    "category",
    "code",
    "subject",
    "encounter",
    "effectiveDateTime",
    "dataAbsentReason",
    "interpretation",
    "bodySite",
    "referenceRange",
    "derivedFrom",
];

/// Values of items that a resource gives.
pub(super) type Cells = Vec<(ItemKey, Value)>;

impl Reading<'_, '_> {
    pub(super) fn observation(&mut self, of: &Of<'_>) -> ControlFlow<()> {
        let complete = match of.json.text("status") {
            Some("final" | "amended" | "corrected") => None,
            Some("registered" | "preliminary") => Some(false),
            other => {
                let status = other.unwrap_or_default();
                return self
                    .refuse_all(of, &format!("its status is '{status}': correct the record"));
            }
        };
        let identifiers = of.json.list("identifier").iter();
        let places: Result<Vec<_>, String> =
            identifiers.map(|one| self.place_of(one, Kind::ItemData)).collect();
        let place = match places {
            Ok(places) => places.into_iter().flatten().next(),
            Err(why) => return self.refuse_all(of, &why),
        };
        let Some((place, [group, repeat, item])) =
            place.and_then(|mut place| place.item.take().map(|item| (place, item)))
        else {
            let system = self.words.names.system(Kind::ItemData);
            let why = format!("it says no item: give an identifier of system {system}");
            return self.refuse_all(of, &why);
        };
        if self.seen.contains(&remains(&place.subject, &place.record)) {
            return self.skip(of, "it is taken from the QuestionnaireResponse of the same record");
        }
        let row = RowKey { group: group.into(), repeat: repeat.into() };
        match self.cells_of(of.json, &row, &item.into()) {
            Err(why) => self.refuse_all(of, &why),
            Ok(cells) => {
                self.add(of, (place.subject.into(), place.record), cells, complete)?;
                let members = of.json.members().iter();
                let value =
                    members.map(|(name, _)| name.as_ref()).find(|one| one.starts_with("value"));
                let taken: Vec<&str> = TAKEN.into_iter().chain(value).collect();
                self.left(of, &taken, &[EVENT_REPEAT, FORM_REPEAT])
            }
        }
    }

    fn cells_of(&self, json: &Json, row: &RowKey, item: &ItemOid) -> Result<Cells, String> {
        let design = self.words.design;
        let def = design.item(item).ok_or_else(|| format!("the study has no item {item}"))?;
        let results = self.annotated.results(row.group.as_str());
        let domain = results.iter().find(|(oid, _, _)| *oid == item).map(|(_, domain, _)| *domain);
        let value = if let Some(reason) = json.get("dataAbsentReason") {
            (absent(reason)?, None)
        } else {
            let value = answer::read(self.words, def, json)?;
            value.ok_or("it has neither a value nor a reason why there is none")?
        };
        let mut cells = vec![(ItemKey { row: row.clone(), item: item.clone() }, value)];
        let Some(domain) = domain else { return Ok(cells) };
        if let Some(date) = self.annotated.item(row.group.as_str(), domain, "DTC") {
            cells.extend(self.date(json, "effectiveDateTime", row, date)?);
        }
        let alone = results.iter().filter(|(_, of, _)| *of == domain).count() == 1;
        let qualifier =
            |role| self.annotated.item(row.group.as_str(), domain, role).filter(|_| alone);
        let first = |name| json.list(name).first();
        for (role, concept) in [
            ("TESTCD", json.get("code")),
            ("NRIND", first("interpretation")),
            ("LOC", json.get("bodySite")),
        ] {
            if let (Some(item), Some(concept)) = (qualifier(role), concept) {
                cells.push(self.concept(concept, row, item)?);
            }
        }
        let quantity = json.get("valueQuantity");
        let range = first("referenceRange");
        let limit = |name| range.and_then(|range| range.get(name)?.get("value"));
        for (role, text) in [
            ("ORRESU", quantity.and_then(|quantity| quantity.get("unit"))),
            ("ORNRLO", limit("low")),
            ("ORNRHI", limit("high")),
        ] {
            let text = match text {
                Some(Json::Text(text)) => text.clone(),
                Some(Json::Number(number)) => number.to_string(),
                _ => continue,
            };
            if let Some(item) = qualifier(role) {
                let key = ItemKey { row: row.clone(), item: item.clone() };
                cells.push((key, (Given::Text(text), None)));
            }
        }
        Ok(cells)
    }

    /// A date of a resource as the value of an item; none where there is no date.
    pub(super) fn date(
        &self,
        json: &Json,
        name: &'static str,
        row: &RowKey,
        item: &ItemOid,
    ) -> Result<Option<(ItemKey, Value)>, String> {
        let design = self.words.design;
        let def = design.item(item).ok_or_else(|| format!("the study has no item {item}"))?;
        let beside = json.get(&format!("_{name}")).cloned();
        let given = Object::default()
            .with_some("valueDateTime", json.get(name).cloned())
            .with_some("_valueDateTime", beside);
        let value = answer::read(self.words, def, &given.into())?;
        Ok(value.map(|value| (ItemKey { row: row.clone(), item: item.clone() }, value)))
    }

    /// A concept as the value of an item: its code of the study, else the value of SDTM that its code of
    /// FHIR stands for.
    pub(super) fn concept(
        &self,
        concept: &Json,
        row: &RowKey,
        item: &ItemOid,
    ) -> Result<(ItemKey, Value), String> {
        let design = self.words.design;
        let def = design.item(item).ok_or_else(|| format!("the study has no item {item}"))?;
        let given = Object::default().with("valueCodeableConcept", concept.clone());
        let standard = || {
            let mut codings = concept.list("coding").iter();
            let value = codings.find_map(|one| value_of(one.text("system")?, one.text("code")?))?;
            Some((Given::Text(value.to_owned()), None))
        };
        let value = match answer::read(self.words, def, &given.into()) {
            Ok(Some(value)) => value,
            Ok(None) => return Err(format!("it says nothing of {item}")),
            Err(why) => standard().ok_or_else(|| format!("{item}: {why}"))?,
        };
        Ok((ItemKey { row: row.clone(), item: item.clone() }, value))
    }
}

fn absent(reason: &Json) -> Result<Given, String> {
    let mut codings = reason.list("coding").iter();
    let code = codings.find(|one| one.text("system") == Some(ABSENT_CODES));
    let code = code.and_then(|one| one.text("code")).unwrap_or_default();
    let said = || format!("'{code}' is no reason for which a value can be missing here");
    missing(code).map(Given::Missing).ok_or_else(said)
}
