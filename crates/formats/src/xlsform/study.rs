//! A form as a study version: one event with one form, groups and repeats as item groups.

mod questions;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    ConditionOid, ItemGroupOid, StudyVersion, Texts,
    study::{
        ConditionDef, Expression, FormDef, FormRef, GroupRepeat, ItemGroupDef, ItemGroupRef,
        StudyEventDef, StudyEventRef,
    },
};

use super::{
    items::{RowKind, choice_item, item_name, kind},
    logic::Questions,
    sheets::{SheetRow, Sheets},
};
use crate::{
    Draft, Finding, ImportedDesign, Places, Severity,
    redcap::{FieldType, KnownField, Untranslated},
};

/// The event at which the form is filled.
const EVENT: &str = "EVENT.1";

/// Makes a study version of a form. `oid` names the study where the settings name no form.
pub fn to_study(sheets: &Sheets, oid: &str) -> ImportedDesign {
    let settings = &sheets.settings;
    let form = settings.get("form_id");
    let form = item_name(if form.is_empty() { oid } else { form });
    let title = settings.get("form_title");
    let title = if title.is_empty() { form.as_str() } else { title };
    let mut making = Making {
        sheets,
        form: form.clone(),
        lang: language(settings.get("default_language")),
        version: StudyVersion {
            study_oid: oid.into(),
            study_name: title.to_owned(),
            protocol_name: title.to_owned(),
            version_oid: "MDV.1".into(),
            version_name: settings.get("version").to_owned(),
            ..StudyVersion::default()
        },
        form_def: FormDef {
            oid: form.as_str().into(),
            name: title.to_owned(),
            description: Texts::one("", title),
            ..FormDef::default()
        },
        known: BTreeMap::new(),
        multiple: BTreeMap::new(),
        repeat_of: BTreeMap::new(),
        open: Vec::new(),
        findings: Vec::new(),
        places: Places::new(sheets.file.as_str()),
        used: BTreeSet::new(),
    };
    making.know();
    making.rows();
    making.finish()
}

fn language(text: &str) -> String {
    let code = text.rsplit_once('(').and_then(|(_, code)| code.trim().strip_suffix(')'));
    code.unwrap_or(text).trim().to_owned()
}

/// A group or repeat that has begun.
struct Open {
    group: ItemGroupDef,
    /// What must be true for it to be asked, with that of the groups around it.
    relevant: Vec<String>,
    /// The repeat in which it stands.
    repeat: Option<ItemGroupOid>,
}

struct Making<'s> {
    sheets: &'s Sheets,
    form: String,
    lang: String,
    version: StudyVersion,
    form_def: FormDef,
    known: BTreeMap<String, KnownField>,
    multiple: BTreeMap<String, BTreeMap<String, String>>,
    /// The repeat in which each question stands.
    repeat_of: BTreeMap<String, String>,
    open: Vec<Open>,
    findings: Vec<Finding>,
    places: Places,
    /// Names that are taken.
    used: BTreeSet<String>,
}

