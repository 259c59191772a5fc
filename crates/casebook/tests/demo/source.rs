//! Exported vital signs and adverse events equal the source data, value by value.
//!
//! The comparison does not use the mapping: it turns dates round by itself, takes a code back to its
//! text through the case report form, and compares numbers as numbers.

use std::{collections::BTreeMap, io::BufReader, str::FromStr};

use rust_decimal::Decimal;

use super::trial::{TRIAL, cell, demo, rows};

/// Raw column, exported column, and how they are compared.
type Column = (&'static str, &'static str, fn(&Codes, &str, &str) -> bool);

/// A row as (column, cell).
type Row = [(String, String)];

/// The English text of each code, by code list of an item.
struct Codes(BTreeMap<String, BTreeMap<String, String>>);

impl Codes {
    fn read() -> Self {
        let file = std::fs::File::open(demo().join("crf.odm.xml")).unwrap();
        let read = formats::odm::read_metadata(BufReader::new(file), "crf.odm.xml").unwrap();
        let version = &read.versions[0].version;
        let mut all = BTreeMap::new();
        for item in &version.items {
            let Some(list) = item.code_list.as_ref() else { continue };
            let list = version.code_lists.iter().find(|one| one.oid == *list).unwrap();
            let texts = list.items.iter().map(|code| {
                let text = code.decode.in_lang("en").unwrap_or(&code.coded_value);
                (code.coded_value.clone(), text.to_owned())
            });
            all.insert(item.name.clone(), texts.collect());
        }
        Self(all)
    }
}

fn same(_: &Codes, raw: &str, exported: &str) -> bool {
    raw == exported
}

fn number(_: &Codes, raw: &str, exported: &str) -> bool {
    match (Decimal::from_str(raw), Decimal::from_str(exported)) {
        (Ok(raw), Ok(exported)) => raw == exported,
        _ => raw.is_empty() && exported.is_empty(),
    }
}

/// `26-Dec-2013`, `12/26/2013`, or only a year.
fn date(_: &Codes, raw: &str, exported: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = raw.split(['-', '/']).collect();
    let expected = match parts[..] {
        [day, month, year] if raw.contains('-') => {
            let month = MONTHS.iter().position(|one| *one == month).unwrap() + 1;
            format!("{year}-{month:02}-{day}")
        }
        [month, day, year] => format!("{year}-{month}-{day}"),
        _ => raw.to_owned(),
    };
    expected == exported
}

fn columns_of<'a>(raw: &'a str, row: &'a Row) -> &'a str {
    cell(row, raw)
}

/// Compares a raw file with an exported table: rows of one subject and key in their order.
fn compare(
    raw_file: &str,
    tables: &[&str],
    key: &dyn Fn(&Row) -> String,
    repeat: &str,
    columns: &[Column],
    texts: &[(&str, &str)],
) {
    let codes = Codes::read();
    let mut exported: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    for table in tables {
        for row in TRIAL.table(table) {
            let event = [cell(&row, "event"), cell(&row, "event_repeat")];
            let place = format!("{} {}", cell(&row, "subject"), event.join(" "));
            let values = exported.entry((place, cell(&row, repeat).to_owned())).or_default();
            values.extend(row);
        }
    }
    let raw = rows(&demo().join("data/raw").join(raw_file));
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut compared = 0;
    for row in &raw {
        let place = key(row);
        let number = counts.entry(place.clone()).or_default();
        *number += 1;
        let found = exported.get(&(place.clone(), number.to_string()));
        let found = found.unwrap_or_else(|| panic!("{place} row {number} is not exported"));
        for (raw_column, column, equal) in columns {
            let (was, is) = (columns_of(raw_column, row), found[*column].as_str());
            assert!(equal(&codes, was, is), "{place} row {number} {raw_column}: '{was}' is '{is}'");
            compared += 1;
        }
        for (raw_column, column) in texts {
            let (was, code) = (columns_of(raw_column, row), found[*column].as_str());
            let is = if code.is_empty() { "" } else { codes.0[*column][code].as_str() };
            assert_eq!(was, is, "{place} row {number} {raw_column}");
            compared += 1;
        }
    }
    assert_eq!(exported.len(), raw.len(), "rows that the source does not have");
    assert_eq!(compared, raw.len() * (columns.len() + texts.len()));
}

/// The event and its repeat of a visit, by the name in the source.
fn visit(name: &str) -> String {
    if let Some(repeat) = name.strip_prefix("Unscheduled ") {
        return format!("SE.UNSCHEDULED {repeat}");
    }
    let visits = std::fs::read_to_string(demo().join("mappings/visits.toml")).unwrap();
    let wanted = name.to_uppercase();
    let line = visits.lines().find_map(|line| {
        let (key, event) = line.split_once('=')?;
        let key = key.trim().trim_matches('"').to_uppercase();
        (key == wanted).then(|| format!("{} 1", event.trim().trim_matches('"')))
    });
    line.unwrap_or_else(|| panic!("no event for {name}"))
}

#[test]
fn exported_vital_signs_equal_the_source() {
    let key = |row: &Row| format!("01-{} {}", cell(row, "PATNUM"), visit(cell(row, "INSTANCE")));
    let columns: [Column; 8] = [
        ("VTLD", "VSDAT", date),
        ("IT.HEIGHT_VSORRES", "HEIGHT", number),
        ("IT.WEIGHT", "WEIGHT", number),
        ("IT.TEMP", "TEMP", number),
        ("SYS_BP", "SYSBP", number),
        ("DIA_BP", "DIABP", number),
        ("PULSE", "PULSE", number),
        ("SUBPOS", "VSPOS", same),
    ];
    let coded = [("TMPTC", "VSTPT")];
    compare("vs_raw.csv", &["F.VS.IG.VS.csv"], &key, "group_repeat", &columns, &coded);
}

#[test]
fn exported_adverse_events_equal_the_source() {
    let key = |row: &Row| format!("01-{} SE.AE 1", cell(row, "PATNUM"));
    let columns: [Column; 16] = [
        ("IT.AETERM", "AETERM", same),
        ("IT.AESTDAT", "AESTDAT", date),
        ("IT.AEENDAT", "AEENDAT", date),
        ("AEDTCOL", "AEDAT", date),
        ("AELLT", "AELLT", same),
        ("AELLTCD", "AELLTCD", number),
        ("AEDECOD", "AEDECOD", same),
        ("AEPTCD", "AEPTCD", number),
        ("AEHLT", "AEHLT", same),
        ("AEHLTCD", "AEHLTCD", number),
        ("AEHLGT", "AEHLGT", same),
        ("AEHLGTCD", "AEHLGTCD", number),
        ("AEBODSYS", "AEBODSYS", same),
        ("AEBDSYCD", "AEBDSYCD", number),
        ("AESOC", "AESOC", same),
        ("AESOCCD", "AESOCCD", number),
    ];
    let coded = [
        ("IT.AESEV", "AESEV"),
        ("IT.AESER", "AESER"),
        ("IT.AESDTH", "AESDTH"),
        ("IT.AESLIFE", "AESLIFE"),
        ("AESCAN", "AESCAN"),
        ("AESCNO", "AESCONG"),
        ("AEDIS", "AESDISAB"),
        ("IT.AESHOSP", "AESHOSP"),
        ("AESOD", "AESOD"),
        ("IT.AEREL", "AEREL"),
        ("IT.AEACN", "AEACN"),
        ("AEOUTCOME", "AEOUT"),
    ];
    compare("ae_raw.csv", &["F.AE.csv"], &key, "form_repeat", &columns, &coded);
}
