//! The order of events: direct references in ODM 1.3, groups of events in ODM 2.0.

use std::collections::HashMap;

use kernel::study::StudyEventRef;

use super::{
    context::{CASEBOOK, Context},
    node::Node,
    xml::Attribute,
};
use crate::FormatError;

/// The deepest nesting of event groups that is followed.
const MAX_GROUP_DEPTH: usize = 16;

impl Context {
    pub fn event_ref(&mut self, mut node: Node) -> Result<StudyEventRef, FormatError> {
        let arms = node.take_in(CASEBOOK, "ArmOIDs").unwrap_or_default();
        Ok(StudyEventRef {
            event: self.must(&mut node, "StudyEventOID")?.into(),
            order: self.number(&mut node, "OrderNumber"),
            mandatory: self.yes(&mut node, "Mandatory"),
            exception: node.take("CollectionExceptionConditionOID").map(Into::into),
            epoch: node.take_in(CASEBOOK, "EpochOID").map(Into::into),
            arms: arms.split_whitespace().map(Into::into).collect(),
            kept: self.keep(node),
        })
    }

    /// The events of the groups in the order of the protocol's references to them; without
    /// references, in the order of the groups.
    pub fn grouped_events(
        &mut self,
        refs: &[Node],
        defs: &[Node],
    ) -> Result<Vec<StudyEventRef>, FormatError> {
        let by_oid: HashMap<&str, &Node> =
            defs.iter().filter_map(|def| Some((def.tag.get("OID")?, def))).collect();
        let named = refs.iter().filter_map(|one| one.tag.get("StudyEventGroupOID"));
        let mut events = Vec::new();
        for oid in named {
            match by_oid.get(oid) {
                Some(def) => self.add_group(def, &by_oid, &mut events, MAX_GROUP_DEPTH)?,
                None => self.warn(0, format!("StudyEventGroupDef {oid}"), "is not in the file"),
            }
        }
        if refs.is_empty() {
            for def in defs {
                self.add_group(def, &by_oid, &mut events, MAX_GROUP_DEPTH)?;
            }
        }
        Ok(events)
    }

    fn add_group(
        &mut self,
        def: &Node,
        by_oid: &HashMap<&str, &Node>,
        events: &mut Vec<StudyEventRef>,
        depth: usize,
    ) -> Result<(), FormatError> {
        let (arm, epoch) = (def.tag.get("ArmOID"), def.tag.get("EpochOID"));
        for child in def.elements() {
            if child.is("StudyEventRef") {
                let mut event = self.event_ref(child.clone())?;
                event.epoch = event.epoch.or_else(|| epoch.map(Into::into));
                event.arms.extend(arm.map(Into::into));
                let same = |known: &&mut StudyEventRef| {
                    known.event == event.event && known.epoch == event.epoch
                };
                match events.iter_mut().find(same) {
                    Some(known) => known.arms.append(&mut event.arms),
                    None => events.push(event),
                }
            } else if child.is("StudyEventGroupRef") && depth > 0 {
                let inner = child.tag.get("StudyEventGroupOID").and_then(|oid| by_oid.get(oid));
                if let Some(inner) = inner {
                    self.add_group(inner, by_oid, events, depth - 1)?;
                }
            }
        }
        Ok(())
    }
}

/// Event groups that say what the references say: one for each run of the same epoch and arms.
/// First the references of the protocol, then the definitions.
pub(super) fn build_groups(events: &[StudyEventRef]) -> (Vec<Node>, Vec<Node>) {
    let mut runs: Vec<Vec<&StudyEventRef>> = Vec::new();
    for event in events {
        match runs.last_mut() {
            Some(run) if run[0].epoch == event.epoch && run[0].arms == event.arms => {
                run.push(event);
            }
            _ => runs.push(vec![event]),
        }
    }
    let mut refs = Vec::new();
    let mut defs = Vec::new();
    for run in runs {
        let arms: Vec<Option<&str>> = match run[0].arms.as_slice() {
            [] => vec![None],
            arms => arms.iter().map(|arm| Some(arm.as_str())).collect(),
        };
        for arm in arms {
            let oid = format!("SEG.{}", defs.len() + 1);
            let mut def = Node::new("StudyEventGroupDef").with("OID", &oid).with("Name", &oid);
            if let Some(arm) = arm {
                def = def.with("ArmOID", arm);
            }
            if let Some(epoch) = &run[0].epoch {
                def = def.with("EpochOID", epoch.as_str());
            }
            defs.push(def.holding(run.iter().map(|event| build_ref(event))));
            let number = refs.len() + 1;
            let one = Node::new("StudyEventGroupRef").with("StudyEventGroupOID", &oid);
            refs.push(one.with("OrderNumber", number.to_string()).with("Mandatory", "Yes"));
        }
    }
    (refs, defs)
}

fn build_ref(event: &StudyEventRef) -> Node {
    let mut node = Node::new("StudyEventRef").with("StudyEventOID", event.event.as_str());
    if let Some(order) = event.order {
        node = node.with("OrderNumber", order.to_string());
    }
    node = node.with("Mandatory", if event.mandatory { "Yes" } else { "No" });
    if let Some(exception) = &event.exception {
        node = node.with("CollectionExceptionConditionOID", exception.as_str());
    }
    for kept in &event.kept.attributes {
        node.tag.attributes.push(Attribute {
            namespace: kept.namespace.as_str().into(),
            prefix: kept.prefix.clone(),
            name: kept.name.clone(),
            value: kept.value.clone(),
        });
    }
    node.holding(event.kept.elements.iter().filter_map(|fragment| Node::parse(fragment)))
}
