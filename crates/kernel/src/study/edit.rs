//! Parts of a study version, changed one at a time: what a draft is edited by.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::StudyVersion;
use crate::MetaDataVersionOid;

/// The kinds of definitions that are changed by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PartKind {
    StudyEvent,
    /// The place of an event in the schedule.
    StudyEventRef,
    /// When an event is due.
    Timing,
    Form,
    ItemGroup,
    Item,
    CodeList,
    Method,
    Condition,
    Check,
    Unit,
    /// OID and name of the version; there is one, and its OID is empty.
    Version,
    /// Which items reveal the arm; there is one, and its OID is empty.
    Blinding,
}

impl PartKind {
    /// The kind as ODM names it.
    pub fn as_odm(self) -> &'static str {
        match self {
            Self::StudyEvent => "StudyEventDef",
            Self::StudyEventRef => "StudyEventRef",
            Self::Timing => "TimingConstraint",
            Self::Form => "FormDef",
            Self::ItemGroup => "ItemGroupDef",
            Self::Item => "ItemDef",
            Self::CodeList => "CodeList",
            Self::Method => "MethodDef",
            Self::Condition => "ConditionDef",
            Self::Check => "EditCheck",
            Self::Unit => "MeasurementUnit",
            Self::Version => "MetaDataVersion",
            Self::Blinding => "Blinding",
        }
    }
}

/// What a version is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    pub oid: MetaDataVersionOid,
    pub name: String,
}

/// A part as JSON, and where it stands among those of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// From 0; beyond the end means at the end.
    pub at: usize,
    pub json: String,
}

/// One part before and after. `None` means that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChange {
    pub kind: PartKind,
    pub oid: String,
    pub before: Option<Placed>,
    pub after: Option<Placed>,
}

impl PartChange {
    /// The change that takes this one back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { before: self.after.clone(), after: self.before.clone(), ..self.clone() }
    }

    /// Whether the part is what this change left, but for its place.
    pub fn stands_in(&self, version: &StudyVersion) -> bool {
        let now = part(version, self.kind, &self.oid);
        now.map(|part| part.json) == self.after.as_ref().map(|part| part.json.clone())
    }
}

/// A change that cannot be read: its JSON is not a definition of its kind.
#[derive(Debug, thiserror::Error)]
#[error("the change of {kind} {oid} cannot be read")]
pub struct MalformedPart {
    kind: &'static str,
    oid: String,
    #[source]
    source: serde_json::Error,
}

/// A part of a version as it is.
pub fn part(version: &StudyVersion, kind: PartKind, oid: &str) -> Option<Placed> {
    let protocol = &version.protocol;
    match kind {
        PartKind::StudyEvent => find(&version.events, oid, |one| one.oid.as_str()),
        PartKind::StudyEventRef => find(&protocol.event_refs, oid, |one| one.event.as_str()),
        PartKind::Timing => find(&protocol.timings, oid, |one| one.oid.as_str()),
        PartKind::Form => find(&version.forms, oid, |one| one.oid.as_str()),
        PartKind::ItemGroup => find(&version.item_groups, oid, |one| one.oid.as_str()),
        PartKind::Item => find(&version.items, oid, |one| one.oid.as_str()),
        PartKind::CodeList => find(&version.code_lists, oid, |one| one.oid.as_str()),
        PartKind::Method => find(&version.methods, oid, |one| one.oid.as_str()),
        PartKind::Condition => find(&version.conditions, oid, |one| one.oid.as_str()),
        PartKind::Check => find(&version.checks, oid, |one| one.oid.as_str()),
        PartKind::Unit => find(&version.units, oid, |one| one.oid.as_str()),
        PartKind::Version => {
            let naming =
                Naming { oid: version.version_oid.clone(), name: version.version_name.clone() };
            Some(Placed { at: 0, json: json(&naming) })
        }
        PartKind::Blinding => Some(Placed { at: 0, json: json(&version.blinding) }),
    }
}

fn find<T: Serialize>(list: &[T], oid: &str, oid_of: impl Fn(&T) -> &str) -> Option<Placed> {
    let at = list.iter().position(|one| oid_of(one) == oid)?;
    Some(Placed { at, json: json(&list[at]) })
}

/// Puts a part where the change says; takes it out where it says nothing.
pub fn apply(version: &mut StudyVersion, change: &PartChange) -> Result<(), MalformedPart> {
    let protocol = &mut version.protocol;
    match change.kind {
        PartKind::StudyEvent => put(&mut version.events, change, |one| one.oid.as_str()),
        PartKind::StudyEventRef => put(&mut protocol.event_refs, change, |one| one.event.as_str()),
        PartKind::Timing => put(&mut protocol.timings, change, |one| one.oid.as_str()),
        PartKind::Form => put(&mut version.forms, change, |one| one.oid.as_str()),
        PartKind::ItemGroup => put(&mut version.item_groups, change, |one| one.oid.as_str()),
        PartKind::Item => put(&mut version.items, change, |one| one.oid.as_str()),
        PartKind::CodeList => put(&mut version.code_lists, change, |one| one.oid.as_str()),
        PartKind::Method => put(&mut version.methods, change, |one| one.oid.as_str()),
        PartKind::Condition => put(&mut version.conditions, change, |one| one.oid.as_str()),
        PartKind::Check => put(&mut version.checks, change, |one| one.oid.as_str()),
        PartKind::Unit => put(&mut version.units, change, |one| one.oid.as_str()),
        PartKind::Version => {
            if let Some(placed) = &change.after {
                let naming: Naming = read(change, placed)?;
                (version.version_oid, version.version_name) = (naming.oid, naming.name);
            }
            Ok(())
        }
        PartKind::Blinding => {
            if let Some(placed) = &change.after {
                version.blinding = read(change, placed)?;
            }
            Ok(())
        }
    }
}

