//! A study version made ready to run: every rule compiled and placed where it is needed.

mod schedule;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::tabulate::Plan;
use kernel::{
    CheckOid, CriterionOid, FormOid, ItemGroupOid, ItemOid, StudyEventOid, StudyVersion, Texts,
    Wording,
    casebook::RowKey,
    laboratory::RangeTable,
    study::{CheckAction, CriterionKind, Design, EditCheck, Example, Expression, Fault, faults},
};

use rules::{Catalogue, Expect, Reference, Rule, RuleFault, Scope, check_examples, compile};

pub(crate) use self::schedule::{ScheduleRules, scope_of_schedule};

/// A published study version with its rules.
#[derive(Debug)]
pub struct Compiled {
    pub design: Design,
    pub hash: journal::Hash,
    pub criteria: Vec<CompiledCriterion>,
    pub(crate) schedule: ScheduleRules,
    /// Gives the date that is study day 1.
    pub study_day_1: Option<Rule>,
    /// The reference ranges of the study as they are now; they do not belong to the version.
    pub ranges: Arc<RangeTable>,
    forms: HashMap<FormOid, FormRules>,
}

/// The rules of one form.
#[derive(Debug, Default)]
pub struct FormRules {
    /// Each item name with the places where the form has it.
    pub names: HashMap<Box<str>, Vec<(RowKey, ItemOid)>>,
    pub derivations: Vec<Derivation>,
    pub exceptions: Vec<Exception>,
    /// A condition or derivation may read what another one changes, so that they are to be run until
    /// nothing changes any more.
    pub feed_each_other: bool,
    pub checks: Vec<CompiledCheck>,
    /// Checks that read this form from elsewhere: their form and their place in its `checks`.
    pub dependents: Vec<(FormOid, usize)>,
}

#[derive(Debug)]
pub struct Derivation {
    pub group: ItemGroupOid,
    pub item: ItemOid,
    pub rule: Rule,
    /// It reads reference ranges.
    pub reads_ranges: bool,
}

/// When it is true, the item, or the whole group, is not collected.
#[derive(Debug)]
pub struct Exception {
    pub group: ItemGroupOid,
    pub item: Option<ItemOid>,
    pub rule: Rule,
}

#[derive(Debug)]
pub struct CompiledCheck {
    pub oid: CheckOid,
    /// Only at these events; at all when empty.
    pub events: Vec<StudyEventOid>,
    /// The repeating group on each row of which it runs.
    pub group: Option<ItemGroupOid>,
    /// Where its query belongs: the group that holds the item, and the item.
    pub item_group: ItemGroupOid,
    pub item: ItemOid,
    pub action: CheckAction,
    pub message: Texts,
    pub rule: Rule,
}

#[derive(Debug)]
pub struct CompiledCriterion {
    pub oid: CriterionOid,
    pub kind: CriterionKind,
    /// `None`: the investigator says.
    pub rule: Option<Rule>,
}

impl Compiled {
    /// Compiles every expression of a version and runs every example. Lists all faults of
    /// structure and of expressions at once.
    pub fn new(version: StudyVersion) -> Result<Self, Vec<Fault>> {
        let mut of_schedule = Vec::new();
        let compiled = Self::compile(version, &mut of_schedule);
        match compiled {
            Ok(compiled) if of_schedule.is_empty() => Ok(compiled),
            Ok(_) => Err(of_schedule),
            Err(mut all) => {
                all.extend(of_schedule);
                Err(all)
            }
        }
    }

    /// Compiles a version that was published. Conditions on events were not looked at by older
    /// programs: one that cannot be compiled never holds, as it never did.
    pub fn published(version: StudyVersion) -> Result<Self, Vec<Fault>> {
        Self::compile(version, &mut Vec::new())
    }

    fn compile(version: StudyVersion, of_schedule: &mut Vec<Fault>) -> Result<Self, Vec<Fault>> {
        let design = Design::new(Arc::new(version));
        let mut all = faults(&design);
        let catalogue = Catalogue::of(&design);
        let mut forms = HashMap::new();
        for form in &design.version().forms {
            let mut compiler = FormCompiler {
                design: &design,
                catalogue: &catalogue,
                form: &form.oid,
                scopes: BTreeMap::new(),
                faults: &mut all,
            };
            forms.insert(form.oid.clone(), compiler.compile());
        }
        link_dependents(&mut forms);
        let schedule = ScheduleRules::compile(&design, &catalogue, of_schedule);
        let criteria = criteria(&design, &catalogue, &mut all);
        let study_day_1 = study_day_1(&design, &catalogue, &mut all);
        all.extend(Plan::compile(&design, &catalogue).err().into_iter().flatten());
        if all.is_empty() {
            let hash = journal::Hash(design.hash().0);
            let ranges = Arc::default();
            Ok(Self { design, hash, criteria, schedule, study_day_1, ranges, forms })
        } else {
            Err(all)
        }
    }

