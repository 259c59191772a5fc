//! Items: what is asked.

use contract::edc::v1::{self as proto, item_def::DataType as Type, severity::Level};
use kernel::{
    DataType,
    study::{Alias, Comparator, ItemDef, PartChange, PartKind, RangeCheck},
};

use super::{Made, Parts, Unusable, count, existing, oid, text, texts};
use crate::wire::items::{is_sdtm, sdtm_variables};

/// The context of aliases that name SDTM variables.
const SDTM: &str = "SDTM";

impl Parts<'_> {
    pub(super) fn item(&self, item: &proto::ItemDef) -> Made {
        let name = oid("putItem.itemOid", &item.item_oid)?;
        let mut new: ItemDef = existing(&self.version.items, |one| one.oid.as_str() == name);
        new.oid = name.into();
        new.name = text("putItem.name", &item.name)?;
        new.question = texts("putItem.question", &item.question)?;
        let help = texts("putItem.description", &item.description)?;
        if new.instructions.is_empty() {
            new.description = help;
        } else {
            new.instructions = help;
        }
        new.data_type = data_type(item.data_type())?;
        new.length = count("putItem.length", item.length)?;
        new.significant_digits = count("putItem.significantDigits", item.significant_digits)?;
        let list = item.code_list_oid.as_deref().filter(|oid| !oid.is_empty());
        new.code_list = list.map(Into::into);
        new.units = item.unit_oids.iter().map(|unit| unit.as_str().into()).collect();
        let old = std::mem::take(&mut new.range_checks);
        new.range_checks = range_checks(&old, &item.range_checks)?;
        if sdtm_variables(&new) != item.sdtm_variables {
            let is_named =
                |name: &String| item.sdtm_variables.iter().any(|one| one.ends_with(&**name));
            new.sds_var_name = new.sds_var_name.filter(is_named);
            new.aliases.retain(|alias| !is_sdtm(&alias.context));
            let named = item.sdtm_variables.iter().filter(|name| !name.trim().is_empty());
            new.aliases.extend(
                named.map(|name| Alias { context: SDTM.to_owned(), name: name.trim().to_owned() }),
            );
        }
        let mut made = vec![self.put(PartKind::Item, name, &new)];
        made.extend(self.blinding(name, item.blinded));
        Ok(made)
    }

    fn blinding(&self, item: &str, blinded: bool) -> Option<PartChange> {
        let mut new = self.version.blinding.clone();
        let is_listed = new.items.iter().any(|one| one.as_str() == item);
        match (is_listed, blinded) {
            (false, true) => new.items.push(item.into()),
            (true, false) => new.items.retain(|one| one.as_str() != item),
            _ => return None,
        }
        Some(self.put(PartKind::Blinding, "", &new))
    }
}

/// The limits with a comparator are those of the edit; expressions, of which the contract does not
/// tell, stay.
fn range_checks(
    old: &[RangeCheck],
    given: &[proto::RangeCheck],
) -> Result<Vec<RangeCheck>, Unusable> {
    let mut kept = old.iter().filter(|check| check.comparator.is_some());
    let mut new = Vec::with_capacity(given.len());
    for check in given {
        let known = kept.next().cloned().unwrap_or_default();
        new.push(RangeCheck {
            comparator: Some(comparator(check)?),
            values: check.check_values.clone(),
            hard: check.severity() == Level::Hard,
            unit: check.unit_oid.as_deref().filter(|unit| !unit.is_empty()).map(Into::into),
            message: texts("putItem.rangeChecks.message", &check.message)?,
            ..known
        });
    }
    new.extend(old.iter().filter(|check| check.comparator.is_none()).cloned());
    Ok(new)
}

fn comparator(check: &proto::RangeCheck) -> Result<Comparator, Unusable> {
    use proto::range_check::Comparator as C;
    Ok(match check.comparator() {
        C::Unspecified => {
            let why = "say how the value is compared";
            return Err(Unusable::new("putItem.rangeChecks.comparator", why));
        }
        C::Lt => Comparator::Lt,
        C::Le => Comparator::Le,
        C::Gt => Comparator::Gt,
        C::Ge => Comparator::Ge,
        C::Eq => Comparator::Eq,
        C::Ne => Comparator::Ne,
        C::In => Comparator::In,
        C::Notin => Comparator::NotIn,
    })
}

fn data_type(data_type: Type) -> Result<DataType, Unusable> {
    Ok(match data_type {
        Type::Unspecified => return Err(Unusable::new("putItem.dataType", "say of which type")),
        Type::Text => DataType::Text,
        Type::String => DataType::String,
        Type::Integer => DataType::Integer,
        Type::Float => DataType::Float,
        Type::Double => DataType::Double,
        Type::Decimal => DataType::Decimal,
        Type::Boolean => DataType::Boolean,
        Type::Date => DataType::Date,
        Type::Time => DataType::Time,
        Type::Datetime => DataType::Datetime,
        Type::PartialDate => DataType::PartialDate,
        Type::PartialTime => DataType::PartialTime,
        Type::PartialDatetime => DataType::PartialDatetime,
        Type::IncompleteDate => DataType::IncompleteDate,
        Type::IncompleteTime => DataType::IncompleteTime,
        Type::IncompleteDatetime => DataType::IncompleteDatetime,
        Type::DurationDatetime => DataType::DurationDatetime,
        Type::IntervalDatetime => DataType::IntervalDatetime,
        Type::HexBinary => DataType::HexBinary,
        Type::Base64Binary => DataType::Base64Binary,
        Type::HexFloat => DataType::HexFloat,
        Type::Base64Float => DataType::Base64Float,
        Type::Uri => DataType::Uri,
        Type::File => DataType::File,
    })
}
