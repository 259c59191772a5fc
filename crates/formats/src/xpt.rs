//! SAS transport files of version 5 (SAS TS-140), the form in which authorities take datasets.
//!
//! [`XptReader`] streams the rows of one dataset after the other with the memory of one row. A
//! number is read exactly, and its text has the 15 digits that SAS vouches for; text is decoded from
//! the encoding that the caller names, for the file does not say it.
//!
//! A file does not say how many rows it has either: it is padded with blanks to a multiple of 80
//! bytes. A row of blanks at the end counts as padding only if it can be padding.

mod blocks;
mod header;
mod number;
mod write;

use std::io::Read;

pub(crate) use self::number::decimal;
pub use self::write::{MAX_LABEL_BYTES, MAX_NAME_BYTES, MAX_TEXT_BYTES, XptMisfit, XptWriter};
pub(crate) use self::write::{dataset_header, library_header, number_bytes, padding};
use self::{
    blocks::{BLOCK_BYTES, Block, Blocks},
    number::Number,
};
use crate::{FormatError, table::TextEncoding};

/// What a transport file says of one dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataset {
    pub name: String,
    pub label: String,
    /// The type of the dataset, for instance `CORR`; empty for one of rows.
    pub kind: String,
    pub stamp: Stamp,
    pub variables: Vec<Variable>,
}

/// Where in a row the variables are.
#[derive(Debug)]
struct Layout {
    row_bytes: usize,
    positions: Vec<usize>,
}

/// Which program wrote, where and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The version of the program, at most 8 bytes.
    pub version: String,
    /// The operating system, at most 8 bytes.
    pub system: String,
    /// As `01JAN14:00:00:00`.
    pub created: String,
    pub modified: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub label: String,
    /// How SAS shows the values.
    pub format: ValueFormat,
    /// How SAS read the values.
    pub informat: ValueFormat,
    pub kind: VariableKind,
    /// In bytes.
    pub length: usize,
}

/// A SAS format, for instance `DATE9.`; without a name for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueFormat {
    pub name: String,
    pub width: u16,
    pub decimals: u16,
    /// 1 for right.
    pub justification: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VariableKind {
    Number,
    #[default]
    Text,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Text(String),
    Number(f64),
    /// A missing number and its letter: `.`, `_` or `A` to `Z`.
    Missing(char),
}

impl Field {
    /// The text of the value: of a number the shortest decimal that agrees with it to 15 significant
    /// digits, of a missing number nothing, or a point and its letter (`.A`) when it has one.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(value) => number::decimal(value),
            Self::Missing('.') => String::new(),
            Self::Missing(letter) => format!(".{letter}"),
        }
    }
}

/// Reads the datasets of a transport file row by row.
#[derive(Debug)]
pub struct XptReader<R> {
    blocks: Blocks<R>,
    encoding: TextEncoding,
    library: Stamp,
    dataset: Dataset,
    layout: Layout,
    /// The bytes of the rows that were read and not yet given out.
    pending: Vec<u8>,
    /// Bytes of this dataset's rows that were read so far.
    data_bytes: u64,
    /// Rows of blanks that are padding unless something follows.
    blank_rows: u64,
    /// Rows given out or held back.
    rows: u64,
    ended: bool,
    next_member: Option<Block>,
}

impl<R: Read> XptReader<R> {
    /// Reads the headers of the file and of its first dataset. `file` is its name in messages.
    pub fn open(input: R, file: &str, encoding: TextEncoding) -> Result<Self, FormatError> {
        let mut blocks = Blocks::new(input, file);
        let (library, member) = header::library(&mut blocks)?;
        let (dataset, layout) = header::dataset(&mut blocks, &member, encoding)?;
        Ok(Self {
            blocks,
            encoding,
            library,
            dataset,
            layout,
            pending: Vec::new(),
            data_bytes: 0,
            blank_rows: 0,
            rows: 0,
            ended: false,
            next_member: None,
        })
    }

    /// Which program wrote the file, where and when.
    pub fn library(&self) -> &Stamp {
        &self.library
    }

    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub fn file(&self) -> &str {
        self.blocks.file()
    }

