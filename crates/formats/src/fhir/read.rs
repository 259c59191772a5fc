//! Resources as data of casebooks.
//!
//! Every answer, observation, adverse event and research subject is a row, which ends in a record or a
//! subject, skipped for a stated reason, or refused for one; so does every part of a resource that has
//! no place in a casebook.

mod event;
mod observation;
mod response;
mod subject;

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    ops::ControlFlow,
    sync::Arc,
};

use kernel::{
    FormOid, SubjectKey,
    casebook::{ItemKey, RecordKey},
    study::Design,
};

use self::response::Links;
use super::{
    annotated::Annotated,
    answer::Words,
    json::Json,
    names::{self, Kind, Names, PlaceParts},
    resources::{Resource, each},
    taken::{Place, Taken, TakenCell, TakenRecord},
};
use crate::FormatError;

/// Resources that stand around data without being any.
const AROUND: [&str; 8] = [
    "Consent",
    "Encounter",
    "Location",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
];

/// Members that say nothing of the subject: they are left aside without a word.
const FORMAL: [&str; 5] = ["resourceType", "id", "meta", "language", "text"];

/// Takes what a file comes to, until it says stop.
pub type Take<'a> = dyn FnMut(Taken) -> ControlFlow<()> + 'a;

/// Reads a Bundle, a resource, or resources line by line as data of a study. Refuses a file that is no
/// FHIR, with its line; everything else is handed to `take`.
pub fn read_data(
    input: impl Read,
    file: &str,
    design: &Design,
    take: &mut Take<'_>,
) -> Result<(), FormatError> {
    let names = Names::new(design.version().study_oid.as_str());
    let annotated = Annotated::new(design);
    let mut reading = Reading {
        words: Words { names: &names, design, language: "en" },
        annotated: &annotated,
        links: HashMap::new(),
        seen: HashSet::new(),
        rows: 0,
        open: None,
        take,
    };
    each(input, file, &mut |resource| reading.resource(&resource))?;
    let _ = reading.flush();
    Ok(())
}

struct Reading<'a, 't> {
    words: Words<'a>,
    annotated: &'a Annotated,
    links: HashMap<FormOid, Arc<Links>>,
    /// The records that a QuestionnaireResponse of the file gives, by what remains of their place.
    seen: HashSet<u64>,
    rows: u64,
    open: Option<TakenRecord>,
    take: &'a mut Take<'t>,
}

/// A resource that is read: its JSON, its line, and what messages call it.
struct Of<'j> {
    json: &'j Json,
    line: u32,
    label: String,
}

impl Reading<'_, '_> {
    fn resource(&mut self, resource: &Resource) -> ControlFlow<()> {
        let Some(json) = &resource.json else {
            return self.refuse(resource.line, "an entry of the Bundle has no resource".to_owned());
        };
        let kind = json.text("resourceType").unwrap_or("resource without a type");
        let label = match json.text("id") {
            Some(id) => format!("{kind}/{id}"),
            None => format!("{kind} without an id"),
        };
        let of = Of { json, line: resource.line, label };
        let method = resource.method.as_deref();
        if let Some(method) = method.filter(|method| !matches!(*method, "POST" | "PUT")) {
            return self.refuse_all(&of, &format!("the Bundle asks to {method} it"));
        }
        for modifier in ["modifierExtension", "implicitRules"] {
            if json.get(modifier).is_some() {
                let why = format!("its {modifier} may change what it means, and is not understood");
                return self.refuse_all(&of, &why);
            }
        }
        match kind {
            "QuestionnaireResponse" => self.response(&of),
            "Observation" => self.observation(&of),
            "AdverseEvent" => self.adverse_event(&of),
            "ResearchSubject" => self.research_subject(&of),
            "ResearchStudy" | "Questionnaire" => {
                self.skip(&of, "it is of the definition; bring it with `casebook study import`")
            }
            around if AROUND.contains(&around) => self.skip(&of, "it is no data of a form"),
            _ => self.refuse_all(&of, "resources of this type have no place in a casebook"),
        }
    }

    fn place(&mut self, line: u32) -> Place {
        self.rows += 1;
        Place { row: self.rows, line }
    }

    fn refuse(&mut self, line: u32, reason: String) -> ControlFlow<()> {
        let row = self.place(line);
        (self.take)(Taken::Refused { row, reason })
    }

    fn refuse_all(&mut self, of: &Of<'_>, why: &str) -> ControlFlow<()> {
        self.refuse(of.line, format!("{}: {why}", of.label))
    }

    fn skip(&mut self, of: &Of<'_>, why: &str) -> ControlFlow<()> {
        let row = self.place(of.line);
        (self.take)(Taken::Skipped { row, reason: format!("{}: {why}", of.label) })
    }

