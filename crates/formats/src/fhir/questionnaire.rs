//! Forms as Questionnaire resources (<http://hl7.org/fhir/R4/questionnaire.html>).
//!
//! A form becomes one questionnaire, its groups and items become items of it under their OIDs, which
//! are unique in a form. Conditions and derivations are CEL, a language that R4 does not know as one of
//! expressions: they go into extensions of ours as texts.

use kernel::{
    DataType, Texts,
    study::{CodeList, CodeListItem, Comparator, Design, FormDef, GroupShape, ItemDef, ItemShape},
};

use super::{
    answer::{Question, code_list, is_code},
    json::{Json, Object},
    names::{CHOSEN_UNIT, DATA_TYPE, Kind, NAME, Names, TRANSLATION, UCUM, extension},
    out::entry,
    units,
};

/// What must be true for something to be asked, in CEL.
pub(super) const ASKED_WHEN: &str = "urn:casebook:fhir:asked-when";
/// The value of a derived item, in CEL.
pub(super) const DERIVED_BY: &str = "urn:casebook:fhir:derived-by";
pub(super) const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
pub(super) const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
pub(super) const MAX_DECIMALS: &str = "http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces";
pub(super) const UNIT: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";
pub(super) const UNIT_OPTION: &str =
    "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption";
/// The system of the OIDs of forms.
pub(super) const FORM: &str = "urn:cdisc:odm:FormDef";

/// All forms of a study version as the text of a Bundle of questionnaires.
pub fn questionnaires(design: &Design) -> String {
    let version = design.version().hash().to_string();
    let forms = design.version().forms.iter();
    let entries = forms.map(|form| entry(questionnaire_of(design, form, &version[..12])));
    let bundle =
        Object::resource("Bundle").with("type", "collection").with_list("entry", entries.collect());
    let mut out = Vec::new();
    Json::from(bundle).write(&mut out);
    String::from_utf8(out).expect("JSON is text")
}

/// One form as a questionnaire of a version.
pub(super) fn questionnaire_of(design: &Design, form: &FormDef, version: &str) -> Object {
    let names = Names::new(design.version().study_oid.as_str());
    let oid = form.oid.as_str();
    let groups = design.shape(&form.oid).map_or(&[][..], |shape| shape.groups.as_slice());
    let groups = groups.iter().filter(|group| !group.items.is_empty());
    let title = if form.description.is_empty() {
        Texts::one("", form.name.as_str())
    } else {
        form.description.clone()
    };
    let identifier = Object::default().with("system", FORM).with("value", oid);
    let mut resource = Object::resource("Questionnaire")
        .with("id", names.id("Questionnaire", oid))
        .with("url", names.questionnaire(oid))
        .with("identifier", vec![identifier.into()])
        .with("version", version)
        .with("name", name_of(oid));
    text(&mut resource, "title", &title);
    let derived_from = form.aliases.iter().filter(|alias| alias.context == "FHIR");
    resource
        .with_list("derivedFrom", derived_from.map(|alias| alias.name.as_str().into()).collect())
        .with("status", "active")
        .with("subjectType", vec![Json::from("Patient")])
        .with_list("item", groups.map(|group| group_item(&names, design, group)).collect())
}

fn group_item(names: &Names, design: &Design, group: &GroupShape) -> Json {
    let mut extensions = condition(design, group.exception.as_ref());
    let mut said = Texts::default();
    if let Some(def) = design.group(&group.oid) {
        said = def.description.clone();
        if said.is_empty() {
            said = Texts::one("", def.name.as_str());
        }
        extensions.push(extension(NAME, "valueString", &def.name));
    }
    let mut object =
        Object::default().with_list("extension", extensions).with("linkId", group.oid.as_str());
    text(&mut object, "text", &said);
    let items = group.items.iter().map(|item| question(names, design, item));
    object
        .with("type", "group")
        .with_some("required", group.mandatory.then_some(true))
        .with_some("repeats", group.repeats.then_some(true))
        .with("item", Json::List(items.collect()))
        .into()
}

fn question(names: &Names, design: &Design, shape: &ItemShape) -> Json {
    let object = Object::default().with("linkId", shape.oid.as_str());
    let Some(def) = design.item(&shape.oid) else { return object.into() };
    let kind = Question::of(design, def);
    let method = shape.method.as_ref().and_then(|oid| design.method(oid));
    let computed = method.and_then(|method| method.expressions.iter().find(|one| one.is_cel()));
    let mut extensions = vec![extension(NAME, "valueString", &def.name)];
    extensions.extend(data_type(kind, def));
    extensions.extend(unit_extensions(names, design, kind, def));
    extensions.extend(limits(def, kind));
    extensions.extend(condition(design, shape.exception.as_ref()));
    extensions
        .extend(computed.map(|computed| extension(DERIVED_BY, "valueString", &computed.text)));
    let said = [&def.question, &def.description].into_iter().find(|texts| !texts.is_empty());
    let said = said.cloned().unwrap_or_else(|| Texts::one("", &*def.name));
    let mut object = Object::default()
        .with("extension", Json::List(extensions))
        .with("linkId", shape.oid.as_str())
        .with_list("code", loinc(def));
    text(&mut object, "text", &said);
    let length = shape.length.filter(|_| matches!(kind, Question::Text | Question::Url));
    let list = code_list(design, def);
    object
        .with("type", kind.code())
        .with_some("required", shape.mandatory.then_some(true))
        .with_some("readOnly", method.map(|_| true))
        .with_some("maxLength", length.and_then(|length| Json::number(&length.to_string())))
        .with_list("answerOption", list.map(|list| options(names, list)).unwrap_or_default())
        .into()
}

