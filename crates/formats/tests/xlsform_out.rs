//! Forms as XLSForms: what goes out comes in again, decides alike, and is taken by pyxform.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "xlsform_out/laws.rs"]
mod laws;
mod python;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use formats::{
    DefinitionFile, Severity, read_definition,
    xlsform::{FormFile, FormOut, Sheets, archive, of_form, to_study},
};
use kernel::{
    DataType, FormOid, StudyVersion, Texts,
    study::{Design, EditCheck, diff, faults},
};
use python::{python, run};
use serde_json::json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn design_of(paths: &[&str]) -> Design {
    let read: Vec<(&str, Vec<u8>)> =
        paths.iter().map(|path| (*path, fs::read(root().join(path)).unwrap())).collect();
    let files: Vec<DefinitionFile<'_>> =
        read.iter().map(|(name, content)| DefinitionFile { name, content }).collect();
    Design::new(Arc::new(read_definition(&files, Some("S")).unwrap().version))
}

fn demonstration() -> Design {
    design_of(&["demo/data/usdm/CDISC_Pilot_Study.json", "demo/crf.odm.xml", "demo/rules.toml"])
}

fn written(design: &Design, form: &FormOid) -> FormOut {
    of_form(design, form).unwrap()
}

/// Reads the form back from both kinds of file, which must say the same.
fn back(out: &FormOut) -> StudyVersion {
    let csv = out.sheets.write(FormFile::Csv).unwrap();
    let workbook = out.sheets.write(FormFile::Workbook).unwrap();
    let from_csv = to_study(&Sheets::read_csv(csv.as_slice(), "form").unwrap(), "S");
    let from_workbook = to_study(&Sheets::read_workbook(workbook.as_slice(), "form").unwrap(), "S");
    assert_eq!(from_csv.versions[0].version, from_workbook.versions[0].version);
    from_workbook.versions.into_iter().next().unwrap().version
}

#[test]
fn a_form_that_was_an_xlsform_comes_back_as_it_was() {
    for name in
        ["xl_date_ambiguous", "text_and_integer", "UCL_Biomass_Plot_Form", "choice_filter_test"]
    {
        let design = design_of(&[&format!("crates/formats/tests/data/xlsform/{name}.xlsx")]);
        let before = design.version();
        let again = back(&written(&design, &before.forms[0].oid));
        let (mut again, mut expected) = (again, before.clone());
        // What stands in no group goes last.
        for version in [&mut again, &mut expected] {
            version.items.sort_by(|one, other| one.oid.cmp(&other.oid));
            version.code_lists.sort_by(|one, other| one.oid.cmp(&other.oid));
            version.conditions.sort_by(|one, other| one.oid.cmp(&other.oid));
            version.methods.sort_by(|one, other| one.oid.cmp(&other.oid));
            version.checks.sort_by(|one, other| one.oid.cmp(&other.oid));
        }
        let checks_before = expected.checks.clone();
        // The words of a constraint are ours; what it decides is held by a law. A list that no item uses
        // goes out with nothing, and a question must have a label: its name.
        expected.checks = again.checks.clone();
        expected.code_lists.retain(|list| {
            before.items.iter().any(|item| item.code_list.as_ref() == Some(&list.oid))
        });
        for (item, after) in expected.items.iter_mut().zip(&again.items) {
            if item.question.is_empty() {
                assert!(after.question.0.values().all(|label| *label == item.name), "{}", item.oid);
                item.question = after.question.clone();
            }
        }
        assert_eq!(diff(&expected, &again), [], "{name}");
        assert_eq!(again, expected, "{name}");
        let checked = |checks: &[EditCheck]| -> Vec<_> {
            let checks = checks.iter();
            checks.map(|one| (one.oid.clone(), one.item.clone(), one.message.clone())).collect()
        };
        assert_eq!(checked(&again.checks), checked(&checks_before), "{name}");
    }
}

