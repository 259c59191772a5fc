//! What somebody typed, turned into changes of a record, or a refusal that says why not.

use std::{collections::BTreeMap, str::FromStr};

use rust_decimal::Decimal;

use super::{
    event::{ItemChange, RowChanges},
    record::{FormRecord, ItemKey, RecordKey, RowKey},
    refusal::{Conflict, ItemFault, Refusal},
    unfit::Unfit,
};
use crate::{
    DataType, Datum, ItemOid, MissingReason, PartialDate, UnitOid, ValueFault, canonical,
    study::{Comparator, FormShape, GroupShape, ItemShape, RangeCheck},
};

/// One save of one form: any subset of its items, as one change.
#[derive(Clone, Debug)]
pub struct SaveForm {
    pub record: RecordKey,
    /// The version of the record that the saver saw, 0 for a new one; `None` takes what is there
    /// (imports, which compare value by value).
    pub seen_version: Option<u64>,
    pub complete: Option<bool>,
    pub assignments: Vec<Assignment>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub row: RowKey,
    pub item: ItemOid,
    pub entered: Entered,
}

/// What was entered for one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// Text as typed, and the unit if one was chosen.
    Value {
        raw: String,
        unit: Option<UnitOid>,
    },
    Missing(MissingReason),
    /// Makes the item blank.
    Clear,
}

/// Turns assignments into the changes they make: typed, canonical, checked against code list,
/// length, unit and hard range; what changes nothing is left out.
///
/// Refuses stale saves with both values, all faulty values at once, frozen, locked and removed
/// records, and changes of complete values without a reason.
pub fn typed_changes(
    shape: &FormShape,
    record: Option<&FormRecord>,
    save: &SaveForm,
) -> Result<Vec<RowChanges>, Refusal> {
    let empty = FormRecord::default();
    let current = record.unwrap_or(&empty);
    let mut faults = Vec::new();
    let mut rows: BTreeMap<&RowKey, Vec<ItemChange>> = BTreeMap::new();
    for assignment in &save.assignments {
        let (group, item) = find(shape, save, assignment)?;
        let new = match typed(item, &assignment.entered) {
            Ok(new) => new,
            Err(why) => {
                faults.push(ItemFault { item: key(assignment), why });
                continue;
            }
        };
        if current.rows.get(&assignment.row).is_some_and(|row| row.removed) {
            return Err(assignment.row.clone().into());
        }
        let old = current.datum(&assignment.row, &assignment.item);
        if old == new.as_ref() {
            continue;
        }
        if item.method.is_some() {
            return Err(Refusal::ItemDerived(item.oid.clone()));
        }
        let changes = rows.entry(&assignment.row).or_default();
        if changes.iter().any(|change| change.0 == item.oid) {
            return Err(Refusal::ItemTwice(item.oid.clone()));
        }
        changes.push(ItemChange(item.oid.clone(), old.cloned(), new, None));
        within_limit(group, current, &rows)?;
    }
    let rows: Vec<RowChanges> =
        rows.into_iter().map(|(row, changes)| RowChanges(row.clone(), changes)).collect();
    if rows.is_empty() && faults.is_empty() && save.complete.is_none_or(|c| c == current.complete) {
        return Ok(rows);
    }
    fresh(current, save)?;
    open_for_entry(current)?;
    if !faults.is_empty() {
        return Err(Refusal::ValueInvalid(faults));
    }
    reason_given(current, save, &rows)?;
    Ok(rows)
}

fn key(assignment: &Assignment) -> ItemKey {
    ItemKey { row: assignment.row.clone(), item: assignment.item.clone() }
}

