//! One study version of several files: protocol from one, forms from another, rules from a third.

use std::collections::HashMap;

use kernel::{
    FormOid, StudyEventOid, StudyVersion,
    study::{FormDef, Kept, Protocol, StudyEventDef, StudyEventRef},
};

use crate::{Finding, Severity, odm::by_oid};

/// A merged version, and what was replaced or matched on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub version: StudyVersion,
    pub notes: Vec<Finding>,
}

/// Puts `over` on top of `base`.
///
/// A definition of the same OID is taken from `over`. An event of `over` is the same as one of
/// `base` if it has its OID, or if its name, description or an alias equals one of those in any
/// letter case; its OID and forms are then those of `over`, its place in the schedule, timing and
/// description stay. Forms are matched by OID or name alike. Each replacement is a note.
/// Refuses when one event or form matches several, and when both name a different study.
pub fn merge(base: StudyVersion, over: StudyVersion) -> Result<Merged, Vec<Finding>> {
    let mut merging = Merging { notes: Vec::new(), faults: Vec::new() };
    merging.same_study(&base, &over);
    let events = merging.matches("StudyEventDef", &base.events, &over.events, event_names);
    let forms = merging.matches("FormDef", &base.forms, &over.forms, form_names);
    if !merging.faults.is_empty() {
        return Err(merging.faults);
    }
    let base = rename(base, &events, &forms);
    merging.replaced(&base, &over);
    let version = combine(base, over);
    Ok(Merged { version, notes: merging.notes })
}

struct Merging {
    notes: Vec<Finding>,
    faults: Vec<Finding>,
}

/// How one kind of definition is told apart.
trait Named {
    fn oid(&self) -> &str;
}

impl Named for StudyEventDef {
    fn oid(&self) -> &str {
        self.oid.as_str()
    }
}

impl Named for FormDef {
    fn oid(&self) -> &str {
        self.oid.as_str()
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The names under which an event is known, the one on its front first.
fn event_names(event: &StudyEventDef) -> Vec<String> {
    let aliases = event.aliases.iter().map(|alias| alias.name.as_str());
    let names = std::iter::once(event.name.as_str()).chain(aliases);
    let texts = event.description.0.values().map(String::as_str);
    names.chain(texts).map(folded).filter(|name| !name.is_empty()).collect()
}

fn form_names(form: &FormDef) -> Vec<String> {
    let aliases = form.aliases.iter().map(|alias| alias.name.as_str());
    let names = std::iter::once(form.name.as_str()).chain(aliases);
    names.map(folded).filter(|name| !name.is_empty()).collect()
}

impl Merging {
    fn finding(severity: Severity, about: String, text: String) -> Finding {
        Finding { severity, file: String::new(), line: None, about, text }
    }

    fn same_study(&mut self, base: &StudyVersion, over: &StudyVersion) {
        let (one, other) = (base.study_oid.as_str(), over.study_oid.as_str());
        if !one.is_empty() && !other.is_empty() && one != other {
            let text = format!("takes the place of the study OID {one}");
            self.notes.push(Self::finding(Severity::Warning, format!("Study {other}"), text));
        }
    }

    /// For each definition of `base` that `over` has under another OID: old OID to new OID.
    fn matches<T: Named>(
        &mut self,
        kind: &str,
        base: &[T],
        over: &[T],
        names: impl Fn(&T) -> Vec<String>,
    ) -> HashMap<String, String> {
        let mut renamed: HashMap<String, String> = HashMap::new();
        for one in over {
            if base.iter().any(|known| known.oid() == one.oid()) {
                continue;
            }
            let own = names(one);
            let front = own.first();
            let by_front = base.iter().filter(|known| {
                front.is_some() && names(known).first() == front && !has(over, known.oid())
            });
            let mut found: Vec<&T> = by_front.collect();
            if found.is_empty() {
                let any = |known: &&T| {
                    !has(over, known.oid()) && names(known).iter().any(|name| own.contains(name))
                };
                found = base.iter().filter(any).collect();
            }
            let about = format!("{kind} {}", one.oid());
            if found.len() > 1 {
                let all: Vec<&str> = found.iter().map(|known| known.oid()).collect();
                let text = format!("has the name of several: {}", all.join(", "));
                self.faults.push(Self::finding(Severity::Error, about, text));
            } else if let Some(known) = found.first() {
                let text = format!("has the name of {} and takes its place", known.oid());
                if let Some(taken) = renamed.get(known.oid()) {
                    let text = format!("has the name of {}, as {taken} has", known.oid());
                    self.faults.push(Self::finding(Severity::Error, about, text));
                } else {
                    renamed.insert(known.oid().to_owned(), one.oid().to_owned());
                    self.notes.push(Self::finding(Severity::Note, about, text));
                }
            }
        }
        renamed
    }

    fn replaced(&mut self, base: &StudyVersion, over: &StudyVersion) {
        let differing = [
            ("MeasurementUnit", differing(&base.units, &over.units, |u| u.oid.as_str())),
            ("StudyEventDef", differing(&base.events, &over.events, |e| e.oid.as_str())),
            ("FormDef", differing(&base.forms, &over.forms, |f| f.oid.as_str())),
            ("ItemGroupDef", differing(&base.item_groups, &over.item_groups, |g| g.oid.as_str())),
            ("ItemDef", differing(&base.items, &over.items, |i| i.oid.as_str())),
            ("CodeList", differing(&base.code_lists, &over.code_lists, |c| c.oid.as_str())),
            ("MethodDef", differing(&base.methods, &over.methods, |m| m.oid.as_str())),
            ("ConditionDef", differing(&base.conditions, &over.conditions, |c| c.oid.as_str())),
            ("check", differing(&base.checks, &over.checks, |c| c.oid.as_str())),
        ];
        for (kind, oids) in differing {
            for oid in oids {
                let text = "is replaced by the later file".to_owned();
                self.notes.push(Self::finding(Severity::Note, format!("{kind} {oid}"), text));
            }
        }
    }
}

/// The OIDs of definitions that both have, and not the same.
fn differing<'a, T: PartialEq>(
    base: &'a [T],
    over: &[T],
    oid: impl for<'t> Fn(&'t T) -> &'t str,
) -> Vec<&'a str> {
    let over: HashMap<&str, &T> = over.iter().map(|one| (oid(one), one)).collect();
    let differs = |one: &&T| over.get(oid(one)).is_some_and(|other| *other != *one);
    base.iter().filter(differs).map(&oid).collect()
}

