//! Every id is its own type. An OID is a string from ODM, kept as it was spelled.

use std::{cmp::Ordering, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Makes an id type: cheap to clone, printed as its text, ordered by its number or its text.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new("")
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                order(&self.0, &other.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }
    )+};
}

id! {
    /// A study (ODM Study/@OID).
    StudyOid,
    /// A version of a study's design (ODM MetaDataVersion/@OID).
    MetaDataVersionOid,
    /// A study event, that is a visit or a place for common forms (ODM StudyEventDef/@OID).
    StudyEventOid,
    /// A form (ODM FormDef/@OID, in ODM 2.0 an ItemGroupDef of type Form).
    FormOid,
    /// A group of items (ODM ItemGroupDef/@OID).
    ItemGroupOid,
    /// An item (ODM ItemDef/@OID).
    ItemOid,
    /// A code list (ODM CodeList/@OID).
    CodeListOid,
    /// A measurement unit (ODM 1.3 MeasurementUnit/@OID, in ODM 2.0 a coded unit).
    UnitOid,
    /// A derivation (ODM MethodDef/@OID).
    MethodOid,
    /// A collection exception (ODM ConditionDef/@OID). When it is true the item is not collected.
    ConditionOid,
    /// An arm of the study (ODM 2.0 Arm/@OID).
    ArmOid,
    /// An epoch of the study (ODM 2.0 Epoch/@OID).
    EpochOid,
    /// An eligibility criterion (ODM 2.0 Criterion/@OID).
    CriterionOid,
    /// An edit check.
    CheckOid,
    /// A timing constraint (ODM 2.0 StudyTimings).
    TimingOid,
    /// A site of a study (ODM Location/@OID).
    SiteOid,
    /// A subject within its study (ODM SubjectData/@SubjectKey).
    SubjectKey,
    /// Which occurrence of something that repeats; `1` for what does not repeat. Any text: vendors
    /// use keys that are not numbers.
    RepeatKey,
    /// A query about one item, form or event.
    QueryId,
    /// Made by the client for each mutating call; the same id is carried out once.
    RequestId,
}

impl RepeatKey {
    /// The key of what does not repeat.
    pub fn first() -> Self {
        Self::new("1")
    }
}

/// Nothing comes first, then whole numbers in their order (9 before 10), then other texts in byte
/// order.
fn order(left: &str, right: &str) -> Ordering {
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match (is_number(left), is_number(right)) {
        (true, true) => {
            let (a, b) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b)).then_with(|| left.cmp(right))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repeat_keys_are_in_the_order_of_their_numbers() {
        let mut keys: Vec<RepeatKey> = ["10", "b", "9", "1", "a1", "02"].map(Into::into).to_vec();
        keys.sort();
        assert_eq!(keys, ["1", "02", "9", "10", "a1", "b"].map(Into::into));
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[0-9a]{0,3}", b in "[0-9a]{0,3}", c in "[0-9a]{0,3}") {
            prop_assert_eq!(order(&a, &b) == Ordering::Equal, a == b);
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            if order(&a, &b).is_lt() && order(&b, &c).is_lt() {
                prop_assert!(order(&a, &c).is_lt());
            }
        }
    }
}
