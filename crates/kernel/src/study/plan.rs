//! What ODM cannot say: edit checks, source data verification, blinding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Expression;
use crate::{CheckOid, FormOid, ItemGroupOid, ItemOid, StudyEventOid, StudyOid, SubjectKey, Texts};

/// What a check looks at, and so when it runs again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckScope {
    /// The items of one row of one group.
    #[default]
    Item,
    /// Everything in one form record.
    Form,
    /// All forms of one event.
    Event,
    /// The whole casebook.
    Across,
}

/// What a failing check does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckAction {
    /// Takes the value and opens a query.
    #[default]
    Query,
    /// Refuses the save.
    Refuse,
}

/// A rule that data should satisfy: the expression is true when the data are in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EditCheck {
    pub oid: CheckOid,
    pub name: String,
    pub scope: CheckScope,
    pub action: CheckAction,
    /// The form on whose records the check runs.
    pub form: FormOid,
    /// Only at these events; at all when empty.
    pub events: Vec<StudyEventOid>,
    /// The repeating group on each row of which it runs; none: once for the record.
    pub group: Option<ItemGroupOid>,
    /// The item to which its query belongs.
    pub item: ItemOid,
    pub expression: Expression,
    pub message: Texts,
    /// It reveals the arm: only those who may see blinded items see its queries.
    pub blinded: bool,
    pub examples: Vec<Example>,
}

/// A case that publication runs: with these values, by item name, the rule gives this result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Example {
    /// Item names to canonical text; an item that is not named is blank.
    pub given: BTreeMap<String, String>,
    /// `true`, `false`, `not evaluated`, or the canonical text of a derived value.
    pub expect: String,
}

/// Which items are verified against their source (ICH E6(R3): risk-based).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SdvPlan {
    pub rules: Vec<SdvRule>,
    /// How many of the first participants of each site are verified in full.
    pub first_participants_per_site: u32,
    /// Percentage of subjects whose items outside the rules are verified.
    pub other_percent: u8,
}

/// An enrolled subject as the plan sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// How many were enrolled at the site up to this one, itself included.
    pub ordinal: u32,
    /// Below 100: a percentage asks for those whose draw is below it.
    pub draw: u8,
}

impl Participant {
    /// Draws by a hash of the names: nobody chooses, and everybody can draw again.
    pub fn new(study: &StudyOid, subject: &SubjectKey, ordinal: u32) -> Self {
        let names = [study.as_str(), "\u{1f}", subject.as_str()].concat();
        let hash: [u8; 32] = Sha256::digest(names).into();
        let number = hash.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % 100);
        Self { ordinal, draw: u8::try_from(number).unwrap_or_default() }
    }
}

impl SdvPlan {
    /// Whether an item on a form must be verified for a subject. Of the rules that name it the
    /// highest percentage holds, and a percentage of 0 also for the first participants of a site.
    /// Before the enrolment nothing is drawn: only what all subjects owe is asked for. An empty
    /// plan asks for every item.
    pub fn requires(
        &self,
        participant: Option<Participant>,
        form: &FormOid,
        item: &ItemOid,
    ) -> bool {
        if *self == Self::default() {
            return true;
        }
        let rules = self.rules.iter().filter(|rule| rule.names(form, item));
        let percent = rules.map(|rule| rule.percent).max();
        let Some(Participant { ordinal, draw }) = participant else {
            return percent.unwrap_or(self.other_percent) >= 100;
        };
        let is_first = ordinal <= self.first_participants_per_site;
        (is_first && percent != Some(0)) || draw < percent.unwrap_or(self.other_percent)
    }
}

impl SdvRule {
    fn names(&self, form: &FormOid, item: &ItemOid) -> bool {
        self.form.as_ref().is_none_or(|of| of == form)
            && (self.items.is_empty() || self.items.contains(item))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SdvRule {
    pub form: Option<FormOid>,
    pub items: Vec<ItemOid>,
    /// Percentage of subjects, 0 to 100.
    pub percent: u8,
}

/// Which values reveal the arm, and who may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Blinding {
    pub items: Vec<ItemOid>,
    /// The roles from which the items are hidden, as the study names them; empty: from all who may
    /// not see unblinded data.
    pub hidden_from: Vec<RequiredRole>,
    pub visible_to: Vec<RequiredRole>,
}

/// The name of a role that may see blinded items.
pub type RequiredRole = String;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(form: &str, items: &[&str], percent: u8) -> SdvRule {
        let items = items.iter().map(|item| ItemOid::from(*item)).collect();
        SdvRule { form: Some(form.into()), items, percent }
    }

    fn plan() -> SdvPlan {
        let rules =
            vec![rule("F.AE", &["I.TERM"], 100), rule("F.LB", &[], 0), rule("F.VS", &[], 50)];
        SdvPlan { rules, first_participants_per_site: 2, other_percent: 20 }
    }

    fn requires(participant: Option<(u32, u8)>, form: &str, item: &str) -> bool {
        let participant = participant.map(|(ordinal, draw)| Participant { ordinal, draw });
        plan().requires(participant, &form.into(), &item.into())
    }

    #[test]
    fn a_rule_of_100_percent_asks_everybody_for_its_items() {
        assert!(requires(Some((9, 99)), "F.AE", "I.TERM"));
        assert!(requires(None, "F.AE", "I.TERM"), "also before the enrolment");
        assert!(!requires(Some((9, 99)), "F.AE", "I.NOTE"), "not for other items of the form");
    }

    #[test]
    fn a_percentage_asks_those_whose_draw_is_below_it() {
        assert!(requires(Some((9, 49)), "F.VS", "I.PULSE"));
        assert!(!requires(Some((9, 50)), "F.VS", "I.PULSE"));
        assert!(!requires(None, "F.VS", "I.PULSE"), "nothing is drawn before the enrolment");
        assert!(requires(Some((9, 19)), "F.DM", "I.SEX"), "what no rule names has its percentage");
        assert!(!requires(Some((9, 20)), "F.DM", "I.SEX"));
    }

    #[test]
    fn the_first_of_a_site_are_verified_in_full_but_for_what_is_left_out() {
        assert!(requires(Some((2, 99)), "F.VS", "I.PULSE"));
        assert!(requires(Some((1, 99)), "F.DM", "I.SEX"));
        assert!(!requires(Some((3, 99)), "F.DM", "I.SEX"));
        assert!(!requires(Some((1, 0)), "F.LB", "I.ALT"));
    }

    #[test]
    fn no_plan_asks_for_everything() {
        assert!(SdvPlan::default().requires(None, &"F.LB".into(), &"I.ALT".into()));
    }

    #[test]
    fn draws_are_spread_evenly_and_stay() {
        let draw = |n: u32| Participant::new(&"S".into(), &n.to_string().as_str().into(), n).draw;
        let drawn = (0..10_000).filter(|n| draw(*n) < 20).count();
        assert!((1_850..2_150).contains(&drawn), "{drawn} of 10,000 were drawn at 20 percent");
        assert_eq!(draw(7), draw(7));
        assert!((0..10_000).all(|n| draw(n) < 100));
    }
}
