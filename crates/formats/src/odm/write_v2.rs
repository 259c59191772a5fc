//! Study definitions as ODM 2.0, in the order of its schema.
//!
//! A form becomes an ItemGroupDef of type Form; a group that only holds the items of the form
//! itself goes into it. Measurement units and other words that only ODM 1.3 has are written in its
//! namespace.

use std::io::{self, Write};

use kernel::{
    ConditionOid, ItemOid, MethodOid, StudyVersion,
    study::{
        FormDef, GroupRepeat, ItemGroupDef, ItemGroupKind, ItemGroupRef, ItemRef, Kept, Protocol,
        StudyEventDef,
    },
};

use super::{
    context::{CASEBOOK, Context},
    definitions::{EVENT_KINDS, GROUP_KINDS, OWN_ITEMS, REPEATS},
    emit::{Dialect::V2, Emit},
    header::Header,
    node::Node,
    protocol::SECTIONS,
    schedule::build_groups,
    write_v1::{rules, word},
    write_v2_items::{code_list, condition, item, method, unit},
    xml::ODM_2_0,
};

/// Writes one study version as an ODM 2.0 file; [`read_metadata`](super::read_metadata) reads all
/// of it back.
pub fn write_metadata_v2<W: Write>(
    version: &StudyVersion,
    header: &Header,
    out: W,
) -> io::Result<W> {
    let mut e = Emit::new(out);
    header.open(&mut e, ODM_2_0, "2.0");
    study(&mut e, version);
    e.finish()
}

/// A study with one of its versions.
pub(super) fn study(e: &mut Emit<impl Write>, version: &StudyVersion) {
    e.start("Study");
    e.attribute("OID", version.study_oid.as_str());
    e.attribute("StudyName", &version.study_name);
    e.attribute("ProtocolName", &version.protocol_name);
    for name in ON_STUDY {
        let kept = version.kept.attributes.iter();
        let kept = kept.filter(|a| a.namespace.is_empty() && a.name == name);
        kept.for_each(|attribute| e.attribute(name, &attribute.value));
    }
    e.texts("Description", &version.study_description, V2);
    metadata_version(e, version);
    e.end();
}

/// Kept attributes that belong to Study; the others belong to MetaDataVersion.
const ON_STUDY: [&str; 3] = ["VersionID", "VersionName", "Status"];
/// The kept elements of MetaDataVersion before, in the middle of, and after the definitions.
const FIRST: [&str; 5] =
    ["Standards", "AnnotatedCRF", "SupplementalDoc", "ValueListDef", "WhereClauseDef"];
const LAST: [&str; 2] = ["CommentDef", "Leaf"];
const GROUP_DEF: &str = "StudyEventGroupDef";
const GROUP_REF: &str = "StudyEventGroupRef";

fn metadata_version(e: &mut Emit<impl Write>, version: &StudyVersion) {
    e.start("MetaDataVersion");
    e.attribute("OID", version.version_oid.as_str());
    e.attribute("Name", &version.version_name);
    let mut kept = version.kept.clone();
    kept.attributes.retain(|a| !(a.namespace.is_empty() && ON_STUDY.contains(&a.name.as_str())));
    e.kept_attributes(&kept, &["CommentOID"], V2);
    e.texts("Description", &version.version_description, V2);
    e.kept_named(&kept, &FIRST, V2);
    let (refs, defs) = event_groups(version);
    if version.protocol != Protocol::default() || !refs.is_empty() {
        protocol(e, &version.protocol, &refs);
    }
    e.kept_named(&kept, &["WorkflowDef"], V2);
    for fragment in &defs {
        e.fragment(fragment);
    }
    version.events.iter().for_each(|one| event(e, one));
    version.forms.iter().for_each(|one| form(e, version, one));
    for one in version.item_groups.iter().filter(|one| !is_own_group(version, one)) {
        group(e, one);
    }
    version.items.iter().for_each(|one| item(e, one));
    version.code_lists.iter().for_each(|one| code_list(e, one));
    version.conditions.iter().for_each(|one| condition(e, one));
    version.methods.iter().for_each(|one| method(e, one));
    e.kept_named(&kept, &LAST, V2);
    version.units.iter().for_each(|one| unit(e, one));
    let placed: Vec<&str> =
        FIRST.into_iter().chain(LAST).chain(["WorkflowDef", GROUP_DEF]).collect();
    e.kept_others(&kept, &placed, V2);
    rules(e, version);
    e.end();
}

