//! Rules that are true or false: for which answers they are as asked.

use rules::{Kind, Node};

use super::{
    Answers, Asked, Cond, Of, Reference, Speaker, Unsaid,
    test::{Side, Tested},
    value::Value,
};

impl Asked {
    fn of_opposite(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::NotFalse => Self::NotTrue,
            Self::NotTrue => Self::NotFalse,
        }
    }

    /// Whether it is said of what is true, so that `&&` stays "and".
    fn is_positive(self) -> bool {
        matches!(self, Self::True | Self::NotFalse)
    }

    /// What is decided for every answer.
    fn of_decided(self, is: bool) -> Cond {
        Cond::constant(is == self.is_positive())
    }

    /// What is not evaluated is neither true nor false.
    pub(super) fn of_missing(self) -> Cond {
        Cond::constant(matches!(self, Self::NotFalse | Self::NotTrue))
    }
}

impl Speaker<'_> {
    pub(super) fn truth_of(
        &self,
        node: &Node,
        asked: Asked,
        known: &Answers,
    ) -> Result<Cond, Unsaid> {
        match (node.operation(), &node.kind) {
            (Some(("!", [inner])), _) => self.truth_of(inner, asked.of_opposite(), known),
            (Some((sign @ ("&&" | "||"), _)), _) => self.chain(node, sign, asked, known),
            (Some(("?:", [asks, yes, no])), _) => self.chosen((asks, yes, no), asked, known),
            (Some(("in", [one, Node { kind: Kind::List(list), .. }])), _) => {
                let each = list.iter().map(|other| self.compared("==", (one, other), asked, known));
                let each = each.collect::<Result<Vec<_>, _>>()?;
                Ok(if asked.is_positive() { Cond::any(each) } else { Cond::all(each) })
            }
            (Some((sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="), [left, right])), _) => {
                self.compared(sign, (left, right), asked, known)
            }
            (_, Kind::Bool(is)) => Ok(asked.of_decided(*is)),
            (_, Kind::Null) => Ok(asked.of_missing()),
            (_, Kind::Name(name)) => self.ticked(name, asked, known),
            (_, Kind::Call(name, arguments)) => self.called(name, arguments, asked, known),
            (_, Kind::Each(_)) => Err(Unsaid("it walks over a list".to_owned())),
            _ => Err(Unsaid("it is not true or false".to_owned())),
        }
    }

    /// `&&` or `||`: what one part asks of blanks, the others may rely on.
    fn chain(
        &self,
        node: &Node,
        sign: &str,
        asked: Asked,
        known: &Answers,
    ) -> Result<Cond, Unsaid> {
        let mut parts = Vec::new();
        flatten(node, sign, &mut parts);
        let mut inner = known.clone();
        for part in &parts {
            if let Some((name, is)) = asks_of_blank(part)
                && is == (sign == "&&")
            {
                inner.insert(self.reference(name, self.named(name)?), true);
            }
        }
        let mut conds = Vec::with_capacity(parts.len());
        for part in parts {
            let known = if asks_of_blank(part).is_some() { known } else { &inner };
            conds.push(self.truth_of(part, asked, known)?);
        }
        let is_and = (sign == "&&") == asked.is_positive();
        Ok(if is_and { Cond::all(conds) } else { Cond::any(conds) })
    }

    /// `a ? b : c`.
    fn chosen(
        &self,
        (asks, yes, no): (&Node, &Node, &Node),
        asked: Asked,
        known: &Answers,
    ) -> Result<Cond, Unsaid> {
        let (with, without) = self.branches(asks, known)?;
        let then = self.truth_of(yes, asked, &with)?;
        let other = self.truth_of(no, asked, &without)?;
        let is = |asked| self.truth_of(asks, asked, known);
        Ok(match asked {
            Asked::True | Asked::False => Cond::any([
                Cond::all([is(Asked::True)?, then]),
                Cond::all([is(Asked::False)?, other]),
            ]),
            Asked::NotFalse | Asked::NotTrue => Cond::all([
                Cond::any([is(Asked::NotTrue)?, then]),
                Cond::any([is(Asked::NotFalse)?, other]),
            ]),
        })
    }

    /// What is known in the two branches of a choice.
    pub(super) fn branches(
        &self,
        asks: &Node,
        known: &Answers,
    ) -> Result<(Answers, Answers), Unsaid> {
        let (mut with, mut without) = (known.clone(), known.clone());
        if let Some((name, is)) = asks_of_blank(asks) {
            let reference = self.reference(name, self.named(name)?);
            let answered = if is { &mut with } else { &mut without };
            answered.insert(reference, true);
        }
        Ok((with, without))
    }

    fn compared(
        &self,
        sign: &str,
        (left, right): (&Node, &Node),
        asked: Asked,
        known: &Answers,
    ) -> Result<Cond, Unsaid> {
        for (one, other) in [(left, right), (right, left)] {
            if let Kind::Bool(is) = one.kind {
                let is = is == (sign == "==");
                return self.truth_of(other, if is { asked } else { asked.of_opposite() }, known);
            }
        }
        let (left, right) = (self.value_of(left, known)?, self.value_of(right, known)?);
        for value in [&left, &right] {
            match value.of {
                Of::Unordered => {
                    return Err(Unsaid("partial dates and times have no order".into()));
                }
                Of::Truth => return Err(Unsaid("two truths are compared".into())),
                _ if value.text == "''" => return Err(Unsaid("it asks for an empty text".into())),
                _ => {}
            }
        }
        // Two blanks are the same.
        let is_of_two = matches!(sign, "==" | "!=") && !left.is_constant && !right.is_constant;
        let [left, right] =
            [left, right].map(|one| if is_of_two { one.strict(known) } else { one });
        let (yes, no) = signs(sign);
        let side = |sign: &str| Side {
            text: format!("{} {sign} {}", left.text, right.text),
            is_false_of_blank: sign != "!=",
        };
        let (yes, no) = (side(yes), side(no));
        let needs = left.needs.union(&right.needs).cloned().collect();
        let hard = Cond::all([left.hard, right.hard]);
        Ok(Tested { yes, no, needs, hard }.asked(asked, known))
    }

    /// An item that is true or false.
    fn ticked(&self, name: &str, asked: Asked, known: &Answers) -> Result<Cond, Unsaid> {
        let named = self.named(name)?;
        if named.of != Of::Truth {
            return Err(Unsaid(format!("{name} is not true or false")));
        }
        let reference = self.reference(name, named);
        if known.get(&reference) == Some(&false) {
            return Ok(asked.of_missing());
        }
        if let Reference::Choice { code, .. } = &named.reference {
            // What is not ticked is false there.
            let test = Cond::Test {
                text: format!("selected({reference}, '{code}')"),
                needs: [reference].into(),
            };
            return Ok(if asked.is_positive() { test } else { test.negated() });
        }
        let side =
            |word: &str| Side { text: format!("{reference} = '{word}'"), is_false_of_blank: true };
        let needs = [reference.clone()].into();
        let tested = Tested { yes: side("true"), no: side("false"), needs, hard: Cond::Yes };
        Ok(tested.asked(asked, known))
    }

    fn called(
        &self,
        name: &str,
        arguments: &[Node],
        asked: Asked,
        known: &Answers,
    ) -> Result<Cond, Unsaid> {
        let word = match (name, arguments) {
            ("missing" | "answered", [Node { kind: Kind::Name(item), .. }]) => {
                let reference = self.reference(item, self.named(item)?);
                let is = (name == "answered") == asked.is_positive();
                return Ok(match known.get(&reference) {
                    Some(answered) => Cond::constant(*answered == is),
                    None => Cond::answered(reference, is),
                });
            }
            ("coalesce", [first, Node { kind: Kind::Bool(other), .. }]) => {
                // A blank counts as the constant, so that it is always decided.
                let is_other = if *other { Asked::False } else { Asked::True };
                let cond = self.truth_of(first, is_other, known)?;
                return Ok(if *other == asked.is_positive() { cond.negated() } else { cond });
            }
            ("starts_with" | "startsWith", [_, _]) => "starts-with",
            ("ends_with" | "endsWith", [_, _]) => "ends-with",
            ("contains", [_, _]) => "contains",
            ("matches", [value, Node { kind: Kind::Text(pattern), .. }]) => {
                let value = self.value_of(value, known)?;
                return told("regex", value, &whole(pattern), known, asked);
            }
            _ => return Err(Unsaid(format!("{name} has no counterpart"))),
        };
        let (value, part) =
            (self.value_of(&arguments[0], known)?, self.value_of(&arguments[1], known)?);
        if !part.is_constant {
            return Err(Unsaid(format!("{name} is asked with a part that is no constant")));
        }
        Ok(told_as(word, value, &part.text, known, asked))
    }
}

fn told(
    word: &str,
    value: Value,
    pattern: &str,
    known: &Answers,
    asked: Asked,
) -> Result<Cond, Unsaid> {
    let pattern = super::value::quoted(pattern)?;
    Ok(told_as(word, value, &pattern, known, asked))
}

fn told_as(word: &str, value: Value, constant: &str, known: &Answers, asked: Asked) -> Cond {
    let Value { text, needs, hard, .. } = value;
    let call = format!("{word}({text}, {constant})");
    let no = Side { text: format!("not({call})"), is_false_of_blank: false };
    // An empty part, or a pattern that takes an empty text, is found in a blank as well.
    let yes = Side { text: call, is_false_of_blank: word != "regex" && constant != "''" };
    Tested { yes, no, needs, hard }.asked(asked, known)
}

/// A pattern that is found somewhere as one for the whole text.
fn whole(pattern: &str) -> String {
    let inner = pattern.strip_prefix("^(?:").and_then(|rest| rest.strip_suffix(")$"));
    inner.map_or_else(|| format!(".*(?:{pattern}).*"), str::to_owned)
}

fn signs(sign: &str) -> (&'static str, &'static str) {
    match sign {
        "==" => ("=", "!="),
        "!=" => ("!=", "="),
        "<" => ("<", ">="),
        "<=" => ("<=", ">"),
        ">" => (">", "<="),
        _ => (">=", "<"),
    }
}

fn flatten<'n>(node: &'n Node, sign: &str, parts: &mut Vec<&'n Node>) {
    match node.operation() {
        Some((one, operands)) if one == sign => {
            for operand in operands {
                flatten(operand, sign, parts);
            }
        }
        _ => parts.push(node),
    }
}

/// The item of which a part asks only whether it has a value, and whether it shall have one.
fn asks_of_blank(node: &Node) -> Option<(&str, bool)> {
    if let Some(("!", [inner])) = node.operation() {
        return asks_of_blank(inner).map(|(name, is)| (name, !is));
    }
    match &node.kind {
        Kind::Call(function, arguments) => match (function.as_str(), arguments.as_slice()) {
            (word @ ("missing" | "answered"), [Node { kind: Kind::Name(name), .. }]) => {
                Some((name, word == "answered"))
            }
            _ => None,
        },
        _ => None,
    }
}