#[test]
fn every_form_of_the_demonstration_comes_back_with_its_questions() {
    let design = demonstration();
    let version = design.version();
    assert!(version.forms.len() > 10, "{} forms", version.forms.len());
    for form in &version.forms {
        let again = Design::new(Arc::new(back(&written(&design, &form.oid))));
        assert_eq!(faults(&again), [], "{}", form.oid);
        let (before, after) = (design.shape(&form.oid).unwrap(), again.shape(&form.oid).unwrap());
        assert_eq!(before.groups.len(), after.groups.len(), "{}", form.oid);
        for (before, after) in before.groups.iter().zip(&after.groups) {
            assert_eq!(
                (&before.oid, before.repeats, before.exception.is_some(), before.items.len()),
                (&after.oid, after.repeats, after.exception.is_some(), after.items.len()),
                "{}",
                form.oid
            );
            for (before, after) in before.items.iter().zip(&after.items) {
                assert_eq!(
                    (&before.oid, &before.name, before.data_type, before.mandatory),
                    (&after.oid, &after.name, after.data_type, after.mandatory)
                );
                let (old, new) =
                    (design.item(&before.oid).unwrap(), again.item(&after.oid).unwrap());
                if !old.question.is_empty() {
                    assert_eq!(old.question, new.question, "{}", old.oid);
                }
                assert_eq!(before.codes, after.codes, "{}", old.oid);
                let lists = [old.code_list.as_ref(), new.code_list.as_ref()];
                let [Some(one), Some(other)] = lists else { continue };
                let decodes = |design: &Design, oid| -> Vec<Texts> {
                    let items = &design.code_list(oid).unwrap().items;
                    items.iter().map(|item| item.decode.clone()).collect()
                };
                assert_eq!(decodes(&design, one), decodes(&again, other), "{}", old.oid);
            }
        }
    }
}

#[test]
fn what_a_form_cannot_say_is_listed() {
    let design = demonstration();
    let (bytes, findings) = archive(&design, FormFile::Workbook).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(zip.len(), design.version().forms.len() + 1);
    let mut listed = String::new();
    let mut list = zip.by_name("not_said.csv").unwrap();
    std::io::Read::read_to_string(&mut list, &mut listed).unwrap();
    assert_eq!(listed.lines().count(), findings.len() + 1);
    let has = |about: &str, part: &str| {
        findings.iter().any(|found| found.about.contains(about) && found.text.contains(part))
    };
    assert!(has("study", "arms"), "{listed}");
    // Every check is in a form, or is listed with the reason.
    let version = design.version();
    for check in &version.checks {
        let out = written(&design, &check.form);
        let is_listed = out.findings.iter().any(|one| one.text.contains(check.oid.as_str()));
        let again = back(&out);
        let is_made = again.checks.iter().any(|one| one.item == check.item);
        assert!(is_listed || is_made, "{}", check.oid);
    }
    let warned = findings.iter().filter(|one| one.severity == Severity::Warning).count();
    println!("{} findings, {warned} of them warnings", findings.len());
}

/// What pyxform must find in a form, from the design and not from what was written.
fn expected(design: &Design, form: &FormOid, out: &FormOut) -> serde_json::Value {
    let mut types = BTreeMap::new();
    let (mut required, mut oids) = (0, 0);
    let shape = design.shape(form).unwrap();
    for (_, item) in shape.items() {
        let def = design.item(&item.oid).unwrap();
        let is_choice = item.codes.is_some() || def.data_type == DataType::Boolean;
        let kind = match def.data_type {
            _ if is_choice => "string",
            DataType::Integer => "int",
            DataType::Float | DataType::Double | DataType::Decimal => "decimal",
            DataType::Date => "date",
            DataType::Time => "time",
            DataType::Datetime => "dateTime",
            DataType::File => "binary",
            _ => "string",
        };
        assert!(types.insert(def.name.clone(), kind).is_none(), "{} is there twice", def.name);
        required += usize::from(item.mandatory);
        oids += usize::from(def.oid.as_str() != def.name);
    }
    let again = back(out);
    let conditional =
        again.checks.iter().filter(|one| one.oid.as_str().starts_with("REQ.")).count();
    let languages: std::collections::BTreeSet<&str> = shape
        .items()
        .flat_map(|(_, item)| design.item(&item.oid).unwrap().question.0.keys())
        .map(|tag| if tag == "en" { "English (en)" } else { tag.as_str() })
        .collect();
    json!({
        "types": types,
        "counts": { "required": required + conditional },
        "oids": oids,
        "languages": languages,
    })
}

#[test]
fn pyxform_takes_every_form_of_the_demonstration() {
    let design = demonstration();
    let folder = tempfile::tempdir().unwrap();
    let mut all = serde_json::Map::new();
    for form in &design.version().forms {
        let out = written(&design, &form.oid);
        for file in [FormFile::Workbook, FormFile::Csv] {
            let name = format!("{}.{}", form.oid, file.extension());
            fs::write(folder.path().join(name), out.sheets.write(file).unwrap()).unwrap();
        }
        all.insert(form.oid.to_string(), expected(&design, &form.oid, &out));
    }
    let all = serde_json::Value::Object(all).to_string();
    fs::write(folder.path().join("expected.json"), all).unwrap();
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/xlsform_out/check.py");
    run(Command::new(python("xlsform_out")).arg(check).arg(folder.path()));
}
