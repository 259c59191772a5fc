//! The code lists of a study, as the scripts need them.

use std::collections::HashMap;

use kernel::{
    CodeListOid,
    study::{CodeList, Design},
};

use super::one_line;
use crate::tabular::names::{NameRule, name};

/// Names of formats: SAS takes no digit at the end, so that each ends with an underscore.
const FORMATS: NameRule = NameRule { longest: 24, upper_case: true, reserved: &[] };

#[derive(Default)]
pub(super) struct CodeBook {
    pub(super) lists: Vec<Codes>,
    places: HashMap<CodeListOid, usize>,
}

pub(super) struct Codes {
    pub(super) name: String,
    /// Code and decode, both in one line.
    pub(super) codes: Vec<(String, String)>,
}

impl CodeBook {
    /// The lists whose codes are in the study; dictionaries that live elsewhere are not.
    pub(super) fn new(design: &Design, lang: &str) -> Self {
        let mut book = Self::default();
        let mut taken = std::collections::HashSet::new();
        let known = |list: &&CodeList| list.external.is_none() && !list.items.is_empty();
        for list in design.version().code_lists.iter().filter(known) {
            let wish = list.sas_format_name.as_deref().unwrap_or(list.oid.as_str());
            let wish = wish.trim_start_matches("CL.").replace('.', "_");
            let codes = list.items.iter().map(|item| {
                let decode = item.decode.in_lang(lang).unwrap_or(&item.coded_value);
                (one_line(&item.coded_value), one_line(decode))
            });
            let name = format!("{}_", name(FORMATS, &wish, &mut taken).trim_end_matches('_'));
            book.places.insert(list.oid.clone(), book.lists.len());
            book.lists.push(Codes { name, codes: codes.collect() });
        }
        book
    }

    pub(super) fn find(&self, oid: &CodeListOid) -> Option<usize> {
        self.places.get(oid).copied()
    }
}

impl Codes {
    /// Whether every code is a number, so that it can label a number.
    pub(super) fn are_numbers(&self) -> bool {
        self.codes.iter().all(|(code, _)| code.parse::<f64>().is_ok_and(f64::is_finite))
    }
}
