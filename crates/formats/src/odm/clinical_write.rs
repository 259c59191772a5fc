//! Clinical data as ODM 1.3.2 or 2.0, written as they come, with flat memory.
//!
//! The caller goes down with `begin_…` and writes items; what was open above closes by itself. For
//! a snapshot each item comes once with the audit record of its last change; for a transactional
//! file it comes once for each change, under the same path again, in the order in which it
//! happened.
//!
//! In ODM 2.0 a form is an item group that holds others, and audit records, signatures and queries
//! stand behind what they are about, so that they wait until it is closed.

use std::io::{self, Write};

use kernel::{MissingReason, StudyVersion};

use super::{
    clinical::{Annotation, AuditRecord, Signature, TransactionType},
    clinical_level::Level,
    clinical_parts::{annotation, audit_record, element, query, signature},
    context::CASEBOOK,
    definitions::OWN_ITEMS,
    emit::{Dialect, Emit},
    escape::push_attribute_value,
    header::Header,
    write_admin::{admin_data, admin_data_v2},
    write_v1, write_v2,
    xml::{ODM_1_3, ODM_2_0},
};
use crate::{Location, SignatureDef, User};

/// When the buffer is handed on.
const FULL_BYTES: usize = 256 * 1024;

/// A subject, as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubjectOut<'a> {
    pub key: &'a str,
    pub transaction: Option<TransactionType>,
    pub audit: Option<&'a AuditRecord<'a>>,
    pub signature: Option<&'a Signature<'a>>,
    /// The OID of a user.
    pub investigator: Option<&'a str>,
    /// The OID of a location.
    pub site: Option<&'a str>,
    pub annotations: &'a [Annotation<'a>],
}

/// An event, a form or an item group, as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct LevelOut<'a> {
    pub oid: &'a str,
    pub repeat: Option<&'a str>,
    pub transaction: Option<TransactionType>,
    pub audit: Option<&'a AuditRecord<'a>>,
    pub signature: Option<&'a Signature<'a>>,
    pub annotations: &'a [Annotation<'a>],
}

/// An item, as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemOut<'a> {
    pub oid: &'a str,
    pub value: ValueOut<'a>,
    pub transaction: Option<TransactionType>,
    /// The OID of a measurement unit.
    pub unit: Option<&'a str>,
    pub audit: Option<&'a AuditRecord<'a>>,
    pub signature: Option<&'a Signature<'a>>,
    pub annotations: &'a [Annotation<'a>],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueOut<'a> {
    Text(&'a str),
    /// `IsNull="Yes"`, with the reason in our own namespace.
    Missing(MissingReason),
    /// `IsNull="Yes"`: cleared.
    Null,
    /// No value is stated, as when an item is removed.
    #[default]
    Absent,
}

/// Writes one ODM file with clinical data.
#[derive(Debug)]
pub struct ClinicalWriter<W> {
    dialect: Dialect,
    out: W,
    buffer: Vec<u8>,
    level: Level,
    values: u64,
    /// What stands behind the content of each open element of ODM 2.0, outermost first.
    tails: Vec<Vec<u8>>,
    /// The form that is open, and whether its own items are: ODM 2.0 has them directly in it.
    form: String,
    in_form_itself: bool,
}

impl<W: Write> ClinicalWriter<W> {
    /// Begins the file with its studies, each with one or more of its versions in a row, and with
    /// who works in them where.
    pub fn new(
        out: W,
        header: &Header,
        versions: &[&StudyVersion],
        users: &[User],
        locations: &[Location],
        signatures: &[SignatureDef],
    ) -> io::Result<Self> {
        let mut e = Emit::new(out);
        header.open(&mut e, ODM_1_3, "1.3.2");
        e.attribute("xmlns:casebook", CASEBOOK);
        for versions in versions.chunk_by(|one, next| one.study_oid == next.study_oid) {
            write_v1::study(&mut e, versions);
        }
        admin_data(&mut e, users, locations, signatures);
        Self::begun(e, Dialect::V1)
    }

    /// The same as ODM 2.0, with one version of a study.
    pub fn new_v2(
        out: W,
        header: &Header,
        version: &StudyVersion,
        users: &[User],
        locations: &[Location],
        signatures: &[SignatureDef],
    ) -> io::Result<Self> {
        let mut e = Emit::new(out);
        header.open(&mut e, ODM_2_0, "2.0");
        e.attribute("xmlns:casebook", CASEBOOK);
        write_v2::study(&mut e, version);
        admin_data_v2(&mut e, users, locations, signatures);
        Self::begun(e, Dialect::V2)
    }

