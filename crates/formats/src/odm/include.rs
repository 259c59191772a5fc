//! Include: a version that starts from another and overrides it by OID.

use std::collections::HashMap;

use kernel::{StudyVersion, study::Protocol};

use crate::{Draft, Finding, FormatError, Severity};

/// A version as written, before what it includes is put in.
pub(super) struct Written {
    pub draft: Draft,
    pub include: Option<Include>,
}

#[derive(Clone)]
pub(super) struct Include {
    pub study_oid: String,
    pub version_oid: String,
    pub line: u32,
}

/// Puts in what each version includes, through chains. A version that includes itself is refused;
/// one whose base is not in the file is left as written, with an error finding.
pub(super) fn resolve(
    written: &[Written],
    findings: &mut Vec<Finding>,
) -> Result<Vec<Draft>, FormatError> {
    let key = |w: &Written| {
        let version = &w.draft.version;
        (version.study_oid.to_string(), version.version_oid.to_string())
    };
    let by_key: HashMap<_, _> = written.iter().enumerate().map(|(at, w)| (key(w), at)).collect();
    let mut drafts = Vec::with_capacity(written.len());
    for start in 0..written.len() {
        let mut chain = vec![start];
        while let Some(include) = &written[chain[chain.len() - 1]].include {
            let wanted = (include.study_oid.clone(), include.version_oid.clone());
            let Some(base) = by_key.get(&wanted) else {
                findings.push(missing(&written[start].draft, include));
                break;
            };
            if chain.contains(base) {
                return Err(circle(&written[start].draft, include));
            }
            chain.push(*base);
        }
        let mut draft = written[chain[chain.len() - 1]].draft.clone();
        for over in chain.iter().rev().skip(1) {
            draft = override_draft(draft, written[*over].draft.clone());
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

fn missing(draft: &Draft, include: &Include) -> Finding {
    Finding {
        severity: Severity::Error,
        file: draft.places.file.clone(),
        line: Some(include.line),
        about: format!("MetaDataVersion {}", draft.version.version_oid),
        text: format!("it includes {}, which is not in this file", include.version_oid),
    }
}

fn circle(draft: &Draft, include: &Include) -> FormatError {
    FormatError {
        file: draft.places.file.clone(),
        line: include.line,
        column: 0,
        what: format!("MetaDataVersion {} includes itself", draft.version.version_oid),
        advice: "remove one Include of the circle".to_owned(),
    }
}

fn override_draft(base: Draft, over: Draft) -> Draft {
    let mut places = over.places;
    places.inherit(&base.places);
    let (base, over) = (base.version, over.version);
    let mut kept = over.kept;
    let mut elements = base.kept.elements;
    elements.retain(|element| !kept.elements.contains(element));
    elements.append(&mut kept.elements);
    kept.elements = elements;
    let protocol = if over.protocol == Protocol::default() { base.protocol } else { over.protocol };
    let version = StudyVersion {
        protocol,
        units: by_oid(base.units, over.units, |u| u.oid.as_str()),
        events: by_oid(base.events, over.events, |e| e.oid.as_str()),
        forms: by_oid(base.forms, over.forms, |f| f.oid.as_str()),
        item_groups: by_oid(base.item_groups, over.item_groups, |g| g.oid.as_str()),
        items: by_oid(base.items, over.items, |i| i.oid.as_str()),
        code_lists: by_oid(base.code_lists, over.code_lists, |c| c.oid.as_str()),
        methods: by_oid(base.methods, over.methods, |m| m.oid.as_str()),
        conditions: by_oid(base.conditions, over.conditions, |c| c.oid.as_str()),
        checks: by_oid(base.checks, over.checks, |c| c.oid.as_str()),
        kept,
        ..over
    };
    Draft { version, places }
}

/// The definitions of `base` in their order, each replaced by that of `over` with the same OID;
/// then what only `over` has.
pub(crate) fn by_oid<T>(base: Vec<T>, over: Vec<T>, oid: impl Fn(&T) -> &str) -> Vec<T> {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, one) in base.iter().enumerate() {
        places.entry(oid(one).to_owned()).or_insert(at);
    }
    let mut all = base;
    for one in over {
        if let Some(at) = places.get(oid(&one)) {
            all[*at] = one;
        } else {
            places.insert(oid(&one).to_owned(), all.len());
            all.push(one);
        }
    }
    all
}
