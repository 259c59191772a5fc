//! What is not collected in a record, by the conditions of the study.

use kernel::{
    ItemGroupOid, ItemOid, RepeatKey,
    casebook::{Casebook, FormRecord, RecordKey, RowKey},
};
use rules::Outcome;

use super::facts::RecordFacts;
use crate::compiled::{Compiled, Exception};

/// Items that are not collected now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotCollected {
    pub group: ItemGroupOid,
    /// `None`: every row.
    pub row: Option<RepeatKey>,
    /// `None`: every item of the group.
    pub item: Option<ItemOid>,
}

/// Which groups and items are not collected in a record as it is. A group of which no row exists
/// yet is asked about its first.
pub(crate) fn not_collected(
    compiled: &Compiled,
    casebook: &Casebook,
    key: &RecordKey,
    record: &FormRecord,
) -> Vec<NotCollected> {
    let Some(rules) = compiled.rules(&key.form) else { return Vec::new() };
    let facts = RecordFacts { compiled, casebook, rules, key, record, saving: None, row: None };
    let mut all = Vec::new();
    for exception in &rules.exceptions {
        let group = || exception.group.clone();
        if exception.item.is_none() {
            if exception.rule.evaluate(&facts) == Outcome::True {
                all.push(NotCollected { group: group(), row: None, item: None });
            }
            continue;
        }
        for row in rows(record, exception) {
            let facts = RecordFacts { row: Some(&row), ..facts };
            if exception.rule.evaluate(&facts) == Outcome::True {
                let (row, item) = (Some(row.repeat), exception.item.clone());
                all.push(NotCollected { group: group(), row, item });
            }
        }
    }
    all
}

fn rows(record: &FormRecord, exception: &Exception) -> Vec<RowKey> {
    let mut rows: Vec<RowKey> =
        record.rows_of(&exception.group).map(|(row, _)| row.clone()).collect();
    if rows.is_empty() {
        rows.push(RowKey { group: exception.group.clone(), repeat: RepeatKey::first() });
    }
    rows
}
