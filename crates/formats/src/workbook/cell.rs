//! What a cell holds, as text.

use calamine::{DataRef, Style};

use super::serial::{self, Shown};
use crate::xpt;

/// The text of a cell; empty for one without a value. Numbers are the shortest decimals that agree to 15
/// significant digits, which is as many as Excel keeps; booleans are `true` and `false`; dates are ISO
/// 8601. Says what is wrong with a cell that has no text.
pub(super) fn text(
    value: &DataRef<'_>,
    style: Option<&Style>,
    is_1904: bool,
) -> Result<String, String> {
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            plain(text)
        }
        DataRef::SharedString(text) => plain(text),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) if number.is_finite() => Ok(xpt::decimal(*number)),
        DataRef::Float(number) => Err(format!("{number} is no number")),
        DataRef::Bool(truth) => Ok(truth.to_string()),
        DataRef::DateTime(serial) if serial.is_duration() => serial::duration(serial.as_f64()),
        DataRef::DateTime(serial) => {
            let code = style.and_then(|style| style.number_format.as_ref());
            let shown = code.map_or_else(Shown::default, |one| Shown::of(&one.format_code));
            serial::date(serial.as_f64(), is_1904, shown)
        }
        DataRef::Error(error) => Err(error.to_string()),
    }
}

fn plain(text: &str) -> Result<String, String> {
    if text.contains('\0') { Err("a NUL byte".to_owned()) } else { Ok(text.to_owned()) }
}

/// The address of a cell, as Excel shows it: `C12`. Both count from 0.
pub(super) fn address(row: u32, column: u32) -> String {
    format!("{}{}", column_letters(column), row.saturating_add(1))
}

/// The letters of a column, which counts from 0.
pub(crate) fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column.saturating_add(1);
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_excel_shows() {
        assert_eq!(address(0, 0), "A1");
        assert_eq!(address(11, 25), "Z12");
        assert_eq!((address(0, 26), address(0, 16_383)), ("AA1".to_owned(), "XFD1".to_owned()));
    }
}
