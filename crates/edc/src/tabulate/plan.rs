//! A mapping held against the design.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kernel::{
    FormOid, ItemGroupOid, ItemOid,
    study::{
        Design, Expression, Fault, RowContext, Tabulation, TabulationDataset, TabulationVariable,
        VariableKind, VariableSource,
    },
};
use rules::{Catalogue, Expect, Reference, Rule, Scope, Type, compile};

use super::order;

/// The kind of faults; their OID is `DATASET` or `DATASET.VARIABLE`.
const KIND: &str = "Tabulation";

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

fn type_of(kind: VariableKind) -> Type {
    match kind {
        VariableKind::Text => Type::Text,
        VariableKind::Integer => Type::Int,
        VariableKind::Number => Type::Dec,
        VariableKind::Date => Type::Date,
        VariableKind::Datetime => Type::DateTime,
    }
}

/// Whether the result of an expression can be in a variable. A text that should be a date is looked
/// at when it is there.
fn fits(kind: VariableKind, of: Type) -> bool {
    match kind {
        VariableKind::Text => of == Type::Text,
        VariableKind::Integer => of == Type::Int,
        VariableKind::Number => matches!(of, Type::Int | Type::Dec),
        VariableKind::Date => matches!(of, Type::Date | Type::Text),
        VariableKind::Datetime => matches!(of, Type::Date | Type::DateTime | Type::Text),
    }
}

struct Compiler<'a> {
    design: &'a Design,
    catalogue: &'a Arc<Catalogue>,
    tabulation: &'a Tabulation,
    faults: Vec<Fault>,
}

