//! The tabulation mapping of a study (`docs/sdtm.md`): how what was collected becomes the datasets of
//! SDTM. A TOML file whose first key is `tabulation`, beside the other files of a definition.
//!
//! [`read`] names everything that it does not understand at once. Whether the names and expressions
//! fit the study is not looked at here: whoever publishes compiles them, and finds the line of a
//! variable in the [`Places`].

mod raw;

use kernel::study::{
    Expression, Tabulation, TabulationDataset, TabulationItem, TabulationStandard,
    TabulationVariable,
};
use std::collections::BTreeMap;
use toml::{Spanned, Value};

use self::raw::{RawDataset, RawFile, RawStandard, RawVariable, Terms};
use crate::{Finding, Places, Severity, mapping::TomlPlaces};

/// The kind of datasets and variables in places and faults; the OID of a variable is
/// `DATASET.VARIABLE`.
const KIND: &str = "Tabulation";

/// The implementation guides that a definition of datasets can name (CDISC controlled terminology of
/// Define-XML, codelist Standard Name).
const STANDARDS: [&str; 6] =
    ["SDTMIG", "SDTMIG-AP", "SDTMIG-MD", "SENDIG", "SENDIG-AR", "SENDIG-DART"];
/// The classes of datasets (the same, codelist General Observation Class).
const CLASSES: [&str; 8] = [
    "EVENTS",
    "FINDINGS",
    "FINDINGS ABOUT",
    "INTERVENTIONS",
    "RELATIONSHIP",
    "SPECIAL PURPOSE",
    "STUDY REFERENCE",
    "TRIAL DESIGN",
];

/// What a mapping file says.
#[derive(Clone, Debug, Default)]
pub struct TabulationFile {
    /// The study that it is for, if it says so.
    pub study: Option<String>,
    pub tabulation: Tabulation,
    /// The line of each dataset and variable.
    pub places: Places,
}

/// Whether a TOML text is a tabulation mapping rather than rules.
pub fn is_tabulation(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.and_then(|line| line.split_once('=')).is_some_and(|(key, _)| key.trim() == "tabulation")
}

/// Reads the text of a mapping file. `file` is its name in messages. Refuses with every place that is
/// wrong.
pub fn read(text: &str, file: &str) -> Result<TabulationFile, Vec<Finding>> {
    let lines = TomlPlaces::new(file, text);
    let raw: RawFile = toml::from_str(text).map_err(|cause| {
        let fault = lines.not_read(&cause);
        vec![finding(file, fault.line, "", &format!("{}; {}", fault.what, fault.advice))]
    })?;
    let places = Places::new(file);
    let mut reader =
        Reader { lines, terms: raw.terms, classed: raw.standard.is_some(), places, faults: vec![] };
    let standard = raw.standard.and_then(|standard| reader.standard(standard));
    let datasets = raw.dataset.into_iter().map(|dataset| reader.dataset(dataset)).collect();
    let tabulation = Tabulation {
        model: raw.tabulation,
        standard,
        subjects: raw.subjects,
        reference: raw.reference,
        datasets,
    };
    let Reader { places, faults, .. } = reader;
    if faults.is_empty() {
        Ok(TabulationFile { study: raw.study, tabulation, places })
    } else {
        Err(faults)
    }
}

struct Reader {
    lines: TomlPlaces,
    terms: BTreeMap<String, BTreeMap<String, String>>,
    /// A standard is named, so that each dataset says its class.
    classed: bool,
    places: Places,
    faults: Vec<Finding>,
}

impl Reader {
    fn dataset(&mut self, raw: Spanned<RawDataset>) -> TabulationDataset {
        let line = self.lines.line(raw.span().start);
        let raw = raw.into_inner();
        let name = raw.name;
        self.place(&name, line);
        let class = self.class(&name, line, raw.class);
        let mut variables = Vec::new();
        for variable in raw.variables {
            let line = self.lines.line(variable.span().start);
            variables.extend(self.variable(&name, line, variable.into_inner()));
        }
        let mut each = Vec::new();
        for item in raw.each {
            let line = self.lines.line(item.span().start);
            each.extend(self.item(&name, line, item.into_inner()));
        }
        TabulationDataset {
            name,
            label: raw.label,
            class,
            structure: raw.structure,
            form: raw.form.into(),
            group: raw.group.map(Into::into),
            events: raw.events.into_iter().map(Into::into).collect(),
            only: raw.only.as_deref().map(cel),
            last_of: raw.last_of,
            number_all: raw.number_all,
            each,
            variables,
        }
    }