fn has<T: Named>(list: &[T], oid: &str) -> bool {
    list.iter().any(|one| one.oid() == oid)
}

/// Gives events and forms of `base` the OIDs that `over` has for them, wherever they are named.
fn rename(
    mut base: StudyVersion,
    events: &HashMap<String, String>,
    forms: &HashMap<String, String>,
) -> StudyVersion {
    let event = |oid: &mut StudyEventOid| {
        if let Some(new) = events.get(oid.as_str()) {
            *oid = new.as_str().into();
        }
    };
    let form = |oid: &mut FormOid| {
        if let Some(new) = forms.get(oid.as_str()) {
            *oid = new.as_str().into();
        }
    };
    for def in &mut base.events {
        event(&mut def.oid);
        def.forms.iter_mut().for_each(|one| form(&mut one.form));
    }
    base.forms.iter_mut().for_each(|def| form(&mut def.oid));
    base.protocol.event_refs.iter_mut().for_each(|one| event(&mut one.event));
    for timing in &mut base.protocol.timings {
        event(&mut timing.event);
        event(&mut timing.anchor);
    }
    base.checks.iter_mut().for_each(|check| form(&mut check.form));
    base.sdv.rules.iter_mut().filter_map(|rule| rule.form.as_mut()).for_each(form);
    base
}

