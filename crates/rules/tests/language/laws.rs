//! What holds of every rule.

use kernel::{Datum, MissingReason};
use proptest::prelude::*;
use rules::{Expect, Outcome, Rule, Type, compile};

use crate::support::{ITEMS, record, scope};

/// Expressions over the items of the record that are mostly right.
fn truth() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("SYSBP".to_owned()),
        Just("DIABP".to_owned()),
        Just("TEMP".to_owned()),
        Just("GRADE".to_owned()),
        Just("BIG".to_owned()),
        (-999_i64..999).prop_map(|n| n.to_string()),
        (0_i64..999, 0_u32..99).prop_map(|(n, d)| format!("{n}.{d}")),
    ];
    let number = number.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(&["+", "-", "*", "/"][..]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("abs({a})")),
            inner.clone().prop_map(|a| format!("round_half_up({a}, 2)")),
            inner.prop_map(|a| format!("sum([{a}, 1].map(x, x * 2))")),
        ]
    });
    let order = prop::sample::select(&["<", "<=", ">", ">=", "==", "!="][..]);
    let leaf = prop_oneof![
        (number.clone(), order.clone(), number).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (order, prop::sample::select(&["VISITDT", "ENDDT", "BIRTHDT"][..]))
            .prop_map(|(op, item)| format!("{item} {op} CONSENTDT")),
        Just("SEX == \"F\"".to_owned()),
        Just("SMOKER".to_owned()),
        Just("missing(SYSBP)".to_owned()),
        Just("length(COMMENT) > 3".to_owned()),
        Just("number(SCORE) > 2".to_owned()),
        Just("[1, SYSBP].exists(x, x == GRADE || DIABP > 80)".to_owned()),
        Just("[1, 2].all(x, x != GRADE && SMOKER)".to_owned()),
        Just("size([GRADE, BIG].filter(x, x > 1)) > 0".to_owned()),
        Just("GRADE in [SYSBP, 2, BIG]".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
        ]
    })
}

/// What an item can hold, whatever its type is.
#[derive(Clone, Debug)]
struct Held {
    number: i64,
    decimals: u32,
    text: &'static str,
    truth: bool,
    date: (u32, u32, u32),
    minute: u32,
}

impl Held {
    fn of(&self, of: Type) -> String {
        let (year, month, day) = self.date;
        let date = format!("{year}-{month:02}-{day:02}");
        let time = format!("{:02}:{:02}", self.minute / 60, self.minute % 60);
        match of {
            Type::Int => self.number.to_string(),
            Type::Dec => format!("{}.{}", self.number, self.decimals),
            Type::Text => self.text.to_owned(),
            Type::Bool => self.truth.to_string(),
            Type::Date => date,
            Type::Time => time,
            Type::DateTime => format!("{date}T{time}"),
        }
    }
}

fn value() -> impl Strategy<Value = Held> {
    let number = prop_oneof![-3_i64..4, -999_i64..999, Just(i64::MAX), Just(i64::MIN)];
    let text = prop::sample::select(&["F", "M", "2.5", "-1", "头痛", " "][..]);
    let date = (1900_u32..2100, 1_u32..13, 1_u32..29);
    (number, 0_u32..999, text, any::<bool>(), date, 0_u32..1440).prop_map(
        |(number, decimals, text, truth, date, minute)| Held {
            number,
            decimals,
            text,
            truth,
            date,
            minute,
        },
    )
}

/// Pieces of the language in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "SYSBP",
        "TEMP",
        "SEX",
        "VISITDT",
        "x",
        "1",
        "0.5",
        "\"头\"",
        "'",
        "\"",
        "true",
        "null",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "?",
        ":",
        "+",
        "-",
        "*",
        "/",
        "%",
        "!",
        "==",
        "<",
        "&&",
        "||",
        " in ",
        ".exists(x, ",
        ".map(x, x, ",
        ".filter(",
        "missing(",
        "coalesce(",
        "date(\"2014-01-02\")",
        "sum(",
        "has(",
        "matches(",
        "//",
        "\n",
        "😀",
        "`",
        "\\",
        "0x1F",
        "1e9",
        "9999999999",
        ".",
        "@0",
        "size(",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24)
        .prop_map(|pieces| pieces.concat())
}

