//! REDCap projects as their users have them: read, translated, written again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "redcap/logic.rs"]
mod logic;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use formats::{
    Severity,
    export::{ExportOptions, RecordOut, Scratch, Sink, StudyOut, SubjectOut, exporter},
    redcap::{
        Dictionary, FlatRow, Layout, Participant, PlanOptions, PlannedValue, RecordValues,
        Selection, ValueAt, is_project, read_project, read_project_rows, to_study,
    },
};
use kernel::{
    Datum,
    casebook::{FormRecord, RecordRef, Row, RowKey},
    study::{Design, faults},
};

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/redcap")).join(name)
}

fn dictionary(name: &str) -> Dictionary {
    let opened = fs::File::open(file(name).join("dictionary.csv")).unwrap();
    Dictionary::read_csv(opened, name).unwrap()
}

fn project(name: &str) -> Dictionary {
    let opened = BufReader::new(fs::File::open(file(name)).unwrap());
    read_project(opened, name).unwrap()
}

fn layout(dictionary: &Dictionary) -> Layout {
    let mut design = to_study(dictionary, "dictionary", "S");
    let version = design.versions.remove(0).version;
    let design = Design::new(Arc::new(version));
    assert_eq!(faults(&design), [], "the study can be published");
    Layout::of(&design)
}

#[test]
fn a_dictionary_comes_out_as_it_went_in() {
    for name in ["simple", "longitudinal", "vignette-repeating"] {
        let read = dictionary(name);
        let written = layout(&read).dictionary;
        for (before, after) in read.fields.iter().zip(&written.fields) {
            assert!(before.columns().eq(after.columns()), "{name}: {before:?}\n{after:?}");
        }
        assert_eq!(read.fields.len(), written.fields.len(), "{name}");
        let again = Dictionary::read_csv(&*written.write_csv(true), name).unwrap();
        assert_eq!(again.fields.len(), read.fields.len());
    }
}

#[test]
fn a_project_file_has_the_same_fields_as_its_dictionary_and_its_schedule() {
    let long = project("test_long_project.xml");
    assert_eq!((long.arms.len(), long.events.len(), long.mappings.len()), (2, 16, 44));
    assert_eq!(long.forms().len(), 9);
    let repeats = ("enrollment_arm_1".to_owned(), Some("baseline_data".to_owned()));
    assert_eq!(long.repeating, [repeats]);
    assert_eq!(long.record_id(), "study_id");
    let again = layout(&long).dictionary;
    assert_eq!(again.events, long.events);
    assert_eq!(again.arms, long.arms);
    assert_eq!(again.mappings, long.mappings);
    let simple = project("test_simple_project.xml");
    assert_eq!((simple.fields.len(), simple.events.len()), (15, 0));
    assert_eq!(simple.groups, ["Test DAG"]);
    let bytes = fs::read(file("test_simple_project.xml")).unwrap();
    assert!(is_project(&bytes[..2000]));
}

#[test]
fn logic_is_translated_and_what_is_not_is_listed_with_its_line() {
    let design = to_study(&dictionary("longitudinal"), "longitudinal.csv", "S");
    let version = &design.versions[0].version;
    let condition = version.conditions.iter().find(|c| c.oid.as_str() == "BL.num_children");
    let text = &condition.unwrap().expressions[0].text;
    assert!(text.contains("sex == \"0\"") && text.contains("given_birth == \"1\""), "{text}");
    let bmi = version.methods.iter().find(|m| m.oid.as_str() == "CALC.bmi").unwrap();
    let expected = "round_half_up(((weight * 10000) / (height * height)), 1)";
    assert_eq!(bmi.expressions[0].text, expected);
    let simple = project("test_simple_project.xml");
    let design = to_study(&simple, "simple.xml", "S");
    let about = |field: &str| {
        let field = format!("field {field}");
        design.warnings.iter().find(|f| f.about == field && f.severity == Severity::Warning)
    };
    let age = about("age").unwrap();
    assert!(age.text.contains("changes by itself") && age.line.is_some(), "{age}");
    assert!(design.versions[0].version.items.iter().any(|item| item.oid.as_str() == "age"));
}

/// What was saved of a row, as it would be stored.
fn stored(layout: &Layout, row: &FlatRow) -> Vec<RecordValues> {
    let saves = layout.plan(row, PlanOptions::default()).unwrap_or_else(|why| panic!("{why:?}"));
    let stored = saves.into_iter().map(|save| RecordValues {
        event: save.event.to_string(),
        event_repeat: save.event_repeat,
        form: save.form.to_string(),
        form_repeat: save.form_repeat,
        complete: save.complete == Some(true),
        values: save
            .entries
            .into_iter()
            .filter_map(|entry| {
                let datum = match entry.given {
                    PlannedValue::Text(text) => Datum::value(text),
                    PlannedValue::Missing(reason) => Datum::Missing(reason),
                    PlannedValue::Clear => return None,
                };
                Some(ValueAt {
                    group: entry.group.to_string(),
                    group_repeat: entry.group_repeat,
                    item: entry.item.to_string(),
                    datum,
                })
            })
            .collect(),
    });
    stored.collect()
}

