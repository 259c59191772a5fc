//! From text to a tree of our own, with the place of every node. The only user of cel's parser.
//!
//! cel's fast parser keeps no places. Its tree lists names and literals in the order of the text,
//! so walking it beside the tokens gives every node its place again.

mod calls;
mod limits;
mod reader;

use cel::parser::PrattParser;
use rust_decimal::Decimal;

use crate::fault::Flaw;

pub(crate) use calls::{call_text, replace_calls};
pub(crate) use limits::MAX_TEXT;

/// A part of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Byte offset of its name, literal or operator.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
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
pub(crate) struct Each {
    pub(crate) walk: Walk,
    pub(crate) list: Node,
    pub(crate) variable: String,
    /// The condition of `all`, `exists`, `exists_one`, `filter` and of the long form of `map`.
    pub(crate) condition: Option<Node>,
    /// The new element of `map`.
    pub(crate) element: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
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
