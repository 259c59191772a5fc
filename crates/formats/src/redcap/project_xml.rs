//! A REDCap project file: ODM 1.3.1 with attributes of its own, which say what ODM cannot.

use std::{collections::HashMap, io::BufRead};

use super::{
    dictionary::{Arm, Dictionary, Event, is_name},
    field::{Choice, Column, Field, choices_text},
    rows::FlatRow,
};
use crate::{
    FormatError,
    odm::{Node, Token, Xml},
};

/// The namespace of the attributes.
pub const NAMESPACE: &str = "https://projectredcap.org";

/// What an attribute of an item is in the dictionary.
const ATTRIBUTES: [(&str, Column); 11] = [
    ("SectionHeader", Column::SectionHeader),
    ("FieldNote", Column::Note),
    ("TextValidationType", Column::Validation),
    ("Identifier", Column::Identifier),
    ("BranchingLogic", Column::BranchingLogic),
    ("RequiredField", Column::Required),
    ("CustomAlignment", Column::Alignment),
    ("QuestionNumber", Column::QuestionNumber),
    ("MatrixGroupName", Column::MatrixGroup),
    ("MatrixRanking", Column::MatrixRanking),
    ("FieldAnnotation", Column::Annotation),
];

/// Whether a definition file was written by REDCap, by its first bytes.
pub fn is_project(beginning: &[u8]) -> bool {
    let needle = NAMESPACE.as_bytes();
    beginning.windows(needle.len()).any(|window| window == needle)
}

/// Reads the design of a project file.
pub fn read_project(input: impl BufRead, file: &str) -> Result<Dictionary, FormatError> {
    let mut parts = Parts::default();
    walk(input, file, &mut |node| parts.take(node), &mut |_| Ok(()))?;
    let dictionary = parts.dictionary();
    dictionary.check(file)?;
    Ok(dictionary)
}

/// Reads the records of a project file, one participant at a time.
pub fn read_project_rows(
    input: impl BufRead,
    file: &str,
    on_rows: &mut dyn FnMut(Vec<FlatRow>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut number = 0;
    // The design stands before the records.
    let parts = std::cell::RefCell::new(Parts::default());
    let mut on_definition = |node: Node| {
        if node.name() == "GlobalVariables" {
            parts.borrow_mut().take(node);
        }
    };
    walk(input, file, &mut on_definition, &mut |subject| {
        on_rows(rows_of(&subject, &parts.borrow().dictionary.repeating, &mut number))
    })
}

/// Hands out the definitions, and then the participants.
fn walk(
    input: impl BufRead,
    file: &str,
    on_definition: &mut dyn FnMut(Node),
    on_subject: &mut dyn FnMut(Node) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut xml = Xml::open(input, file)?;
    loop {
        match xml.next()? {
            Token::Start(tag) => match tag.name.as_str() {
                "ODM" | "ClinicalData" => {}
                "Study" => {
                    let mut node = Node::read(tag, &mut xml)?;
                    for mut inner in node.take_all("MetaDataVersion") {
                        for name in DEFINITIONS {
                            inner.take_all(name).into_iter().for_each(&mut *on_definition);
                        }
                        on_definition(inner);
                    }
                    node.take_all("GlobalVariables").into_iter().for_each(&mut *on_definition);
                }
                "SubjectData" => on_subject(Node::read(tag, &mut xml)?)?,
                _ => drop(Node::read(tag, &mut xml)?),
            },
            Token::End | Token::Text(_) => {}
            Token::Eof => return Ok(()),
        }
    }
}

const DEFINITIONS: [&str; 5] = ["StudyEventDef", "FormDef", "ItemGroupDef", "ItemDef", "CodeList"];

/// What is collected of a file before its fields can be put together.
#[derive(Default)]
struct Parts {
    dictionary: Dictionary,
    record_id: String,
    /// The form of each item group.
    groups: HashMap<String, String>,
    /// The form of each variable.
    forms: HashMap<String, String>,
    items: Vec<Node>,
    code_lists: HashMap<String, Node>,
}

fn redcap<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    let attributes = &node.tag.attributes;
    let found = attributes.iter().find(|a| a.name == name && *a.namespace == *NAMESPACE);
    found.map(|attribute| attribute.value.as_str())
}

fn plain<'n>(node: &'n Node, name: &str) -> &'n str {
    node.tag.get(name).unwrap_or_default()
}

