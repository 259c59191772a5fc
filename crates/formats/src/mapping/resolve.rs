//! A mapping tied to the columns of a table and to a study: names become places and OIDs.

use std::{collections::HashMap, sync::Arc};

use kernel::{
    ItemGroupOid, ItemOid,
    study::{CodeList, Design, ItemDef},
};

use super::{
    convert::{self, Conversion},
    rule::{Cell, Condition, Reading, Repeat, Source},
};

/// Where each column stands.
pub(super) struct ColumnPlaces {
    places: HashMap<String, usize>,
}

impl ColumnPlaces {
    pub(super) fn new<'c>(columns: impl Iterator<Item = &'c String>) -> Self {
        Self { places: columns.enumerate().map(|(at, name)| (name.clone(), at)).collect() }
    }

    /// The place of a column, or the name of a column that is not there.
    pub(super) fn find(&self, column: &str) -> Result<usize, String> {
        self.places.get(column).copied().ok_or_else(|| format!("there is no column '{column}'"))
    }
}

/// A cell of which the column is found.
#[derive(Clone, Debug)]
pub(super) struct BoundCell {
    at: Option<usize>,
    value: String,
    strip_prefix: Option<String>,
    before: Option<String>,
    prefix: Option<String>,
    pub(super) column: Arc<str>,
}

impl BoundCell {
    pub(super) fn new(cell: &Cell, columns: &ColumnPlaces) -> Result<Self, String> {
        let (at, value, column) = match &cell.source {
            Source::Column(column) => (Some(columns.find(column)?), "", column.as_str()),
            Source::Value(value) => (None, value.as_str(), ""),
        };
        Ok(Self {
            at,
            value: value.to_owned(),
            strip_prefix: cell.strip_prefix.clone(),
            before: cell.before.clone(),
            prefix: cell.prefix.clone(),
            column: column.into(),
        })
    }

    /// The text of the cell in a row; a blank one stays blank, whatever is asked.
    pub(super) fn text(&self, row: &[String]) -> Result<String, String> {
        let mut text = self.at.map_or(self.value.as_str(), |at| row[at].as_str());
        if text.trim().is_empty() {
            return Ok(String::new());
        }
        if let Some(prefix) = &self.strip_prefix {
            text = text.strip_prefix(prefix.as_str()).ok_or_else(|| {
                format!("{}: '{text}' does not start with '{prefix}'", self.column)
            })?;
        }
        if let Some(separator) = &self.before {
            (text, _) = text
                .split_once(separator.as_str())
                .ok_or_else(|| format!("{}: '{text}' has no '{separator}'", self.column))?;
        }
        Ok(match &self.prefix {
            Some(prefix) => format!("{prefix}{text}"),
            None => text.to_owned(),
        })
    }

    /// The text of a cell that names something, and so may not be blank.
    pub(super) fn key(&self, row: &[String], what: &str) -> Result<String, String> {
        match self.text(row)? {
            blank if blank.is_empty() => Err(format!("{}: the {what} is blank", self.column)),
            text => Ok(text),
        }
    }
}

pub(super) struct BoundCondition {
    at: usize,
    pub(super) condition: Condition,
}

impl BoundCondition {
    pub(super) fn new(condition: &Condition, columns: &ColumnPlaces) -> Result<Self, String> {
        Ok(Self { at: columns.find(&condition.column)?, condition: condition.clone() })
    }

    pub(super) fn holds(&self, row: &[String]) -> bool {
        self.condition.test.holds(&row[self.at])
    }
}

/// A repeat key.
#[derive(Clone, Debug)]
pub(super) enum BoundRepeat {
    /// Of what does not repeat.
    First,
    Row,
    Cell(BoundCell),
}

impl BoundRepeat {
    pub(super) fn new(repeat: Option<&Repeat>, columns: &ColumnPlaces) -> Result<Self, String> {
        Ok(match repeat {
            None => Self::First,
            Some(Repeat::Row) => Self::Row,
            Some(Repeat::Cell(cell)) => Self::Cell(BoundCell::new(cell, columns)?),
        })
    }
}

/// An item of a group, with how its cell is read.
pub(super) struct BoundItem {
    pub(super) cell: BoundCell,
    pub(super) group: ItemGroupOid,
    pub(super) item: ItemOid,
    pub(super) reading: BoundReading,
}

/// How a text is read: a [`Reading`] whose columns and code list are found.
pub(super) struct BoundReading {
    rule: Reading,
    /// Decodes and their coded values.
    codes: HashMap<String, String>,
    reason_at: Option<usize>,
}

/// What a cell gives: a value, a reason, or nothing.
pub(super) type Read = Option<super::Given>;

impl BoundReading {
    pub(super) fn new(
        rule: &Reading,
        item: Option<&ItemDef>,
        design: &Design,
        columns: &ColumnPlaces,
    ) -> Result<Self, String> {
        let codes = match (&rule.conversion, item) {
            (Conversion::Decode(language), Some(item)) => decodes(item, design, language)?,
            _ => HashMap::new(),
        };
        let reason_at = rule.missing_by.as_ref().map(|by| columns.find(&by.column)).transpose()?;
        Ok(Self { rule: rule.clone(), codes, reason_at })
    }

    /// Reads the text of a cell.
    pub(super) fn read(&self, text: String, row: &[String]) -> Result<Read, String> {
        if text.is_empty() {
            return self.reason(row);
        }
        if let Some(reason) = self.rule.missing.get(&text) {
            return Ok(Some(super::Given::Missing(*reason)));
        }
        let converted = match &self.rule.conversion {
            Conversion::None => text,
            Conversion::Date(formats) => convert::date(formats, &text)?,
            Conversion::Number(form) => convert::number(*form, &text)?,
            Conversion::Map(map) => {
                map.get(&text).cloned().ok_or_else(|| format!("'{text}' is not in the map"))?
            }
            Conversion::Decode(language) => self.codes.get(&text).cloned().ok_or_else(|| {
                format!("'{text}' is no decode ({language}) of the item's code list")
            })?,
        };
        Ok(Some(super::Given::Text(converted)))
    }

    /// Why a blank cell is blank, if another column says it.
    fn reason(&self, row: &[String]) -> Result<Read, String> {
        let (Some(at), Some(by)) = (self.reason_at, &self.rule.missing_by) else {
            return Ok(None);
        };
        let text = row[at].as_str();
        if text.trim().is_empty() {
            return Ok(None);
        }
        let reason = by.reasons.get(text).ok_or_else(|| {
            format!("{}: '{text}' is not in the map of reasons for missing", by.column)
        })?;
        Ok(Some(super::Given::Missing(*reason)))
    }
}

/// The coded value of each decode of an item's code list in one language.
pub(super) fn decodes(
    item: &ItemDef,
    design: &Design,
    language: &str,
) -> Result<HashMap<String, String>, String> {
    let list: Option<&CodeList> = item.code_list.as_ref().and_then(|oid| design.code_list(oid));
    let list = list.ok_or_else(|| format!("the item {} has no code list to decode", item.oid))?;
    let mut codes = HashMap::new();
    for entry in &list.items {
        let Some(decode) = entry.decode.in_lang(language) else { continue };
        let earlier = codes.insert(decode.to_owned(), entry.coded_value.clone());
        if earlier.is_some_and(|earlier| earlier != entry.coded_value) {
            return Err(format!("two codes of {} have the decode '{decode}'", list.oid));
        }
    }
    if codes.is_empty() {
        return Err(format!("the code list {} has no decodes", list.oid));
    }
    Ok(codes)
}
