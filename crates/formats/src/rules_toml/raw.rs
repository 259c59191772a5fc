//! A rules file as written. An unknown key is an error.

use std::collections::BTreeMap;

use kernel::{
    StudyEventOid, Texts,
    study::{CheckAction, CheckScope, EditCheck, Example},
};
use serde::Deserialize;
use toml::Spanned;

use crate::mapping::OneOrMore;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRules {
    pub(super) study: Option<Spanned<String>>,
    pub(super) version: Option<Spanned<String>>,
    pub(super) study_day_1: Option<String>,
    #[serde(default)]
    pub(super) check: Vec<Spanned<RawCheck>>,
    pub(super) visits: Option<Spanned<RawVisits>>,
    #[serde(default)]
    pub(super) encounters: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) arms: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) window: Vec<Spanned<RawWindow>>,
    pub(super) sdv: Option<Spanned<RawSdv>>,
    pub(super) blinded: Option<Spanned<RawBlinded>>,
    #[serde(default)]
    pub(super) criterion: Vec<Spanned<RawCriterion>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheck {
    pub(super) oid: String,
    name: Option<String>,
    pub(super) form: OneOrMore,
    group: Option<String>,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    severity: Severity,
    #[serde(default)]
    blinded: bool,
    when: String,
    pub(super) on: Vec<String>,
    pub(super) message: Texts,
    #[serde(default)]
    cases: Vec<RawCase>,
}

/// What a check asks for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// Confirm or correct.
    #[default]
    Soft,
    /// Correct: the save is refused.
    Hard,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCase {
    given: BTreeMap<String, String>,
    pub(super) fires: bool,
    #[serde(default = "evaluated")]
    pub(super) evaluated: bool,
}

fn evaluated() -> bool {
    true
}

impl RawCheck {
    /// The check as a study version holds it.
    pub(super) fn on_form(&self, oid: String, form: &str, item: &str) -> EditCheck {
        let examples = self.cases.iter().map(|case| Example {
            given: case.given.clone(),
            expect: super::expectation(case).to_owned(),
        });
        EditCheck {
            oid: oid.into(),
            name: self.name.clone().unwrap_or_else(|| self.oid.clone()),
            scope: self.scope(),
            action: match self.severity {
                Severity::Soft => CheckAction::Query,
                Severity::Hard => CheckAction::Refuse,
            },
            form: form.into(),
            events: self.events.iter().map(StudyEventOid::new).collect(),
            group: self.group.as_deref().map(Into::into),
            item: item.into(),
            expression: super::cel(&format!("!({})", self.when.trim())),
            message: self.message.clone(),
            blinded: self.blinded,
            examples: examples.collect(),
        }
    }

    /// Whether the expression looks beyond its record.
    fn scope(&self) -> CheckScope {
        let beyond = ["value(", "first(", "last(", "previous(", "others(", "count("];
        if beyond.iter().any(|call| self.when.contains(call)) {
            CheckScope::Across
        } else if self.group.is_some() {
            CheckScope::Item
        } else {
            CheckScope::Form
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVisits {
    pub(super) dates: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWindow {
    pub(super) event: String,
    pub(super) anchor: String,
    pub(super) days: i32,
    pub(super) before: u32,
    pub(super) after: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSdv {
    pub(super) default: f64,
    #[serde(default)]
    pub(super) first_participants_per_site: u32,
    #[serde(default)]
    pub(super) plan: Vec<Spanned<RawSdvPlan>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSdvPlan {
    pub(super) share: f64,
    /// For the reader of the file.
    #[expect(dead_code, reason = "a reason must be there, and only people read it")]
    why: String,
    #[serde(default)]
    pub(super) items: Vec<String>,
    #[serde(default)]
    pub(super) forms: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlinded {
    pub(super) items: Vec<String>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) visible_to: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCriterion {
    pub(super) usdm: String,
    pub(super) item: Option<String>,
    pub(super) met: Option<String>,
}