fn combine(base: StudyVersion, over: StudyVersion) -> StudyVersion {
    let events = over.events.into_iter().map(|event| {
        match base.events.iter().find(|known| known.oid == event.oid) {
            Some(known) => combine_event(known, event),
            None => event,
        }
    });
    let events = events.collect();
    let protocol = combine_protocol(base.protocol, over.protocol);
    StudyVersion {
        study_oid: either(over.study_oid, base.study_oid),
        study_name: either(over.study_name, base.study_name),
        study_description: either(over.study_description, base.study_description),
        protocol_name: either(over.protocol_name, base.protocol_name),
        version_oid: either(over.version_oid, base.version_oid),
        version_name: either(over.version_name, base.version_name),
        version_description: either(over.version_description, base.version_description),
        units: by_oid(base.units, over.units, |u| u.oid.as_str()),
        events: in_schedule(by_oid(base.events, events, |e| e.oid.as_str()), &protocol.event_refs),
        protocol,
        forms: by_oid(base.forms, over.forms, |f| f.oid.as_str()),
        item_groups: by_oid(base.item_groups, over.item_groups, |g| g.oid.as_str()),
        items: by_oid(base.items, over.items, |i| i.oid.as_str()),
        code_lists: by_oid(base.code_lists, over.code_lists, |c| c.oid.as_str()),
        methods: by_oid(base.methods, over.methods, |m| m.oid.as_str()),
        conditions: by_oid(base.conditions, over.conditions, |c| c.oid.as_str()),
        checks: by_oid(base.checks, over.checks, |c| c.oid.as_str()),
        sdv: either(over.sdv, base.sdv),
        blinding: either(over.blinding, base.blinding),
        visit_dates: either(over.visit_dates, base.visit_dates),
        study_day_1: either(over.study_day_1, base.study_day_1),
        kept: combine_kept(base.kept, over.kept),
        tabulation: either(over.tabulation, base.tabulation),
    }
}

/// What `over` says, unless it says nothing.
fn either<T: Default + PartialEq>(over: T, base: T) -> T {
    if over == T::default() { base } else { over }
}

fn combine_kept(mut base: Kept, over: Kept) -> Kept {
    for attribute in over.attributes {
        base.attributes.retain(|a| a.namespace != attribute.namespace || a.name != attribute.name);
        base.attributes.push(attribute);
    }
    for element in over.elements {
        if !base.elements.contains(&element) {
            base.elements.push(element);
        }
    }
    base
}

/// The event of `over`, with the forms, description and aliases that only `base` has.
fn combine_event(base: &StudyEventDef, mut over: StudyEventDef) -> StudyEventDef {
    for form in &base.forms {
        if over.forms.iter().all(|known| known.form != form.form) {
            over.forms.push(form.clone());
        }
    }
    for alias in &base.aliases {
        if over.aliases.iter().all(|known| known.context != alias.context) {
            over.aliases.push(alias.clone());
        }
    }
    if over.description.is_empty() {
        over.description = base.description.clone();
    }
    over
}

fn combine_protocol(base: Protocol, over: Protocol) -> Protocol {
    let mut parameters = base.parameters;
    parameters.retain(|one| !over.parameters.iter().any(|other| other.term == one.term));
    parameters.extend(over.parameters);
    Protocol {
        description: either(over.description, base.description),
        parameters,
        arms: by_oid(base.arms, over.arms, |a| a.oid.as_str()),
        epochs: by_oid(base.epochs, over.epochs, |e| e.oid.as_str()),
        event_refs: combine_refs(base.event_refs, over.event_refs),
        timings: by_oid(base.timings, over.timings, |t| t.oid.as_str()),
        criteria: by_oid(base.criteria, over.criteria, |c| c.oid.as_str()),
        objectives: either(over.objectives, base.objectives),
        kept: combine_kept(base.kept, over.kept),
    }
}

/// References of `over` win, but keep the epoch and arms that only `base` knows. The order is that of
/// `over` if it names every event of `base`, else that of `base`.
fn combine_refs(base: Vec<StudyEventRef>, over: Vec<StudyEventRef>) -> Vec<StudyEventRef> {
    let names_all = base.iter().all(|known| over.iter().any(|one| one.event == known.event));
    let over = over.into_iter().map(|mut one| {
        if let Some(known) = base.iter().find(|known| known.event == one.event) {
            one.epoch = one.epoch.or_else(|| known.epoch.clone());
            if one.arms.is_empty() {
                one.arms.clone_from(&known.arms);
            }
            if !names_all {
                one.order = known.order;
            }
        }
        one
    });
    let over: Vec<_> = over.collect();
    if names_all { over } else { by_oid(base, over, |one| one.event.as_str()) }
}

/// Puts events into the order of their references; those without one stay behind.
fn in_schedule(mut events: Vec<StudyEventDef>, refs: &[StudyEventRef]) -> Vec<StudyEventDef> {
    let order = |event: &StudyEventDef| {
        let at = refs.iter().position(|one| one.event == event.oid);
        at.map_or((u32::MAX, usize::MAX), |at| (refs[at].order.unwrap_or(u32::MAX), at))
    };
    events.sort_by_key(order);
    events
}
