//! The grammar of REDCap logic.

use super::{
    Untranslated,
    token::{Token, tokens},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub at: usize,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number(String),
    Text(String),
    /// One reference: its brackets, as in `[event][field][instance]`.
    Reference(Vec<String>),
    Call(String, Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Both(Sign, Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divided,
    Power,
}

/// How deep logic may be nested.
const MAX_DEPTH: usize = 40;

pub(super) fn parse(text: &str) -> Result<Node, Untranslated> {
    let tokens = tokens(text)?;
    let end = text.chars().count();
    let mut parser = Parser { tokens, next: 0, end, depth: 0 };
    let node = parser.level(0)?;
    match parser.tokens.get(parser.next) {
        None => Ok(node),
        Some((at, _)) => Err(Untranslated::new(*at, "more follows where the logic should end")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
}

/// Operators, the loosest first. All are left-associative.
const LEVELS: [&[(&str, Sign)]; 6] = [
    &[("or", Sign::Or), ("||", Sign::Or)],
    &[("and", Sign::And), ("&&", Sign::And)],
    &[
        ("=", Sign::Equal),
        ("==", Sign::Equal),
        ("<>", Sign::NotEqual),
        ("!=", Sign::NotEqual),
        ("<", Sign::Less),
        ("<=", Sign::LessOrEqual),
        (">", Sign::Greater),
        (">=", Sign::GreaterOrEqual),
    ],
    &[("+", Sign::Plus), ("-", Sign::Minus)],
    &[("*", Sign::Times), ("/", Sign::Divided)],
    &[("^", Sign::Power)],
];
/// `not` binds as tightly as a comparison.
const NOT_LEVEL: usize = 2;

impl Parser {
    fn level(&mut self, level: usize) -> Result<Node, Untranslated> {
        let Some(signs) = LEVELS.get(level) else { return self.operand() };
        self.depth += 1;
        if self.depth > MAX_DEPTH * LEVELS.len() {
            return Err(Untranslated::new(self.at(), "the logic is nested too deep"));
        }
        let mut left = if level == NOT_LEVEL && self.takes_word("not") {
            let at = self.at();
            Node { at, kind: Kind::Not(Box::new(self.level(level)?)) }
        } else {
            self.level(level + 1)?
        };
        while let Some(sign) = self.sign_of(signs) {
            let at = self.at();
            self.next += 1;
            let right = self.level(level + 1)?;
            left = Node { at, kind: Kind::Both(sign, Box::new(left), Box::new(right)) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn sign_of(&self, signs: &[(&str, Sign)]) -> Option<Sign> {
        let spelled = match &self.tokens.get(self.next)?.1 {
            Token::Sign(sign) => *sign,
            Token::Word(word) => word.as_str(),
            _ => return None,
        };
        signs.iter().find(|(known, _)| *known == spelled).map(|(_, sign)| *sign)
    }

    fn operand(&mut self) -> Result<Node, Untranslated> {
        let at = self.at();
        let Some((_, token)) = self.tokens.get(self.next).cloned() else {
            return Err(Untranslated::new(self.end, "the logic ends where a value is expected"));
        };
        self.next += 1;
        let kind = match token {
            Token::Number(number) => Kind::Number(number),
            Token::Text(text) => Kind::Text(text),
            Token::Bracket(first) => {
                let mut parts = vec![first];
                while let Some((_, Token::Bracket(part))) = self.tokens.get(self.next) {
                    parts.push(part.clone());
                    self.next += 1;
                }
                Kind::Reference(parts)
            }
            Token::Sign("(") => {
                let inner = self.level(0)?;
                self.expects(")")?;
                return Ok(inner);
            }
            Token::Sign("-") => Kind::Negative(Box::new(self.level(LEVELS.len() - 1)?)),
            Token::Sign("+") => return self.level(LEVELS.len() - 1),
            Token::Word(word) if self.takes("(") => Kind::Call(word, self.arguments()?),
            // A flag, such as the last argument of datediff.
            Token::Word(word) if word == "true" || word == "false" => Kind::Text(word),
            Token::Word(word) => {
                return Err(Untranslated::new(at, format!("'{word}' has no meaning here")));
            }
            Token::Sign(sign) => {
                return Err(Untranslated::new(at, format!("'{sign}' has no meaning here")));
            }
        };
        Ok(Node { at, kind })
    }

    fn arguments(&mut self) -> Result<Vec<Node>, Untranslated> {
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.level(0)?);
            if self.takes(")") {
                return Ok(arguments);
            }
            self.expects(",")?;
        }
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.get(self.next), Some((_, Token::Sign(one))) if *one == sign);
        self.next += usize::from(is);
        is
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is = matches!(self.tokens.get(self.next), Some((_, Token::Word(one))) if one == word);
        self.next += usize::from(is);
        is
    }

    fn expects(&mut self, sign: &str) -> Result<(), Untranslated> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(Untranslated::new(self.at(), format!("'{sign}' is expected here")))
    }
}