    /// Goes to the next dataset of the file, leaving out rows of this one that were not read;
    /// false when there is none.
    pub fn next_dataset(&mut self) -> Result<bool, FormatError> {
        while !self.ended {
            self.take_block()?;
            self.pending.clear();
        }
        let Some(member) = self.next_member.take() else {
            return Ok(false);
        };
        (self.dataset, self.layout) = header::dataset(&mut self.blocks, &member, self.encoding)?;
        self.pending.clear();
        (self.data_bytes, self.blank_rows, self.rows, self.ended) = (0, 0, 0, false);
        Ok(true)
    }

    /// The next row of the dataset, one field for each variable.
    pub fn next_row(&mut self) -> Result<Option<Vec<Field>>, FormatError> {
        let width = self.layout.row_bytes;
        if width == 0 {
            return Ok(None);
        }
        loop {
            if self.blank_rows > 0 && (self.ended || self.holds_text(width)) {
                self.blank_rows -= 1;
                return self.fields(&vec![b' '; width]).map(Some);
            }
            if self.pending.len() >= width {
                let row: Vec<u8> = self.pending.drain(..width).collect();
                self.rows += 1;
                if is_blank(&row) {
                    self.blank_rows += 1;
                    continue;
                }
                return self.fields(&row).map(Some);
            }
            if self.ended {
                return Ok(None);
            }
            self.take_block()?;
        }
    }

    /// Whether the row that follows the blank ones is complete and not blank itself.
    fn holds_text(&self, width: usize) -> bool {
        self.pending.get(..width).is_some_and(|row| !is_blank(row))
    }

    /// Appends one record to the pending bytes, or ends the dataset.
    fn take_block(&mut self) -> Result<(), FormatError> {
        match self.blocks.next()? {
            Some(block) if !block.starts_with(header::MEMBER) => {
                self.data_bytes += BLOCK_BYTES as u64;
                self.pending.extend_from_slice(&block);
                Ok(())
            }
            end => {
                self.next_member = end;
                self.end_rows()
            }
        }
    }

    /// Decides which of the last rows of blanks are padding, and refuses a row that is cut off.
    fn end_rows(&mut self) -> Result<(), FormatError> {
        self.ended = true;
        if !is_blank(&self.pending) && self.pending.len() < self.layout.row_bytes {
            let what = format!("row {} is cut off", self.rows + 1);
            return Err(self.blocks.fault(&what, "transfer the file again in binary mode"));
        }
        let width = self.layout.row_bytes as u64;
        if width > 0 {
            let least = self.data_bytes.saturating_sub(BLOCK_BYTES as u64 - 1).div_ceil(width);
            let padding = self.rows.saturating_sub(least);
            self.blank_rows = self.blank_rows.saturating_sub(padding);
        }
        Ok(())
    }

    fn fields(&self, row: &[u8]) -> Result<Vec<Field>, FormatError> {
        let variables = &self.dataset.variables;
        let mut fields = Vec::with_capacity(variables.len());
        for (variable, position) in variables.iter().zip(&self.layout.positions) {
            let bytes = &row[*position..position + variable.length];
            fields.push(match variable.kind {
                VariableKind::Number => match number::read(bytes) {
                    Number::Value(value) => Field::Number(value),
                    Number::Missing(letter) => Field::Missing(letter),
                },
                VariableKind::Text => Field::Text(self.text(variable, bytes)?),
            });
        }
        Ok(fields)
    }

    fn text(&self, variable: &Variable, bytes: &[u8]) -> Result<String, FormatError> {
        self.encoding.decode(unpadded(bytes)).ok_or_else(|| {
            let what = format!(
                "row {}, variable {}: the text is not {}",
                self.rows, variable.name, self.encoding
            );
            self.blocks
                .fault(&what, "name the encoding of the file, for instance windows-1252 or GB18030")
        })
    }
}

/// Without the blanks at the end that fill a text up; some writers fill with NUL.
fn unpadded(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(0, |at| at + 1);
    &bytes[..end]
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == b' ')
}

#[cfg(test)]
mod tests;
