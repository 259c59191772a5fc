//! Which names an expression may use.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kernel::{FormOid, ItemGroupOid, study::Design};

use crate::Type;

/// The names that are visible to an expression, with their types.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub(crate) items: BTreeMap<String, Type>,
    pub(crate) rows: BTreeMap<String, Type>,
    pub(crate) catalogue: Arc<Catalogue>,
}

/// The names of a whole study: what `value`, `first`, `last`, `count` and `in_code_list` may
/// name. Built once for a study version and shared by its scopes.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By event OID, its form OIDs.
    pub events: BTreeMap<String, BTreeSet<String>>,
    /// By form OID, its items by name.
    pub forms: BTreeMap<String, BTreeMap<String, Type>>,
    /// By code list OID, its coded values. A list kept elsewhere has none.
    pub code_lists: BTreeMap<String, BTreeSet<String>>,
}

impl Catalogue {
    pub fn of(design: &Design) -> Arc<Self> {
        let version = design.version();
        let forms_of = |event: &kernel::study::StudyEventDef| {
            event.forms.iter().map(|form| form.form.to_string()).collect()
        };
        let values_of = |list: &kernel::study::CodeList| {
            list.items.iter().map(|item| item.coded_value.clone()).collect()
        };
        Arc::new(Self {
            events: version.events.iter().map(|e| (e.oid.to_string(), forms_of(e))).collect(),
            forms: version
                .forms
                .iter()
                .map(|form| {
                    let groups = design.groups_of(&form.oid);
                    let items = groups.iter().flat_map(|group| items_of(design, group));
                    (form.oid.to_string(), items.collect())
                })
                .collect(),
            code_lists: version
                .code_lists
                .iter()
                .map(|list| (list.oid.to_string(), values_of(list)))
                .collect(),
        })
    }
}

impl Scope {
    /// A scope without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of a form. With `group`, the rule runs on each row of that repeating group and
    /// sees its items; without, it runs once for the record. Items of other repeating groups are
    /// there for `sum`, `min`, `max`, `mean` and `n` only.
    pub fn of_form(
        design: &Design,
        catalogue: &Arc<Catalogue>,
        form: &FormOid,
        group: Option<&ItemGroupOid>,
    ) -> Self {
        let mut scope = Self { catalogue: Arc::clone(catalogue), ..Self::default() };
        for oid in design.groups_of(form) {
            let repeats = design.group(oid).is_some_and(kernel::study::ItemGroupDef::repeats);
            if repeats {
                scope.rows.extend(items_of(design, oid));
            }
            if !repeats || group == Some(oid) {
                scope.items.extend(items_of(design, oid));
            }
        }
        scope
    }

    /// This scope with an item of the record.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, of: Type) -> Self {
        self.items.insert(name.into(), of);
        self
    }

    /// This scope with an item that is in every row of a repeating group.
    #[must_use]
    pub fn with_rows(mut self, name: impl Into<String>, of: Type) -> Self {
        self.rows.insert(name.into(), of);
        self
    }

    /// This scope with the names of the whole study.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Arc<Catalogue>) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// The type of an item that can be named in the record.
    pub fn item(&self, name: &str) -> Option<Type> {
        self.items.get(name).copied()
    }
}

fn items_of<'a>(
    design: &'a Design,
    group: &ItemGroupOid,
) -> impl Iterator<Item = (String, Type)> + use<'a> {
    let refs = design.group(group).map_or(&[][..], |group| &group.items);
    refs.iter()
        .filter_map(|item| design.item(&item.item))
        .map(|item| (item.name.clone(), Type::of(item.data_type)))
}
