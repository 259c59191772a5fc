//! What ODM cannot say: edit checks, source data verification, blinding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Expression;
use crate::{CheckOid, FormOid, ItemGroupOid, ItemOid, StudyEventOid, Texts};

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
