//! Clinical data of an ODM file, row by row, with flat memory.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    io::BufRead,
    sync::Arc,
};

use super::{
    bulk::BulkRecords,
    clinical::TransactionType,
    clinical_row::{ClinicalRow, ItemGiven, Place, Records},
    context::Context,
    definitions::OWN_ITEMS,
    header::FileType,
    node::{Child, Node},
    read::open_root,
    xml::{Tag, Token, Xml, is_odm},
};
use crate::{Finding, FormatError};

/// Reads all ClinicalData of a file, snapshot or transactional, ODM 1.x or 2.0, as an iterator of
/// rows in the order of the file.
///
/// Each element below ClinicalData gives a row: a subject, event, form or group before what is in
/// it, an item when it ends. What a file says of an element only after its children (ODM 2.0 always;
/// some systems in 1.3, with a warning) comes as a second row of that element with `late` set.
/// Audit records that are kept apart (`AuditRecords` with `AuditRecordID`) may follow the data:
/// read them first with [`read_bulk_records`](super::read_bulk_records) and pass them to
/// [`ClinicalReader::resolving`]; without that a row has only the id.
///
/// In ODM 2.0 the outermost ItemGroupData of an event is the form, the innermost the group; items
/// directly in a form are in the group with the form's OID and [`OWN_ITEMS`]. The repeat key of a nested group
/// is that of its path, joined by `/`, when more than one level has one.
pub struct ClinicalReader<R> {
    xml: Xml<R>,
    ctx: Context,
    file_type: FileType,
    bulk: BulkRecords,
    study: Arc<str>,
    version: Arc<str>,
    frames: Vec<Frame>,
    in_data: bool,
    ready: VecDeque<ClinicalRow>,
    ended: bool,
    /// Elements that were warned about, so that each is named once.
    warned: HashSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Subject,
    Event,
    Form,
    Group,
}

/// An element that is open.
struct Frame {
    kind: Kind,
    place: Place,
    line: u32,
    records: Records,
    site: Option<Arc<str>>,
    investigator: Option<Arc<str>>,
    /// Its row was given, so that what comes now is late.
    given: bool,
}

impl<R: BufRead> ClinicalReader<R> {
    /// Opens a file and reads its root.
    pub fn new(input: R, file_name: &str) -> Result<Self, FormatError> {
        let mut xml = Xml::open(input, file_name)?;
        let mut ctx = Context::new(file_name);
        let root = open_root(&mut xml, &mut ctx, &["ODM"])?;
        let transactional = root.get("FileType") == Some("Transactional");
        Ok(Self {
            xml,
            ctx,
            file_type: if transactional { FileType::Transactional } else { FileType::Snapshot },
            bulk: BulkRecords::default(),
            study: Arc::from(""),
            version: Arc::from(""),
            frames: Vec::new(),
            in_data: false,
            ready: VecDeque::new(),
            ended: false,
            warned: HashSet::new(),
        })
    }

    /// Puts these records where a row refers to them by id.
    #[must_use]
    pub fn resolving(mut self, bulk: BulkRecords) -> Self {
        self.bulk = bulk;
        self
    }

    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// What was read otherwise than written, so far; complete after the last row.
    pub fn findings(&self) -> &[Finding] {
        self.ctx.findings()
    }

    fn advance(&mut self) -> Result<(), FormatError> {
        match self.xml.next()? {
            Token::Start(tag) => self.start(tag),
            Token::End => {
                self.end();
                Ok(())
            }
            Token::Text(text) => {
                if !text.trim().is_empty() {
                    let line = self.xml.line();
                    self.warn_once(line, "text", "stands between elements and is left aside");
                }
                Ok(())
            }
            Token::Eof => {
                self.ended = true;
                Ok(())
            }
        }
    }

    fn start(&mut self, tag: Tag) -> Result<(), FormatError> {
        let name = tag.name.as_str();
        if !is_odm(&tag.namespace) {
            self.warn_once(tag.line, name, "of another namespace is not read");
            return self.pass();
        }
        let kind = self.frames.last().map(|frame| frame.kind);
        match (kind, name) {
            (None, "ClinicalData") if !self.in_data => {
                self.study = tag.get("StudyOID").unwrap_or_default().into();
                self.version = tag.get("MetaDataVersionOID").unwrap_or_default().into();
                self.in_data = true;
                Ok(())
            }
            (None, "Study" | "AdminData" | "ReferenceData" | "Association" | "Description")
                if !self.in_data =>
            {
                self.pass()
            }
            (None, "AuditRecords" | "Signatures" | "Annotations") => self.pass(),
            (None, "SubjectData") if self.in_data => {
                self.open(Kind::Subject, tag, "SubjectKey", "")
            }
            (Some(Kind::Subject), "StudyEventData") => {
                self.open(Kind::Event, tag, "StudyEventOID", "StudyEventRepeatKey")
            }
            (Some(Kind::Event), "FormData") => {
                self.open(Kind::Form, tag, "FormOID", "FormRepeatKey")
            }
            (Some(Kind::Event), "ItemGroupData") => {
                self.open(Kind::Form, tag, "ItemGroupOID", "ItemGroupRepeatKey")
            }
            (Some(Kind::Form | Kind::Group), "ItemGroupData") => {
                self.open(Kind::Group, tag, "ItemGroupOID", "ItemGroupRepeatKey")
            }
            (Some(Kind::Form | Kind::Group), name) if name.starts_with("ItemData") => {
                self.item(tag)
            }
            (Some(_), _) => self.record(tag),
            _ => {
                self.warn_once(tag.line, name, "is not read here");
                self.pass()
            }
        }
    }

