//! The items of a form: names, texts, types, options and limits.

use kernel::{
    CheckOid, CodeListOid, ConditionOid, DataType, ItemGroupOid, ItemOid, MethodOid, Texts,
    study::{Alias, CodeList, CodeListItem, ItemDef, UnitDef},
};

use super::{
    responses::{Answered, Choice, answered},
    study::{Making, texts},
    template::TemplateRow,
};
use crate::{Severity, redcap::plain_label, xlsform::item_name};

/// How much of a layout is said once and not for each item.
const LAYOUT: [(&str, &str); 4] = [
    ("PARENT_ITEM", "indents items"),
    ("COLUMN_NUMBER", "puts items beside each other"),
    ("PAGE_NUMBER", "numbers pages"),
    ("RESPONSE_LAYOUT", "lays out options"),
];

/// An item as the other sheets and rows need it.
#[derive(Debug)]
pub(super) struct Item<'t> {
    pub row: &'t TemplateRow,
    pub oid: ItemOid,
    /// Its name in expressions; of an item with several answers that of the question.
    pub name: String,
    pub data_type: DataType,
    pub answered: Answered,
    pub choices: Vec<Choice>,
    /// The items that it becomes: one, or one for each choice.
    pub defs: Vec<ItemOid>,
    /// The repeating group in which it stands.
    pub repeat: Option<ItemGroupOid>,
    pub check: Option<CheckOid>,
    pub method: Option<MethodOid>,
    pub exception: Option<ConditionOid>,
}

impl<'t> Making<'t> {
    pub(super) fn read_items(&mut self) {
        let template = self.template;
        for row in &template.items {
            self.read_item(row);
        }
        for (column, what) in LAYOUT {
            let count = template.items.iter().filter(|row| !row.get(column).is_empty()).count();
            let first = template.items.iter().find(|row| !row.get(column).is_empty());
            if let Some(first) = first {
                let text = format!("{what}, in {count} rows; the layout is ours");
                self.say(Severity::Note, first, column, text);
            }
        }
    }

    fn read_item(&mut self, row: &'t TemplateRow) {
        let name = row.get("ITEM_NAME");
        if name.is_empty() {
            return self.say(Severity::Error, row, "ITEM_NAME", "is blank");
        }
        if self.items.iter().any(|item| item.row.get("ITEM_NAME") == name) {
            let text = format!("another item is called {name}");
            return self.say(Severity::Error, row, "ITEM_NAME", text);
        }
        let plain = self.free_name(row, name);
        let kind = row.get("RESPONSE_TYPE");
        let Some(answered) = answered(kind) else {
            let text = format!("'{kind}' is no response type");
            return self.say(Severity::Error, row, "RESPONSE_TYPE", text);
        };
        let said = row.get("DATA_TYPE");
        let Some(data_type) = data_type(said, answered) else {
            let text = format!("'{said}' is no data type of the template");
            return self.say(Severity::Error, row, "DATA_TYPE", text);
        };
        let choices = if matches!(answered, Answered::One | Answered::Several) {
            self.choices(row)
        } else {
            Vec::new()
        };
        let oid = ItemOid::new(self.oids.item(name));
        self.places.set("ItemDef", oid.as_str(), row.number);
        let mut item = Item {
            row,
            oid,
            name: plain,
            data_type,
            answered,
            choices,
            defs: Vec::new(),
            repeat: None,
            check: None,
            method: None,
            exception: None,
        };
        self.define(&mut item);
        self.beside(row, answered);
        self.items.push(item);
    }

    /// A name that expressions can hold, and that no other item has.
    fn free_name(&mut self, row: &TemplateRow, name: &str) -> String {
        let mut plain = item_name(name);
        while self.items.iter().any(|item| item.name == plain) {
            plain.push('_');
        }
        if plain != name {
            let text = format!("is called {plain} here, so that expressions can name it");
            self.say(Severity::Warning, row, "ITEM_NAME", text);
        }
        plain
    }

    fn choices(&mut self, row: &TemplateRow) -> Vec<Choice> {
        let (options, values) =
            (row.get("RESPONSE_OPTIONS_TEXT"), row.get("RESPONSE_VALUES_OR_CALCULATIONS"));
        match self.responses.of(row.get("RESPONSE_LABEL"), options, values) {
            Ok(choices) => choices,
            Err(why) => {
                self.say(Severity::Error, row, "RESPONSE_OPTIONS_TEXT", why);
                Vec::new()
            }
        }
    }

