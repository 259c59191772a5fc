//! Translated logic is computed by the engine that computes it in a study, and gives what REDCap
//! gives.

use std::collections::BTreeMap;

use kernel::Datum;
use rules::{Catalogue, Expect, Facts, Outcome, Scope, Type, compile};

use formats::redcap::{
    FieldType, KnownField, LogicScope, Untranslated, translate_condition, translate_value,
};

struct World {
    items: BTreeMap<String, Datum>,
}

impl Facts for World {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.items.get(name)
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.items.get(&format!("{event}.{form}.{item}")).cloned()
    }
}

fn fields() -> BTreeMap<String, KnownField> {
    let of = |of, form: &str| KnownField { form: form.to_owned(), of, choices: BTreeMap::new() };
    let mut fields = BTreeMap::from([
        ("sex".to_owned(), of(FieldType::Text, "here")),
        ("note".to_owned(), of(FieldType::Text, "here")),
        ("q1".to_owned(), of(FieldType::Text, "here")),
        ("q2".to_owned(), of(FieldType::Text, "here")),
        ("age".to_owned(), of(FieldType::Number, "here")),
        ("weight".to_owned(), of(FieldType::Number, "here")),
        ("height".to_owned(), of(FieldType::Number, "here")),
        ("dob".to_owned(), of(FieldType::Date, "here")),
        ("visit".to_owned(), of(FieldType::Date, "here")),
        ("began".to_owned(), of(FieldType::DateTime, "here")),
        ("ended".to_owned(), of(FieldType::DateTime, "here")),
        ("arrived".to_owned(), of(FieldType::Time, "here")),
        ("there".to_owned(), of(FieldType::Text, "other")),
        ("faraway".to_owned(), of(FieldType::Number, "only_at_two")),
    ]);
    let choices = [("1", "race___1"), ("2", "race___2"), ("-1", "race____1")];
    let choices = choices.map(|(code, item)| (code.to_owned(), item.to_owned())).into();
    let race = KnownField { form: "here".to_owned(), of: FieldType::Truth, choices };
    fields.insert("race".to_owned(), race);
    fields
}

fn events() -> Vec<(String, Vec<String>)> {
    let forms = |forms: &[&str]| forms.iter().map(|form| (*form).to_owned()).collect();
    vec![
        ("one_arm_1".to_owned(), forms(&["here", "other"])),
        ("two_arm_1".to_owned(), forms(&["only_at_two"])),
    ]
}

fn types() -> Scope {
    let items = |form: &str| -> BTreeMap<String, Type> {
        let mut items = BTreeMap::new();
        for (name, field) in fields().iter().filter(|(_, field)| field.form == form) {
            let of = match field.of {
                FieldType::Number => Type::Dec,
                FieldType::Text => Type::Text,
                FieldType::Truth => Type::Bool,
                FieldType::Date => Type::Date,
                FieldType::DateTime => Type::DateTime,
                FieldType::Time => Type::Time,
            };
            if field.choices.is_empty() {
                items.insert(name.clone(), of);
            }
            items.extend(field.choices.values().map(|item| (item.clone(), of)));
        }
        items
    };
    let forms = ["here", "other", "only_at_two"];
    let catalogue = Catalogue {
        events: events().into_iter().map(|(e, forms)| (e, forms.into_iter().collect())).collect(),
        forms: forms.iter().map(|form| ((*form).to_owned(), items(form))).collect(),
        ..Catalogue::default()
    };
    let mut scope = Scope::new();
    for (name, of) in items("here") {
        scope = scope.with(name, of);
    }
    scope.with_catalogue(std::sync::Arc::new(catalogue))
}

fn translated(logic: &str, wanted: Option<FieldType>) -> Result<String, Untranslated> {
    let (fields, events) = (fields(), events());
    let scope = LogicScope {
        form: "here",
        fields: &fields,
        events: &events,
        repeating: &[],
        record_id: "record_id",
    };
    match wanted {
        None => translate_condition(logic, &scope),
        Some(of) => translate_value(logic, &scope, of),
    }
}

