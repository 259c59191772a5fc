//! Writes logic as an expression of Casebook.

use super::{
    FieldType, LogicScope, Untranslated,
    parse::{Kind, Node, Sign},
    token::plain_number,
};

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cel {
    /// Complete in itself: a name, a call, or in brackets.
    pub text: String,
    pub of: FieldType,
    /// What must have a value for this to have one.
    pub needs: Vec<String>,
    /// A constant, as it was written.
    pub constant: Option<String>,
    /// Of it `missing` can be asked.
    pub is_readable: bool,
}

impl Cel {
    /// An item, or what reads one.
    pub(super) fn readable(text: String, of: FieldType) -> Self {
        Self { needs: vec![text.clone()], text, of, constant: None, is_readable: true }
    }

    pub(super) fn made(text: String, of: FieldType, needs: Vec<String>) -> Self {
        Self { text, of, needs, constant: None, is_readable: false }
    }

    pub(super) fn constant(text: &str, of: FieldType) -> Self {
        let spelled = if of == FieldType::Number { text.to_owned() } else { quoted(text) };
        let constant = Some(text.to_owned());
        Self { text: spelled, of, needs: Vec::new(), constant, is_readable: false }
    }

    /// Whether it stands for nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.constant.as_deref() == Some("") && self.of == FieldType::Text
    }
}

/// A text as a constant of an expression.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(char);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// The needs of several parts, each once.
pub(super) fn needs_of<'a>(parts: impl IntoIterator<Item = &'a Cel>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for need in parts.into_iter().flat_map(|part| &part.needs) {
        if !all.contains(need) {
            all.push(need.clone());
        }
    }
    all
}

pub(super) struct Emitter<'s> {
    pub scope: &'s LogicScope<'s>,
}

