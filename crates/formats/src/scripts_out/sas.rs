//! The script for SAS 9.4.

use std::fmt::Write;

use super::{MISSING, REASONS, ScriptTable, ScriptVariable, Scripts, at_most, quoted};
use crate::tabular::Storage;

/// The longest label, and the longest text of a format, in bytes.
const MAX_LABEL_BYTES: usize = 256;

pub(super) fn script(scripts: &Scripts<'_>) -> String {
    let mut out = String::new();
    write(&mut out, scripts).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, scripts: &Scripts<'_>) -> std::fmt::Result {
    writeln!(out, "/* Study {}. Run in a UTF-8 session. */", comment(scripts.study))?;
    writeln!(out, "%let folder = .;")?;
    writeln!(out, "options validvarname=v7;\n\nproc format;")?;
    for (list, codes) in scripts.codes.lists.iter().enumerate() {
        for is_number in [false, true] {
            if !is_used(scripts, list, is_number) {
                continue;
            }
            let sign = if is_number { "" } else { "$" };
            writeln!(out, "  value {sign}{}", codes.name)?;
            for (code, decode) in &codes.codes {
                let code = if is_number { code.clone() } else { quoted(code, '\'') };
                writeln!(out, "    {code} = {}", quoted(at_most(decode, MAX_LABEL_BYTES), '\''))?;
            }
            writeln!(out, "  ;")?;
        }
    }
    writeln!(out, "run;")?;
    scripts.tables.iter().try_for_each(|table| data_step(out, scripts, table))
}

fn is_used(scripts: &Scripts<'_>, list: usize, is_number: bool) -> bool {
    let variables = scripts.tables.iter().flat_map(|table| &table.variables);
    let is_it = |variable: &ScriptVariable| {
        let number = variable.storage != Storage::Text;
        variable.codes == Some(list) && number == is_number
    };
    variables.into_iter().any(is_it) && (!is_number || scripts.codes.lists[list].are_numbers())
}

fn data_step(out: &mut String, scripts: &Scripts<'_>, table: &ScriptTable) -> std::fmt::Result {
    let label = quoted(at_most(&table.label, MAX_LABEL_BYTES), '\'');
    writeln!(out, "\ndata {} (label={label});", table.name)?;
    writeln!(
        out,
        "  infile \"&folder/{}\" dsd dlm=',' firstobs=2 termstr=crlf encoding='utf-8' \
         lrecl=1000000 truncover;",
        table.file
    )?;
    let widths = table.variables.iter().map(|variable| match variable.storage {
        Storage::Text => (variable.name.as_str(), format!("$ {}", variable.bytes)),
        _ => (variable.name.as_str(), "8".to_owned()),
    });
    writeln!(out, "  length")?;
    for (name, width) in widths.chain([(MISSING, format!("$ {}", table.missing_bytes))]) {
        writeln!(out, "    {name} {width}")?;
    }
    writeln!(out, "  ;")?;
    for variable in &table.variables {
        if variable.storage == Storage::Date {
            let name = &variable.name;
            writeln!(out, "  informat {name} e8601da10.;\n  format {name} yymmdd10.;")?;
        }
    }
    writeln!(out, "  input")?;
    for variable in &table.variables {
        let sign = if variable.storage == Storage::Text { " $" } else { "" };
        writeln!(out, "    {}{sign}", variable.name)?;
    }
    writeln!(out, "    {MISSING} $\n  ;")?;
    for variable in table.with_reasons() {
        for (reason, letter, _) in REASONS {
            let (name, code) = (&variable.name, reason.code());
            writeln!(
                out,
                "  if find(cats(';', {MISSING}, ';'), ';{name}={code};') then {name} = .{letter};"
            )?;
        }
    }
    for variable in &table.variables {
        let label = quoted(at_most(&variable.label, MAX_LABEL_BYTES), '\'');
        writeln!(out, "  label {} = {label};", variable.name)?;
        let Some(list) = variable.codes else { continue };
        let is_number = variable.storage != Storage::Text;
        if is_used(scripts, list, is_number) {
            let sign = if is_number { "" } else { "$" };
            writeln!(out, "  format {} {sign}{}.;", variable.name, scripts.codes.lists[list].name)?;
        }
    }
    writeln!(out, "run;")
}

fn comment(text: &str) -> String {
    text.replace("*/", "* /")
}