    fn begun(e: Emit<W>, dialect: Dialect) -> io::Result<Self> {
        let (out, buffer) = e.into_parts()?;
        Ok(Self {
            dialect,
            out,
            buffer,
            level: Level::File,
            values: 0,
            tails: Vec::new(),
            form: String::new(),
            in_form_itself: false,
        })
    }

    /// Begins data that were collected under one version of one study.
    pub fn begin_data(&mut self, study_oid: &str, version_oid: &str) -> io::Result<()> {
        self.close_to(Level::File)?;
        self.attribute("\n<ClinicalData StudyOID=\"", study_oid);
        self.attribute(" MetaDataVersionOID=\"", version_oid);
        self.buffer.push(b'>');
        self.tails.push(Vec::new());
        self.level = Level::Data;
        Ok(())
    }

    /// Begins a subject; refuses before the first `begin_data`.
    pub fn begin_subject(&mut self, subject: &SubjectOut<'_>) -> io::Result<()> {
        self.close_to(Level::Data)?;
        self.attribute("\n<SubjectData SubjectKey=\"", subject.key);
        self.transaction(subject.transaction);
        self.buffer.push(b'>');
        if self.dialect == Dialect::V1 {
            self.records(subject.audit, subject.signature);
        }
        for (name, oid) in [
            ("\n<InvestigatorRef UserOID=\"", subject.investigator),
            ("\n<SiteRef LocationOID=\"", subject.site),
        ] {
            if let Some(oid) = oid {
                self.attribute(name, oid);
                self.buffer.extend_from_slice(b"/>");
            }
        }
        match self.dialect {
            Dialect::V1 => {
                self.annotations(subject.annotations);
                self.tails.push(Vec::new());
            }
            Dialect::V2 => self.wait(subject.audit, subject.signature, subject.annotations),
        }
        self.level = Level::Subject;
        Ok(())
    }

    pub fn begin_event(&mut self, event: &LevelOut<'_>) -> io::Result<()> {
        let names = ["\n<StudyEventData StudyEventOID=\"", " StudyEventRepeatKey=\""];
        self.begin(Level::Event, names, event)
    }

    pub fn begin_form(&mut self, form: &LevelOut<'_>) -> io::Result<()> {
        let names = match self.dialect {
            Dialect::V1 => ["\n<FormData FormOID=\"", " FormRepeatKey=\""],
            Dialect::V2 => ["\n<ItemGroupData ItemGroupOID=\"", " ItemGroupRepeatKey=\""],
        };
        self.begin(Level::Form, names, form)?;
        form.oid.clone_into(&mut self.form);
        Ok(())
    }

    pub fn begin_group(&mut self, group: &LevelOut<'_>) -> io::Result<()> {
        let names = ["\n<ItemGroupData ItemGroupOID=\"", " ItemGroupRepeatKey=\""];
        let is_own = group.oid.strip_suffix(OWN_ITEMS) == Some(self.form.as_str());
        let says_more = group.audit.is_some() || group.transaction == Some(TransactionType::Remove);
        if self.dialect == Dialect::V1 || !is_own || says_more {
            return self.begin(Level::Group, names, group);
        }
        self.close_to(Level::Form)?;
        self.wait(None, group.signature, group.annotations);
        (self.level, self.in_form_itself) = (Level::Group, true);
        Ok(())
    }

    /// Writes one item into the open group; refuses when none is open.
    pub fn item(&mut self, item: &ItemOut<'_>) -> io::Result<()> {
        if self.level != Level::Group {
            return Err(misplaced("an item", "item group"));
        }
        self.attribute("\n<ItemData ItemOID=\"", item.oid);
        match item.value {
            ValueOut::Text(_) if self.dialect == Dialect::V2 => {}
            ValueOut::Text(text) => self.attribute(" Value=\"", text),
            ValueOut::Null => self.buffer.extend_from_slice(b" IsNull=\"Yes\""),
            ValueOut::Missing(reason) => {
                self.buffer.extend_from_slice(b" IsNull=\"Yes\" casebook:MissingReason=\"");
                self.buffer.extend_from_slice(reason.code().as_bytes());
                self.buffer.push(b'"');
            }
            ValueOut::Absent => {}
        }
        self.transaction(item.transaction);
        self.values += 1;
        let bare = item.audit.is_none()
            && item.signature.is_none()
            && item.unit.is_none()
            && item.annotations.is_empty();
        if self.dialect == Dialect::V2 {
            self.content_v2(item);
        } else if bare {
            self.buffer.extend_from_slice(b"/>");
        } else {
            self.buffer.push(b'>');
            self.records(item.audit, item.signature);
            if let Some(unit) = item.unit {
                self.attribute("<MeasurementUnitRef MeasurementUnitOID=\"", unit);
                self.buffer.extend_from_slice(b"/>");
            }
            self.annotations(item.annotations);
            self.buffer.extend_from_slice(b"</ItemData>");
        }
        self.hand_on_if_full()
    }

