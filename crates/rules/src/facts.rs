//! What a rule asks of the world.

use std::{fmt, sync::Arc};

use kernel::{
    Datum, PartialDate,
    laboratory::{Asked, NoRange, ReferenceRange},
};

use crate::RangeCall;

/// What the names of a rule hold. `None` is a blank item; a missing one is a
/// [`Datum::Missing`]. All texts are canonical.
///
/// Only [`item`](Self::item) must be written; the rest answers "nothing" until it is.
pub trait Facts: Sync {
    /// The item of this name in the record, or in the row, on which the rule runs.
    fn item(&self, name: &str) -> Option<&Datum>;

    /// The same item at the last earlier event, in the order of the schedule, that has a value.
    fn previous(&self, _item: &str) -> Option<Datum> {
        None
    }

    /// An item of a form (OID) at an event (OID). Where either repeats: as [`last`](Self::last).
    fn value(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.last(event, form, item)
    }

    /// The item in the first repeat of the event and form that has a value.
    fn first(&self, _event: &str, _form: &str, _item: &str) -> Option<Datum> {
        None
    }

    /// The item in the last repeat of the event and form that has a value.
    fn last(&self, _event: &str, _form: &str, _item: &str) -> Option<Datum> {
        None
    }

    /// The item in every row of its repeating group in the same record, in order; blank ones
    /// may be left out.
    fn rows(&self, _item: &str) -> Vec<Datum> {
        Vec::new()
    }

    /// How many records of a form (OID) the casebook holds.
    fn count(&self, _form: &str) -> u32 {
        0
    }

    /// How many other records or rows of the same form of the same participant, at any event,
    /// hold the same values in all these items. Asked only when all of them have one here.
    fn others(&self, _items: &[String]) -> u32 {
        0
    }

    /// The date from which study days are counted, usually that of the first dose.
    fn reference_date(&self) -> Option<PartialDate> {
        None
    }

    /// The reference range of a laboratory result at the participant's site, or why there is none.
    fn range(&self, asked: &Asked<'_>) -> Result<Arc<ReferenceRange>, NoRange> {
        Err(NoRange::Test(asked.test.to_owned()))
    }

    /// Whether a code list (OID) has this coded value.
    fn code_list_has(&self, _list: &str, _value: &str) -> bool {
        false
    }
}

/// What a rule reads besides the items of its own record. Printed as it is written in a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    Previous { item: String },
    Value { event: String, form: String, item: String },
    First { event: String, form: String, item: String },
    Last { event: String, form: String, item: String },
    Rows { item: String },
    Count { form: String },
    Others { items: Vec<String> },
    ReferenceDate,
    Range(Box<RangeCall>),
}

impl Reference {
    /// The value that it reads, as recorded; `None` for what is counted or is no value of an item.
    pub(crate) fn read(&self, facts: &dyn Facts) -> Option<Datum> {
        match self {
            Self::Previous { item } => facts.previous(item),
            Self::Value { event, form, item } => facts.value(event, form, item),
            Self::First { event, form, item } => facts.first(event, form, item),
            Self::Last { event, form, item } => facts.last(event, form, item),
            Self::Range(call) => call.of(call.find(facts).ok()?.as_ref()),
            Self::Rows { .. } | Self::Count { .. } | Self::Others { .. } | Self::ReferenceDate => {
                None
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Previous { item } => write!(f, "previous({item:?})"),
            Self::Value { event, form, item } => write!(f, "value({event:?}, {form:?}, {item:?})"),
            Self::First { event, form, item } => write!(f, "first({event:?}, {form:?}, {item:?})"),
            Self::Last { event, form, item } => write!(f, "last({event:?}, {form:?}, {item:?})"),
            Self::Rows { item } => write!(f, "rows({item:?})"),
            Self::Count { form } => write!(f, "count({form:?})"),
            Self::Others { items } => {
                let quoted: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
                write!(f, "others({})", quoted.join(", "))
            }
            Self::ReferenceDate => f.write_str("reference date"),
            Self::Range(call) => call.fmt(f),
        }
    }
}
