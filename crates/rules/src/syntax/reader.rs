use cel::{
    IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators as op},
    parser::pratt_parser::{Token, TokenKind},
};
use rust_decimal::Decimal;

use super::{Each, Kind, Node, Walk};
use crate::fault::Flaw;

/// Turns cel's tree into ours, taking the places from the tokens.
pub(super) fn read(text: &str, tokens: &[Token], tree: IdedExpr) -> Result<Node, Flaw> {
    Reader { text, tokens, next: 0 }.node(tree)
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// The first token that is not yet part of a node.
    next: usize,
}

impl Reader<'_> {
    fn node(&mut self, tree: IdedExpr) -> Result<Node, Flaw> {
        match tree.expr {
            Expr::Literal(literal) => self.literal(&literal),
            Expr::Ident(name) => {
                let (at, _) = self.leaf()?;
                Ok(Node { at, kind: Kind::Name(name) })
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let at = self.find(TokenKind::TokLeftBracket)?;
                let elements = self.nodes(list.elements)?;
                Ok(Node { at, kind: Kind::List(elements) })
            }
            Expr::Comprehension(each) => self.each(*each),
            Expr::Select(select) => {
                let operand = self.node(*select.operand)?;
                let field = select.field;
                Err(Flaw::new(
                    operand.at,
                    format!("'.{field}' is no method here and values have no fields"),
                    format!("“.{field}”不是可用的方法，值也没有字段"),
                ))
            }
            Expr::Map(_) | Expr::Struct(_) => {
                let at = self.find(TokenKind::TokLeftBrace)?;
                Err(Flaw::new(at, "maps '{…}' cannot be used in a rule", "规则中不能使用映射“{…}”"))
            }
            Expr::Unspecified => Err(self.lost()),
        }
    }

    fn nodes(&mut self, trees: Vec<IdedExpr>) -> Result<Vec<Node>, Flaw> {
        trees.into_iter().map(|tree| self.node(tree)).collect()
    }

    fn literal(&mut self, literal: &LiteralValue) -> Result<Node, Flaw> {
        let (at, end) = self.leaf()?;
        let kind = match literal {
            LiteralValue::Boolean(value) => Kind::Bool(*value.inner()),
            LiteralValue::Int(value) => Kind::Int(*value.inner()),
            LiteralValue::String(value) => Kind::Text(value.inner().to_owned()),
            LiteralValue::Double(value) => {
                let digits = self.text.get(at..end).unwrap_or_default();
                let mut exact = exact_decimal(digits).ok_or_else(|| {
                    Flaw::new(
                        at,
                        format!("'{digits}' cannot be kept exactly: at most 28 digits"),
                        format!("“{digits}”无法精确表示：最多 28 位数字"),
                    )
                })?;
                exact.set_sign_negative(value.is_sign_negative() && !exact.is_zero());
                Kind::Dec(exact)
            }
            LiteralValue::Null => Kind::Null,
            LiteralValue::UInt(_) | LiteralValue::Bytes(_) => {
                return Err(Flaw::new(
                    at,
                    "write a plain number or text, without 'u' or 'b'",
                    "请直接书写数字或文本，不要加“u”或“b”",
                ));
            }
        };
        Ok(Node { at, kind })
    }

    fn call(&mut self, call: CallExpr) -> Result<Node, Flaw> {
        if let Some(target) = call.target {
            let mut args = vec![self.node(*target)?];
            let (at, _) = self.leaf()?;
            args.extend(self.nodes(call.args)?);
            return Ok(Node { at, kind: Kind::Call(call.func_name, args) });
        }
        let Some(tokens) = operator_tokens(&call.func_name) else {
            let (at, _) = self.leaf()?;
            let args = self.nodes(call.args)?;
            return Ok(Node { at, kind: Kind::Call(call.func_name, args) });
        };
        let prefix = call.args.len() == 1;
        let mut place = None;
        let mut args = Vec::with_capacity(call.args.len());
        for (index, arg) in call.args.into_iter().enumerate() {
            let before = if prefix { Some(index) } else { index.checked_sub(1) };
            if let Some(token) = before.and_then(|index| tokens.get(index)) {
                let at = self.find(*token)?;
                place.get_or_insert(at);
            }
            args.push(self.node(arg)?);
        }
        let at = place.unwrap_or_default();
        if call.func_name == op::INDEX {
            return Err(Flaw::new(
                at,
                "elements of lists cannot be picked by '[…]'",
                "不能用“[…]”取列表元素",
            ));
        }
        Ok(Node { at, kind: Kind::Operator(call.func_name, args) })
    }

    /// A macro that cel has expanded: what the author wrote is taken out of the expansion.
    fn each(&mut self, each: ComprehensionExpr) -> Result<Node, Flaw> {
        let list = self.node(each.iter_range)?;
        let (at, end) = self.leaf()?;
        let name = self.text.get(at..end).unwrap_or_default();
        let (_, _) = self.leaf()?;
        let walk = match name {
            "all" => Walk::All,
            "exists" => Walk::Exists,
            "exists_one" | "existsOne" => Walk::ExistsOne,
            "map" => Walk::Map,
            "filter" => Walk::Filter,
            _ => return Err(self.lost()),
        };
        let Expr::Call(step) = each.loop_step.expr else { return Err(self.lost()) };
        let guarded = step.func_name == op::CONDITIONAL;
        let mut parts = step.args.into_iter();
        let (condition, element) = match walk {
            Walk::All | Walk::Exists => (parts.nth(1), None),
            Walk::ExistsOne | Walk::Filter => (parts.next(), None),
            Walk::Map if guarded => (parts.next(), parts.next().and_then(appended)),
            Walk::Map => (None, parts.nth(1).and_then(only_element)),
        };
        let condition = condition.map(|tree| self.node(tree)).transpose()?;
        let element = element.map(|tree| self.node(tree)).transpose()?;
        let each = Each { walk, list, variable: each.iter_var, condition, element };
        Ok(Node { at, kind: Kind::Each(Box::new(each)) })
    }

    /// Steps over the next name or literal; its bytes.
    fn leaf(&mut self) -> Result<(usize, usize), Flaw> {
        use TokenKind as T;
        let leaf = |token: &Token| {
            matches!(
                token.kind,
                T::TokIdent
                    | T::TokReservedWord
                    | T::TokInt
                    | T::TokUint
                    | T::TokFloat
                    | T::TokString
                    | T::TokBytes
                    | T::TokTrue
                    | T::TokFalse
                    | T::TokNull
            )
        };
        let rest = self.tokens.get(self.next..).unwrap_or_default();
        let Some(found) = rest.iter().position(leaf) else { return Err(self.lost()) };
        self.next += found + 1;
        Ok((rest[found].start, rest[found].end))
    }

    /// Steps over the next token of a kind; where it starts.
    fn find(&mut self, kind: TokenKind) -> Result<usize, Flaw> {
        let rest = self.tokens.get(self.next..).unwrap_or_default();
        let Some(found) = rest.iter().position(|token| token.kind == kind) else {
            return Err(self.lost());
        };
        self.next += found + 1;
        Ok(rest[found].start)
    }

    fn lost(&self) -> Flaw {
        let at = self.tokens.get(self.next).map_or(0, |token| token.start);
        Flaw::new(at, "the expression cannot be read here", "此处无法解析表达式")
    }
}

