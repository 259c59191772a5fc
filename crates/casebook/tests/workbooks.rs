//! Excel workbooks at the command line: data in, and forms in and out.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const STUDY: &str = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="f" CreationDateTime="2026-01-01T00:00:00Z"><Study OID="TABLES"><GlobalVariables><StudyName>Tables</StudyName><StudyDescription>d</StudyDescription><ProtocolName>P</ProtocolName></GlobalVariables><MetaDataVersion OID="V1" Name="v1">
<Protocol><StudyEventRef StudyEventOID="SE.1" OrderNumber="1" Mandatory="Yes"/></Protocol>
<StudyEventDef OID="SE.1" Name="Visit" Repeating="No" Type="Scheduled"><FormRef FormOID="F.VS" Mandatory="Yes"/></StudyEventDef>
<FormDef OID="F.VS" Name="Vital signs" Repeating="No"><ItemGroupRef ItemGroupOID="IG.VS" Mandatory="Yes"/></FormDef>
<ItemGroupDef OID="IG.VS" Name="VS" Repeating="No"><ItemRef ItemOID="I.DAT" Mandatory="Yes"/><ItemRef ItemOID="I.WEIGHT" Mandatory="No"/><ItemRef ItemOID="I.SEX" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="I.DAT" Name="DAT" DataType="date"><Question><TranslatedText xml:lang="en">Date</TranslatedText></Question></ItemDef>
<ItemDef OID="I.WEIGHT" Name="WEIGHT" DataType="float" Length="5" SignificantDigits="1"><Question><TranslatedText xml:lang="en">Weight</TranslatedText></Question></ItemDef>
<ItemDef OID="I.SEX" Name="SEX" DataType="text"><Question><TranslatedText xml:lang="en">Sex</TranslatedText></Question><CodeListRef CodeListOID="CL.SEX"/></ItemDef>
<CodeList OID="CL.SEX" Name="Sex" DataType="text"><CodeListItem CodedValue="F"><Decode><TranslatedText xml:lang="en">Female</TranslatedText></Decode></CodeListItem><CodeListItem CodedValue="M"><Decode><TranslatedText xml:lang="en">Male</TranslatedText></Decode></CodeListItem></CodeList>
</MetaDataVersion></Study><AdminData><Location OID="01" Name="Site" LocationType="Site"><MetaDataVersionRef StudyOID="TABLES" MetaDataVersionOID="V1" EffectiveDate="2026-01-01"/></Location></AdminData></ODM>"#;

const SUBJECTS: &str = r#"
creates = "subjects"
study = { value = "TABLES" }
sheet = "Visits"
subject = { column = "SUBJECT" }
site = { value = "01" }
[unused]
DATE = "loaded by visits.toml"
WEIGHT = "loaded by visits.toml"
SEX = "loaded by visits.toml"
"#;

const VISITS: &str = r#"
study = { value = "TABLES" }
sheet = "Visits"
subject = { column = "SUBJECT" }
event = { value = "SE.1" }
form = { value = "F.VS" }
group = "IG.VS"
item = [
  { column = "DATE", item = "I.DAT" },
  { column = "WEIGHT", item = "I.WEIGHT" },
  { column = "SEX", item = "I.SEX", decode = "en" },
]
"#;

/// A folder with the records of a study, and files beside them.
struct Trial(tempfile::TempDir);

impl Trial {
    fn new() -> Self {
        let trial = Self(tempfile::tempdir().unwrap());
        trial.file("study.xml", STUDY.as_bytes());
        trial.succeed(&["study", "import", "study.xml", "--publish"]);
        trial
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_casebook"));
        command.args(words).args(["--data", "data"]).current_dir(self.0.path());
        command.output().unwrap()
    }

    fn succeed(&self, words: &[&str]) -> Vec<u8> {
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{words:?}: {told}{said}");
        output.stdout
    }

    fn import(&self, mapping: &str) -> serde_json::Value {
        let words = ["import", "table.xlsx", "--study", "TABLES", "--mapping", mapping, "--json"];
        serde_json::from_slice(&self.succeed(&words)).unwrap()
    }
}

