//! A mapping suggested from a table and a study: which column is which item, and how its texts
//! become values. It is a file to be read and corrected, not one to be trusted.

use std::{collections::BTreeSet, fmt::Write as _};

use kernel::{
    DataType,
    study::{CodeList, Design, GroupShape, ItemShape},
};

use crate::{FormatError, table::Table};

/// So many rows are looked at.
const MOST_ROWS: usize = 2_000;
/// So many different texts of a column are kept.
const MOST_TEXTS: usize = 200;
/// Formats of dates, tried in this order.
const DATES: [&str; 9] = [
    "%Y-%m-%d", "%d-%b-%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%Y%m%d",
    "%Y-%m",
];
/// Names that columns of subjects have.
const SUBJECTS: [&str; 9] = [
    "subject",
    "subjid",
    "usubjid",
    "patnum",
    "patient",
    "participant",
    "recordid",
    "studyid",
    "受试者",
];
/// Names that columns of events have.
const EVENTS: [&str; 7] =
    ["event", "visit", "instance", "studyevent", "redcapeventname", "visitname", "访视"];

/// What is known of a column.
struct Seen {
    name: String,
    texts: BTreeSet<String>,
}

/// What a column seems to be.
struct Guess<'d> {
    item: &'d ItemShape,
    group: &'d GroupShape,
    why: &'static str,
    /// 0 to 100.
    certainty: u32,
}

/// Suggests a mapping of a table onto one form of a study: the one that most columns fit. Every
/// column is either mapped, with how sure that is, or listed as unused. `sheet` is that of a workbook.
pub fn suggest(
    table: &mut dyn Table,
    sheet: Option<&str>,
    design: &Design,
) -> Result<String, FormatError> {
    let seen = look(table)?;
    let taken_for = |names: &[&str]| {
        seen.iter().position(|column| names.contains(&plain(&column.name).as_str()))
    };
    let (subject, event) = (taken_for(&SUBJECTS), taken_for(&EVENTS));
    let is_key = |at: &usize| Some(*at) == subject || Some(*at) == event;
    let forms = design.version().forms.iter();
    let best = forms
        .map(|form| {
            let guesses: Vec<Option<Guess<'_>>> = (0..seen.len())
                .map(|at| if is_key(&at) { None } else { guess(design, &form.oid, &seen[at]) })
                .collect();
            let fit: u32 = guesses.iter().flatten().map(|guess| guess.certainty).sum();
            (fit, form, guesses)
        })
        .max_by_key(|(fit, _, _)| *fit);
    let mut out = String::new();
    let study = &design.version().study_oid;
    let _ = writeln!(
        out,
        "# A suggestion for {}: read it, correct it, try it with --dry-run.",
        table.file()
    );
    let _ = writeln!(out, "study = {{ value = {} }}", quoted(study.as_str()));
    if let Some(sheet) = sheet {
        let _ = writeln!(out, "sheet = {}", quoted(sheet));
    }
    match subject {
        Some(at) => {
            let _ = writeln!(out, "subject = {{ column = {} }}", quoted(&seen[at].name));
        }
        None => out.push_str("# no column looks like the subject\nsubject = { column = \"\" }\n"),
    }
    event_line(&mut out, design, event.map(|at| &seen[at]));
    let Some((_, form, guesses)) = best.filter(|(fit, _, _)| *fit > 0) else {
        out.push_str("# no column looks like an item of this study\n");
        unused(&mut out, seen.iter().enumerate().filter(|(at, _)| !is_key(at)).map(|(_, s)| s));
        return Ok(out);
    };
    let _ = writeln!(out, "form = {{ value = {} }}", quoted(form.oid.as_str()));
    let groups: BTreeSet<&str> = guesses.iter().flatten().map(|g| g.group.oid.as_str()).collect();
    let repeating: BTreeSet<&str> = guesses
        .iter()
        .flatten()
        .filter(|g| g.group.repeats)
        .map(|g| g.group.oid.as_str())
        .collect();
    for group in repeating {
        let _ = writeln!(out, "repeat = {{ {} = \"row\" }}", quoted(group));
    }
    let only = (groups.len() == 1).then(|| groups.first().copied()).flatten();
    if let Some(group) = only {
        let _ = writeln!(out, "group = {}", quoted(group));
    }
    items(&mut out, design, &seen, (&guesses, only));
    let left = seen.iter().zip(&guesses).enumerate();
    let left = left.filter(|(at, (_, guess))| guess.is_none() && !is_key(at));
    unused(&mut out, left.map(|(_, (column, _))| column));
    Ok(out)
}

fn look(table: &mut dyn Table) -> Result<Vec<Seen>, FormatError> {
    let mut seen: Vec<Seen> = table
        .columns()
        .iter()
        .map(|name| Seen { name: name.clone(), texts: BTreeSet::new() })
        .collect();
    for _ in 0..MOST_ROWS {
        let Some(row) = table.next_row()? else { break };
        for (column, cell) in seen.iter_mut().zip(row.cells) {
            let cell = cell.trim();
            if !cell.is_empty() && column.texts.len() < MOST_TEXTS {
                column.texts.insert(cell.to_owned());
            }
        }
    }
    Ok(seen)
}

