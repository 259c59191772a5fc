//! What an edit of the contract changes in a study version: part by part, each as it was and as it
//! will be. What the contract does not say of a definition stays as it is.

mod checks;
mod items;
mod references;
mod schedule;

use contract::build::v1::{Edit, Move, Part, edit::Change, part};
use kernel::study::{
    CodeList, CodeListItem, Design, Expression, Naming, PartChange, PartKind, Placed, UnitDef,
    part as part_of,
};
use kernel::{StudyVersion, Texts};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// The longest OID, in characters.
const MAX_OID_CHARS: usize = 128;
/// The longest text of a definition, in characters.
const MAX_TEXT_CHARS: usize = 4_000;

/// An edit that cannot be made: which field, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub field: String,
    pub why: String,
}

impl Unusable {
    fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }
}

type Made = Result<Vec<PartChange>, Unusable>;

/// The version that is edited.
pub(super) struct Parts<'a> {
    version: &'a StudyVersion,
}

impl<'a> Parts<'a> {
    pub fn new(version: &'a StudyVersion) -> Self {
        Self { version }
    }

    /// What an edit changes; nothing when all is so already.
    pub fn of(&self, edit: &Edit) -> Made {
        let made = match &edit.change {
            None => return Err(Unusable::new("change", "say what to change")),
            Some(Change::PutForm(form)) => self.form(form)?,
            Some(Change::PutItemGroup(group)) => self.item_group(group)?,
            Some(Change::PutItem(item)) => self.item(item)?,
            Some(Change::PutCodeList(list)) => self.code_list(list)?,
            Some(Change::PutCheck(check)) => self.check(check)?,
            Some(Change::PutStudyEvent(event)) => self.study_event(event)?,
            Some(Change::PutUnit(unit)) => self.unit(unit)?,
            Some(Change::Remove(part)) => self.remove(part)?,
            Some(Change::Move(moved)) => self.moved(moved)?,
            Some(Change::NameVersion(naming)) => {
                let naming = Naming {
                    oid: oid("nameVersion.metaDataVersionOid", &naming.meta_data_version_oid)?
                        .into(),
                    name: text("nameVersion.metaDataVersionName", &naming.meta_data_version_name)?,
                };
                vec![self.put(PartKind::Version, "", &naming)]
            }
        };
        Ok(made.into_iter().filter(|change| change.before != change.after).collect())
    }

    fn code_list(&self, list: &contract::edc::v1::CodeList) -> Made {
        let name = oid("putCodeList.codeListOid", &list.code_list_oid)?;
        let mut new = existing(&self.version.code_lists, |one| one.oid.as_str() == name);
        new.oid = name.into();
        new.name = text("putCodeList.name", &list.name)?;
        let old = std::mem::take(&mut new.items);
        for item in &list.items {
            let coded = text("putCodeList.items.codedValue", &item.coded_value)?;
            if coded.is_empty() {
                return Err(Unusable::new("putCodeList.items.codedValue", "a value has a code"));
            }
            let known = old.iter().find(|one| one.coded_value == coded).cloned();
            let known = known.unwrap_or_default();
            let decode = texts("putCodeList.items.decode", &item.decode)?;
            new.items.push(CodeListItem { coded_value: coded, decode, order: None, ..known });
        }
        Ok(vec![self.put::<CodeList>(PartKind::CodeList, name, &new)])
    }

    fn unit(&self, unit: &contract::edc::v1::MeasurementUnit) -> Made {
        let name = oid("putUnit.unitOid", &unit.unit_oid)?;
        let mut new: UnitDef = existing(&self.version.units, |one| one.oid.as_str() == name);
        new.oid = name.into();
        if new.name.is_empty() {
            name.clone_into(&mut new.name);
        }
        new.ucum = unit.ucum.clone().filter(|ucum| !ucum.is_empty());
        new.symbol = texts("putUnit.symbol", &unit.symbol)?;
        Ok(vec![self.put(PartKind::Unit, name, &new)])
    }

