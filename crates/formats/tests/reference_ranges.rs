//! Tables of reference ranges, with all that can be wrong with them.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use formats::{
    reference_ranges::{RangesRead, read_ranges},
    table::{self, TableFormat, TableOptions},
};

fn read(text: &'static str) -> Result<RangesRead, String> {
    let format = TableFormat::of_file("ranges.csv").unwrap();
    let table = table::open(format, text.as_bytes(), "ranges.csv", TableOptions::default());
    read_ranges(&mut *table.unwrap()).map_err(|error| error.to_string())
}

fn told(read: &RangesRead) -> Vec<String> {
    let place = |column: Option<formats::reference_ranges::Column>| {
        column.map(|one| format!(" {}", one.name())).unwrap_or_default()
    };
    let faults = read.faults.iter();
    faults.map(|one| format!("{}{}: {}", one.line, place(one.column), one.what)).collect()
}

#[test]
fn a_table_is_read_by_the_names_of_sdtm_as_well() {
    let read = read(
        "LBTESTCD,lborresu,SEX,AGE_FROM,AGE_TO,AGEU,LBORNRLO,LBORNRHI,LBSTNRC,VALID_FROM\n\
         HGB,g/L,f,18,,,120,,,2026-01-01\n\
         HGB,g/L,M,18,,YEARS,+0130.0,175,,2026-01-01\n\
         PROT,,,,,,,,NEGATIVE; Trace,\n",
    )
    .unwrap();
    assert_eq!(told(&read), [""; 0]);
    let words: Vec<String> = read.ranges.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "HGB in g/L, F, from 18 YEARS, from 2026-01-01",
            "HGB in g/L, M, from 18 YEARS, from 2026-01-01",
            "PROT"
        ]
    );
    assert_eq!(read.ranges[1].low.unwrap().to_string(), "130.0");
    assert_eq!(read.ranges[2].texts, ["NEGATIVE", "Trace"]);
    assert_eq!(read.lines, [2, 3, 4]);
}

#[test]
fn every_fault_is_named_at_once_with_line_and_column() {
    let read = read(
        "SITE,TEST,UNIT,SEX,AGE_FROM,AGE_TO,AGE_UNIT,LOW,HIGH,TEXTS,VALID_FROM,VALID_TO\n\
         ,GLUC,mmol/L,,,,,6.1,3.9,,,\n\
         ,,mmol/L,X,18,17,YEAR,1,,,,\n\
         ,HGB,g/L,,17.5,300,,<120,,,2026-02-30,\n\
         ,K,mmol/L,,,,,,,,2026-02-01,2026-01-31\n\
         ,NA,mmol/L,F,18,17,,135,145,,,\n\
         101,NA,mmol/L,F,,,,135,145,,,\n\
         ,NA,mmol/L,F,,64,,135,145,,,\n\
         ,NA,mmol/L,,64,,,136,146,,,\n",
    )
    .unwrap();
    assert_eq!(
        told(&read),
        [
            "2 HIGH: the lower limit 6.1 is above the upper limit 3.9",
            "3 TEST: the test is missing",
            "3 SEX: 'X' is neither F nor M, and not blank for both",
            "3 AGE_UNIT: 'YEAR' is none of DAYS, WEEKS, MONTHS, YEARS",
            "4 AGE_FROM: '17.5' is no whole number of YEARS that somebody lives",
            "4 AGE_TO: '300' is no whole number of YEARS that somebody lives",
            "4 LOW: '<120' is no number; a limit that is not there stays blank",
            "4 VALID_FROM: '2026-02-30' is no date of the form YYYY-MM-DD",
            "5 LOW: it has neither limit nor normal text",
            "5 VALID_TO: its last day 2026-01-31 is before its first day 2026-02-01",
            "6 AGE_TO: the age 17 at its end is below 18 at its beginning",
            "9: NA in mmol/L, from 64 YEARS fits what the range of line 8 fits",
        ]
    );
}

#[test]
fn a_file_that_is_no_table_of_ranges_is_refused() {
    let refused = |text| read(text).unwrap_err();
    assert_eq!(
        refused("TEST,LOW,COMMENT\n"),
        "ranges.csv:1: there is no column 'COMMENT' in a table of ranges; name the columns LABORATORY, \
         SITE, TEST, UNIT, SEX, AGE_FROM, AGE_TO, AGE_UNIT, LOW, HIGH, TEXTS, VALID_FROM, VALID_TO"
    );
    assert_eq!(
        refused("TEST,LOW,LBORNRLO\n"),
        "ranges.csv:1: column 'LBORNRLO' is LOW a second time; leave one of them out"
    );
    assert_eq!(
        refused("LOW,HIGH\n"),
        "ranges.csv:1: there is no column TEST; name the test of each range by its code"
    );
}