/// The groups of events as they were kept, if they still say what the references say; else as
/// built anew. First the references of Protocol, then the definitions.
fn event_groups(version: &StudyVersion) -> (Vec<String>, Vec<String>) {
    let named = |kept: &Kept, name: &str| -> Vec<(Node, String)> {
        let parsed = kept.elements.iter().filter(|fragment| fragment.contains(name));
        let parsed = parsed.filter_map(|fragment| Some((Node::parse(fragment)?, fragment.clone())));
        parsed.filter(|(node, _)| node.is(name)).collect()
    };
    let refs = named(&version.protocol.kept, GROUP_REF);
    let defs = named(&version.kept, GROUP_DEF);
    let nodes = |list: &[(Node, String)]| list.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
    let said = Context::new("").grouped_events(&nodes(&refs), &nodes(&defs));
    if !defs.is_empty() && said.is_ok_and(|events| events == version.protocol.event_refs) {
        let texts = |list: Vec<(Node, String)>| list.into_iter().map(|(_, text)| text).collect();
        return (texts(refs), texts(defs));
    }
    let (refs, defs) = build_groups(&version.protocol.event_refs);
    let texts = |nodes: &[Node]| nodes.iter().map(Node::fragment).collect();
    (texts(&refs), texts(&defs))
}

/// The elements of Protocol in the order of the schema.
const PROTOCOL: [&str; 11] = [
    "StudySummary",
    "StudyStructure",
    "TrialPhase",
    "StudyTimings",
    "StudyIndications",
    "StudyInterventions",
    "StudyObjectives",
    "StudyEndPoints",
    "StudyTargetPopulation",
    "StudyEstimands",
    "InclusionExclusionCriteria",
];

fn protocol(e: &mut Emit<impl Write>, protocol: &Protocol, refs: &[String]) {
    e.start("Protocol");
    e.kept_attributes(&protocol.kept, &[], V2);
    e.texts("Description", &protocol.description, V2);
    for name in PROTOCOL {
        match SECTIONS.iter().find(|section| section.element == name) {
            Some(section) => {
                if let Some(fragment) = section.written(protocol) {
                    e.fragment(&fragment);
                }
            }
            None => e.kept_named(&protocol.kept, &[name], V2),
        }
    }
    for fragment in refs {
        e.fragment(fragment);
    }
    e.kept_named(&protocol.kept, &["WorkflowRef", "Alias"], V2);
    let placed: Vec<&str> =
        PROTOCOL.into_iter().chain([GROUP_REF, "WorkflowRef", "Alias"]).collect();
    e.kept_others(&protocol.kept, &placed, V2);
    e.end();
}

fn reference(
    e: &mut Emit<impl Write>,
    order: Option<u32>,
    mandatory: bool,
    exception: Option<&ConditionOid>,
) {
    e.count("OrderNumber", order);
    e.yes_no("Mandatory", mandatory);
    e.optional("CollectionExceptionConditionOID", exception.map(ConditionOid::as_str));
}

fn event(e: &mut Emit<impl Write>, event: &StudyEventDef) {
    e.start("StudyEventDef");
    e.attribute("OID", event.oid.as_str());
    e.attribute("Name", &event.name);
    e.yes_no("Repeating", event.repeating);
    e.attribute("Type", word(&EVENT_KINDS, event.kind));
    e.optional("Category", event.category.as_deref());
    e.kept_attributes(&event.kept, &["CommentOID"], V2);
    e.texts("Description", &event.description, V2);
    for one in &event.forms {
        e.start("ItemGroupRef");
        e.attribute("ItemGroupOID", one.form.as_str());
        reference(e, one.order, one.mandatory, one.exception.as_ref());
        e.kept_attributes(&one.kept, &["MethodOID"], V2);
        e.kept_others(&one.kept, &[], V2);
        e.end();
    }
    e.kept_named(&event.kept, &["WorkflowRef", "Coding"], V2);
    e.aliases(&event.aliases);
    e.kept_named(&event.kept, &["Alias"], V2);
    e.kept_others(&event.kept, &["WorkflowRef", "Coding", "Alias"], V2);
    e.end();
}

/// The kept attributes of an ItemGroupDef, as a group and as a form.
const ON_GROUP: [&str; 7] = [
    "Structure",
    "ArchiveLocationID",
    "Purpose",
    "StandardOID",
    "IsNonStandard",
    "HasNoData",
    "CommentOID",
];
const ON_FORM: [&str; 13] = [
    "Type",
    "Repeating",
    "RepeatingLimit",
    "IsReferenceData",
    "DatasetName",
    "Domain",
    "Structure",
    "ArchiveLocationID",
    "Purpose",
    "StandardOID",
    "IsNonStandard",
    "HasNoData",
    "CommentOID",
];
/// Their kept elements after the references.
const AFTER_REFS: [&str; 3] = ["Coding", "WorkflowRef", "Origin"];
const IN_GROUP: [&str; 6] = ["Class", "Coding", "WorkflowRef", "Origin", "Alias", "Leaf"];

/// Whether a group only holds what a form itself holds.
fn is_own_group(version: &StudyVersion, group: &ItemGroupDef) -> bool {
    version
        .forms
        .iter()
        .any(|form| own_group(version, form).is_some_and(|own| own.oid == group.oid))
}

