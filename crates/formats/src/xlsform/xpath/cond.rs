//! Conditions on the answers of a questionnaire, made as short as they can be said.

use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Cond {
    Yes,
    No,
    /// Whether a question has an answer.
    Answered {
        reference: String,
        is: bool,
    },
    /// A comparison or call; where it is true the questions that it needs have answers.
    Test {
        text: String,
        needs: BTreeSet<String>,
    },
    /// The opposite of a comparison or call.
    Not(String),
    All(Vec<Cond>),
    Any(Vec<Cond>),
}

impl Cond {
    pub fn answered(reference: impl Into<String>, is: bool) -> Self {
        Self::Answered { reference: reference.into(), is }
    }

    pub fn constant(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    /// All of the parts. What another part says already is left out.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::Yes => {}
                Self::No => return Self::No,
                Self::All(inner) => inner.into_iter().for_each(|one| push(&mut flat, one)),
                other => push(&mut flat, other),
            }
        }
        if contradicts(&flat) {
            return Self::No;
        }
        let said: BTreeSet<String> = flat.iter().flat_map(Self::implies).cloned().collect();
        flat.retain(
            |one| !matches!(one, Self::Answered { reference, is: true } if said.contains(reference)),
        );
        match flat.len() {
            0 => Self::Yes,
            1 => flat.remove(0),
            _ => Self::All(flat),
        }
    }

    /// At least one of the parts.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::No => {}
                Self::Yes => return Self::Yes,
                Self::Any(inner) => inner.into_iter().for_each(|one| push(&mut flat, one)),
                other => push(&mut flat, other),
            }
        }
        if contradicts(&flat) {
            return Self::Yes;
        }
        // "a is blank, or a has an answer and …" is "a is blank, or …".
        let blank: BTreeSet<String> = flat.iter().filter_map(Self::blank).cloned().collect();
        let shorter = flat.into_iter().map(|one| match one {
            Self::All(inner) => Self::all(inner.into_iter().filter(
                |part| !matches!(part, Self::Answered { reference, is: true } if blank.contains(reference)),
            )),
            other => other,
        });
        let mut flat: Vec<Self> = shorter.collect();
        match flat.len() {
            0 => Self::No,
            1 => flat.remove(0),
            _ => Self::Any(flat),
        }
    }

    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Answered { reference, is } => Self::Answered { reference, is: !is },
            Self::Test { text, .. } => Self::Not(text),
            Self::Not(text) => Self::Test { text, needs: BTreeSet::new() },
            Self::All(parts) => Self::any(parts.into_iter().map(Self::negated)),
            Self::Any(parts) => Self::all(parts.into_iter().map(Self::negated)),
        }
    }

    /// As XPath.
    pub fn spelled(&self) -> String {
        match self {
            Self::Yes => "true()".to_owned(),
            Self::No => "false()".to_owned(),
            Self::Answered { reference, is: true } => format!("{reference} != ''"),
            Self::Answered { reference, is: false } => format!("{reference} = ''"),
            Self::Test { text, .. } => text.clone(),
            Self::Not(text) => format!("not({text})"),
            Self::All(parts) => joined(parts, " and "),
            Self::Any(parts) => joined(parts, " or "),
        }
    }

    /// The questions that have an answer where this is true.
    fn implies(&self) -> impl Iterator<Item = &String> {
        let needs = match self {
            Self::Test { needs, .. } => Some(needs),
            _ => None,
        };
        needs.into_iter().flatten()
    }

    fn blank(&self) -> Option<&String> {
        match self {
            Self::Answered { reference, is: false } => Some(reference),
            _ => None,
        }
    }
}

fn push(flat: &mut Vec<Cond>, one: Cond) {
    if !flat.contains(&one) {
        flat.push(one);
    }
}

/// Whether one part is the opposite of another.
fn contradicts(flat: &[Cond]) -> bool {
    flat.iter().any(|one| match one {
        Cond::Answered { is: false, .. } => flat.contains(&one.clone().negated()),
        Cond::Not(said) => {
            flat.iter().any(|other| matches!(other, Cond::Test { text, .. } if text == said))
        }
        _ => false,
    })
}

fn joined(parts: &[Cond], word: &str) -> String {
    let each: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Cond::All(_) | Cond::Any(_) => format!("({})", part.spelled()),
            _ => part.spelled(),
        })
        .collect();
    each.join(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(text: &str, needs: &[&str]) -> Cond {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        Cond::Test { text: text.to_owned(), needs }
    }

    #[test]
    fn what_another_part_says_is_left_out() {
        let asks = Cond::answered("${a}", true);
        let all = Cond::all([asks.clone(), test("${a} > 1", &["${a}"]), Cond::Yes]);
        assert_eq!(all.spelled(), "${a} > 1");
        let any = Cond::any([asks.clone().negated(), Cond::all([asks.clone(), test("b", &[])])]);
        assert_eq!(any.spelled(), "${a} = '' or b");
        assert_eq!(Cond::all([asks.clone(), asks.clone().negated()]), Cond::No);
        assert_eq!(Cond::any([asks.clone(), asks.negated()]), Cond::Yes);
    }

    #[test]
    fn an_opposite_is_said_of_each_part() {
        let all = Cond::all([Cond::answered("${a}", true), test("b", &[])]);
        assert_eq!(all.negated().spelled(), "${a} = '' or not(b)");
        let nested = Cond::all([test("a", &[]), Cond::any([test("b", &[]), test("c", &[])])]);
        assert_eq!(nested.spelled(), "a and (b or c)");
    }
}