    /// Reports the members that were not taken, and the extensions that are not known.
    fn left(&mut self, of: &Of<'_>, taken: &[&str], extensions: &[&str]) -> ControlFlow<()> {
        let members = of.json.members().iter().map(|(name, _)| name.as_ref());
        let known = |name: &&str| {
            let plain = name.strip_prefix('_').unwrap_or(name);
            FORMAL.contains(&plain) || taken.contains(&plain) || plain == "extension"
        };
        let mut left: Vec<String> =
            members.filter(|name| !known(name)).map(str::to_owned).collect();
        left.extend(unknown_extensions(of.json, extensions));
        if left.is_empty() {
            return ControlFlow::Continue(());
        }
        self.skip(of, &format!("not taken: {}", left.join(", ")))
    }

    /// Hands out the record that is open.
    fn flush(&mut self) -> ControlFlow<()> {
        match self.open.take() {
            Some(record) => (self.take)(Taken::Record(record)),
            None => ControlFlow::Continue(()),
        }
    }

    /// Adds the cells of an observation or adverse event to the record that is open, if it is of that.
    fn add(
        &mut self,
        of: &Of<'_>,
        (subject, record): (SubjectKey, RecordKey),
        cells: Vec<(ItemKey, super::answer::Value)>,
        complete: Option<bool>,
    ) -> ControlFlow<()> {
        let is_same = |open: &TakenRecord| open.subject == subject && open.record == record;
        if !self.open.as_ref().is_some_and(is_same) {
            self.flush()?;
        }
        let known = self.open.iter().flat_map(|open| &open.cells);
        let differs = |cell: &&TakenCell| {
            let mut given = cells.iter();
            given.any(|(item, (value, unit))| {
                cell.item == *item && (cell.given != *value || cell.unit != *unit)
            })
        };
        if let Some(other) = known.clone().find(differs) {
            let why = format!("it contradicts {} in item {}", other.from, other.item.item);
            return self.refuse_all(of, &why);
        }
        let known: HashSet<ItemKey> = known.map(|cell| cell.item.clone()).collect();
        let row = self.place(of.line);
        let from: Arc<str> = of.label.as_str().into();
        let open = self.open.get_or_insert_with(|| TakenRecord {
            subject,
            record,
            rows: Vec::new(),
            cells: Vec::new(),
            is_removed: false,
            complete: None,
        });
        open.rows.push(row);
        open.complete = open.complete.or(complete);
        let news = cells.into_iter().filter(|(item, _)| !known.contains(item));
        open.cells.extend(news.map(|(item, (given, unit))| TakenCell {
            row: row.row,
            from: Arc::clone(&from),
            item,
            given,
            unit,
        }));
        ControlFlow::Continue(())
    }

    /// The place that an identifier of the study says; none where there is no such identifier. Refuses
    /// one of another study.
    fn place_of(&self, identifier: &Json, kind: Kind) -> Result<Option<PlaceParts>, String> {
        let Some(system) = identifier.text("system") else { return Ok(None) };
        let Some((study, _)) = names::taken_apart(system) else { return Ok(None) };
        if study != self.words.names.study() {
            return Err(format!("it is of study {study}"));
        }
        if !self.words.names.is(system, kind) {
            return Ok(None);
        }
        let value = identifier.text("value").unwrap_or_default();
        let parts = names::read_place(value);
        parts.map(Some).ok_or_else(|| format!("its identifier '{value}' says no place"))
    }

    /// What a reference by an identifier in a system of the study says.
    fn referred(&self, reference: &Json, kind: Kind) -> Result<String, String> {
        let wanted = self.words.names.system(kind);
        let identifier = reference.get("identifier");
        let Some(value) = identifier.and_then(|identifier| identifier.text("value")) else {
            return Err(format!("gives no identifier; give one of system {wanted}"));
        };
        match identifier.and_then(|identifier| identifier.text("system")) {
            Some(system) if system != wanted => {
                Err(format!("is an identifier of system {system}; give one of {wanted}"))
            }
            _ => Ok(value.to_owned()),
        }
    }
}

/// The extensions of a part that are not among those that are known.
fn unknown_extensions(part: &Json, known: &[&str]) -> Vec<String> {
    let extensions = part.list("extension").iter();
    let urls = extensions.map(|one| one.text("url").unwrap_or("without a url"));
    urls.filter(|url| !known.contains(url)).map(|url| format!("extension {url}")).collect()
}

/// What remains of the place of a record.
fn remains(subject: &str, record: &RecordKey) -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one((subject, record))
}