fn loinc(def: &ItemDef) -> Vec<Json> {
    let aliases = def.aliases.iter();
    let loinc = aliases.filter(|alias| alias.context.eq_ignore_ascii_case("LOINC"));
    let coding =
        |code: &str| Object::default().with("system", "http://loinc.org").with("code", code);
    loinc.map(|alias| coding(&alias.name).into()).collect()
}

/// The data type where the question does not tell it: it tells the type that [`type_of`] gives.
fn data_type(kind: Question, def: &ItemDef) -> Option<Json> {
    let told = type_of(kind.code()) == Some(def.data_type);
    let spelled = if def.data_type == DataType::File { "file" } else { def.data_type.as_odm() };
    (!told).then(|| extension(DATA_TYPE, "valueCode", spelled))
}

/// The data type that a type of question stands for; none for what is no question of one value.
pub(super) fn type_of(kind: &str) -> Option<DataType> {
    Some(match kind {
        "boolean" => DataType::Boolean,
        "integer" => DataType::Integer,
        "decimal" | "quantity" => DataType::Decimal,
        "date" => DataType::PartialDate,
        "dateTime" => DataType::PartialDatetime,
        "time" => DataType::Time,
        "url" => DataType::Uri,
        "string" | "text" | "choice" | "open-choice" => DataType::Text,
        "attachment" => DataType::File,
        _ => return None,
    })
}

fn unit_extensions(names: &Names, design: &Design, kind: Question, def: &ItemDef) -> Vec<Json> {
    if kind != Question::Quantity {
        return Vec::new();
    }
    let units = def.units.iter().filter_map(|oid| design.unit(oid));
    let url = if def.units.len() == 1 { UNIT } else { UNIT_OPTION };
    let of_unit = |unit: &kernel::study::UnitDef| {
        let (system, code) = match units::of_def(unit) {
            Some(code) => (UCUM.to_owned(), code),
            None => (names.system(Kind::Unit), unit.oid.to_string()),
        };
        let own = extension(CHOSEN_UNIT, "valueString", unit.oid.as_str());
        let coding = Object::default()
            .with("extension", vec![own])
            .with("system", system)
            .with("code", code)
            .with("display", units::shown(unit));
        Object::default().with("url", url).with("valueCoding", coding).into()
    };
    units.map(of_unit).collect()
}

fn options(names: &Names, list: &CodeList) -> Vec<Json> {
    let option = |item: &CodeListItem| {
        if !is_code(&item.coded_value) {
            return Object::default().with("valueString", item.coded_value.as_str()).into();
        }
        let mut coding = Object::default()
            .with("system", names.code_list(list.oid.as_str()))
            .with("code", item.coded_value.as_str());
        text(&mut coding, "display", &item.decode);
        Object::default().with("valueCoding", coding).into()
    };
    list.items.iter().map(option).collect()
}

/// The hard limits of a value, each once: FHIR knows no others, and a soft one only asks.
fn limits(def: &ItemDef, kind: Question) -> Vec<Json> {
    let limit = |(url, comparator): (&str, Comparator)| -> Option<Json> {
        let mut checks = def.range_checks.iter().filter(|check| check.hard);
        let check = checks.find(|check| check.comparator == Some(comparator))?;
        let value = check.values.first()?;
        let (name, value) = match kind {
            Question::Integer if value.parse::<i32>().is_ok() => {
                ("valueInteger", Json::number(value)?)
            }
            Question::Decimal | Question::Quantity => ("valueDecimal", Json::number(value)?),
            Question::Date => ("valueDate", value.as_str().into()),
            _ => return None,
        };
        Some(Object::default().with("url", url).with(name, value).into())
    };
    let limits = [(MIN_VALUE, Comparator::Ge), (MAX_VALUE, Comparator::Le)];
    let decimals = def.significant_digits.filter(|_| def.data_type.is_number());
    let decimals = decimals.and_then(|digits| Json::number(&digits.to_string()));
    let decimals = decimals
        .map(|digits| Object::default().with("url", MAX_DECIMALS).with("valueInteger", digits));
    limits.into_iter().filter_map(limit).chain(decimals.map(Json::from)).collect()
}

/// When it is asked: in ODM a condition says when it is *not* collected.
fn condition(design: &Design, exception: Option<&kernel::ConditionOid>) -> Vec<Json> {
    let def = exception.and_then(|oid| design.condition(oid));
    let cel = def.and_then(|def| def.expressions.iter().find(|one| one.is_cel()));
    cel.map(|cel| extension(ASKED_WHEN, "valueString", &format!("!({})", cel.text)))
        .into_iter()
        .collect()
}

/// A text with its translations.
fn text(object: &mut Object, name: &'static str, texts: &Texts) {
    let Some(shown) = texts.in_lang("en").filter(|text| !text.is_empty()) else { return };
    object.0.push((name.into(), shown.into()));
    let others = texts.0.iter();
    let others = others.filter(|(lang, other)| !lang.is_empty() && other.as_str() != shown);
    let translation = |(lang, other): (&String, &String)| {
        let said =
            [extension("lang", "valueCode", lang), extension("content", "valueString", other)];
        Object::default().with("url", TRANSLATION).with("extension", said.to_vec()).into()
    };
    let others: Vec<Json> = others.map(translation).collect();
    if !others.is_empty() {
        let beside = Object::default().with("extension", others);
        object.0.push((format!("_{name}").into(), beside.into()));
    }
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
