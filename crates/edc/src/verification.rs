//! Which items must agree with their source, and whether they were found to (SDV).

use kernel::{
    FormOid, ItemOid,
    casebook::{FormRecord, ItemKey},
    study::Design,
};

/// Whether every item of a record that must be verified against its source has been, and at least
/// one was. Without a plan every item that has a value must be.
pub(crate) fn is_verified(design: &Design, form: &FormOid, record: &FormRecord) -> bool {
    if record.verified.is_empty() || record.removed {
        return false;
    }
    let rows = record.rows.iter().filter(|(_, row)| !row.removed);
    let held = rows.flat_map(|(key, row)| row.items.keys().map(move |item| (key, item)));
    let needed = held.filter(|(_, item)| is_required(design, form, item));
    needed.into_iter().all(|(row, item)| {
        record.verified.contains(&ItemKey { row: row.clone(), item: item.clone() })
    })
}

/// Whether the plan asks for the verification of an item on a form, of all subjects or of some.
pub(crate) fn is_required(design: &Design, form: &FormOid, item: &ItemOid) -> bool {
    let rules = &design.version().sdv.rules;
    rules.is_empty()
        || rules.iter().any(|rule| {
            rule.percent > 0
                && rule.form.as_ref().is_none_or(|of| of == form)
                && (rule.items.is_empty() || rule.items.contains(item))
        })
}
