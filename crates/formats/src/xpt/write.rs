//! Writing transport files (SAS TS-140). Nothing is cut: what does not fit is refused.

use std::io::{self, Write};

use super::{
    Dataset, Field, Stamp, ValueFormat, Variable, VariableKind,
    blocks::BLOCK_BYTES,
    header::{DESCRIPTOR, LIBRARY, MEMBER, ROWS, VARIABLES},
    number,
};
use crate::table::TextEncoding;

/// The longest name of a dataset or variable, in bytes.
pub const MAX_NAME_BYTES: usize = 8;

/// The longest label, in bytes of the encoding.
pub const MAX_LABEL_BYTES: usize = 40;

/// The longest text of a cell, in bytes of the encoding.
pub const MAX_TEXT_BYTES: usize = 200;

/// The header counts variables with four digits.
const MAX_VARIABLES: usize = 9_999;

const ZEROS: [u8; 30] = [b'0'; 30];

/// Something does not fit a transport file of version 5.
#[derive(Debug, thiserror::Error)]
pub enum XptMisfit {
    #[error("'{0}' is not a name: 1 to 8 ASCII letters, digits and underscores, no digit first")]
    Name(String),
    #[error("the label of {name} has {bytes} bytes, at most 40 are allowed")]
    Label { name: String, bytes: usize },
    #[error("{variable} is {length} bytes wide; a text has 1 to 200, a number 2 to 8")]
    Length { variable: String, length: usize },
    #[error("there are {0} variables, at most 9999 are allowed")]
    Variables(usize),
    #[error("row {row}: the text of {variable} has {bytes} bytes, more than the variable")]
    Text { row: u64, variable: String, bytes: usize },
    #[error("{place}: a character is not in {encoding}")]
    Encoding { place: String, encoding: String },
    #[error("row {row}: the number of {variable} cannot be written exactly")]
    Number { row: u64, variable: String },
    #[error("row {row}: the value of {variable} is not of its kind")]
    Kind { row: u64, variable: String },
    #[error("row {row} has {fields} fields, the dataset has {variables} variables")]
    Fields { row: u64, fields: usize, variables: usize },
    #[error("writing failed")]
    Io(#[from] io::Error),
}

/// Writes a library of datasets, row by row.
#[derive(Debug)]
pub struct XptWriter<W> {
    out: W,
    encoding: TextEncoding,
    /// The dataset that is open.
    dataset: Dataset,
    /// Bytes of its rows.
    bytes: u64,
    rows: u64,
    row: Vec<u8>,
}

impl<W: Write> XptWriter<W> {
    /// Starts a library.
    pub fn create(mut out: W, stamp: &Stamp, encoding: TextEncoding) -> Result<Self, XptMisfit> {
        out.write_all(&library_header(stamp))?;
        let dataset = Dataset::default();
        Ok(Self { out, encoding, dataset, bytes: 0, rows: 0, row: Vec::new() })
    }

    /// Ends the dataset before, if there is one, and starts another.
    pub fn dataset(&mut self, dataset: &Dataset) -> Result<(), XptMisfit> {
        self.end()?;
        self.out.write_all(&dataset_header(dataset, self.encoding)?)?;
        self.dataset.clone_from(dataset);
        Ok(())
    }

    /// Writes a row, one field for each variable.
    pub fn row(&mut self, fields: &[Field]) -> Result<(), XptMisfit> {
        let row = self.rows + 1;
        let (fields_given, variables) = (fields.len(), self.dataset.variables.len());
        if fields_given != variables {
            return Err(XptMisfit::Fields { row, fields: fields_given, variables });
        }
        self.row.clear();
        for (variable, field) in self.dataset.variables.iter().zip(fields) {
            push_field(&mut self.row, row, variable, field, self.encoding)?;
        }
        self.rows = row;
        self.bytes += self.row.len() as u64;
        self.out.write_all(&self.row)?;
        Ok(())
    }

