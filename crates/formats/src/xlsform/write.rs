//! A form of a study version as an XLSForm.
//!
//! What it has no word for is listed, never dropped silently. OIDs, types and code lists that a reader
//! could not guess go into columns `bind::casebook:…`, which a form keeps as attributes.

mod beside;
mod checks;
mod choices;
mod languages;
mod logic;
mod names;
mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{
    CodeListOid, FormOid, ItemOid, Texts,
    study::{Design, FormDef, GroupShape},
};

pub(super) use self::{beside::of_study, names::free};
use self::{
    languages::Languages,
    logic::Verbatim,
    names::{Names, Plan},
};
use super::{
    sheets::{SheetRow, Sheets},
    xpath::Named,
};
use crate::{Finding, Severity};

/// The namespace of the attributes that only we understand.
const NAMESPACES: &str = "casebook=\"urn:casebook:xlsform:1\"";
/// Columns of theirs.
pub(super) const OID: &str = "bind::casebook:oid";
pub(super) const TYPE: &str = "bind::casebook:datatype";
pub(super) const CODE_LIST: &str = "bind::casebook:codelist";

/// A form as sheets, and what they cannot say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormOut {
    pub sheets: Sheets,
    pub findings: Vec<Finding>,
}

/// Writes one form; `None` when the study version has none of that OID.
pub fn of_form(design: &Design, form: &FormOid) -> Option<FormOut> {
    let def = design.form(form)?;
    let groups = &design.shape(form)?.groups;
    let mut names = Names::default();
    let plans = names::plan(design, groups, &mut names);
    let languages = Languages::of(design, def, groups);
    let mut writing = Writing {
        design,
        form: def,
        groups,
        languages,
        named: names::named(design, groups, &plans),
        plans,
        lists: HashMap::new(),
        list_names: BTreeSet::new(),
        sheets: Sheets { file: format!("{form}.xlsx"), ..Sheets::default() },
        verbatim: Vec::new(),
        soft: 0,
        findings: Vec::new(),
    };
    writing.rows();
    writing.settings();
    writing.beside();
    writing.said_before();
    Some(FormOut { sheets: writing.sheets, findings: writing.findings })
}

struct Writing<'d> {
    design: &'d Design,
    form: &'d FormDef,
    groups: &'d [GroupShape],
    languages: Languages,
    /// Of each group the questions that its items make.
    plans: Vec<Plan>,
    named: HashMap<String, Named>,
    /// Code lists that are written, with their names there.
    lists: HashMap<CodeListOid, String>,
    list_names: BTreeSet<String>,
    sheets: Sheets,
    /// Conditions and calculations as somebody wrote them before.
    verbatim: Vec<Verbatim>,
    /// Checks that open a query here and hold an entry up there.
    soft: usize,
    findings: Vec<Finding>,
}

impl Writing<'_> {
    fn say(&mut self, severity: Severity, about: impl Into<String>, text: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            file: self.sheets.file.clone(),
            line: None,
            about: about.into(),
            text: text.into(),
        });
    }

    fn warn(&mut self, item: &ItemOid, text: impl Into<String>) {
        self.say(Severity::Warning, format!("item {item}"), text);
    }

    fn push(&mut self, cells: BTreeMap<String, String>) {
        let number = u32::try_from(self.sheets.survey.len() + 2).unwrap_or(u32::MAX);
        self.sheets.survey.push(SheetRow { number, cells });
    }

    fn settings(&mut self) {
        let version = self.design.version();
        let title = self.form.description.in_lang(self.languages.default_tag());
        let mut cells = BTreeMap::new();
        set(&mut cells, "form_title", title.unwrap_or(&self.form.name));
        set(&mut cells, "form_id", self.form.oid.as_str());
        set(&mut cells, "version", &version.version_name);
        set(&mut cells, "default_language", &self.languages.default_name());
        if self
            .sheets
            .survey
            .iter()
            .any(|row| row.cells.keys().any(|key| key.contains("casebook:")))
        {
            set(&mut cells, "namespaces", NAMESPACES);
        }
        self.sheets.settings = SheetRow { number: 2, cells };
    }

    /// Sets a text in all languages of the form.
    fn set_texts(&self, cells: &mut BTreeMap<String, String>, column: &str, texts: &Texts) {
        for (tag, text) in &texts.0 {
            let written = self.languages.written(tag);
            if written != tag && texts.0.contains_key(written) {
                continue;
            }
            set(cells, &self.languages.column(column, tag), text);
        }
    }
}

/// Sets a cell, unless it would be blank.
fn set(cells: &mut BTreeMap<String, String>, column: &str, text: &str) {
    if !text.trim().is_empty() {
        cells.insert(column.to_owned(), text.to_owned());
    }
}
