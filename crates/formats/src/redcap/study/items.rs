//! The items of one field, with its choices, logic, limits and tags.

use kernel::{
    CodeListOid, ConditionOid, DataType, MethodOid, Texts, canonical,
    study::{
        CheckAction, CheckScope, CodeList, CodeListItem, Comparator, ConditionDef, EditCheck,
        Expression, ItemDef, ItemRef, Kept, MethodDef, RangeCheck,
    },
};

use super::{
    super::{
        field::{Column, Field},
        logic::{FieldType, Untranslated, translate_condition, translate_value},
        shape::{Shape, plain_label},
    },
    KEPT, Making, keep,
    tags::{OF_DISPLAY, Tag, tags},
};
use crate::Severity;

impl<'d> Making<'d> {
    /// Defines the items of a field and answers how its group refers to them. What is not
    /// collected here is defined all the same, so that nothing is lost, and referred to by nobody.
    pub(super) fn field(&mut self, field: &'d Field) -> Vec<ItemRef> {
        let is_record_id = field.name() == self.dictionary.record_id();
        self.places.set("ItemDef", field.name(), field.line);
        let Some(shape) = field.shape().filter(|_| !is_record_id) else {
            self.not_collected(field, is_record_id);
            return Vec::new();
        };
        self.unknown(field);
        let exception = self.exception(field);
        let method = self.method(field, &shape);
        let tags = self.tags(field);
        let mandatory = field.is(Column::Required);
        let names = field.export_names();
        let is_checkbox = field.kind() == "checkbox";
        if names.is_empty() {
            self.say(Severity::Warning, field, "has no choices, so that nothing can be ticked");
            self.not_collected(field, false);
        }
        let code_list = (!is_checkbox).then(|| self.code_list(field)).flatten();
        let mut refs = Vec::with_capacity(names.len());
        for (at, (code, oid)) in names.into_iter().enumerate() {
            let mut item = self.item(field, &shape, &oid, code.as_deref(), at == 0);
            item.code_list.clone_from(&code_list);
            item.length = tags.iter().find(|tag| tag.name == "@CHARLIMIT").and_then(limit);
            refs.push(ItemRef {
                item: item.oid.clone(),
                mandatory: mandatory && !is_checkbox,
                method: method.clone(),
                exception: exception.clone(),
                ..ItemRef::default()
            });
            self.version.items.push(item);
        }
        self.pattern(field, &shape);
        refs
    }

    fn item(
        &mut self,
        field: &Field,
        shape: &Shape,
        oid: &str,
        code: Option<&str>,
        is_first: bool,
    ) -> ItemDef {
        let mut question = plain_label(field.get(Column::Label));
        if let Some(code) = code {
            let choices = field.choices();
            let label = choices.iter().find(|c| c.code == code).map(|c| plain_label(&c.label));
            question = format!("{question}: {}", label.unwrap_or_default());
        }
        let note = plain_label(field.get(Column::Note));
        let texts =
            |text: &str| if text.is_empty() { Texts::default() } else { Texts::one("", text) };
        let mut kept = Kept::default();
        if is_first {
            keep_columns(field, &mut kept);
        } else {
            keep(&mut kept, KEPT[Column::Name as usize], field.name());
        }
        if let Some(code) = code {
            keep(&mut kept, "CheckboxCode", code);
        }
        let range_checks = if code.is_none() { self.limits(field, shape) } else { Vec::new() };
        ItemDef {
            oid: oid.into(),
            name: oid.to_owned(),
            data_type: shape.data_type,
            significant_digits: shape.decimals,
            question: texts(&question),
            instructions: texts(&note),
            range_checks,
            kept,
            ..ItemDef::default()
        }
    }