fn computed(logic: &str, wanted: Option<FieldType>, given: &[(&str, &str)]) -> String {
    let text = translated(logic, wanted).unwrap_or_else(|why| panic!("{logic}: {why}"));
    let expect = match wanted {
        None => Expect::Bool,
        Some(FieldType::Text) => Expect::Value(Type::Text),
        Some(_) => Expect::Value(Type::Dec),
    };
    let rule = compile(&text, &types(), expect)
        .unwrap_or_else(|faults| panic!("{logic}\n{text}\n{faults:?}"));
    let items = given.iter().map(|(name, value)| ((*name).to_owned(), Datum::value(*value)));
    let world = World { items: items.collect() };
    match rule.evaluate(&world) {
        Outcome::True => "true".to_owned(),
        Outcome::False => "false".to_owned(),
        other => other.text().map_or_else(|| "none".to_owned(), str::to_owned),
    }
}

fn truth(logic: &str, given: &[(&str, &str)]) -> String {
    computed(logic, None, given)
}

fn number(logic: &str, given: &[(&str, &str)]) -> String {
    computed(logic, Some(FieldType::Number), given)
}

#[test]
fn a_blank_is_the_empty_text() {
    for (logic, blank, with_1) in [
        ("[sex] = '1'", "false", "true"),
        ("[sex] = 1", "false", "true"),
        ("[sex] <> \"1\"", "true", "false"),
        ("[sex] = ''", "true", "false"),
        ("[sex] <> ''", "false", "true"),
        ("not([sex] = '1')", "true", "false"),
        ("[sex]=\"\" or [sex]=\"2\"", "true", "false"),
    ] {
        assert_eq!(truth(logic, &[]), blank, "{logic} of a blank");
        assert_eq!(truth(logic, &[("sex", "1")]), with_1, "{logic} of 1");
    }
}

#[test]
fn numbers_are_compared_as_numbers_and_a_blank_has_no_order() {
    for (logic, blank, at_20) in [
        ("[age] > 18", "false", "true"),
        ("[age] < 18", "false", "false"),
        ("[age] <> 0", "true", "true"),
        ("[age] = '20.0'", "false", "true"),
        ("18 <= [age] and [age] < 65", "false", "true"),
        ("[age] = [weight]", "true", "false"),
        ("[age] <> [weight]", "false", "true"),
    ] {
        assert_eq!(truth(logic, &[]), blank, "{logic} of a blank");
        assert_eq!(truth(logic, &[("age", "20")]), at_20, "{logic} of 20");
    }
    assert_eq!(truth("[note] > 5", &[("note", "10")]), "true", "a text that is a number");
}

#[test]
fn a_choice_that_nobody_ticked_is_0() {
    for (logic, blank, ticked) in [
        ("[race(1)] = '1'", "false", "true"),
        ("[race(1)] = \"0\"", "true", "false"),
        ("[race(1)] <> 1", "true", "false"),
        ("[race(1)] + [race(2)] + [race(-1)] >= 1", "false", "true"),
    ] {
        assert_eq!(truth(logic, &[]), blank, "{logic} of a blank");
        assert_eq!(truth(logic, &[("race___1", "true")]), ticked, "{logic} ticked");
    }
}

#[test]
fn a_calculation_gives_its_number() {
    let body = [("weight", "70"), ("height", "175"), ("q1", "2"), ("q2", "3"), ("age", "7")];
    for (logic, expected) in [
        ("round(([weight]*10000)/(([height])^(2)),1)", "22.9"),
        ("[q1]+[q2]*2", "8"),
        ("sum([q1],[q2],[note])", "5"),
        ("mean([q1],[q2],[note])", "2.5"),
        ("min([q2],[note],[q1])", "2"),
        ("max([q2],[note],[q1])", "3"),
        ("if([q1]='2', 10, 20)", "10"),
        ("if([q1]='3', '10', if([q2]>2, 30, ''))", "30"),
        ("rounddown([age]/2)", "3"),
        ("roundup([age]/2,0)", "4"),
        ("mod([age], 4)", "3"),
        ("abs(3-[age])", "4"),
        ("sqrt([age]+2)", "3"),
        ("-[age] + 10", "3"),
        ("length('abc')", "3"),
        ("([q1]='2') + ([q2]='9')", "1"),
        ("1 // a note\n + 1 # another", "2"),
    ] {
        assert_eq!(number(logic, &body), expected, "{logic}");
    }
}

#[test]
fn a_calculation_over_blanks_gives_nothing_or_passes_them_over() {
    for (logic, expected) in [
        ("[q1]+[q2]", "none"),
        ("sum([q1],[q2])", "none"),
        ("sum([q1],[q2],5)", "5"),
        ("if([q1]='', 0, 1)", "0"),
        ("round([weight]/[height],1)", "none"),
    ] {
        assert_eq!(number(logic, &[]), expected, "{logic}");
    }
}

