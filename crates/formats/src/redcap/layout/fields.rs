//! The fields of an instrument: those that REDCap defined as they were, others by their items.

use kernel::{
    DataType,
    study::{CodeList, Comparator, Design, ItemDef, ItemShape, Kept, RangeCheck},
};

use super::{
    super::{
        field::{Choice, Column, Field, choices_text},
        shape::plain_label,
        study::{KEPT, kept},
    },
    Layout, Variable,
    names::Names,
};
use crate::{Finding, Severity};

/// A field as REDCap defined it; without a name where REDCap did not.
pub(super) fn kept_field(from: &Kept) -> Field {
    let mut field = Field::default();
    for (at, name) in KEPT.iter().enumerate() {
        if let Some(value) = kept(from, name) {
            field.set_at(at, value.to_owned());
        }
    }
    if kept(from, "FieldType").is_none() { Field::default() } else { field }
}

impl Layout {
    /// Adds the fields of an instrument and their columns.
    pub(super) fn fields_of(&mut self, design: &Design, instrument: usize, names: &mut Names) {
        let name = self.instruments[instrument].name.clone();
        let groups = self.groups_of(design, instrument);
        let placed: Vec<_> =
            groups.iter().flat_map(|g| g.items.iter().map(move |item| (*g, item))).collect();
        let whole_form = self.instruments[instrument].group.is_none();
        let record_id = self.dictionary.record_id().to_owned();
        let mut done: Vec<&str> = Vec::new();
        if whole_form {
            let all = design.version().items.iter();
            for item in all.filter(|item| kept(&item.kept, "FormName") == Some(name.as_str())) {
                let field = kept_field(&item.kept);
                let variable = field.name().to_owned();
                if variable.is_empty() || variable == record_id {
                    continue;
                }
                names.take(&variable);
                let members: Vec<_> = placed
                    .iter()
                    .filter(|(_, one)| {
                        design.item(&one.oid).and_then(|def| kept(&def.kept, "Variable"))
                            == Some(variable.as_str())
                    })
                    .collect();
                let field = refreshed(design, field, item);
                let at = self.push_field(field);
                for (group, one) in members {
                    done.push(one.oid.as_str());
                    let Some(def) = design.item(&one.oid) else { continue };
                    let code = kept(&def.kept, "CheckboxCode").map(str::to_owned);
                    self.push_variable(design, (at, instrument), group.oid.as_str(), one, code);
                }
            }
        }
        let mut section = "";
        for (group, one) in &placed {
            if done.contains(&one.oid.as_str()) {
                continue;
            }
            let Some(def) = design.item(&one.oid) else { continue };
            let variable = names.field(&name, &def.name);
            let mut field = self.native(design, def, one, variable, &name);
            let header = design.group(&group.oid).map_or("", |def| def.name.as_str());
            if whole_form && groups.len() > 1 && section != group.oid.as_str() {
                section = group.oid.as_str();
                field.set(Column::SectionHeader, header);
            }
            let at = self.push_field(field);
            self.push_variable(design, (at, instrument), group.oid.as_str(), one, None);
        }
    }

    fn push_field(&mut self, field: Field) -> usize {
        self.dictionary.fields.push(field);
        self.dictionary.fields.len() - 1
    }

    fn push_variable(
        &mut self,
        design: &Design,
        (field, instrument): (usize, usize),
        group: &str,
        item: &ItemShape,
        code: Option<String>,
    ) {
        let name = match &code {
            Some(_) => item.oid.to_string(),
            None => self.dictionary.fields[field].name().to_owned(),
        };
        let def = design.item(&item.oid);
        let list = def.and_then(|def| def.code_list.as_ref()).and_then(|oid| design.code_list(oid));
        let choices = match (list, &code) {
            (Some(list), _) => list_choices(list),
            (None, Some(code)) => {
                let all = self.dictionary.fields[field].choices();
                all.into_iter().filter(|choice| choice.code == *code).collect()
            }
            (None, None) => self.dictionary.fields[field].choices(),
        };
        self.variables.push(Variable {
            name,
            field,
            instrument,
            group: group.into(),
            item: item.oid.clone(),
            data_type: def.map_or(DataType::Text, |def| def.data_type),
            code,
            choices,
            is_derived: item.method.is_some(),
        });
    }