fn rows_of(name: &str, record_id: &str) -> Vec<FlatRow> {
    let text = fs::read(file(name).join("data.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(&*text);
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |(at, record): (usize, csv::StringRecord)| {
        let cells = columns.iter().cloned().zip(record.iter().map(str::to_owned));
        FlatRow::of_columns(at as u64 + 1, 0, record_id, cells)
    };
    reader.records().map(Result::unwrap).enumerate().map(row).collect()
}

#[test]
fn repeating_records_come_out_as_they_went_in() {
    let mut dictionary = dictionary("vignette-repeating");
    for form in ["blood_pressure", "laboratory", "image"] {
        dictionary.repeating.push(("event_1_arm_1".to_owned(), Some(form.to_owned())));
    }
    let layout = layout(&dictionary);
    let rows = rows_of("vignette-repeating", "record_id");
    let mut people: Vec<Participant> = Vec::new();
    for row in &rows {
        let row = FlatRow {
            values: row
                .values
                .iter()
                .filter(|(name, _)| name != "image_profile")
                .cloned()
                .collect(),
            ..row.clone()
        };
        if people.last().is_none_or(|one| one.key != row.record) {
            people.push(Participant { key: row.record.clone(), ..Participant::default() });
        }
        people.last_mut().unwrap().records.extend(stored(&layout, &row));
    }
    let selection = Selection::default();
    let columns = layout.columns(&selection);
    let written = people.iter().flat_map(|one| {
        let rows = layout.rows(one).into_iter();
        let (layout, columns, selection) = (&layout, &columns, &selection);
        rows.map(move |row| {
            let cell = |column| layout.cell(selection, (&one.key, ""), &row, column);
            columns.iter().map(|column| cell(*column)).collect::<Vec<_>>().join(",")
        })
    });
    let written: Vec<String> = written.collect();
    let expected: Vec<String> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![row.record.clone(), row.instrument.clone(), row.instance.clone()];
            let kept = row.values.iter().filter(|(name, _)| name != "image_profile");
            // The status "unverified" is told apart from "incomplete" by nobody here.
            let status = |name: &str, text: &str| {
                if name.ends_with("_complete") && text == "1" {
                    "0".to_owned()
                } else {
                    text.to_owned()
                }
            };
            cells.extend(kept.map(|(name, text)| status(name, text)));
            cells.join(",")
        })
        .collect();
    assert_eq!(written, expected);
}

#[test]
fn longitudinal_records_are_read_with_choices_dates_and_events() {
    let mut dictionary = dictionary("longitudinal");
    for table in ["arm.csv", "event.csv"] {
        let opened = fs::File::open(file("longitudinal").join(table)).unwrap();
        dictionary.read_schedule(opened, table).unwrap();
    }
    let forms: Vec<String> = dictionary.forms().into_iter().map(str::to_owned).collect();
    for event in dictionary.events.clone() {
        let mappings = forms.iter().map(|form| (event.unique_name.clone(), form.clone()));
        dictionary.mappings.extend(mappings);
    }
    let layout = layout(&dictionary);
    let rows = rows_of("longitudinal", "study_id");
    let values: usize =
        rows.iter().flat_map(|row| stored(&layout, row)).map(|r| r.values.len()).sum();
    // As many as the file has cells with a value that is collected here.
    assert_eq!(values, 356);
    let unknown = FlatRow {
        record: "1".to_owned(),
        event: rows[0].event.clone(),
        values: vec![
            ("no_such".to_owned(), "1".to_owned()),
            ("gym___0".to_owned(), "x".to_owned()),
        ],
        ..FlatRow::default()
    };
    let faults = layout.plan(&unknown, PlanOptions::default()).unwrap_err();
    let columns: Vec<&str> = faults.iter().map(|fault| fault.column.as_str()).collect();
    assert_eq!(columns, ["no_such", "gym___0"]);
}

#[test]
fn the_records_of_a_project_file_can_be_planned() {
    let layout = layout(&project("test_simple_project.xml"));
    let opened = BufReader::new(fs::File::open(file("test_simple_project.xml")).unwrap());
    let mut records = Vec::new();
    read_project_rows(opened, "simple", &mut |rows| {
        for row in rows {
            let columns = row.values.clone().into_iter();
            let mut clean = FlatRow::of_columns(row.number, row.line, "record_id", columns);
            (clean.record, clean.event) = (row.record.clone(), row.event.clone());
            records.push((row.record, stored(&layout, &clean)));
        }
        Ok(())
    })
    .unwrap();
    let keys: Vec<&str> = records.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["1", "2", "3"]);
}