/// The children of that name, ODM's or REDCap's.
fn all<'n>(node: &'n Node, name: &'static str) -> impl Iterator<Item = &'n Node> {
    node.elements().filter(move |child| child.name() == name)
}

/// The text of the first descendant of that name.
fn inner_text(node: &Node, name: &str) -> Option<String> {
    node.elements().find_map(|child| {
        if child.name() == name {
            Some(child.text().trim().to_owned())
        } else {
            inner_text(child, name)
        }
    })
}

impl Parts {
    fn take(&mut self, node: Node) {
        match node.name() {
            "GlobalVariables" => self.globals(&node),
            "MetaDataVersion" => {
                redcap(&node, "RecordIdField").unwrap_or_default().clone_into(&mut self.record_id);
            }
            "StudyEventDef" => self.event(&node),
            "FormDef" => {
                let oid = plain(&node, "OID");
                let name = redcap(&node, "FormName")
                    .unwrap_or_else(|| oid.strip_prefix("Form.").unwrap_or(oid))
                    .to_owned();
                for group in all(&node, "ItemGroupRef") {
                    self.groups.insert(plain(group, "ItemGroupOID").to_owned(), name.clone());
                }
                self.dictionary.form_labels.push((name, plain(&node, "Name").to_owned()));
            }
            "ItemGroupDef" => {
                let Some(form) = self.groups.get(plain(&node, "OID")) else { return };
                for item in all(&node, "ItemRef") {
                    let variable = redcap(item, "Variable").unwrap_or(plain(item, "ItemOID"));
                    self.forms.insert(variable.to_owned(), form.clone());
                }
            }
            "ItemDef" => self.items.push(node),
            "CodeList" => {
                self.code_lists.insert(plain(&node, "OID").to_owned(), node);
            }
            _ => {}
        }
    }

    fn globals(&mut self, node: &Node) {
        let dictionary = &mut self.dictionary;
        dictionary.title = inner_text(node, "StudyName").unwrap_or_default();
        dictionary.missing_codes = inner_text(node, "MissingDataCodes").unwrap_or_default();
        for group in all(node, "DataAccessGroupsGroup").flat_map(|g| all(g, "DataAccessGroups")) {
            dictionary.groups.push(plain(group, "group_name").to_owned());
        }
        for repeats in all(node, "RepeatingInstrumentsAndEvents") {
            for form in all(repeats, "RepeatingInstruments").flat_map(Node::elements) {
                let event = redcap(form, "UniqueEventName").unwrap_or_default().to_owned();
                let form = redcap(form, "RepeatInstrument").map(str::to_owned);
                dictionary.repeating.push((event, form));
            }
            for event in all(repeats, "RepeatingEvent") {
                let event = redcap(event, "UniqueEventName").unwrap_or_default().to_owned();
                dictionary.repeating.push((event, None));
            }
        }
    }

    fn event(&mut self, node: &Node) {
        let said = |name: &str| redcap(node, name).unwrap_or_default().to_owned();
        let number = said("ArmNum").parse().unwrap_or(1);
        let unique_name = said("UniqueEventName");
        let dictionary = &mut self.dictionary;
        if !dictionary.arms.iter().any(|arm| arm.number == number) {
            dictionary.arms.push(Arm { number, name: said("ArmName") });
        }
        for form in all(node, "FormRef") {
            let form = redcap(form, "FormName").unwrap_or_default().to_owned();
            dictionary.mappings.push((unique_name.clone(), form));
        }
        dictionary.events.push(Event {
            name: said("EventName"),
            arm: number,
            day_offset: said("DayOffset"),
            offset_min: said("OffsetMin"),
            offset_max: said("OffsetMax"),
            label: said("CustomEventLabel"),
            unique_name,
        });
    }

    fn dictionary(self) -> Dictionary {
        let mut dictionary = self.dictionary;
        for item in &self.items {
            let oid = plain(item, "OID");
            let name = redcap(item, "Variable").unwrap_or(oid);
            let Some(kind) = redcap(item, "FieldType") else { continue };
            let Some(form) = self.forms.get(name).filter(|_| is_name(name)) else { continue };
            let is_status = name.strip_suffix("_complete") == Some(form.as_str());
            if is_status || dictionary.fields.iter().any(|field| field.name() == name) {
                continue;
            }
            let mut lists = all(item, "CodeListRef").map(|list| plain(list, "CodeListOID"));
            let list = lists.find_map(|oid| self.code_lists.get(oid));
            dictionary.fields.push(field(item, name, form, kind, list));
        }
        let is_first = |field: &Field| field.name() == self.record_id;
        if let Some(at) = dictionary.fields.iter().position(is_first) {
            let first = dictionary.fields.remove(at);
            dictionary.fields.insert(0, first);
        }
        dictionary
    }
}

