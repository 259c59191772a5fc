//! Types: what an expression may say, and its rewriting into calls of the library.
//!
//! Every name becomes a slot that `run` fills (`@0` its value, `?0` whether it is missing, `!0`
//! why), every constant that cel does not know becomes `#0`, every operator a call of the function
//! for its types. `&&`, `||` and `? :` stay cel's own: a side without a value is passed over when
//! the other side decides. Everything else needs all its values.

mod emit;
mod functions;
mod lists;
mod names;
mod operators;
mod ranges;
mod signatures;

use cel::{IdedExpr, common::value::Val};

use crate::{
    Reference, Scope, Type,
    fault::Flaw,
    syntax::{Kind, Node},
    types::Ty,
};

/// What a rule reads: an item of its record or something elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Item(String),
    Elsewhere(Reference),
    /// A number made of all rows of an item of this type.
    Rows(Aggregate, String, Type),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Sum,
    Min,
    Max,
    Mean,
    Count,
}

#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) source: Source,
    pub(crate) of: Type,
    /// As written in the rule.
    pub(crate) shown: String,
    /// Where it is first read.
    pub(crate) at: usize,
}

/// An expression whose types are right.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) tree: IdedExpr,
    pub(crate) of: Ty,
    pub(crate) slots: Vec<Slot>,
    pub(crate) constants: Vec<Box<dyn Val>>,
    pub(crate) code_lists: Vec<String>,
    /// By place of a `number(x)`, the slots that its text may come from.
    pub(crate) numbers: Vec<(usize, Vec<usize>)>,
    /// Whether the expression asks if something is missing.
    pub(crate) asks_missing: bool,
}

/// Checks everything, so that all faults are found at once.
pub(crate) fn check(node: Node, scope: &Scope) -> Result<Checked, Vec<Flaw>> {
    let mut checker = Checker {
        scope,
        slots: Vec::new(),
        constants: Vec::new(),
        code_lists: Vec::new(),
        variables: Vec::new(),
        flaws: Vec::new(),
        numbers: Vec::new(),
        asks_missing: false,
        repeats: 1,
        steps: 0,
    };
    let at = node.at;
    let (tree, of) = checker.node(node);
    if checker.flaws.is_empty() && of == Ty::Unknown {
        checker.flaw(at, "the expression has no type", "表达式没有类型");
    }
    if !checker.flaws.is_empty() {
        checker.flaws.sort_by_key(|flaw| flaw.at);
        return Err(checker.flaws);
    }
    let Checker { slots, constants, code_lists, numbers, asks_missing, .. } = checker;
    Ok(Checked { tree, of, slots, constants, code_lists, numbers, asks_missing })
}

/// What was named is wrong, and that has been said.
struct Wrong;

/// A rewritten part and its type.
type Typed = (IdedExpr, Ty);

struct Checker<'s> {
    scope: &'s Scope,
    slots: Vec<Slot>,
    constants: Vec<Box<dyn Val>>,
    code_lists: Vec<String>,
    /// The variables of the macros around, innermost last.
    variables: Vec<(String, Type)>,
    flaws: Vec<Flaw>,
    numbers: Vec<(usize, Vec<usize>)>,
    asks_missing: bool,
    /// How often the part that is checked can be evaluated.
    repeats: usize,
    steps: usize,
}

/// The most steps that one evaluation can take.
const MAX_STEPS: usize = 50_000;

impl Checker<'_> {
    fn node(&mut self, node: Node) -> Typed {
        self.step(node.at, 1);
        let at = node.at;
        match node.kind {
            Kind::Null => self.wrong(
                at,
                "null can only be a branch of '? :'; ask missing(X) or answered(X)",
                "null 只能作为“? :”的分支；请使用 missing(X) 或 answered(X)",
            ),
            Kind::Bool(value) => (emit::boolean(value), Ty::One(Type::Bool)),
            Kind::Int(value) => (emit::int(value), Ty::One(Type::Int)),
            Kind::Text(value) => (emit::text(value), Ty::One(Type::Text)),
            Kind::Dec(value) => {
                let constant = self.constant(Box::new(crate::values::Dec(value)));
                (constant, Ty::One(Type::Dec))
            }
            Kind::Name(name) => self.name(at, &name),
            Kind::Operator(name, args) => self.operator(at, &name, args),
            Kind::Call(name, args) => self.function(at, &name, args),
            Kind::List(elements) => self.list(at, elements),
            Kind::Each(each) => self.each(at, *each),
        }
    }

    fn flaw(&mut self, at: usize, en: impl Into<String>, zh: impl Into<String>) {
        self.flaws.push(Flaw::new(at, en, zh));
    }

    /// Says what is wrong and gives a part of unknown type.
    fn wrong(&mut self, at: usize, en: impl Into<String>, zh: impl Into<String>) -> Typed {
        self.flaw(at, en, zh);
        unknown()
    }

    fn constant(&mut self, value: Box<dyn Val>) -> IdedExpr {
        self.constants.push(value);
        emit::ident(format!("#{}", self.constants.len() - 1))
    }

    /// Counts what an evaluation can cost and says so once when it is too much.
    fn step(&mut self, at: usize, count: usize) {
        let before = self.steps;
        self.steps = self.steps.saturating_add(self.repeats.saturating_mul(count));
        if before <= MAX_STEPS && self.steps > MAX_STEPS {
            self.flaw(
                at,
                "the lists in each other take over 50,000 steps",
                "嵌套列表超过 50,000 步",
            );
        }
    }

    /// The part as a decimal, if it is a whole number.
    fn promoted(&mut self, (tree, of): Typed) -> IdedExpr {
        if of != Ty::One(Type::Int) {
            return tree;
        }
        match emit::literal_int(&tree) {
            Some(value) => self.constant(Box::new(crate::values::Dec(value.into()))),
            None => emit::call("dec", vec![tree]),
        }
    }

    /// Both parts in the type that they have in common.
    fn unified(&mut self, a: Typed, b: Typed) -> Option<(IdedExpr, IdedExpr, Type)> {
        let (Ty::One(left), Ty::One(right)) = (a.1, b.1) else { return None };
        let of = common(left, right)?;
        if left == right {
            return Some((a.0, b.0, of));
        }
        Some((self.promoted(a), self.promoted(b), of))
    }
}

fn unknown() -> Typed {
    (emit::boolean(false), Ty::Unknown)
}

/// The type of which both are; a whole number beside a decimal is a decimal.
fn common(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(a),
        (Type::Int, Type::Dec) | (Type::Dec, Type::Int) => Some(Type::Dec),
        _ => None,
    }
}
