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
    let mut resolved: Vec<Option<Draft>> = vec![None; written.len()];
    let mut definitions = 0;
    for start in 0..written.len() {
        // The versions from this one down to one that is resolved or includes nothing.
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| resolved[*at].is_none()) {
            if chain.contains(&at) {
                return Err(circle(&written[at]));
            }
            chain.push(at);
            next = written[at].include.as_ref().and_then(|include| {
                let wanted = (include.study_oid.clone(), include.version_oid.clone());
                let base = by_key.get(&wanted).copied();
                if base.is_none() {
                    findings.push(missing(&written[at].draft, include));
                }
                base
            });
        }
        let mut base = next.and_then(|at| resolved[at].clone());
        for at in chain.into_iter().rev() {
            let own = written[at].draft.clone();
            let draft = match base {
                Some(base) => override_draft(base, own),
                None => own,
            };
            definitions += count(&draft.version);
            if definitions > MAX_DEFINITIONS {
                return Err(too_many(&draft));
            }
            resolved[at] = Some(draft.clone());
            base = Some(draft);
        }
    }
    Ok(resolved.into_iter().flatten().collect())
}

/// The most definitions that the versions of a file have together, Include put in.
pub const MAX_DEFINITIONS: usize = 1_000_000;

/// How many definitions a version has.
pub(super) fn count(version: &StudyVersion) -> usize {
    version.units.len()
        + version.events.len()
        + version.forms.len()
        + version.item_groups.len()
        + version.items.len()
        + version.code_lists.len()
        + version.methods.len()
        + version.conditions.len()
        + version.kept.elements.len()
        + 1
}

/// Refuses a file whose versions repeat each other without end.
pub(super) fn too_many(draft: &Draft) -> FormatError {
    let oid = &draft.version.version_oid;
    FormatError {
        file: draft.places.file.clone(),
        line: draft.places.line("MetaDataVersion", oid.as_str()).unwrap_or_default(),
        column: 0,
        what: format!("up to MetaDataVersion {oid} there are more than 1,000,000 definitions"),
        advice: "split the file".to_owned(),
    }
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

fn circle(written: &Written) -> FormatError {
    let draft = &written.draft;
    FormatError {
        file: draft.places.file.clone(),
        line: written.include.as_ref().map_or(0, |include| include.line),
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