fn find<'a>(
    shape: &'a FormShape,
    save: &SaveForm,
    assignment: &Assignment,
) -> Result<(&'a GroupShape, &'a ItemShape), Refusal> {
    let oid = &assignment.row.group;
    let group = shape.group(oid).ok_or_else(|| Refusal::GroupNotInForm {
        form: save.record.form.clone(),
        group: oid.clone(),
    })?;
    if !group.repeats && assignment.row.repeat.as_str() != "1" {
        return Err(Refusal::NotRepeating(oid.to_string()));
    }
    let item = group.item(&assignment.item).ok_or_else(|| Refusal::ItemNotInGroup {
        group: oid.clone(),
        item: assignment.item.clone(),
    })?;
    Ok((group, item))
}

/// What an entry for an item becomes.
fn typed(item: &ItemShape, entered: &Entered) -> Result<Option<Datum>, Unfit> {
    let (raw, unit) = match entered {
        Entered::Clear => return Ok(None),
        Entered::Missing(reason) => return Ok(Some(Datum::Missing(*reason))),
        Entered::Value { raw, unit } => (raw, unit),
    };
    let text = canonical(item.data_type, raw)?;
    fits(item, &text)?;
    let name = || item.name.to_string();
    if item.codes.as_ref().is_some_and(|codes| !codes.contains(&*text)) {
        return Err(Unfit::NotInCodeList { text: text.to_string(), item: name() });
    }
    match unit {
        Some(unit) if !item.units.contains(unit) => {
            return Err(Unfit::UnitUnknown { unit: unit.clone(), item: name() });
        }
        None if item.units.len() > 1 => return Err(Unfit::UnitMissing(name())),
        _ => {}
    }
    let hard = item.range_checks.iter().filter(|check| check.hard);
    for check in hard.filter(|check| range_check_applies(check, unit.as_ref())) {
        if range_check_holds(check, item.data_type, &text) == Some(false) {
            let message = check.message.clone();
            return Err(Unfit::OutOfRange { text: text.to_string(), message });
        }
    }
    Ok(Some(Datum::Value { text, unit: unit.clone() }))
}

/// What a recorded value is under another version of its study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Fits,
    /// The form does not have the item, or not in this group.
    NoItem,
    NotInCodeList,
    /// Its type, length, decimals, unit or hard limits do not allow it.
    Invalid,
}

/// Whether a recorded value could be entered on a form of this shape.
pub fn fit(shape: &FormShape, row: &RowKey, item: &ItemOid, datum: &Datum) -> Fit {
    let Some(item) = shape.group(&row.group).and_then(|group| group.item(item)) else {
        return Fit::NoItem;
    };
    let Datum::Value { text, unit } = datum else { return Fit::Fits };
    if item.codes.as_ref().is_some_and(|codes| !codes.contains(&**text)) {
        return Fit::NotInCodeList;
    }
    let entered = Entered::Value { raw: text.to_string(), unit: unit.clone() };
    if typed(item, &entered).is_ok() { Fit::Fits } else { Fit::Invalid }
}

fn fits(item: &ItemShape, text: &str) -> Result<(), ValueFault> {
    if let Some(limit) = item.decimals.filter(|_| item.data_type.is_number()) {
        let actual = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        if actual > limit as usize {
            let actual = u32::try_from(actual).unwrap_or(u32::MAX);
            return Err(ValueFault::TooManyDecimals { text: text.into(), actual, limit });
        }
    }
    if let Some(limit) = item.length {
        let counted = match item.data_type {
            DataType::Text | DataType::String | DataType::Uri => text.chars().count(),
            other if other.is_number() => text.bytes().filter(u8::is_ascii_digit).count(),
            _ => 0,
        };
        if counted > limit as usize {
            let shown = text.chars().take(40).collect();
            return Err(ValueFault::TooLong { text: shown, actual: counted, limit });
        }
    }
    Ok(())
}

fn range_check_applies(check: &RangeCheck, unit: Option<&UnitOid>) -> bool {
    match (&check.unit, unit) {
        (Some(of_check), Some(of_value)) => of_check == of_value,
        _ => true,
    }
}

