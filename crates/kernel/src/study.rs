//! The design of a study: everything that ODM 1.3.2 and ODM 2.0 can say about what is collected
//! and when, and what they cannot say: edit checks, source data verification, blinding.
//!
//! A [`StudyVersion`] is plain data in the order of its source. [`Design`] is the same with
//! everything found by its OID, for those who use a version rather than read it.

mod definition;
mod design;
mod diff;
mod edit;
mod faults;
mod kept;
mod plan;
mod protocol;
mod shape;
mod spanning;
mod tabulation;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::{
    definition::{
        Alias, CodeList, CodeListItem, Comparator, ConditionDef, Expression, FormDef, FormRef,
        GroupRepeat, ItemDef, ItemGroupDef, ItemGroupKind, ItemGroupRef, ItemRef, MethodDef,
        RangeCheck, StudyEventDef, StudyEventKind, UnitDef,
    },
    design::Design,
    diff::{Difference, diff},
    edit::{MalformedPart, Naming, PartChange, PartKind, Placed, apply, part, words},
    faults::{Fault, faults},
    kept::{Kept, KeptAttribute},
    plan::{
        Blinding, CheckAction, CheckScope, EditCheck, Example, Participant, RequiredRole, SdvPlan,
        SdvRule,
    },
    protocol::{
        Arm, Criterion, CriterionKind, Epoch, Parameter, Protocol, StudyEventRef, TimingConstraint,
    },
    shape::{FormShape, GroupShape, ItemShape},
    spanning::spanning,
    tabulation::{
        Pick, RowContext, Tabulation, TabulationDataset, TabulationItem, TabulationStandard,
        TabulationVariable, VariableKind, VariableOrigin, VariableSource,
    },
};
use crate::{ItemOid, MetaDataVersionOid, StudyOid, Texts};

/// One version of a study's design. It never changes after publication: a change is a new version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyVersion {
    pub study_oid: StudyOid,
    pub study_name: String,
    pub study_description: Texts,
    pub protocol_name: String,
    pub version_oid: MetaDataVersionOid,
    pub version_name: String,
    pub version_description: Texts,
    pub protocol: Protocol,
    pub units: Vec<UnitDef>,
    pub events: Vec<StudyEventDef>,
    pub forms: Vec<FormDef>,
    pub item_groups: Vec<ItemGroupDef>,
    pub items: Vec<ItemDef>,
    pub code_lists: Vec<CodeList>,
    pub methods: Vec<MethodDef>,
    pub conditions: Vec<ConditionDef>,
    pub checks: Vec<EditCheck>,
    pub sdv: SdvPlan,
    pub blinding: Blinding,
    /// The items whose value is the date of their event.
    pub visit_dates: Vec<ItemOid>,
    /// The date that is study day 1 (CDISC: there is no day 0), as an expression.
    pub study_day_1: Option<Expression>,
    /// What Casebook does not interpret: kept, and written out again.
    pub kept: Kept,
    /// How it becomes datasets for tabulation. Absent in the JSON of a version that has none, whose
    /// hash is that of the time before there were any.
    #[serde(skip_serializing_if = "Tabulation::is_empty")]
    pub tabulation: Tabulation,
}

impl StudyVersion {
    /// The name of this version: SHA-256 over its content as compact JSON with fields in the order
    /// of this type.
    pub fn hash(&self) -> StudyVersionHash {
        let bytes = serde_json::to_vec(self).expect("a study version has only text keys");
        StudyVersionHash(Sha256::digest(bytes).into())
    }
}

/// The SHA-256 that names a study version; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyVersionHash(pub [u8; 32]);

impl fmt::Display for StudyVersionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StudyVersionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for StudyVersionHash {
    type Err = HashFault;

    fn from_str(text: &str) -> Result<Self, HashFault> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(HashFault);
        }
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| HashFault)?;
        }
        Ok(Self(bytes))
    }
}

/// A text is not a study version hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a study version is named by 64 hexadecimal digits")]
pub struct HashFault;
