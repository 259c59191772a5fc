//! A mapping held against the design.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kernel::{
    FormOid, ItemGroupOid, ItemOid,
    study::{Design, Fault, RowContext, TabulationDataset, TabulationVariable},
};
use rules::{Catalogue, Rule};

use super::{
    compiler::{Compiler, KIND},
    order,
};

/// The place of a variable: that of its dataset, and its own there.
pub(super) type At = (usize, usize);

/// The places of an item name in a form: groups, whether they repeat, and the item.
pub(super) type Places = HashMap<String, Vec<(ItemGroupOid, bool, ItemOid)>>;

/// A mapping ready to run.
pub(crate) struct Plan {
    pub(super) study: String,
    pub(super) datasets: Vec<DatasetPlan>,
    /// Every variable, behind those that it needs.
    pub(super) order: Vec<At>,
    pub(super) subjects: Option<usize>,
    pub(super) reference: Option<At>,
    /// The item names of every form, for what is read elsewhere.
    pub(super) forms: HashMap<FormOid, Places>,
}

pub(super) struct DatasetPlan {
    pub(super) def: TabulationDataset,
    pub(super) only: Option<Rule>,
    pub(super) variables: Vec<VariablePlan>,
}

pub(super) struct VariablePlan {
    pub(super) def: TabulationVariable,
    /// The expression of its source, or that which chooses rows.
    pub(super) rule: Option<Rule>,
    /// Expressions for rows of an item of `each`, by the place of that item.
    pub(super) each: BTreeMap<usize, Rule>,
    pub(super) decodes: HashMap<String, String>,
}

/// What a name in an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Variable(At),
    Item,
    Context(RowContext),
}

impl Plan {
    /// Compiles the mapping of a version. Lists all faults at once. `None` when it has none.
    pub(crate) fn compile(
        design: &Design,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Option<Self>, Vec<Fault>> {
        let tabulation = &design.version().tabulation;
        if tabulation.is_empty() {
            return Ok(None);
        }
        let forms = design.version().forms.iter();
        let forms = forms.map(|form| (form.oid.clone(), places(design, &form.oid))).collect();
        let mut plan = Self {
            study: design.version().study_oid.to_string(),
            datasets: Vec::new(),
            order: Vec::new(),
            subjects: None,
            reference: None,
            forms,
        };
        let mut compiler = Compiler { design, catalogue, tabulation, faults: Vec::new() };
        compiler.subjects(&mut plan);
        for (at, def) in tabulation.datasets.iter().enumerate() {
            let dataset = compiler.dataset(&plan, at, def);
            plan.datasets.push(dataset);
        }
        let mut faults = compiler.faults;
        if faults.is_empty() {
            match order::order(&plan) {
                Ok(order) => plan.order = order,
                Err((at, what)) => faults.push(Fault::new(KIND, plan.oid(at), what)),
            }
        }
        if faults.is_empty() { Ok(Some(plan)) } else { Err(faults) }
    }

    /// `DATASET.VARIABLE`.
    pub(super) fn oid(&self, (dataset, variable): At) -> String {
        let dataset = &self.datasets[dataset];
        format!("{}.{}", dataset.def.name, dataset.variables[variable].def.name)
    }

    /// What a name is in the expressions of a variable: a variable of its dataset other than itself,
    /// an item, what is known of the row, or a variable of the dataset of subjects.
    pub(super) fn named(&self, dataset: usize, own: Option<usize>, name: &str) -> Named {
        let defs = self.datasets.iter().map(|dataset| &dataset.def);
        let of = |at: usize| defs.clone().nth(at);
        let form = of(dataset).and_then(|def| self.forms.get(&def.form));
        let has_item = form.is_some_and(|form| form.contains_key(name));
        let find = |at| of(at).and_then(|def| place(def, name)).map(|variable| (at, variable));
        if let Some(at) = find(dataset).filter(|(_, variable)| Some(*variable) != own) {
            return Named::Variable(at);
        }
        let context = RowContext::named(name).filter(|_| !has_item);
        let subject = self.subjects.filter(|at| *at != dataset && !has_item).and_then(find);
        match (context, subject) {
            (Some(context), _) => Named::Context(context),
            (None, Some(at)) => Named::Variable(at),
            (None, None) => Named::Item,
        }
    }
}

/// The place of a variable in its dataset.
pub(super) fn place(dataset: &TabulationDataset, name: &str) -> Option<usize> {
    dataset.variables.iter().position(|one| one.name == name)
}

fn places(design: &Design, form: &FormOid) -> Places {
    let mut all = Places::new();
    for group in design.groups_of(form) {
        let Some(def) = design.group(group) else { continue };
        for item in def.items.iter().filter_map(|item| design.item(&item.item)) {
            let place = (group.clone(), def.repeats(), item.oid.clone());
            all.entry(item.name.clone()).or_default().push(place);
        }
    }
    all
}
