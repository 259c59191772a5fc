//! Which columns a mapping reads, against those that a table has.

use std::collections::BTreeMap;

use super::{
    Mapping,
    rule::{Cell, Reading, Repeat, Source, Target},
};
use crate::{Finding, Severity};

/// Compares a mapping with the columns of a table: each column must be read, or listed as unused
/// with a reason; a column that is read must be there. Names everything at once.
pub fn check_columns(mapping: &Mapping, columns: &[String]) -> Vec<Finding> {
    let rules = &mapping.rules;
    let read = columns_read(mapping);
    let joined: Vec<&String> = rules.joins.iter().flat_map(|join| &join.columns).collect();
    let finding = |severity, line, column: &str, text: &str| Finding {
        severity,
        file: mapping.file.clone(),
        line: Some(line).filter(|line| *line > 0),
        about: format!("column {column}"),
        text: text.to_owned(),
    };
    let mut findings = Vec::new();
    for (column, line) in &read {
        if !columns.iter().chain(joined.iter().copied()).any(|known| known == column) {
            findings.push(finding(Severity::Error, *line, column, "the table does not have it"));
        }
    }
    for column in columns {
        match (read.get(column.as_str()), rules.unused.contains_key(column)) {
            (None, false) => {
                let text = "it is neither read nor listed under [unused] with a reason";
                findings.push(finding(Severity::Error, 0, column, text));
            }
            (Some(line), true) => {
                let text = "it is read here, and yet listed under [unused]";
                findings.push(finding(Severity::Error, *line, column, text));
            }
            _ => {}
        }
    }
    for column in joined.iter().filter(|column| columns.contains(column)) {
        findings.push(finding(
            Severity::Error,
            0,
            column,
            "the table has it, and it is joined too",
        ));
    }
    for column in rules.unused.keys().filter(|column| !columns.contains(column)) {
        let text = "it is listed under [unused], but the table does not have it";
        findings.push(finding(Severity::Note, 0, column, text));
    }
    findings
}

/// Every column that some part of the mapping reads, and on which line first.
fn columns_read(mapping: &Mapping) -> BTreeMap<&str, u32> {
    let rules = &mapping.rules;
    let mut read = Columns::default();
    read.name(rules.study_column.as_deref(), 0);
    read.cell(&rules.subject);
    for condition in &rules.conditions {
        read.name(Some(&condition.column), condition.line);
    }
    for join in &rules.joins {
        for (column, _) in &join.on {
            read.name(Some(column), join.line);
        }
    }
    for milestone in &rules.milestones {
        read.cell(&milestone.date);
        let when = milestone.when.as_ref();
        read.name(when.map(|w| w.column.as_str()), milestone.date.line);
    }
    match &rules.target {
        Target::Milestones => {}
        Target::Subject { site } => read.cell(site),
        Target::Record(rule) => {
            read.cell(&rule.event);
            read.cell(&rule.form);
            for repeat in rule.form_repeat.iter().chain(rule.group_repeats.values()) {
                if let Repeat::Cell(cell) = repeat {
                    read.cell(cell);
                }
            }
            for item in &rule.items {
                read.cell(&item.cell);
                read.reading(&item.reading, item.cell.line);
            }
            if let Some(pivot) = &rule.pivot {
                read.name(Some(&pivot.test), pivot.line);
                read.name(Some(&pivot.value), pivot.line);
                read.reading(&pivot.reading, pivot.line);
            }
        }
    }
    read.lines
}

#[derive(Default)]
struct Columns<'m> {
    lines: BTreeMap<&'m str, u32>,
}

impl<'m> Columns<'m> {
    fn name(&mut self, column: Option<&'m str>, line: u32) {
        if let Some(column) = column {
            self.lines.entry(column).or_insert(line);
        }
    }

    fn cell(&mut self, cell: &'m Cell) {
        if let Source::Column(column) = &cell.source {
            self.name(Some(column), cell.line);
        }
    }

    fn reading(&mut self, reading: &'m Reading, line: u32) {
        let by = reading.missing_by.as_ref();
        self.name(by.map(|by| by.column.as_str()), line);
    }
}
