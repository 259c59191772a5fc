//! Where the values of a variable come from, in the words of Define-XML 2.1.

use formats::tabular::{ColumnOrigin, OriginKind};
use kernel::study::{
    Expression, Pick, RowContext, Tabulation, TabulationDataset, TabulationVariable, VariableKind,
    VariableOrigin, VariableSource,
};

/// The origin of a variable: of a derived one with how it is made, of one whose values are mapped
/// with the values that there can be.
pub(super) fn origin(
    dataset: &TabulationDataset,
    variable: &TabulationVariable,
    tabulation: &Tabulation,
) -> ColumnOrigin {
    let in_rows = dataset.each.iter().find_map(|row| row.expressions.get(&variable.name));
    let (kind, method, formula) = match (&variable.source, in_rows) {
        (_, Some(_)) => made(dataset, variable),
        (VariableSource::Context(RowContext::Study), _) => (OriginKind::Protocol, None, None),
        (VariableSource::Constant(_) | VariableSource::Context(_), _) => {
            (OriginKind::Assigned, None, None)
        }
        (VariableSource::Item(_) | VariableSource::Decode { .. } | VariableSource::Each, _) => {
            (OriginKind::Collected, None, None)
        }
        (source, _) => (OriginKind::Derived, Some(how(source, tabulation)), formula(source)),
    };
    let stated = variable.origin.map(|origin| match origin {
        VariableOrigin::Assigned => OriginKind::Assigned,
        VariableOrigin::Collected => OriginKind::Collected,
        VariableOrigin::Derived => OriginKind::Derived,
        VariableOrigin::Protocol => OriginKind::Protocol,
        VariableOrigin::Vendor => OriginKind::Vendor,
    });
    let kind = stated.unwrap_or(kind);
    // Define-XML wants a method of everything that is derived, and of nothing else.
    let unstated = || "Taken from what was collected, with its terms mapped.".to_owned();
    let method = variable.method.clone().or(method);
    let method = (kind == OriginKind::Derived).then(|| method.unwrap_or_else(unstated));
    ColumnOrigin {
        kind,
        formula: formula.filter(|_| method.is_some()),
        method,
        terms: terms(variable),
    }
}

/// A variable that an expression makes in the rows of some items.
fn made(
    dataset: &TabulationDataset,
    variable: &TabulationVariable,
) -> (OriginKind, Option<String>, Option<String>) {
    let of = |row: &kernel::study::TabulationItem| {
        let expression = row.expressions.get(&variable.name)?;
        Some(format!("{}: {}", row.item, expression.text))
    };
    let all: Vec<String> = dataset.each.iter().filter_map(of).collect();
    let method = "Made in the rows of each item by its expression.".to_owned();
    (OriginKind::Derived, Some(method), Some(all.join("; ")))
}

fn how(source: &VariableSource, tabulation: &Tabulation) -> String {
    let chosen = |when: &Option<Expression>| {
        when.as_ref().map_or_else(String::new, |when| format!(" for which {} is true", when.text))
    };
    match source {
        VariableSource::StudyDay(variable) => {
            let reference = tabulation.reference.as_deref().unwrap_or("the reference date");
            format!(
                "The study day of {variable}: {reference} is day 1, the day before it is day -1. \
                 Blank for a partial date."
            )
        }
        VariableSource::Sequence(order) => format!(
            "The rows of a subject are numbered from 1 in the order of {}.",
            order.join(", ")
        ),
        VariableSource::Last { value, within, when } => format!(
            "{value} in the last row{} within the same {}.",
            chosen(&Some(when.clone())),
            within.join(", ")
        ),
        VariableSource::Other { dataset, variable, pick, when } => format!(
            "The {} {dataset}.{variable} of the same subject{}.",
            match pick {
                Pick::First => "first",
                Pick::Last => "last",
                Pick::Least => "least",
                Pick::Greatest => "greatest",
            },
            chosen(when)
        ),
        _ => "Made by the expression from what was collected.".to_owned(),
    }
}

fn formula(source: &VariableSource) -> Option<String> {
    match source {
        VariableSource::Expression(expression) => Some(expression.text.clone()),
        _ => None,
    }
}

/// What the values become, without blanks and each once.
fn terms(variable: &TabulationVariable) -> Vec<String> {
    if variable.kind != VariableKind::Text {
        return Vec::new();
    }
    let mut terms: Vec<String> = variable.terms.values().cloned().collect();
    terms.retain(|term| !term.is_empty());
    terms.sort();
    terms.dedup();
    terms
}