    /// How many items were written.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// Closes everything, hands on what is left and gives the output back, flushed.
    pub fn finish(mut self) -> io::Result<W> {
        self.close_to(Level::File)?;
        self.buffer.extend_from_slice(Level::File.end_tag(self.dialect));
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin(&mut self, level: Level, names: [&str; 2], it: &LevelOut<'_>) -> io::Result<()> {
        self.close_to(level.outer())?;
        self.attribute(names[0], it.oid);
        if let Some(repeat) = it.repeat {
            self.attribute(names[1], repeat);
        }
        self.transaction(it.transaction);
        self.buffer.push(b'>');
        match self.dialect {
            Dialect::V1 => {
                self.records(it.audit, it.signature);
                self.annotations(it.annotations);
                self.tails.push(Vec::new());
            }
            Dialect::V2 => self.wait(it.audit, it.signature, it.annotations),
        }
        self.level = level;
        Ok(())
    }

    /// Closes what is open below `level`, which must be open.
    fn close_to(&mut self, level: Level) -> io::Result<()> {
        if self.level < level {
            return Err(misplaced("what belongs further in", "element around it"));
        }
        while self.level > level {
            let mut tail = self.tails.pop().unwrap_or_default();
            if std::mem::take(&mut self.in_form_itself) {
                // What is about the own items of a form stands behind those of the form.
                if let Some(of_form) = self.tails.last_mut() {
                    of_form.append(&mut tail);
                }
            } else {
                self.buffer.append(&mut tail);
                self.buffer.extend_from_slice(self.level.end_tag(self.dialect));
            }
            self.level = self.level.outer();
        }
        self.hand_on_if_full()
    }

    /// Writes what comes before the value, with its opening quote, the value and the closing one.
    fn attribute(&mut self, opening: &str, value: &str) {
        self.buffer.extend_from_slice(opening.as_bytes());
        push_attribute_value(&mut self.buffer, value);
        self.buffer.push(b'"');
    }

    fn transaction(&mut self, transaction: Option<TransactionType>) {
        if let Some(transaction) = transaction {
            self.attribute(" TransactionType=\"", transaction.as_odm());
        }
    }

    fn records(&mut self, audit: Option<&AuditRecord<'_>>, signed: Option<&Signature<'_>>) {
        if let Some(audit) = audit {
            audit_record(&mut self.buffer, audit, self.dialect);
        }
        if let Some(signed) = signed {
            signature(&mut self.buffer, signed, self.dialect);
        }
    }

    /// The value of an item of ODM 2.0 and what stands behind it, up to its end.
    fn content_v2(&mut self, item: &ItemOut<'_>) {
        self.buffer.push(b'>');
        if let ValueOut::Text(text) = item.value {
            element(&mut self.buffer, "Value", text);
        }
        behind(&mut self.buffer, item.audit, item.signature, item.annotations);
        if let Some(unit) = item.unit {
            self.attribute("<odm1:MeasurementUnitRef xmlns:odm1=\"", ODM_1_3);
            self.attribute(" MeasurementUnitOID=\"", unit);
            self.buffer.extend_from_slice(b"/>");
        }
        self.buffer.extend_from_slice(b"</ItemData>");
    }

    /// Keeps what is written when the element is closed.
    fn wait(
        &mut self,
        audit: Option<&AuditRecord<'_>>,
        signed: Option<&Signature<'_>>,
        annotations: &[Annotation<'_>],
    ) {
        let mut tail = Vec::new();
        behind(&mut tail, audit, signed, annotations);
        self.tails.push(tail);
    }

    fn annotations(&mut self, annotations: &[Annotation<'_>]) {
        for one in annotations {
            annotation(&mut self.buffer, one);
        }
    }

    fn hand_on_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() >= FULL_BYTES {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// Audit record, signature, annotations and queries in the order of ODM 2.0.
fn behind(
    out: &mut Vec<u8>,
    audit: Option<&AuditRecord<'_>>,
    signed: Option<&Signature<'_>>,
    annotations: &[Annotation<'_>],
) {
    if let Some(audit) = audit {
        audit_record(out, audit, Dialect::V2);
    }
    if let Some(signed) = signed {
        signature(out, signed, Dialect::V2);
    }
    let is_query = |one: &&Annotation<'_>| one.query.as_ref().is_some_and(|q| q.updated.is_some());
    annotations.iter().filter(|one| !is_query(one)).for_each(|one| annotation(out, one));
    for one in annotations {
        query(out, one);
    }
}

fn misplaced(what: &str, needed: &str) -> io::Error {
    let text = format!("{what} is written while no {needed} is open");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
