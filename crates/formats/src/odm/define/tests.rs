use std::collections::{BTreeSet, HashMap};

use quick_xml::{Reader, events::Event};

use crate::export::{
    ExportOptions,
    tests::{export, record},
};

/// The elements of a file, each with its attributes.
fn elements(text: &str) -> Vec<(String, HashMap<String, String>)> {
    let mut reader = Reader::from_str(text);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    (attribute.key.as_ref().to_owned(), attribute.value.into_owned())
                });
                elements.push((tag.name().as_ref().to_owned(), attributes.collect()));
            }
            Event::Eof => return elements,
            _ => {}
        }
    }
}

/// The values of an attribute of all elements of a name.
fn values(text: &str, element: &str, attribute: &str) -> Vec<String> {
    let found = elements(text).into_iter().filter(|(name, _)| name == element);
    found.filter_map(|(_, mut attributes)| attributes.remove(attribute)).collect()
}

fn set(values: Vec<String>) -> BTreeSet<String> {
    values.into_iter().collect()
}

#[test]
fn every_reference_has_its_definition_and_every_definition_is_named_once() {
    for format in ["xpt", "dataset-json"] {
        let (memory, written) = export(format, &ExportOptions::default(), &[record()]);
        let text = memory.text("define.xml");
        for element in ["ItemGroupDef", "ItemDef", "CodeList", "MethodDef", "def:leaf"] {
            let attribute = if element == "def:leaf" { "ID" } else { "OID" };
            let all = values(&text, element, attribute);
            assert_eq!(set(all.clone()).len(), all.len(), "{element} twice in {format}");
        }
        let defined = |element, attribute| set(values(&text, element, attribute));
        assert_eq!(set(values(&text, "ItemRef", "ItemOID")), defined("ItemDef", "OID"));
        assert_eq!(set(values(&text, "CodeListRef", "CodeListOID")), defined("CodeList", "OID"));
        assert_eq!(set(values(&text, "ItemRef", "MethodOID")), defined("MethodDef", "OID"));
        let leaves = defined("def:leaf", "ID");
        assert_eq!(set(values(&text, "ItemGroupDef", "def:ArchiveLocationID")), leaves);
        let files = written.iter().map(|file| file.name.clone());
        let files = files.filter(|name| name != "define.xml").collect();
        assert_eq!(defined("def:leaf", "xlink:href"), files, "{format}");
    }
}

#[test]
fn a_dataset_names_the_definitions_of_its_columns() {
    let (memory, _) = export("dataset-json", &ExportOptions::default(), &[record()]);
    let defined = set(values(&memory.text("define.xml"), "ItemDef", "OID"));
    let dataset: serde_json::Value = serde_json::from_str(&memory.text("vs2.json")).unwrap();
    assert_eq!(dataset["metaDataRef"], "define.xml");
    for column in dataset["columns"].as_array().unwrap() {
        assert!(defined.contains(column["itemOID"].as_str().unwrap()), "{column}");
    }
}

#[test]
fn what_is_collected_is_told_from_what_is_assigned() {
    let (memory, _) = export("xpt", &ExportOptions::default(), &[record()]);
    let text = memory.text("define.xml");
    let kinds = values(&text, "def:Origin", "Type");
    assert_eq!(set(kinds), set(vec!["Assigned".into(), "Collected".into()]));
    assert!(text.contains("def:DefineVersion=\"2.1.0\""));
}