/// The tokens of an operator, in the order in which they stand between (or before) its operands.
fn operator_tokens(name: &str) -> Option<&'static [TokenKind]> {
    use TokenKind as T;
    Some(match name {
        op::CONDITIONAL => &[T::TokQuestion, T::TokColon],
        op::LOGICAL_AND => &[T::TokLogicalAnd],
        op::LOGICAL_OR => &[T::TokLogicalOr],
        op::LOGICAL_NOT => &[T::TokExclamation],
        op::NEGATE | op::SUBSTRACT => &[T::TokMinus],
        op::ADD => &[T::TokPlus],
        op::MULTIPLY => &[T::TokAsterisk],
        op::DIVIDE => &[T::TokSlash],
        op::MODULO => &[T::TokPercent],
        op::EQUALS => &[T::TokEqualEqual],
        op::NOT_EQUALS => &[T::TokExclamationEqual],
        op::GREATER_EQUALS => &[T::TokGreaterEqual],
        op::LESS_EQUALS => &[T::TokLessEqual],
        op::GREATER => &[T::TokGreater],
        op::LESS => &[T::TokLess],
        op::IN => &[T::TokIn],
        op::INDEX => &[T::TokLeftBracket],
        _ => return None,
    })
}

/// The `e` of `list + [e]`.
fn appended(tree: IdedExpr) -> Option<IdedExpr> {
    match tree.expr {
        Expr::Call(sum) => sum.args.into_iter().nth(1).and_then(only_element),
        _ => None,
    }
}

fn only_element(tree: IdedExpr) -> Option<IdedExpr> {
    match tree.expr {
        Expr::List(list) => list.elements.into_iter().next(),
        _ => None,
    }
}

/// Digits as written, all of them kept.
fn exact_decimal(digits: &str) -> Option<Decimal> {
    Decimal::from_str_exact(digits).or_else(|_| Decimal::from_scientific(digits)).ok()
}
