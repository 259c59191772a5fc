//! Each of the 59,580 laboratory results of the CDISC pilot, held against the range of sex and age, beside
//! the range and the indicator that were published with it.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use formats::{
    reference_ranges::read_ranges,
    table::{self, Row, TableFormat, TableOptions},
};
use kernel::laboratory::{Age, Asked, Indicator, RangeTable, ReferenceRange, indicator};
use rust_decimal::Decimal;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The rows of a dataset, by column name.
fn dataset(name: &str) -> Vec<BTreeMap<String, String>> {
    let file = File::open(here("../../demo/data/sdtm/cdiscpilot_update2.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("SDTM/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
    let format = TableFormat::of_file(name).unwrap();
    let mut table = table::open(format, Cursor::new(bytes), name, TableOptions::default()).unwrap();
    let columns = table.columns().to_vec();
    let named = |row: Row| columns.iter().cloned().zip(row.cells).collect();
    std::iter::from_fn(|| table.next_row().unwrap()).map(named).collect()
}

fn ranges() -> Vec<ReferenceRange> {
    let name = "tests/data/reference_ranges/cdiscpilot01.csv";
    let (format, file) = (TableFormat::of_file(name).unwrap(), File::open(here(name)).unwrap());
    let mut table = table::open(format, file, name, TableOptions::default()).unwrap();
    let read = read_ranges(&mut *table).unwrap();
    assert_eq!(read.faults, []);
    read.ranges
}

/// What a published result is, said by the code under test.
fn held(
    table: &RangeTable,
    result: &BTreeMap<String, String>,
    subject: &BTreeMap<String, String>,
) -> (Option<Decimal>, Option<Decimal>, Option<Indicator>) {
    let age = subject["AGE"].parse().unwrap();
    let asked = Asked {
        laboratory: "",
        test: &result["LBTESTCD"],
        unit: &result["LBORRESU"],
        sex: Some(&subject["SEX"]),
        age: Age::Years(age),
        on: None,
    };
    let range = table.find(&subject["SITEID"].as_str().into(), &asked).unwrap();
    let texts: Vec<&str> = range.texts.iter().map(String::as_str).collect();
    (range.low, range.high, indicator(&result["LBORRES"], range.low, range.high, &texts))
}

#[test]
fn published_results_are_what_was_published_beside_them() {
    let table = RangeTable::new(ranges());
    let subjects: BTreeMap<String, _> =
        dataset("dm.xpt").into_iter().map(|row| (row["USUBJID"].clone(), row)).collect();
    let (mut rows, mut other_range, mut other_indicator) = (0, BTreeMap::new(), BTreeMap::new());
    for result in ["lbch.xpt", "lbhe.xpt", "lbur.xpt"].into_iter().flat_map(dataset) {
        rows += 1;
        let subject = &subjects[&result["USUBJID"]];
        let (low, high, found) = held(&table, &result, subject);
        let published = |column: &str| result[column].parse::<Decimal>().ok();
        if (low, high) != (published("LBORNRLO"), published("LBORNRHI")) {
            let key = (result["LBTESTCD"].clone(), subject["AGE"].clone());
            *other_range.entry(key).or_insert(0) += 1;
        }
        let (found, published) = (found.map_or("", Indicator::code), result["LBNRIND"].as_str());
        if found != published {
            let key = format!(
                "{} {}: {found}, published {published}",
                result["LBTESTCD"], result["LBORRES"]
            );
            *other_indicator.entry(key).or_insert(0) += 1;
        }
    }
    assert_eq!(rows, 59_580);
    // Two women (01-704-1323, 01-709-1312), 68 in DM, have the range of 69 and more beside each of their
    // results, from the first on. DM has no birth date, so that the age of the laboratory cannot be told.
    let women = |test: &str| ((test.to_owned(), "68".to_owned()), 12);
    assert_eq!(other_range, BTreeMap::from([women("ALB"), women("ALT")]));
    // A result below the limit of detection is certainly below a range that begins there.
    assert_eq!(other_indicator, BTreeMap::from([("BILI <0.2: LOW, published ".to_owned(), 5)]));
}
