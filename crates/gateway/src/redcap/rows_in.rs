//! The rows of an import: CSV, JSON or XML as `data`.

use formats::{
    redcap::xml_items,
    table::{CsvTable, Table as _, TextEncoding},
};
use serde_json::Value;

use super::{
    fault::Fault,
    form::{Form, Shape},
};

/// A row by the names of its columns.
pub(super) type NamedRow = Vec<(String, String)>;

/// The most rows of one call.
const MOST_ROWS: usize = 200_000;

pub(super) fn rows(form: &Form) -> Result<Vec<NamedRow>, Fault> {
    let data = form.raw("data").unwrap_or_default();
    let rows = match form.shape()? {
        Shape::Csv => csv(data, form.delimiter()?),
        Shape::Json => json(data),
        Shape::Xml => xml_items(data).map_err(|error| Fault::invalid(error.to_string())),
    }?;
    if rows.len() > MOST_ROWS {
        return Err(Fault::invalid(format!("more than {MOST_ROWS} rows; send them in parts")));
    }
    Ok(rows)
}

fn csv(data: &str, delimiter: u8) -> Result<Vec<NamedRow>, Fault> {
    let wrong = |error: formats::FormatError| Fault::invalid(error.to_string());
    let input = std::io::Cursor::new(data.as_bytes().to_vec());
    let table = CsvTable::open(input, "data", TextEncoding::UTF_8, delimiter);
    let mut table = table.map_err(wrong)?;
    let columns = table.columns().to_vec();
    let mut rows = Vec::new();
    while let Some(row) = table.next_row().map_err(wrong)? {
        rows.push(columns.iter().cloned().zip(row.cells).collect());
    }
    Ok(rows)
}

fn json(data: &str) -> Result<Vec<NamedRow>, Fault> {
    let read: Value = serde_json::from_str(data)
        .map_err(|error| Fault::invalid(format!("the JSON cannot be read: {error}")))?;
    let objects = match read {
        Value::Array(objects) => objects,
        one @ Value::Object(_) => vec![one],
        _ => return Err(Fault::invalid("the JSON is no list of objects")),
    };
    objects
        .into_iter()
        .map(|object| {
            let Value::Object(object) = object else {
                return Err(Fault::invalid("the JSON is no list of objects"));
            };
            object
                .into_iter()
                .map(|(name, value)| {
                    let text = match value {
                        Value::Null => String::new(),
                        Value::String(text) => text,
                        Value::Bool(is) => u8::from(is).to_string(),
                        Value::Number(number) => number.to_string(),
                        _ => return Err(Fault::invalid(format!("'{name}' is no single value"))),
                    };
                    Ok((name, text))
                })
                .collect()
        })
        .collect()
}
