use std::{fmt, sync::Arc};

use crate::{
    Facts, Outcome, Reference, RuleFault, Scope, Type,
    check::{Checked, Source, check},
    fault::Flaw,
    run,
    syntax::{Node, parse},
    types::Ty,
};

/// What the result of a rule must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// True or false: checks, conditions, criteria.
    Bool,
    /// A value that an item of this type can take. A whole number is also a decimal, and
    /// anything but a list can become text by `text(x)` only.
    Value(Type),
    /// Any value.
    Any,
}

/// An expression that is right for its scope. Compiled once, evaluated often, cheap to clone,
/// shared between threads.
#[derive(Clone)]
pub struct Rule(Arc<Compiled>);

pub(crate) struct Compiled {
    pub(crate) text: String,
    pub(crate) checked: Checked,
    of: Type,
    names: Vec<String>,
    reads: Vec<Reference>,
}

/// Compiles a text against the names that it may use. Says everything that is wrong with it.
pub fn compile(text: &str, scope: &Scope, expect: Expect) -> Result<Rule, Vec<RuleFault>> {
    let rule = parse(text).and_then(|node| compile_tree(text, node, scope, expect));
    rule.map_err(|flaws| flaws.into_iter().map(|flaw| flaw.in_text(text)).collect())
}

/// Reads a text as a tree, for whoever writes it in another language. Says where it is no expression;
/// which names there are, and of which type, is not asked.
pub fn read_tree(text: &str) -> Result<Node, Vec<RuleFault>> {
    parse(text).map_err(|flaws| flaws.into_iter().map(|flaw| flaw.in_text(text)).collect())
}

/// Compiles the tree that was read from a text.
pub(crate) fn compile_tree(
    text: &str,
    tree: Node,
    scope: &Scope,
    expect: Expect,
) -> Result<Rule, Vec<Flaw>> {
    let at = tree.at;
    let checked = check(tree, scope)?;
    let of = result_type(&checked, expect, at).map_err(|flaw| vec![flaw])?;
    let (mut names, mut reads) = (Vec::new(), Vec::new());
    for slot in &checked.slots {
        match &slot.source {
            Source::Item(name) => names.push(name.clone()),
            Source::Elsewhere(reference) => reads.push(reference.clone()),
            Source::Rows(_, item, _) => {
                let rows = Reference::Rows { item: item.clone() };
                if !reads.contains(&rows) {
                    reads.push(rows);
                }
            }
        }
    }
    let text = text.to_owned();
    Ok(Rule(Arc::new(Compiled { text, checked, of, names, reads })))
}

fn result_type(checked: &Checked, expect: Expect, at: usize) -> Result<Type, Flaw> {
    let (wanted, of) = match (expect, checked.of) {
        (Expect::Any, Ty::One(of)) => return Ok(of),
        (Expect::Bool, of) => (Type::Bool, of),
        (Expect::Value(wanted), of) => (wanted, of),
        (Expect::Any, of) => {
            return Err(Flaw::new(
                at,
                format!("a rule gives one value, not {}", of.en()),
                format!("规则应给出一个值，而不是{}", of.zh()),
            ));
        }
    };
    match of {
        Ty::One(of) if of == wanted || (of, wanted) == (Type::Int, Type::Dec) => Ok(of),
        _ => Err(Flaw::new(
            at,
            format!("the rule should give {wanted}, but gives {}", of.en()),
            format!("规则应给出{}，实际为{}", wanted.zh(), of.zh()),
        )),
    }
}

impl Rule {
    /// The text from which it was compiled.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The type of its value.
    pub fn result(&self) -> Type {
        self.0.of
    }

    /// The items of its own record that it reads, each once.
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// What it reads elsewhere, each once.
    pub fn reads(&self) -> &[Reference] {
        &self.0.reads
    }

    /// Whether it asks if something is missing, so that it can say something of a blank form.
    pub fn asks_missing(&self) -> bool {
        self.0.checked.asks_missing
    }

    /// Computes it from facts. Only what the evaluation comes to is asked of them.
    pub fn evaluate(&self, facts: &dyn Facts) -> Outcome {
        run::evaluate(&self.0, facts)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.0.text)
    }
}
