//! The casebook of each subject as a PDF that can be read without any program of ours: the copy of
//! the case report form that the investigator keeps (ICH E6(R2) §8.3.14; 21 CFR 11.10(b)),
//! with signatures, queries and the whole audit trail.
//!
//! [`reader`] turns what is stored into words, [`form`], [`trail`], [`signature`] and [`cover`] say
//! what stands where, [`flow`] and [`table`] break it into pages, [`emit`] writes them. One document
//! is made after the other, so that memory holds no more than one casebook.

mod contents;
mod cover;
mod emit;
mod flow;
mod fonts;
mod form;
mod lines;
mod queries;
mod reader;
mod sheet;
mod signature;
mod table;
mod trail;
mod words;
mod words_en;
mod words_zh;

use std::{fmt::Write as _, io::Write as _};

use kernel::casebook::Event;

use self::{
    contents::Running,
    cover::Counts,
    flow::Flow,
    reader::Reader,
    sheet::{Boxes, Sheet},
};
use crate::export::{
    CasebookOut, ExportError, ExportOptions, Exporter, Out, RecordOut, Sink, StudyOut, SubjectOut,
    Written,
};

/// Writes one file for each casebook.
#[derive(Debug)]
pub(crate) struct CasebookPdfExporter {
    language: String,
    begun: bool,
    written: Vec<Written>,
}

impl CasebookPdfExporter {
    pub(crate) fn new(options: &ExportOptions) -> Self {
        Self { language: options.language.clone(), begun: false, written: Vec::new() }
    }
}

impl Exporter for CasebookPdfExporter {
    fn one_stream(&self) -> bool {
        false
    }

    fn needs_whole_casebooks(&self) -> bool {
        true
    }

    fn takes_casebooks(&self) -> bool {
        true
    }

    fn begin(&mut self, _: &StudyOut<'_>, _: &mut dyn Sink) -> Result<(), ExportError> {
        self.begun = true;
        Ok(())
    }

    fn casebook(
        &mut self,
        study: &StudyOut<'_>,
        casebook: &CasebookOut<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        let file = file_name(casebook.subject);
        let reader = Reader::new(study, casebook, words::words(&self.language), &self.language);
        let made = make(&reader);
        let bytes = emit::document(&made.pages(&reader))
            .map_err(|why| ExportError::Document { file: file.clone(), why })?;
        let mut out = Out::create(sink, &file)?;
        (out.rows, out.values) = (made.counts.forms, made.counts.values);
        out.write_all(&bytes).map_err(|source| ExportError::Io { file, source })?;
        let boxes = made.boxes.values().sum();
        self.written.push(Written { boxes, ..out.finish()? });
        Ok(())
    }

    fn subject(&mut self, _: &SubjectOut<'_>) -> Result<(), ExportError> {
        Err(ExportError::NotBegun)
    }

    fn record(&mut self, _: &RecordOut<'_>) -> Result<(), ExportError> {
        Err(ExportError::NotBegun)
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        if self.begun { Ok(self.written) } else { Err(ExportError::NotBegun) }
    }
}

/// The pages of one casebook.
struct Made {
    sheets: Vec<Sheet>,
    places: Vec<flow::Place>,
    front: usize,
    counts: Counts,
    boxes: Boxes,
}

fn make(reader: &Reader<'_>) -> Made {
    let (body, counts) = body(reader);
    let mut boxes = Boxes::new();
    body.sheets.iter().for_each(|sheet| sheet.count_boxes(&mut boxes));
    let mut sheets = cover::cover(reader, counts, &boxes).sheets;
    // How many pages the contents take does not depend on the numbers in it.
    let contents = contents::contents(reader.words, &body.places, 0).len();
    let front = sheets.len() + contents;
    sheets.extend(contents::contents(reader.words, &body.places, front));
    sheets.extend(body.sheets);
    let running = running(reader);
    let pages = sheets.len();
    for (number, sheet) in sheets.iter_mut().enumerate() {
        running.set(sheet, reader.words, number, pages);
    }
    Made { sheets, places: body.places, front, counts, boxes }
}

fn body(reader: &Reader<'_>) -> (Flow, Counts) {
    let (study, book) = (reader.study, reader.book);
    let mut flow = Flow::new();
    let mut counts = Counts { changes: changes(book), ..Counts::default() };
    cover::participant(&mut flow, reader);
    for visit in book.visits(study) {
        form::visit(&mut flow, reader, &visit);
        for key in book.records_of(study, &visit) {
            counts.forms += 1;
            counts.values += form::form(&mut flow, reader, key);
        }
    }
    trail::of_casebook(&mut flow, reader);
    (flow, counts)
}

/// How many values were changed.
fn changes(book: &CasebookOut<'_>) -> u64 {
    let saved = book.entries.iter().map(|entry| match entry.event {
        Event::FormSaved(saved) => saved.changes().count() as u64,
        _ => 0,
    });
    saved.sum()
}

fn running(reader: &Reader<'_>) -> Running {
    let (words, book) = (reader.words, reader.book);
    let study = reader.design().version().study_oid.as_str();
    let (site, subject) = (book.site.oid, book.subject);
    Running {
        left: format!("{study}  ·  {} {site}  ·  {} {subject}", words.site, words.participant),
        right: format!("{} {}", words.cut_off, cover::cut_off(reader)),
        foot: format!("{}  ·  SHA-256 {}", words.title, book.chain.head),
    }
}

impl Made {
    fn pages<'p>(&'p self, reader: &'p Reader<'_>) -> emit::Pages<'p> {
        let (study, book) = (reader.study, reader.book);
        let oid = study.design.version().study_oid.as_str();
        let (subject, stamp) = (book.subject, study.stamp());
        emit::Pages {
            title: format!("{oid} · {subject} · {}", reader.words.title),
            language: if reader.language.is_empty() { "en" } else { reader.language },
            creator: format!("Casebook {}", study.source_version),
            stamp,
            identity: format!("{oid}\n{subject}\n{stamp}\n{}", book.chain.head),
            sheets: &self.sheets,
            front: self.front,
            places: &self.places,
        }
    }
}

/// A name that no two subjects share: what is no letter, digit, `-`, `_` or `.` is written as `%` and
/// its bytes.
fn file_name(subject: &str) -> String {
    let mut name = "casebook-".to_owned();
    for c in subject.chars() {
        if c.is_alphanumeric() || "-_.".contains(c) {
            name.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    name + ".pdf"
}
