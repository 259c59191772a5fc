//! Results of findings as observations (<http://hl7.org/fhir/R4/observation.html>): an item `VS.VSORRES`,
//! `LB.LBORRES` or `EG.EGORRES` that holds a value, or a reason why it is missing.

use kernel::{casebook::DatumRef, study::ItemDef};

use super::{
    annotated::Annotated,
    answer::{Question, Words, date_time},
    collected::{Collected, Row},
    concept::{INTERPRETATION, code_of, concept},
    json::{Json, Object},
    names::{ABSENT_CODES, Kind, UCUM, absent, item_place},
    response::{encounter, place, repeats, subject},
    units,
};
use crate::export::RecordOut;

const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const LOINC: &str = "http://loinc.org";

/// The observations of a record. `response` is the reference to its QuestionnaireResponse.
pub(super) fn observations(
    words: Words<'_>,
    annotated: &Annotated,
    response: &str,
    out: &RecordOut<'_>,
    collected: &Collected<'_>,
) -> Vec<Json> {
    let mut all = Vec::new();
    for row in &collected.rows {
        let results = annotated.results(row.group);
        for (item, domain, category) in &results {
            let alone = results.iter().filter(|(_, of, _)| of == domain).count() == 1;
            let result = OneResult { words, annotated, out, collected, row, domain, alone };
            all.extend(result.observation(item.as_str(), category, response));
        }
    }
    all
}

/// One result and what is known of it.
struct OneResult<'a, 'r> {
    words: Words<'a>,
    annotated: &'a Annotated,
    out: &'a RecordOut<'r>,
    collected: &'a Collected<'r>,
    row: &'a Row<'r>,
    domain: &'a str,
    /// Whether the group has no other result of the domain: then its test, unit and range are about it.
    alone: bool,
}

impl OneResult<'_, '_> {
    fn observation(&self, item: &str, category: &str, response: &str) -> Option<Json> {
        let (words, out) = (self.words, self.out);
        let def = words.design.item(&item.into())?;
        let datum = self.row.datum(item)?;
        let place = item_place(&place(out), self.row.group, self.row.repeat, item);
        let coding = Object::default().with("system", CATEGORY).with("code", category);
        let category = Object::default().with("coding", vec![coding.into()]);
        let resource = Object::resource("Observation")
            .with("id", words.names.id("Observation", &place))
            .with_list("extension", repeats(words, out))
            .with("identifier", vec![words.names.identifier(Kind::ItemData, &place)])
            .with("status", if out.record.complete { "final" } else { "preliminary" })
            .with("category", vec![category.into()])
            .with("code", self.code(def))
            .with("subject", subject(words, out))
            .with("encounter", encounter(words, out));
        let resource = self.value(self.when(resource), def, datum)?;
        let interpretation = self.qualifier("NRIND").map(|(def, text)| {
            Json::List(vec![concept(words, def, text, code_of(INTERPRETATION, text))])
        });
        let site = self.qualifier("LOC").map(|(def, text)| concept(words, def, text, None));
        let reference = Object::default().with("reference", response).into();
        let resource = resource
            .with_some("interpretation", interpretation)
            .with_some("bodySite", site)
            .with_list("referenceRange", self.range().into_iter().collect())
            .with("derivedFrom", vec![reference]);
        Some(resource.into())
    }

    /// What was observed: the test where the row names it, else the question.
    fn code(&self, def: &ItemDef) -> Json {
        if let Some((test, code)) = self.qualifier("TESTCD") {
            return concept(self.words, test, code, None);
        }
        let loinc = def.aliases.iter().find(|alias| alias.context.eq_ignore_ascii_case("LOINC"));
        let loinc = loinc.map(|alias| {
            Object::default().with("system", LOINC).with("code", alias.name.as_str()).into()
        });
        let said = def.question.in_lang(self.words.language);
        let said = said.or_else(|| def.description.in_lang(self.words.language));
        let said = said.filter(|text| !text.is_empty()).unwrap_or(&def.name);
        let own = Object::default()
            .with("system", self.words.names.system(Kind::Item))
            .with("code", def.oid.as_str())
            .with("display", said);
        let codings = loinc.into_iter().chain([own.into()]).collect::<Vec<_>>();
        Object::default().with("coding", codings).with("text", said).into()
    }

