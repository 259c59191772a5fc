//! A dictionary as a study version. Whatever REDCap says that has no counterpart is kept as an
//! attribute of its item, under REDCap's own namespace, and listed with its place and reason.

mod items;
mod tags;

use std::collections::BTreeMap;

use kernel::{
    StudyVersion, Texts,
    study::{
        Arm, FormDef, FormRef, ItemGroupDef, ItemGroupRef, Kept, KeptAttribute, StudyEventDef,
        StudyEventRef, TimingConstraint,
    },
};

use super::{
    dictionary::Dictionary,
    field::{Column, Field},
    logic::{KnownField, LogicScope},
    project_xml::NAMESPACE,
};
use crate::{Draft, Finding, ImportedDesign, Location, Places, Severity};

/// The attributes that keep the columns of a field, in the order of the columns.
pub(super) const KEPT: [&str; 18] = [
    "Variable",
    "FormName",
    "SectionHeader",
    "FieldType",
    "FieldLabel",
    "Choices",
    "FieldNote",
    "TextValidationType",
    "TextValidationMin",
    "TextValidationMax",
    "Identifier",
    "BranchingLogic",
    "RequiredField",
    "CustomAlignment",
    "QuestionNumber",
    "MatrixGroupName",
    "MatrixRanking",
    "FieldAnnotation",
];

/// The site of a project that has no data access groups.
const ONLY_SITE: &str = "Site 1";

/// Makes a study version of a dictionary. `file` is its name in findings, `oid` that of the study.
pub fn to_study(dictionary: &Dictionary, file: &str, oid: &str) -> ImportedDesign {
    let schedule = dictionary.schedule();
    let repeating = repeating_forms(dictionary);
    let fields = known_fields(dictionary);
    let mut making = Making {
        dictionary,
        schedule: &schedule,
        fields: &fields,
        repeating: &repeating,
        version: StudyVersion {
            study_oid: oid.into(),
            study_name: title(dictionary, oid),
            protocol_name: title(dictionary, oid),
            version_oid: "MDV.1".into(),
            version_name: title(dictionary, oid),
            ..StudyVersion::default()
        },
        places: Places::new(file),
        findings: Vec::new(),
    };
    making.project();
    making.events();
    for form in dictionary.forms() {
        making.form(form);
    }
    // Every participant belongs to a site; without groups there is one.
    let only = [ONLY_SITE.to_owned()];
    let groups = if dictionary.groups.is_empty() { &only[..] } else { &dictionary.groups[..] };
    let sites = groups.iter().map(|group| Location {
        oid: group_name(group),
        name: group.clone(),
        kind: Some("Site".to_owned()),
        ..Location::default()
    });
    ImportedDesign {
        sites: sites.collect(),
        warnings: making.findings,
        versions: vec![Draft { version: making.version, places: making.places }],
        ..ImportedDesign::default()
    }
}

/// The unique name of a data access group: lower case, 18 characters.
pub fn group_name(group: &str) -> String {
    let plain: String = group
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            'a'..='z' | '0'..='9' | '_' => Some(c),
            ' ' | '-' => Some('_'),
            _ => None,
        })
        .collect();
    plain.chars().take(18).collect()
}

fn title(dictionary: &Dictionary, oid: &str) -> String {
    if dictionary.title.is_empty() { oid.to_owned() } else { dictionary.title.clone() }
}

fn repeating_forms(dictionary: &Dictionary) -> Vec<String> {
    dictionary.repeating.iter().filter_map(|(_, form)| form.clone()).collect()
}

fn known_fields(dictionary: &Dictionary) -> BTreeMap<String, KnownField> {
    let known = |field: &Field| {
        let shape = field.shape()?;
        let names = field.export_names().into_iter();
        let choices = names.filter_map(|(code, column)| Some((code?.to_lowercase(), column)));
        let choices = choices.collect();
        let known = KnownField { form: field.form().to_owned(), of: shape.of, choices };
        Some((field.name().to_owned(), known))
    };
    dictionary.fields.iter().skip(1).filter_map(known).collect()
}

struct Making<'d> {
    dictionary: &'d Dictionary,
    schedule: &'d [(String, Vec<String>)],
    fields: &'d BTreeMap<String, KnownField>,
    repeating: &'d [String],
    version: StudyVersion,
    places: Places,
    findings: Vec<Finding>,
}

