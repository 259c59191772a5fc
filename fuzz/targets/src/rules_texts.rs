use formats::{mapping::Mapping, rules_toml};
use kernel::Datum;
use rules::{Expect, Facts, Outcome, Scope, Type, compile};
use std::str;

const NAMES: [(&str, Type); 5] = [
    ("AGE", Type::Int),
    ("SYSBP", Type::Dec),
    ("SEX", Type::Text),
    ("BRTHDAT", Type::Date),
    ("DONE", Type::Bool),
];

/// A mapping file, which may name no other file.
pub fn mapping(bytes: &[u8]) -> bool {
    let nothing_beside = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    str::from_utf8(bytes).is_ok_and(|text| Mapping::parse(text, "m.toml", &nothing_beside).is_ok())
}

/// A rules file.
pub fn rules_file(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| rules_toml::read(text, "rules.toml").is_ok())
}

/// An expression. One that compiles is evaluated three times: over values, over blank items, and
/// over missing ones; the last two never say true or false unless the rule asks what is missing.
pub fn expression(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let scope = NAMES.iter().fold(Scope::new(), |scope, (name, of)| scope.with(*name, *of));
    let Ok(rule) = compile(text, &scope, Expect::Any) else { return false };
    let [values, blank, missing] = [Kind::Value, Kind::Blank, Kind::Missing].map(World::new);
    rule.evaluate(&values);
    for world in [blank, missing] {
        let outcome = rule.evaluate(&world);
        let is_certain = matches!(outcome, Outcome::True | Outcome::False);
        let reads_always = !rule.names().is_empty() && !text.contains(['&', '|', '?']);
        let may_ask = rule.asks_missing() || !reads_always || text.contains('[');
        assert!(!is_certain || may_ask, "{text} is certain of what is missing");
    }
    true
}

#[derive(Clone, Copy)]
enum Kind {
    Value,
    Blank,
    Missing,
}

struct World(Vec<(&'static str, Option<Datum>)>);

impl World {
    fn new(kind: Kind) -> Self {
        let datum = |of: Type| match kind {
            Kind::Blank => None,
            Kind::Missing => Some(Datum::Missing(kernel::MissingReason::NotDone)),
            Kind::Value => Some(Datum::value(match of {
                Type::Int => "73",
                Type::Dec => "120.5",
                Type::Date => "1940-05",
                Type::Bool => "true",
                _ => "女",
            })),
        };
        Self(NAMES.iter().map(|(name, of)| (*name, datum(*of))).collect())
    }
}

impl Facts for World {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.0.iter().find(|(one, _)| *one == name)?.1.as_ref()
    }
}