    /// Ends the last dataset and gives back what was written to.
    pub fn finish(mut self) -> Result<W, XptMisfit> {
        self.end()?;
        Ok(self.out)
    }

    fn end(&mut self) -> Result<(), XptMisfit> {
        self.out.write_all(&[b' '; BLOCK_BYTES][..padding(self.bytes)])?;
        (self.bytes, self.rows) = (0, 0);
        Ok(())
    }
}

/// How many blanks fill the last record behind so many bytes.
pub(crate) fn padding(bytes: u64) -> usize {
    let rest = usize::try_from(bytes % BLOCK_BYTES as u64).unwrap_or(0);
    (BLOCK_BYTES - rest) % BLOCK_BYTES
}

/// The eight bytes of a number, or of the letter of a missing one.
pub(crate) fn number_bytes(field: &Field) -> Option<[u8; 8]> {
    match field {
        Field::Number(value) => number::write(*value),
        Field::Missing(letter) => number::missing(*letter),
        Field::Text(_) => None,
    }
}

fn push_field(
    into: &mut Vec<u8>,
    row: u64,
    variable: &Variable,
    field: &Field,
    encoding: TextEncoding,
) -> Result<(), XptMisfit> {
    let name = || variable.name.clone();
    match (variable.kind, field) {
        (VariableKind::Number, Field::Number(_) | Field::Missing(_)) => {
            let bytes = number_bytes(field).filter(|bytes| {
                bytes[variable.length.min(bytes.len())..].iter().all(|byte| *byte == 0)
            });
            let bytes = bytes.ok_or_else(|| XptMisfit::Number { row, variable: name() })?;
            into.extend_from_slice(&bytes[..variable.length]);
        }
        (VariableKind::Text, Field::Text(text)) => {
            let bytes = encoding.encode(text).ok_or_else(|| XptMisfit::Encoding {
                place: format!("row {row}, {}", variable.name),
                encoding: encoding.to_string(),
            })?;
            if bytes.len() > variable.length {
                return Err(XptMisfit::Text { row, variable: name(), bytes: bytes.len() });
            }
            let end = into.len() + variable.length;
            into.extend_from_slice(&bytes);
            into.resize(end, b' ');
        }
        _ => return Err(XptMisfit::Kind { row, variable: name() }),
    }
    Ok(())
}

/// The three records that start a library.
pub(crate) fn library_header(stamp: &Stamp) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3 * BLOCK_BYTES);
    header(&mut bytes, LIBRARY, &ZEROS);
    bytes.extend_from_slice(b"SAS     SAS     SASLIB  ");
    push_stamp(&mut bytes, stamp);
    push_padded(&mut bytes, &as_bytes(&stamp.modified), BLOCK_BYTES);
    bytes
}

/// The records that start a dataset, up to its first row.
pub(crate) fn dataset_header(
    dataset: &Dataset,
    encoding: TextEncoding,
) -> Result<Vec<u8>, XptMisfit> {
    let variables = &dataset.variables;
    if variables.len() > MAX_VARIABLES {
        return Err(XptMisfit::Variables(variables.len()));
    }
    let mut bytes = Vec::with_capacity((10 + 2 * variables.len()) * BLOCK_BYTES);
    header(&mut bytes, MEMBER, b"000000000000000001600000000140");
    header(&mut bytes, DESCRIPTOR, &ZEROS);
    bytes.extend_from_slice(b"SAS     ");
    push_padded(&mut bytes, checked_name(&dataset.name)?, 8);
    bytes.extend_from_slice(b"SASDATA ");
    push_stamp(&mut bytes, &dataset.stamp);
    push_padded(&mut bytes, &as_bytes(&dataset.stamp.modified), 32);
    push_padded(&mut bytes, &label(&dataset.name, &dataset.label, encoding)?, MAX_LABEL_BYTES);
    push_padded(&mut bytes, &as_bytes(&dataset.kind), 8);
    let count = format!("000000{:04}{}", variables.len(), "0".repeat(20));
    header(&mut bytes, VARIABLES, count.as_bytes());
    let mut position = 0;
    for (number, variable) in (1..).zip(variables) {
        push_variable(&mut bytes, number, variable, position, encoding)?;
        position += variable.length;
    }
    let end = bytes.len() + padding(bytes.len() as u64);
    bytes.resize(end, b' ');
    header(&mut bytes, ROWS, &ZEROS);
    Ok(bytes)
}

