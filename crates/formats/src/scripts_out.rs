//! CSV with scripts that read it into SAS, SPSS, R and Stata: types, labels, value labels from the
//! code lists, and reasons for missing.
//!
//! Beside the tables of the format `csv` the columns are typed, so that no text stands in a numeric
//! column, and names are such as all four programs take. The column `missing` says of a row which
//! value is missing and why; the scripts make of it special missing values (`.D` in SAS and Stata,
//! -99999991 and so on in SPSS); R keeps the column. A line break in a text is written as `\n`, for
//! these programs read a table line by line. All files are UTF-8, and the scripts say so.

mod codes;
mod r;
mod sas;
mod spss;
mod stata;

use std::collections::HashSet;

use kernel::MissingReason;

use self::codes::CodeBook;
use crate::{
    csv_out::push_field,
    export::{ExportError, ExportOptions, Out, Sink, StudyOut, Written},
    tabular::{
        Cell, Column, Role, Storage, TableDef, TableWriter,
        names::{FileNames, NameRule, name},
    },
};

/// Names that SAS, SPSS, R and Stata all take.
const NAMES: NameRule = NameRule {
    longest: 32,
    upper_case: false,
    reserved: &[
        "all", "and", "break", "by", "byte", "double", "else", "eq", "false", "float", "for",
        "function", "ge", "gt", "if", "in", "inf", "int", "le", "long", "lt", "missing", "na",
        "nan", "ne", "next", "not", "null", "or", "repeat", "str", "strl", "to", "true", "using",
        "while", "with",
    ],
};

const MISSING: &str = "missing";

/// Writes tables as CSV, and the scripts when all rows have come.
pub(crate) struct ScriptedTables {
    language: String,
    codes: CodeBook,
    study: String,
    tables: Vec<Table>,
    missing: String,
}

struct Table {
    script: ScriptTable,
    out: Out,
}

/// What the scripts say of a table.
struct ScriptTable {
    /// Of its file.
    file: String,
    /// Of the dataset in the program.
    name: String,
    label: String,
    variables: Vec<ScriptVariable>,
    /// The longest text of `missing` so far, in bytes.
    missing_bytes: usize,
}

struct ScriptVariable {
    name: String,
    label: String,
    storage: Storage,
    role: Role,
    decimals: u32,
    /// The place of its code list in the code book.
    codes: Option<usize>,
    /// The longest text so far, in bytes.
    bytes: usize,
}

impl ScriptedTables {
    pub(crate) fn new(options: &ExportOptions) -> Self {
        Self {
            language: options.language.clone(),
            codes: CodeBook::default(),
            study: String::new(),
            tables: Vec::new(),
            missing: String::new(),
        }
    }

    fn variable(&self, study: &StudyOut<'_>, column: &Column, name: String) -> ScriptVariable {
        let item = column.item.as_ref().filter(|_| column.role == Role::Value);
        let item = item.and_then(|oid| study.design.item(oid));
        ScriptVariable {
            name,
            label: one_line(&column.label),
            storage: column.storage(),
            role: column.role,
            decimals: column.decimals.unwrap_or(2).min(10),
            codes: item.and_then(|item| self.codes.find(item.code_list.as_ref()?)),
            bytes: 1,
        }
    }
}

impl TableWriter for ScriptedTables {
    fn begin(
        &mut self,
        study: &StudyOut<'_>,
        tables: &[TableDef],
        sink: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        self.codes = CodeBook::new(study.design, &self.language);
        self.study = study.design.version().study_oid.to_string();
        let (mut files, mut datasets) = (FileNames::default(), HashSet::new());
        for table in tables {
            let mut taken: HashSet<String> =
                NAMES.reserved.iter().map(|w| (*w).to_owned()).collect();
            let variables = table.columns.iter().map(|column| {
                let name = name(NAMES, &column.name, &mut taken);
                self.variable(study, column, name)
            });
            let script = ScriptTable {
                variables: variables.collect(),
                file: files.take(&table.name, "csv"),
                name: name(NAMES, &table.name.replace('.', "_"), &mut datasets),
                label: one_line(&table.label),
                missing_bytes: 1,
            };
            let mut out = Out::create(sink, &script.file)?;
            for variable in &script.variables {
                push_field(&mut out.buffer, &variable.name);
                out.buffer.push(b',');
            }
            out.buffer.extend_from_slice(MISSING.as_bytes());
            out.buffer.extend_from_slice(b"\r\n");
            self.tables.push(Table { script, out });
        }
        Ok(())
    }