impl Emitter<'_> {
    /// An expression that is true or false and always evaluated.
    pub(super) fn truth(&self, node: &Node) -> Result<String, Untranslated> {
        match &node.kind {
            Kind::Both(sign @ (Sign::And | Sign::Or), left, right) => {
                let sign = if *sign == Sign::And { "&&" } else { "||" };
                Ok(format!("({} {sign} {})", self.truth(left)?, self.truth(right)?))
            }
            Kind::Both(sign, left, right) if sign.compares() => {
                self.comparison(node.at, *sign, left, right)
            }
            Kind::Not(inner) => Ok(format!("!({})", self.truth(inner)?)),
            Kind::Call(name, arguments) => match self.truth_function(node.at, name, arguments)? {
                Some(text) => Ok(text),
                None => Err(Untranslated::new(node.at, "a number is not true or false")),
            },
            Kind::Number(number) => Ok((number != "0").to_string()),
            _ => Err(Untranslated::new(node.at, "this is not true or false")),
        }
    }

    /// An expression that gives a value of a type, or nothing.
    pub(super) fn value_of(&self, node: &Node, wanted: FieldType) -> Result<String, Untranslated> {
        let cel = self.value(node)?;
        if cel.is_blank() {
            return Err(Untranslated::new(node.at, "it never has a value"));
        }
        Ok(Self::converted(node.at, cel, wanted)?.text)
    }

    /// A value, or nothing when what it needs is blank.
    pub(super) fn value(&self, node: &Node) -> Result<Cel, Untranslated> {
        match &node.kind {
            Kind::Number(number) => Ok(Cel::constant(number, FieldType::Number)),
            Kind::Text(text) => Ok(Cel::constant(text, FieldType::Text)),
            Kind::Reference(brackets) => self.scope.read(node.at, brackets),
            Kind::Negative(inner) => {
                let inner = self.number(inner)?;
                Ok(Cel::made(format!("(-{})", inner.text), FieldType::Number, inner.needs))
            }
            Kind::Both(sign, left, right) if sign.computes() => {
                self.arithmetic(node.at, *sign, left, right)
            }
            Kind::Call(name, arguments) => self.function(node.at, name, arguments),
            Kind::Both(..) | Kind::Not(_) => {
                Ok(Cel::made(format!("({} ? 1 : 0)", self.truth(node)?), FieldType::Number, vec![]))
            }
        }
    }

    pub(super) fn number(&self, node: &Node) -> Result<Cel, Untranslated> {
        let cel = self.value(node)?;
        Self::converted(node.at, cel, FieldType::Number)
    }

    pub(super) fn text(&self, node: &Node) -> Result<Cel, Untranslated> {
        let cel = self.value(node)?;
        Self::converted(node.at, cel, FieldType::Text)
    }

    /// The same value as another type, where that is what REDCap does without saying.
    pub(super) fn converted(at: usize, cel: Cel, wanted: FieldType) -> Result<Cel, Untranslated> {
        use FieldType as T;
        if cel.of == wanted {
            return Ok(cel);
        }
        let wrong = |what: &str| Err(Untranslated::new(at, what.to_owned()));
        match (wanted, cel.of) {
            (T::Number, T::Text) => match &cel.constant {
                Some(text) => match plain_number(text) {
                    Some(number) => Ok(Cel::constant(&number, T::Number)),
                    None => wrong("a text is used as a number"),
                },
                None => Ok(Cel::made(format!("number({})", cel.text), T::Number, cel.needs)),
            },
            // What is not ticked counts 0, not blank.
            (T::Number, T::Truth) => {
                let text = format!("(coalesce({}, false) ? 1 : 0)", cel.text);
                Ok(Cel::made(text, T::Number, Vec::new()))
            }
            (T::Text, T::Number) if cel.constant.is_some() => {
                Ok(Cel::constant(&cel.constant.unwrap_or_default(), T::Text))
            }
            (T::Text, T::Number | T::Date | T::DateTime | T::Time) => {
                Ok(Cel::made(format!("text({})", cel.text), T::Text, cel.needs))
            }
            (T::Text, T::Truth) => {
                let text = format!("(coalesce({}, false) ? \"1\" : \"0\")", cel.text);
                Ok(Cel::made(text, T::Text, Vec::new()))
            }
            (T::Date | T::DateTime | T::Time, T::Text) => Self::moment(at, &cel, wanted),
            (T::Date, T::DateTime) => {
                Ok(Cel::made(format!("date({})", cel.text), T::Date, cel.needs))
            }
            _ => wrong("values of different kinds are mixed"),
        }
    }

    fn arithmetic(
        &self,
        at: usize,
        sign: Sign,
        left: &Node,
        right: &Node,
    ) -> Result<Cel, Untranslated> {
        if sign == Sign::Power {
            return self.power(at, left, right);
        }
        let (left, right) = (self.number(left)?, self.number(right)?);
        let sign = match sign {
            Sign::Plus => "+",
            Sign::Minus => "-",
            Sign::Times => "*",
            _ => "/",
        };
        let needs = needs_of([&left, &right]);
        Ok(Cel::made(format!("({} {sign} {})", left.text, right.text), FieldType::Number, needs))
    }

    /// Powers are multiplications; there are only those that are used.
    fn power(&self, at: usize, left: &Node, right: &Node) -> Result<Cel, Untranslated> {
        const MOST: usize = 6;
        let (base, exponent) = (self.number(left)?, self.number(right)?);
        let exponent = exponent.constant.unwrap_or_default();
        let text = match (exponent.as_str(), exponent.parse::<usize>()) {
            ("0.5", _) => format!("sqrt({})", base.text),
            (_, Ok(times @ 1..=MOST)) => {
                format!("({})", vec![base.text.as_str(); times].join(" * "))
            }
            _ => {
                let why = "only whole powers up to 6, and 0.5, have a counterpart";
                return Err(Untranslated::new(at, why));
            }
        };
        Ok(Cel::made(text, FieldType::Number, base.needs))
    }
}

impl Sign {
    pub(super) fn compares(self) -> bool {
        use Sign as S;
        matches!(
            self,
            S::Equal | S::NotEqual | S::Less | S::LessOrEqual | S::Greater | S::GreaterOrEqual
        )
    }

    pub(super) fn computes(self) -> bool {
        matches!(self, Self::Plus | Self::Minus | Self::Times | Self::Divided | Self::Power)
    }

    pub(super) fn spelled(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            _ => ">=",
        }
    }
}
