//! Items, code lists, units and checks of a design.

use contract::edc::v1::{
    self as proto, check::Scope, item_def::DataType as Type, range_check, severity::Level,
};
use kernel::{
    DataType,
    study::{
        CheckAction, CheckScope, CodeList, Comparator, Design, EditCheck, Example, ItemDef,
        RangeCheck, StudyVersion, UnitDef,
    },
};

use super::value;

pub(crate) fn item(version: &StudyVersion, item: &ItemDef) -> proto::ItemDef {
    let help = if item.instructions.is_empty() { &item.description } else { &item.instructions };
    let verified =
        version.sdv.rules.iter().any(|rule| {
            rule.percent > 0 && (rule.items.is_empty() || rule.items.contains(&item.oid))
        });
    proto::ItemDef {
        sdtm_variables: sdtm_variables(item),
        item_oid: item.oid.to_string(),
        name: item.name.clone(),
        question: value::texts(&item.question),
        description: value::texts(help),
        data_type: data_type(item.data_type).into(),
        length: item.length.map(value::number),
        significant_digits: item.significant_digits.map(value::number),
        code_list_oid: item.code_list.as_ref().map(ToString::to_string),
        unit_oids: item.units.iter().map(ToString::to_string).collect(),
        range_checks: item.range_checks.iter().filter_map(range).collect(),
        blinded: version.blinding.items.contains(&item.oid),
        verification_required: verified,
    }
}

/// The SDTM variables that a design names for an item, by aliases or, where it has none, by
/// SDSVarName of ODM 1.3.
pub(crate) fn sdtm_variables(item: &ItemDef) -> Vec<String> {
    let aliases = item.aliases.iter().filter(|alias| is_sdtm(&alias.context));
    let named: Vec<String> = aliases.map(|alias| alias.name.clone()).collect();
    if named.is_empty() { item.sds_var_name.iter().cloned().collect() } else { named }
}

/// Whether the context of an alias is SDTM.
pub(crate) fn is_sdtm(context: &str) -> bool {
    context.to_ascii_uppercase().contains("SDTM")
}

/// A limit with a comparator; a limit that is an expression has no place in the contract.
fn range(check: &RangeCheck) -> Option<proto::RangeCheck> {
    let comparator = match check.comparator? {
        Comparator::Lt => range_check::Comparator::Lt,
        Comparator::Le => range_check::Comparator::Le,
        Comparator::Gt => range_check::Comparator::Gt,
        Comparator::Ge => range_check::Comparator::Ge,
        Comparator::Eq => range_check::Comparator::Eq,
        Comparator::Ne => range_check::Comparator::Ne,
        Comparator::In => range_check::Comparator::In,
        Comparator::NotIn => range_check::Comparator::Notin,
    };
    Some(proto::RangeCheck {
        comparator: comparator.into(),
        check_values: check.values.clone(),
        unit_oid: check.unit.as_ref().map(ToString::to_string),
        severity: if check.hard { Level::Hard } else { Level::Soft }.into(),
        message: value::texts(&check.message),
    })
}

pub(crate) fn code_list(list: &CodeList) -> proto::CodeList {
    let items = list.items.iter().map(|item| proto::CodeListItem {
        coded_value: item.coded_value.clone(),
        decode: value::texts(&item.decode),
    });
    proto::CodeList {
        code_list_oid: list.oid.to_string(),
        name: list.name.clone(),
        items: items.collect(),
    }
}

pub(crate) fn unit(unit: &UnitDef) -> proto::MeasurementUnit {
    proto::MeasurementUnit {
        unit_oid: unit.oid.to_string(),
        ucum: unit.ucum.clone(),
        symbol: value::texts(&unit.symbol),
    }
}

pub(crate) fn check(design: &Design, check: &EditCheck) -> proto::Check {
    let repeats = |group: &&kernel::ItemGroupOid| {
        design.group(group).is_some_and(kernel::study::ItemGroupDef::repeats)
    };
    let scope = match check.scope {
        CheckScope::Item => Scope::ItemGroup,
        CheckScope::Form => Scope::Form,
        CheckScope::Event => Scope::StudyEvent,
        CheckScope::Across => Scope::Subject,
    };
    let severity = match check.action {
        CheckAction::Query => Level::Soft,
        CheckAction::Refuse => Level::Hard,
    };
    proto::Check {
        check_oid: check.oid.to_string(),
        scope: scope.into(),
        expression: check.expression.text.clone(),
        message: value::texts(&check.message),
        severity: severity.into(),
        form_oid: check.form.to_string(),
        item_group_oid: check.group.as_ref().filter(repeats).map(ToString::to_string),
        item_oid: check.item.to_string(),
        name: check.name.clone(),
        study_event_oids: check.events.iter().map(ToString::to_string).collect(),
        blinded: check.blinded,
        examples: check.examples.iter().map(example).collect(),
    }
}

fn example(example: &Example) -> proto::check::Example {
    proto::check::Example { given: example.given.clone(), expect: example.expect.clone() }
}

fn data_type(data_type: DataType) -> Type {
    match data_type {
        DataType::Text => Type::Text,
        DataType::String => Type::String,
        DataType::Integer => Type::Integer,
        DataType::Float => Type::Float,
        DataType::Double => Type::Double,
        DataType::Decimal => Type::Decimal,
        DataType::Boolean => Type::Boolean,
        DataType::Date => Type::Date,
        DataType::Time => Type::Time,
        DataType::Datetime => Type::Datetime,
        DataType::PartialDate => Type::PartialDate,
        DataType::PartialTime => Type::PartialTime,
        DataType::PartialDatetime => Type::PartialDatetime,
        DataType::IncompleteDate => Type::IncompleteDate,
        DataType::IncompleteTime => Type::IncompleteTime,
        DataType::IncompleteDatetime => Type::IncompleteDatetime,
        DataType::DurationDatetime => Type::DurationDatetime,
        DataType::IntervalDatetime => Type::IntervalDatetime,
        DataType::HexBinary => Type::HexBinary,
        DataType::Base64Binary => Type::Base64Binary,
        DataType::HexFloat => Type::HexFloat,
        DataType::Base64Float => Type::Base64Float,
        DataType::Uri => Type::Uri,
        DataType::File => Type::File,
    }
}
