//! What statistics programs read of an export equals what was collected: transport files and Parquet
//! are read by pandas, the scripts are run by PSPP and R.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod python;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use formats::{
    export::{ExportOptions, RecordOut, Scratch, Sink, StudyOut, SubjectOut, exporter},
    table::TextEncoding,
};
use kernel::{
    DataType, Datum, MissingReason, StudyVersion, Texts,
    casebook::{FormRecord, RecordRef, Row, RowKey},
    study::{
        CodeList, CodeListItem, Design, FormDef, ItemDef, ItemGroupDef, ItemGroupRef, ItemRef,
    },
};
use python::{python, run};
use serde_json::{Value, json};

const RECORDS: usize = 60;

struct Folder(PathBuf);

impl Sink for Folder {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        fs::create_dir_all(&self.0)?;
        Ok(Box::new(File::create(self.0.join(name))?))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

fn items() -> Vec<ItemDef> {
    let item = |name: &str, data_type, label: &str| ItemDef {
        oid: format!("I.{name}").as_str().into(),
        name: name.into(),
        data_type,
        description: Texts::one("en", label),
        ..ItemDef::default()
    };
    vec![
        item("TERM", DataType::Text, "Reported term 体重 \"quoted\" it's"),
        item("NOTES", DataType::Text, "A text above 200 bytes"),
        item("AGE", DataType::Integer, "Age"),
        item("WEIGHT", DataType::Float, "Weight"),
        item("BRTHDAT", DataType::Date, "Date of birth"),
        item("STDAT", DataType::PartialDate, "Start"),
        item("DONE", DataType::Boolean, "Done"),
        ItemDef { code_list: Some("CL.SEX".into()), ..item("SEX", DataType::Text, "Sex") },
        ItemDef { code_list: Some("CL.SEV".into()), ..item("SEV", DataType::Integer, "Severity") },
    ]
}

fn list(oid: &str, codes: &[(&str, &str)]) -> CodeList {
    let item = |(code, decode): &(&str, &str)| CodeListItem {
        coded_value: (*code).into(),
        decode: Texts::one("en", *decode),
        ..CodeListItem::default()
    };
    CodeList { oid: oid.into(), items: codes.iter().map(item).collect(), ..CodeList::default() }
}

fn design() -> Design {
    let items = items();
    let refs = items.iter().map(|item| ItemRef { item: item.oid.clone(), ..ItemRef::default() });
    let group =
        ItemGroupDef { oid: "IG.X".into(), items: refs.collect(), ..ItemGroupDef::default() };
    let group_ref = ItemGroupRef { group: "IG.X".into(), ..ItemGroupRef::default() };
    let form = FormDef {
        oid: "F.X".into(),
        name: "Form".into(),
        groups: vec![group_ref],
        ..FormDef::default()
    };
    Design::new(Arc::new(StudyVersion {
        study_oid: "STAT".into(),
        forms: vec![form],
        item_groups: vec![group],
        code_lists: vec![
            list("CL.SEX", &[("F", "Female 女"), ("M", "Male's")]),
            list("CL.SEV", &[("1", "Mild"), ("2", "Moderate"), ("3", "Severe")]),
        ],
        items,
        ..StudyVersion::default()
    }))
}

/// The values of a record; none is blank.
fn values(at: usize) -> Vec<(&'static str, Option<Datum>)> {
    let some = |text: String| Some(Datum::value(text));
    let missing = Datum::Missing(MissingReason::ALL[at % 5].0);
    vec![
        ("TERM", some(format!("头痛 \"{at}\", it's {}", "é😀"))),
        (
            "NOTES",
            (!at.is_multiple_of(3))
                .then(|| Datum::value("慢性肾脏病 ".repeat(at).trim_end().to_owned() + ".")),
        ),
        (
            "AGE",
            if at.is_multiple_of(7) { Some(missing.clone()) } else { some((20 + at).to_string()) },
        ),
        (
            "WEIGHT",
            if at.is_multiple_of(11) {
                Some(missing)
            } else {
                some(format!("{}.{:02}", 40 + at, at % 100))
            },
        ),
        (
            "BRTHDAT",
            (!at.is_multiple_of(4)).then(|| {
                Datum::value(format!("19{:02}-0{}-1{}", 30 + at % 60, 1 + at % 9, at % 10))
            }),
        ),
        ("STDAT", some(["2014", "2014-03", "2014-03-09"][at % 3].to_owned())),
        ("DONE", some(at.is_multiple_of(2).to_string())),
        ("SEX", some(["F", "M"][at % 2].to_owned())),
        ("SEV", (!at.is_multiple_of(5)).then(|| Datum::value((1 + at % 3).to_string()))),
    ]
}

fn record(at: usize) -> FormRecord {
    let items = values(at);
    let items = items
        .into_iter()
        .filter_map(|(name, datum)| Some((format!("I.{name}").as_str().into(), datum?)));
    let key = RowKey { group: "IG.X".into(), repeat: "1".into() };
    let row = Row { removed: false, items: items.collect() };
    FormRecord { rows: [(key, row)].into(), ..FormRecord::default() }
}

fn expected() -> Value {
    let row = |at| {
        let cells = values(at).into_iter().map(|(name, datum)| {
            let value = match datum {
                None => Value::Null,
                Some(Datum::Value { text, .. }) => json!(text),
                Some(Datum::Missing(reason)) => json!({ "missing": reason.code() }),
            };
            (name.to_owned(), value)
        });
        Value::Object(cells.collect())
    };
    (0..RECORDS).map(row).collect()
}

fn export(format: &str, options: &ExportOptions, folder: &Path) {
    let design = design();
    let study = StudyOut {
        design: &design,
        published: &design,
        version_hash: "5f1e",
        as_of: Some("2026-01-01T00:00:00.000Z"),
        created_at: "2026-01-02T00:00:00.000Z",
        source_version: "0.1.0",
        sites: &[],
        users: &[],
        meanings: &[],
        is_locked: false,
    };
    let mut sink = Folder(folder.to_owned());
    let mut exporter = exporter(format, options).unwrap();
    exporter.begin(&study, &mut sink).unwrap();
    for at in 0..RECORDS {
        let key = format!("S-{at:03}");
        let subject =
            SubjectOut { key: &key, site: "701", status: "ENROLLED", ..SubjectOut::default() };
        exporter.subject(&subject).unwrap();
        let bytes = record(at).to_bytes();
        let record = RecordRef::decode(&bytes).unwrap();
        let out = RecordOut {
            subject: &subject,
            event: "SE.1",
            event_repeat: "1",
            form: "F.X",
            form_repeat: "1",
            record: &record,
            trail: &[],
            queries: &[],
            signature: None,
        };
        exporter.record(&out).unwrap();
    }
    exporter.finish(&mut sink).unwrap();
}

#[test]
fn every_program_reads_what_was_collected() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let options = ExportOptions::default();
    export("xpt", &options, &at("xpt"));
    export(
        "xpt",
        &ExportOptions { encoding: TextEncoding::GB18030, ..options.clone() },
        &at("xpt-gb18030"),
    );
    export("parquet", &options, &at("parquet"));
    export("csv-scripts", &options, &at("scripts"));
    fs::write(at("expected.json"), expected().to_string()).unwrap();

    run(Command::new("pspp").arg("import.sps").current_dir(at("scripts")));
    let show = "source('import.R', encoding = 'UTF-8'); F_X$AGE_REASON <- missing_reason(F_X, 'AGE'); \
                stopifnot(is.numeric(F_X$AGE), inherits(F_X$BRTHDAT, 'Date'), is.logical(F_X$DONE)); \
                stopifnot(names(attr(F_X$SEX, 'labels'))[1] == 'Female \u{5973}'); \
                write.csv(F_X, 'r.csv', row.names = FALSE, na = '', fileEncoding = 'UTF-8')";
    let mut r = Command::new("Rscript");
    run(r.args(["--vanilla", "-e", show]).env("LC_ALL", "C.UTF-8").current_dir(at("scripts")));

    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/statistics/check.py");
    run(Command::new(python("statistics")).arg(check).arg(folder.path()));
}
