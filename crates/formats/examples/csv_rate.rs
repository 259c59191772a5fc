//! How fast records are written: `cargo run --release -p casebook-formats --example csv_rate [FORMAT]`.
//!
//! A million stored records of 20 items, made in memory, go to nowhere; prints values per second.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Instant,
};

use formats::export::{ExportOptions, RecordOut, Scratch, Sink, StudyOut, SubjectOut, exporter};
use kernel::{
    Datum, StudyVersion,
    casebook::{FormRecord, RecordRef, Row, RowKey},
    study::{
        Design, FormDef, FormRef, ItemDef, ItemGroupDef, ItemGroupRef, ItemRef, StudyEventDef,
    },
};

const ITEMS: usize = 20;
const SUBJECTS: usize = 10_000;
const RECORDS_PER_SUBJECT: usize = 100;
/// How many different records there are.
const DIFFERENT: usize = 1000;

struct Nowhere;

impl Sink for Nowhere {
    fn create(&mut self, _: &str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(io::sink()))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

fn item_oid(number: usize) -> String {
    format!("I.VS.ITEM{number:02}")
}

fn design() -> Design {
    let version = StudyVersion {
        study_oid: "RATE".into(),
        events: vec![StudyEventDef {
            oid: "SE.VISIT".into(),
            forms: vec![FormRef { form: "F.VS".into(), ..FormRef::default() }],
            ..StudyEventDef::default()
        }],
        forms: vec![FormDef {
            oid: "F.VS".into(),
            groups: vec![ItemGroupRef { group: "IG.VS".into(), ..ItemGroupRef::default() }],
            ..FormDef::default()
        }],
        item_groups: vec![ItemGroupDef {
            oid: "IG.VS".into(),
            items: (0..ITEMS)
                .map(|n| ItemRef { item: item_oid(n).into(), ..ItemRef::default() })
                .collect(),
            ..ItemGroupDef::default()
        }],
        items: (0..ITEMS)
            .map(|n| ItemDef {
                oid: item_oid(n).into(),
                name: format!("ITEM{n:02}"),
                ..ItemDef::default()
            })
            .collect(),
        ..StudyVersion::default()
    };
    Design::new(Arc::new(version))
}

fn records() -> Vec<Vec<u8>> {
    (0..DIFFERENT)
        .map(|record| {
            let items = (0..ITEMS).map(|item| {
                let text = match item % 4 {
                    0 => format!("{}", 60 + (record * 7 + item) % 140),
                    1 => format!("{}.{}", 30 + record % 12, item % 10),
                    2 => {
                        format!("20{:02}-{:02}-{:02}", 10 + item, 1 + record % 12, 1 + record % 28)
                    }
                    _ => ["SUPINE", "after standing for 1 minute", "N"][record % 3].to_owned(),
                };
                (item_oid(item).into(), Datum::value(text))
            });
            let key = RowKey { group: "IG.VS".into(), repeat: "1".into() };
            let row = Row { removed: false, items: items.collect() };
            FormRecord { rows: [(key, row)].into(), ..FormRecord::default() }.to_bytes()
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a rate is printed with three digits")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let format = std::env::args().nth(1).unwrap_or_else(|| "csv".to_owned());
    let mut exporter = exporter(&format, &ExportOptions::default())
        .ok_or_else(|| format!("'{format}' is no format"))?;
    let (design, records) = (design(), records());
    let study = StudyOut {
        design: &design,
        published: &design,
        version_hash: "",
        as_of: None,
        created_at: "2026-01-01T00:00:00.000Z",
        source_version: "0",
        sites: &[],
        users: &[],
        meanings: &[],
        is_locked: false,
    };
    let repeats: Vec<String> = (1..=RECORDS_PER_SUBJECT).map(|n| n.to_string()).collect();
    let started = Instant::now();
    exporter.begin(&study, &mut Nowhere)?;
    for number in 0..SUBJECTS {
        let key = format!("01-701-{number:05}");
        let subject =
            SubjectOut { key: &key, site: "701", status: "ENROLLED", ..SubjectOut::default() };
        exporter.subject(&subject)?;
        for (at, repeat) in repeats.iter().enumerate() {
            let stored = RecordRef::decode(&records[(number + at) % DIFFERENT])?;
            exporter.record(&RecordOut {
                subject: &subject,
                event: "SE.VISIT",
                event_repeat: repeat,
                form: "F.VS",
                form_repeat: "1",
                record: &stored,
                trail: &[],
                queries: &[],
                signature: None,
            })?;
        }
    }
    let written = exporter.finish(&mut Nowhere)?;
    let seconds = started.elapsed().as_secs_f64();
    let values: u64 = written.iter().map(|file| file.values).sum();
    let bytes: u64 = written.iter().map(|file| file.bytes).sum();
    println!(
        "{format}: {values} values, {bytes} bytes in {seconds:.2} s: {:.1} M values/s, {:.0} MB/s",
        values as f64 / seconds / 1e6,
        bytes as f64 / seconds / 1e6
    );
    Ok(())
}
