//! ODM 1.3.2 and 2.0: the state of each value, or every change in the order in which it was made.
//!
//! A snapshot holds what is there, with queries as annotations; with the trail also who last changed
//! each value, when and why. A transactional file replays the history: each change is an item with
//! its audit record, a removal removes a group or form, and what is taken back is inserted again.
//! Reasons for missing and the state of queries stand in the namespace of Casebook.

mod changes;
mod state;

use std::{borrow::Cow, io};

use kernel::study::Design;

use crate::{
    Location, SignatureDef, User, VersionInForce,
    export::{
        ExportError, ExportOptions, Exporter, Out, QueryOut, RecordOut, SignatureOut, Sink,
        StudyOut, SubjectOut, TrailOut, Written,
    },
    odm::{self, Annotation, AuditRecord, ClinicalWriter, FileType, Header, QueryMark, Signature},
};

const FILE: &str = "odm.xml";
const LEGAL_REASON: &str =
    "The signer states the meaning, with the same force as by a handwritten signature.";

/// Writes one file of either kind.
pub(crate) struct OdmExporter {
    file_type: FileType,
    is_v2: bool,
    options: ExportOptions,
    begun: Option<Begun>,
}

struct Begun {
    writer: ClinicalWriter<Out>,
    repeats: Repeats,
    /// What signatures mean; the place of a meaning names its definition.
    meanings: Vec<String>,
    records: u64,
    /// The event that is open, and its repeat key.
    event: Option<(String, String)>,
}

/// What a version says repeats; of what does not, the key `1` is left out.
struct Repeats {
    design: Design,
}

impl OdmExporter {
    pub(crate) fn new(file_type: FileType, options: ExportOptions) -> Self {
        Self { file_type, is_v2: false, options, begun: None }
    }

    /// The same as ODM 2.0, in which queries are elements of their own.
    pub(crate) fn v2(file_type: FileType, options: ExportOptions) -> Self {
        Self { is_v2: true, ..Self::new(file_type, options) }
    }

    fn begun(&mut self) -> Result<&mut Begun, ExportError> {
        self.begun.as_mut().ok_or(ExportError::NotBegun)
    }
}

impl Exporter for OdmExporter {
    fn needs_trail(&self) -> bool {
        self.options.trail || self.file_type == FileType::Transactional
    }

    fn needs_people(&self) -> bool {
        true
    }

    fn one_stream(&self) -> bool {
        true
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let version = study.design.version();
        let header = Header {
            file_oid: format!("{}.{}", version.study_oid, study.stamp()),
            file_type: self.file_type,
            granularity: Some("All".to_owned()),
            created: study.stamp().to_owned(),
            as_of: study.as_of.map(str::to_owned),
            source_system: Some("Casebook".to_owned()),
            source_system_version: Some(study.source_version.to_owned()),
            ..Header::default()
        };
        let locations: Vec<Location> =
            study.sites.iter().map(|site| location(study, *site)).collect();
        let users: Vec<User> = study.users.iter().map(|user| person(*user)).collect();
        let out = Out::create(sink, FILE)?;
        let meanings: Vec<String> = study.meanings.iter().map(|one| (*one).to_owned()).collect();
        let signatures: Vec<SignatureDef> = (0..).zip(&meanings).map(signature_def).collect();
        let writer = if self.is_v2 {
            ClinicalWriter::new_v2(out, &header, version, &users, &locations, &signatures)
        } else {
            ClinicalWriter::new(out, &header, &[version], &users, &locations, &signatures)
        };
        let mut writer = writer.map_err(failed)?;
        writer
            .begin_data(version.study_oid.as_str(), version.version_oid.as_str())
            .map_err(failed)?;
        let repeats = Repeats { design: study.design.clone() };
        self.begun = Some(Begun { writer, repeats, meanings, records: 0, event: None });
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        let begun = self.begun()?;
        begun.event = None;
        let signature = signed(subject.signature, subject, &begun.meanings);
        let written = odm::SubjectOut {
            key: subject.key,
            site: Some(subject.site).filter(|site| !site.is_empty()),
            signature: signature.as_ref(),
            ..odm::SubjectOut::default()
        };
        begun.writer.begin_subject(&written).map_err(failed)
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        let file_type = self.file_type;
        let begun = self.begun()?;
        begun.records += 1;
        match file_type {
            FileType::Transactional => begun.changes(record).map_err(failed),
            FileType::Snapshot if record.record.removed => {
                begun.records -= 1;
                Ok(())
            }
            FileType::Snapshot => begun.state(record),
        }
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let begun = self.begun.ok_or(ExportError::NotBegun)?;
        let values = begun.writer.values();
        let mut out = begun.writer.finish().map_err(failed)?;
        (out.rows, out.values) = (begun.records, values);
        Ok(vec![out.finish()?])
    }
}

