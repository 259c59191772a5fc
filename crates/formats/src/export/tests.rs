use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use kernel::{
    Datum, MissingReason, StudyVersion,
    casebook::{FormRecord, RecordRef, Row, RowKey},
    study::{
        Design, FormDef, FormRef, GroupRepeat, ItemDef, ItemGroupDef, ItemGroupRef, ItemRef,
        StudyEventDef, UnitDef,
    },
};
use sha2::{Digest, Sha256};

use super::*;

/// Keeps the files of an export in memory.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

struct MemoryFile {
    name: String,
    memory: Memory,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.memory.0.lock().unwrap();
        files.get_mut(&self.name).unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Memory {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        let earlier = self.0.lock().unwrap().insert(name.to_owned(), Vec::new());
        assert!(earlier.is_none(), "{name} was made twice");
        Ok(Box::new(MemoryFile { name: name.to_owned(), memory: self.clone() }))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(io::Cursor::new(Vec::new())))
    }
}

impl Memory {
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.0.lock().unwrap()[name].clone()).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.0.lock().unwrap()[name].clone()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

/// One form with a group of its own (date, a name that two items share) and a repeating group
/// (pressure, temperature with a choice of units).
pub(crate) fn design() -> Design {
    let item = |oid: &str, name: &str, units: &[&str]| ItemDef {
        oid: oid.into(),
        name: name.into(),
        units: units.iter().map(|unit| (*unit).into()).collect(),
        ..ItemDef::default()
    };
    let group = |oid: &str, repeat, items: &[&str]| ItemGroupDef {
        oid: oid.into(),
        name: oid.into(),
        repeat,
        items: items
            .iter()
            .map(|item| ItemRef { item: (*item).into(), ..ItemRef::default() })
            .collect(),
        ..ItemGroupDef::default()
    };
    let group_ref = |oid: &str| ItemGroupRef { group: oid.into(), ..ItemGroupRef::default() };
    let unit = |oid: &str, name: &str| UnitDef {
        oid: oid.into(),
        name: name.into(),
        ..UnitDef::default()
    };
    let version = StudyVersion {
        study_oid: "DEMO".into(),
        study_name: "Demo".into(),
        protocol_name: "Demo".into(),
        version_oid: "MDV.1".into(),
        version_name: "1".into(),
        units: vec![unit("U.C", "Cel"), unit("U.F", "degF")],
        events: vec![StudyEventDef {
            oid: "SE.1".into(),
            name: "Visit 1".into(),
            forms: vec![FormRef { form: "F.VS".into(), ..FormRef::default() }],
            ..StudyEventDef::default()
        }],
        forms: vec![FormDef {
            oid: "F.VS".into(),
            name: "Vital signs".into(),
            groups: vec![group_ref("IG.HEAD"), group_ref("IG.VS")],
            ..FormDef::default()
        }],
        item_groups: vec![
            group("IG.HEAD", GroupRepeat::No, &["I.DATE", "I.NOTE", "I.NOTE2"]),
            group("IG.VS", GroupRepeat::Simple, &["I.TEMP", "I.SYSBP"]),
        ],
        items: vec![
            item("I.DATE", "VSDAT", &[]),
            item("I.NOTE", "NOTE", &[]),
            item("I.NOTE2", "note", &[]),
            item("I.TEMP", "TEMP", &["U.C", "U.F"]),
            item("I.SYSBP", "SYSBP", &["U.MMHG"]),
        ],
        ..StudyVersion::default()
    };
    Design::new(Arc::new(version))
}

pub(crate) fn study(design: &Design) -> StudyOut<'_> {
    StudyOut {
        design,
        published: design,
        version_hash: "5f1e",
        as_of: Some("2026-01-01T00:00:00.000Z"),
        created_at: "2026-01-02T00:00:00.000Z",
        source_version: "0.1.0",
        sites: &[("701", "Site 701")],
        users: &[("usr_1", Some("王芳"))],
        meanings: &["I have reviewed <all>"],
        is_locked: false,
    }
}

pub(crate) fn row(group: &str, repeat: &str, items: &[(&str, Datum)]) -> (RowKey, Row) {
    let items = items.iter().map(|(item, datum)| ((*item).into(), datum.clone())).collect();
    let key = RowKey { group: group.into(), repeat: repeat.into() };
    (key, Row { removed: false, items })
}

pub(crate) fn with_unit(text: &str, unit: &str) -> Datum {
    Datum::Value { text: text.into(), unit: Some(unit.into()) }
}

/// A record with every kind of value.
pub(crate) fn record() -> FormRecord {
    let rows = [
        row(
            "IG.HEAD",
            "1",
            &[("I.DATE", Datum::value("2014-01-02")), ("I.NOTE", Datum::value("a \"b\", c\nd"))],
        ),
        row(
            "IG.VS",
            "1",
            &[("I.SYSBP", Datum::value("131")), ("I.TEMP", with_unit("36.6", "U.C"))],
        ),
        row(
            "IG.VS",
            "2",
            &[
                ("I.SYSBP", Datum::Missing(MissingReason::NotDone)),
                ("I.TEMP", Datum::Missing(MissingReason::Refused)),
            ],
        ),
    ];
    FormRecord { version: 3, complete: true, rows: rows.into(), ..FormRecord::default() }
}

/// Exports records of one subject.
pub(crate) fn export(
    format: &str,
    options: &ExportOptions,
    records: &[FormRecord],
) -> (Memory, Vec<Written>) {
    export_of(&design(), exporter(format, options).unwrap(), "F.VS", records)
}

