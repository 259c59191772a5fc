//! Forms and item groups: what stands in what, under which condition, and how it is derived.

use std::collections::BTreeSet;

use contract::edc::v1 as proto;
use kernel::{
    ConditionOid, MethodOid, StudyVersion,
    study::{
        ConditionDef, Design, Expression, FormDef, GroupRepeat, ItemGroupDef, ItemGroupRef,
        ItemRef, MethodDef, PartChange, PartKind,
    },
};

use super::{Made, Parts, existing, oid, text, texts};
use crate::wire::design::{condition, method};

impl Parts<'_> {
    pub(super) fn form(&self, form: &proto::FormDef) -> Made {
        let name = oid("putForm.formOid", &form.form_oid)?;
        let mut new: FormDef = existing(&self.version.forms, |one| one.oid.as_str() == name);
        new.oid = name.into();
        new.name = text("putForm.name", &form.name)?;
        new.description = texts("putForm.description", &form.description)?;
        new.repeating = form.repeating;
        let design = self.design();
        let nested = nested(&design, &new);
        let old = std::mem::take(&mut new.groups);
        let mut named = Named::new(self, &design);
        for group in &form.item_groups {
            let group_oid = oid("putForm.itemGroups.itemGroupOid", &group.item_group_oid)?;
            // The contract shows groups within groups behind them; they stand in their group.
            if nested.contains(group_oid) {
                continue;
            }
            let known = old.iter().find(|one| one.group.as_str() == group_oid).cloned();
            let known = known.unwrap_or_default();
            let exception = named.condition(
                group.collection_exception.as_deref(),
                known.exception.as_ref(),
                &format!("{name}.{group_oid}"),
            );
            new.groups.push(ItemGroupRef {
                group: group_oid.into(),
                mandatory: group.mandatory,
                order: None,
                exception,
                ..known
            });
        }
        let mut made = named.made;
        made.push(self.put(PartKind::Form, name, &new));
        Ok(made)
    }

    pub(super) fn item_group(&self, group: &proto::ItemGroupDef) -> Made {
        let name = oid("putItemGroup.itemGroupOid", &group.item_group_oid)?;
        let groups = &self.version.item_groups;
        let mut new: ItemGroupDef = existing(groups, |one| one.oid.as_str() == name);
        new.oid = name.into();
        new.name = text("putItemGroup.name", &group.name)?;
        new.description = texts("putItemGroup.description", &group.description)?;
        if new.repeats() != group.repeating {
            new.repeat = if group.repeating { GroupRepeat::Simple } else { GroupRepeat::No };
        }
        new.domain = group.domain.clone().filter(|domain| !domain.is_empty());
        let old = std::mem::take(&mut new.items);
        let design = self.design();
        let mut named = Named::new(self, &design);
        for item in &group.items {
            let item_oid = oid("putItemGroup.items.itemOid", &item.item_oid)?;
            let known = old.iter().find(|one| one.item.as_str() == item_oid).cloned();
            let known = known.unwrap_or_default();
            let place = format!("{name}.{item_oid}");
            let (exception, derivation) = (&item.collection_exception, &item.derivation);
            new.items.push(ItemRef {
                item: item_oid.into(),
                mandatory: item.mandatory,
                order: None,
                exception: named.condition(exception.as_deref(), known.exception.as_ref(), &place),
                method: named.method(derivation.as_deref(), known.method.as_ref(), &place),
                ..known
            });
        }
        let mut made = named.made;
        made.push(self.put(PartKind::ItemGroup, name, &new));
        Ok(made)
    }
}

/// The groups of a form that stand in another group of it.
fn nested(design: &Design, form: &FormDef) -> BTreeSet<String> {
    let direct = |oid: &kernel::ItemGroupOid| form.groups.iter().any(|one| one.group == *oid);
    let all = design.groups_of(&form.oid).iter();
    all.filter(|oid| !direct(oid)).map(ToString::to_string).collect()
}

/// Gives names to expressions: ODM has conditions and methods by OID.
pub(super) struct Named<'a> {
    parts: &'a Parts<'a>,
    design: &'a Design,
    /// The conditions and methods that changed or are new.
    pub(super) made: Vec<PartChange>,
}