/// A header record: its name, 30 digits, two blanks.
fn header(into: &mut Vec<u8>, name: &[u8], digits: &[u8]) {
    into.extend_from_slice(name);
    into.extend_from_slice(digits);
    into.extend_from_slice(b"  ");
}

/// Version, system and time of creation, 56 bytes.
fn push_stamp(into: &mut Vec<u8>, stamp: &Stamp) {
    push_padded(into, &as_bytes(&stamp.version), 8);
    push_padded(into, &as_bytes(&stamp.system), 8);
    into.extend_from_slice(&[b' '; 24]);
    push_padded(into, &as_bytes(&stamp.created), 16);
}

fn push_variable(
    into: &mut Vec<u8>,
    number: u16,
    variable: &Variable,
    position: usize,
    encoding: TextEncoding,
) -> Result<(), XptMisfit> {
    let (kind, allowed): (u16, _) = match variable.kind {
        VariableKind::Number => (1, 2..=8),
        VariableKind::Text => (2, 1..=MAX_TEXT_BYTES),
    };
    let misfit = || XptMisfit::Length { variable: variable.name.clone(), length: variable.length };
    if !allowed.contains(&variable.length) {
        return Err(misfit());
    }
    let length = u16::try_from(variable.length).map_err(|_| misfit())?;
    let position = u32::try_from(position).map_err(|_| misfit())?;
    for small in [kind, 0, length, number] {
        into.extend_from_slice(&small.to_be_bytes());
    }
    push_padded(into, checked_name(&variable.name)?, 8);
    push_padded(into, &label(&variable.name, &variable.label, encoding)?, MAX_LABEL_BYTES);
    push_format(into, &variable.format);
    into.extend_from_slice(&variable.format.justification.to_be_bytes());
    into.extend_from_slice(&[0, 0]);
    push_format(into, &variable.informat);
    into.extend_from_slice(&position.to_be_bytes());
    into.extend_from_slice(&[0; 52]);
    Ok(())
}

fn push_format(into: &mut Vec<u8>, format: &ValueFormat) {
    push_padded(into, &as_bytes(&format.name), 8);
    into.extend_from_slice(&format.width.to_be_bytes());
    into.extend_from_slice(&format.decimals.to_be_bytes());
}

fn checked_name(name: &str) -> Result<&[u8], XptMisfit> {
    let bytes = name.as_bytes();
    let is_valid = (1..=MAX_NAME_BYTES).contains(&bytes.len())
        && !bytes[0].is_ascii_digit()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if is_valid { Ok(bytes) } else { Err(XptMisfit::Name(name.to_owned())) }
}

fn label(name: &str, label: &str, encoding: TextEncoding) -> Result<Vec<u8>, XptMisfit> {
    let bytes = encoding.encode(label).ok_or_else(|| XptMisfit::Encoding {
        place: format!("the label of {name}"),
        encoding: encoding.to_string(),
    })?;
    if bytes.len() > MAX_LABEL_BYTES {
        return Err(XptMisfit::Label { name: name.to_owned(), bytes: bytes.len() });
    }
    Ok(bytes.into_owned())
}

/// What was read as the character of its number, one byte each.
fn as_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

/// Exactly so many bytes: filled with blanks.
fn push_padded(into: &mut Vec<u8>, bytes: &[u8], length: usize) {
    let end = into.len() + length;
    into.extend_from_slice(&bytes[..bytes.len().min(length)]);
    into.resize(end, b' ');
}
