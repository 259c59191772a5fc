//! Prints how many rules one core evaluates in a second.

use std::{collections::HashMap, hint::black_box, time::Instant};

use kernel::Datum;
use rules::{Expect, Facts, Scope, Type, compile};

struct Record(HashMap<String, Datum>);

impl Facts for Record {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.0.get(name)
    }
}

fn main() {
    const RULES: [&str; 8] = [
        "SYSBP > DIABP",
        "TEMP >= 34.0 && TEMP <= 42.5",
        "missing(WEIGHT) || WEIGHT / ((HEIGHT / 100) * (HEIGHT / 100)) < 60",
        "VISITDT >= CONSENTDT",
        "SEX == \"F\" ? PREGNANT in [\"Y\", \"N\"] : true",
        "PULSE > 30",
        "PULSE > 30 || SYSBP > DIABP",
        "age_at(BIRTHDT, CONSENTDT) >= 50",
    ];
    let items = [
        ("SYSBP", Type::Int, Some("128")),
        ("DIABP", Type::Int, Some("81")),
        ("TEMP", Type::Dec, Some("36.8")),
        ("WEIGHT", Type::Dec, Some("71.5")),
        ("HEIGHT", Type::Int, Some("172")),
        ("VISITDT", Type::Date, Some("2014-02-03")),
        ("CONSENTDT", Type::Date, Some("2014-01-02")),
        ("BIRTHDT", Type::Date, Some("1940-07")),
        ("SEX", Type::Text, Some("F")),
        ("PREGNANT", Type::Text, Some("N")),
        ("PULSE", Type::Int, None),
    ];
    let scope = items.iter().fold(Scope::new(), |scope, (name, of, _)| scope.with(*name, *of));
    let record = Record(
        items
            .iter()
            .filter_map(|(name, _, text)| Some(((*name).to_owned(), Datum::value((*text)?))))
            .collect(),
    );
    for text in RULES {
        let rule = match compile(text, &scope, Expect::Bool) {
            Ok(rule) => rule,
            Err(faults) => {
                println!("{text}: {faults:?}");
                continue;
            }
        };
        let (mut times, begin) = (0_u32, Instant::now());
        while begin.elapsed().as_millis() < 500 {
            for _ in 0..1_000 {
                black_box(rule.evaluate(black_box(&record)));
            }
            times += 1_000;
        }
        let rate = f64::from(times) / begin.elapsed().as_secs_f64();
        println!("{rate:>12.0}/s  {:>13}  {text}", rule.evaluate(&record).to_string());
    }
}
