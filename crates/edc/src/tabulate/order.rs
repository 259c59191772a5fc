//! In which order variables are computed: each behind those that it needs.

use kernel::{Wording, study::VariableSource};
use rules::Rule;

use super::plan::{At, Named, Plan, place};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// All variables in order; or one that needs itself, and through which others.
pub(super) fn order(plan: &Plan) -> Result<Vec<At>, (At, Wording)> {
    let sizes = plan.datasets.iter().map(|dataset| vec![State::New; dataset.variables.len()]);
    let mut walk = Walk { plan, states: sizes.collect(), way: Vec::new(), done: Vec::new() };
    for (dataset, one) in plan.datasets.iter().enumerate() {
        (0..one.variables.len()).try_for_each(|variable| walk.visit((dataset, variable)))?;
    }
    Ok(walk.done)
}

struct Walk<'a> {
    plan: &'a Plan,
    states: Vec<Vec<State>>,
    way: Vec<At>,
    done: Vec<At>,
}

impl Walk<'_> {
    fn visit(&mut self, at: At) -> Result<(), (At, Wording)> {
        match self.states[at.0][at.1] {
            State::Done => return Ok(()),
            State::Open => {
                let from = self.way.iter().position(|one| *one == at).unwrap_or(0);
                let way = self.way[from..].iter().chain([&at]);
                let way: Vec<String> = way.map(|one| self.plan.oid(*one)).collect();
                let way = way.join(" -> ");
                let en = format!("needs itself: {way}");
                return Err((at, Wording::new(en, format!("依赖自身：{way}"))));
            }
            State::New => {}
        }
        self.states[at.0][at.1] = State::Open;
        self.way.push(at);
        for one in needs(self.plan, at) {
            self.visit(one)?;
        }
        self.way.pop();
        self.states[at.0][at.1] = State::Done;
        self.done.push(at);
        Ok(())
    }
}

/// The variables that must be there before one is computed.
fn needs(plan: &Plan, (dataset, own): At) -> Vec<At> {
    let of = &plan.datasets[dataset];
    let variable = &of.variables[own];
    let find = |at: usize, name: &String| {
        place(&plan.datasets[at].def, name).map(|variable| (at, variable))
    };
    let mut all: Vec<At> = Vec::new();
    let mut within = (dataset, Some(own));
    match &variable.def.source {
        VariableSource::StudyDay(name) => {
            all.extend(find(dataset, name));
            all.extend(plan.reference);
        }
        VariableSource::Sequence(keys) => {
            all.extend(keys.iter().filter_map(|name| find(dataset, name)));
        }
        VariableSource::Last { within, .. } => {
            all.extend(within.iter().filter_map(|name| find(dataset, name)));
            all.extend(sequence(plan, dataset).map(|variable| (dataset, variable)));
        }
        VariableSource::Other { dataset: other, variable, .. } => {
            if let Some(at) = plan.datasets.iter().position(|one| one.def.name == *other) {
                all.extend(find(at, variable));
                within = (at, None);
            }
        }
        _ => {}
    }
    let names = |rule: &Rule, (at, own): (usize, Option<usize>)| -> Vec<At> {
        let named = rule.names().iter().map(|name| plan.named(at, own, name));
        named
            .filter_map(|one| if let Named::Variable(at) = one { Some(at) } else { None })
            .collect()
    };
    all.extend(variable.rule.iter().flat_map(|rule| names(rule, within)));
    all.extend(variable.each.values().flat_map(|rule| names(rule, (dataset, Some(own)))));
    all
}

/// The variable that numbers the rows of a dataset.
pub(super) fn sequence(plan: &Plan, dataset: usize) -> Option<usize> {
    let mut variables = plan.datasets[dataset].variables.iter();
    variables.position(|one| matches!(one.def.source, VariableSource::Sequence(_)))
}
