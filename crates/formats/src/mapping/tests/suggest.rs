//! A suggested mapping is one that can be used once its gaps are filled.

use super::super::suggest;
use super::*;

const SOURCE: &str = "PATNUM,VISIT,SEX,PULSE,DATE,WEATHER\n\
                      1,Visit 1,female,070,02-JAN-2014,sunny\n\
                      2,SE.1,male,80,,rain\n";

#[test]
fn columns_texts_and_dates_are_matched_with_items() {
    let suggested = suggest(&mut *csv(SOURCE), None, &design()).unwrap();
    for line in [
        r#"subject = { column = "PATNUM" }"#,
        r#"event = { column = "VISIT", map = { "SE.1" = "SE.1", "Visit 1" = "" } }"#,
        r#"form = { value = "F.VS" }"#,
        r#"repeat = { "IG.VS" = "row" }"#,
        r#"item = "I.SEX", group = "IG.VS", map = { "female" = "F", "male" = "M" } }"#,
        r#"item = "I.PULSE", group = "IG.VS", number = "integer" }"#,
        r#"item = "I.DATE", group = "IG.HEAD", date = "%d-%b-%Y" }"#,
        "WEATHER",
    ] {
        assert!(suggested.contains(line), "{line}\n{suggested}");
    }
}

#[test]
fn a_suggestion_with_its_gaps_filled_loads_every_row() {
    let suggested = suggest(&mut *csv(SOURCE), None, &design()).unwrap();
    let filled = suggested.replace(r#""Visit 1" = """#, r#""Visit 1" = "SE.1""#);
    let mapping = parse(&filled).unwrap_or_else(|error| panic!("{error}\n{filled}"));
    assert_eq!(check(&mapping, &design()), []);
    let columns: Vec<String> =
        SOURCE.lines().next().unwrap().split(',').map(str::to_owned).collect();
    assert_eq!(check_columns(&mapping, &columns), []);
    let loaded = load(&filled, SOURCE, Hold::File).unwrap();
    let records = loaded.iter().filter(|one| matches!(one, Mapped::Record(_))).count();
    assert_eq!((records, loaded.len()), (2, 2), "{loaded:?}");
}
