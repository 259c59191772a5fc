//! The questions of a form: their items, choices, conditions and calculations.

use kernel::{
    CodeListOid, ConditionOid, DataType, MethodOid, Texts,
    study::{
        CheckAction, CheckScope, CodeList, CodeListItem, ConditionDef, EditCheck, ItemDef, ItemRef,
        MethodDef,
    },
};

use super::{
    super::{
        items::{RowKind, choice_item, item_name},
        sheets::SheetRow,
    },
    Making, cel,
};
use crate::{Severity, redcap::FieldType};

impl<'s> Making<'s> {
    pub(super) fn question(&mut self, row: &'s SheetRow, kind: RowKind) {
        let name = row.get("name");
        match kind {
            RowKind::Note => {
                return self.say(Severity::Note, row, "is a text to be read; it is not shown");
            }
            RowKind::Metadata => {
                return self.say(Severity::Note, row, "is filled by a device; it is not collected");
            }
            RowKind::NotCollected | RowKind::Unknown => {
                let text = format!("the type '{}' is not collected here", row.get("type"));
                return self.say(Severity::Warning, row, text);
            }
            _ => {}
        }
        if name.is_empty() || !self.used.insert(item_name(name)) {
            let text = "has no name, or one that another question has; it is left out";
            return self.say(Severity::Warning, row, text);
        }
        if item_name(name) != name {
            let text =
                format!("is called {} here, so that expressions can name it", item_name(name));
            self.say(Severity::Warning, row, text);
        }
        for column in ["default", "choice_filter", "trigger"] {
            if !row.get(column).is_empty() {
                self.say(Severity::Warning, row, format!("{column} is not acted on"));
            }
        }
        self.places.set("ItemDef", &item_name(name), row.number);
        let exception = self.relevant(row);
        match kind {
            RowKind::SelectMultiple(list) => self.several(row, &list, exception.as_ref()),
            RowKind::SelectOne(list) => {
                let code_list = self.code_list(row, &list);
                self.single(row, (DataType::Text, FieldType::Text), code_list, exception);
            }
            RowKind::Question { data_type, of } => {
                self.single(row, (data_type, of), None, exception);
            }
            _ => self.single(row, (DataType::Text, FieldType::Text), None, exception),
        }
    }

    fn relevant(&mut self, row: &SheetRow) -> Option<ConditionOid> {
        let shown = self.condition(row, "relevant", row.get("relevant"))?;
        let name = item_name(row.get("name"));
        let oid = ConditionOid::new(format!("REL.{name}"));
        self.version.conditions.push(ConditionDef {
            oid: oid.clone(),
            name: format!("relevant of {name}"),
            description: Texts::one("", row.get("relevant")),
            expressions: vec![cel(format!("!{shown}"))],
            ..ConditionDef::default()
        });
        Some(oid)
    }

    fn several(&mut self, row: &'s SheetRow, list: &str, exception: Option<&ConditionOid>) {
        let choices: Vec<&SheetRow> = self.choices(list).collect();
        if choices.is_empty() {
            self.say(Severity::Warning, row, format!("there is no list of choices '{list}'"));
        }
        let label = row.texts("label", &self.lang);
        for choice in choices {
            let mut question = choice.texts("label", &self.lang);
            for (lang, text) in &mut question.0 {
                if let Some(label) = label.in_lang(lang) {
                    *text = format!("{label}: {text}");
                }
            }
            let oid = choice_item(row.get("name"), choice.get("name"));
            self.push(
                ItemDef {
                    oid: oid.as_str().into(),
                    name: oid,
                    data_type: DataType::Boolean,
                    question,
                    instructions: row.texts("hint", &self.lang),
                    ..ItemDef::default()
                },
                ItemRef { exception: exception.cloned(), ..ItemRef::default() },
            );
        }
        if !row.get("constraint").is_empty() {
            self.say(Severity::Warning, row, "the constraint of several choices is not checked");
        }
    }