#[test]
fn what_is_no_dictionary_is_refused_with_its_line() {
    let refused = |text: &str| Dictionary::read_csv(text.as_bytes(), "d.csv").unwrap_err();
    let head = "field_name,form_name,field_type\n";
    assert_eq!(refused(&format!("{head}a,f,text\nB C,f,text\n")).line, 3);
    assert_eq!(refused(&format!("{head}a,f,text\na,f,text\n")).line, 3);
    assert!(refused("field_name,form_name\na,f\n").what.contains("Field Type"));
    assert!(
        refused("field_name,form_name,field_type,colour\na,f,text,red\n").what.contains("colour")
    );
}

#[test]
fn a_study_that_was_never_in_redcap_has_a_dictionary_with_a_column_for_every_item() {
    let crf = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../demo/crf.odm.xml");
    let opened = BufReader::new(fs::File::open(crf).unwrap());
    let mut imported = formats::odm::read_metadata(opened, "crf.odm.xml").unwrap();
    let design = Design::new(Arc::new(imported.versions.remove(0).version));
    let layout = Layout::of(&design);
    layout.dictionary.check("demo").unwrap();
    let mut columns = 0;
    for form in &design.version().forms {
        for (group, item) in design.shape(&form.oid).unwrap().items() {
            let at = layout.variable_of(group.oid.as_str(), item.oid.as_str());
            let variable = &layout.variables[at.unwrap_or_else(|| panic!("{}", item.oid))];
            let instrument = &layout.instruments[variable.instrument];
            assert_eq!(instrument.group.is_some(), group.repeats, "{}", item.oid);
            columns += 1;
        }
    }
    assert!(columns > 100 && layout.variables.len() >= columns);
    let again = Dictionary::read_csv(&*layout.dictionary.write_csv(true), "demo").unwrap();
    assert_eq!(again.fields.len(), layout.dictionary.fields.len());
}

/// Keeps the files of an export in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

struct MemoryFile(String, Memory);

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.0.lock().unwrap().entry(self.0.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink for Memory {
    fn create(&mut self, name: &str) -> std::io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(MemoryFile(name.to_owned(), self.clone())))
    }

    fn scratch(&mut self) -> std::io::Result<Box<dyn Scratch>> {
        Ok(Box::new(std::io::Cursor::new(Vec::new())))
    }
}

#[test]
fn an_export_has_flat_records_the_dictionary_and_what_has_no_column() {
    let mut made = to_study(&dictionary("simple"), "dictionary", "S");
    let design = Design::new(Arc::new(made.versions.remove(0).version));
    let row = |items: &[(&str, &str)]| Row {
        removed: false,
        items: items.iter().map(|(item, text)| ((*item).into(), Datum::value(*text))).collect(),
    };
    let mut record = FormRecord { complete: true, ..FormRecord::default() };
    let key = |group: &str| RowKey { group: group.into(), repeat: "1".into() };
    record.rows.insert(key("health.height"), row(&[("height", "170"), ("weight", "70")]));
    record.rows.insert(key("of.old"), row(&[("gone", "x")]));
    let bytes = record.to_bytes();
    let mut memory = Memory::default();
    let mut exporter = exporter("redcap", &ExportOptions::default()).unwrap();
    let study = StudyOut {
        design: &design,
        published: &design,
        version_hash: "5f1e",
        as_of: None,
        created_at: "2026-01-02T00:00:00.000Z",
        source_version: "0.1.0",
        sites: &[],
        users: &[],
        meanings: &[],
        is_locked: false,
    };
    exporter.begin(&study, &mut memory).unwrap();
    let subject = SubjectOut { key: "7", site: "01", ..SubjectOut::default() };
    exporter.subject(&subject).unwrap();
    exporter
        .record(&RecordOut {
            subject: &subject,
            event: "event_1_arm_1",
            event_repeat: "1",
            form: "health",
            form_repeat: "1",
            record: &RecordRef::decode(&bytes).unwrap(),
            trail: &[],
            queries: &[],
            signature: None,
        })
        .unwrap();
    let written = exporter.finish(&mut memory).unwrap();
    let counts: Vec<_> =
        written.iter().map(|file| (file.name.as_str(), file.rows, file.values)).collect();
    let expected = [("records.csv", 1, 2), ("other_values.csv", 1, 1), ("dictionary.csv", 16, 0)];
    assert_eq!(counts, expected);
    let text = |name: &str| String::from_utf8(memory.0.lock().unwrap()[name].clone()).unwrap();
    let records = text("records.csv");
    let line = records.lines().nth(1).unwrap();
    assert!(line.starts_with("7,01,") && line.contains(",170,70,,,2,"), "{records}");
    let other = text("other_values.csv");
    assert!(other.ends_with("7,event_1_arm_1,1,health,1,of.old,1,gone,x\n"), "{other}");
}
