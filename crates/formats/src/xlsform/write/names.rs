//! The names of groups and questions, and which items make one question.

use std::collections::{BTreeSet, HashMap};

use kernel::{
    DataType, ItemOid, Texts,
    study::{Design, GroupShape, ItemDef, ItemShape},
};

use super::super::{
    items::item_name,
    xpath::{Named, Of, Reference},
};

/// What stands between a question with several choices and the code of one.
const CHOICE: &str = "___";

/// Names that are taken, without regard to case.
#[derive(Debug, Default)]
pub(super) struct Names {
    groups: BTreeSet<String>,
    questions: BTreeSet<String>,
}

/// A group and its questions.
#[derive(Debug)]
pub(super) struct Plan {
    pub name: String,
    pub questions: Vec<Question>,
}

/// One row of the survey.
#[derive(Debug)]
pub(super) struct Question {
    pub name: String,
    /// The places of its items in the group; several for a question with several choices.
    pub items: std::ops::Range<usize>,
    /// The texts and choices of a question with several.
    pub several: Option<Several>,
}

#[derive(Debug)]
pub(super) struct Several {
    pub label: Texts,
    /// Codes with their labels.
    pub choices: Vec<(String, Texts)>,
}

impl Names {
    pub fn group(&mut self, name: &str) -> String {
        free(name, &mut self.groups)
    }

    pub fn question(&mut self, name: &str) -> String {
        free(name, &mut self.questions)
    }
}

/// The name, or with a number behind it if it is taken.
pub(in super::super) fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let name = item_name(name);
    let name = if name.is_empty() { "_".to_owned() } else { name };
    let mut free = name.clone();
    let mut number = 2_u32;
    while !taken.insert(free.to_lowercase()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

pub(super) fn plan(design: &Design, groups: &[GroupShape], names: &mut Names) -> Vec<Plan> {
    let mut plans = Vec::with_capacity(groups.len());
    for group in groups {
        let name = design.group(&group.oid).map_or(group.oid.as_str(), |def| def.name.as_str());
        let name = names.group(name);
        let mut questions = Vec::new();
        let mut at = 0;
        while at < group.items.len() {
            let question = several(design, &group.items[at..]).filter(|(base, ..)| {
                // Another item may have the name of the whole question.
                !names.questions.contains(&base.to_lowercase())
                    && groups.iter().flat_map(|g| &g.items).all(|item| *item.name != **base)
            });
            let (name, count, several) = match question {
                Some((base, count, several)) => (names.question(&base), count, Some(several)),
                None => (names.question(&group.items[at].name), 1, None),
            };
            questions.push(Question { name, items: at..at + count, several });
            at += count;
        }
        plans.push(Plan { name, questions });
    }
    plans
}

/// The items at the start that are the choices of one question: its name, how many, and the texts.
fn several(design: &Design, items: &[ItemShape]) -> Option<(String, usize, Several)> {
    let first = design.item(&items.first()?.oid)?;
    let (base, _) = first.name.split_once(CHOICE)?;
    let is_choice = |shape: &&ItemShape| {
        let same = |def: &&ItemDef| {
            def.data_type == DataType::Boolean
                && def.oid.as_str() == def.name
                && def.name.strip_prefix(base).is_some_and(|rest| rest.starts_with(CHOICE))
                && def.instructions == first.instructions
                && def.range_checks.is_empty()
        };
        design.item(&shape.oid).as_ref().is_some_and(same)
            && shape.method.is_none()
            && !shape.mandatory
            && shape.exception == items[0].exception
    };
    let count = items.iter().take_while(is_choice).count();
    let defs: Vec<&ItemDef> =
        items[..count].iter().filter_map(|shape| design.item(&shape.oid)).collect();
    let label = shared(&defs)?;
    let choices = defs.iter().map(|def| {
        let code = def.name[base.len() + CHOICE.len()..].to_owned();
        let mut texts = Texts::default();
        for (lang, text) in &def.question.0 {
            let before = label.0.get(lang).map_or(0, |label| label.len() + ": ".len());
            texts.set(lang.clone(), text[before..].to_owned());
        }
        (code, texts)
    });
    let choices: Vec<_> = choices.collect();
    let is_code = |code: &str| !code.is_empty() && item_name(&format!("x{code}")).len() > 1;
    if choices.iter().any(|(code, texts)| !is_code(code) || texts.is_empty()) {
        return None;
    }
    Some((base.to_owned(), count, Several { label, choices }))
}

/// What all questions have before their choice: `Which?: beer`, `Which?: wine`.
fn shared(defs: &[&ItemDef]) -> Option<Texts> {
    let mut label = Texts::default();
    for lang in defs.first()?.question.0.keys() {
        let texts: Option<Vec<&String>> = defs.iter().map(|def| def.question.0.get(lang)).collect();
        let texts = texts?;
        let first = texts.first()?;
        let starts = first.match_indices(": ").map(|(at, _)| &first[..at]);
        let begins = |start: &&str| {
            texts.iter().all(|text| {
                text.strip_prefix(start)
                    .is_some_and(|rest| rest.len() > 2 && rest.starts_with(": "))
            })
        };
        label.set(lang.clone(), starts.filter(begins).last()?);
    }
    (!label.is_empty()).then_some(label)
}

/// How expressions name the items of a form.
pub(super) fn named(
    design: &Design,
    groups: &[GroupShape],
    plans: &[Plan],
) -> HashMap<String, Named> {
    let mut all = HashMap::new();
    for (group, plan) in groups.iter().zip(plans) {
        let repeat = group.repeats.then(|| group.oid.clone());
        for question in &plan.questions {
            for (at, item) in group.items[question.items.clone()].iter().enumerate() {
                let reference = match &question.several {
                    Some(several) => Reference::Choice {
                        question: question.name.clone(),
                        code: several.choices[at].0.clone(),
                    },
                    None => Reference::Question(question.name.clone()),
                };
                let of = design.item(&item.oid).map_or(Of::Text, |def| Of::item(def.data_type));
                all.insert(item.name.to_string(), Named { reference, of, repeat: repeat.clone() });
            }
        }
    }
    all
}

/// The question of an item of a group.
pub(super) fn question_of<'p>(
    group: &GroupShape,
    plan: &'p Plan,
    item: &ItemOid,
) -> Option<&'p Question> {
    let at = group.items.iter().position(|one| one.oid == *item)?;
    plan.questions.iter().find(|question| question.items.contains(&at))
}
