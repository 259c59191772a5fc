//! The script for R, which needs no package.

use std::fmt::Write;

use super::{MISSING, ScriptTable, Scripts};
use crate::tabular::Storage;

pub(super) fn script(scripts: &Scripts<'_>) -> String {
    let mut out = String::new();
    write(&mut out, scripts).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, scripts: &Scripts<'_>) -> std::fmt::Result {
    writeln!(
        out,
        "# Run it in the folder of these files: source(\"import.R\", encoding = \"UTF-8\")."
    )?;
    writeln!(
        out,
        "# Each table becomes a data frame. Its column '{MISSING}' says which values of a row"
    )?;
    writeln!(
        out,
        "# are missing for a reason; missing_reason(data, \"NAME\") gives it for one column.\n"
    )?;
    out.write_str(READ_TABLE)?;
    for table in scripts.tables {
        data_frame(out, scripts, table)?;
    }
    Ok(())
}

const READ_TABLE: &str = r#"read_table <- function(file, classes) {
  data <- read.csv(file, colClasses = "character", na.strings = "", check.names = FALSE,
                   encoding = "UTF-8", fileEncoding = "UTF-8")
  for (name in names(classes)) {
    data[[name]] <- switch(classes[[name]],
      numeric = as.numeric(data[[name]]),
      logical = data[[name]] == "1",
      Date = as.Date(data[[name]], format = "%Y-%m-%d"),
      data[[name]])
  }
  data
}

missing_reason <- function(data, name) {
  found <- regmatches(data$missing, regexec(paste0("(^|;)", name, "=([A-Z_]+)"), data$missing))
  vapply(found, function(one) if (length(one) == 3) one[3] else NA_character_, "")
}
"#;

fn data_frame(out: &mut String, scripts: &Scripts<'_>, table: &ScriptTable) -> std::fmt::Result {
    let name = &table.name;
    writeln!(out, "\n`{name}` <- read_table({}, c(", text(&table.file))?;
    for variable in &table.variables {
        let class = match variable.storage {
            Storage::Text => "character",
            Storage::Integer | Storage::Real => "numeric",
            Storage::Boolean => "logical",
            Storage::Date => "Date",
        };
        writeln!(out, "  `{}` = \"{class}\",", variable.name)?;
    }
    writeln!(out, "  `{MISSING}` = \"character\"))")?;
    for variable in &table.variables {
        if let Some(list) = variable.codes {
            let codes = &scripts.codes.lists[list].codes;
            let join = |parts: Vec<String>| parts.join(", ");
            let levels = join(codes.iter().map(|(code, _)| text(code)).collect());
            let labels = join(codes.iter().map(|(_, decode)| text(decode)).collect());
            writeln!(
                out,
                "attr(`{name}`[[\"{}\"]], \"labels\") <- setNames(c({levels}), c({labels}))",
                variable.name
            )?;
        }
        let label = text(&variable.label);
        writeln!(out, "attr(`{name}`[[\"{}\"]], \"label\") <- {label}", variable.name)?;
    }
    writeln!(out, "attr(`{name}`, \"label\") <- {}", text(&table.label))
}

/// A string of R.
fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
