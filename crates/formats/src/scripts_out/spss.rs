//! The script for SPSS, which PSPP runs as well.

use std::fmt::Write;

use super::{MISSING, REASONS, ScriptTable, Scripts, at_most, quoted};
use crate::tabular::Storage;

/// The longest label of a variable, and of a value, in bytes.
const MAX_LABEL_BYTES: usize = 255;
const MAX_VALUE_LABEL_BYTES: usize = 120;

/// The longest text, in bytes.
const MAX_TEXT_BYTES: usize = 32_767;

pub(super) fn script(scripts: &Scripts<'_>) -> String {
    let mut out = String::new();
    write(&mut out, scripts).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, scripts: &Scripts<'_>) -> std::fmt::Result {
    writeln!(out, "* Encoding: UTF-8.")?;
    writeln!(out, "* Run it in the folder of these files; each table is saved as .sav.")?;
    writeln!(out, "SET DECIMAL=DOT.")?;
    scripts.tables.iter().try_for_each(|table| dataset(out, scripts, table))
}

fn dataset(out: &mut String, scripts: &Scripts<'_>, table: &ScriptTable) -> std::fmt::Result {
    writeln!(out, "\nGET DATA /TYPE=TXT /FILE={}", quoted(&table.file, '\''))?;
    writeln!(out, "  /ENCODING='UTF8' /ARRANGEMENT=DELIMITED /DELIMITERS=',' /QUALIFIER='\"'")?;
    writeln!(out, "  /FIRSTCASE=2\n  /VARIABLES=")?;
    for variable in &table.variables {
        let format = match variable.storage {
            Storage::Text => format!("A{}", variable.bytes.min(MAX_TEXT_BYTES)),
            Storage::Integer => "F15.0".to_owned(),
            Storage::Boolean => "F1.0".to_owned(),
            Storage::Real => format!("F20.{}", variable.decimals),
            Storage::Date => "SDATE10".to_owned(),
        };
        writeln!(out, "    {} {format}", variable.name)?;
    }
    writeln!(out, "    {MISSING} A{}.", table.missing_bytes.min(MAX_TEXT_BYTES))?;
    for variable in table.with_reasons().filter(|variable| variable.storage != Storage::Date) {
        let name = &variable.name;
        for (reason, _, number) in REASONS {
            writeln!(
                out,
                "IF (INDEX(CONCAT(';', RTRIM({MISSING}), ';'), ';{name}={};') > 0) {name}={number}.",
                reason.code()
            )?;
        }
        let (lowest, highest) = (REASONS[4].2, REASONS[0].2);
        writeln!(out, "MISSING VALUES {name} ({lowest} THRU {highest}).")?;
    }
    for variable in &table.variables {
        let label = quoted(at_most(&variable.label, MAX_LABEL_BYTES), '\'');
        writeln!(out, "VARIABLE LABELS {} {label}.", variable.name)?;
        value_labels(out, scripts, variable)?;
    }
    writeln!(out, "SAVE OUTFILE={}.", quoted(&format!("{}.sav", table.name), '\''))
}

fn value_labels(
    out: &mut String,
    scripts: &Scripts<'_>,
    variable: &super::ScriptVariable,
) -> std::fmt::Result {
    let is_number = matches!(variable.storage, Storage::Integer | Storage::Real | Storage::Boolean);
    let codes = variable.codes.map(|list| &scripts.codes.lists[list]);
    let codes = codes.filter(|codes| {
        if is_number { codes.are_numbers() } else { variable.storage == Storage::Text }
    });
    let is_with_reasons = is_number && variable.role == crate::tabular::Role::Value;
    if codes.is_none() && !is_with_reasons {
        return Ok(());
    }
    write!(out, "VALUE LABELS {}", variable.name)?;
    for (code, decode) in codes.iter().flat_map(|codes| &codes.codes) {
        // A code that is wider than every value stands for none of them.
        if !is_number && code.len() > variable.bytes {
            continue;
        }
        let code = if is_number { code.clone() } else { quoted(code, '\'') };
        write!(out, "\n  {code} {}", quoted(at_most(decode, MAX_VALUE_LABEL_BYTES), '\''))?;
    }
    if is_with_reasons {
        for (reason, _, number) in REASONS {
            write!(out, "\n  {number} '{}'", reason.code())?;
        }
    }
    writeln!(out, ".")
}