    fn single(
        &mut self,
        row: &'s SheetRow,
        (data_type, of): (DataType, FieldType),
        code_list: Option<CodeListOid>,
        exception: Option<ConditionOid>,
    ) {
        let name = item_name(row.get("name"));
        let method = self.method(row, &name, of);
        let required = row.get("required").to_lowercase();
        let mandatory = matches!(required.as_str(), "yes" | "true" | "true()");
        if !mandatory && !matches!(required.as_str(), "" | "no" | "false" | "false()") {
            self.say(
                Severity::Warning,
                row,
                "is required under a condition; it is not required here",
            );
        }
        self.constraint(row, &name);
        self.push(
            ItemDef {
                oid: name.as_str().into(),
                name: name.clone(),
                data_type,
                question: row.texts("label", &self.lang),
                instructions: row.texts("hint", &self.lang),
                code_list,
                ..ItemDef::default()
            },
            ItemRef { mandatory, method, exception, ..ItemRef::default() },
        );
    }

    fn push(&mut self, item: ItemDef, reference: ItemRef) {
        let reference = ItemRef { item: item.oid.clone(), ..reference };
        self.version.items.push(item);
        if let Some(open) = self.open.last_mut() {
            open.group.items.push(reference);
        }
    }

    fn method(&mut self, row: &SheetRow, name: &str, of: FieldType) -> Option<MethodOid> {
        let text = row.get("calculation");
        if text.is_empty() {
            return None;
        }
        let translated = self.with_questions(row, |questions| questions.value(text, of));
        let computed =
            translated.map_err(|why| self.untranslated(row, "calculation", text, &why)).ok()?;
        let oid = MethodOid::new(format!("CALC.{name}"));
        self.version.methods.push(MethodDef {
            oid: oid.clone(),
            name: format!("calculation of {name}"),
            kind: "Computation".to_owned(),
            description: Texts::one("", text),
            expressions: vec![cel(computed)],
            ..MethodDef::default()
        });
        Some(oid)
    }

    /// A constraint as a check: the value is taken, and a query opens.
    fn constraint(&mut self, row: &SheetRow, name: &str) {
        let Some(text) = self.condition(row, "constraint", row.get("constraint")) else { return };
        let mut message = row.texts("constraint_message", &self.lang);
        if message.is_empty() {
            message = Texts::one("en", format!("expected: {}", row.get("constraint")));
            message.set("zh", format!("应满足：{}", row.get("constraint")));
        }
        let open = self.open.last();
        let repeats = open.is_some_and(|open| open.group.repeats());
        let group = open.filter(|_| repeats).map(|open| open.group.oid.clone());
        self.version.checks.push(EditCheck {
            oid: format!("CON.{name}").into(),
            name: format!("constraint of {name}"),
            scope: CheckScope::Form,
            action: CheckAction::Query,
            form: self.form.as_str().into(),
            group,
            item: name.into(),
            expression: cel(format!("missing({name}) || {text}")),
            message,
            ..EditCheck::default()
        });
    }

    fn code_list(&mut self, row: &SheetRow, list: &str) -> Option<CodeListOid> {
        let oid = CodeListOid::new(format!("CL.{list}"));
        if self.version.code_lists.iter().any(|known| known.oid == oid) {
            return Some(oid);
        }
        let mut items: Vec<CodeListItem> = Vec::new();
        for choice in self.choices(list) {
            if items.iter().any(|item| item.coded_value == choice.get("name")) {
                continue;
            }
            items.push(CodeListItem {
                coded_value: choice.get("name").to_owned(),
                decode: choice.texts("label", &self.lang),
                order: u32::try_from(items.len() + 1).ok(),
                ..CodeListItem::default()
            });
        }
        if items.is_empty() {
            let text = format!("there is no list of choices '{list}'; every text is taken");
            self.say(Severity::Warning, row, text);
            return None;
        }
        self.version.code_lists.push(CodeList {
            oid: oid.clone(),
            name: list.to_owned(),
            items,
            ..CodeList::default()
        });
        Some(oid)
    }
}