/// What a data manager sends: a sheet to read first, and one with rows under a heading.
fn table(weight_of_second: f64) -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Read me").unwrap().write(0, 0, "Ask Ann").unwrap();
    let sheet = book.add_worksheet().set_name("Visits").unwrap();
    sheet.write_row(1, 0, ["SUBJECT", "DATE", "WEIGHT", "SEX"]).unwrap();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (row, (subject, (month, date), weight, sex)) in (2..)
        .zip([("01-001", (2, 29), 70.5, "Female"), ("01-002", (3, 1), weight_of_second, "Male")])
    {
        let date = ExcelDateTime::from_ymd(2024, month, date).unwrap();
        sheet.write(row, 0, subject).unwrap();
        sheet.write_with_format(row, 1, &date, &day).unwrap();
        sheet.write(row, 2, weight).unwrap();
        sheet.write(row, 3, sex).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_with_data_is_imported_and_exported_again() {
    let trial = Trial::new();
    trial.file("table.xlsx", &table(81.0));
    trial.file("subjects.toml", SUBJECTS.as_bytes());
    trial.file("visits.toml", VISITS.as_bytes());
    assert_eq!(trial.import("subjects.toml")["accepted"], 2);
    let report = trial.import("visits.toml");
    assert_eq!((&report["accepted"], &report["values"]), (&2.into(), &6.into()), "{report}");
    assert_eq!(trial.import("visits.toml")["unchanged"], 2, "a second time changes nothing");

    trial.succeed(&["export", "--study", "TABLES", "--format", "csv", "--out", "out"]);
    let mut rows = csv::Reader::from_path(trial.path("out/F.VS.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = rows.deserialize().map(Result::unwrap).collect();
    let values: Vec<[&str; 4]> = rows
        .iter()
        .map(|row| ["subject", "DAT", "WEIGHT", "SEX"].map(|column| row[column].as_str()))
        .collect();
    assert_eq!(
        values,
        [["01-001", "2024-02-29", "70.5", "F"], ["01-002", "2024-03-01", "81", "M"]]
    );
    trial.succeed(&["verify"]);
}

#[test]
fn a_bad_cell_of_a_workbook_is_named_and_nothing_is_written() {
    let trial = Trial::new();
    trial.file("table.xlsx", &table(81.25));
    trial.file("subjects.toml", SUBJECTS.as_bytes());
    trial.file("visits.toml", VISITS.as_bytes());
    trial.import("subjects.toml");
    let words = ["import", "table.xlsx", "--study", "TABLES", "--mapping", "visits.toml"];
    let output = trial.run(&words);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("81.25") && said.contains("nothing was written"), "{said}");
    trial.file("visits.toml", VISITS.replace("sheet = \"Visits\"", "sheet = \"Labs\"").as_bytes());
    let output = trial.run(&words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no sheet 'Labs'") && said.contains("'Read me', 'Visits'"), "{said}");
}

#[test]
fn a_mapping_is_suggested_for_a_sheet() {
    let trial = Trial::new();
    trial.file("table.xlsx", &table(81.0));
    let words = ["import", "table.xlsx", "--study", "TABLES", "--suggest"];
    let output = trial.run(&words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("2 sheets"), "{said}");
    let suggested = trial.succeed(&[&words[..], &["--sheet", "Visits"]].concat());
    let suggested = String::from_utf8(suggested).unwrap();
    for part in ["sheet = \"Visits\"", "I.WEIGHT", "I.SEX"] {
        assert!(suggested.contains(part), "{suggested}");
    }
}

#[test]
fn a_form_goes_out_as_an_xlsform_and_comes_in_again() {
    let trial = Trial::new();
    for (format, name) in [("xlsform", "form.xlsx"), ("xlsform-csv", "form.csv")] {
        let words = ["study", "show", "--study", "TABLES", "--format", format, "--form", "F.VS"];
        trial.file(name, &trial.succeed(&words));
        let told = trial.succeed(&["study", "diff", "--study", "TABLES", "latest", name]);
        let told = String::from_utf8(told).unwrap();
        let about: Vec<&str> = told.lines().filter(|line| line.contains("ItemDef")).collect();
        assert_eq!(about, [""; 0], "an item is another: {told}");
    }
    let archive = trial.succeed(&["study", "show", "--study", "TABLES", "--format", "xlsform"]);
    assert!(archive.starts_with(b"PK"), "all forms are a ZIP archive");
    let words = ["study", "show", "--study", "TABLES", "--format", "odm", "--form", "F.VS"];
    assert!(!trial.run(&words).status.success());
    let words = ["study", "show", "--study", "TABLES", "--format", "xlsform", "--form", "F.X"];
    let said = trial.run(&words).stderr;
    assert!(String::from_utf8_lossy(&said).contains("no form F.X"));
}

#[test]
fn a_form_of_openclinica_is_told_apart_by_its_sheets() {
    let trial = Trial::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data/openclinica");
    for name in ["vital_signs.xls", "vital_signs.xlsx"] {
        fs::copy(data.join(name), trial.path(name)).unwrap();
        let told = trial.succeed(&["study", "import", name, "--study", "VITALS", "--publish"]);
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains("VITALS: 1 events, 1 forms"), "{told}");
        assert!(told.contains("Items, VALIDATION (V8)"), "what is not said is listed: {told}");
    }
}

#[test]
fn reference_ranges_are_loaded_listed_and_laid_anew() {
    let trial = Trial::new();
    let table = "LABORATORY,TEST,UNIT,SEX,LOW,HIGH\nCENTRAL,GLUC,mmol/L,F,3.9,5.5\n";
    trial.file("ranges.csv", table.as_bytes());
    let study = ["--study", "TABLES"];
    let told =
        |words: &[&str]| String::from_utf8(trial.succeed(&[words, &study].concat())).unwrap();
    let loaded = told(&["ranges", "import", "ranges.csv", "--reason", "central laboratory"]);
    assert!(loaded.contains("1 range loaded"), "{loaded}");
    let listed = told(&["ranges", "list"]);
    assert!(listed.contains("central laboratory") && listed.contains("GLUC,mmol/L,F"), "{listed}");
    for dry_run in [&["--dry-run"][..], &[]] {
        let words = [&["ranges", "recompute", "--reason", "first ranges"], dry_run].concat();
        told(&words);
    }

    trial.file("ranges.csv", table.replace("3.9,5.5", "5.5,3.9").as_bytes());
    let refused = trial.run(&["ranges", "import", "ranges.csv", "--study", "TABLES"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("ranges.csv:2:HIGH"), "{said}");
    assert!(told(&["ranges", "list"]).contains("3.9,5.5"), "the ranges of before are there");
}