    fn not_collected(&mut self, field: &Field, is_record_id: bool) {
        let mut kept = Kept::default();
        keep_columns(field, &mut kept);
        self.version.items.push(ItemDef {
            oid: field.name().into(),
            name: field.name().to_owned(),
            question: Texts::one("", plain_label(field.get(Column::Label))),
            kept,
            ..ItemDef::default()
        });
        match field.kind() {
            _ if is_record_id => {}
            "file" | "signature" => {
                self.say(
                    Severity::Warning,
                    field,
                    "files are not collected here; the field is kept",
                );
            }
            "descriptive" => {
                let text = "is a text to be read; it is kept, and not shown on the form";
                self.say(Severity::Note, field, text);
            }
            _ => {}
        }
    }

    fn unknown(&mut self, field: &Field) {
        if !field.has_known_kind() {
            let text = format!("the field type '{}' is read as text", field.kind());
            self.say(Severity::Warning, field, text);
        }
        if field.kind() == "sql" {
            self.say(Severity::Warning, field, "its choices come from a query; it is read as text");
        }
        if field.has_unknown_validation() {
            let text = format!(
                "the validation '{}' is not known; every text is taken",
                field.get(Column::Validation)
            );
            self.say(Severity::Warning, field, text);
        }
    }

    fn code_list(&mut self, field: &Field) -> Option<CodeListOid> {
        let choices = field.choices();
        if choices.is_empty() {
            if matches!(field.kind(), "radio" | "dropdown") {
                self.say(Severity::Warning, field, "has no choices; every text is taken");
            }
            return None;
        }
        let oid = CodeListOid::new(format!("CL.{}", field.name()));
        let mut items: Vec<CodeListItem> = Vec::with_capacity(choices.len());
        for (at, choice) in choices.into_iter().enumerate() {
            if items.iter().any(|item| item.coded_value == choice.code) {
                let text = format!("the code {} is there twice; the first is kept", choice.code);
                self.say(Severity::Warning, field, text);
                continue;
            }
            items.push(CodeListItem {
                coded_value: choice.code,
                decode: Texts::one("", plain_label(&choice.label)),
                order: u32::try_from(at + 1).ok(),
                ..CodeListItem::default()
            });
        }
        self.version.code_lists.push(CodeList {
            oid: oid.clone(),
            name: field.name().to_owned(),
            items,
            ..CodeList::default()
        });
        Some(oid)
    }

    fn exception(&mut self, field: &'d Field) -> Option<ConditionOid> {
        let logic = field.get(Column::BranchingLogic);
        if logic.is_empty() {
            return None;
        }
        match translate_condition(logic, &self.scope(field.form())) {
            Ok(shown) => {
                let oid = ConditionOid::new(format!("BL.{}", field.name()));
                self.version.conditions.push(ConditionDef {
                    oid: oid.clone(),
                    name: format!("branching logic of {}", field.name()),
                    description: Texts::one("", logic),
                    expressions: vec![cel(format!("!{shown}"))],
                    ..ConditionDef::default()
                });
                Some(oid)
            }
            Err(why) => {
                self.untranslated(field, "branching logic", logic, &why);
                None
            }
        }
    }

    /// The calculation of a field, if it has one that can be computed here.
    fn method(&mut self, field: &'d Field, shape: &Shape) -> Option<MethodOid> {
        let tags = tags(field.get(Column::Annotation));
        let tag = tags.iter().find(|tag| matches!(tag.name.as_str(), "@CALCTEXT" | "@CALCDATE"));
        let (what, logic) = match (field.kind(), tag) {
            ("calc", _) => ("calculation", field.get(Column::Choices).to_owned()),
            (_, Some(Tag { name, argument: Some(argument) })) if name == "@CALCDATE" => {
                ("@CALCDATE", format!("calcdate({argument})"))
            }
            (_, Some(Tag { argument: Some(argument), .. })) => ("@CALCTEXT", argument.clone()),
            _ => return None,
        };
        match translate_value(&logic, &self.scope(field.form()), shape.of) {
            Ok(text) => {
                let oid = MethodOid::new(format!("CALC.{}", field.name()));
                self.version.methods.push(MethodDef {
                    oid: oid.clone(),
                    name: format!("{what} of {}", field.name()),
                    kind: "Computation".to_owned(),
                    description: Texts::one("", &logic),
                    expressions: vec![cel(text)],
                    ..MethodDef::default()
                });
                Some(oid)
            }
            Err(why) => {
                self.untranslated(field, what, &logic, &why);
                None
            }
        }
    }

