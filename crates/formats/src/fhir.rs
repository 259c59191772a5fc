//! FHIR R4: forms as Questionnaire resources (<http://hl7.org/fhir/R4/questionnaire.html>).
//!
//! A form becomes one questionnaire, its groups and items become items of it under their OIDs, which
//! are unique in a form. What FHIR has no word for, conditions and derivations, goes into the
//! extensions of the SDC guide as CEL.

use kernel::{
    DataType, StudyVersion, Texts,
    study::{CodeList, Comparator, Design, FormDef, GroupShape, ItemDef, ItemShape},
};
use serde_json::{Map, Value, json};

const ENABLE_WHEN: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression";
const CALCULATED: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";
const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";

/// All forms of a study version as a bundle of questionnaires. `base` is the address under which
/// their canonical URLs stand; without one they have none.
pub fn questionnaires(design: &Design, base: Option<&str>) -> Value {
    let version = design.version();
    let entries: Vec<Value> = version
        .forms
        .iter()
        .map(|form| {
            let resource = questionnaire(design, form, base);
            match resource["url"].clone() {
                Value::Null => json!({ "resource": resource }),
                url => json!({ "fullUrl": url, "resource": resource }),
            }
        })
        .collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

/// One form as a questionnaire.
pub fn questionnaire(design: &Design, form: &FormDef, base: Option<&str>) -> Value {
    let version = design.version();
    let id = id_of(&format!("{}-{}", version.study_oid, form.oid));
    let groups = design.shape(&form.oid).map_or(&[][..], |shape| shape.groups.as_slice());
    let items: Vec<Value> = groups
        .iter()
        .filter(|group| !group.items.is_empty())
        .map(|group| group_item(design, group))
        .collect();
    let mut resource = json!({
        "resourceType": "Questionnaire",
        "id": id,
        "identifier": [{ "system": "urn:cdisc:odm:FormDef", "value": form.oid.as_str() }],
        "version": version_of(version),
        "name": name_of(form.oid.as_str()),
        "status": "active",
        "subjectType": ["Patient"],
    });
    let title = if form.description.is_empty() {
        Texts::one("", form.name.as_str())
    } else {
        form.description.clone()
    };
    if let Some(object) = resource.as_object_mut() {
        if let Some(base) = base {
            let url = format!("{}/Questionnaire/{id}", base.trim_end_matches('/'));
            object.insert("url".to_owned(), json!(url));
        }
        text(object, "title", &title);
        if !items.is_empty() {
            object.insert("item".to_owned(), Value::Array(items));
        }
    }
    resource
}

fn version_of(version: &StudyVersion) -> String {
    version.hash().to_string()[..12].to_owned()
}

fn group_item(design: &Design, group: &GroupShape) -> Value {
    let def = design.group(&group.oid);
    let mut object = Map::new();
    object.insert("linkId".to_owned(), json!(group.oid.as_str()));
    if let Some(def) = def {
        let said = if def.description.is_empty() {
            Texts::one("", def.name.as_str())
        } else {
            def.description.clone()
        };
        text(&mut object, "text", &said);
    }
    object.insert("type".to_owned(), json!("group"));
    if group.mandatory {
        object.insert("required".to_owned(), json!(true));
    }
    if group.repeats {
        object.insert("repeats".to_owned(), json!(true));
    }
    condition(design, group.exception.as_ref(), &mut object);
    let items: Vec<Value> = group.items.iter().map(|item| question(design, item)).collect();
    object.insert("item".to_owned(), Value::Array(items));
    Value::Object(object)
}

fn question(design: &Design, shape: &ItemShape) -> Value {
    let mut object = Map::new();
    object.insert("linkId".to_owned(), json!(shape.oid.as_str()));
    let Some(def) = design.item(&shape.oid) else { return Value::Object(object) };
    let said = [&def.question, &def.description].into_iter().find(|texts| !texts.is_empty());
    text(&mut object, "text", &said.cloned().unwrap_or_else(|| Texts::one("", &*def.name)));
    let list = def.code_list.as_ref().and_then(|oid| design.code_list(oid));
    let list = list.filter(|list| !list.items.is_empty());
    let kind = if list.is_some() { "choice" } else { kind_of(def.data_type) };
    object.insert("type".to_owned(), json!(kind));
    if shape.mandatory {
        object.insert("required".to_owned(), json!(true));
    }
    if let (Some(length), "string" | "text" | "url") = (shape.length, kind) {
        object.insert("maxLength".to_owned(), json!(length));
    }
    if let Some(list) = list {
        object.insert("answerOption".to_owned(), Value::Array(options(list)));
    }
    limits(def, kind, &mut object);
    condition(design, shape.exception.as_ref(), &mut object);
    if let Some(method) = shape.method.as_ref().and_then(|oid| design.method(oid)) {
        object.insert("readOnly".to_owned(), json!(true));
        if let Some(computed) = method.expressions.iter().find(|one| one.is_cel()) {
            extend(&mut object, expression(CALCULATED, &computed.text));
        }
    }
    Value::Object(object)
}

/// FHIR has no partial dates apart from its own: `date` and `dateTime` may be cut off there, too.
fn kind_of(data_type: DataType) -> &'static str {
    use DataType as T;
    match data_type {
        T::Boolean => "boolean",
        T::Integer => "integer",
        T::Float | T::Double | T::Decimal => "decimal",
        T::Date | T::PartialDate | T::IncompleteDate => "date",
        T::Datetime | T::PartialDatetime | T::IncompleteDatetime => "dateTime",
        T::Time => "time",
        T::Uri => "url",
        _ => "string",
    }
}