    fn standard(&mut self, raw: Spanned<RawStandard>) -> Option<TabulationStandard> {
        let line = self.lines.line(raw.span().start);
        let RawStandard { name, version } = raw.into_inner();
        if !STANDARDS.contains(&name.as_str()) {
            let what = format!("'{name}' is not one of {}", STANDARDS.join(", "));
            return self.fault(line, "standard", &what);
        }
        Some(TabulationStandard { name, version })
    }

    fn class(&mut self, dataset: &str, line: u32, class: Option<String>) -> Option<String> {
        let known = class.as_deref().is_none_or(|class| CLASSES.contains(&class));
        if !known || (self.classed && class.is_none()) {
            let what =
                format!("says no 'class' that there is; it is one of {}", CLASSES.join(", "));
            return self.fault(line, dataset, &what);
        }
        class
    }

    fn variable(&mut self, dataset: &str, line: u32, value: Value) -> Option<TabulationVariable> {
        let name = value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let about = format!("{dataset}.{name}");
        self.place(&about, line);
        let raw: RawVariable = match value.try_into() {
            Ok(raw) => raw,
            Err(cause) => return self.fault(line, &about, cause.message()),
        };
        let source = match raw.source() {
            Ok(source) => source,
            Err(what) => return self.fault(line, &about, &what),
        };
        let terms = match raw.terms {
            None => BTreeMap::new(),
            Some(Terms::Stated(terms)) => terms,
            Some(Terms::Named(list)) => {
                if let Some(terms) = self.terms.get(&list) {
                    terms.clone()
                } else {
                    let what =
                        format!("there are no terms '{list}'; write them under [terms.{list}]");
                    return self.fault(line, &about, &what);
                }
            }
        };
        Some(TabulationVariable {
            name,
            label: raw.label,
            kind: raw.kind.into(),
            length: raw.length,
            hidden: raw.hidden,
            shortest: raw.shortest,
            source,
            terms,
            origin: raw.origin,
            method: raw.method,
        })
    }

    /// An item that gives rows: its texts are constants, its tables expressions.
    fn item(&mut self, dataset: &str, line: u32, value: Value) -> Option<TabulationItem> {
        let Value::Table(mut fields) = value else {
            return self.fault(line, dataset, "an entry of 'each' is a table with an item");
        };
        let Some(Value::String(name)) = fields.remove("item") else {
            return self.fault(line, dataset, "an entry of 'each' names no item");
        };
        let mut item = TabulationItem { item: name, ..TabulationItem::default() };
        for (variable, value) in fields {
            let expression = value.get("expression").and_then(Value::as_str).map(cel);
            match (value, expression) {
                (Value::String(constant), _) => {
                    item.constants.insert(variable, constant);
                }
                (Value::Table(table), Some(expression)) if table.len() == 1 => {
                    item.expressions.insert(variable, expression);
                }
                _ => {
                    let what = "holds a text, or { expression = '…' }";
                    return self.fault(line, &format!("{dataset}.{variable}"), what);
                }
            }
        }
        Some(item)
    }

    fn place(&mut self, oid: &str, line: u32) {
        if self.places.line(KIND, oid).is_some() {
            self.fault::<()>(line, oid, "is there twice");
        }
        self.places.set(KIND, oid, line);
    }

    fn fault<T>(&mut self, line: u32, about: &str, what: &str) -> Option<T> {
        self.faults.push(finding(self.lines.file(), line, about, what.trim()));
        None
    }
}

fn finding(file: &str, line: u32, about: &str, text: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        file: file.to_owned(),
        line: Some(line).filter(|line| *line > 0),
        about: about.to_owned(),
        text: text.to_owned(),
    }
}

fn cel(text: impl AsRef<str>) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text: text.as_ref().trim().to_owned() }
}

#[cfg(test)]
mod tests;
