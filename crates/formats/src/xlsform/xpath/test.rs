//! Comparisons and calls that are true or false, once what they compare has values.

use std::collections::BTreeSet;

use super::{Answers, Asked, Cond};

/// A comparison, and its opposite.
pub(super) struct Tested {
    pub yes: Side,
    pub no: Side,
    /// Questions without which it has no value.
    pub needs: BTreeSet<String>,
    /// What else must hold for it to have one.
    pub hard: Cond,
}

/// One of the two.
pub(super) struct Side {
    pub text: String,
    /// Whether it is false by itself when a question that it needs is blank.
    pub is_false_of_blank: bool,
}

impl Tested {
    pub fn asked(self, asked: Asked, known: &Answers) -> Cond {
        let (asked, yes, no) = match asked {
            Asked::True | Asked::NotFalse => (asked, self.yes, self.no),
            Asked::False => (Asked::True, self.no, self.yes),
            Asked::NotTrue => (Asked::NotFalse, self.no, self.yes),
        };
        let open: Vec<&String> =
            self.needs.iter().filter(|need| !known.contains_key(*need)).collect();
        let told = |side: &Side| Cond::Test {
            text: side.text.clone(),
            needs: if side.is_false_of_blank { self.needs.clone() } else { BTreeSet::new() },
        };
        let each = |is| open.iter().map(move |need| Cond::answered((*need).clone(), is));
        let hard = self.hard;
        if asked == Asked::True {
            return if yes.is_false_of_blank || open.is_empty() {
                Cond::all([hard, told(&yes)])
            } else {
                Cond::all([hard].into_iter().chain(each(true)).chain([told(&yes)]))
            };
        }
        let not_said = hard.negated();
        if open.len() > 1 && no.is_false_of_blank {
            return Cond::any([not_said, Cond::Not(no.text)]);
        }
        Cond::any([not_said].into_iter().chain(each(false)).chain([told(&yes)]))
    }
}