fn compiled(text: &str) -> Option<Rule> {
    compile(text, &scope(), Expect::Any).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_makes_the_compiler_panic(text in "\\PC{0,60}") {
        prop_assert!(compile(&text, &scope(), Expect::Any).err().is_none_or(|f| !f.is_empty()));
    }

    #[test]
    fn no_order_of_words_makes_the_compiler_or_a_rule_panic(text in soup()) {
        if let Some(rule) = compiled(&text) {
            let unexpected = matches!(
                rule.evaluate(&record()),
                Outcome::Failed(error)
                    if matches!(error.problem, rules::RuleProblem::Unexpected(_))
            );
            prop_assert!(!unexpected, "{}", text);
        }
    }

    #[test]
    fn nesting_of_any_depth_is_refused_or_read(
        open in prop::sample::select(&["(", "[", "{", "!", "-", "f(", "true?", "1+", "(1+", ".x"][..]),
        depth in 1_usize..3_000,
    ) {
        let text = format!("{}1", open.repeat(depth));
        if depth > 200 {
            prop_assert!(compile(&text, &scope(), Expect::Any).is_err());
        } else {
            prop_assert!(compile(&text, &scope(), Expect::Bool).is_err());
        }
    }

    #[test]
    fn a_rule_whose_types_are_right_gives_truth_or_says_why_not(text in truth()) {
        let rule = compile(&text, &scope(), Expect::Bool);
        prop_assert!(rule.is_ok(), "{}: {:?}", text, rule);
        let outcome = rule.unwrap().evaluate(&record());
        let understood = match &outcome {
            Outcome::True | Outcome::False => true,
            Outcome::NotEvaluated { missing } => !missing.is_empty(),
            Outcome::Failed(error) => {
                !matches!(error.problem, rules::RuleProblem::Unexpected(_))
            }
            Outcome::Value(_) => false,
        };
        prop_assert!(understood, "{}: {:?}", text, outcome);
    }

    /// The law of the missing: what a rule says while items are missing, it says for every value
    /// that they could take.
    #[test]
    fn what_is_said_while_items_are_missing_holds_for_all_their_values(
        text in truth(),
        taken in any::<u32>(),
        reason in any::<bool>(),
        values in prop::collection::vec(value(), 8),
    ) {
        let rule = compiled(&text).unwrap();
        let asked = |name: &str| text.contains(&format!("missing({name})"));
        let named = |name: &str| rule.names().iter().any(|one| one == name);
        let taken = ITEMS.iter().enumerate().filter(|(index, (name, _))| {
            taken & (1 << index) != 0 && named(name) && !asked(name)
        });
        let taken: Vec<_> = taken.collect();
        let mut without = record();
        for (_, (name, _)) in &taken {
            without.items.remove(*name);
            if reason {
                without.items.insert((*name).to_owned(), Datum::Missing(MissingReason::Unknown));
            }
        }
        let said = rule.evaluate(&without);
        if matches!(said, Outcome::True | Outcome::False) {
            for start in 0..values.len() {
                let mut with = without.clone();
                let held = values.iter().cycle().skip(start);
                for ((_, (name, of)), held) in taken.iter().zip(held) {
                    with.items.insert((*name).to_owned(), Datum::value(held.of(*of)));
                }
                prop_assert_eq!(rule.evaluate(&with), said.clone(), "{} with {:?}", text, with);
            }
        }
    }

    /// The same of what a partial date leaves open.
    #[test]
    fn what_is_said_of_a_partial_date_holds_for_all_its_days(
        text in truth(),
        month in 1_u32..13,
        days in prop::collection::vec(1_u32..29, 3),
        year_only in any::<bool>(),
    ) {
        let rule = compiled(&text).unwrap();
        let mut partial = record();
        let known = if year_only { "2014".to_owned() } else { format!("2014-{month:02}") };
        partial.items.insert("ENDDT".to_owned(), Datum::value(known));
        let said = rule.evaluate(&partial);
        if matches!(said, Outcome::True | Outcome::False) {
            for day in days {
                let mut complete = record();
                let date = format!("2014-{month:02}-{day:02}");
                complete.items.insert("ENDDT".to_owned(), Datum::value(date));
                prop_assert_eq!(rule.evaluate(&complete), said.clone(), "{} on {}", text, day);
            }
        }
    }

    #[test]
    fn sides_may_change_places(left in truth(), right in truth(), gone in 0..ITEMS.len()) {
        let mut without = record();
        without.items.remove(ITEMS[gone].0);
        for operator in ["&&", "||"] {
            let say = |text: String| compiled(&text).unwrap().evaluate(&without).text().map(str::to_owned);
            let forth = say(format!("({left}) {operator} ({right})"));
            let back = say(format!("({right}) {operator} ({left})"));
            prop_assert_eq!(forth, back, "({}) {} ({})", left, operator, right);
        }
    }

    #[test]
    fn a_strict_rule_over_a_missing_item_is_not_evaluated(
        operator in prop::sample::select(&["+", "-", "*", "/"][..]),
        order in prop::sample::select(&["<", "<=", ">", ">=", "==", "!="][..]),
        number in -100_i64..100,
    ) {
        for text in [
            format!("PULSE {operator} 3 {order} {number}"),
            format!("{number} {order} 0 - PULSE"),
            format!("(PULSE {order} {number}) == SMOKER"),
            format!("PULSE {order} {number} || false"),
            format!("!(PULSE {order} {number} && true)"),
        ] {
            let outcome = compiled(&text).unwrap().evaluate(&record());
            prop_assert_eq!(outcome, Outcome::NotEvaluated { missing: vec!["PULSE".into()] });
        }
    }

    #[test]
    fn whatever_an_item_holds_no_rule_panics(text in truth(), value in "\\PC{0,12}") {
        let rule = compiled(&text).unwrap();
        let mut changed = record();
        for (name, of) in ITEMS {
            if of != Type::Text {
                changed.items.insert(name.to_owned(), Datum::value(value.as_str()));
            }
        }
        let outcome = rule.evaluate(&changed);
        prop_assert!(!matches!(outcome, Outcome::Value(_)), "{:?}", outcome);
    }

    #[test]
    fn decimals_add_up_exactly(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
        let thousandth = |n: i64| {
            let sign = if n < 0 { "-" } else { "" };
            format!("{sign}{}.{:03}", n.abs() / 1_000, n.abs() % 1_000)
        };
        let text =
            format!("{} + {} == {}", thousandth(a), thousandth(b), thousandth(a + b));
        prop_assert_eq!(compiled(&text).unwrap().evaluate(&record()), Outcome::True, "{}", text);
    }

    #[test]
    fn the_order_of_whole_days_is_that_of_their_distance(a in 0_i64..20_000, b in 0_i64..20_000) {
        let epoch = "date(\"1990-01-01\")";
        let (left, right) = (format!("add_days({epoch}, {a})"), format!("add_days({epoch}, {b})"));
        let text = format!(
            "days_between({left}, {right}) == {} && ({left} < {right}) == {}",
            b - a,
            a < b
        );
        prop_assert_eq!(compiled(&text).unwrap().evaluate(&record()), Outcome::True, "{}", text);
    }
}

