//! What is written as its reader knows it: names in his language, decoded values, local times.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::{Timestamp, tz::TimeZone};
use kernel::{
    DataType, Datum, FormOid, ItemGroupOid, ItemOid, RepeatKey, StudyEventOid, Texts,
    casebook::{FormRecord, ItemKey, RecordKey, RowKey},
    study::{CodeListItem, Design, ItemGroupDef},
};

use super::words::Words;
use crate::export::{CasebookOut, StudyOut, VersionOut};

/// One casebook, and in which words it is written.
pub(super) struct Reader<'a> {
    pub study: &'a StudyOut<'a>,
    pub book: &'a CasebookOut<'a>,
    pub words: &'static Words,
    pub language: &'a str,
    /// That of the site.
    pub zone: Option<TimeZone>,
}

impl<'a> Reader<'a> {
    pub fn new(
        study: &'a StudyOut<'a>,
        book: &'a CasebookOut<'a>,
        words: &'static Words,
        language: &'a str,
    ) -> Self {
        let zone = TimeZone::get(book.site.time_zone).ok();
        Self { study, book, words, language, zone }
    }

    pub fn design(&self) -> &'a Design {
        self.study.design
    }

    /// A text of the study in the language; the name where it has none.
    pub fn text(&self, texts: &Texts, name: &str) -> String {
        let text = texts.in_lang(self.language).filter(|text| !text.trim().is_empty());
        text.unwrap_or(name).to_owned()
    }

    /// The name of a visit, with its repeat where it repeats.
    pub fn event(&self, event: &StudyEventOid, repeat: &RepeatKey) -> String {
        let def = self.design().event(event);
        let name = def.map(|def| self.text(&def.description, &def.name));
        let name = name.unwrap_or_else(|| event.to_string());
        let repeats = def.is_none_or(|def| def.repeating);
        repeated(name, repeat, repeats)
    }

    pub fn form(&self, form: &FormOid, repeat: &RepeatKey) -> String {
        let def = self.design().form(form);
        let name = def.map(|def| self.text(&def.description, &def.name));
        let name = name.unwrap_or_else(|| form.to_string());
        repeated(name, repeat, def.is_none_or(|def| def.repeating))
    }

    pub fn group(&self, group: &ItemGroupOid) -> String {
        let def = self.design().group(group);
        def.map_or_else(|| group.to_string(), |def| self.text(&def.description, &def.name))
    }

    /// The question of an item, else what describes it.
    pub fn item(&self, item: &ItemOid) -> String {
        let Some(def) = self.design().item(item) else { return item.to_string() };
        let description = self.text(&def.description, &def.name);
        self.text(&def.question, &description)
    }

    /// The item with its row, where the group has several.
    pub fn place(&self, row: &RowKey, item: &ItemOid) -> String {
        let repeats = self.design().group(&row.group).is_none_or(ItemGroupDef::repeats);
        if repeats {
            format!("{} [{} {}]", self.item(item), self.group(&row.group), row.repeat)
        } else {
            self.item(item)
        }
    }

    pub fn item_place(&self, key: &ItemKey) -> String {
        self.place(&key.row, &key.item)
    }

    /// What an item holds, decoded and with its unit; nothing for a blank.
    pub fn value(&self, item: &ItemOid, datum: Option<&Datum>) -> String {
        let Some(datum) = datum else { return String::new() };
        let Datum::Value { text, unit } = datum else {
            let Datum::Missing(reason) = datum else { return String::new() };
            return format!("{}: {}", self.words.missing, self.words.missing_reason(*reason));
        };
        let Some(def) = self.design().item(item) else { return text.to_string() };
        let mut shown = match def.data_type {
            DataType::Boolean => self.boolean(text),
            _ => self.decoded(item, text),
        };
        let unit = unit.as_ref().or(def.units.first().filter(|_| def.units.len() == 1));
        if let Some(unit) = unit {
            let known = self.design().unit(unit);
            let symbol = known.map(|unit| self.text(&unit.symbol, &unit.name));
            let _ = write!(shown, " {}", symbol.unwrap_or_else(|| unit.to_string()));
        }
        shown
    }

    fn boolean(&self, text: &str) -> String {
        let word = if text == "true" { self.words.yes } else { self.words.no };
        format!("{word} [{text}]")
    }

    /// The text of a code, and the code where it is another.
    fn decoded(&self, item: &ItemOid, code: &str) -> String {
        let list = self.design().item(item).and_then(|def| def.code_list.as_ref());
        let list = list.and_then(|list| self.design().code_list(list));
        let is_it = |one: &&CodeListItem| one.coded_value == code;
        let Some(found) = list.and_then(|list| list.items.iter().find(is_it)) else {
            return code.to_owned();
        };
        let text = self.text(&found.decode, code);
        if text == code { text } else { format!("{text} [{code}]") }
    }

    /// An instant in UTC, and as the clocks of the site had it.
    pub fn time(&self, at_ms: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(at_ms) else { return at_ms.to_string() };
        let utc = at.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string();
        match &self.zone {
            Some(zone) => {
                let local = at.to_zoned(zone.clone());
                format!("{utc} ({} {})", local.strftime("%Y-%m-%d %H:%M:%S %:z"), self.zone_name())
            }
            None => utc,
        }
    }

    pub fn zone_name(&self) -> &'a str {
        self.book.site.time_zone
    }

    /// A version of the study by its OID; by its hash where the study does not have it.
    pub fn version(&self, hash: &str) -> String {
        let known: Option<&VersionOut<'_>> =
            self.book.versions.iter().find(|version| version.hash == hash);
        let oid = known.map(|version| version.oid).filter(|oid| !oid.is_empty());
        oid.unwrap_or(hash).to_owned()
    }

    pub fn record(&self, key: &RecordKey) -> Option<&'a FormRecord> {
        self.book.casebook.record(key).map(AsRef::as_ref)
    }

    /// The rows of each group of a record, also those that were removed.
    pub fn rows(record: &FormRecord) -> BTreeMap<&ItemGroupOid, Vec<&RowKey>> {
        let mut rows: BTreeMap<&ItemGroupOid, Vec<&RowKey>> = BTreeMap::new();
        for key in record.rows.keys() {
            rows.entry(&key.group).or_default().push(key);
        }
        for keys in rows.values_mut() {
            keys.sort_by_key(|key| (key.repeat.as_str().len(), key.repeat.as_str()));
        }
        rows
    }
}

fn repeated(name: String, repeat: &RepeatKey, repeats: bool) -> String {
    if repeats || repeat.as_str() != "1" { format!("{name} ({repeat})") } else { name }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