fn options(list: &CodeList) -> Vec<Value> {
    let option = |item: &kernel::study::CodeListItem| {
        let mut coding = Map::new();
        coding.insert("code".to_owned(), json!(item.coded_value));
        if !item.decode.is_empty() {
            text(&mut coding, "display", &item.decode);
        }
        json!({ "valueCoding": coding })
    };
    list.items.iter().map(option).collect()
}

fn limits(def: &ItemDef, kind: &str, object: &mut Map<String, Value>) {
    for check in &def.range_checks {
        let url = match check.comparator {
            Some(Comparator::Ge) => MIN_VALUE,
            Some(Comparator::Le) => MAX_VALUE,
            _ => continue,
        };
        let Some(value) = check.values.first() else { continue };
        let limit = match kind {
            "integer" => value.parse::<i64>().ok().map(|n| ("valueInteger", json!(n))),
            "decimal" => {
                let number: Option<serde_json::Number> = serde_json::from_str(value).ok();
                number.map(|number| ("valueDecimal", Value::Number(number)))
            }
            "date" => Some(("valueDate", json!(value))),
            _ => None,
        };
        if let Some((name, limit)) = limit {
            let mut extension = Map::new();
            extension.insert("url".to_owned(), json!(url));
            extension.insert(name.to_owned(), limit);
            extend(object, Value::Object(extension));
        }
    }
}

/// When it is asked: in ODM a condition says when it is *not* collected.
fn condition(
    design: &Design,
    exception: Option<&kernel::ConditionOid>,
    object: &mut Map<String, Value>,
) {
    let def = exception.and_then(|oid| design.condition(oid));
    let cel = def.and_then(|def| def.expressions.iter().find(|one| one.is_cel()));
    if let Some(cel) = cel {
        extend(object, expression(ENABLE_WHEN, &format!("!({})", cel.text)));
    }
}

fn expression(url: &str, text: &str) -> Value {
    json!({ "url": url, "valueExpression": { "language": "application/cel", "expression": text } })
}

fn extend(object: &mut Map<String, Value>, extension: Value) {
    match object.get_mut("extension").and_then(Value::as_array_mut) {
        Some(extensions) => extensions.push(extension),
        None => {
            object.insert("extension".to_owned(), Value::Array(vec![extension]));
        }
    }
}

/// A text with its translations.
fn text(object: &mut Map<String, Value>, name: &str, texts: &Texts) {
    let Some(shown) = texts.in_lang("en") else { return };
    object.insert(name.to_owned(), json!(shown));
    let others: Vec<Value> = texts
        .0
        .iter()
        .filter(|(lang, other)| !lang.is_empty() && other.as_str() != shown)
        .map(|(lang, other)| {
            json!({ "url": TRANSLATION, "extension": [
                { "url": "lang", "valueCode": lang },
                { "url": "content", "valueString": other },
            ] })
        })
        .collect();
    if !others.is_empty() {
        object.insert(format!("_{name}"), json!({ "extension": others }));
    }
}

/// A text as an id: letters, digits, `-` and `.`, at most 64.
fn id_of(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    text.chars().map(plain).take(64).collect()
}

/// A text as the name of a resource: a capital letter, then letters, digits and underscores.
fn name_of(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(plain).collect();
    let mut chars = name.chars();
    match chars.next() {
        Some(first) if first.is_ascii_alphabetic() => {
            first.to_ascii_uppercase().to_string() + chars.as_str()
        }
        _ => format!("Form_{name}"),
    }
}
