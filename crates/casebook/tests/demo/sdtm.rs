//! The SDTM datasets of the trial, made by its mapping, beside those that were published.
//!
//! Rows are matched by what identifies them in the trial, not by their numbers; then every variable of
//! every row is compared. `demo/expected/sdtm.toml` lists each variable that differs, how often, and
//! why: one difference more or less is a failure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use formats::{table::TextEncoding, xpt::XptReader};
use quick_xml::events::Event;
use serde::Deserialize;

use super::trial::{TRIAL, demo};

/// What identifies a row, and by what rows are told apart that are equal in it.
const DATASETS: [(&str, &[&str], &str); 5] = [
    ("DM", &["USUBJID"], "USUBJID"),
    ("AE", &["USUBJID", "AETERM", "AEDTC", "AESEV"], "AESTDTC"),
    ("VS", &["USUBJID", "VSTESTCD", "VISITNUM", "VSTPTNUM"], "VSDTC"),
    ("EX", &["USUBJID", "EXSTDTC"], "EXENDTC"),
    ("DS", &["USUBJID", "DSCAT", "DSSTDTC", "DSTERM"], "DSDTC"),
];

/// Stands for a variable in counts of rows that only one of the datasets has.
const ONLY_PUBLISHED: &str = "(only published)";
const ONLY_OURS: &str = "(only ours)";

type Counts = BTreeMap<(String, String), u64>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    difference: Vec<Difference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    dataset: String,
    variables: Vec<String>,
    rows: u64,
    reason: String,
}

/// A dataset: variables with their labels, and rows of texts.
struct Dataset {
    variables: Vec<(String, String)>,
    rows: Vec<BTreeMap<String, String>>,
}

fn read(bytes: Vec<u8>, name: &str) -> Dataset {
    let mut reader = XptReader::open(Cursor::new(bytes), name, TextEncoding::WINDOWS_1252).unwrap();
    let variables = reader.dataset().variables.iter();
    let variables: Vec<_> = variables.map(|v| (v.name.clone(), v.label.clone())).collect();
    let mut rows = Vec::new();
    while let Some(fields) = reader.next_row().unwrap() {
        let names = variables.iter().map(|(name, _)| name.clone());
        rows.push(names.zip(fields.into_iter().map(formats::xpt::Field::into_text)).collect());
    }
    Dataset { variables, rows }
}