/// The group of a form's own items, if it is the first of the form and says nothing more.
fn own_group<'v>(version: &'v StudyVersion, form: &FormDef) -> Option<&'v ItemGroupDef> {
    let first = form.groups.first()?;
    let expected = ItemGroupRef {
        group: format!("{}{OWN_ITEMS}", form.oid).into(),
        mandatory: true,
        ..ItemGroupRef::default()
    };
    let group = version.item_groups.iter().find(|group| group.oid == first.group)?;
    let plain = ItemGroupDef {
        oid: group.oid.clone(),
        name: form.name.clone(),
        items: group.items.clone(),
        ..ItemGroupDef::default()
    };
    (*first == expected && *group == plain && !group.items.is_empty()).then_some(group)
}

fn form(e: &mut Emit<impl Write>, version: &StudyVersion, form: &FormDef) {
    let own = own_group(version, form);
    let repeat = if form.repeating { GroupRepeat::Simple } else { GroupRepeat::No };
    let is_kept =
        |name: &str| form.kept.attributes.iter().any(|a| a.namespace.is_empty() && a.name == name);
    e.start("ItemGroupDef");
    e.attribute("OID", form.oid.as_str());
    e.attribute("Name", &form.name);
    if !is_kept("Repeating") {
        e.attribute("Repeating", repeat_word(repeat));
    }
    if !is_kept("Type") {
        e.attribute("Type", "Form");
    }
    e.kept_attributes(&form.kept, &ON_FORM, V2);
    e.texts("Description", &form.description, V2);
    e.kept_named(&form.kept, &["Class"], V2);
    for one in own.map_or(&[][..], |own| own.items.as_slice()) {
        item_ref(e, one);
    }
    group_refs(e, &form.groups[usize::from(own.is_some())..]);
    e.kept_named(&form.kept, &AFTER_REFS, V2);
    e.aliases(&form.aliases);
    e.kept_named(&form.kept, &["Alias", "Leaf"], V2);
    e.kept_others(&form.kept, &IN_GROUP, V2);
    e.end();
}

/// ODM 2.0 has no Yes; `Simple` is its word.
fn repeat_word(repeat: GroupRepeat) -> &'static str {
    match repeat {
        GroupRepeat::Simple => "Simple",
        other => word(&REPEATS, other),
    }
}

/// ODM 2.0 knows no plain group: it becomes a section, marked as what it was.
fn group(e: &mut Emit<impl Write>, group: &ItemGroupDef) {
    e.start("ItemGroupDef");
    e.attribute("OID", group.oid.as_str());
    e.attribute("Name", &group.name);
    e.attribute("Repeating", repeat_word(group.repeat));
    e.count("RepeatingLimit", group.repeat_limit);
    if group.reference_data {
        e.yes_no("IsReferenceData", true);
    }
    e.optional("DatasetName", group.sas_dataset_name.as_deref());
    e.optional("Domain", group.domain.as_deref());
    if group.kind == ItemGroupKind::Group {
        e.attribute("Type", "Section");
        e.foreign("casebook", CASEBOOK, "Type", "Group");
    } else {
        e.attribute("Type", word(&GROUP_KINDS, group.kind));
    }
    e.kept_attributes(&group.kept, &ON_GROUP, V2);
    e.texts("Description", &group.description, V2);
    e.kept_named(&group.kept, &["Class"], V2);
    group.items.iter().for_each(|one| item_ref(e, one));
    group_refs(e, &group.groups);
    e.kept_named(&group.kept, &AFTER_REFS, V2);
    e.aliases(&group.aliases);
    e.kept_named(&group.kept, &["Alias", "Leaf"], V2);
    e.kept_others(&group.kept, &IN_GROUP, V2);
    e.end();
}

fn group_refs(e: &mut Emit<impl Write>, refs: &[ItemGroupRef]) {
    for one in refs {
        e.start("ItemGroupRef");
        e.attribute("ItemGroupOID", one.group.as_str());
        reference(e, one.order, one.mandatory, one.exception.as_ref());
        e.kept_attributes(&one.kept, &["MethodOID"], V2);
        e.kept_others(&one.kept, &[], V2);
        e.end();
    }
}

const ON_ITEM_REF: [&str; 8] = [
    "IsNonStandard",
    "HasNoData",
    "Repeat",
    "Other",
    "Role",
    "RoleCodeListOID",
    "Core",
    "PreSpecifiedValue",
];

fn item_ref(e: &mut Emit<impl Write>, one: &ItemRef) {
    e.start("ItemRef");
    e.attribute("ItemOID", one.item.as_str());
    e.count("KeySequence", one.key_sequence);
    e.optional("MethodOID", one.method.as_ref().map(MethodOid::as_str));
    e.optional("UnitsItemOID", one.units_item.as_ref().map(ItemOid::as_str));
    reference(e, one.order, one.mandatory, one.exception.as_ref());
    e.kept_attributes(&one.kept, &ON_ITEM_REF, V2);
    e.kept_named(&one.kept, &["Origin", "WhereClauseRef"], V2);
    e.kept_others(&one.kept, &["Origin", "WhereClauseRef"], V2);
    e.end();
}
