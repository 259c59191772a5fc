//! What changed between two versions, in words.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::StudyVersion;

/// One difference between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The kind of definition, as ODM names it.
    pub kind: &'static str,
    /// Its OID; empty for the study as a whole.
    pub oid: String,
    /// A sentence without its subject: `is new`, `is gone`, `length: 20, was 10`.
    pub what: String,
}

/// All differences, kind by kind in the order of the older version, then what is new.
pub fn diff(old: &StudyVersion, new: &StudyVersion) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut whole = |field: &str, old: &str, new: &str| {
        if old != new {
            all.push(difference("Study", "", format!("{field}: '{new}', was '{old}'")));
        }
    };
    whole("name", &old.study_name, &new.study_name);
    whole("protocol name", &old.protocol_name, &new.protocol_name);
    whole("version name", &old.version_name, &new.version_name);
    let (was, is) = (&old.protocol, &new.protocol);
    list("StudyEventRef", &was.event_refs, &is.event_refs, |e| e.event.as_str(), &mut all);
    list("Arm", &was.arms, &is.arms, |e| e.oid.as_str(), &mut all);
    list("Epoch", &was.epochs, &is.epochs, |e| e.oid.as_str(), &mut all);
    list("TimingConstraint", &was.timings, &is.timings, |e| e.oid.as_str(), &mut all);
    list("Criterion", &was.criteria, &is.criteria, |e| e.oid.as_str(), &mut all);
    list("MeasurementUnit", &old.units, &new.units, |e| e.oid.as_str(), &mut all);
    list("StudyEventDef", &old.events, &new.events, |e| e.oid.as_str(), &mut all);
    list("FormDef", &old.forms, &new.forms, |e| e.oid.as_str(), &mut all);
    list("ItemGroupDef", &old.item_groups, &new.item_groups, |e| e.oid.as_str(), &mut all);
    list("ItemDef", &old.items, &new.items, |e| e.oid.as_str(), &mut all);
    list("CodeList", &old.code_lists, &new.code_lists, |e| e.oid.as_str(), &mut all);
    list("MethodDef", &old.methods, &new.methods, |e| e.oid.as_str(), &mut all);
    list("ConditionDef", &old.conditions, &new.conditions, |e| e.oid.as_str(), &mut all);
    list("EditCheck", &old.checks, &new.checks, |e| e.oid.as_str(), &mut all);
    let (was, is) = (&old.tabulation.datasets, &new.tabulation.datasets);
    list("Tabulation", was, is, |one| one.name.as_str(), &mut all);
    let plans = [
        ("SdvPlan", plain(&old.sdv), plain(&new.sdv)),
        ("Blinding", plain(&old.blinding), plain(&new.blinding)),
        ("VisitDates", plain(&old.visit_dates), plain(&new.visit_dates)),
    ];
    for (kind, old, new) in plans {
        fields(kind, "", "", &old, &new, &mut all);
    }
    all
}

/// The differences of two definitions of one thing, each named by its path.
pub(super) fn between(old: &Value, new: &Value) -> Vec<String> {
    let mut all = Vec::new();
    fields("", "", "", old, new, &mut all);
    all.into_iter().map(|one| one.what).collect()
}

fn difference(kind: &'static str, oid: &str, what: String) -> Difference {
    Difference { kind, oid: oid.to_owned(), what }
}

fn plain<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("a definition has only text keys")
}

fn list<'a, T: Serialize + PartialEq>(
    kind: &'static str,
    old: &'a [T],
    new: &'a [T],
    oid: impl Fn(&'a T) -> &'a str,
    all: &mut Vec<Difference>,
) {
    let in_new: BTreeMap<&str, &T> = new.iter().map(|one| (oid(one), one)).collect();
    let in_old: BTreeMap<&str, &T> = old.iter().map(|one| (oid(one), one)).collect();
    for one in old {
        match in_new.get(oid(one)) {
            None => all.push(difference(kind, oid(one), "is gone".to_owned())),
            Some(other) if **other != *one => {
                fields(kind, oid(one), "", &plain(one), &plain(other), all);
            }
            Some(_) => {}
        }
    }
    for one in new.iter().filter(|one| !in_old.contains_key(oid(one))) {
        all.push(difference(kind, oid(one), "is new".to_owned()));
    }
    let kept = |list: &'a [T], other: &BTreeMap<&str, &T>| -> Vec<&'a str> {
        list.iter().map(&oid).filter(|oid| other.contains_key(oid)).collect()
    };
    if kept(old, &in_new) != kept(new, &in_old) {
        all.push(difference(kind, "", "the order changed".to_owned()));
    }
}

/// The fields in which two values differ, each named by its path.
fn fields(
    kind: &'static str,
    oid: &str,
    path: &str,
    old: &Value,
    new: &Value,
    all: &mut Vec<Difference>,
) {
    if old == new {
        return;
    }
    let below = |name: &str| {
        let name = name.replace('_', " ");
        if path.is_empty() { name } else { format!("{path} › {name}") }
    };
    match (old, new) {
        (Value::Object(was), Value::Object(is)) => {
            let names = was.keys().chain(is.keys().filter(|key| !was.contains_key(*key)));
            for name in names {
                let (was, is) = (was.get(name), is.get(name));
                let null = Value::Null;
                fields(kind, oid, &below(name), was.unwrap_or(&null), is.unwrap_or(&null), all);
            }
        }
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            for (at, (was, is)) in was.iter().zip(is).enumerate() {
                fields(kind, oid, &below(&label(is, at)), was, is, all);
            }
        }
        (Value::Array(was), Value::Array(is)) => {
            let gone = was.iter().filter(|one| !is.contains(one));
            let added = is.iter().filter(|one| !was.contains(one));
            all.extend(gone.map(|v| difference(kind, oid, format!("{path}: without {}", said(v)))));
            all.extend(added.map(|v| difference(kind, oid, format!("{path}: with {}", said(v)))));
        }
        _ => all.push(difference(kind, oid, format!("{path}: {}, was {}", said(new), said(old)))),
    }
}

/// What an element of a list is called: by its OID or code where it has one, else by its number.
fn label(element: &Value, at: usize) -> String {
    ["oid", "item", "form", "group", "event", "coded_value"]
        .iter()
        .find_map(|name| element.get(name)?.as_str())
        .map_or_else(|| (at + 1).to_string(), ToOwned::to_owned)
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("'{text}'"),
        Value::Object(_) => label(value, 0),
        other => other.to_string(),
    }
}