    fn untranslated(&mut self, field: &Field, what: &str, logic: &str, why: &Untranslated) {
        let without = if what == "branching logic" {
            "the field is always shown"
        } else {
            "the value is entered, not computed"
        };
        let text = format!("its {what} is not translated, {without}: {why} in `{logic}`");
        self.say(Severity::Warning, field, text);
    }

    fn tags(&mut self, field: &Field) -> Vec<Tag> {
        let tags = tags(field.get(Column::Annotation));
        for tag in &tags {
            let name = tag.name.as_str();
            if matches!(name, "@CALCTEXT" | "@CALCDATE" | "@CHARLIMIT") && tag.argument.is_some() {
                continue;
            }
            let (severity, text) = if OF_DISPLAY.contains(&name) || name.starts_with("@LANGUAGE") {
                (Severity::Note, format!("{name} changes only the display; it is kept"))
            } else {
                (Severity::Warning, format!("{name} is not acted on; it is kept"))
            };
            self.say(severity, field, text);
        }
        tags
    }

    /// The least and greatest value. REDCap warns of values outside and takes them.
    fn limits(&mut self, field: &Field, shape: &Shape) -> Vec<RangeCheck> {
        let mut checks = Vec::new();
        if !matches!(field.kind(), "text" | "slider") || shape.of == FieldType::Text {
            return checks;
        }
        let slider = field.kind() == "slider";
        let bounds = [
            (Column::Min, Comparator::Ge, "0", "at least", "不小于"),
            (Column::Max, Comparator::Le, "100", "at most", "不大于"),
        ];
        for (column, comparator, usual, en, zh) in bounds {
            let said = field.get(column);
            let said = if said.is_empty() && slider { usual } else { said };
            if said.is_empty() {
                continue;
            }
            let data_type =
                if shape.of == FieldType::Number { DataType::Decimal } else { shape.data_type };
            let iso = said.replace(',', ".").replacen(' ', "T", 1);
            let Ok(value) = canonical(data_type, &iso) else {
                let text = format!("the limit '{said}' is no value of its type; it is kept");
                self.say(Severity::Warning, field, text);
                continue;
            };
            let mut message = Texts::one("en", format!("expected {en} {value}"));
            message.set("zh", format!("应{zh} {value}"));
            checks.push(RangeCheck {
                comparator: Some(comparator),
                values: vec![value.to_string()],
                hard: false,
                message,
                ..RangeCheck::default()
            });
        }
        checks
    }

    fn pattern(&mut self, field: &Field, shape: &Shape) {
        let Some(pattern) = shape.pattern else { return };
        let validation = field.get(Column::Validation);
        let mut message = Texts::one("en", format!("this does not look like {validation}"));
        message.set("zh", format!("格式不符合 {validation}"));
        let text = format!("matches({}, \"{pattern}\")", field.name());
        self.version.checks.push(EditCheck {
            oid: format!("FMT.{}", field.name()).into(),
            name: format!("{validation} of {}", field.name()),
            scope: CheckScope::Form,
            action: CheckAction::Query,
            form: field.form().into(),
            item: field.name().into(),
            expression: cel(text),
            message,
            ..EditCheck::default()
        });
    }
}

fn limit(tag: &Tag) -> Option<u32> {
    tag.argument.as_deref()?.trim().parse().ok()
}

fn cel(text: String) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text }
}

fn keep_columns(field: &Field, kept: &mut Kept) {
    for (name, (_, text)) in KEPT.iter().zip(field.columns()) {
        keep(kept, name, text);
    }
}