    /// When it was observed: the date of the row, else that of a group that does not repeat.
    fn when(&self, resource: Object) -> Object {
        let own = self.annotated.item(self.row.group, self.domain, "DTC");
        let text = match own {
            Some(item) => self.row.text(item.as_str()),
            None => self.date_of_form(),
        };
        let Some(typed) = text.and_then(date_time) else { return resource };
        let beside = typed.beside.map(|one| Object::default().with("extension", vec![one]));
        let resource = resource.with_some("effectiveDateTime", typed.value);
        resource.with_some("_effectiveDateTime", beside)
    }

    fn date_of_form(&self) -> Option<&str> {
        let design = self.words.design;
        let form = self.out.form.into();
        let (group, item) = self.annotated.find(design, &form, self.domain, "DTC")?;
        if design.group(group).is_none_or(kernel::study::ItemGroupDef::repeats) {
            return None;
        }
        match self.collected.datum(group.as_str(), item.as_str())? {
            DatumRef::Value { text, .. } => Some(text),
            DatumRef::Missing(_) | DatumRef::Blank => None,
        }
    }

    fn value(&self, resource: Object, def: &ItemDef, datum: DatumRef<'_>) -> Option<Object> {
        let text = match datum {
            DatumRef::Value { text, .. } => text,
            DatumRef::Missing(reason) => {
                let coding =
                    Object::default().with("system", ABSENT_CODES).with("code", absent(reason));
                let absent = Object::default().with("coding", vec![coding.into()]);
                return Some(resource.with("dataAbsentReason", absent));
            }
            DatumRef::Blank => return None,
        };
        let question = Question::of(self.words.design, def);
        if question == Question::Choice {
            return Some(
                resource.with("valueCodeableConcept", concept(self.words, def, text, None)),
            );
        }
        let unit = self.qualifier("ORRESU").map(|(_, unit)| unit);
        let is_plain = matches!(question, Question::Text | Question::Integer | Question::Decimal);
        if let Some(quantity) = measured(text, unit).filter(|_| is_plain) {
            return Some(resource.with("valueQuantity", quantity));
        }
        let typed = self.words.typed(def, datum)?;
        Some(match typed.of {
            "Quantity" | "Boolean" | "String" | "Time" | "DateTime" => typed.put(resource),
            // A date is a time of observation that is cut off; what else there is has the type of a text.
            "Date" => date_time(text)?.put(resource),
            _ => resource.with("valueString", text),
        })
    }

    /// A variable that says more of the result.
    fn qualifier(&self, role: &str) -> Option<(&ItemDef, &str)> {
        let item = self.annotated.item(self.row.group, self.domain, role).filter(|_| self.alone)?;
        Some((self.words.design.item(item)?, self.row.text(item.as_str())?))
    }

    fn range(&self) -> Option<Json> {
        let unit = self.qualifier("ORRESU").map(|(_, unit)| unit);
        let limit = |role| {
            let (_, text) = self.qualifier(role)?;
            Json::number(text).and_then(|_| measured(text, unit))
        };
        let range =
            Object::default().with_some("low", limit("ORNRLO")).with_some("high", limit("ORNRHI"));
        (!range.0.is_empty()).then(|| range.into())
    }
}

/// A number with its unit, also one that is only known to be less or greater: `<0.2`.
fn measured(text: &str, unit: Option<&str>) -> Option<Json> {
    let bounds = ["<=", ">=", "<", ">"].into_iter();
    let comparator = bounds.into_iter().find(|sign| text.starts_with(sign));
    let number = Json::number(&text[comparator.map_or(0, str::len)..])?;
    let code = unit.and_then(units::of_text);
    let quantity = Object::default()
        .with("value", number)
        .with_some("comparator", comparator)
        .with_some("unit", unit)
        .with_some("system", code.map(|_| UCUM))
        .with_some("code", code);
    Some(quantity.into())
}