#[test]
fn a_rule_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(value: &T) -> T {
        value.clone()
    }
    let rule = shared(&compiled("SYSBP > DIABP && SEX in [\"F\"]").unwrap());
    let outcome =
        std::thread::scope(|threads| threads.spawn(|| rule.evaluate(&record())).join().unwrap());
    assert_eq!(outcome, Outcome::True);
}

/// Without optimisation a level takes 45 KB of stack, with it 2 KB.
#[test]
fn the_deepest_rules_fit_on_a_stack() {
    let deep = [
        format!("{} > 1", vec!["SYSBP"; 110].join(" + ")),
        format!("{}SYSBP{} > 1", "abs(1 + ".repeat(23), ")".repeat(23)),
        format!("{}true", "SMOKER ? true : ".repeat(48)),
        format!("{}SMOKER{}", "!(".repeat(48), ")".repeat(48)),
    ];
    let stack_bytes = if cfg!(debug_assertions) { 4 << 20 } else { 1 << 19 };
    let run = move || deep.map(|text| compiled(&text).map(|rule| rule.evaluate(&record())));
    let thread = std::thread::Builder::new().stack_size(stack_bytes).spawn(run).unwrap();
    assert_eq!(thread.join().unwrap(), [const { Some(Outcome::True) }; 4]);
}