fn field(item: &Node, name: &str, form: &str, kind: &str, list: Option<&Node>) -> Field {
    let mut field = Field::at(item.tag.line);
    field.set(Column::Name, name);
    field.set(Column::Form, form);
    field.set(
        Column::Type,
        match kind {
            "textarea" => "notes",
            "select" => "dropdown",
            other => other,
        },
    );
    field.set(Column::Label, inner_text(item, "TranslatedText").unwrap_or_default());
    for (attribute, column) in ATTRIBUTES {
        if let Some(value) = redcap(item, attribute) {
            let value = match (column, value) {
                (Column::Validation, "int") => "integer",
                (Column::Validation, "float") => "number",
                _ => value,
            };
            field.set(column, value);
        }
    }
    for check in all(item, "RangeCheck") {
        let column = match plain(check, "Comparator") {
            "GE" => Column::Min,
            "LE" => Column::Max,
            _ => continue,
        };
        field.set(column, inner_text(check, "CheckValue").unwrap_or_default());
    }
    let calculated = redcap(item, "Calculation").or(redcap(item, "SliderLabels"));
    if let Some(text) = calculated {
        field.set(Column::Choices, text);
    } else if let Some(list) = list.filter(|_| matches!(kind, "radio" | "select" | "checkbox")) {
        field.set(Column::Choices, choices_of(list));
    }
    field
}

fn choices_of(list: &Node) -> String {
    if let Some(choices) = redcap(list, "CheckboxChoices") {
        return choices.to_owned();
    }
    let items: Vec<Choice> = all(list, "CodeListItem")
        .map(|item| Choice {
            code: plain(item, "CodedValue").to_owned(),
            label: inner_text(item, "TranslatedText").unwrap_or_default(),
        })
        .collect();
    choices_text(items.iter().map(|choice| (choice.code.as_str(), choice.label.as_str())))
}

/// The rows of one participant: one for each event, and one for each repeat.
fn rows_of(
    subject: &Node,
    repeating: &[(String, Option<String>)],
    number: &mut u64,
) -> Vec<FlatRow> {
    let record = plain(subject, "SubjectKey");
    let mut rows: Vec<FlatRow> = Vec::new();
    // A project without events has its forms at no event.
    let bare = all(subject, "FormData").next().map(|_| subject);
    for event in all(subject, "StudyEventData").chain(bare) {
        let unique = redcap(event, "UniqueEventName").unwrap_or_default();
        let event_repeat = plain(event, "StudyEventRepeatKey");
        for form in all(event, "FormData") {
            let oid = plain(form, "FormOID");
            let name = oid.strip_prefix("Form.").unwrap_or(oid);
            let repeat = plain(form, "FormRepeatKey");
            // Here a form repeats wherever it is filled, so that it is one with a number at the
            // events as well at which REDCap has it once.
            let repeats = repeating.iter().any(|(_, one)| one.as_deref() == Some(name));
            let (instrument, instance) = match (repeats, event_repeat) {
                (true, _) => (name, repeat),
                (false, "" | "1") => ("", ""),
                (false, event_repeat) => ("", event_repeat),
            };
            let mut row = FlatRow {
                line: form.tag.line,
                record: record.to_owned(),
                event: unique.to_owned(),
                instrument: instrument.to_owned(),
                instance: instance.to_owned(),
                ..FlatRow::default()
            };
            for item in all(form, "ItemGroupData").flat_map(Node::elements) {
                let value = item.tag.get("Value").map_or_else(|| item.text(), str::to_owned);
                row.values.push((plain(item, "ItemOID").to_owned(), value));
            }
            let same = rows.iter_mut().find(|one| {
                (&one.event, &one.instrument, &one.instance)
                    == (&row.event, &row.instrument, &row.instance)
            });
            if let Some(one) = same {
                one.values.append(&mut row.values);
            } else {
                *number += 1;
                row.number = *number;
                rows.push(row);
            }
        }
    }
    rows
}

/// The OID of the study in a project file: `Project.MyTrial` becomes `MyTrial`.
pub fn project_oid(title: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let oid: String = title.chars().map(plain).collect();
    let oid = oid.trim_matches('_').to_owned();
    if oid.is_empty() { "PROJECT".to_owned() } else { oid }
}
