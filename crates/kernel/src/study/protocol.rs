use serde::{Deserialize, Serialize};

use super::{Expression, Kept};
use crate::{ArmOid, ConditionOid, CriterionOid, EpochOid, StudyEventOid, Texts, TimingOid};

/// What the protocol says of the study as a whole (ODM Protocol, USDM StudyDesign).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Protocol {
    pub description: Texts,
    /// Trial phase, indication and so on (ODM 2.0 StudySummary, SDTM TS).
    pub parameters: Vec<Parameter>,
    pub arms: Vec<Arm>,
    pub epochs: Vec<Epoch>,
    pub event_refs: Vec<StudyEventRef>,
    pub timings: Vec<TimingConstraint>,
    pub criteria: Vec<Criterion>,
    pub objectives: Vec<Parameter>,
    pub kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    pub term: String,
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arm {
    pub oid: ArmOid,
    pub name: String,
    pub description: Texts,
    pub epochs: Vec<EpochOid>,
    pub kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Epoch {
    pub oid: EpochOid,
    pub name: String,
    pub order: Option<u32>,
    pub description: Texts,
    pub kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyEventRef {
    pub event: StudyEventOid,
    pub order: Option<u32>,
    pub mandatory: bool,
    pub exception: Option<ConditionOid>,
    pub epoch: Option<EpochOid>,
    /// The arms in which the event happens; empty means all.
    pub arms: Vec<ArmOid>,
    pub kept: Kept,
}

/// When an event is due relative to another (ODM 2.0 RelativeTimingConstraint, USDM Timing).
/// All three lengths are days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimingConstraint {
    pub oid: TimingOid,
    pub name: String,
    pub event: StudyEventOid,
    pub anchor: StudyEventOid,
    pub offset_days: i32,
    pub window_before_days: u32,
    pub window_after_days: u32,
    pub description: Texts,
    pub kept: Kept,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CriterionKind {
    #[default]
    Inclusion,
    Exclusion,
}

/// An inclusion or exclusion criterion. With an expression it is computed from the casebook;
/// without one the investigator says whether it is met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criterion {
    pub oid: CriterionOid,
    pub name: String,
    pub kind: CriterionKind,
    pub text: Texts,
    /// True when the criterion's sentence is true of the subject.
    pub expression: Option<Expression>,
    pub kept: Kept,
}