    fn row(&mut self, table: usize, cells: &[Cell<'_>], values: u64) -> Result<(), ExportError> {
        let Table { script, out } = &mut self.tables[table];
        self.missing.clear();
        for (variable, cell) in script.variables.iter_mut().zip(cells) {
            match cell {
                Cell::Text(text) => push_value(&mut out.buffer, variable, text),
                Cell::Missing(reason) => {
                    if !self.missing.is_empty() {
                        self.missing.push(';');
                    }
                    self.missing.push_str(&variable.name);
                    self.missing.push('=');
                    self.missing.push_str(reason.code());
                }
                Cell::Blank => {}
            }
            out.buffer.push(b',');
        }
        script.missing_bytes = script.missing_bytes.max(self.missing.len());
        out.buffer.extend_from_slice(self.missing.as_bytes());
        out.buffer.extend_from_slice(b"\r\n");
        out.rows += 1;
        out.values += values;
        out.settle()
    }

    fn finish(self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let mut written = Vec::new();
        let mut scripts = Vec::new();
        for table in self.tables {
            written.push(table.out.finish()?);
            scripts.push(table.script);
        }
        let study = Scripts { study: &self.study, codes: &self.codes, tables: &scripts };
        let texts = [
            ("import.sas", sas::script(&study)),
            ("import.sps", spss::script(&study)),
            ("import.R", r::script(&study)),
            ("import.do", stata::script(&study)),
        ];
        for (name, text) in texts {
            let mut out = Out::create(sink, name)?;
            out.buffer.extend_from_slice(text.as_bytes());
            written.push(out.finish()?);
        }
        Ok(written)
    }
}

/// All that a script is made of.
struct Scripts<'s> {
    study: &'s str,
    codes: &'s CodeBook,
    tables: &'s [ScriptTable],
}

/// A reason, with the letter that SAS and Stata give it and the number for SPSS.
const REASONS: [(MissingReason, char, i32); 5] = [
    (MissingReason::NotDone, 'D', -99_999_991),
    (MissingReason::NotApplicable, 'A', -99_999_992),
    (MissingReason::Unknown, 'U', -99_999_993),
    (MissingReason::Refused, 'R', -99_999_994),
    (MissingReason::NotAsked, 'N', -99_999_995),
];

impl ScriptTable {
    /// The numeric variables that can be missing for a reason.
    fn with_reasons(&self) -> impl Iterator<Item = &ScriptVariable> {
        let of_item = |variable: &&ScriptVariable| variable.role == Role::Value;
        self.variables.iter().filter(of_item).filter(|variable| variable.storage != Storage::Text)
    }
}

fn push_value(into: &mut Vec<u8>, variable: &mut ScriptVariable, text: &str) {
    match variable.storage {
        Storage::Boolean => into.push(if text == "true" { b'1' } else { b'0' }),
        Storage::Text => {
            let text = with_marks(text);
            variable.bytes = variable.bytes.max(text.len());
            push_field(into, &text);
        }
        _ => into.extend_from_slice(text.as_bytes()),
    }
}

/// A text in one line, with marks in place of its line breaks.
fn with_marks(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(['\n', '\r']) {
        text.replace("\r\n", "\n").replace(['\n', '\r'], "\\n").into()
    } else {
        text.into()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text between quotes, in which a quote stands twice.
fn quoted(text: &str, quote: char) -> String {
    let doubled: String = [quote, quote].iter().collect();
    format!("{quote}{}{quote}", text.replace(quote, &doubled))
}

/// As much of a label as a program takes, cut between characters.
fn at_most(label: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(label.len())).rev().find(|end| label.is_char_boundary(*end));
    &label[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests;
