//! The mappings of the demonstration trial against its published data: every row is accounted for,
//! and the counts are those of an independent reading in Python (`demo/check_mappings.py`).

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use formats::{
    FormatError, Severity,
    mapping::{Given, Hold, Mapped, MappedRows, Mapping, check, check_columns, subjects_together},
    odm,
    table::{self, Table, TableFormat, TableOptions},
};
use kernel::{
    canonical,
    study::{Design, StudyVersion},
};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo")
}

fn design() -> Design {
    let file = File::open(demo().join("crf.odm.xml")).unwrap();
    let mut imported = odm::read_metadata(BufReader::new(file), "crf.odm.xml").unwrap();
    let version: StudyVersion = imported.versions.remove(0).version;
    Design::new(Arc::new(version))
}

fn dataset(name: &str) -> Vec<u8> {
    let file = File::open(demo().join("data/sdtm/cdiscpilot_update2.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("SDTM/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn xpt(name: &str) -> Result<Box<dyn Table + Send>, FormatError> {
    table::open(TableFormat::Xpt, Cursor::new(dataset(name)), name, TableOptions::default())
}

/// One line of `demo/plan.toml`.
struct Step {
    mapping: String,
    source: String,
}

fn steps() -> Vec<Step> {
    let plan: toml::Table = fs::read_to_string(demo().join("plan.toml")).unwrap().parse().unwrap();
    let text = |step: &toml::Value, key: &str| Some(step.get(key)?.as_str()?.to_owned());
    let steps = plan["import"].as_array().unwrap().iter();
    steps
        .map(|step| Step {
            mapping: text(step, "mapping").unwrap(),
            source: text(step, "file").or_else(|| text(step, "member")).unwrap(),
        })
        .collect()
}

impl Step {
    fn name(&self) -> String {
        Path::new(&self.mapping).file_stem().unwrap().to_str().unwrap().to_owned()
    }

    fn parse(&self) -> Mapping {
        let path = demo().join(&self.mapping);
        let text = fs::read_to_string(&path).unwrap();
        let beside = |name: &str| fs::read_to_string(path.with_file_name(name));
        Mapping::parse(&text, &self.mapping, &beside).unwrap()
    }

    fn table(&self) -> Box<dyn Table + Send> {
        if let Some(name) = self.source.strip_prefix("SDTM/") {
            return xpt(name).unwrap();
        }
        let file = File::open(demo().join(&self.source)).unwrap();
        let format = TableFormat::of_file(&self.source).unwrap();
        table::open(format, file, &self.source, TableOptions::default()).unwrap()
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    rows: u64,
    loaded: u64,
    skipped: u64,
    refused: u64,
    values: u64,
    missing: u64,
}

/// Loads one file and checks each value against its item.
fn load(step: &Step, design: &Design, hold: Hold) -> Counts {
    let mapping = step.parse();
    let mut mapped =
        MappedRows::open(&mapping, design, step.table(), &mut |name, _| xpt(name), hold).unwrap();
    let mut counts = Counts::default();
    let mut seen = HashSet::new();
    while let Some(next) = mapped.next().unwrap() {
        match next {
            Mapped::Record(record) => {
                counts.loaded += record.rows.len() as u64;
                for row in &record.rows {
                    assert!(seen.insert(row.number), "row {} twice", row.number);
                }
                for cell in &record.cells {
                    match &cell.given {
                        Given::Missing(_) => counts.missing += 1,
                        Given::Text(text) => {
                            counts.values += 1;
                            let item = design.item(&cell.key.item).unwrap();
                            canonical(item.data_type, text).unwrap();
                        }
                    }
                }
            }
            Mapped::Subject(subject) => {
                counts.loaded += 1;
                counts.values += subject.milestones.len() as u64;
                assert!(seen.insert(subject.row.number));
            }
            Mapped::Skipped { row, .. } => {
                counts.skipped += 1;
                assert!(seen.insert(row.number));
            }
            Mapped::Refused { row, reason } => {
                counts.refused += 1;
                assert!(seen.insert(row.number), "{reason}");
            }
        }
    }
    counts.rows = seen.len() as u64;
    counts
}

fn expected() -> BTreeMap<String, Counts> {
    let mut reader = csv::Reader::from_path(demo().join("expected/import.csv")).unwrap();
    let columns = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let field = |name: &str| {
            row[columns.iter().position(|column| column == name).unwrap()].parse().unwrap()
        };
        let counts = Counts {
            rows: field("rows"),
            loaded: field("loaded"),
            skipped: field("skipped"),
            refused: field("refused"),
            values: field("values"),
            missing: field("missing"),
        };
        (row[0].to_owned(), counts)
    });
    rows.collect()
}

#[test]
fn every_mapping_fits_the_study_and_its_file() {
    let design = design();
    for step in steps() {
        let mapping = step.parse();
        assert_eq!(check(&mapping, &design), [], "{}", step.mapping);
        let findings = check_columns(&mapping, step.table().columns());
        let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn every_row_is_loaded_skipped_or_refused_as_counted_elsewhere() {
    let (design, expected) = (design(), expected());
    for step in steps() {
        let together = subjects_together(&step.parse(), step.table().as_mut()).unwrap();
        let hold = if together { Hold::Subject } else { Hold::File };
        assert_eq!(load(&step, &design, hold), expected[&step.name()], "{}", step.mapping);
    }
}

#[test]
fn holding_a_subject_or_the_whole_file_loads_the_same() {
    let design = design();
    for name in ["ds", "qsmm", "vs"] {
        let step = steps().into_iter().find(|step| step.name() == name).unwrap();
        let whole = load(&step, &design, Hold::File);
        assert_eq!(load(&step, &design, Hold::Subject), whole, "{name}");
    }
}
