//! The types of questions.

use kernel::DataType;

use crate::redcap::FieldType;

/// What a row of the survey is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Question {
        data_type: DataType,
        of: FieldType,
    },
    SelectOne(String),
    SelectMultiple(String),
    Acknowledge,
    Calculate,
    /// A text to be read.
    Note,
    BeginGroup,
    EndGroup,
    BeginRepeat,
    EndRepeat,
    /// Filled by the device, of no use here.
    Metadata,
    /// A recording, a place, or something else that is not collected here.
    NotCollected,
    /// Not known.
    Unknown,
}

const METADATA: [&str; 12] = [
    "start",
    "end",
    "today",
    "deviceid",
    "subscriberid",
    "simserial",
    "phonenumber",
    "username",
    "email",
    "audit",
    "start-geopoint",
    "instanceid",
];

const NOT_COLLECTED: [&str; 8] = [
    "audio",
    "video",
    "geopoint",
    "geotrace",
    "geoshape",
    "xml-external",
    "csv-external",
    "background-audio",
];

/// Reads the `type` of a row.
pub(super) fn kind(text: &str) -> RowKind {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some(first) = words.first() else { return RowKind::Unknown };
    let list = words.get(1).map_or_else(String::new, |list| (*list).to_owned());
    let typed = |data_type, of| RowKind::Question { data_type, of };
    let lower = first.to_lowercase();
    let whole = text.trim().to_lowercase().replace(['_', '-'], " ");
    match whole.as_str() {
        "begin group" => return RowKind::BeginGroup,
        "end group" => return RowKind::EndGroup,
        "begin repeat" => return RowKind::BeginRepeat,
        "end repeat" => return RowKind::EndRepeat,
        _ => {}
    }
    match lower.as_str() {
        "text" | "string" | "hidden" | "barcode" => typed(DataType::Text, FieldType::Text),
        "integer" | "int" => typed(DataType::Integer, FieldType::Number),
        "decimal" | "range" => typed(DataType::Decimal, FieldType::Number),
        "date" => typed(DataType::Date, FieldType::Date),
        "time" => typed(DataType::Time, FieldType::Time),
        "datetime" => typed(DataType::Datetime, FieldType::DateTime),
        "file" | "image" | "photo" => typed(DataType::File, FieldType::Text),
        "select_one" | "select1" => RowKind::SelectOne(list),
        "select_multiple" => RowKind::SelectMultiple(list),
        "acknowledge" | "trigger" => RowKind::Acknowledge,
        "calculate" => RowKind::Calculate,
        "note" => RowKind::Note,
        other if METADATA.contains(&other) => RowKind::Metadata,
        other if NOT_COLLECTED.contains(&other) => RowKind::NotCollected,
        _ => RowKind::Unknown,
    }
}

/// A name of a question as an item name: what expressions cannot name becomes an underscore.
pub(crate) fn item_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The item of one choice of a question with several.
pub(super) fn choice_item(name: &str, code: &str) -> String {
    item_name(&format!("{name}___{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_in_its_spellings() {
        assert_eq!(kind("select_one yes_no or_other"), RowKind::SelectOne("yes_no".to_owned()));
        assert_eq!(kind("begin_repeat"), RowKind::BeginRepeat);
        assert_eq!(kind("Begin group"), RowKind::BeginGroup);
        assert_eq!(kind("dateTime"), kind("datetime"));
        assert_eq!(kind("geopoint"), RowKind::NotCollected);
        assert_eq!(kind("telepathy"), RowKind::Unknown);
        assert_eq!(choice_item("how", "by-car"), "how___by_car");
    }
}