impl<'a> Named<'a> {
    pub(super) fn new(parts: &'a Parts<'a>, design: &'a Design) -> Self {
        Self { parts, design, made: Vec::new() }
    }

    /// The condition with this expression: the one that stood here if nobody else has it, else one
    /// that says the same, else a new one.
    pub(super) fn condition(
        &mut self,
        text: Option<&str>,
        stood: Option<&ConditionOid>,
        place: &str,
    ) -> Option<ConditionOid> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        let Some(text) = text else {
            // A condition that is only words has no expression to show, and stays.
            return stood.filter(|oid| condition(self.design, oid).is_none()).cloned();
        };
        if stood.and_then(|oid| condition(self.design, oid)).as_deref() == Some(text) {
            return stood.cloned();
        }
        let version = self.parts.version;
        let same = version.conditions.iter().find(|one| says(&one.expressions, text));
        if let Some(same) = same {
            return Some(same.oid.clone());
        }
        let own = stood.filter(|oid| conditions_of(version).filter(|one| one == oid).count() == 1);
        let mut new =
            own.and_then(|oid| self.design.condition(oid)).cloned().unwrap_or_else(|| {
                ConditionDef {
                    oid: free(&format!("COND.{place}"), |oid| {
                        self.design.condition(&oid.into()).is_some()
                    })
                    .into(),
                    name: place.to_owned(),
                    ..ConditionDef::default()
                }
            });
        say(&mut new.expressions, text);
        self.made.push(self.parts.put(PartKind::Condition, new.oid.as_str(), &new));
        Some(new.oid)
    }

    /// The same for a derivation.
    fn method(
        &mut self,
        text: Option<&str>,
        stood: Option<&MethodOid>,
        place: &str,
    ) -> Option<MethodOid> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        if stood.and_then(|oid| method(self.design, oid)).as_deref() == Some(text) {
            return stood.cloned();
        }
        let version = self.parts.version;
        let same = version.methods.iter().find(|one| says(&one.expressions, text));
        if let Some(same) = same {
            return Some(same.oid.clone());
        }
        let own = stood.filter(|oid| methods_of(version).filter(|one| one == oid).count() == 1);
        let mut new =
            own.and_then(|oid| self.design.method(oid)).cloned().unwrap_or_else(|| MethodDef {
                oid: free(&format!("MT.{place}"), |oid| self.design.method(&oid.into()).is_some())
                    .into(),
                name: place.to_owned(),
                kind: "Computation".to_owned(),
                ..MethodDef::default()
            });
        say(&mut new.expressions, text);
        self.made.push(self.parts.put(PartKind::Method, new.oid.as_str(), &new));
        Some(new.oid)
    }
}

fn conditions_of(version: &StudyVersion) -> impl Iterator<Item = &ConditionOid> {
    let items = version.item_groups.iter().flat_map(|group| &group.items);
    let nested = version.item_groups.iter().flat_map(|group| &group.groups);
    let groups = version.forms.iter().flat_map(|form| &form.groups).chain(nested);
    let forms = version.events.iter().flat_map(|event| &event.forms);
    let events = version.protocol.event_refs.iter();
    items
        .filter_map(|one| one.exception.as_ref())
        .chain(groups.filter_map(|one| one.exception.as_ref()))
        .chain(forms.filter_map(|one| one.exception.as_ref()))
        .chain(events.filter_map(|one| one.exception.as_ref()))
}

fn methods_of(version: &StudyVersion) -> impl Iterator<Item = &MethodOid> {
    let items = version.item_groups.iter().flat_map(|group| &group.items);
    items.filter_map(|one| one.method.as_ref())
}

fn says(expressions: &[Expression], text: &str) -> bool {
    expressions.iter().any(|one| one.is_cel() && one.text == text)
}

/// Replaces what is evaluated; expressions in other languages would say something else now.
fn say(expressions: &mut Vec<Expression>, text: &str) {
    *expressions = vec![super::cel(text)];
}

/// The wished name, or the first with a number behind it that is not taken.
fn free(wished: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = wished.to_owned();
    let mut number = 1;
    while is_taken(&name) {
        number += 1;
        name = format!("{wished}.{number}");
    }
    name
}