fn published(name: &str) -> Dataset {
    let file = File::open(demo().join("data/sdtm/cdiscpilot_update2.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let member = format!("SDTM/{}.xpt", name.to_lowercase());
    let mut bytes = Vec::new();
    archive.by_name(&member).unwrap().read_to_end(&mut bytes).unwrap();
    read(bytes, name)
}

fn ours(folder: &str, name: &str) -> Dataset {
    let file = Path::new(folder).join(format!("{}.xpt", name.to_lowercase()));
    read(std::fs::read(file).unwrap(), name)
}

/// Rows by what identifies them, with a number for those that are equal in it.
fn by_key<'a>(
    dataset: &'a Dataset,
    keys: &[&str],
    then: &str,
) -> BTreeMap<(Vec<&'a str>, usize), &'a BTreeMap<String, String>> {
    let mut rows: Vec<_> = dataset.rows.iter().collect();
    rows.sort_by_key(|row| &row[then]);
    let mut seen: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    let mut all = BTreeMap::new();
    for row in rows {
        let key: Vec<&str> = keys.iter().map(|name| row[*name].as_str()).collect();
        let number = seen.entry(key.clone()).or_default();
        *number += 1;
        all.insert((key, *number), row);
    }
    all
}

/// How many rows differ, by variable.
fn compare(name: &str, published: &Dataset, ours: &Dataset, keys: &[&str], then: &str) -> Counts {
    let (theirs, ours) = (by_key(published, keys, then), by_key(ours, keys, then));
    let mut counts = Counts::new();
    let mut count = |variable: &str| {
        *counts.entry((name.to_owned(), variable.to_owned())).or_default() += 1;
    };
    for (key, row) in &theirs {
        let Some(own) = ours.get(key) else {
            count(ONLY_PUBLISHED);
            continue;
        };
        for (variable, text) in *row {
            if own.get(variable) != Some(text) {
                count(variable);
            }
        }
    }
    ours.keys().filter(|key| !theirs.contains_key(*key)).for_each(|_| count(ONLY_OURS));
    counts
}

#[test]
fn the_sdtm_datasets_are_the_published_ones_but_for_the_listed_differences() {
    let folder = TRIAL.path("sdtm");
    TRIAL.run(&["export"], &["--format", "sdtm-xpt", "--unblinded", "--out", &folder]);
    let mut found = Counts::new();
    for (name, keys, then) in DATASETS {
        let (theirs, ours) = (published(name), ours(&folder, name));
        assert_eq!(theirs.variables, ours.variables, "variables and labels of {name}");
        found.extend(compare(name, &theirs, &ours, keys, then));
    }
    let text = std::fs::read_to_string(demo().join("expected/sdtm.toml")).unwrap();
    let listed: Expected = toml::from_str(&text).unwrap();
    assert!(listed.difference.iter().all(|one| one.reason.len() > 20), "a reason is missing");
    let listed = listed.difference.iter().flat_map(|one| {
        let count = |variable: &String| ((one.dataset.clone(), variable.clone()), one.rows);
        one.variables.iter().map(count)
    });
    let listed: Vec<((String, String), u64)> = listed.collect();
    let each_once: BTreeSet<_> = listed.iter().map(|(variable, _)| variable).collect();
    assert_eq!(each_once.len(), listed.len(), "a variable is listed twice");
    assert_eq!(found, listed.into_iter().collect::<Counts>());
}

/// Class, structure and origins of the datasets by a definition.
#[derive(Default)]
struct Defined {
    classes: BTreeMap<String, String>,
    structures: BTreeMap<String, String>,
    /// By dataset and variable.
    origins: BTreeMap<String, String>,
    methods: BTreeSet<String>,
    references: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Reads Define-XML 2.0 or 2.1.
fn defined(text: &str) -> Defined {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut of, mut dataset, mut item) = (Defined::default(), String::new(), String::new());
    loop {
        let (tag, is_empty) = match reader.read_event().unwrap() {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::Eof => return of,
            _ => continue,
        };
        let attribute = |name: &str| {
            let found = tag.try_get_attribute(name).unwrap();
            found.map(|found| found.value.into_owned())
        };
        let mut refers = |to, name| {
            of.references.entry(to).or_default().extend(attribute(name));
        };
        match tag.name().as_ref() {
            "ItemGroupDef" => {
                dataset = attribute("Name").unwrap();
                of.structures.insert(dataset.clone(), attribute("def:Structure").unwrap());
                let class = attribute("def:Class");
                of.classes.extend(class.map(|class| (dataset.clone(), class)));
                refers("standard", "def:StandardOID");
            }
            "def:Class" => {
                of.classes.insert(dataset.clone(), attribute("Name").unwrap());
            }
            "ItemRef" => refers("method", "MethodOID"),
            "CodeListRef" => refers("list", "CodeListOID"),
            "ItemDef" => item = attribute("OID").unwrap().replacen("IT.", "", 1),
            "def:Origin" => {
                of.origins.insert(item.clone(), attribute("Type").unwrap());
            }
            "MethodDef" => {
                assert!(!is_empty, "a method says how");
                of.methods.extend(attribute("OID"));
                refers("defined method", "OID");
            }
            "CodeList" => refers("defined list", "OID"),
            "def:Standard" => refers("defined standard", "OID"),
            _ => {}
        }
    }
}

fn published_definition() -> String {
    let file = File::open(demo().join("data/sdtm/cdiscpilot_update2.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut text = String::new();
    archive.by_name("SDTM/define.xml").unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Variables whose origin is another one here than published: why, theirs, ours.
const OTHER_ORIGINS: [(&str, &str, &str, &[&str]); 8] = [
    (
        "the trial was loaded from forms that ask for what the published data derive",
        "Derived",
        "Collected",
        &["AE.AEACN", "AE.AEDTC", "DM.AGE", "DM.COUNTRY", "DM.ETHNIC", "DM.RFICDTC"],
    ),
    (
        "which arm a participant had is an item of the loaded forms",
        "Derived",
        "Collected",
        &["DM.ACTARM", "DM.ACTARMCD"],
    ),
    ("an identifier that nobody collected is blank", "Collected", "Assigned", &["AE.AESPID"]),
    (
        "which test it is, and in which unit, the mapping says of each item",
        "Collected",
        "Assigned",
        &["VS.VSORRESU", "VS.VSTEST", "VS.VSTESTCD"],
    ),
    (
        "an expression makes it of what was collected",
        "Collected",
        "Derived",
        &[
            "AE.AETERM",
            "DM.SUBJID",
            "DS.DSDECOD",
            "DS.DSDTC",
            "DS.DSTERM",
            "DS.VISIT",
            "DS.VISITNUM",
            "EX.VISIT",
            "EX.VISITNUM",
            "VS.VISIT",
            "VS.VISITNUM",
            "VS.VSLOC",
            "VS.VSSTAT",
        ],
    ),
    ("an expression chooses between two texts", "Assigned", "Derived", &["DS.DSCAT"]),
    (
        "it is known of the row, or the same in all of them",
        "Derived",
        "Assigned",
        &[
            "AE.USUBJID",
            "DM.USUBJID",
            "DS.USUBJID",
            "EX.EPOCH",
            "EX.USUBJID",
            "EX.VISITDY",
            "VS.USUBJID",
            "VS.VISITDY",
        ],
    ),
    (
        "the protocol gives the study its identifier",
        "Collected",
        "Protocol",
        &["AE.STUDYID", "DM.STUDYID", "DS.STUDYID", "EX.STUDYID", "VS.STUDYID"],
    ),
];

#[test]
fn the_definition_says_of_the_datasets_what_the_published_one_says() {
    let folder = TRIAL.path("sdtm-define");
    TRIAL.run(&["export"], &["--format", "sdtm-xpt", "--unblinded", "--out", &folder]);
    let text = std::fs::read_to_string(Path::new(&folder).join("define.xml")).unwrap();
    let (ours, theirs) = (defined(&text), defined(&published_definition()));
    assert!(text.contains(r#"Name="SDTMIG" Type="IG" Version="3.2""#));
    for (named, defined) in
        [("standard", "defined standard"), ("method", "defined method"), ("list", "defined list")]
    {
        assert_eq!(ours.references[named], ours.references[defined], "{named}");
    }
    let datasets: Vec<&String> = ours.classes.keys().collect();
    assert_eq!(datasets, ["AE", "DM", "DS", "EX", "VS"]);
    for dataset in datasets {
        assert_eq!(ours.classes[dataset], theirs.classes[dataset], "{dataset}");
        assert_eq!(ours.structures[dataset], theirs.structures[dataset], "{dataset}");
    }
    let words = |published: &str| match published {
        "CRF" | "eDT" => "Collected".to_owned(),
        other => other.to_owned(),
    };
    let differs = ours.origins.iter().filter_map(|(variable, origin)| {
        let published = words(theirs.origins.get(variable)?);
        (published != *origin).then_some((variable.as_str(), (published, origin.as_str())))
    });
    let differs: BTreeMap<_, _> = differs.collect();
    let listed = OTHER_ORIGINS.iter().flat_map(|(_, theirs, ours, variables)| {
        variables.iter().map(|variable| (*variable, ((*theirs).to_owned(), *ours)))
    });
    let listed: BTreeMap<_, _> = listed.collect();
    assert_eq!(differs, listed);
}

#[test]
fn sdtm_datasets_come_with_a_manifest_that_counts_their_rows() {
    for (format, file) in [("sdtm-csv", "VS.csv"), ("sdtm-dataset-json", "vs.json")] {
        let folder = TRIAL.path(format);
        TRIAL.run(&["export"], &["--format", format, "--unblinded", "--out", &folder]);
        let manifest = std::fs::read(Path::new(&folder).join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let files = manifest["files"].as_array().unwrap();
        let vs =
            files.iter().find(|one| one["name"] == file).unwrap_or_else(|| panic!("{files:?}"));
        assert_eq!(vs["rows"], 29_635, "{format}");
        assert_eq!(vs["sha256"].as_str().unwrap().len(), 64, "{format}");
    }
}

#[test]
fn what_reveals_the_arm_is_blank_in_sdtm_datasets_of_whoever_may_not_see_it() {
    let folder = TRIAL.path("sdtm-blinded");
    TRIAL.run(&["export"], &["--format", "sdtm-xpt", "--out", &folder]);
    let (dm, ex) = (ours(&folder, "DM"), ours(&folder, "EX"));
    assert_eq!((dm.rows.len(), ex.rows.len()), (306, 591));
    let blank = ["ARMCD", "ARM", "ACTARMCD", "ACTARM"];
    assert!(dm.rows.iter().all(|row| blank.iter().all(|name| row[*name].is_empty())));
    assert!(ex.rows.iter().all(|row| row["EXTRT"].is_empty() && row["EXDOSE"].is_empty()));
    assert!(dm.rows.iter().all(|row| !row["SEX"].is_empty()));
}

#[test]
fn a_choice_of_forms_is_refused_where_datasets_need_several() {
    let out = TRIAL.path("sdtm-forms");
    let options = ["--format", "sdtm-xpt", "--form", "F.DM", "--out", &out];
    let output = TRIAL.try_run(&["export"], &options);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("a choice of forms"));
}
