//! A mapping file as written. An unknown key is an error.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer,
    },
};
use toml::Spanned;

use crate::mapping::{Creates, TomlPlaces, convert::NumberForm};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMapping {
    #[serde(default)]
    pub(super) creates: Creates,
    pub(super) study: RawStudy,
    pub(super) subject: Spanned<RawCell>,
    pub(super) site: Option<Spanned<RawCell>>,
    pub(super) event: Option<Spanned<RawEvent>>,
    pub(super) form: Option<Spanned<RawForm>>,
    pub(super) group: Option<String>,
    #[serde(default)]
    pub(super) repeat: BTreeMap<String, Spanned<RawRepeat>>,
    pub(super) encoding: Option<Spanned<String>>,
    pub(super) sheet: Option<String>,
    #[serde(default)]
    pub(super) item: Vec<Spanned<RawItem>>,
    pub(super) pivot: Option<Spanned<RawPivot>>,
    #[serde(default, rename = "where")]
    pub(super) conditions: Vec<Spanned<RawCondition>>,
    #[serde(default)]
    pub(super) join: Vec<Spanned<RawJoin>>,
    #[serde(default)]
    pub(super) unused: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) milestone: Vec<Spanned<RawMilestone>>,
}

impl RawMapping {
    /// A key that only records have, and its line.
    pub(super) fn first_record_key(&self, places: &TomlPlaces) -> Option<(&'static str, u32)> {
        let line = |start| places.line(start);
        let event = self.event.as_ref().map(|event| ("event", line(event.span().start)));
        let form = self.form.as_ref().map(|form| ("form", line(form.span().start)));
        let item = self.item.first().map(|item| ("item", line(item.span().start)));
        let pivot = self.pivot.as_ref().map(|pivot| ("pivot", line(pivot.span().start)));
        event.or(form).or(item).or(pivot)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStudy {
    pub(super) column: Option<String>,
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCell {
    pub(super) column: Option<String>,
    pub(super) value: Option<String>,
    pub(super) strip_prefix: Option<String>,
    pub(super) before: Option<String>,
    pub(super) prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvent {
    column: Option<String>,
    value: Option<String>,
    strip_prefix: Option<String>,
    before: Option<String>,
    prefix: Option<String>,
    pub(super) map: Option<Spanned<RawEvents>>,
}

impl RawEvent {
    pub(super) fn cell(&self) -> RawCell {
        RawCell {
            column: self.column.clone(),
            value: self.value.clone(),
            strip_prefix: self.strip_prefix.clone(),
            before: self.before.clone(),
            prefix: self.prefix.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    column: Option<String>,
    value: Option<String>,
    strip_prefix: Option<String>,
    before: Option<String>,
    prefix: Option<String>,
    pub(super) repeat: Option<Spanned<RawRepeat>>,
}

impl RawForm {
    pub(super) fn cell(&self) -> RawCell {
        RawCell {
            column: self.column.clone(),
            value: self.value.clone(),
            strip_prefix: self.strip_prefix.clone(),
            before: self.before.clone(),
            prefix: self.prefix.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    column: Option<String>,
    value: Option<String>,
    strip_prefix: Option<String>,
    before: Option<String>,
    prefix: Option<String>,
    pub(super) item: String,
    pub(super) group: Option<String>,
    date: Option<OneOrMore>,
    decode: Option<String>,
    map: Option<BTreeMap<String, String>>,
    number: Option<NumberForm>,
    #[serde(default)]
    missing: BTreeMap<String, String>,
    missing_by: Option<RawMissingBy>,
}

impl RawItem {
    pub(super) fn cell(&self) -> RawCell {
        RawCell {
            column: self.column.clone(),
            value: self.value.clone(),
            strip_prefix: self.strip_prefix.clone(),
            before: self.before.clone(),
            prefix: self.prefix.clone(),
        }
    }

    pub(super) fn reading(&self) -> RawReading<'_> {
        RawReading {
            date: self.date.as_ref(),
            decode: self.decode.as_ref(),
            map: self.map.as_ref(),
            number: self.number,
            missing: &self.missing,
            missing_by: self.missing_by.as_ref(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPivot {
    pub(super) test: String,
    pub(super) value: String,
    pub(super) item: String,
    date: Option<OneOrMore>,
    decode: Option<String>,
    map: Option<BTreeMap<String, String>>,
    number: Option<NumberForm>,
    #[serde(default)]
    missing: BTreeMap<String, String>,
    missing_by: Option<RawMissingBy>,
}

impl RawPivot {
    pub(super) fn reading(&self) -> RawReading<'_> {
        RawReading {
            date: self.date.as_ref(),
            decode: self.decode.as_ref(),
            map: self.map.as_ref(),
            number: self.number,
            missing: &self.missing,
            missing_by: self.missing_by.as_ref(),
        }
    }
}

/// How a cell is read, wherever it stands.
pub(super) struct RawReading<'a> {
    pub(super) date: Option<&'a OneOrMore>,
    pub(super) decode: Option<&'a String>,
    pub(super) map: Option<&'a BTreeMap<String, String>>,
    pub(super) number: Option<NumberForm>,
    pub(super) missing: &'a BTreeMap<String, String>,
    pub(super) missing_by: Option<&'a RawMissingBy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMissingBy {
    pub(super) column: String,
    pub(super) map: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCondition {
    pub(super) column: String,
    #[serde(rename = "in")]
    pub(super) among: Option<Vec<String>>,
    #[serde(rename = "not_in")]
    pub(super) not_among: Option<Vec<String>>,
    pub(super) blank: Option<bool>,
    pub(super) not_blank: Option<bool>,
    pub(super) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJoin {
    pub(super) file: String,
    pub(super) sheet: Option<String>,
    pub(super) on: BTreeMap<String, String>,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMilestone {
    pub(super) name: String,
    pub(super) date: RawDate,
    pub(super) when: Option<Spanned<RawCondition>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDate {
    column: Option<String>,
    value: Option<String>,
    strip_prefix: Option<String>,
    before: Option<String>,
    prefix: Option<String>,
    pub(super) date: Option<OneOrMore>,
}

impl RawDate {
    pub(super) fn cell(&self) -> RawCell {
        RawCell {
            column: self.column.clone(),
            value: self.value.clone(),
            strip_prefix: self.strip_prefix.clone(),
            before: self.before.clone(),
            prefix: self.prefix.clone(),
        }
    }
}

/// A text, or a list of texts.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMore(Vec<String>);

impl OneOrMore {
    pub(crate) fn texts(&self) -> &[String] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, texts: A) -> Result<OneOrMore, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(texts)).map(OneOrMore)
            }
        }
        deserializer.deserialize_any(Texts)
    }
}

/// A word such as `row`, or a cell.
#[derive(Debug)]
pub(super) enum RawRepeat {
    Word(String),
    Cell(RawCell),
}

impl<'de> Deserialize<'de> for RawRepeat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Repeat;
        impl<'de> Visitor<'de> for Repeat {
            type Value = RawRepeat;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"row\" or a cell")
            }

            fn visit_str<E>(self, word: &str) -> Result<RawRepeat, E> {
                Ok(RawRepeat::Word(word.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, cell: A) -> Result<RawRepeat, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(cell)).map(RawRepeat::Cell)
            }
        }
        deserializer.deserialize_any(Repeat)
    }
}

/// The name of a file beside the mapping, or a table of texts to events.
#[derive(Debug)]
pub(super) enum RawEvents {
    Beside(String),
    Here(BTreeMap<String, String>),
}

impl<'de> Deserialize<'de> for RawEvents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Events;
        impl<'de> Visitor<'de> for Events {
            type Value = RawEvents;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a TOML file or a table of texts to events")
            }

            fn visit_str<E>(self, name: &str) -> Result<RawEvents, E> {
                Ok(RawEvents::Beside(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<RawEvents, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(pairs)).map(RawEvents::Here)
            }
        }
        deserializer.deserialize_any(Events)
    }
}