fn items(
    out: &mut String,
    design: &Design,
    seen: &[Seen],
    (guesses, only): (&[Option<Guess<'_>>], Option<&str>),
) {
    out.push_str("item = [\n");
    for (column, guess) in seen.iter().zip(guesses) {
        let Some(guess) = guess else { continue };
        let _ = write!(
            out,
            "  {{ column = {}, item = {}",
            quoted(&column.name),
            quoted(guess.item.oid.as_str())
        );
        if only.is_none() {
            let _ = write!(out, ", group = {}", quoted(guess.group.oid.as_str()));
        }
        let list = guess.item.code_list.as_ref().and_then(|oid| design.code_list(oid));
        out.push_str(&conversion(guess.item, list, column));
        let _ = writeln!(out, " }}, # {} ({}%)", guess.why, guess.certainty);
    }
    out.push_str("]\n");
}

fn event_line(out: &mut String, design: &Design, column: Option<&Seen>) {
    let events = &design.version().events;
    let Some(column) = column else {
        let first = events.first().map_or("", |event| event.oid.as_str());
        let note = if events.len() > 1 { " # no column names the event" } else { "" };
        let _ = writeln!(out, "event = {{ value = {} }}{note}", quoted(first));
        return;
    };
    let mut map = Vec::new();
    for text in &column.texts {
        let same = events.iter().find(|event| {
            let decode = event.description.in_lang("en").unwrap_or_default();
            [event.oid.as_str(), &event.name, decode].map(plain).contains(&plain(text))
        });
        let oid = same.map_or("", |event| event.oid.as_str());
        map.push(format!("{} = {}", quoted(text), quoted(oid)));
    }
    let map = map.join(", ");
    let _ = writeln!(out, "event = {{ column = {}, map = {{ {map} }} }}", quoted(&column.name));
}

/// The item of a form that a column seems to be.
fn guess<'d>(design: &'d Design, form: &kernel::FormOid, column: &Seen) -> Option<Guess<'d>> {
    let name = plain(&column.name);
    let mut best: Option<Guess<'d>> = None;
    for (group, item) in design.shape(form)?.items() {
        let Some(def) = design.item(&item.oid) else { continue };
        let label = def.question.in_lang("en").or_else(|| def.description.in_lang("en"));
        let aliases = def.aliases.iter().any(|alias| plain(&alias.name) == name);
        let sds = def.sds_var_name.as_deref().is_some_and(|sds| plain(sds) == name);
        let last = item.oid.as_str().rsplit(['.', '_']).next().unwrap_or_default();
        let (why, certainty) = if plain(item.oid.as_str()) == name || plain(&item.name) == name {
            ("same name", 100)
        } else if aliases || sds || def.sas_field_name.as_deref().is_some_and(|f| plain(f) == name)
        {
            ("same name elsewhere", 95)
        } else if label.is_some_and(|label| plain(label) == name) {
            ("same label", 90)
        } else if plain(last) == name {
            ("end of the name", 80)
        } else if name.len() > 3 && (name.ends_with(&plain(&item.name)) && item.name.len() > 3) {
            ("the name ends so", 60)
        } else {
            continue;
        };
        let codes = item.code_list.as_ref().and_then(|oid| design.code_list(oid));
        let fits = conversion_of(item, codes, column).is_some();
        let certainty = if fits { certainty } else { certainty / 2 };
        if best.as_ref().is_none_or(|one| one.certainty < certainty) {
            best = Some(Guess { item, group, why, certainty });
        }
    }
    best
}

fn conversion(item: &ItemShape, list: Option<&CodeList>, column: &Seen) -> String {
    conversion_of(item, list, column).unwrap_or_default()
}

/// How the texts of a column become values of an item; `None` when some do not.
fn conversion_of(item: &ItemShape, list: Option<&CodeList>, column: &Seen) -> Option<String> {
    let texts = &column.texts;
    if let Some(list) = list {
        let is_code = |text: &String| list.items.iter().any(|one| one.coded_value == *text);
        if texts.iter().all(is_code) {
            return Some(String::new());
        }
        for lang in ["en", "zh", ""] {
            let is_decode = |text: &String| {
                list.items.iter().any(|one| one.decode.0.get(lang).is_some_and(|d| d == text))
            };
            if texts.iter().all(is_decode) {
                return Some(format!(", decode = {}", quoted(lang)));
            }
        }
        let pair = |text: &String| {
            let same = list.items.iter().find(|one| {
                let decode = one.decode.in_lang("en").unwrap_or_default();
                plain(&one.coded_value) == plain(text) || plain(decode) == plain(text)
            })?;
            Some(format!("{} = {}", quoted(text), quoted(&same.coded_value)))
        };
        let pairs: Option<Vec<String>> = texts.iter().map(pair).collect();
        return pairs.map(|pairs| format!(", map = {{ {} }}", pairs.join(", ")));
    }
    let is = |data_type| texts.iter().all(|text| kernel::canonical(data_type, text).is_ok());
    match item.data_type {
        DataType::Integer if is(DataType::Decimal) => Some(", number = \"integer\"".to_owned()),
        DataType::Float | DataType::Double | DataType::Decimal if is(DataType::Decimal) => {
            Some(", number = \"decimal\"".to_owned())
        }
        DataType::Date | DataType::PartialDate | DataType::IncompleteDate => {
            let fits = |format: &&&str| texts.iter().all(|text| is_date(text, format));
            let found = DATES.iter().find(|format| fits(format))?;
            Some(format!(", date = {}", quoted(found)))
        }
        data_type if is(data_type) => Some(String::new()),
        _ => None,
    }
}

fn is_date(text: &str, format: &str) -> bool {
    if format == "%Y-%m" {
        return kernel::canonical(DataType::PartialDate, text).is_ok();
    }
    jiff::civil::Date::strptime(format, text).is_ok()
}

fn unused<'s>(out: &mut String, columns: impl Iterator<Item = &'s Seen>) {
    let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    out.push_str("\n[unused]\n");
    for name in names {
        let _ = writeln!(out, "{} = \"no item was found for it\"", quoted(name));
    }
}

/// A name without what is no letter or digit, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