    /// The rules of a form of this version.
    pub fn rules(&self, form: &FormOid) -> Option<&FormRules> {
        self.forms.get(form)
    }
}

/// The kind of definition that holds a derivation.
const DERIVATION: &str = "MethodDef";

fn reads_ranges(rule: &Rule) -> bool {
    rule.reads().iter().any(|read| matches!(read, Reference::Range(_)))
}

/// What is wrong with an expression, as a fault of the definition that holds it.
pub(crate) fn in_expression(fault: &RuleFault) -> Wording {
    let Wording { en, zh } = fault.wording();
    Wording::new(format!("expression: {en}"), format!("表达式：{zh}"))
}

fn range_in_condition() -> Wording {
    Wording::new(
        "expression: reference ranges can be read by derivations only; name their items",
        "表达式：只有推导公式可以读取参考范围；请引用推导条目",
    )
}

struct FormCompiler<'a> {
    design: &'a Design,
    catalogue: &'a Arc<Catalogue>,
    form: &'a FormOid,
    scopes: BTreeMap<Option<ItemGroupOid>, Scope>,
    faults: &'a mut Vec<Fault>,
}

impl FormCompiler<'_> {
    fn compile(&mut self) -> FormRules {
        let mut rules = FormRules::default();
        let Some(shape) = self.design.shape(self.form) else { return rules };
        for (group, item) in shape.items() {
            let row = RowKey { group: group.oid.clone(), repeat: kernel::RepeatKey::first() };
            let places = rules.names.entry(Box::from(&*item.name)).or_default();
            places.push((row, item.oid.clone()));
        }
        for group in &shape.groups {
            let scope = group.repeats.then_some(&group.oid);
            if let Some(rule) = self.exception(group.exception.as_ref(), None) {
                rules.exceptions.push(Exception { group: group.oid.clone(), item: None, rule });
            }
            for item in &group.items {
                if let Some(rule) = self.exception(item.exception.as_ref(), scope) {
                    let (group, item) = (group.oid.clone(), Some(item.oid.clone()));
                    rules.exceptions.push(Exception { group, item, rule });
                }
                if let Some(rule) = self.derivation(item.method.as_ref(), scope) {
                    let (group, item) = (group.oid.clone(), item.oid.clone());
                    let reads_ranges = reads_ranges(&rule);
                    rules.derivations.push(Derivation { group, item, rule, reads_ranges });
                }
            }
        }
        rules.feed_each_other = rules.can_feed_each_other();
        let checks = &self.design.version().checks;
        for check in checks.iter().filter(|check| check.form == *self.form) {
            rules.checks.extend(self.check(check));
        }
        rules
    }

    fn exception(
        &mut self,
        condition: Option<&kernel::ConditionOid>,
        group: Option<&ItemGroupOid>,
    ) -> Option<Rule> {
        let def = self.design.condition(condition?)?;
        let expression = def.expressions.iter().find(|one| one.is_cel())?;
        self.rule("ConditionDef", def.oid.as_str(), expression, group, Expect::Bool)
    }

    fn derivation(
        &mut self,
        method: Option<&kernel::MethodOid>,
        group: Option<&ItemGroupOid>,
    ) -> Option<Rule> {
        let def = self.design.method(method?)?;
        let expression = def.expressions.iter().find(|one| one.is_cel())?;
        self.rule(DERIVATION, def.oid.as_str(), expression, group, Expect::Any)
    }

    fn check(&mut self, check: &EditCheck) -> Option<CompiledCheck> {
        let oid = check.oid.as_str();
        let group = check.group.as_ref();
        let rule = self.rule("EditCheck", oid, &check.expression, group, Expect::Bool)?;
        self.examples(oid, &rule, &check.examples, group);
        let shape = self.design.shape(self.form)?;
        let places: Vec<_> = shape.items().filter(|(_, item)| item.oid == check.item).collect();
        let in_group = places.iter().find(|(found, _)| Some(&found.oid) == group);
        let (item_group, _) = in_group.or_else(|| places.first())?;
        Some(CompiledCheck {
            oid: check.oid.clone(),
            events: check.events.clone(),
            group: check.group.clone(),
            item_group: item_group.oid.clone(),
            item: check.item.clone(),
            action: check.action,
            message: check.message.clone(),
            rule,
        })
    }

    fn scope(&mut self, group: Option<&ItemGroupOid>) -> &Scope {
        let (design, catalogue, form) = (self.design, self.catalogue, self.form);
        self.scopes
            .entry(group.cloned())
            .or_insert_with(|| Scope::of_form(design, catalogue, form, group))
    }

    fn rule(
        &mut self,
        kind: &'static str,
        oid: &str,
        expression: &Expression,
        group: Option<&ItemGroupOid>,
        expect: Expect,
    ) -> Option<Rule> {
        match compile(&expression.text, self.scope(group), expect) {
            // What a derivation reads is kept in its item; of a check or condition nobody could say later
            // which range it saw.
            Ok(rule) if kind != DERIVATION && reads_ranges(&rule) => {
                self.faults.push(Fault::new(kind, oid, range_in_condition()));
                None
            }
            Ok(rule) => Some(rule),
            Err(found) => {
                let said = found.iter().map(in_expression);
                self.faults.extend(said.map(|said| Fault::new(kind, oid, said)));
                None
            }
        }
    }

    fn examples(
        &mut self,
        oid: &str,
        rule: &Rule,
        examples: &[Example],
        group: Option<&ItemGroupOid>,
    ) {
        let found = check_examples(rule, examples, self.scope(group));
        let said = found.iter().map(|fault| Fault::new("EditCheck", oid, fault.wording()));
        self.faults.extend(said);
    }
}

