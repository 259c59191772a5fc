//! The questions of a form: their items, choices, conditions and calculations.

use kernel::{
    CodeListOid, ConditionOid, DataType, ItemOid, MethodOid, Texts,
    study::{
        CheckAction, CheckScope, CodeList, CodeListItem, ConditionDef, EditCheck, ItemDef, ItemRef,
        MethodDef,
    },
};

use super::{
    super::{
        items::{RowKind, choice_item, item_name},
        limits::Limits,
        sheets::SheetRow,
        write::{CODE_LIST, OID},
    },
    Making, cel, field_type, typed,
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
        let exception = self.relevant(row);
        match kind {
            RowKind::SelectMultiple(list) => self.several(row, &list, exception.as_ref()),
            RowKind::SelectOne(list) => {
                let data_type = typed(row).unwrap_or(DataType::Text);
                let is_truth = data_type == DataType::Boolean;
                let code_list = if is_truth { None } else { self.code_list(row, &list, data_type) };
                self.single(row, (data_type, field_type(data_type)), code_list, exception);
            }
            RowKind::Question { data_type, of } => {
                let said = typed(row);
                let of = said.map_or(of, field_type);
                self.single(row, (said.unwrap_or(data_type), of), None, exception);
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
            self.places.set("ItemDef", &oid, row.number);
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
        let oid = match row.get(OID) {
            "" => ItemOid::new(name.as_str()),
            oid => ItemOid::new(oid),
        };
        self.places.set("ItemDef", oid.as_str(), row.number);
        let method = self.method(row, &name, of);
        let mandatory = self.required(row, &name, &oid);
        let limits = self.constraint(row, &name, &oid);
        self.push(
            ItemDef {
                oid,
                name: name.clone(),
                data_type,
                length: limits.length,
                significant_digits: limits.decimals,
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

    /// Whether an answer is required at all times. A condition becomes a check of the blank answer.
    fn required(&mut self, row: &SheetRow, name: &str, oid: &ItemOid) -> bool {
        let text = row.get("required");
        match text.to_lowercase().as_str() {
            "yes" | "true" | "true()" => return true,
            "" | "no" | "false" | "false()" => return false,
            _ => {}
        }
        if let Some(required) = self.condition(row, "required", text) {
            let expression = format!("answered({name}) || !({required})");
            let words = ("REQ", "required_message", text);
            self.check(row, (name, oid), words, expression);
        }
        false
    }

    /// A constraint as a check: the value is taken, and a query opens. Limits of length and of decimals
    /// at its start are those of the item.
    fn constraint(&mut self, row: &SheetRow, name: &str, oid: &ItemOid) -> Limits {
        let (limits, text) = Limits::at_start(row.get("constraint"));
        if let Some(constraint) = self.condition(row, "constraint", text) {
            let expression = format!("missing({name}) || {constraint}");
            self.check(row, (name, oid), ("CON", "constraint_message", text), expression);
        }
        limits
    }

    fn check(
        &mut self,
        row: &SheetRow,
        (name, item): (&str, &ItemOid),
        (kind, column, source): (&str, &str, &str),
        expression: String,
    ) {
        let mut message = row.texts(column, &self.lang);
        let (what, en, zh) = match kind {
            "REQ" => ("required", "an answer is required: ", "必须填写："),
            _ => ("constraint", "expected: ", "应满足："),
        };
        if message.is_empty() {
            message = Texts::one("en", format!("{en}{source}"));
            message.set("zh", format!("{zh}{source}"));
        }
        let open = self.open.last();
        let repeats = open.is_some_and(|open| open.group.repeats());
        let group = open.filter(|_| repeats).map(|open| open.group.oid.clone());
        self.version.checks.push(EditCheck {
            oid: format!("{kind}.{name}").into(),
            name: format!("{what} of {name}"),
            scope: CheckScope::Form,
            action: CheckAction::Query,
            form: self.form.as_str().into(),
            group,
            item: item.clone(),
            expression: cel(expression),
            message,
            ..EditCheck::default()
        });
    }

    fn code_list(
        &mut self,
        row: &SheetRow,
        list: &str,
        data_type: DataType,
    ) -> Option<CodeListOid> {
        let oid = match row.get(CODE_LIST) {
            "" => CodeListOid::new(format!("CL.{list}")),
            oid => CodeListOid::new(oid),
        };
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
            data_type,
            items,
            ..CodeList::default()
        });
        Some(oid)
    }
}