fn put<T: DeserializeOwned>(
    list: &mut Vec<T>,
    change: &PartChange,
    oid_of: impl Fn(&T) -> &str,
) -> Result<(), MalformedPart> {
    let new: Option<(usize, T)> = match &change.after {
        Some(placed) => Some((placed.at, read(change, placed)?)),
        None => None,
    };
    list.retain(|one| oid_of(one) != change.oid);
    if let Some((at, one)) = new {
        list.insert(at.min(list.len()), one);
    }
    Ok(())
}

fn json<T: Serialize>(part: &T) -> String {
    serde_json::to_string(part).expect("a definition has only text keys")
}

fn read<T: DeserializeOwned>(change: &PartChange, placed: &Placed) -> Result<T, MalformedPart> {
    serde_json::from_str(&placed.json).map_err(|source| MalformedPart {
        kind: change.kind.as_odm(),
        oid: change.oid.clone(),
        source,
    })
}

/// What a change did, in words, such as `ItemDef I.SEX: length: 2, was 1`.
pub fn words(change: &PartChange) -> Vec<String> {
    let subject = if change.oid.is_empty() {
        change.kind.as_odm().to_owned()
    } else {
        format!("{} {}", change.kind.as_odm(), change.oid)
    };
    let value = |placed: &Placed| serde_json::from_str::<Value>(&placed.json).unwrap_or_default();
    match (&change.before, &change.after) {
        (None, Some(_)) => vec![format!("{subject} is new")],
        (Some(_), None) => vec![format!("{subject} is gone")],
        (Some(before), Some(after)) if before.json == after.json => {
            vec![format!("{subject}: position: {}, was {}", after.at + 1, before.at + 1)]
        }
        (Some(before), Some(after)) => super::diff::between(&value(before), &value(after))
            .into_iter()
            .map(|what| format!("{subject}: {what}"))
            .collect(),
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{ItemDef, diff};

    fn version() -> StudyVersion {
        let item = |oid: &str| ItemDef { oid: oid.into(), ..ItemDef::default() };
        StudyVersion { items: ["A", "B", "C"].map(item).to_vec(), ..StudyVersion::default() }
    }

    fn change(oid: &str, after: Option<(usize, &ItemDef)>) -> PartChange {
        PartChange {
            kind: PartKind::Item,
            oid: oid.to_owned(),
            before: part(&version(), PartKind::Item, oid),
            after: after.map(|(at, item)| Placed { at, json: json(item) }),
        }
    }

    fn oids(version: &StudyVersion) -> Vec<&str> {
        version.items.iter().map(|item| item.oid.as_str()).collect()
    }

    #[test]
    fn a_part_is_put_where_the_change_says() {
        let mut moved = version();
        let item = moved.items[2].clone();
        apply(&mut moved, &change("C", Some((0, &item)))).expect("it is an item");
        assert_eq!(oids(&moved), ["C", "A", "B"]);
    }

    #[test]
    fn every_change_is_taken_back_by_its_reverse() {
        let longer = ItemDef { oid: "B".into(), length: Some(9), ..ItemDef::default() };
        let new = ItemDef { oid: "D".into(), ..ItemDef::default() };
        let all = [
            change("B", Some((1, &longer))),
            change("B", Some((2, &longer))),
            change("A", None),
            change("D", Some((1, &new))),
        ];
        for change in all {
            let mut changed = version();
            apply(&mut changed, &change).expect("it is an item");
            assert_ne!(changed, version());
            assert!(change.stands_in(&changed));
            apply(&mut changed, &change.reversed()).expect("it is an item");
            assert_eq!(changed, version());
        }
    }

    #[test]
    fn a_change_is_told_in_the_words_of_the_comparison() {
        let longer = ItemDef { oid: "B".into(), length: Some(9), ..ItemDef::default() };
        let change = change("B", Some((1, &longer)));
        assert_eq!(words(&change), ["ItemDef B: length: 9, was nothing"]);
        let mut changed = version();
        apply(&mut changed, &change).expect("it is an item");
        assert_eq!(diff(&version(), &changed)[0].what, "length: 9, was nothing");
        assert_eq!(words(&self::change("A", None)), ["ItemDef A is gone"]);
    }

    #[test]
    fn a_part_that_was_changed_again_does_not_stand_any_more() {
        let longer = ItemDef { oid: "B".into(), length: Some(9), ..ItemDef::default() };
        assert!(!change("B", Some((1, &longer))).stands_in(&version()));
    }

    #[test]
    fn what_is_no_definition_of_its_kind_is_an_error() {
        let placed = Placed { at: 0, json: "[]7".to_owned() };
        let change = PartChange {
            kind: PartKind::Item,
            oid: "A".to_owned(),
            before: None,
            after: Some(placed),
        };
        assert!(apply(&mut version(), &change).is_err());
    }
}
