//! What a field of a dictionary is as an item: its type, and what its text must look like.

use kernel::DataType;

use super::{
    field::{Column, Field},
    logic::FieldType,
};

/// How a field is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub data_type: DataType,
    pub of: FieldType,
    pub decimals: Option<u32>,
    /// What the text must match.
    pub pattern: Option<&'static str>,
}

const fn text(pattern: Option<&'static str>) -> Shape {
    Shape { data_type: DataType::Text, of: FieldType::Text, decimals: None, pattern }
}

const fn number(decimals: Option<u32>) -> Shape {
    let (data_type, of) = (DataType::Decimal, FieldType::Number);
    Shape { data_type, of, decimals, pattern: None }
}

const fn typed(data_type: DataType, of: FieldType) -> Shape {
    Shape { data_type, of, decimals: None, pattern: None }
}

/// Validations whose value is a text of a certain form.
const PATTERNS: [(&str, &str); 15] = [
    ("email", "^[^@ ]+@[^@ ]+[.][^@ ]+$"),
    ("phone", "^[-+(). 0-9]{7,}( *(x|ext)[. ]*[0-9]+)?$"),
    ("phone_australia", "^[-+(). 0-9]{8,}$"),
    ("zipcode", "^[0-9]{5}(-[0-9]{4})?$"),
    ("postalcode_australia", "^[0-9]{4}$"),
    ("postalcode_canada", "^[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9]$"),
    ("postalcode_french", "^[0-9]{5}$"),
    ("postalcode_germany", "^[0-9]{5}$"),
    ("ssn", "^[0-9]{3}-[0-9]{2}-[0-9]{4}$"),
    ("mrn_10d", "^[0-9]{10}$"),
    ("mrn_generic", "^[-A-Za-z0-9_]+$"),
    ("vmrn", "^[0-9]{4,9}$"),
    ("alpha_only", "^[A-Za-z]+$"),
    ("time_mm_ss", "^[0-9]{1,2}:[0-5][0-9]$"),
    ("time_hh_mm_ss", "^[0-9]{2}:[0-5][0-9]:[0-5][0-9]$"),
];

impl Field {
    /// What its values are; `None` for what is not collected here (files, texts to be read).
    pub(super) fn shape(&self) -> Option<Shape> {
        Some(match self.kind() {
            "file" | "descriptive" | "signature" => return None,
            "checkbox" => typed(DataType::Boolean, FieldType::Truth),
            "calc" => number(None),
            "slider" => typed(DataType::Integer, FieldType::Number),
            "text" => validated(self.get(Column::Validation)).unwrap_or(text(None)),
            _ => text(None),
        })
    }

    /// Whether the dictionary names a validation that is not known here.
    pub(super) fn has_unknown_validation(&self) -> bool {
        let validation = self.get(Column::Validation);
        self.kind() == "text" && !validation.is_empty() && validated(validation).is_none()
    }

    pub(super) fn has_known_kind(&self) -> bool {
        const KINDS: [&str; 12] = [
            "text",
            "notes",
            "dropdown",
            "radio",
            "checkbox",
            "calc",
            "file",
            "descriptive",
            "slider",
            "yesno",
            "truefalse",
            "sql",
        ];
        KINDS.contains(&self.kind())
    }
}

fn validated(name: &str) -> Option<Shape> {
    if let Some((_, pattern)) = PATTERNS.iter().find(|(known, _)| *known == name) {
        return Some(text(Some(pattern)));
    }
    Some(match name {
        "date_ymd" | "date_mdy" | "date_dmy" => typed(DataType::Date, FieldType::Date),
        "time" | "time_hh_mm" => typed(DataType::Time, FieldType::Time),
        "integer" | "int" => typed(DataType::Integer, FieldType::Number),
        "number" | "float" | "number_comma_decimal" => number(None),
        _ if name.starts_with("datetime_") => typed(DataType::Datetime, FieldType::DateTime),
        _ => {
            let decimals = name.strip_prefix("number_")?;
            let decimals = decimals.strip_suffix("_comma_decimal").unwrap_or(decimals);
            number(Some(decimals.strip_suffix("dp")?.parse().ok()?))
        }
    })
}

/// A label without its markup.
pub(crate) fn plain_label(label: &str) -> String {
    if !label.contains(['<', '&']) {
        return label.trim().to_owned();
    }
    let mut plain = String::with_capacity(label.len());
    let mut rest = label;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let tag = &rest[at..];
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!".contains(c));
        if let Some(end) = tag.find('>').filter(|_| is_tag) {
            let breaks = ["<br", "<p", "</p", "<div", "</div", "<li", "<tr", "</tr"];
            if breaks.iter().any(|name| tag.to_ascii_lowercase().starts_with(name)) {
                plain.push(' ');
            }
            rest = &tag[end + 1..];
        } else {
            plain.push('<');
            rest = &tag[1..];
        }
    }
    plain.push_str(rest);
    let entities = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    for (entity, text) in entities {
        plain = plain.replace(entity, text);
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_loses_its_markup_and_keeps_its_words() {
        assert_eq!(plain_label("<b>Weight</b><br>in &lt;kg&gt;"), "Weight in <kg>");
        assert_eq!(plain_label("BMI < 30 & stable"), "BMI < 30 & stable");
    }

    #[test]
    fn a_number_says_its_decimals() {
        assert_eq!(validated("number_2dp_comma_decimal").unwrap().decimals, Some(2));
        assert_eq!(validated("number").unwrap().decimals, None);
        assert_eq!(validated("no_such"), None);
    }
}