    /// A field for an item that REDCap has never seen.
    fn native(
        &mut self,
        design: &Design,
        def: &ItemDef,
        shape: &ItemShape,
        name: String,
        form: &str,
    ) -> Field {
        let mut field = Field::default();
        let label = def.question.in_lang("en").or_else(|| def.description.in_lang("en"));
        field.set(Column::Name, name);
        field.set(Column::Form, form);
        field.set(Column::Label, label.unwrap_or(&def.name));
        field.set(Column::Note, def.instructions.in_lang("en").unwrap_or_default());
        if shape.mandatory {
            field.set(Column::Required, "y");
        }
        let list = def.code_list.as_ref().and_then(|oid| design.code_list(oid));
        if let Some(list) = list.filter(|list| !list.items.is_empty()) {
            field.set(Column::Type, "radio");
            field.set(Column::Choices, spelled(&list_choices(list)));
        } else {
            let (kind, validation) = text_of(def);
            field.set(Column::Type, kind);
            field.set(Column::Validation, validation);
            limits(def, &mut field);
        }
        if def.units.len() > 1 {
            self.cannot_say(&field, "its unit is chosen, of which a flat record has no column");
        }
        if shape.method.is_some() {
            field.set(Column::Annotation, "@READONLY");
            self.cannot_say(&field, "it is derived by a rule that REDCap cannot compute");
        }
        if shape.exception.is_some() {
            self.cannot_say(&field, "it is collected under a condition that REDCap cannot ask");
        }
        if def.data_type == DataType::File {
            self.cannot_say(&field, "it is an attached file, and a text there");
        }
        self.checks_beside(design, def, &field);
        field
    }

    /// What is checked of an item beside its least and greatest value.
    fn checks_beside(&mut self, design: &Design, def: &ItemDef, field: &Field) {
        let is_limit =
            |check: &&RangeCheck| matches!(check.comparator, Some(Comparator::Ge | Comparator::Le));
        let others = def.range_checks.iter().filter(|check| !is_limit(check)).count();
        if others > 0 {
            let text =
                format!("{others} limits other than a least and a greatest value are left out");
            self.cannot_say(field, &text);
        }
        let checks = design.version().checks.iter().filter(|check| check.item == def.oid);
        let checks: Vec<&str> = checks.map(|check| check.oid.as_str()).collect();
        if !checks.is_empty() {
            let text = format!("its edit checks are left out: {}", checks.join(", "));
            self.cannot_say(field, &text);
        }
    }

    fn cannot_say(&mut self, field: &Field, text: &str) {
        self.findings.push(Finding {
            severity: Severity::Warning,
            file: "dictionary".to_owned(),
            line: None,
            about: format!("field {}", field.name()),
            text: text.to_owned(),
        });
    }
}

fn list_choices(list: &CodeList) -> Vec<Choice> {
    let choice = |item: &kernel::study::CodeListItem| Choice {
        code: item.coded_value.clone(),
        label: item.decode.in_lang("en").unwrap_or(&item.coded_value).to_owned(),
    };
    list.items.iter().map(choice).collect()
}

fn spelled(choices: &[Choice]) -> String {
    choices_text(choices.iter().map(|choice| (choice.code.as_str(), choice.label.as_str())))
}

/// The field type and validation of an item without choices.
fn text_of(def: &ItemDef) -> (&'static str, String) {
    use DataType as T;
    const LONG_TEXT_CHARS: u32 = 200;
    let validation = match def.data_type {
        T::Boolean => return ("truefalse", String::new()),
        T::Integer => "integer",
        T::Float | T::Double | T::Decimal => match def.significant_digits {
            Some(decimals @ 1..=4) => return ("text", format!("number_{decimals}dp")),
            _ => "number",
        },
        T::Date => "date_ymd",
        T::Time => "time",
        T::Datetime => "datetime_seconds_ymd",
        T::Text | T::String if def.length.is_some_and(|length| length > LONG_TEXT_CHARS) => {
            return ("notes", String::new());
        }
        _ => "",
    };
    ("text", validation.to_owned())
}

fn limits(def: &ItemDef, field: &mut Field) {
    for check in &def.range_checks {
        let column = match check.comparator {
            Some(Comparator::Ge) => Column::Min,
            Some(Comparator::Le) => Column::Max,
            _ => continue,
        };
        field.set(column, check.values.first().cloned().unwrap_or_default());
    }
}

/// What was changed since the field came from REDCap.
fn refreshed(design: &Design, mut field: Field, item: &ItemDef) -> Field {
    let question = item.question.in_lang("en").unwrap_or_default();
    if !field.is_checkbox() && question != plain_label(field.get(Column::Label)) {
        field.set(Column::Label, question);
    }
    let list = item.code_list.as_ref().and_then(|oid| design.code_list(oid));
    if let Some(list) = list.filter(|_| matches!(field.kind(), "radio" | "dropdown")) {
        let now = list_choices(list);
        let codes = |choices: &[Choice]| -> Vec<(String, String)> {
            choices.iter().map(|c| (c.code.clone(), plain_label(&c.label))).collect()
        };
        if codes(&now) != codes(&field.choices()) {
            field.set(Column::Choices, spelled(&now));
        }
    }
    field
}
