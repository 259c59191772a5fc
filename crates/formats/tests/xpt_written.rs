//! What is written as a transport file is read as it was, and published files are written again byte
//! for byte.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    fs::{self, File},
    io::{Cursor, Read},
    path::Path,
};

use formats::{
    table::TextEncoding,
    xpt::{
        Dataset, Field, Stamp, ValueFormat, Variable, VariableKind, XptMisfit, XptReader, XptWriter,
    },
};
use proptest::prelude::*;

/// Reads a file and writes it again.
fn again(bytes: &[u8], name: &str) -> Vec<u8> {
    let encoding = TextEncoding::WINDOWS_1252;
    let mut reader = XptReader::open(Cursor::new(bytes), name, encoding).unwrap();
    let mut writer = XptWriter::create(Vec::new(), reader.library(), encoding).unwrap();
    writer.dataset(reader.dataset()).unwrap();
    while let Some(row) = reader.next_row().unwrap() {
        writer.row(&row).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn every_dataset_of_the_demonstration_trial_is_written_byte_for_byte() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/data");
    let archive = File::open(demo.join("sdtm/cdiscpilot_update2.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(archive).unwrap();
    let mut datasets = 0;
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        if Path::new(&name).extension().is_none_or(|extension| extension != "xpt") {
            continue;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert!(again(&bytes, &name) == bytes, "{name} is not what was published");
        datasets += 1;
    }
    assert_eq!(datasets, 31);
    let analysis = fs::read(demo.join("adam/adsl.xpt")).unwrap();
    assert!(again(&analysis, "adsl.xpt") == analysis, "formats of numbers are kept");
}

fn variable(name: &str, kind: VariableKind, length: usize) -> Variable {
    Variable { name: name.to_owned(), kind, length, ..Variable::default() }
}

fn misfit(variable: Variable, field: Field, encoding: TextEncoding) -> XptMisfit {
    let mut writer = XptWriter::create(Vec::new(), &Stamp::default(), encoding).unwrap();
    let dataset =
        Dataset { name: "AE".to_owned(), variables: vec![variable], ..Dataset::default() };
    match writer.dataset(&dataset) {
        Ok(()) => writer.row(&[field]).unwrap_err(),
        Err(misfit) => misfit,
    }
}

#[test]
fn nothing_is_cut_and_limits_count_bytes() {
    use VariableKind::{Number, Text};
    let utf_8 = TextEncoding::UTF_8;
    let text = |text: &str| Field::Text(text.to_owned());
    let label = "受试者体重（公斤）在访视时的测量值";
    let cases = [
        (misfit(variable("AETERMLONG", Text, 8), text(""), utf_8), "'AETERMLONG' is not a name"),
        (misfit(variable("1AE", Text, 8), text(""), utf_8), "'1AE' is not a name"),
        (misfit(variable("术语", Text, 8), text(""), utf_8), "'术语' is not a name"),
        (misfit(variable("A", Text, 201), text(""), utf_8), "A is 201 bytes wide"),
        (misfit(variable("A", Number, 9), text(""), utf_8), "A is 9 bytes wide"),
        (misfit(variable("A", Text, 5), text("体重"), utf_8), "row 1: the text of A has 6 bytes"),
        (
            misfit(variable("A", Number, 4), Field::Number(0.1), utf_8),
            "row 1: the number of A cannot be written exactly",
        ),
        (
            misfit(variable("A", Number, 8), Field::Number(f64::NAN), utf_8),
            "row 1: the number of A cannot be written exactly",
        ),
        (
            misfit(variable("A", Number, 8), text("1"), utf_8),
            "row 1: the value of A is not of its kind",
        ),
        (
            misfit(variable("A", Text, 8), text("体"), TextEncoding::WINDOWS_1252),
            "row 1, A: a character is not in windows-1252",
        ),
        (
            misfit(Variable { label: label.to_owned(), ..variable("A", Text, 8) }, text(""), utf_8),
            "the label of A has 51 bytes, at most 40 are allowed",
        ),
    ];
    for (misfit, expected) in cases {
        assert!(misfit.to_string().contains(expected), "{misfit} is not: {expected}");
    }
    let chinese = Variable { label: label.to_owned(), ..variable("A", Text, 4) };
    let mut writer =
        XptWriter::create(Vec::new(), &Stamp::default(), TextEncoding::GB18030).unwrap();
    let dataset = Dataset { name: "VS".to_owned(), variables: vec![chinese], ..Dataset::default() };
    writer.dataset(&dataset).unwrap();
    writer.row(&[text("体重")]).unwrap();
}

fn a_variable() -> impl Strategy<Value = (String, String, bool, usize, u16)> {
    ("[A-Z][A-Z0-9_]{0,6}", "[a-z体 é]{0,12}", any::<bool>(), 1_usize..60, 0_u16..20)
}

fn a_dataset() -> impl Strategy<Value = (Dataset, Vec<Vec<Field>>)> {
    prop::collection::vec(a_variable(), 1..6).prop_flat_map(|variables| {
        let variables: Vec<Variable> = variables
            .into_iter()
            .map(|(name, label, is_number, length, width)| Variable {
                label: label.trim().to_owned(),
                format: ValueFormat { name: "BEST".into(), width, decimals: 2, justification: 1 },
                ..variable(
                    &name,
                    if is_number { VariableKind::Number } else { VariableKind::Text },
                    if is_number { 8 } else { length },
                )
            })
            .collect();
        let dataset = Dataset {
            name: "DS".to_owned(),
            label: "体重".to_owned(),
            variables,
            ..Dataset::default()
        };
        let fields: Vec<BoxedStrategy<Field>> = dataset.variables.iter().map(field).collect();
        // A last row of blanks could be padding; the format cannot tell, so the last row has text.
        (Just(dataset), prop::collection::vec(fields, 0..10))
    })
}

fn field(variable: &Variable) -> BoxedStrategy<Field> {
    let length = variable.length;
    match variable.kind {
        VariableKind::Number => prop_oneof![
            (-1e15_f64..1e15).prop_map(Field::Number),
            (-60_000_i32..60_000).prop_map(|day| Field::Number(f64::from(day))),
            prop_oneof![Just('.'), Just('_'), prop::char::range('A', 'Z')].prop_map(Field::Missing),
        ]
        .boxed(),
        VariableKind::Text => "[a-c体é]{1,30}"
            .prop_map(move |text| {
                let fits = |text: &String| text.len() <= length;
                let mut text = text;
                while !fits(&text) {
                    text.pop();
                }
                Field::Text(if text.is_empty() { "x".to_owned() } else { text })
            })
            .boxed(),
    }
}

proptest! {
    #[test]
    fn any_dataset_is_read_as_it_was_written((dataset, rows) in a_dataset()) {
        let stamp = Stamp { created: "01JAN14:00:00:00".into(), ..Stamp::default() };
        let mut writer = XptWriter::create(Vec::new(), &stamp, TextEncoding::UTF_8).unwrap();
        writer.dataset(&dataset).unwrap();
        for row in &rows {
            writer.row(row).unwrap();
        }
        // A second dataset shows that the first was ended where it must.
        writer.dataset(&dataset).unwrap();
        let bytes = writer.finish().unwrap();
        prop_assert_eq!(bytes.len() % 80, 0);
        let mut reader = XptReader::open(Cursor::new(bytes), "x", TextEncoding::UTF_8).unwrap();
        prop_assert_eq!(reader.library(), &stamp);
        for (read, given) in reader.dataset().variables.iter().zip(&dataset.variables) {
            prop_assert_eq!(&read.name, &given.name);
            prop_assert_eq!(&read.label, &given.label);
            prop_assert_eq!(&read.format, &given.format);
        }
        for row in rows {
            prop_assert_eq!(reader.next_row().unwrap(), Some(row));
        }
        prop_assert_eq!(reader.next_row().unwrap(), None);
        prop_assert!(reader.next_dataset().unwrap());
        prop_assert_eq!(&reader.dataset().label, &dataset.label);
    }
}
