//! What Define-XML 2.1 says of datasets that follow a standard, and of variables that are no items.

use std::{collections::BTreeSet, io::Write};

use kernel::Texts;

use super::{DefinedDataset, DefinedVariable};
use crate::{
    odm::emit::{Dialect::V1, Emit},
    tabular::ColumnOrigin,
};

/// The context in which a formula is an expression of Casebook.
const FORMULA: &str = "Casebook";

/// The standards of all datasets, each once.
pub(super) fn standards(e: &mut Emit<impl Write>, datasets: &[DefinedDataset]) {
    let all: BTreeSet<(&str, &str)> = named(datasets).collect();
    if all.is_empty() {
        return;
    }
    e.start("def:Standards");
    for (name, version) in all {
        e.start("def:Standard");
        e.attribute("OID", &oid(name, version));
        e.attribute("Name", name);
        e.attribute("Type", "IG");
        e.attribute("Version", version);
        e.attribute("Status", "Final");
        e.end();
    }
    e.end();
}

/// Whether any dataset follows a standard, so that the definition is one for a submission.
pub(super) fn any(datasets: &[DefinedDataset]) -> bool {
    named(datasets).next().is_some()
}

fn named(datasets: &[DefinedDataset]) -> impl Iterator<Item = (&str, &str)> {
    let all = datasets.iter().filter_map(|dataset| dataset.standard.as_ref());
    all.map(|one| (one.name.as_str(), one.version.as_str()))
}

pub(super) fn oid(name: &str, version: &str) -> String {
    format!("STD.{name}.{version}")
}

/// The OID of the method of a variable that has one.
pub(super) fn method_oid(variable: &DefinedVariable) -> Option<String> {
    variable.origin.as_ref()?.method.as_ref()?;
    Some(format!("MT.{}", variable.oid))
}

/// The OID of the code list of a variable that has one of its own.
pub(super) fn list_oid(variable: &DefinedVariable) -> Option<String> {
    let has_terms = !variable.origin.as_ref()?.terms.is_empty();
    has_terms.then(|| format!("CL.{}", variable.oid))
}

/// The code list of a variable, with the values that its mapping gives. Which of them are terms of a
/// published terminology is not known here.
pub(super) fn code_list(e: &mut Emit<impl Write>, variable: &DefinedVariable) {
    let (Some(oid), Some(origin)) = (list_oid(variable), &variable.origin) else { return };
    e.start("CodeList");
    e.attribute("OID", &oid);
    e.attribute("Name", label(variable));
    e.attribute("DataType", "text");
    e.attribute("def:IsNonStandard", "Yes");
    for (order, term) in (1..).zip(&origin.terms) {
        e.start("EnumeratedItem");
        e.attribute("CodedValue", term);
        e.count("OrderNumber", Some(order));
        e.end();
    }
    e.end();
}

/// How a derived variable is made.
pub(super) fn method(e: &mut Emit<impl Write>, variable: &DefinedVariable) {
    let Some(ColumnOrigin { method: Some(method), formula, .. }) = &variable.origin else { return };
    let Some(oid) = method_oid(variable) else { return };
    e.start("MethodDef");
    e.attribute("OID", &oid);
    e.attribute("Name", &format!("How {} is made", variable.name));
    e.attribute("Type", "Computation");
    e.texts("Description", &Texts::one("en", method.clone()), V1);
    if let Some(formula) = formula {
        e.start("FormalExpression");
        e.attribute("Context", FORMULA);
        e.text(formula);
        e.end();
    }
    e.end();
}

fn label(variable: &DefinedVariable) -> &str {
    if variable.label.is_empty() { &variable.name } else { &variable.label }
}
