//! The script for Stata 14 and later, which reads UTF-8.

use std::fmt::Write;

use super::{MISSING, REASONS, ScriptTable, ScriptVariable, Scripts};
use crate::tabular::Storage;

/// The longest label of a variable, in characters.
const MAX_LABEL: usize = 80;

pub(super) fn script(scripts: &Scripts<'_>) -> String {
    let mut out = String::new();
    write(&mut out, scripts).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, scripts: &Scripts<'_>) -> std::fmt::Result {
    writeln!(out, "* Run it in the folder of these files; each table is saved as .dta.")?;
    writeln!(out, "version 14")?;
    scripts.tables.iter().try_for_each(|table| dataset(out, scripts, table))
}

fn dataset(out: &mut String, scripts: &Scripts<'_>, table: &ScriptTable) -> std::fmt::Result {
    writeln!(
        out,
        "\nimport delimited using {}, clear varnames(1) case(preserve) encoding(\"UTF-8\") \
         stringcols(_all) bindquote(strict)",
        text(&table.file)
    )?;
    for variable in &table.variables {
        let name = &variable.name;
        match variable.storage {
            Storage::Text => {}
            Storage::Date => {
                writeln!(out, "generate double {TEMPORARY} = date({name}, \"YMD\")")?;
                writeln!(out, "order {TEMPORARY}, after({name})")?;
                writeln!(
                    out,
                    "drop {name}\nrename {TEMPORARY} {name}\nformat {name} %tdCCYY-NN-DD"
                )?;
            }
            _ => writeln!(out, "destring {name}, replace")?,
        }
    }
    for variable in table.with_reasons() {
        for (reason, letter, _) in REASONS {
            let (name, code, letter) = (&variable.name, reason.code(), letter.to_ascii_lowercase());
            writeln!(
                out,
                "replace {name} = .{letter} if strpos(\";\" + {MISSING} + \";\", \";{name}={code};\")"
            )?;
        }
    }
    for variable in &table.variables {
        let label: String = variable.label.chars().take(MAX_LABEL).collect();
        writeln!(out, "label variable {} {}", variable.name, text(&label))?;
        codes(out, scripts, variable)?;
    }
    let label: String = table.label.chars().take(MAX_LABEL).collect();
    writeln!(
        out,
        "label data {}\nsave {}, replace",
        text(&label),
        text(&format!("{}.dta", table.name))
    )
}

const TEMPORARY: &str = "v_casebook_date";

/// Stata labels numbers only: codes that are text get a number each in a variable beside.
fn codes(out: &mut String, scripts: &Scripts<'_>, variable: &ScriptVariable) -> std::fmt::Result {
    let Some(codes) = variable.codes.map(|list| &scripts.codes.lists[list]) else { return Ok(()) };
    let (name, list) = (&variable.name, codes.name.to_ascii_lowercase());
    match variable.storage {
        Storage::Integer if codes.are_numbers() => {
            for (at, (code, decode)) in codes.codes.iter().enumerate() {
                let more = if at == 0 { "replace" } else { "modify" };
                writeln!(out, "label define {list} {code} {}, {more}", text(decode))?;
            }
            writeln!(out, "label values {name} {list}")
        }
        Storage::Text if name.len() <= 30 => {
            writeln!(out, "generate int {name}_c = .")?;
            for (number, (code, decode)) in (1..).zip(&codes.codes) {
                let more = if number == 1 { "replace" } else { "modify" };
                writeln!(out, "replace {name}_c = {number} if {name} == {}", text(code))?;
                writeln!(out, "label define {list}c {number} {}, {more}", text(decode))?;
            }
            writeln!(out, "order {name}_c, after({name})\nlabel values {name}_c {list}c")
        }
        _ => Ok(()),
    }
}

/// A compound string of Stata, in which quotes are nothing special.
fn text(text: &str) -> String {
    format!("`\"{}\"'", text.replace('`', "'").replace('$', "\\$"))
}
