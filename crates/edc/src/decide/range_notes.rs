//! Why no reference range was found for rows of a record.

use kernel::{
    Wording,
    casebook::{Casebook, RecordKey, RowKey},
};
use rules::Reference;

use super::facts::RecordFacts;
use crate::compiled::Compiled;

/// Why derivations of a row found no range, each once; nothing for what has a value or needs none.
pub(crate) fn range_notes(
    compiled: &Compiled,
    casebook: &Casebook,
    key: &RecordKey,
    row: &RowKey,
) -> Vec<Wording> {
    let mut notes = Vec::new();
    let (Some(rules), Some(record)) = (compiled.rules(&key.form), casebook.record(key)) else {
        return notes;
    };
    let facts =
        RecordFacts { compiled, casebook, rules, key, record, saving: None, row: Some(row) };
    let blank = rules.derivations.iter().filter(|one| one.reads_ranges && one.group == row.group);
    for derivation in blank.filter(|one| record.datum(row, &one.item).is_none()) {
        for read in derivation.rule.reads() {
            let Reference::Range(call) = read else { continue };
            if let Err(why) = call.find(&facts) {
                let Wording { en, zh } = why.wording();
                let note = Wording::new(
                    format!("no reference range: {en}"),
                    format!("没有参考范围：{zh}"),
                );
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
    }
    notes
}
