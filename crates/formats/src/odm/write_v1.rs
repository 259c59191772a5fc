//! Study definitions as ODM 1.3.2, in the order of its schema.
//!
//! What 1.3.2 has no word for is written in the words and the namespace of ODM 2.0, at the end of
//! the element or as an attribute beside the standard ones; rules and blinding in our own.

use std::io::{self, Write};

use kernel::{
    ArmOid, ConditionOid, ItemOid, MethodOid, StudyVersion, Texts,
    study::{
        FormDef, GroupRepeat, ItemGroupDef, ItemGroupKind, ItemRef, Kept, Protocol, StudyEventDef,
    },
};

use super::{
    context::CASEBOOK,
    definitions::{EVENT_KINDS, GROUP_KINDS, REPEATS},
    emit::{Dialect::V1, Emit},
    header::Header,
    node::Node,
    protocol::{SECTIONS, description},
    write_v1_items::{code_list, condition, item, method, unit},
    xml::ODM_1_3,
};

/// Writes one study version as an ODM 1.3.2 file.
///
/// The file is valid to the standard's schema as long as the version holds nothing that ODM 1.3.2
/// cannot say; what it cannot say is there as an extension, and [`read_metadata`](super::read_metadata)
/// reads all of it back.
pub fn write_metadata_v1<W: Write>(
    version: &StudyVersion,
    header: &Header,
    out: W,
) -> io::Result<W> {
    let mut e = Emit::new(out);
    header.open(&mut e, ODM_1_3, "1.3.2");
    study(&mut e, &[version]);
    e.finish()
}

/// A Study element with one or more of its versions. Names and units are those of the last.
pub(super) fn study(e: &mut Emit<impl Write>, versions: &[&StudyVersion]) {
    let Some(last) = versions.last() else { return };
    e.start("Study");
    e.attribute("OID", last.study_oid.as_str());
    e.start(VARIABLES);
    e.simple("StudyName", &last.study_name);
    let plain = last.study_description.in_lang("").unwrap_or_default().to_owned();
    e.simple("StudyDescription", &plain);
    e.simple("ProtocolName", &last.protocol_name);
    if last.study_description != one_plain(&plain) {
        translated(e, &last.study_description);
    }
    more_variables(e, &last.kept);
    e.end();
    if !last.units.is_empty() {
        e.start("BasicDefinitions");
        last.units.iter().for_each(|one| unit(e, one));
        e.end();
    }
    for version in versions {
        metadata_version(e, version);
    }
    e.end();
}

/// What else GlobalVariables held, such as a vendor's settings of the study.
fn more_variables(e: &mut Emit<impl Write>, kept: &Kept) {
    let nodes = kept.elements.iter().filter_map(|fragment| Node::parse(fragment));
    for node in nodes.filter(|node| node.is(VARIABLES)) {
        node.elements().for_each(|child| e.fragment(&child.fragment()));
    }
}

/// A Description of ODM 2.0, for what has a plain text in 1.3.
fn translated(e: &mut Emit<impl Write>, texts: &Texts) {
    if let Some(node) = description(texts) {
        e.fragment(&node.fragment());
    }
}

/// What reading a plain text gives.
fn one_plain(text: &str) -> Texts {
    if text.is_empty() { Texts::default() } else { Texts::one("", text) }
}

/// Kept elements that have no place of their own: misshapen aliases, then the rest.
pub(super) fn rest(e: &mut Emit<impl Write>, kept: &Kept) {
    e.kept_named(kept, &["Alias"], V1);
    e.kept_others(kept, &["Alias"], V1);
}

/// The kept elements of MetaDataVersion that stand before ConditionDef.
const BEFORE_CONDITIONS: [&str; 2] = ["ImputationMethod", "Presentation"];
/// What has its place elsewhere in Study.
const VARIABLES: &str = "GlobalVariables";

fn metadata_version(e: &mut Emit<impl Write>, version: &StudyVersion) {
    e.start("MetaDataVersion");
    e.attribute("OID", version.version_oid.as_str());
    e.attribute("Name", &version.version_name);
    let plain = version.version_description.in_lang("");
    e.optional("Description", plain);
    e.kept_attributes(&version.kept, &[], V1);
    if version.protocol != Protocol::default() {
        protocol(e, &version.protocol);
    }
    version.events.iter().for_each(|one| event(e, one));
    version.forms.iter().for_each(|one| form(e, one));
    version.item_groups.iter().for_each(|one| group(e, one));
    version.items.iter().for_each(|one| item(e, one));
    version.code_lists.iter().for_each(|one| code_list(e, one));
    e.kept_named(&version.kept, &BEFORE_CONDITIONS, V1);
    version.conditions.iter().for_each(|one| condition(e, one));
    version.methods.iter().for_each(|one| method(e, one));
    if version.version_description != plain.map(|text| Texts::one("", text)).unwrap_or_default() {
        translated(e, &version.version_description);
    }
    let [imputation, presentation] = BEFORE_CONDITIONS;
    e.kept_others(&version.kept, &[imputation, presentation, VARIABLES], V1);
    rules(e, version);
    e.end();
}

/// Rules, source data verification, blinding: what neither ODM can say.
pub(super) fn rules(e: &mut Emit<impl Write>, version: &StudyVersion) {
    if let Some(json) = super::beyond::json(version) {
        e.start("casebook:Rules");
        e.attribute("xmlns:casebook", CASEBOOK);
        e.text(&json);
        e.end();
    }
}

