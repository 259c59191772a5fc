//! From the text of a cell to the text of a value.

use std::collections::BTreeMap;

use jiff::{civil::Date, fmt::strtime};

/// What is done to a text that is not blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Conversion {
    /// Nothing: the text is kept as collected.
    #[default]
    None,
    /// A date in the first of these formats that fits.
    Date(Vec<DateFormat>),
    /// The coded value whose decode in this language is the text.
    Decode(String),
    /// The value for exactly this text.
    Map(BTreeMap<String, String>),
    Number(NumberForm),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum NumberForm {
    /// `63.0` and `063` are 63.
    Integer,
    /// Zeros in front go, digits behind the point stay.
    Decimal,
    /// Zeros at the end go, too.
    Shortest,
}

/// A format of dates: `%Y`, `%m`, `%d` and `%b` (an English month) with other characters between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateFormat {
    text: String,
    has_month: bool,
    has_day: bool,
}

impl DateFormat {
    /// Says what is wrong with a format.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut seen = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                continue;
            }
            match characters.next() {
                Some(directive @ ('Y' | 'm' | 'd' | 'b')) if !seen.contains(&directive) => {
                    seen.push(directive);
                }
                Some(directive) => {
                    return Err(format!("'%{directive}' cannot stand in the date format '{text}'"));
                }
                None => return Err(format!("the date format '{text}' ends with a lone '%'")),
            }
        }
        let has = |directive| seen.contains(&directive);
        let (has_month, has_day) = (has('m') || has('b'), has('d'));
        if !has('Y') || (has('m') && has('b')) || (has_day && !has_month) {
            return Err(format!(
                "the date format '{text}' names no date: it needs %Y, and %m or %b before %d"
            ));
        }
        Ok(Self { text: text.to_owned(), has_month, has_day })
    }

    /// The ISO 8601 date of a text that has this format, as far as the format goes.
    fn read(&self, text: &str) -> Option<String> {
        let read = strtime::parse(&self.text, text).ok()?;
        let year = read.year().filter(|year| (1000..=9999).contains(year))?;
        let month = if self.has_month { read.month()? } else { 1 };
        let day = if self.has_day { read.day()? } else { 1 };
        Date::new(year, month, day).ok()?;
        Some(match (self.has_month, self.has_day) {
            (true, true) => format!("{year:04}-{month:02}-{day:02}"),
            (true, false) => format!("{year:04}-{month:02}"),
            _ => format!("{year:04}"),
        })
    }
}

/// The date of a text in the first format that fits all of it.
pub(super) fn date(formats: &[DateFormat], text: &str) -> Result<String, String> {
    formats.iter().find_map(|format| format.read(text.trim())).ok_or_else(|| {
        let known: Vec<&str> = formats.iter().map(|format| format.text.as_str()).collect();
        format!("'{text}' is no date of the form {}", known.join(" or "))
    })
}

/// The canonical text of a decimal number. The value stays the same, digit by digit.
pub(super) fn number(form: NumberForm, text: &str) -> Result<String, String> {
    let trimmed = text.trim();
    let (sign, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || !all_digits(whole) || !all_digits(decimals) {
        return Err(format!("'{text}' is not a number"));
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let decimals = match form {
        NumberForm::Decimal => decimals,
        NumberForm::Shortest => decimals.trim_end_matches('0'),
        NumberForm::Integer => match decimals.trim_end_matches('0') {
            "" => "",
            _ => return Err(format!("'{text}' is not a whole number")),
        },
    };
    let is_zero = whole == "0" && decimals.bytes().all(|byte| byte == b'0');
    let sign = if is_zero { "" } else { sign };
    let point = if decimals.is_empty() { "" } else { "." };
    Ok(format!("{sign}{whole}{point}{decimals}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(texts: &[&str]) -> Vec<DateFormat> {
        texts.iter().map(|text| DateFormat::parse(text).unwrap()).collect()
    }

    #[test]
    fn dates_are_read_as_far_as_their_format_goes() {
        let read = |texts: &[&str], text| date(&formats(texts), text).ok();
        assert_eq!(read(&["%d-%b-%Y"], "26-Dec-2013").as_deref(), Some("2013-12-26"));
        assert_eq!(read(&["%d-%b-%Y"], "1-JAN-2014").as_deref(), Some("2014-01-01"));
        assert_eq!(read(&["%m/%d/%Y", "%Y"], "2013").as_deref(), Some("2013"));
        assert_eq!(read(&["%m/%Y"], "07/2013").as_deref(), Some("2013-07"));
        for (format, text) in [
            ("%m/%d/%Y", "02/30/2014"),
            ("%m/%d/%Y", "13/01/2014"),
            ("%m/%d/%Y", "01/02/14"),
            ("%d-%b-%Y", "26-Dec-2013 10:00"),
            ("%Y", "13"),
        ] {
            assert_eq!(read(&[format], text), None, "{format} {text}");
        }
    }

    #[test]
    fn a_format_that_names_no_date_is_refused() {
        for format in ["%d", "%d/%Y", "%m/%b/%Y", "%H:%M", "%Y%", "%Y-%Y", "%y"] {
            assert!(DateFormat::parse(format).is_err(), "{format}");
        }
    }

    #[test]
    fn numbers_lose_only_what_the_form_says() {
        use NumberForm as F;
        let cases = [
            (F::Integer, "63.0", Ok("63")),
            (F::Integer, "063", Ok("63")),
            (F::Integer, "-0.00", Ok("0")),
            (F::Integer, "63.5", Err("'63.5' is not a whole number")),
            (F::Decimal, "067.0", Ok("67.0")),
            (F::Decimal, ".5", Ok("0.5")),
            (F::Decimal, "-.50", Ok("-0.50")),
            (F::Decimal, "+5.", Ok("5")),
            (F::Shortest, "54.0", Ok("54")),
            (F::Shortest, "100", Ok("100")),
            (F::Shortest, "0.10", Ok("0.1")),
            (F::Decimal, "1e5", Err("'1e5' is not a number")),
            (F::Decimal, "<5", Err("'<5' is not a number")),
            (F::Decimal, "1,000", Err("'1,000' is not a number")),
            (F::Decimal, "--1", Err("'--1' is not a number")),
            (F::Decimal, ".", Err("'.' is not a number")),
        ];
        for (form, text, expected) in cases {
            let read = number(form, text);
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{form:?} {text}");
        }
    }
}
