//! From text to a tree of our own, with the place of every node. The only user of cel's parser.
//!
//! cel's fast parser keeps no places. Its tree lists names and literals in the order of the text,
//! so walking it beside the tokens gives every node its place again.

mod calls;
mod limits;
mod reader;

use cel::{common::ast::operators as op, parser::PrattParser};
use rust_decimal::Decimal;

use crate::fault::Flaw;

pub(crate) use calls::{call_text, replace_calls};
pub(crate) use limits::MAX_TEXT;

/// A part of an expression.
#[derive(Clone, Debug)]
pub struct Node {
    /// Byte offset of its name, literal or operator.
    pub at: usize,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// No value; only a branch of `? :` can be it.
    Null,
    Bool(bool),
    Int(i64),
    Dec(Decimal),
    Text(String),
    Name(String),
    /// An operator, by cel's name for it.
    Operator(String, Vec<Node>),
    /// A function; the target of a method is its first argument.
    Call(String, Vec<Node>),
    List(Vec<Node>),
    Each(Box<Each>),
}

/// A macro over a list.
#[derive(Clone, Debug)]
pub struct Each {
    pub walk: Walk,
    pub list: Node,
    pub variable: String,
    /// The condition of `all`, `exists`, `exists_one`, `filter` and of the long form of `map`.
    pub condition: Option<Node>,
    /// The new element of `map`.
    pub element: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

impl Node {
    /// The operator as it is written, with its operands; `? :` has three, `!` one, `-` one or two.
    pub fn operation(&self) -> Option<(&'static str, &[Node])> {
        let Kind::Operator(name, operands) = &self.kind else { return None };
        let symbol = match name.as_str() {
            op::CONDITIONAL => "?:",
            op::LOGICAL_AND => "&&",
            op::LOGICAL_OR => "||",
            op::LOGICAL_NOT => "!",
            op::NEGATE | op::SUBSTRACT => "-",
            op::ADD => "+",
            op::MULTIPLY => "*",
            op::DIVIDE => "/",
            op::MODULO => "%",
            op::EQUALS => "==",
            op::NOT_EQUALS => "!=",
            op::GREATER_EQUALS => ">=",
            op::LESS_EQUALS => "<=",
            op::GREATER => ">",
            op::LESS => "<",
            op::IN => "in",
            _ => return None,
        };
        Some((symbol, operands))
    }
}

/// Reads an expression. Refuses what is over the limits before anything recurses into it.
pub(crate) fn parse(text: &str) -> Result<Node, Vec<Flaw>> {
    let tokens = limits::tokens(text).map_err(|flaw| vec![flaw])?;
    let parser = PrattParser::new().max_recursion_depth(limits::MAX_NESTING + 1);
    let tree = parser.parse(text).map_err(|errors| syntax_errors(text, &errors))?;
    limits::bounded(&tree).map_err(|flaw| vec![flaw])?;
    reader::read(text, &tokens, tree).map_err(|flaw| vec![flaw])
}

/// cel's own messages. One bad character makes several; the first of each place is kept.
fn syntax_errors(text: &str, errors: &cel::ParseErrors) -> Vec<Flaw> {
    const SHOWN: usize = 5;
    let mut flaws: Vec<Flaw> = Vec::new();
    for error in &errors.errors {
        let message = error.msg.trim_start_matches("Syntax error: ");
        if flaws.iter().any(|flaw| flaw.en.ends_with(message)) || flaws.len() == SHOWN {
            continue;
        }
        flaws.push(Flaw::new(
            offset(text, error.pos),
            format!("syntax error: {message}"),
            format!("语法错误：{message}"),
        ));
    }
    flaws
}

/// The byte offset of cel's line and byte column, both from 1.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let before = usize::try_from(line - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    start + usize::try_from(column - 1).unwrap_or(0)
}