fn protocol(e: &mut Emit<impl Write>, protocol: &Protocol) {
    e.start("Protocol");
    e.kept_attributes(&protocol.kept, &[], V1);
    e.texts("Description", &protocol.description, V1);
    for one in &protocol.event_refs {
        e.start("StudyEventRef");
        e.attribute("StudyEventOID", one.event.as_str());
        reference(e, one.order, one.mandatory, one.exception.as_ref());
        if let Some(epoch) = &one.epoch {
            e.foreign("casebook", CASEBOOK, "EpochOID", epoch.as_str());
        }
        if !one.arms.is_empty() {
            let arms: Vec<&str> = one.arms.iter().map(ArmOid::as_str).collect();
            e.foreign("casebook", CASEBOOK, "ArmOIDs", &arms.join(" "));
        }
        e.kept_attributes(&one.kept, &[], V1);
        rest(e, &one.kept);
        e.end();
    }
    e.kept_named(&protocol.kept, &["Alias"], V1);
    for section in SECTIONS.iter().filter_map(|section| section.written(protocol)) {
        e.fragment(&section);
    }
    let mut kept = protocol.kept.clone();
    kept.elements.retain(|fragment| !SECTIONS.iter().any(|section| section.is(fragment)));
    e.kept_others(&kept, &["Alias"], V1);
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
    e.kept_attributes(&event.kept, &[], V1);
    e.texts("Description", &event.description, V1);
    for one in &event.forms {
        e.start("FormRef");
        e.attribute("FormOID", one.form.as_str());
        reference(e, one.order, one.mandatory, one.exception.as_ref());
        e.kept_attributes(&one.kept, &[], V1);
        rest(e, &one.kept);
        e.end();
    }
    e.aliases(&event.aliases);
    rest(e, &event.kept);
    e.end();
}

/// How the standard spells a word.
pub(super) fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], word: T) -> &'static str {
    words.iter().find(|(_, known)| *known == word).map_or("", |(spelled, _)| *spelled)
}

fn form(e: &mut Emit<impl Write>, form: &FormDef) {
    e.start("FormDef");
    e.attribute("OID", form.oid.as_str());
    e.attribute("Name", &form.name);
    e.yes_no("Repeating", form.repeating);
    e.kept_attributes(&form.kept, &[], V1);
    e.texts("Description", &form.description, V1);
    group_refs(e, &form.groups);
    e.kept_named(&form.kept, &["ArchiveLayout"], V1);
    e.aliases(&form.aliases);
    e.kept_named(&form.kept, &["Alias"], V1);
    e.kept_others(&form.kept, &["ArchiveLayout", "Alias"], V1);
    e.end();
}

fn group_refs(e: &mut Emit<impl Write>, refs: &[kernel::study::ItemGroupRef]) {
    for one in refs {
        e.start("ItemGroupRef");
        e.attribute("ItemGroupOID", one.group.as_str());
        reference(e, one.order, one.mandatory, one.exception.as_ref());
        e.kept_attributes(&one.kept, &["MethodOID"], V1);
        rest(e, &one.kept);
        e.end();
    }
}

fn group(e: &mut Emit<impl Write>, group: &ItemGroupDef) {
    e.start("ItemGroupDef");
    e.attribute("OID", group.oid.as_str());
    e.attribute("Name", &group.name);
    e.yes_no("Repeating", group.repeats());
    if group.reference_data {
        e.yes_no("IsReferenceData", true);
    }
    e.optional("SASDatasetName", group.sas_dataset_name.as_deref());
    e.optional("Domain", group.domain.as_deref());
    if matches!(group.repeat, GroupRepeat::Dynamic | GroupRepeat::Static) {
        e.other(V1, "Repeating", Some(word(&REPEATS, group.repeat)));
    }
    e.other(V1, "RepeatingLimit", group.repeat_limit.map(|n| n.to_string()).as_deref());
    if group.kind != ItemGroupKind::Group {
        e.other(V1, "Type", Some(word(&GROUP_KINDS, group.kind)));
    }
    e.kept_attributes(&group.kept, &["Origin", "Role", "Purpose", "Comment"], V1);
    e.texts("Description", &group.description, V1);
    group.items.iter().for_each(|one| item_ref(e, one));
    e.aliases(&group.aliases);
    e.kept_named(&group.kept, &["Alias"], V1);
    for one in &group.groups {
        e.start("odm2:ItemGroupRef");
        e.attribute("xmlns:odm2", super::xml::ODM_2_0);
        e.attribute("ItemGroupOID", one.group.as_str());
        reference(e, one.order, one.mandatory, one.exception.as_ref());
        e.kept_attributes(&one.kept, &["MethodOID"], V1);
        e.kept_others(&one.kept, &[], V1);
        e.end();
    }
    e.kept_others(&group.kept, &["Alias"], V1);
    e.end();
}

fn item_ref(e: &mut Emit<impl Write>, one: &ItemRef) {
    e.start("ItemRef");
    e.attribute("ItemOID", one.item.as_str());
    e.count("KeySequence", one.key_sequence);
    e.optional("MethodOID", one.method.as_ref().map(MethodOid::as_str));
    reference(e, one.order, one.mandatory, one.exception.as_ref());
    e.other(V1, "UnitsItemOID", one.units_item.as_ref().map(ItemOid::as_str));
    e.kept_attributes(&one.kept, &["ImputationMethodOID", "Role", "RoleCodeListOID"], V1);
    rest(e, &one.kept);
    e.end();
}
