//! The demonstration trial as questionnaires, and back.

use std::collections::{BTreeMap, BTreeSet};

use kernel::study::{Comparator, ItemDef};
use serde_json::Value;

use super::{schema::Schema, *};
use crate::fhir::{questionnaires, read_questionnaires};

fn bundle(design: &Design) -> Value {
    serde_json::from_str(&questionnaires(design)).unwrap()
}

/// Every item, with those within it.
fn items<'v>(of: &'v Value, into: &mut Vec<&'v Value>) {
    for item in of["item"].as_array().into_iter().flatten() {
        into.push(item);
        items(item, into);
    }
}

#[test]
fn every_form_is_a_questionnaire_that_keeps_the_schema_and_the_invariants_of_the_standard() {
    let design = demo();
    let bundle = bundle(&design);
    let mut schema = Schema::default();
    let entries = bundle["entry"].as_array().unwrap();
    assert_eq!(entries.len(), design.version().forms.len());
    for entry in entries {
        let form = &entry["resource"];
        assert_eq!(schema.faults(form), Vec::<String>::new());
        let name = form["name"].as_str().unwrap();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "que-0: {name}");
        assert!(name.chars().all(is_name), "que-0: {name}");
        let id = form["id"].as_str().unwrap();
        assert_eq!(entry["fullUrl"], format!("urn:uuid:{id}"), "bdl-7");
        let mut all = Vec::new();
        items(form, &mut all);
        let ids: BTreeSet<&str> = all.iter().map(|one| one["linkId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len(), "que-2: a linkId is there once in {name}");
        for item in all {
            let kind = item["type"].as_str().unwrap();
            assert_eq!(kind == "group", item["item"].is_array(), "que-1: {item}");
            assert_eq!(kind == "choice", item["answerOption"].is_array(), "que-5: {item}");
            let has_length = item["maxLength"].is_number();
            assert!(!has_length || matches!(kind, "string" | "url"), "que-10: {item}");
        }
    }
}

#[test]
fn choices_languages_units_and_conditions_are_there() {
    let text = questionnaires(&demo());
    assert!(text.contains("\"answerOption\""));
    assert!(text.contains("\"valueCode\":\"zh"), "Chinese is a translation of the text");
    assert!(text.contains("\"repeats\":true"));
    assert!(text.contains("\"code\":\"mm[Hg]\""));
    assert!(text.contains("urn:casebook:fhir:asked-when"));
}

/// What of an item comes back: all but what FHIR has no place for.
fn kept(item: &ItemDef) -> ItemDef {
    let limits = [Comparator::Ge, Comparator::Le].into_iter();
    let limits = limits.filter_map(|comparator| {
        let mut hard = item.range_checks.iter().filter(|check| check.hard);
        hard.find(|check| check.comparator == Some(comparator))
    });
    ItemDef {
        oid: item.oid.clone(),
        name: item.name.clone(),
        data_type: item.data_type,
        length: item.length.filter(|_| item.code_list.is_none() && !item.data_type.is_number()),
        significant_digits: item.significant_digits,
        units: item.units.clone(),
        code_list: item.code_list.clone(),
        range_checks: limits
            .map(|check| kernel::study::RangeCheck {
                comparator: check.comparator,
                values: check.values.clone(),
                hard: true,
                ..Default::default()
            })
            .collect(),
        question: item.question.clone(),
        ..ItemDef::default()
    }
}

#[test]
fn the_questionnaires_of_the_trial_are_read_back_as_its_forms() {
    let design = demo();
    let text = questionnaires(&design);
    let read = read_questionnaires(text.as_bytes(), "q.json", "OTHER").unwrap();
    let back = &read.versions[0].version;
    let faults = kernel::study::faults(&Design::new(Arc::new(back.clone())));
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(back.study_oid.as_str(), "CDISCPILOT01");
    let version = design.version();
    let forms = |version: &StudyVersion| -> Vec<(String, Vec<String>)> {
        let groups = |form: &kernel::study::FormDef| {
            form.groups.iter().map(|group| group.group.to_string()).collect()
        };
        version.forms.iter().map(|form| (form.oid.to_string(), groups(form))).collect()
    };
    assert_eq!(forms(back), forms(version));
    let groups = |version: &StudyVersion| -> BTreeMap<String, (bool, Vec<(String, bool)>)> {
        let items = |group: &kernel::study::ItemGroupDef| {
            group.items.iter().map(|item| (item.item.to_string(), item.mandatory)).collect()
        };
        let groups = version.item_groups.iter();
        groups.map(|group| (group.oid.to_string(), (group.repeats(), items(group)))).collect()
    };
    assert_eq!(groups(back), groups(version));
    let by_oid = |version: &StudyVersion| -> BTreeMap<String, ItemDef> {
        version.items.iter().map(|item| (item.oid.to_string(), kept(item))).collect()
    };
    let (ours, theirs) = (by_oid(version), by_oid(back));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (oid, item) in &ours {
        assert_eq!(item, &theirs[oid], "{oid}");
    }
    let lists = |version: &StudyVersion| -> BTreeMap<String, Vec<(String, Option<String>)>> {
        let used: BTreeSet<_> =
            version.items.iter().filter_map(|item| item.code_list.clone()).collect();
        let lists = version.code_lists.iter().filter(|list| used.contains(&list.oid));
        let codes = |list: &kernel::study::CodeList| {
            let item = |one: &kernel::study::CodeListItem| {
                (one.coded_value.clone(), one.decode.in_lang("zh").map(str::to_owned))
            };
            list.items.iter().map(item).collect()
        };
        lists.map(|list| (list.oid.to_string(), codes(list))).collect()
    };
    assert_eq!(lists(back), lists(version));
    let cel = |version: &StudyVersion| -> BTreeSet<String> {
        let expressions = version.conditions.iter().flat_map(|one| &one.expressions);
        expressions
            .chain(version.methods.iter().flat_map(|one| &one.expressions))
            .map(|one| one.text.clone())
            .collect()
    };
    assert_eq!(cel(back), cel(version), "conditions and derivations");
}

#[test]
fn a_definition_in_fhir_is_told_from_one_in_usdm_and_takes_the_oid_that_is_given() {
    let text = super::published::example("questionnaire-example-f201-lifelines");
    let file = crate::DefinitionFile { name: "form.json", content: text.as_bytes() };
    let read = crate::read_definition(&[file], Some("LIFE")).unwrap();
    assert_eq!(read.version.study_oid.as_str(), "LIFE");
    assert_eq!(read.place("FormDef", read.version.forms[0].oid.as_str()), Some(("form.json", 1)));
    let none = crate::DefinitionFile { name: "x.json", content: b"{\"resourceType\":\"Patient\"}" };
    let refused = crate::read_definition(&[none], None).unwrap_err();
    assert!(refused[0].text.contains("it has no Questionnaire"), "{refused:?}");
}