    fn remove(&self, part: &Part) -> Made {
        let (kind, before) = self.known("remove", part)?;
        let gone = |kind: PartKind, oid: &str| {
            let before = part_of(self.version, kind, oid)?;
            Some(PartChange { kind, oid: oid.to_owned(), before: Some(before), after: None })
        };
        let oid = part.oid.clone();
        let mut made = vec![PartChange { kind, oid, before: Some(before), after: None }];
        if kind == PartKind::StudyEvent {
            made.extend(gone(PartKind::StudyEventRef, &part.oid));
            let timing =
                self.version.protocol.timings.iter().find(|one| *one.event.as_str() == *part.oid);
            made.extend(timing.and_then(|timing| gone(PartKind::Timing, timing.oid.as_str())));
        }
        Ok(made)
    }

    fn moved(&self, moved: &Move) -> Made {
        let Some(part) = &moved.part else {
            return Err(Unusable::new("move.part", "say what to move"));
        };
        let (kind, before) = self.known("move.part", part)?;
        let at = usize::try_from(moved.position)
            .map_err(|_| Unusable::new("move.position", "a position is at least 0"))?;
        if kind == PartKind::StudyEvent {
            return Ok(self.event_moved(&part.oid, at));
        }
        let after = Placed { at, json: before.json.clone() };
        let (before, after) = (Some(before), Some(after));
        Ok(vec![PartChange { kind, oid: part.oid.clone(), before, after }])
    }

    /// A part that must be there.
    fn known(&self, field: &str, part: &Part) -> Result<(PartKind, Placed), Unusable> {
        let kind = match part.kind() {
            part::Kind::Unspecified => return Err(Unusable::new(field, "say of which kind it is")),
            part::Kind::StudyEvent => PartKind::StudyEvent,
            part::Kind::Form => PartKind::Form,
            part::Kind::ItemGroup => PartKind::ItemGroup,
            part::Kind::Item => PartKind::Item,
            part::Kind::CodeList => PartKind::CodeList,
            part::Kind::Check => PartKind::Check,
            part::Kind::Unit => PartKind::Unit,
        };
        let found = part_of(self.version, kind, &part.oid);
        let unknown =
            || Unusable::new(field, format!("there is no {} {}", kind.as_odm(), part.oid));
        found.map(|placed| (kind, placed)).ok_or_else(unknown)
    }

    /// A part as it is and as it will be, at its place or at the end.
    fn put<T: Serialize>(&self, kind: PartKind, oid: &str, new: &T) -> PartChange {
        let before = part_of(self.version, kind, oid);
        let at = before.as_ref().map_or(usize::MAX, |before| before.at);
        let json = serde_json::to_string(new).expect("a definition has only text keys");
        PartChange { kind, oid: oid.to_owned(), before, after: Some(Placed { at, json }) }
    }

    fn design(&self) -> Design {
        Design::new(Arc::new(self.version.clone()))
    }
}

/// A definition as it is, or an empty one.
fn existing<T: Clone + Default>(list: &[T], is_it: impl Fn(&T) -> bool) -> T {
    list.iter().find(|one| is_it(one)).cloned().unwrap_or_default()
}

pub(super) fn oid<'t>(field: &str, text: &'t str) -> Result<&'t str, Unusable> {
    let count = text.chars().count();
    if count == 0 || count > MAX_OID_CHARS {
        let why = format!("an OID has 1 to {MAX_OID_CHARS} characters");
        return Err(Unusable::new(field, why));
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Unusable::new(field, "an OID has neither blanks nor control characters"));
    }
    Ok(text)
}

fn cel(text: &str) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text: text.to_owned() }
}

pub(super) fn text(field: &str, text: &str) -> Result<String, Unusable> {
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(Unusable::new(field, format!("at most {MAX_TEXT_CHARS} characters")));
    }
    Ok(text.to_owned())
}

/// Texts by language; an empty one is left out.
fn texts(field: &str, given: &BTreeMap<String, String>) -> Result<Texts, Unusable> {
    let mut all = Texts::default();
    for (language, said) in given.iter().filter(|(_, said)| !said.trim().is_empty()) {
        all.set(language.clone(), text(field, said)?);
    }
    Ok(all)
}

fn count(field: &str, number: Option<i32>) -> Result<Option<u32>, Unusable> {
    let Some(number) = number else { return Ok(None) };
    let number = u32::try_from(number).ok().filter(|number| *number <= 1_000_000);
    number.map(Some).ok_or_else(|| Unusable::new(field, "a number from 0 to 1000000"))
}