    fn define(&mut self, item: &mut Item<'_>) {
        let row = item.row;
        let (length, decimals) = self.width(row, item.data_type);
        let question = [row.get("QUESTION_NUMBER"), row.get("LEFT_ITEM_TEXT")].join(" ");
        let def = ItemDef {
            oid: item.oid.clone(),
            name: item.name.clone(),
            data_type: item.data_type,
            length,
            significant_digits: decimals,
            description: texts(row.get("DESCRIPTION_LABEL")),
            question: texts(&question),
            instructions: texts(row.get("RIGHT_ITEM_TEXT")),
            units: self.unit(row.get("UNITS")).into_iter().collect(),
            aliases: phi(row),
            ..ItemDef::default()
        };
        if item.answered != Answered::Several {
            let code_list =
                (item.answered == Answered::One).then(|| self.code_list(item)).flatten();
            item.defs.push(def.oid.clone());
            return self.version.items.push(ItemDef { code_list, ..def });
        }
        for (code, label) in &item.choices {
            let name = item_name(&format!("{}___{code}", item.name));
            let oid = ItemOid::new(item_name(&format!("{}___{code}", item.oid)));
            let label = plain_label(label);
            let asked = def.question.0.get("");
            let question = asked.map_or_else(|| label.clone(), |asked| format!("{asked}: {label}"));
            item.defs.push(oid.clone());
            self.places.set("ItemDef", oid.as_str(), row.number);
            self.version.items.push(ItemDef {
                oid,
                name,
                data_type: DataType::Boolean,
                length: None,
                significant_digits: None,
                question: Texts::one("", question),
                ..def.clone()
            });
        }
    }

    /// The code list of a response label, made once for each type.
    fn code_list(&mut self, item: &Item<'_>) -> Option<CodeListOid> {
        if item.choices.is_empty() {
            return None;
        }
        let label = item.row.get("RESPONSE_LABEL");
        let key = format!("{label} {}", item.data_type.as_odm());
        if let Some(known) = self.code_lists.get(&key) {
            return Some(known.clone());
        }
        let oid = CodeListOid::new(self.oids.code_list(label));
        let choices =
            item.choices.iter().zip(1_u32..).map(|((code, option), order)| CodeListItem {
                coded_value: code.clone(),
                decode: texts(option),
                order: Some(order),
                ..CodeListItem::default()
            });
        self.version.code_lists.push(CodeList {
            oid: oid.clone(),
            name: label.to_owned(),
            data_type: item.data_type,
            items: choices.collect(),
            ..CodeList::default()
        });
        self.code_lists.insert(key, oid.clone());
        Some(oid)
    }

    fn unit(&mut self, unit: &str) -> Option<kernel::UnitOid> {
        if unit.is_empty() {
            return None;
        }
        if let Some(known) = self.units.get(unit) {
            return Some(known.clone());
        }
        let oid = kernel::UnitOid::new(self.oids.unit(unit));
        self.version.units.push(UnitDef {
            oid: oid.clone(),
            name: unit.to_owned(),
            symbol: Texts::one("", unit),
            ..UnitDef::default()
        });
        self.units.insert(unit.to_owned(), oid.clone());
        Some(oid)
    }

    /// `20(4)`, `w(d)`: the greatest length, and the greatest number of decimals of a `REAL`.
    fn width(&mut self, row: &TemplateRow, data_type: DataType) -> (Option<u32>, Option<u32>) {
        let text = row.get("WIDTH_DECIMAL");
        if text.is_empty() {
            return (None, None);
        }
        let parts = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let number = |part: &str, none: &str| match part.trim() {
            part if part.eq_ignore_ascii_case(none) => Some(None),
            part => part.parse::<u32>().ok().map(Some),
        };
        let read = parts.and_then(|(w, d)| Some((number(w, "w")?, number(d, "d")?)));
        let Some((width, decimals)) = read else {
            self.say(
                Severity::Warning,
                row,
                "WIDTH_DECIMAL",
                format!("'{text}' is not of the form w(d)"),
            );
            return (None, None);
        };
        let is_real = data_type == DataType::Decimal;
        (width, decimals.filter(|_| is_real))
    }

    /// What is said of an item and not acted on.
    fn beside(&mut self, row: &TemplateRow, answered: Answered) {
        if row.get("PHI") == "1" {
            let text = "is protected health information: kept as an alias, not acted on";
            self.say(Severity::Note, row, "PHI", text);
        }
        if !row.get("DEFAULT_VALUE").is_empty() {
            self.say(Severity::Warning, row, "DEFAULT_VALUE", "is not set: an item starts blank");
        }
        if answered == Answered::Stamped {
            let column = "RESPONSE_VALUES_OR_CALCULATIONS";
            self.say(Severity::Warning, row, column, "is not stamped: the value is entered");
        }
    }
}

fn data_type(said: &str, answered: Answered) -> Option<DataType> {
    let data_type = match said.to_uppercase().as_str() {
        "ST" => DataType::Text,
        "INT" => DataType::Integer,
        "REAL" => DataType::Decimal,
        "DATE" => DataType::Date,
        "PDATE" => DataType::PartialDate,
        "FILE" => DataType::File,
        _ => return None,
    };
    let is_file = data_type == DataType::File;
    (is_file == (answered == Answered::File)).then_some(data_type)
}

/// That an item is protected health information.
fn phi(row: &TemplateRow) -> Vec<Alias> {
    if row.get("PHI") != "1" {
        return Vec::new();
    }
    vec![Alias { context: "OpenClinica:PHI".to_owned(), name: "Yes".to_owned() }]
}
