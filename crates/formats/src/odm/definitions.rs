//! Events, forms and groups, and the references that tie them together.

use kernel::{
    FormOid,
    study::{
        FormDef, FormRef, GroupRepeat, ItemGroupDef, ItemGroupKind, ItemGroupRef, ItemRef, Kept,
        KeptAttribute, StudyEventDef, StudyEventKind,
    },
};

use super::{
    context::{CASEBOOK, Context},
    node::{Node, sort_attributes},
};
use crate::FormatError;

pub(super) const EVENT_KINDS: [(&str, StudyEventKind); 3] = [
    ("Scheduled", StudyEventKind::Scheduled),
    ("Unscheduled", StudyEventKind::Unscheduled),
    ("Common", StudyEventKind::Common),
];

pub(super) const GROUP_KINDS: [(&str, ItemGroupKind); 4] = [
    ("Form", ItemGroupKind::Group),
    ("Section", ItemGroupKind::Section),
    ("Dataset", ItemGroupKind::Dataset),
    ("Concept", ItemGroupKind::Concept),
];

pub(super) const REPEATS: [(&str, GroupRepeat); 5] = [
    ("No", GroupRepeat::No),
    ("Yes", GroupRepeat::Simple),
    ("Simple", GroupRepeat::Simple),
    ("Dynamic", GroupRepeat::Dynamic),
    ("Static", GroupRepeat::Static),
];

/// What is put behind the OID of a form of ODM 2.0 to name the group of the items that the form
/// holds itself. ODM 1.3 has no such items, and wants all OIDs to differ.
pub const OWN_ITEMS: &str = ".ITEMS";

impl Context {
    pub fn event(&mut self, mut node: Node) -> Result<StudyEventDef, FormatError> {
        let oid = self.oid(&mut node)?;
        let mut refs = node.take_all("FormRef");
        refs.extend(node.take_all("ItemGroupRef"));
        let forms = refs.into_iter().map(|one| self.form_ref(one)).collect::<Result<_, _>>()?;
        Ok(StudyEventDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            repeating: self.yes(&mut node, "Repeating"),
            kind: self.word(&mut node, "Type", &EVENT_KINDS, StudyEventKind::Scheduled),
            category: node.take("Category"),
            description: self.texts(&mut node, "Description"),
            forms,
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }

    fn form_ref(&mut self, mut node: Node) -> Result<FormRef, FormatError> {
        let attribute = if node.is("FormRef") { "FormOID" } else { "ItemGroupOID" };
        Ok(FormRef {
            form: self.must(&mut node, attribute)?.into(),
            mandatory: self.yes(&mut node, "Mandatory"),
            order: self.number(&mut node, "OrderNumber"),
            exception: node.take("CollectionExceptionConditionOID").map(Into::into),
            kept: self.keep(node),
        })
    }

    /// A form of ODM 1.3. How it repeats in the words of ODM 2.0 is kept.
    pub fn form(&mut self, mut node: Node) -> Result<FormDef, FormatError> {
        let oid = self.oid(&mut node)?;
        let groups = self.group_refs(&mut node)?;
        let repeat = self.word(&mut node, "Repeating", &REPEATS, GroupRepeat::No);
        let of_2_0 = REPEATS.iter().rev().take(2).find(|(_, word)| *word == repeat);
        let mut form = FormDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            repeating: repeat != GroupRepeat::No,
            description: self.texts(&mut node, "Description"),
            groups,
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        };
        keep_attribute(&mut form.kept, "Repeating", of_2_0.map(|(word, _)| (*word).to_owned()));
        Ok(form)
    }

    pub fn group_refs(&mut self, node: &mut Node) -> Result<Vec<ItemGroupRef>, FormatError> {
        node.take_all("ItemGroupRef").into_iter().map(|one| self.group_ref(one)).collect()
    }

    fn group_ref(&mut self, mut node: Node) -> Result<ItemGroupRef, FormatError> {
        Ok(ItemGroupRef {
            group: self.must(&mut node, "ItemGroupOID")?.into(),
            mandatory: self.yes(&mut node, "Mandatory"),
            order: self.number(&mut node, "OrderNumber"),
            exception: node.take("CollectionExceptionConditionOID").map(Into::into),
            kept: self.keep(node),
        })
    }