impl Compiler<'_> {
    /// Finds the dataset of subjects and the date of study day 1.
    fn subjects(&mut self, plan: &mut Plan) {
        let Some(name) = &self.tabulation.subjects else {
            if self.tabulation.reference.is_some() {
                self.fault("", "'reference' needs 'subjects', the dataset that has it");
            }
            return;
        };
        plan.subjects = self.tabulation.datasets.iter().position(|one| one.name == *name);
        let Some(at) = plan.subjects else {
            return self.fault(name, "is the dataset of subjects, and not among the datasets");
        };
        if let Some(reference) = &self.tabulation.reference {
            let found = place(&self.tabulation.datasets[at], reference);
            plan.reference = found.map(|variable| (at, variable));
            if found.is_none() {
                self.fault(name, format!("has no variable {reference}, the reference"));
            }
        }
    }

    fn dataset(&mut self, plan: &Plan, at: usize, def: &TabulationDataset) -> DatasetPlan {
        let name = &def.name;
        if self.design.form(&def.form).is_none() {
            self.fault(name, format!("there is no form {}", def.form));
        }
        if let Some(group) = &def.group {
            let in_form = self.design.groups_of(&def.form).contains(group);
            let repeats =
                self.design.group(group).is_some_and(kernel::study::ItemGroupDef::repeats);
            if !(in_form && repeats) {
                self.fault(name, format!("{group} is no repeating group of {}", def.form));
            }
        }
        for event in def.events.iter().filter(|event| self.design.event(event).is_none()) {
            self.fault(name, format!("there is no event {event}"));
        }
        for item in def.last_of.iter().chain(def.each.iter().map(|each| &each.item)) {
            self.item(plan, def, name, item);
        }
        for each in &def.each {
            let named = each.constants.keys().chain(each.expressions.keys());
            for variable in named.filter(|variable| place(def, variable).is_none()) {
                self.fault(name, format!("'each' names no variable with {variable}"));
            }
        }
        let only = def.only.as_ref();
        let scope = self.items(def);
        let only = only.and_then(|text| self.rule(name, text, &scope, Expect::Bool));
        let variables = (0..def.variables.len()).map(|own| self.variable(plan, at, own));
        let variables = variables.collect();
        DatasetPlan { def: def.clone(), only, variables }
    }

    fn variable(&mut self, plan: &Plan, at: usize, own: usize) -> VariablePlan {
        let dataset = &self.tabulation.datasets[at];
        let def = &dataset.variables[own];
        let oid = format!("{}.{}", dataset.name, def.name);
        let mut made = VariablePlan {
            def: def.clone(),
            rule: None,
            each: BTreeMap::new(),
            decodes: HashMap::new(),
        };
        let scope = self.scope(plan, at, Some(own));
        match &def.source {
            VariableSource::Item(item) => self.item(plan, dataset, &oid, item),
            VariableSource::Decode { item, language } => {
                self.item(plan, dataset, &oid, item);
                made.decodes = self.decodes(plan, dataset, item, language);
                if made.decodes.is_empty() {
                    self.fault(&oid, format!("{item} has no code list with texts in {language}"));
                }
            }
            VariableSource::Each if dataset.each.is_empty() => {
                self.fault(&oid, "takes the item of the row, and the dataset has no 'each'");
            }
            VariableSource::Expression(text) => made.rule = self.value(&oid, text, &scope, def),
            VariableSource::StudyDay(of) => {
                self.own(dataset, &oid, of);
                if plan.reference.is_none() {
                    self.fault(&oid, "counts study days, and the mapping has no 'reference'");
                }
            }
            VariableSource::Sequence(keys) => keys.iter().for_each(|k| self.own(dataset, &oid, k)),
            VariableSource::Last { within, when, .. } => {
                for name in within {
                    self.own(dataset, &oid, name);
                }
                made.rule = self.rule(&oid, when, &scope, Expect::Bool);
            }
            VariableSource::Other { dataset: other, variable, when, .. } => {
                made.rule = self.other(plan, &oid, other, variable, when.as_ref());
            }
            VariableSource::Constant(_) | VariableSource::Context(_) | VariableSource::Each => {}
        }
        for (place, each) in dataset.each.iter().enumerate() {
            let text = each.expressions.get(&def.name);
            let rule = text.and_then(|text| self.value(&oid, text, &scope, def));
            made.each.extend(rule.map(|rule| (place, rule)));
        }
        made
    }

    /// The rule that chooses rows of another dataset; in it the names are those of that dataset.
    fn other(
        &mut self,
        plan: &Plan,
        oid: &str,
        other: &str,
        variable: &str,
        when: Option<&Expression>,
    ) -> Option<Rule> {
        let at = self.tabulation.datasets.iter().position(|one| one.name == other);
        let Some(at) = at else {
            self.fault(oid, format!("there is no dataset {other}"));
            return None;
        };
        self.own(&self.tabulation.datasets[at], oid, variable);
        let scope = self.scope(plan, at, None);
        when.and_then(|when| self.rule(oid, when, &scope, Expect::Bool))
    }

    /// Items of the form and what is known of the row.
    fn items(&self, def: &TabulationDataset) -> Scope {
        let scope = Scope::of_form(self.design, self.catalogue, &def.form, def.group.as_ref());
        RowContext::ALL.iter().fold(scope, |scope, (_, name)| match scope.item(name) {
            Some(_) => scope,
            None => scope.with(*name, Type::Text),
        })
    }

    /// The same with the variables that can be named.
    fn scope(&self, plan: &Plan, at: usize, own: Option<usize>) -> Scope {
        let datasets = &self.tabulation.datasets;
        let mut scope = self.items(&datasets[at]);
        for variable in plan.subjects.iter().flat_map(|subjects| &datasets[*subjects].variables) {
            if scope.item(&variable.name).is_none() {
                scope = scope.with(&variable.name, type_of(variable.kind));
            }
        }
        let others = datasets[at].variables.iter().enumerate();
        let others = others.filter(|(place, _)| Some(*place) != own);
        others.fold(scope, |scope, (_, one)| scope.with(&one.name, type_of(one.kind)))
    }

    fn value(
        &mut self,
        oid: &str,
        text: &Expression,
        scope: &Scope,
        def: &TabulationVariable,
    ) -> Option<Rule> {
        let rule = self.rule(oid, text, scope, Expect::Any)?;
        if def.terms.is_empty() && !fits(def.kind, rule.result()) {
            let wanted = type_of(def.kind);
            self.fault(oid, format!("the expression gives {}, not {wanted}", rule.result()));
            return None;
        }
        Some(rule)
    }

    fn rule(
        &mut self,
        oid: &str,
        text: &Expression,
        scope: &Scope,
        expect: Expect,
    ) -> Option<Rule> {
        let rule = match compile(&text.text, scope, expect) {
            Ok(rule) => rule,
            Err(found) => {
                for fault in &found {
                    self.fault(oid, format!("expression: {fault}"));
                }
                return None;
            }
        };
        let unknown = |one: &&Reference| {
            !matches!(
                one,
                Reference::Value { .. }
                    | Reference::First { .. }
                    | Reference::Last { .. }
                    | Reference::Count { .. }
            )
        };
        if let Some(reference) = rule.reads().iter().find(unknown) {
            self.fault(oid, format!("{reference} cannot be used in a tabulation"));
            return None;
        }
        Some(rule)
    }

    fn item(&mut self, plan: &Plan, def: &TabulationDataset, oid: &str, item: &str) {
        let form = plan.forms.get(&def.form);
        if form.is_some_and(|form| !form.contains_key(item)) {
            self.fault(oid, format!("{} has no item called {item}", def.form));
        }
    }

    fn own(&mut self, dataset: &TabulationDataset, oid: &str, name: &str) {
        if place(dataset, name).is_none() {
            self.fault(oid, format!("{} has no variable {name}", dataset.name));
        }
    }

    fn decodes(
        &self,
        plan: &Plan,
        def: &TabulationDataset,
        item: &str,
        language: &str,
    ) -> HashMap<String, String> {
        let places = plan.forms.get(&def.form).and_then(|form| form.get(item));
        let item = places.and_then(|places| self.design.item(&places.first()?.2));
        let list = item.and_then(|item| self.design.code_list(item.code_list.as_ref()?));
        let items = list.map_or(&[][..], |list| &list.items);
        let text = |one: &kernel::study::CodeListItem| {
            Some((one.coded_value.clone(), one.decode.in_lang(language)?.to_owned()))
        };
        items.iter().filter_map(text).collect()
    }

    fn fault(&mut self, oid: &str, what: impl Into<String>) {
        self.faults.push(Fault::new(KIND, oid, what));
    }
}
