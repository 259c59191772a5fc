//! Items, code lists, methods, conditions and units as ODM 2.0.

use std::io::Write;

use kernel::study::{
    CodeList, CodeListItem, ConditionDef, Expression, ItemDef, Kept, MethodDef, RangeCheck, UnitDef,
};

use super::{
    emit::{Dialect::V2, Emit},
    items::{COMPARATORS, UCUM, item_type},
    write_v1::word,
    xml::ODM_1_3,
};

/// A unit, in the namespace of ODM 1.3, which alone has units.
pub(super) fn unit(e: &mut Emit<impl Write>, unit: &UnitDef) {
    e.start("MeasurementUnit");
    e.attribute("xmlns", ODM_1_3);
    e.attribute("OID", unit.oid.as_str());
    e.attribute("Name", &unit.name);
    e.kept_attributes(&unit.kept, &[], V2);
    e.texts("Symbol", &unit.symbol, super::emit::Dialect::V1);
    e.aliases(&unit.aliases);
    if let Some(ucum) = &unit.ucum {
        e.start("Alias");
        e.attribute("Context", UCUM);
        e.attribute("Name", ucum);
        e.end();
    }
    e.kept_others(&unit.kept, &[], V2);
    e.end();
}

fn unit_ref(e: &mut Emit<impl Write>, oid: &str) {
    e.start("MeasurementUnitRef");
    e.attribute("xmlns", ODM_1_3);
    e.attribute("MeasurementUnitOID", oid);
    e.end();
}

/// The kept elements of ItemDef, by where they stand.
const AFTER_QUESTION: [&str; 1] = ["Prompt"];
const AFTER_INSTRUCTIONS: [&str; 2] = ["ImplementationNotes", "CDISCNotes"];
const IN_ITEM: [&str; 7] = [
    "Definition",
    "Prompt",
    "ImplementationNotes",
    "CDISCNotes",
    "ValueListRef",
    "Coding",
    "Alias",
];

pub(super) fn item(e: &mut Emit<impl Write>, item: &ItemDef) {
    e.start("ItemDef");
    e.attribute("OID", item.oid.as_str());
    e.attribute("Name", &item.name);
    item_type(e, item.data_type);
    e.count("Length", item.length);
    let digits = item.significant_digits.map(|digits| digits.to_string());
    e.other(V2, "SignificantDigits", digits.as_deref());
    e.other(V2, "SASFieldName", item.sas_field_name.as_deref());
    e.other(V2, "SDSVarName", item.sds_var_name.as_deref());
    e.other(V2, "Origin", item.origin.as_deref());
    e.other(V2, "Comment", item.comment.as_deref());
    e.kept_attributes(&item.kept, &["DisplayFormat", "VariableSet", "CommentOID"], V2);
    e.texts("Description", &item.description, V2);
    e.kept_named(&item.kept, &["Definition"], V2);
    e.texts("Question", &item.question, V2);
    e.kept_named(&item.kept, &AFTER_QUESTION, V2);
    e.texts("CRFCompletionInstructions", &item.instructions, V2);
    e.kept_named(&item.kept, &AFTER_INSTRUCTIONS, V2);
    item.range_checks.iter().for_each(|check| range_check(e, check));
    if let Some(list) = &item.code_list {
        e.start("CodeListRef");
        e.attribute("CodeListOID", list.as_str());
        e.end();
    }
    e.kept_named(&item.kept, &["ValueListRef", "Coding"], V2);
    e.aliases(&item.aliases);
    e.kept_named(&item.kept, &["Alias"], V2);
    item.units.iter().for_each(|unit| unit_ref(e, unit.as_str()));
    e.kept_others(&item.kept, &IN_ITEM, V2);
    e.end();
}

fn range_check(e: &mut Emit<impl Write>, check: &RangeCheck) {
    e.start("RangeCheck");
    e.optional("Comparator", check.comparator.map(|comparator| word(&COMPARATORS, comparator)));
    e.attribute("SoftHard", if check.hard { "Hard" } else { "Soft" });
    e.kept_attributes(&check.kept, &["ItemOID"], V2);
    check.values.iter().for_each(|value| e.simple("CheckValue", value));
    e.kept_named(&check.kept, &["MethodSignature"], V2);
    expressions(e, &check.expressions);
    e.kept_named(&check.kept, &["FormalExpression"], V2);
    e.texts("ErrorMessage", &check.message, V2);
    if let Some(unit) = &check.unit {
        unit_ref(e, unit.as_str());
    }
    e.kept_others(&check.kept, &["MethodSignature", "FormalExpression"], V2);
    e.end();
}