    pub fn group(&mut self, mut node: Node) -> Result<ItemGroupDef, FormatError> {
        let oid = self.oid(&mut node)?;
        let plain = node.take_in(CASEBOOK, "Type").is_some();
        let kind = self.word(&mut node, "Type", &GROUP_KINDS, ItemGroupKind::Group);
        let items = self.item_refs(&mut node)?;
        let groups = self.group_refs(&mut node)?;
        let dataset_name = node.take("SASDatasetName").or_else(|| node.take("DatasetName"));
        Ok(ItemGroupDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            kind: if plain { ItemGroupKind::Group } else { kind },
            repeat: self.word(&mut node, "Repeating", &REPEATS, GroupRepeat::No),
            repeat_limit: self.number(&mut node, "RepeatingLimit"),
            reference_data: self.yes(&mut node, "IsReferenceData"),
            domain: node.take("Domain"),
            sas_dataset_name: dataset_name,
            description: self.texts(&mut node, "Description"),
            items,
            groups,
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }

    /// A form of ODM 2.0, that is a group of type Form or another type (which is then kept). Items
    /// that it holds itself become a group with the form's OID and [`OWN_ITEMS`].
    pub fn form_of_group(
        &mut self,
        mut node: Node,
    ) -> Result<(FormDef, Option<ItemGroupDef>), FormatError> {
        let mut kept = Kept::default();
        for name in ["RepeatingLimit", "IsReferenceData", "DatasetName", "Domain"] {
            keep_attribute(&mut kept, name, node.take(name));
        }
        let kind = node.take("Type");
        keep_attribute(&mut kept, "Type", kind.filter(|kind| kind != "Form"));
        let repeating = node.tag.get("Repeating").map(str::to_owned);
        keep_attribute(
            &mut kept,
            "Repeating",
            repeating.filter(|r| r == "Dynamic" || r == "Static"),
        );
        let group = self.group(node)?;
        kept.attributes.extend(group.kept.attributes.clone());
        kept.elements.extend(group.kept.elements.clone());
        sort_attributes(&mut kept);
        let repeating = group.repeats();
        let own = ItemGroupDef {
            oid: format!("{}{OWN_ITEMS}", group.oid).into(),
            name: group.name.clone(),
            items: group.items,
            ..ItemGroupDef::default()
        };
        let own = (!own.items.is_empty()).then_some(own);
        let first = own.as_ref().map(|own| ItemGroupRef {
            group: own.oid.clone(),
            mandatory: true,
            ..ItemGroupRef::default()
        });
        let form = FormDef {
            oid: FormOid::new(group.oid.as_str()),
            name: group.name,
            repeating,
            description: group.description,
            groups: first.into_iter().chain(group.groups).collect(),
            aliases: group.aliases,
            kept,
        };
        Ok((form, own))
    }

    pub fn item_refs(&mut self, node: &mut Node) -> Result<Vec<ItemRef>, FormatError> {
        node.take_all("ItemRef").into_iter().map(|one| self.item_ref(one)).collect()
    }

    fn item_ref(&mut self, mut node: Node) -> Result<ItemRef, FormatError> {
        Ok(ItemRef {
            item: self.must(&mut node, "ItemOID")?.into(),
            mandatory: self.yes(&mut node, "Mandatory"),
            order: self.number(&mut node, "OrderNumber"),
            key_sequence: self.number(&mut node, "KeySequence"),
            method: node.take("MethodOID").map(Into::into),
            exception: node.take("CollectionExceptionConditionOID").map(Into::into),
            units_item: node.take("UnitsItemOID").map(Into::into),
            kept: self.keep(node),
        })
    }
}

fn keep_attribute(kept: &mut Kept, name: &str, value: Option<String>) {
    let (namespace, prefix, name) = (String::new(), String::new(), name.to_owned());
    let attribute = value.map(|value| KeptAttribute { namespace, prefix, name, value });
    kept.attributes.extend(attribute);
    sort_attributes(kept);
}