/// Whether a value satisfies a range check; `None` when that cannot be said (a partial date, an
/// expression, a check value that is not of the item's type).
pub fn range_check_holds(check: &RangeCheck, data_type: DataType, text: &str) -> Option<bool> {
    use std::cmp::Ordering;
    let compare = |value: &str| -> Option<Ordering> {
        if data_type.is_number() {
            Some(Decimal::from_str(text).ok()?.cmp(&Decimal::from_str(value.trim()).ok()?))
        } else if data_type.is_date() {
            let (left, right) = (PartialDate::parse(text)?, PartialDate::parse(value.trim())?);
            match (left.before(&right), right.before(&left)) {
                (Some(true), _) => Some(Ordering::Less),
                (_, Some(true)) => Some(Ordering::Greater),
                (Some(false), Some(false)) => Some(Ordering::Equal),
                _ => None,
            }
        } else {
            Some(text.cmp(value))
        }
    };
    let first = || compare(check.values.first()?);
    let any = || {
        let each: Option<Vec<Ordering>> = check.values.iter().map(|value| compare(value)).collect();
        each.map(|all| all.contains(&Ordering::Equal))
    };
    match check.comparator? {
        Comparator::Lt => first().map(Ordering::is_lt),
        Comparator::Le => first().map(Ordering::is_le),
        Comparator::Gt => first().map(Ordering::is_gt),
        Comparator::Ge => first().map(Ordering::is_ge),
        Comparator::Eq => first().map(Ordering::is_eq),
        Comparator::Ne => first().map(Ordering::is_ne),
        Comparator::In => any(),
        Comparator::NotIn => any().map(|found| !found),
    }
}

fn within_limit(
    group: &GroupShape,
    current: &FormRecord,
    rows: &BTreeMap<&RowKey, Vec<ItemChange>>,
) -> Result<(), Refusal> {
    let Some(limit) = group.limit else { return Ok(()) };
    let existing = current.rows_of(&group.oid).count();
    let new =
        rows.keys().filter(|row| row.group == group.oid && !current.rows.contains_key(row)).count();
    if existing + new > limit as usize {
        return Err(Refusal::TooManyRows { group: group.oid.clone(), limit });
    }
    Ok(())
}

fn fresh(current: &FormRecord, save: &SaveForm) -> Result<(), Refusal> {
    let Some(seen) = save.seen_version.filter(|seen| *seen != current.version) else {
        return Ok(());
    };
    let yours = |entered: &Entered| match entered {
        Entered::Value { raw, unit } => {
            Some(Datum::Value { text: raw.as_str().into(), unit: unit.clone() })
        }
        Entered::Missing(reason) => Some(Datum::Missing(*reason)),
        Entered::Clear => None,
    };
    let conflicts = save
        .assignments
        .iter()
        .map(|assignment| Conflict {
            item: key(assignment),
            yours: yours(&assignment.entered),
            theirs: current.datum(&assignment.row, &assignment.item).cloned(),
        })
        .collect();
    Err(Refusal::StaleRecord { seen, actual: current.version, conflicts })
}

/// Refuses what must not be changed now.
fn open_for_entry(record: &FormRecord) -> Result<(), Refusal> {
    if record.removed {
        Err(Refusal::RecordRemoved)
    } else if record.locked {
        Err(Refusal::FormLocked)
    } else if record.frozen {
        Err(Refusal::FormFrozen)
    } else {
        Ok(())
    }
}

/// A value that was complete changes only with a reason (21 CFR 11.10(e), ICH E6(R3) 4.2.4).
fn reason_given(current: &FormRecord, save: &SaveForm, rows: &[RowChanges]) -> Result<(), Refusal> {
    let given = save.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    if given || !current.complete {
        return Ok(());
    }
    let changed: Vec<ItemOid> = rows
        .iter()
        .flat_map(|row| &row.1)
        .filter(|change| change.1.is_some())
        .map(|change| change.0.clone())
        .collect();
    if changed.is_empty() { Ok(()) } else { Err(Refusal::ReasonMissing(changed)) }
}
