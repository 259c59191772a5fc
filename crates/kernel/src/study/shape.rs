use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{Design, ItemGroupRef, ItemRef, RangeCheck};
use crate::{CodeListOid, ConditionOid, DataType, ItemGroupOid, ItemOid, MethodOid, UnitOid};

/// A form as the one who checks an entry needs it: groups and items with what they allow.
#[derive(Clone, Debug, Default)]
pub struct FormShape {
    pub groups: Vec<GroupShape>,
    pub(super) group_oids: Vec<ItemGroupOid>,
    index: HashMap<ItemGroupOid, usize>,
}

#[derive(Clone, Debug)]
pub struct GroupShape {
    pub oid: ItemGroupOid,
    pub repeats: bool,
    pub limit: Option<u32>,
    pub mandatory: bool,
    /// When true, the group is not collected.
    pub exception: Option<ConditionOid>,
    pub items: Vec<ItemShape>,
    index: HashMap<ItemOid, usize>,
}

#[derive(Clone, Debug)]
pub struct ItemShape {
    pub oid: ItemOid,
    /// The name by which expressions refer to the item.
    pub name: Arc<str>,
    pub data_type: DataType,
    pub length: Option<u32>,
    pub decimals: Option<u32>,
    pub mandatory: bool,
    pub method: Option<MethodOid>,
    /// When true, the item is not collected.
    pub exception: Option<ConditionOid>,
    pub code_list: Option<CodeListOid>,
    /// The coded values allowed; `None` without a code list or with an external one.
    pub codes: Option<Arc<HashSet<Box<str>>>>,
    pub units: Vec<UnitOid>,
    pub range_checks: Vec<RangeCheck>,
}

impl FormShape {
    pub(super) fn new(design: &Design, refs: &[ItemGroupRef]) -> Self {
        let groups: Vec<GroupShape> =
            refs.iter().filter_map(|group| group_shape(design, group)).collect();
        let index = groups.iter().enumerate().map(|(at, g)| (g.oid.clone(), at)).collect();
        let group_oids = groups.iter().map(|group| group.oid.clone()).collect();
        Self { groups, group_oids, index }
    }

    pub fn group(&self, oid: &ItemGroupOid) -> Option<&GroupShape> {
        self.index.get(oid).map(|at| &self.groups[*at])
    }

    /// All items with their groups, in the order in which they are shown.
    pub fn items(&self) -> impl Iterator<Item = (&GroupShape, &ItemShape)> {
        self.groups.iter().flat_map(|group| group.items.iter().map(move |item| (group, item)))
    }
}

impl GroupShape {
    pub fn item(&self, oid: &ItemOid) -> Option<&ItemShape> {
        self.index.get(oid).map(|at| &self.items[*at])
    }
}

fn group_shape(design: &Design, group: &ItemGroupRef) -> Option<GroupShape> {
    let def = design.group(&group.group)?;
    let items: Vec<ItemShape> =
        def.items.iter().filter_map(|item| item_shape(design, item)).collect();
    Some(GroupShape {
        oid: def.oid.clone(),
        repeats: def.repeats(),
        limit: def.repeat_limit,
        mandatory: group.mandatory,
        exception: group.exception.clone(),
        index: items.iter().enumerate().map(|(at, item)| (item.oid.clone(), at)).collect(),
        items,
    })
}

fn item_shape(design: &Design, item: &ItemRef) -> Option<ItemShape> {
    let def = design.item(&item.item)?;
    let codes = def
        .code_list
        .as_ref()
        .and_then(|oid| design.code_list(oid))
        .filter(|list| list.external.is_none() && !list.items.is_empty())
        .map(|list| {
            Arc::new(list.items.iter().map(|item| item.coded_value.as_str().into()).collect())
        });
    Some(ItemShape {
        oid: def.oid.clone(),
        name: Arc::from(def.name.as_str()),
        data_type: def.data_type,
        length: def.length,
        decimals: def.significant_digits,
        mandatory: item.mandatory,
        method: item.method.clone(),
        exception: item.exception.clone(),
        code_list: def.code_list.clone(),
        codes,
        units: def.units.clone(),
        range_checks: def.range_checks.clone(),
    })
}
