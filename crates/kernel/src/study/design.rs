use std::{collections::HashMap, sync::Arc};

use super::{
    CodeList, ConditionDef, FormDef, FormShape, ItemDef, ItemGroupDef, ItemGroupRef, MethodDef,
    StudyEventDef, StudyVersion, StudyVersionHash, TimingConstraint, UnitDef,
};
use crate::{
    CodeListOid, ConditionOid, FormOid, ItemGroupOid, ItemOid, MethodOid, StudyEventOid, UnitOid,
};

/// A study version with everything found by its OID.
#[derive(Clone, Debug)]
pub struct Design {
    version: Arc<StudyVersion>,
    hash: StudyVersionHash,
    events: HashMap<StudyEventOid, usize>,
    forms: HashMap<FormOid, usize>,
    groups: HashMap<ItemGroupOid, usize>,
    items: HashMap<ItemOid, usize>,
    code_lists: HashMap<CodeListOid, usize>,
    methods: HashMap<MethodOid, usize>,
    conditions: HashMap<ConditionOid, usize>,
    units: HashMap<UnitOid, usize>,
    /// Where each event stands in the schedule.
    positions: HashMap<StudyEventOid, usize>,
    timings: HashMap<StudyEventOid, usize>,
    /// Each form with its groups, nested ones too, in the order in which they are shown.
    shapes: HashMap<FormOid, FormShape>,
}

/// The deepest nesting of groups that is followed.
const MAX_GROUP_DEPTH: usize = 16;

impl Design {
    pub fn new(version: Arc<StudyVersion>) -> Self {
        fn index<K: std::hash::Hash + Eq, T>(
            list: &[T],
            key: impl Fn(&T) -> K,
        ) -> HashMap<K, usize> {
            list.iter().enumerate().rev().map(|(at, one)| (key(one), at)).collect()
        }
        let mut design = Self {
            hash: version.hash(),
            events: index(&version.events, |e| e.oid.clone()),
            forms: index(&version.forms, |f| f.oid.clone()),
            groups: index(&version.item_groups, |g| g.oid.clone()),
            items: index(&version.items, |i| i.oid.clone()),
            code_lists: index(&version.code_lists, |c| c.oid.clone()),
            methods: index(&version.methods, |m| m.oid.clone()),
            conditions: index(&version.conditions, |c| c.oid.clone()),
            units: index(&version.units, |u| u.oid.clone()),
            positions: positions(&version),
            timings: index(&version.protocol.timings, |t| t.event.clone()),
            shapes: HashMap::new(),
            version,
        };
        let version = Arc::clone(&design.version);
        for form in &version.forms {
            let mut groups = Vec::new();
            design.flatten(&form.groups, MAX_GROUP_DEPTH, &mut groups);
            let shape = FormShape::new(&design, &groups);
            design.shapes.insert(form.oid.clone(), shape);
        }
        design
    }

    fn flatten(&self, refs: &[ItemGroupRef], depth: usize, into: &mut Vec<ItemGroupRef>) {
        for group in refs {
            if depth == 0 || into.iter().any(|one| one.group == group.group) {
                continue;
            }
            into.push(group.clone());
            if let Some(def) = self.group(&group.group) {
                self.flatten(&def.groups, depth - 1, into);
            }
        }
    }

    pub fn version(&self) -> &StudyVersion {
        &self.version
    }

    /// The name of the version, computed once.
    pub fn hash(&self) -> StudyVersionHash {
        self.hash
    }

    pub fn event(&self, oid: &StudyEventOid) -> Option<&StudyEventDef> {
        self.events.get(oid).map(|at| &self.version.events[*at])
    }

    /// Where an event stands in the order of the schedule, from 0.
    pub fn event_position(&self, oid: &StudyEventOid) -> Option<usize> {
        self.positions.get(oid).copied()
    }

    pub fn form(&self, oid: &FormOid) -> Option<&FormDef> {
        self.forms.get(oid).map(|at| &self.version.forms[*at])
    }

    pub fn group(&self, oid: &ItemGroupOid) -> Option<&ItemGroupDef> {
        self.groups.get(oid).map(|at| &self.version.item_groups[*at])
    }

    pub fn item(&self, oid: &ItemOid) -> Option<&ItemDef> {
        self.items.get(oid).map(|at| &self.version.items[*at])
    }

    pub fn code_list(&self, oid: &CodeListOid) -> Option<&CodeList> {
        self.code_lists.get(oid).map(|at| &self.version.code_lists[*at])
    }

    pub fn method(&self, oid: &MethodOid) -> Option<&MethodDef> {
        self.methods.get(oid).map(|at| &self.version.methods[*at])
    }

    pub fn condition(&self, oid: &ConditionOid) -> Option<&ConditionDef> {
        self.conditions.get(oid).map(|at| &self.version.conditions[*at])
    }

    pub fn unit(&self, oid: &UnitOid) -> Option<&UnitDef> {
        self.units.get(oid).map(|at| &self.version.units[*at])
    }

    /// When an event is due, if the protocol says so.
    pub fn timing(&self, event: &StudyEventOid) -> Option<&TimingConstraint> {
        self.timings.get(event).map(|at| &self.version.protocol.timings[*at])
    }

    /// The groups of a form, nested ones after the group that holds them.
    pub fn groups_of(&self, form: &FormOid) -> &[ItemGroupOid] {
        self.shape(form).map_or(&[], |shape| &shape.group_oids)
    }

    /// The groups and items of a form, ready to check what is entered.
    pub fn shape(&self, form: &FormOid) -> Option<&FormShape> {
        self.shapes.get(form)
    }
}

/// The order of the protocol's event references, then that of the definitions it does not name.
fn positions(version: &StudyVersion) -> HashMap<StudyEventOid, usize> {
    let mut refs: Vec<_> = version.protocol.event_refs.iter().collect();
    refs.sort_by_key(|reference| reference.order.unwrap_or(u32::MAX));
    let named = refs.into_iter().map(|reference| &reference.event);
    let mut positions = HashMap::new();
    for event in named.chain(version.events.iter().map(|event| &event.oid)) {
        let next = positions.len();
        positions.entry(event.clone()).or_insert(next);
    }
    positions
}