impl Repeats {
    fn event<'k>(&self, oid: &str, key: &'k str) -> Option<&'k str> {
        let repeats = self.design.event(&oid.into()).is_none_or(|event| event.repeating);
        stated(repeats, key)
    }

    fn form<'k>(&self, oid: &str, key: &'k str) -> Option<&'k str> {
        let repeats = self.design.form(&oid.into()).is_none_or(|form| form.repeating);
        stated(repeats, key)
    }

    fn group<'k>(&self, oid: &str, key: &'k str) -> Option<&'k str> {
        let repeats =
            self.design.group(&oid.into()).is_none_or(kernel::study::ItemGroupDef::repeats);
        stated(repeats, key)
    }
}

fn stated(repeats: bool, key: &str) -> Option<&str> {
    Some(key).filter(|key| repeats || *key != "1")
}

fn failed(source: io::Error) -> ExportError {
    ExportError::Io { file: FILE.to_owned(), source }
}

fn location(study: &StudyOut<'_>, (oid, name): (&str, &str)) -> Location {
    let version = study.design.version();
    let date = study.stamp().split('T').next().unwrap_or_default();
    Location {
        oid: oid.to_owned(),
        name: name.to_owned(),
        kind: Some("Site".to_owned()),
        versions: vec![VersionInForce {
            study_oid: version.study_oid.to_string(),
            version_oid: version.version_oid.to_string(),
            effective_date: date.to_owned(),
        }],
        ..Location::default()
    }
}

fn person((oid, name): (&str, Option<&str>)) -> User {
    User {
        oid: oid.to_owned(),
        login_name: Some(oid.to_owned()),
        full_name: name.map(str::to_owned),
        ..User::default()
    }
}

fn signature_def((place, meaning): (usize, &String)) -> SignatureDef {
    SignatureDef {
        oid: definition_oid(place),
        digital: false,
        meaning: meaning.clone(),
        legal_reason: LEGAL_REASON.to_owned(),
    }
}

fn definition_oid(place: usize) -> String {
    format!("SIG.{}", place + 1)
}

/// The signature on a record, with a reference to the definition of its meaning.
fn signature<'a>(record: &RecordOut<'a>, meanings: &[String]) -> Option<Signature<'a>> {
    signed(record.signature, record.subject, meanings)
}

/// The signature on the visit of a record as a whole.
fn visit_signature<'a>(record: &RecordOut<'a>, meanings: &[String]) -> Option<Signature<'a>> {
    let mut visits = record.subject.visit_signatures.iter();
    let is_it = |(event, repeat, _): &&(&str, &str, _)| {
        *event == record.event && *repeat == record.event_repeat
    };
    let found = visits.find(is_it).map(|(_, _, signature)| *signature);
    signed(found, record.subject, meanings)
}

fn signed<'a>(
    signed: Option<SignatureOut<'a>>,
    subject: &SubjectOut<'a>,
    meanings: &[String],
) -> Option<Signature<'a>> {
    let signed = signed?;
    let place = meanings.iter().position(|meaning| meaning == signed.meaning)?;
    Some(Signature {
        user: signed.signer.into(),
        location: subject.site.into(),
        definition: definition_oid(place).into(),
        timestamp: signed.signed_at.into(),
        ..Signature::default()
    })
}

/// Who made a change, where, when and why.
fn audit<'a>(step: &TrailOut<'a>, subject: &SubjectOut<'a>) -> AuditRecord<'a> {
    let location = if step.location.is_empty() { subject.site } else { step.location };
    AuditRecord {
        user: step.user.into(),
        location: location.into(),
        timestamp: step.at.into(),
        reason: step.reason.map(Cow::Borrowed),
        source_id: Some(format!("{} entry {}", step.origin, step.entry).into()),
        ..AuditRecord::default()
    }
}

/// Queries as annotations, numbered from 1.
fn annotations<'a>(queries: impl Iterator<Item = &'a QueryOut<'a>>) -> Vec<Annotation<'a>> {
    let annotation = |(query, sequence): (&'a QueryOut<'a>, u32)| Annotation {
        sequence,
        comment: Some(query.text.into()),
        query: Some(QueryMark {
            oid: query.id.into(),
            state: query.state.into(),
            by_system: Some(query.check.is_some()),
            updated: Some(query.opened_at.into()),
        }),
        ..Annotation::default()
    };
    queries.zip(1..).map(annotation).collect()
}

#[cfg(test)]
mod tests;
