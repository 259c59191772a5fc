use proptest::prelude::*;

use super::*;

fn canon(data_type: DataType, raw: &str) -> Option<String> {
    canonical(data_type, raw).ok().map(|text| text.to_string())
}

#[test]
fn a_number_keeps_its_decimals_and_loses_padding() {
    assert_eq!(canon(DataType::Float, " +098.60 ").as_deref(), Some("98.60"));
    assert_eq!(canon(DataType::Float, ".5").as_deref(), Some("0.5"));
    assert_eq!(canon(DataType::Float, "-0.0").as_deref(), Some("0.0"));
    assert_eq!(canon(DataType::Integer, "007").as_deref(), Some("7"));
    assert_eq!(canon(DataType::Integer, "-12").as_deref(), Some("-12"));
}

#[test]
fn what_is_not_a_number_is_refused() {
    for raw in ["1,5", "1e3", "12.", "NaN", "١٢", "--1", "-", ".", "0x1F", "1 2"] {
        assert!(canonical(DataType::Float, raw).is_err(), "{raw}");
    }
    assert!(canonical(DataType::Integer, "1.0").is_err());
    assert!(canonical(DataType::Integer, &"9".repeat(40)).is_err());
}

#[test]
fn a_blank_is_not_a_value() {
    assert_eq!(canonical(DataType::Text, " \t "), Err(ValueFault::Blank));
}

#[test]
fn dates_and_times_must_exist() {
    assert_eq!(canon(DataType::Date, "2014-02-28").as_deref(), Some("2014-02-28"));
    assert!(canonical(DataType::Date, "2014-02-30").is_err());
    assert!(canonical(DataType::Date, "2014-02").is_err());
    assert!(canonical(DataType::PartialDate, "2014-02").is_ok());
    assert!(canonical(DataType::Time, "11:45").is_ok());
    assert!(canonical(DataType::Time, "24:45").is_err());
    assert!(canonical(DataType::Datetime, "2014-02-03T11:45").is_ok());
    assert!(canonical(DataType::Datetime, "2014-02-03T11:45:00+08:00").is_ok());
    assert!(canonical(DataType::Datetime, "2014-02-03").is_err());
}

#[test]
fn a_datum_survives_json_in_all_three_forms() {
    let data = [
        Datum::value("120"),
        Datum::Value { text: "120".into(), unit: Some("mmHg".into()) },
        Datum::Missing(MissingReason::NotDone),
    ];
    let json = serde_json::to_string(&data).unwrap();
    assert_eq!(json, r#"["120",["120","mmHg"],{"missing":"NOT_DONE"}]"#);
    assert_eq!(serde_json::from_str::<[Datum; 3]>(&json).unwrap(), data);
}

proptest! {
    #[test]
    fn canonical_text_is_its_own_canonical_text(raw in "\\PC{0,12}", index in 0..DataType::ALL.len()) {
        let data_type = DataType::ALL[index].0;
        if let Ok(once) = canonical(data_type, &raw) {
            prop_assert_eq!(canonical(data_type, &once), Ok(once));
        }
    }

    #[test]
    fn a_canonical_number_is_the_same_number(raw in "[+-]?[0-9]{1,8}(\\.[0-9]{1,6})?") {
        let canonical = canonical(DataType::Float, &raw).unwrap();
        prop_assert_eq!(Decimal::from_str(&canonical).unwrap(), Decimal::from_str(&raw).unwrap());
    }
}
