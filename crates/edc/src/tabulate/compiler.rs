//! Holds a mapping against the design: what it names is there, and every expression compiles.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kernel::{
    Wording,
    study::{
        Design, Expression, Fault, RowContext, Tabulation, TabulationDataset, TabulationVariable,
        VariableKind, VariableSource,
    },
};
use rules::{Catalogue, Expect, Reference, Rule, Scope, Type, compile};

use super::plan::{DatasetPlan, Plan, VariablePlan, place};
use crate::compiled::in_expression;

/// The kind of faults; their OID is `DATASET` or `DATASET.VARIABLE`.
pub(super) const KIND: &str = "Tabulation";

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

/// Holds each part of a mapping against the design, and keeps what does not fit.
pub(super) struct Compiler<'a> {
    pub design: &'a Design,
    pub catalogue: &'a Arc<Catalogue>,
    pub tabulation: &'a Tabulation,
    pub faults: Vec<Fault>,
}

impl Compiler<'_> {
    /// Finds the dataset of subjects and the date of study day 1.
    pub fn subjects(&mut self, plan: &mut Plan) {
        let Some(name) = &self.tabulation.subjects else {
            if self.tabulation.reference.is_some() {
                let en = "'reference' needs 'subjects', the dataset that has it";
                self.fault("", en, "'reference' 需要 'subjects'，即含有它的数据集");
            }
            return;
        };
        plan.subjects = self.tabulation.datasets.iter().position(|one| one.name == *name);
        let Some(at) = plan.subjects else {
            let en = "is the dataset of subjects, and not among the datasets";
            return self.fault(name, en, "是受试者数据集，却不在数据集之中");
        };
        if let Some(reference) = &self.tabulation.reference {
            let found = place(&self.tabulation.datasets[at], reference);
            plan.reference = found.map(|variable| (at, variable));
            if found.is_none() {
                let en = format!("has no variable {reference}, the reference");
                self.fault(name, en, format!("没有作为 reference 的变量 {reference}"));
            }
        }
    }

    pub fn dataset(&mut self, plan: &Plan, at: usize, def: &TabulationDataset) -> DatasetPlan {
        let name = &def.name;
        if self.design.form(&def.form).is_none() {
            let form = &def.form;
            self.fault(name, format!("there is no form {form}"), format!("没有表单 {form}"));
        }
        if let Some(group) = &def.group {
            let in_form = self.design.groups_of(&def.form).contains(group);
            let repeats =
                self.design.group(group).is_some_and(kernel::study::ItemGroupDef::repeats);
            if !(in_form && repeats) {
                let en = format!("{group} is no repeating group of {}", def.form);
                self.fault(name, en, format!("{group} 不是 {} 的重复条目组", def.form));
            }
        }
        for event in def.events.iter().filter(|event| self.design.event(event).is_none()) {
            self.fault(name, format!("there is no event {event}"), format!("没有访视 {event}"));
        }
        for item in def.last_of.iter().chain(def.each.iter().map(|each| &each.item)) {
            self.item(plan, def, name, item);
        }
        for each in &def.each {
            let named = each.constants.keys().chain(each.expressions.keys());
            for variable in named.filter(|variable| place(def, variable).is_none()) {
                let en = format!("'each' names no variable with {variable}");
                self.fault(name, en, format!("'each' 所列的 {variable} 不是变量"));
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
                    let en = format!("{item} has no code list with texts in {language}");
                    self.fault(&oid, en, format!("{item} 没有含语言 {language} 文字的编码列表"));
                }
            }
            VariableSource::Each if dataset.each.is_empty() => {
                let en = "takes the item of the row, and the dataset has no 'each'";
                self.fault(&oid, en, "取该行的条目，而数据集没有 'each'");
            }
            VariableSource::Expression(text) => made.rule = self.value(&oid, text, &scope, def),
            VariableSource::StudyDay(of) => {
                self.own(dataset, &oid, of);
                if plan.reference.is_none() {
                    let en = "counts study days, and the mapping has no 'reference'";
                    self.fault(&oid, en, "计算研究日，而映射没有 'reference'");
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
            let en = format!("there is no dataset {other}");
            self.fault(oid, en, format!("没有数据集 {other}"));
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
            let (given, wanted) = (rule.result(), type_of(def.kind));
            let en = format!("the expression gives {given}, not {wanted}");
            let zh = format!("表达式的结果是{}，而不是{}", given.zh(), wanted.zh());
            self.fault(oid, en, zh);
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
                    let Wording { en, zh } = in_expression(fault);
                    self.fault(oid, en, zh);
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
            let en = format!("{reference} cannot be used in a tabulation");
            self.fault(oid, en, format!("{reference} 不能用于制表"));
            return None;
        }
        Some(rule)
    }

    fn item(&mut self, plan: &Plan, def: &TabulationDataset, oid: &str, item: &str) {
        let form = plan.forms.get(&def.form);
        if form.is_some_and(|form| !form.contains_key(item)) {
            let en = format!("{} has no item called {item}", def.form);
            self.fault(oid, en, format!("{} 没有名为 {item} 的条目", def.form));
        }
    }

    fn own(&mut self, dataset: &TabulationDataset, oid: &str, name: &str) {
        if place(dataset, name).is_none() {
            let en = format!("{} has no variable {name}", dataset.name);
            self.fault(oid, en, format!("{} 没有变量 {name}", dataset.name));
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

    fn fault(&mut self, oid: &str, en: impl Into<String>, zh: impl Into<String>) {
        self.faults.push(Fault::new(KIND, oid, Wording::new(en, zh)));
    }
}