fn expressions(e: &mut Emit<impl Write>, expressions: &[Expression]) {
    for one in expressions {
        e.start("FormalExpression");
        e.attribute("Context", &one.context);
        e.simple("Code", &one.text);
        e.end();
    }
}

pub(super) fn code_list(e: &mut Emit<impl Write>, list: &CodeList) {
    e.start("CodeList");
    e.attribute("OID", list.oid.as_str());
    e.attribute("Name", &list.name);
    e.attribute("DataType", list.data_type.as_odm());
    e.other(V2, "SASFormatName", list.sas_format_name.as_deref());
    e.kept_attributes(&list.kept, &["CommentOID", "StandardOID", "IsNonStandard"], V2);
    e.texts("Description", &list.description, V2);
    list.items.iter().for_each(|item| code_list_item(e, item));
    e.kept_named(&list.kept, &["Coding"], V2);
    e.aliases(&list.aliases);
    e.kept_named(&list.kept, &["Alias"], V2);
    external(e, list);
    e.kept_others(&list.kept, &["Coding", "Alias"], V2);
    e.end();
}

/// The dictionary, in the word of ODM 1.3; one that says more than name and version is kept whole.
fn external(e: &mut Emit<impl Write>, list: &CodeList) {
    let whole = list.kept.elements.iter().any(|fragment| fragment.contains("ExternalCodeList"));
    if let Some((dictionary, version)) = list.external.as_ref().filter(|_| !whole) {
        e.start("ExternalCodeList");
        e.attribute("xmlns", ODM_1_3);
        e.attribute("Dictionary", dictionary);
        e.attribute("Version", version);
        e.end();
    }
}

fn code_list_item(e: &mut Emit<impl Write>, item: &CodeListItem) {
    e.start("CodeListItem");
    e.attribute("CodedValue", &item.coded_value);
    e.optional("Rank", item.rank.as_deref());
    e.count("OrderNumber", item.order);
    e.kept_attributes(&item.kept, &["Other", "ExtendedValue", "CommentOID"], V2);
    e.kept_named(&item.kept, &["Description"], V2);
    e.texts("Decode", &item.decode, V2);
    e.kept_named(&item.kept, &["Coding"], V2);
    e.aliases(&item.aliases);
    e.kept_named(&item.kept, &["Alias"], V2);
    e.kept_others(&item.kept, &["Description", "Coding", "Alias"], V2);
    e.end();
}

/// The kept elements of conditions and methods, by where they stand.
const IN_COMPUTATION: [&str; 4] = ["MethodSignature", "FormalExpression", "Alias", "DocumentRef"];

/// The parameters, or that there are none.
fn method_signature(e: &mut Emit<impl Write>, kept: &Kept) {
    if kept.elements.iter().any(|fragment| fragment.contains("MethodSignature")) {
        e.kept_named(kept, &["MethodSignature"], V2);
    } else {
        e.start("MethodSignature");
        e.end();
    }
}

pub(super) fn condition(e: &mut Emit<impl Write>, condition: &ConditionDef) {
    e.start("ConditionDef");
    e.attribute("OID", condition.oid.as_str());
    e.attribute("Name", &condition.name);
    e.kept_attributes(&condition.kept, &["CommentOID"], V2);
    e.texts("Description", &condition.description, V2);
    method_signature(e, &condition.kept);
    expressions(e, &condition.expressions);
    e.kept_named(&condition.kept, &["FormalExpression"], V2);
    e.aliases(&condition.aliases);
    e.kept_named(&condition.kept, &["Alias", "DocumentRef"], V2);
    e.kept_others(&condition.kept, &IN_COMPUTATION, V2);
    e.end();
}

pub(super) fn method(e: &mut Emit<impl Write>, method: &MethodDef) {
    e.start("MethodDef");
    e.attribute("OID", method.oid.as_str());
    e.attribute("Name", &method.name);
    e.optional("Type", Some(method.kind.as_str()).filter(|kind| !kind.is_empty()));
    e.kept_attributes(&method.kept, &["CommentOID"], V2);
    e.texts("Description", &method.description, V2);
    method_signature(e, &method.kept);
    expressions(e, &method.expressions);
    e.kept_named(&method.kept, &["FormalExpression"], V2);
    e.aliases(&method.aliases);
    e.kept_named(&method.kept, &["Alias", "DocumentRef"], V2);
    e.kept_others(&method.kept, &IN_COMPUTATION, V2);
    e.end();
}
