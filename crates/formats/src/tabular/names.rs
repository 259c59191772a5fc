//! Names as statistics programs take them.

use std::collections::HashSet;

use super::{TableDef, plan::unique};

/// What a program takes as a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameRule {
    /// In bytes; names are ASCII.
    pub(crate) longest: usize,
    pub(crate) upper_case: bool,
    /// Words that mean something else to the program.
    pub(crate) reserved: &'static [&'static str],
}

/// SAS transport files of version 5: letters, digits, underscores (SAS TS-140).
pub(crate) const TRANSPORT: NameRule = NameRule { longest: 8, upper_case: true, reserved: &[] };

/// What a table would like to be called: as the study names its dataset, else as the last part of
/// its OID.
pub(crate) fn dataset_wish(table: &TableDef) -> &str {
    let last = table.name.rsplit('.').next().filter(|last| !last.is_empty());
    table.dataset_name.as_deref().or(last).unwrap_or(&table.name)
}

/// Gives each wish a name of its own: the wish itself if it can be one, else its letters and digits,
/// cut and numbered where that is needed to tell it from the others. The same wishes get the same
/// names.
pub(crate) fn names<'w>(rule: NameRule, wishes: impl Iterator<Item = &'w str>) -> Vec<String> {
    let mut taken: HashSet<String> =
        rule.reserved.iter().map(|word| word.to_ascii_lowercase()).collect();
    wishes.map(|wish| name(rule, wish, &mut taken)).collect()
}

/// Gives a wish a name that is not taken, in lower case, yet.
pub(crate) fn name(rule: NameRule, wish: &str, taken: &mut HashSet<String>) -> String {
    let mut plain: String = wish
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { ' ' })
        .filter(|c| *c != ' ')
        .collect();
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        plain.insert(0, 'V');
    }
    if rule.upper_case {
        plain.make_ascii_uppercase();
    }
    let mut name = plain[..plain.len().min(rule.longest)].to_owned();
    let mut number = 1_u32;
    while !taken.insert(name.to_ascii_lowercase()) {
        number += 1;
        let digits = number.to_string();
        let kept = plain.len().min(rule.longest - digits.len());
        name = format!("{}{digits}", &plain[..kept]);
    }
    name
}

/// Names of files that every file system takes and tells apart.
#[derive(Default)]
pub(crate) struct FileNames {
    taken: HashSet<String>,
}

impl FileNames {
    /// `F.VS` becomes `F.VS.csv`; characters that some file systems refuse become `_`.
    pub(crate) fn take(&mut self, wished: &str, extension: &str) -> String {
        let plain: String = wished
            .chars()
            .map(
                |c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' },
            )
            .collect();
        let name = unique(&plain, &mut self.taken);
        format!("{name}.{extension}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_that_can_be_one_stays_and_others_become_one() {
        let wishes =
            ["VSDAT", "systolic_pressure", "systolic_pulse", "体重", "1st", "A.B", "vsdat"];
        assert_eq!(
            names(TRANSPORT, wishes.into_iter()),
            ["VSDAT", "SYSTOLIC", "SYSTOLI2", "V", "V1ST", "AB", "VSDAT2"]
        );
    }

    proptest! {
        #[test]
        fn names_are_valid_and_differ(wishes in prop::collection::vec("\\PC{0,12}", 0..60)) {
            let names = names(TRANSPORT, wishes.iter().map(String::as_str));
            let different: HashSet<&String> = names.iter().collect();
            prop_assert_eq!(different.len(), wishes.len());
            for name in names {
                prop_assert!(!name.is_empty() && name.len() <= 8, "{name}");
                prop_assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
                let valid = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                prop_assert!(name.chars().all(valid), "{name}");
            }
        }
    }
}