impl FormRules {
    /// Whether a derivation reads reference ranges.
    pub fn read_ranges(&self) -> bool {
        self.derivations.iter().any(|one| one.reads_ranges)
    }

    fn can_feed_each_other(&self) -> bool {
        let is_derived = |name: &String| {
            let places = self.names.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let derived = |item: &ItemOid| self.derivations.iter().any(|one| one.item == *item);
            places.iter().any(|(_, item)| derived(item))
        };
        let reads_more =
            |rule: &Rule| !rule.reads().is_empty() || rule.names().iter().any(is_derived);
        !self.exceptions.is_empty() || self.derivations.iter().any(|one| reads_more(&one.rule))
    }
}

/// Notes at each form which checks of other records read it.
fn link_dependents(forms: &mut HashMap<FormOid, FormRules>) {
    let mut links: Vec<(FormOid, FormOid, usize)> = Vec::new();
    for (form, rules) in forms.iter() {
        for (at, check) in rules.checks.iter().enumerate() {
            for read in check.rule.reads() {
                let source: &str = match read {
                    Reference::Value { form, .. }
                    | Reference::First { form, .. }
                    | Reference::Last { form, .. }
                    | Reference::Count { form } => form,
                    Reference::Previous { .. } | Reference::Others { .. } => form.as_str(),
                    Reference::Rows { .. } | Reference::ReferenceDate | Reference::Range(_) => {
                        continue;
                    }
                };
                links.push((source.into(), form.clone(), at));
            }
        }
    }
    links.sort();
    links.dedup();
    for (source, form, at) in links {
        if let Some(rules) = forms.get_mut(&source) {
            rules.dependents.push((form, at));
        }
    }
}

fn criteria(
    design: &Design,
    catalogue: &Arc<Catalogue>,
    faults: &mut Vec<Fault>,
) -> Vec<CompiledCriterion> {
    let scope = Scope::new().with_catalogue(Arc::clone(catalogue));
    let mut all = Vec::new();
    for criterion in &design.version().protocol.criteria {
        let expression = criterion.expression.as_ref().filter(|one| one.is_cel());
        let rule = match expression.map(|one| compile(&one.text, &scope, Expect::Bool)) {
            None => None,
            Some(Ok(rule)) => Some(rule),
            Some(Err(found)) => {
                let said = found.iter().map(in_expression);
                faults.extend(said.map(|said| Fault::new("Criterion", &criterion.oid, said)));
                None
            }
        };
        all.push(CompiledCriterion { oid: criterion.oid.clone(), kind: criterion.kind, rule });
    }
    all
}

fn study_day_1(
    design: &Design,
    catalogue: &Arc<Catalogue>,
    faults: &mut Vec<Fault>,
) -> Option<Rule> {
    let expression = design.version().study_day_1.as_ref().filter(|one| one.is_cel())?;
    let scope = Scope::new().with_catalogue(Arc::clone(catalogue));
    match compile(&expression.text, &scope, Expect::Value(rules::Type::Date)) {
        Ok(rule) => Some(rule),
        Err(found) => {
            let said = found.iter().map(|fault| {
                let Wording { en, zh } = fault.wording();
                Wording::new(format!("study day 1: {en}"), format!("研究第 1 天：{zh}"))
            });
            faults.extend(said.map(|said| Fault::new("Study", &design.version().study_oid, said)));
            None
        }
    }
}
