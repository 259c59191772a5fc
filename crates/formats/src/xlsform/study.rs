//! A form as a study version: one event with one form, groups and repeats as item groups.

mod questions;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    ConditionOid, DataType, ItemGroupOid, StudyVersion, Texts,
    study::{ConditionDef, Expression, FormDef, GroupRepeat, ItemGroupDef, ItemGroupRef},
};

use super::{
    items::{RowKind, choice_item, item_name, kind},
    logic::{Questions, TRUE},
    sheets::{SheetRow, Sheets},
    write::{OID, TYPE},
};
use crate::{
    Finding, ImportedDesign, Places, Severity,
    redcap::{FieldType, KnownField, Untranslated},
};

/// Makes a study version of a form. `oid` names the study where the settings name no form.
pub fn to_study(sheets: &Sheets, oid: &str) -> ImportedDesign {
    let settings = &sheets.settings;
    let form = settings.get("form_id");
    let form = form_oid(if form.is_empty() { oid } else { form });
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
        truths: BTreeSet::new(),
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

/// A name of a form as its OID.
fn form_oid(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.chars().all(is_plain) { name.to_owned() } else { item_name(name) }
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
    /// The name of the repeat in which it stands.
    repeat: Option<String>,
}

struct Making<'s> {
    sheets: &'s Sheets,
    form: String,
    lang: String,
    version: StudyVersion,
    form_def: FormDef,
    known: BTreeMap<String, KnownField>,
    multiple: BTreeMap<String, BTreeMap<String, String>>,
    /// Questions that are true or false.
    truths: BTreeSet<String>,
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
                RowKind::Question { of, .. } => {
                    (typed(row).map_or(of, field_type), BTreeMap::new())
                }
                RowKind::SelectOne(_) if typed(row) == Some(DataType::Boolean) => {
                    self.truths.insert(name.clone());
                    (FieldType::Truth, BTreeMap::from([(TRUE.to_owned(), name.clone())]))
                }
                RowKind::SelectOne(_) => {
                    (typed(row).map_or(FieldType::Text, field_type), BTreeMap::new())
                }
                RowKind::Acknowledge | RowKind::Calculate => (FieldType::Text, BTreeMap::new()),
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
        let oid = format!("{}.main", self.form);
        self.begin(("main", oid.into()), Texts::one("", title), false);
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

    fn begin(&mut self, (name, oid): (&str, ItemGroupOid), label: Texts, is_repeat: bool) {
        let around = self.open.last();
        let relevant = around.map(|open| open.relevant.clone()).unwrap_or_default();
        let inside = around.and_then(|open| open.repeat.clone());
        let repeats = is_repeat || inside.is_some();
        let group = ItemGroupDef {
            oid,
            name: name.to_owned(),
            repeat: if repeats { GroupRepeat::Simple } else { GroupRepeat::No },
            description: label,
            ..ItemGroupDef::default()
        };
        let repeat = if is_repeat { Some(name.to_owned()) } else { inside };
        self.open.push(Open { group, relevant, repeat });
    }

    fn group(&mut self, row: &'s SheetRow, is_repeat: bool) {
        let name = item_name(row.get("name"));
        let oid = match row.get(OID) {
            "" => format!("{}.{name}", self.form),
            oid => oid.to_owned(),
        };
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
        // A condition of a repeat stands outside of it.
        let relevant = self.condition(row, "relevant", row.get("relevant"));
        self.begin((&name, oid.into()), row.texts("label", &self.lang), is_repeat);
        if let (Some(text), Some(open)) = (relevant, self.open.last_mut()) {
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
        let is_here =
            |name: &String| self.repeat_of.get(name).is_none_or(|repeat| Some(repeat) == here);
        let known = self.known.iter().filter(|(name, _)| is_here(name));
        let known = known.map(|(name, field)| (name.clone(), field.clone())).collect();
        let this = item_name(row.get("name"));
        let (multiple, truths) = (&self.multiple, &self.truths);
        ask(&Questions { known: &known, multiple, truths, this: &this })
    }

    fn untranslated(&mut self, row: &SheetRow, column: &str, text: &str, why: &Untranslated) {
        let said = format!("its {column} is not translated: {} in `{text}`", why.why);
        self.say(Severity::Warning, row, said);
    }

    fn finish(mut self) -> ImportedDesign {
        self.version.forms.push(self.form_def);
        ImportedDesign::of_forms(self.version, self.places, self.findings)
    }
}

/// The type that a row says beside its own, in words of ODM.
fn typed(row: &SheetRow) -> Option<DataType> {
    DataType::from_odm(row.get(TYPE))
}

/// How expressions of the translator see a type.
fn field_type(data_type: DataType) -> FieldType {
    use DataType as T;
    match data_type {
        T::Date | T::PartialDate | T::IncompleteDate => FieldType::Date,
        T::Datetime | T::PartialDatetime | T::IncompleteDatetime => FieldType::DateTime,
        T::Time | T::PartialTime | T::IncompleteTime => FieldType::Time,
        other if other.is_number() => FieldType::Number,
        _ => FieldType::Text,
    }
}

fn cel(text: String) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text }
}