impl<'s> Making<'s> {
    fn say(&mut self, severity: Severity, row: &SheetRow, text: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            file: self.sheets.file.clone(),
            line: Some(row.number),
            about: format!("survey, {}", row.get("name")),
            text: text.into(),
        });
    }

    /// Learns all questions first: an expression may name one that comes later.
    fn know(&mut self) {
        let mut repeats: Vec<String> = Vec::new();
        for row in &self.sheets.survey {
            let name = item_name(row.get("name"));
            let (of, choices) = match kind(row.get("type")) {
                RowKind::BeginRepeat => {
                    repeats.push(name);
                    continue;
                }
                RowKind::EndRepeat => {
                    repeats.pop();
                    continue;
                }
                RowKind::Question { of, .. } => (of, BTreeMap::new()),
                RowKind::SelectOne(_) | RowKind::Acknowledge | RowKind::Calculate => {
                    (FieldType::Text, BTreeMap::new())
                }
                RowKind::SelectMultiple(list) => {
                    let choices: BTreeMap<String, String> = self
                        .choices(&list)
                        .map(|choice| choice.get("name"))
                        .map(|code| (code.to_owned(), choice_item(&name, code)))
                        .collect();
                    self.multiple.insert(name.clone(), choices.clone());
                    (FieldType::Truth, choices)
                }
                _ => continue,
            };
            if let Some(repeat) = repeats.last() {
                self.repeat_of.insert(name.clone(), repeat.clone());
            }
            self.known.insert(name, KnownField { form: "form".to_owned(), of, choices });
        }
    }

    fn choices(&self, list: &str) -> impl Iterator<Item = &'s SheetRow> + use<'s> {
        let list = list.to_owned();
        self.sheets.choices.iter().filter(move |choice| choice.get("list_name") == list)
    }

    fn rows(&mut self) {
        let title = self.form_def.name.clone();
        self.begin("main", Texts::one("", title), None);
        for row in &self.sheets.survey {
            match kind(row.get("type")) {
                RowKind::BeginGroup => self.group(row, false),
                RowKind::BeginRepeat => self.group(row, true),
                RowKind::EndGroup | RowKind::EndRepeat => self.end(row),
                other => self.question(row, other),
            }
        }
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
    }

    fn begin(&mut self, name: &str, label: Texts, repeat: Option<ItemGroupOid>) {
        let around = self.open.last();
        let relevant = around.map(|open| open.relevant.clone()).unwrap_or_default();
        let inside = around.and_then(|open| open.repeat.clone());
        let is_repeat = repeat.is_some();
        let group = ItemGroupDef {
            oid: format!("{}.{name}", self.form).into(),
            name: name.to_owned(),
            repeat: if is_repeat || inside.is_some() {
                GroupRepeat::Simple
            } else {
                GroupRepeat::No
            },
            description: label,
            ..ItemGroupDef::default()
        };
        self.open.push(Open { group, relevant, repeat: repeat.or(inside) });
    }

    fn group(&mut self, row: &'s SheetRow, is_repeat: bool) {
        let name = item_name(row.get("name"));
        let oid = ItemGroupOid::new(format!("{}.{name}", self.form));
        if self.open.last().is_some_and(|open| open.repeat.is_some()) {
            let text = "a group within a repeat becomes a repeating group beside it";
            self.say(Severity::Warning, row, text);
        }
        if !row.get("repeat_count").is_empty() {
            self.say(
                Severity::Warning,
                row,
                "repeat_count is not acted on: rows are added by hand",
            );
        }
        self.begin(&name, row.texts("label", &self.lang), is_repeat.then_some(oid));
        let relevant = row.get("relevant");
        if let Some(text) = self.condition(row, "relevant", relevant)
            && let Some(open) = self.open.last_mut()
        {
            open.relevant.push(text);
        }
    }

    fn end(&mut self, row: &SheetRow) {
        if self.open.len() < 2 {
            return self.say(Severity::Warning, row, "ends a group that has not begun");
        }
        if let Some(open) = self.open.pop() {
            self.close(open);
        }
    }

    fn close(&mut self, open: Open) {
        if open.group.items.is_empty() {
            return;
        }
        let exception = (!open.relevant.is_empty()).then(|| {
            let oid = ConditionOid::new(format!("REL.{}", open.group.name));
            let shown = open.relevant.join(" && ");
            self.version.conditions.push(ConditionDef {
                oid: oid.clone(),
                name: format!("relevant of {}", open.group.name),
                expressions: vec![cel(format!("!({shown})"))],
                ..ConditionDef::default()
            });
            oid
        });
        self.form_def.groups.push(ItemGroupRef {
            group: open.group.oid.clone(),
            exception,
            ..ItemGroupRef::default()
        });
        self.version.item_groups.push(open.group);
    }

    /// A condition, or a finding that says why there is none.
    fn condition(&mut self, row: &SheetRow, column: &str, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let translated = self.with_questions(row, |questions| questions.condition(text));
        translated.map_err(|why| self.untranslated(row, column, text, &why)).ok()
    }

    fn with_questions<T>(
        &self,
        row: &SheetRow,
        ask: impl FnOnce(&Questions<'_>) -> Result<T, Untranslated>,
    ) -> Result<T, Untranslated> {
        // Of repeats only the one in which the expression stands has one value.
        let here = self.open.last().and_then(|open| open.repeat.as_ref());
        let here = here.and_then(|oid| oid.as_str().rsplit_once('.')).map(|(_, name)| name);
        let is_here = |name: &String| {
            self.repeat_of.get(name).is_none_or(|repeat| Some(repeat.as_str()) == here)
        };
        let known = self.known.iter().filter(|(name, _)| is_here(name));
        let known = known.map(|(name, field)| (name.clone(), field.clone())).collect();
        let this = item_name(row.get("name"));
        ask(&Questions { known: &known, multiple: &self.multiple, this: &this })
    }

    fn untranslated(&mut self, row: &SheetRow, column: &str, text: &str, why: &Untranslated) {
        let said = format!("its {column} is not translated: {} in `{text}`", why.why);
        self.say(Severity::Warning, row, said);
    }

    fn finish(mut self) -> ImportedDesign {
        let form = self.form_def.oid.clone();
        self.version.forms.push(self.form_def);
        self.version.events.push(StudyEventDef {
            oid: EVENT.into(),
            name: "Event 1".to_owned(),
            forms: vec![FormRef { form, ..FormRef::default() }],
            ..StudyEventDef::default()
        });
        self.version.protocol.event_refs.push(StudyEventRef {
            event: EVENT.into(),
            order: Some(1),
            ..StudyEventRef::default()
        });
        ImportedDesign {
            versions: vec![Draft { version: self.version, places: self.places }],
            warnings: self.findings,
            ..ImportedDesign::default()
        }
    }
}

fn cel(text: String) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text }
}