/// Exports records of one form with an exporter.
pub(crate) fn export_of(
    design: &Design,
    exporter: Box<dyn Exporter>,
    form: &str,
    records: &[FormRecord],
) -> (Memory, Vec<Written>) {
    try_export(design, exporter, form, records).unwrap()
}

pub(crate) fn try_export(
    design: &Design,
    mut exporter: Box<dyn Exporter>,
    form: &str,
    records: &[FormRecord],
) -> Result<(Memory, Vec<Written>), ExportError> {
    let mut memory = Memory::default();
    exporter.begin(&study(design), &mut memory)?;
    let subject = SubjectOut {
        key: "01-701-1015",
        site: "701",
        status: "ENROLLED",
        screening_number: Some("S,1"),
        consented_on: Some("2013-12-20"),
        enrolled_on: Some("2014-01-02"),
        ..SubjectOut::default()
    };
    exporter.subject(&subject)?;
    for (at, record) in records.iter().enumerate() {
        let bytes = record.to_bytes();
        let stored = RecordRef::decode(&bytes).unwrap();
        let repeat = (at + 1).to_string();
        exporter.record(&RecordOut {
            subject: &subject,
            event: "SE.1",
            event_repeat: "1",
            form,
            form_repeat: &repeat,
            record: &stored,
            trail: &[],
            queries: &[],
            signature: None,
        })?;
    }
    let written = exporter.finish(&mut memory)?;
    Ok((memory, written))
}

/// The formats that are written record by record; others take whole casebooks with their journals.
fn of_records() -> impl Iterator<Item = &'static Format> {
    let options = ExportOptions::default();
    FORMATS.iter().filter(move |format| !(format.make)(&options).takes_casebooks())
}

#[test]
fn every_format_counts_and_hashes_what_it_wrote() {
    for format in of_records() {
        let (memory, written) =
            export(format.name, &ExportOptions::default(), &[record(), record()]);
        let names: Vec<String> = written.iter().map(|file| file.name.clone()).collect();
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(sorted, memory.names());
        // Without a trail there are no changes to write.
        let values = if format.name.ends_with("-transactional") { 0 } else { 12 };
        assert_eq!(written.iter().map(|file| file.values).sum::<u64>(), values, "{}", format.name);
        for file in &written {
            let bytes = memory.bytes(&file.name);
            assert_eq!(file.bytes, bytes.len() as u64);
            let hash = Sha256::digest(&bytes);
            let hash: Vec<String> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(file.sha256, hash.concat());
        }
        let one_stream = exporter(format.name, &ExportOptions::default()).unwrap().one_stream();
        assert_eq!(one_stream, written.len() == 1, "{}", format.name);
    }
}

#[test]
fn a_manifest_names_the_version_the_cut_off_and_each_file() {
    let (_, written) = export("ndjson", &ExportOptions::default(), &[record()]);
    let design = design();
    let text = manifest(&study(&design), "ndjson", &written);
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["study"], "DEMO");
    assert_eq!(manifest["study_version_hash"], "5f1e");
    assert_eq!(manifest["as_of"], "2026-01-01T00:00:00.000Z");
    assert_eq!(manifest["files"][0]["name"], "records.ndjson");
    assert_eq!(manifest["files"][0]["rows"], 1);
    assert_eq!(manifest["files"][0]["sha256"], written[0].sha256);
}

#[test]
fn stored_bytes_that_cannot_be_read_stop_an_export_with_their_place() {
    let design = design();
    let bytes = record().to_bytes();
    let stored = RecordRef::decode(&bytes[..bytes.len() / 2]).unwrap();
    let subject = SubjectOut { key: "S1", ..SubjectOut::default() };
    for format in of_records().filter(|format| !format.name.ends_with("-transactional")) {
        let mut exporter = exporter(format.name, &ExportOptions::default()).unwrap();
        exporter.begin(&study(&design), &mut Memory::default()).unwrap();
        exporter.subject(&subject).unwrap();
        let fault = exporter
            .record(&RecordOut {
                subject: &subject,
                event: "SE.1",
                event_repeat: "1",
                form: "F.VS",
                form_repeat: "1",
                record: &stored,
                trail: &[],
                queries: &[],
                signature: None,
            })
            .unwrap_err();
        assert_eq!(
            fault.to_string(),
            "the record of subject S1, event SE.1, form F.VS cannot be read"
        );
    }
}

#[test]
fn a_format_that_is_not_known_has_no_exporter() {
    assert!(exporter("sas7bdat", &ExportOptions::default()).is_none());
}

#[test]
fn an_export_that_was_not_begun_is_refused() {
    for format in FORMATS {
        let mut exporter = exporter(format.name, &ExportOptions::default()).unwrap();
        let bytes = record().to_bytes();
        let subject = SubjectOut::default();
        let refused = exporter.record(&RecordOut {
            subject: &subject,
            event: "",
            event_repeat: "",
            form: "",
            form_repeat: "",
            record: &RecordRef::decode(&bytes).unwrap(),
            trail: &[],
            queries: &[],
            signature: None,
        });
        assert!(matches!(refused, Err(ExportError::NotBegun)), "{}", format.name);
        assert!(
            matches!(exporter.finish(&mut Memory::default()), Err(ExportError::NotBegun)),
            "{}",
            format.name
        );
    }
}
