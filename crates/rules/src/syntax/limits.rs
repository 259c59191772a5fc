//! How large an expression may be.

use cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr, operators},
    parser::pratt_parser::{Lexer, Token, TokenKind},
};

use crate::fault::Flaw;

/// The greatest length of an expression, of a text that it makes, in characters.
pub(crate) const MAX_TEXT: usize = 4_000;
/// The deepest nesting of brackets, and of `-` or `!` before one another.
pub(super) const MAX_NESTING: u16 = 50;
/// The greatest number of nodes; constant elements of lists are counted apart.
const MAX_NODES: usize = 500;
/// The longest list.
const MAX_LIST: usize = 1_000;
/// The longest chain of operators without brackets.
const MAX_CHAIN: usize = 120;
/// The deepest tree. A chain of `+` counts as one, because it becomes one sum.
const MAX_DEPTH: usize = 50;
/// The most operators in a text, `,` not counted.
const MAX_OPERATORS: usize = 500;

/// The tokens of the text, without blanks and comments.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Flaw> {
    use TokenKind as T;
    if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        return Err(Flaw::new(
            0,
            "an expression has at most 4,000 characters",
            "表达式最多 4,000 个字符",
        ));
    }
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    let (mut depth, mut prefixes, mut operators) = (0_u16, 0_u16, 0_usize);
    loop {
        let token = lexer.lex();
        match token.kind {
            T::TokEnd => return Ok(tokens),
            // The parser says what is wrong.
            T::TokError => return Ok(Vec::new()),
            T::TokWhitespace | T::TokComment => continue,
            T::TokLeftParen | T::TokLeftBracket | T::TokLeftBrace => depth += 1,
            T::TokRightParen | T::TokRightBracket | T::TokRightBrace => {
                depth = depth.saturating_sub(1);
            }
            kind if is_operator(kind) => operators += 1,
            _ => {}
        }
        let prefix = matches!(token.kind, T::TokMinus | T::TokExclamation);
        prefixes = if prefix { prefixes + 1 } else { 0 };
        if depth > MAX_NESTING || prefixes > MAX_NESTING {
            return Err(Flaw::new(
                token.start,
                "an expression nests at most 50 deep",
                "表达式嵌套最多 50 层",
            ));
        }
        if operators > MAX_OPERATORS {
            return Err(too_large(token.start));
        }
        tokens.push(token);
    }
}

fn is_operator(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::TokDot
            | T::TokMinus
            | T::TokPlus
            | T::TokAsterisk
            | T::TokSlash
            | T::TokPercent
            | T::TokQuestion
            | T::TokExclamation
            | T::TokIn
            | T::TokEqualEqual
            | T::TokExclamationEqual
            | T::TokLess
            | T::TokLessEqual
            | T::TokGreater
            | T::TokGreaterEqual
            | T::TokLogicalAnd
            | T::TokLogicalOr
    )
}

/// Measures the tree without recursion.
pub(super) fn bounded(tree: &IdedExpr) -> Result<(), Flaw> {
    let mut nodes = 0;
    let mut open = vec![(tree, 1, 1)];
    while let Some((node, chain, depth)) = open.pop() {
        nodes += 1;
        if nodes > MAX_NODES || chain > MAX_CHAIN || depth > MAX_DEPTH {
            return Err(too_large(0));
        }
        let in_sum = |child: &IdedExpr| is_sum(node) && is_sum(child);
        let mut below = |child| {
            open.push((child, chain + 1, if in_sum(child) { depth } else { depth + 1 }));
        };
        match &node.expr {
            Expr::Call(call) => {
                call.target.iter().for_each(|target| below(target));
                call.args.iter().for_each(below);
            }
            Expr::List(list) => {
                if list.elements.len() > MAX_LIST {
                    return Err(Flaw::new(
                        0,
                        "a list has at most 1,000 elements",
                        "列表最多 1,000 个元素",
                    ));
                }
                let plain = |element: &&IdedExpr| matches!(element.expr, Expr::Literal(_));
                list.elements.iter().filter(|element| !plain(element)).for_each(below);
            }
            Expr::Comprehension(each) => {
                [&each.iter_range, &each.loop_step].into_iter().for_each(below);
            }
            Expr::Select(select) => below(&select.operand),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        [&entry.key, &entry.value].into_iter().for_each(&mut below);
                    }
                }
            }
            Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
    }
    Ok(())
}

fn is_sum(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Call(call) if call.func_name == operators::ADD)
}

fn too_large(at: usize) -> Flaw {
    Flaw::new(
        at,
        "the expression is too large: at most 500 parts, 50 deep, 120 in one sum; split it",
        "表达式过大：最多 500 个部分、50 层、一个和最多 120 项；请拆分",
    )
}