    fn end(&mut self) {
        if self.frames.last().is_some_and(|frame| !frame.given || !frame.records.is_empty()) {
            self.give_last();
        }
        if self.frames.pop().is_none() {
            self.in_data = false;
        }
    }

    /// Passes over the element that was just opened.
    fn pass(&mut self) -> Result<(), FormatError> {
        let depth = self.xml.depth();
        while self.xml.depth() >= depth {
            self.xml.next()?;
        }
        Ok(())
    }

    fn open(
        &mut self,
        kind: Kind,
        mut tag: Tag,
        oid: &str,
        repeat: &str,
    ) -> Result<(), FormatError> {
        let line = tag.line;
        let Some(oid) = tag.take(oid) else {
            let what = format!("{} has no {oid}", tag.name);
            return Err(self.xml.refuse(what, "give it one where the file was made"));
        };
        if self.frames.last().is_some_and(|frame| !frame.given) {
            self.give_last();
        }
        let transaction = tag.take("TransactionType");
        let place = Place {
            oid: oid.into(),
            repeat: tag.take(repeat).map(Into::into),
            transaction: transaction.and_then(|text| self.transaction(line, &text)),
        };
        self.frames.push(Frame {
            kind,
            place,
            line,
            records: Records::default(),
            site: None,
            investigator: None,
            given: false,
        });
        Ok(())
    }

    fn transaction(&mut self, line: u32, text: &str) -> Option<TransactionType> {
        let transaction = TransactionType::parse(text);
        if transaction.is_none() {
            self.ctx.warn(line, "TransactionType", format!("'{text}' is none that ODM has"));
        }
        transaction
    }

    /// Something that is said of the element that is open: who, why, where, remarks.
    fn record(&mut self, tag: Tag) -> Result<(), FormatError> {
        let (name, line) = (tag.name.clone(), tag.line);
        let mut node = Node::read(tag, &mut self.xml)?;
        let two = *node.tag.namespace == *super::xml::ODM_2_0;
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let given = frame.given;
        match name.as_str() {
            "SiteRef" => frame.site = node.take("LocationOID").map(Into::into),
            "InvestigatorRef" => frame.investigator = node.take("UserOID").map(Into::into),
            "ArchiveLayoutRef" => {}
            _ => {
                if !frame.records.take(&mut node) {
                    self.warn_once(line, &name, "is not read here");
                    return Ok(());
                }
            }
        }
        if given && !two {
            self.warn_once(line, &name, "stands after the data it is about; it is taken as theirs");
        }
        Ok(())
    }

    fn item(&mut self, tag: Tag) -> Result<(), FormatError> {
        if self.frames.last().is_some_and(|frame| !frame.given) {
            self.give_last();
        }
        let line = tag.line;
        let mut node = Node::read(tag, &mut self.xml)?;
        let Some(oid) = node.take("ItemOID") else {
            return Err(FormatError {
                file: self.ctx.file.clone(),
                line,
                column: 0,
                what: format!("{} has no ItemOID", node.name()),
                advice: "give it one where the file was made".to_owned(),
            });
        };
        let transaction = node.take("TransactionType");
        let transaction = transaction.and_then(|text| self.transaction(line, &text));
        let mut records = Records::default();
        let item = ItemGiven::read(&mut self.ctx, &mut node, oid, transaction);
        for child in std::mem::take(&mut node.children) {
            let Child::Element(mut child) = child else { continue };
            if !is_odm(&child.tag.namespace) || !records.take(&mut child) {
                self.warn_once(child.tag.line, child.name(), "is not read here");
            }
        }
        records.take_ids(&mut node);
        let mut row = self.row(line, records);
        row.item = Some(item);
        if row.group.is_none() {
            let own = row.form.as_ref().map(|form| format!("{}{OWN_ITEMS}", form.oid).into());
            row.group = own.map(|oid| Place { oid, repeat: None, transaction: None });
        }
        self.ready.push_back(row);
        Ok(())
    }

    /// Gives the row of the innermost open element.
    fn give_last(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let (line, late) = (frame.line, frame.given);
        frame.given = true;
        let records = std::mem::take(&mut frame.records);
        let mut row = self.row(line, records);
        row.late = late;
        self.ready.push_back(row);
    }

    /// A row at the place that is open.
    fn row(&self, line: u32, mut records: Records) -> ClinicalRow {
        self.bulk.resolve(&mut records);
        let mut row = ClinicalRow::at(line, &self.study, &self.version, records);
        let mut repeats: Vec<&str> = Vec::new();
        for frame in &self.frames {
            let place = frame.place.clone();
            match frame.kind {
                Kind::Subject => {
                    row.subject = place.oid;
                    row.subject_transaction = place.transaction;
                    row.site.clone_from(&frame.site);
                    row.investigator.clone_from(&frame.investigator);
                }
                Kind::Event => row.event = Some(place),
                Kind::Form => row.form = Some(place),
                Kind::Group => {
                    repeats.extend(frame.place.repeat.as_deref());
                    row.group = Some(place);
                }
            }
        }
        if repeats.len() > 1
            && let Some(group) = &mut row.group
        {
            group.repeat = Some(repeats.join("/").into());
        }
        row
    }

    fn warn_once(&mut self, line: u32, name: &str, text: &str) {
        if self.warned.insert(format!("{name} {text}")) {
            self.ctx.warn(line, name, text);
        }
    }
}

impl<R> fmt::Debug for ClinicalReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("ClinicalReader");
        f.field("file", &self.ctx.file).field("study", &self.study).finish_non_exhaustive()
    }
}

impl<R: BufRead> Iterator for ClinicalReader<R> {
    type Item = Result<ClinicalRow, FormatError>;

    /// The next row. After an error there are no more.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(Ok(row));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.advance() {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }
}