impl<'d> Making<'d> {
    fn scope(&self, form: &'d str) -> LogicScope<'d> {
        LogicScope {
            form,
            fields: self.fields,
            events: self.schedule,
            repeating: self.repeating,
            record_id: self.dictionary.record_id(),
        }
    }

    fn say(&mut self, severity: Severity, field: &Field, text: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            file: self.places.file.clone(),
            line: (field.line > 0).then_some(field.line),
            about: format!("field {}", field.name()),
            text: text.into(),
        });
    }

    fn project(&mut self) {
        let kept = &mut self.version.kept;
        keep(kept, "RecordIdField", self.dictionary.record_id());
        keep(kept, "MissingDataCodes", &self.dictionary.missing_codes);
    }

    fn events(&mut self) {
        let version = &mut self.version;
        for arm in &self.dictionary.arms {
            version.protocol.arms.push(Arm {
                oid: format!("ARM.{}", arm.number).into(),
                name: arm.name.clone(),
                ..Arm::default()
            });
        }
        for (at, (oid, forms)) in self.schedule.iter().enumerate() {
            let said = self.dictionary.events.iter().find(|event| event.unique_name == *oid);
            let is_repeating = self
                .dictionary
                .repeating
                .iter()
                .any(|(event, form)| event == oid && form.is_none());
            let name = said.map_or("Event 1", |event| event.name.as_str()).to_owned();
            let mut kept = Kept::default();
            if let Some(event) = said {
                keep(&mut kept, "CustomEventLabel", &event.label);
                keep(&mut kept, "DayOffset", &event.day_offset);
                keep(&mut kept, "OffsetMin", &event.offset_min);
                keep(&mut kept, "OffsetMax", &event.offset_max);
                keep(&mut kept, "ArmNum", &event.arm.to_string());
            }
            version.events.push(StudyEventDef {
                oid: oid.as_str().into(),
                description: Texts::one("", &name),
                name,
                repeating: is_repeating,
                forms: forms
                    .iter()
                    .map(|form| FormRef { form: form.as_str().into(), ..FormRef::default() })
                    .collect(),
                kept,
                ..StudyEventDef::default()
            });
            version.protocol.event_refs.push(StudyEventRef {
                event: oid.as_str().into(),
                order: u32::try_from(at + 1).ok(),
                arms: said.map(|event| format!("ARM.{}", event.arm).into()).into_iter().collect(),
                ..StudyEventRef::default()
            });
        }
        self.timings();
    }

    /// Days count from the first event of the arm. All the same means that nobody set them.
    fn timings(&mut self) {
        for arm in &self.dictionary.arms {
            let events = self.dictionary.events.iter().filter(|event| event.arm == arm.number);
            let days: Vec<_> = events
                .filter_map(|event| Some((event, event.day_offset.parse::<i32>().ok()?)))
                .collect();
            let Some(((anchor, first), rest)) = days.split_first() else { continue };
            if rest.iter().all(|(_, day)| day == first) {
                continue;
            }
            for (event, day) in rest {
                let window = |text: &str| text.trim_matches(['-', '+']).parse().unwrap_or(0);
                self.version.protocol.timings.push(TimingConstraint {
                    oid: format!("T.{}", event.unique_name).into(),
                    name: event.name.clone(),
                    event: event.unique_name.as_str().into(),
                    anchor: anchor.unique_name.as_str().into(),
                    offset_days: day - first,
                    window_before_days: window(&event.offset_min),
                    window_after_days: window(&event.offset_max),
                    ..TimingConstraint::default()
                });
            }
        }
    }

    /// A form with one group for each section.
    fn form(&mut self, form: &'d str) {
        let label = self.dictionary.form_label(form);
        let mut def = FormDef {
            oid: form.into(),
            name: form.to_owned(),
            repeating: self.repeating.iter().any(|one| one == form),
            description: Texts::one("", &label),
            ..FormDef::default()
        };
        let mine = self.dictionary.fields.iter().filter(|field| field.form() == form);
        let mut group: Option<ItemGroupDef> = None;
        for field in mine {
            let items = self.field(field);
            let header = plain_header(field);
            if group.is_none() || !header.is_empty() {
                self.close(group.take(), &mut def);
                let name = if header.is_empty() { label.clone() } else { header.clone() };
                group = Some(ItemGroupDef {
                    oid: format!("{form}.{}", field.name()).into(),
                    name,
                    description: Texts::one("", if header.is_empty() { &label } else { &header }),
                    ..ItemGroupDef::default()
                });
            }
            if let Some(group) = &mut group {
                group.items.extend(items);
            }
        }
        self.close(group, &mut def);
        self.version.forms.push(def);
    }

    fn close(&mut self, group: Option<ItemGroupDef>, form: &mut FormDef) {
        let Some(group) = group.filter(|group| !group.items.is_empty()) else { return };
        form.groups.push(ItemGroupRef { group: group.oid.clone(), ..ItemGroupRef::default() });
        self.version.item_groups.push(group);
    }
}

fn plain_header(field: &Field) -> String {
    super::shape::plain_label(field.get(Column::SectionHeader))
}

/// Keeps what REDCap says, unless it says nothing.
pub(super) fn keep(kept: &mut Kept, name: &str, value: &str) {
    if !value.is_empty() {
        kept.attributes.push(KeptAttribute {
            namespace: NAMESPACE.to_owned(),
            prefix: "redcap".to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
}

/// What REDCap said.
pub(super) fn kept<'k>(kept: &'k Kept, name: &str) -> Option<&'k str> {
    let mut attributes = kept.attributes.iter();
    let found = attributes.find(|one| one.namespace == NAMESPACE && one.name == name);
    found.map(|one| one.value.as_str())
}
