//! One version that has all that several ask for: while sites work under different versions, lists and
//! exports over all subjects need a place for everything.

use super::StudyVersion;

/// Lays versions over each other, the newest first: a definition is as the newest has it, with what
/// only older ones have behind it. What reveals the arm in one of them does so in the result.
pub fn spanning(newest_first: &[&StudyVersion]) -> StudyVersion {
    let mut versions = newest_first.iter();
    let mut whole = versions.next().map(|newest| (*newest).clone()).unwrap_or_default();
    for older in versions {
        within_definitions(&mut whole, older);
        extend(&mut whole.units, &older.units, |one| one.oid.as_str());
        extend(&mut whole.events, &older.events, |one| one.oid.as_str());
        extend(&mut whole.forms, &older.forms, |one| one.oid.as_str());
        extend(&mut whole.item_groups, &older.item_groups, |one| one.oid.as_str());
        extend(&mut whole.items, &older.items, |one| one.oid.as_str());
        extend(&mut whole.code_lists, &older.code_lists, |one| one.oid.as_str());
        extend(&mut whole.methods, &older.methods, |one| one.oid.as_str());
        extend(&mut whole.conditions, &older.conditions, |one| one.oid.as_str());
        extend(&mut whole.checks, &older.checks, |one| one.oid.as_str());
        let (events, timings) = (&older.protocol.event_refs, &older.protocol.timings);
        extend(&mut whole.protocol.event_refs, events, |one| one.event.as_str());
        extend(&mut whole.protocol.timings, timings, |one| one.oid.as_str());
        extend(&mut whole.blinding.items, &older.blinding.items, |one| one.as_str());
    }
    whole
}

/// Adds to what both have: forms to events, groups to forms, items to groups, values to lists.
fn within_definitions(whole: &mut StudyVersion, older: &StudyVersion) {
    for event in &mut whole.events {
        if let Some(old) = older.events.iter().find(|old| old.oid == event.oid) {
            extend(&mut event.forms, &old.forms, |one| one.form.as_str());
        }
    }
    for form in &mut whole.forms {
        if let Some(old) = older.forms.iter().find(|old| old.oid == form.oid) {
            extend(&mut form.groups, &old.groups, |one| one.group.as_str());
        }
    }
    for group in &mut whole.item_groups {
        if let Some(old) = older.item_groups.iter().find(|old| old.oid == group.oid) {
            extend(&mut group.items, &old.items, |one| one.item.as_str());
            extend(&mut group.groups, &old.groups, |one| one.group.as_str());
        }
    }
    for list in &mut whole.code_lists {
        if let Some(old) = older.code_lists.iter().find(|old| old.oid == list.oid) {
            extend(&mut list.items, &old.items, |one| one.coded_value.as_str());
        }
    }
}

fn extend<T: Clone>(whole: &mut Vec<T>, older: &[T], name: impl Fn(&T) -> &str) {
    for one in older {
        if !whole.iter().any(|known| name(known) == name(one)) {
            whole.push(one.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{CodeList, CodeListItem, ItemDef, ItemGroupDef, ItemRef};

    fn version(items: &[&str], codes: &[&str]) -> StudyVersion {
        let item = |oid: &&str| ItemDef { oid: (*oid).into(), ..ItemDef::default() };
        let reference = |oid: &&str| ItemRef { item: (*oid).into(), ..ItemRef::default() };
        let code =
            |code: &&str| CodeListItem { coded_value: (*code).to_owned(), ..Default::default() };
        StudyVersion {
            items: items.iter().map(item).collect(),
            item_groups: vec![ItemGroupDef {
                oid: "IG".into(),
                items: items.iter().map(reference).collect(),
                ..ItemGroupDef::default()
            }],
            code_lists: vec![CodeList {
                oid: "CL".into(),
                items: codes.iter().map(code).collect(),
                ..CodeList::default()
            }],
            ..StudyVersion::default()
        }
    }

    #[test]
    fn what_only_an_older_version_has_comes_behind() {
        let mut old = version(&["A", "B"], &["1", "2"]);
        old.blinding.items.push("B".into());
        let new = version(&["C", "A"], &["2", "3"]);
        let whole = spanning(&[&new, &old]);
        let items: Vec<&str> = whole.item_groups[0].items.iter().map(|i| i.item.as_str()).collect();
        assert_eq!(items, ["C", "A", "B"]);
        assert_eq!(whole.items.len(), 3);
        let codes = whole.code_lists[0].items.iter().map(|one| one.coded_value.as_str());
        assert_eq!(codes.collect::<Vec<_>>(), ["2", "3", "1"]);
        assert_eq!(whole.blinding.items, ["B".into()], "what reveals the arm stays hidden");
    }

    #[test]
    fn one_version_spans_itself() {
        let one = version(&["A"], &["1"]);
        assert_eq!(spanning(&[&one]), one);
        assert_eq!(spanning(&[]), StudyVersion::default());
    }
}
