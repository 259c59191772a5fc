//! Items, code lists, methods, conditions and units as ODM 1.3.2.

use std::io::Write;

use kernel::{
    Texts,
    study::{
        CodeList, CodeListItem, ConditionDef, Expression, ItemDef, MethodDef, RangeCheck, UnitDef,
    },
};

use super::{
    emit::{Dialect::V1, Emit},
    items::{COMPARATORS, UCUM, item_type},
    protocol::description,
    write_v1::{rest, word},
};

pub(super) fn unit(e: &mut Emit<impl Write>, unit: &UnitDef) {
    e.start("MeasurementUnit");
    e.attribute("OID", unit.oid.as_str());
    e.attribute("Name", &unit.name);
    e.kept_attributes(&unit.kept, &[], V1);
    if unit.symbol.is_empty() {
        e.texts("Symbol", &Texts::one("", ""), V1);
    } else {
        e.texts("Symbol", &unit.symbol, V1);
    }
    e.aliases(&unit.aliases);
    if let Some(ucum) = &unit.ucum {
        e.start("Alias");
        e.attribute("Context", UCUM);
        e.attribute("Name", ucum);
        e.end();
    }
    rest(e, &unit.kept);
    e.end();
}

/// The kept elements of ItemDef that have a place of their own.
const IN_ITEM: [&str; 3] = ["ExternalQuestion", "Role", "Alias"];

pub(super) fn item(e: &mut Emit<impl Write>, item: &ItemDef) {
    e.start("ItemDef");
    e.attribute("OID", item.oid.as_str());
    e.attribute("Name", &item.name);
    item_type(e, item.data_type);
    e.count("Length", item.length);
    e.count("SignificantDigits", item.significant_digits);
    e.optional("SASFieldName", item.sas_field_name.as_deref());
    e.optional("SDSVarName", item.sds_var_name.as_deref());
    e.optional("Origin", item.origin.as_deref());
    e.optional("Comment", item.comment.as_deref());
    e.kept_attributes(&item.kept, &[], V1);
    e.texts("Description", &item.description, V1);
    e.texts("Question", &item.question, V1);
    e.kept_named(&item.kept, &["ExternalQuestion"], V1);
    item.units.iter().for_each(|unit| unit_ref(e, unit.as_str()));
    item.range_checks.iter().for_each(|check| range_check(e, check));
    if let Some(list) = &item.code_list {
        e.start("CodeListRef");
        e.attribute("CodeListOID", list.as_str());
        e.end();
    }
    e.kept_named(&item.kept, &["Role"], V1);
    e.aliases(&item.aliases);
    e.kept_named(&item.kept, &["Alias"], V1);
    if let Some(mut node) = description(&item.instructions) {
        "CRFCompletionInstructions".clone_into(&mut node.tag.name);
        e.fragment(&node.fragment());
    }
    e.kept_others(&item.kept, &IN_ITEM, V1);
    e.end();
}

fn unit_ref(e: &mut Emit<impl Write>, oid: &str) {
    e.start("MeasurementUnitRef");
    e.attribute("MeasurementUnitOID", oid);
    e.end();
}

fn range_check(e: &mut Emit<impl Write>, check: &RangeCheck) {
    e.start("RangeCheck");
    e.optional("Comparator", check.comparator.map(|comparator| word(&COMPARATORS, comparator)));
    e.attribute("SoftHard", if check.hard { "Hard" } else { "Soft" });
    e.kept_attributes(&check.kept, &[], V1);
    check.values.iter().for_each(|value| e.simple("CheckValue", value));
    expressions(e, &check.expressions);
    if let Some(unit) = &check.unit {
        unit_ref(e, unit.as_str());
    }
    e.texts("ErrorMessage", &check.message, V1);
    rest(e, &check.kept);
    e.end();
}

fn expressions(e: &mut Emit<impl Write>, expressions: &[Expression]) {
    for one in expressions {
        e.start("FormalExpression");
        e.attribute("Context", &one.context);
        e.text(&one.text);
        e.end();
    }
}

pub(super) fn code_list(e: &mut Emit<impl Write>, list: &CodeList) {
    e.start("CodeList");
    e.attribute("OID", list.oid.as_str());
    e.attribute("Name", &list.name);
    e.attribute("DataType", list.data_type.as_odm());
    e.optional("SASFormatName", list.sas_format_name.as_deref());
    e.kept_attributes(&list.kept, &[], V1);
    e.texts("Description", &list.description, V1);
    let decoded = list.items.iter().any(|item| !item.decode.is_empty());
    list.items.iter().for_each(|item| code_list_item(e, item, decoded));
    external(e, list);
    e.aliases(&list.aliases);
    e.kept_named(&list.kept, &["Alias"], V1);
    e.kept_others(&list.kept, &["Alias", "ExternalCodeList"], V1);
    e.end();
}

/// The dictionary, as it was written if it said more than name and version.
fn external(e: &mut Emit<impl Write>, list: &CodeList) {
    let Some((dictionary, version)) = &list.external else { return };
    let whole = list.kept.elements.iter().any(|fragment| fragment.contains("ExternalCodeList"));
    if whole {
        e.kept_named(&list.kept, &["ExternalCodeList"], V1);
        return;
    }
    e.start("ExternalCodeList");
    e.attribute("Dictionary", dictionary);
    e.attribute("Version", version);
    e.end();
}

/// In a list where any item has a text, one without is given its own value as text: the schema
/// does not let both kinds stand in one list.
fn code_list_item(e: &mut Emit<impl Write>, item: &CodeListItem, decoded: bool) {
    e.start(if decoded { "CodeListItem" } else { "EnumeratedItem" });
    e.attribute("CodedValue", &item.coded_value);
    e.optional("Rank", item.rank.as_deref());
    e.count("OrderNumber", item.order);
    e.kept_attributes(&item.kept, &[], V1);
    if decoded && item.decode.is_empty() {
        e.texts("Decode", &Texts::one("", &item.coded_value), V1);
    } else {
        e.texts("Decode", &item.decode, V1);
    }
    e.aliases(&item.aliases);
    rest(e, &item.kept);
    e.end();
}

pub(super) fn condition(e: &mut Emit<impl Write>, condition: &ConditionDef) {
    e.start("ConditionDef");
    e.attribute("OID", condition.oid.as_str());
    e.attribute("Name", &condition.name);
    e.kept_attributes(&condition.kept, &[], V1);
    e.texts("Description", &condition.description, V1);
    expressions(e, &condition.expressions);
    e.aliases(&condition.aliases);
    rest(e, &condition.kept);
    e.end();
}

pub(super) fn method(e: &mut Emit<impl Write>, method: &MethodDef) {
    e.start("MethodDef");
    e.attribute("OID", method.oid.as_str());
    e.attribute("Name", &method.name);
    e.optional("Type", Some(method.kind.as_str()).filter(|kind| !kind.is_empty()));
    e.kept_attributes(&method.kept, &[], V1);
    e.texts("Description", &method.description, V1);
    expressions(e, &method.expressions);
    e.aliases(&method.aliases);
    rest(e, &method.kept);
    e.end();
}
