//! Units as codes of UCUM (<http://unitsofmeasure.org>), where they are known.

use kernel::study::UnitDef;

/// Units as studies write them (CDISC Controlled Terminology UNIT, C71620, and common symbols), in
/// lower case, beside their code in UCUM. Units that UCUM writes in the same way are in [`SAME`].
const UNITS: [(&str, &str); 48] = [
    ("%", "%"),
    ("10^12/l", "10*12/L"),
    ("10^3/ul", "10*3/uL"),
    ("10^6/l", "10*6/L"),
    ("10^9/l", "10*9/L"),
    ("beats/min", "/min"),
    ("bpm", "/min"),
    ("breaths/min", "/min"),
    ("c", "Cel"),
    ("celsius", "Cel"),
    ("cel", "Cel"),
    ("cm", "cm"),
    ("days", "d"),
    ("degc", "Cel"),
    ("degf", "[degF]"),
    ("f", "[degF]"),
    ("fahrenheit", "[degF]"),
    ("g/24h", "g/(24.h)"),
    ("g/day", "g/d"),
    ("gi/l", "10*9/L"),
    ("hours", "h"),
    ("in", "[in_i]"),
    ("inch", "[in_i]"),
    ("inches", "[in_i]"),
    ("iu/l", "[IU]/L"),
    ("iu/ml", "[IU]/mL"),
    ("lb", "[lb_av]"),
    ("lbs", "[lb_av]"),
    ("meq/l", "meq/L"),
    ("min", "min"),
    ("minutes", "min"),
    ("miu/l", "m[IU]/L"),
    ("miu/ml", "m[IU]/mL"),
    ("mm/h", "mm/h"),
    ("mm/hr", "mm/h"),
    ("mmhg", "mm[Hg]"),
    ("months", "mo"),
    ("msec", "ms"),
    ("pound", "[lb_av]"),
    ("seconds", "s"),
    ("sec", "s"),
    ("thou/ul", "10*3/uL"),
    ("ti/l", "10*12/L"),
    ("uiu/ml", "u[IU]/mL"),
    ("ug/day", "ug/d"),
    ("weeks", "wk"),
    ("x10e9/l", "10*9/L"),
    ("years", "a"),
];

/// Units that UCUM writes as studies do.
const SAME: [&str; 28] = [
    "U/L", "fL", "fmol", "g", "g/L", "g/dL", "kPa", "kg", "kg/m2", "m", "mg", "mg/L", "mg/dL",
    "mg/kg", "mL", "mL/min", "mm", "mmol/L", "ms", "ng/L", "ng/mL", "nmol/L", "pg", "pg/mL",
    "pmol/L", "ug/L", "ug/dL", "umol/L",
];

/// The code of a unit as it is written; none where it is not known.
pub(super) fn of_text(unit: &str) -> Option<&'static str> {
    if let Some(same) = SAME.iter().find(|same| **same == unit) {
        return Some(same);
    }
    let lower = unit.to_ascii_lowercase();
    UNITS.iter().find(|(written, _)| *written == lower).map(|(_, code)| *code)
}

/// The code of a unit of a study: as the study says, else by its name and symbol.
pub(super) fn of_def(unit: &UnitDef) -> Option<String> {
    let alias = unit.aliases.iter().find(|alias| alias.context.eq_ignore_ascii_case("UCUM"));
    if let Some(said) = unit.ucum.clone().or_else(|| alias.map(|alias| alias.name.clone())) {
        return Some(said);
    }
    let written = unit.symbol.in_lang("en").into_iter().chain([unit.name.as_str()]);
    written.into_iter().find_map(of_text).map(str::to_owned)
}

/// What people read: the symbol, else the name.
pub(super) fn shown(unit: &UnitDef) -> &str {
    unit.symbol.in_lang("en").unwrap_or(&unit.name)
}

#[cfg(test)]
mod tests {
    use kernel::Texts;

    use super::*;

    #[test]
    fn a_unit_is_known_by_what_the_study_says_then_by_its_symbol() {
        let mut unit = UnitDef {
            oid: "MU.F".into(),
            name: "degree Fahrenheit".to_owned(),
            symbol: Texts::one("en", "F"),
            ..UnitDef::default()
        };
        assert_eq!(of_def(&unit).as_deref(), Some("[degF]"));
        unit.ucum = Some("K".to_owned());
        assert_eq!(of_def(&unit).as_deref(), Some("K"));
        assert_eq!((of_text("mmHg"), of_text("mg/dL")), (Some("mm[Hg]"), Some("mg/dL")));
        assert_eq!((of_text("MG/DL"), of_text("furlong")), (None, None));
    }
}