#[test]
fn datediff_counts_in_its_unit_with_or_without_sign() {
    let given = [
        ("dob", "1980-06-15"),
        ("visit", "2020-06-14"),
        ("began", "2020-01-01T08:00"),
        ("ended", "2020-01-02T20:30"),
    ];
    for (logic, expected) in [
        ("datediff([dob],[visit],'d')", "14609"),
        ("datediff([visit],[dob],'d')", "14609"),
        ("datediff([visit],[dob],'d','ymd',true)", "-14609"),
        ("datediff([visit],[dob],'d',true)", "-14609"),
        ("rounddown(datediff([dob],[visit],'y'))", "39"),
        ("round(datediff([dob],[visit],'M'),1)", "479.9"),
        ("datediff([began],[ended],'h')", "36.5"),
        ("datediff([began],[ended],'m')", "2190"),
        ("round(datediff([began],[ended],'d'),2)", "1.52"),
        ("datediff([dob],'1980-06-20','d')", "5"),
        ("age_at_date([dob],[visit])", "39"),
        ("year([visit])-month([visit])-day([visit])", "2000"),
    ] {
        assert_eq!(number(logic, &given), expected, "{logic}");
    }
    assert_eq!(truth("[visit] > '2020-01-01'", &given), "true");
    assert_eq!(truth("[visit] > '2020-01-01'", &[]), "false");
}

#[test]
fn texts_are_joined_cut_and_searched() {
    let given = [("note", "Blood pressure"), ("sex", "1")];
    let text = |logic: &str| computed(logic, Some(FieldType::Text), &given);
    assert_eq!(text("concat('a ', [note], [q1])"), "a Blood pressure");
    assert_eq!(text("left([note], 5)"), "Blood");
    assert_eq!(text("right([note], 3)"), "ure");
    assert_eq!(text("mid([note], 7, 100)"), "pressure");
    assert_eq!(text("upper(trim([note]))"), "BLOOD PRESSURE");
    assert_eq!(truth("contains([note], 'PRESS')", &given), "true");
    assert_eq!(truth("not_contain([note], 'x')", &[]), "true");
    assert_eq!(truth("starts_with([note], 'blood')", &given), "true");
    assert_eq!(truth("isnumber([sex]) and isinteger([sex])", &given), "true");
    assert_eq!(truth("isnumber([note])", &given), "false");
    assert_eq!(truth("hasvalue([q1])", &given), "false");
    assert_eq!(truth("isblankormissingcode([q1])", &given), "true");
}

#[test]
fn another_event_is_read_by_its_name_and_the_same_event_by_its_form() {
    let given = [("one_arm_1.other.there", "1"), ("two_arm_1.only_at_two.faraway", "5")];
    assert_eq!(truth("[one_arm_1][there] = '1'", &given), "true");
    assert_eq!(truth("[there] = '1'", &given), "true");
    assert_eq!(truth("[there] = '1'", &[]), "false");
    assert_eq!(truth("[two_arm_1][faraway] >= 5", &given), "true");
    assert_eq!(truth("[first-event-name][there] = '1'", &given), "true");
}

#[test]
fn what_has_no_counterpart_is_refused_with_its_place() {
    for (logic, at, why) in [
        ("[age] > 1 and [user-name] = 'a'", 15, "the smart variable [user-name]"),
        ("[nothing] = 1", 1, "there is no field [nothing]"),
        ("datediff([dob],'today','y') > 18", 16, "changes by itself"),
        ("[race] = 1", 1, "is a checkbox field"),
        ("[race(9)] = 1", 1, "has no choice 9"),
        ("[faraway] = 1", 1, "more than one event"),
        ("[record_id] = 1", 1, "the key of the participant"),
        ("[age][2] > 1", 1, "an instance"),
        ("stdev([q1],[q2]) > 1", 1, "stdev has no counterpart"),
        ("[sex] = '1", 9, "a quote is not closed"),
        ("[sex] = ", 9, "ends where a value is expected"),
        ("[sex] & 1", 7, "has no meaning here"),
        ("[sex] + 1", 7, "not true or false"),
    ] {
        let refused = translated(logic, None).expect_err(logic);
        assert_eq!(refused.at, at, "{logic}: {refused}");
        assert!(refused.why.contains(why), "{logic}: {refused}");
    }
}
