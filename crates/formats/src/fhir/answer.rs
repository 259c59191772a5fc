//! What an item holds, as an answer of FHIR and back.

use kernel::{
    DataType, PartialDate, UnitOid,
    casebook::DatumRef,
    study::{CodeList, Design, ItemDef},
};

use super::{
    json::{Json, Object},
    names::{
        ABSENT, CHOSEN_UNIT, COLLECTED, Kind, Names, UCUM, absent, extension, extension_text,
        missing, taken_apart,
    },
    units,
};
use crate::mapping::Given;

/// What a question of a questionnaire asks for (<http://hl7.org/fhir/R4/valueset-item-type.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Choice,
    Quantity,
    Boolean,
    Integer,
    Decimal,
    Date,
    DateTime,
    Time,
    Url,
    Text,
}

impl Question {
    /// A code list makes a choice, and a unit makes of a number a quantity.
    pub(super) fn of(design: &Design, def: &ItemDef) -> Self {
        use DataType as T;
        if code_list(design, def).is_some() {
            return Self::Choice;
        }
        match def.data_type {
            number if number.is_number() && !def.units.is_empty() => Self::Quantity,
            T::Boolean => Self::Boolean,
            T::Integer => Self::Integer,
            T::Float | T::Double | T::Decimal => Self::Decimal,
            T::Date | T::PartialDate | T::IncompleteDate => Self::Date,
            T::Datetime | T::PartialDatetime | T::IncompleteDatetime => Self::DateTime,
            T::Time => Self::Time,
            T::Uri => Self::Url,
            _ => Self::Text,
        }
    }

    /// The type in a questionnaire.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Quantity => "quantity",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Time => "time",
            Self::Url => "url",
            Self::Text => "string",
        }
    }

    /// The type of its answers.
    fn value(self) -> &'static str {
        match self {
            Self::Choice => "Coding",
            Self::Quantity => "Quantity",
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Decimal => "Decimal",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Time => "Time",
            Self::Url => "Uri",
            Self::Text => "String",
        }
    }
}

/// The code list of an item that has codes of its own; a dictionary has none.
pub(super) fn code_list<'d>(design: &'d Design, def: &ItemDef) -> Option<&'d CodeList> {
    let list = design.code_list(def.code_list.as_ref()?)?;
    (!list.items.is_empty()).then_some(list)
}

/// A value of FHIR: the name of its type, the value, and what is said beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub of: &'static str,
    pub value: Option<Json>,
    pub beside: Option<Json>,
}

impl Typed {
    fn plain(of: &'static str, value: impl Into<Json>) -> Self {
        Self { of, value: Some(value.into()), beside: None }
    }

    /// As the members `valueX` and `_valueX` of an object.
    pub(super) fn put(self, object: Object) -> Object {
        let name = format!("value{}", self.of);
        let extensions = self.beside.map(|one| Json::List(vec![one]));
        if matches!(self.of, "Coding" | "Quantity") {
            let value = match (self.value, extensions) {
                (None, Some(beside)) => Some(Object::default().with("extension", beside).into()),
                (value, _) => value,
            };
            return object.with_some(name, value);
        }
        let beside = extensions.map(|list| Object::default().with("extension", list));
        object.with_some(name.clone(), self.value).with_some(format!("_{name}"), beside)
    }
}

/// What says how values are written.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub names: &'a Names,
    pub design: &'a Design,
    /// The language of what people read (BCP 47).
    pub language: &'a str,
}

impl Words<'_> {
    /// A value, or why it is missing; none for a blank one.
    pub(super) fn typed(&self, def: &ItemDef, datum: DatumRef<'_>) -> Option<Typed> {
        let question = Question::of(self.design, def);
        match datum {
            DatumRef::Value { text, unit } => Some(self.value(def, question, text, unit)),
            DatumRef::Missing(reason) => Some(Typed {
                of: question.value(),
                value: None,
                beside: Some(extension(ABSENT, "valueCode", absent(reason))),
            }),
            DatumRef::Blank => None,
        }
    }

    fn value(&self, def: &ItemDef, question: Question, text: &str, unit: Option<&str>) -> Typed {
        let fitted = match question {
            Question::Choice => {
                is_code(text).then(|| Typed::plain("Coding", self.coding(def, text)))
            }
            Question::Quantity => Json::number(text)
                .map(|number| Typed::plain("Quantity", self.quantity(def, number, unit))),
            Question::Boolean => match text {
                "true" => Some(Typed::plain("Boolean", true)),
                "false" => Some(Typed::plain("Boolean", false)),
                _ => None,
            },
            // FHIR has integers of 32 bits; what is larger is a decimal.
            Question::Integer if text.parse::<i32>().is_err() => {
                Json::number(text).map(|number| Typed::plain("Decimal", number))
            }
            Question::Integer => Json::number(text).map(|number| Typed::plain("Integer", number)),
            Question::Decimal => Json::number(text).map(|number| Typed::plain("Decimal", number)),
            Question::Date => is_date(text).then(|| Typed::plain("Date", text)),
            Question::DateTime => date_time(text),
            Question::Time => Some(time(text)),
            Question::Url => {
                (!text.contains(char::is_whitespace)).then(|| Typed::plain("Uri", text))
            }
            Question::Text => None,
        };
        fitted.unwrap_or_else(|| Typed::plain("String", text))
    }

    /// A code of the code list of an item.
    pub(super) fn coding(&self, def: &ItemDef, code: &str) -> Json {
        let list = code_list(self.design, def);
        let known = list.and_then(|list| list.items.iter().find(|one| one.coded_value == code));
        let display = known.and_then(|item| item.decode.in_lang(self.language));
        Object::default()
            .with_some("system", list.map(|list| self.names.code_list(list.oid.as_str())))
            .with("code", code)
            .with_some("display", display.filter(|text| !text.is_empty()))
            .into()
    }

    fn quantity(&self, def: &ItemDef, number: Json, chosen: Option<&str>) -> Json {
        let implied = || match def.units.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        let unit = chosen.map(UnitOid::new).or_else(implied);
        let unit = unit.and_then(|oid| self.design.unit(&oid));
        let chosen = chosen.map(|oid| Json::List(vec![extension(CHOSEN_UNIT, "valueString", oid)]));
        let quantity = Object::default().with_some("extension", chosen).with("value", number);
        let Some(unit) = unit else { return quantity.into() };
        let (system, code) = match units::of_def(unit) {
            Some(code) => (UCUM.to_owned(), code),
            None => (self.names.system(Kind::Unit), unit.oid.to_string()),
        };
        quantity.with("unit", units::shown(unit)).with("system", system).with("code", code).into()
    }
}

/// What an item is given, and its unit.
pub(super) type Value = (Given, Option<UnitOid>);

/// What an answer says: nothing, or a value with its unit, or why there is none. Refuses what the item
/// cannot hold; whether a value is one of its type, the save decides.
pub(super) fn read(
    words: Words<'_>,
    def: &ItemDef,
    answer: &Json,
) -> Result<Option<Value>, String> {
    let values: Vec<_> =
        answer.members().iter().filter(|(name, _)| name.starts_with("value")).collect();
    let beside = answer.members().iter().find(|(name, _)| name.starts_with("_value"));
    let places = values.iter().map(|(_, value)| value).chain(beside.map(|(_, value)| value));
    for place in places.chain([answer]) {
        if let Some(code) = extension_text(place, ABSENT) {
            let said = || format!("'{code}' is no reason for which a value can be missing here");
            return Ok(Some((Given::Missing(missing(code).ok_or_else(said)?), None)));
        }
    }
    let (name, value) = match values.as_slice() {
        [] => return Ok(None),
        [(name, value)] => (name.as_ref(), value),
        _ => return Err("it has values of several types".to_owned()),
    };
    if let Some(collected) = beside.and_then(|(_, beside)| extension_text(beside, COLLECTED)) {
        return Ok(Some((Given::Text(collected.to_owned()), None)));
    }
    if name == "valueQuantity" {
        return quantity(words, def, value).map(Some);
    }
    let text = match (name, value) {
        ("valueCoding", coding) => code(words, def, coding)?,
        ("valueCodeableConcept", concept) => concept_code(words, def, concept)?,
        (_, Json::Text(text)) => text.clone(),
        (_, Json::Number(number)) => number.to_string(),
        (_, Json::Bool(on)) => on.to_string(),
        _ => return Err(format!("a {name} cannot be taken as the value of an item")),
    };
    Ok(Some((Given::Text(text), None)))
}

/// The code of a coding whose system is that of the code list, or none.
fn code(words: Words<'_>, def: &ItemDef, coding: &Json) -> Result<String, String> {
    let list = code_list(words.design, def);
    let (code, system) = (coding.text("code"), coding.text("system"));
    if let (Some(list), Some(system)) = (list, system) {
        let alias = |alias: &&kernel::study::Alias| alias.context == "FHIR" && alias.name == system;
        let own = words.names.code_list(list.oid.as_str());
        if system != own && list.aliases.iter().find(alias).is_none() {
            let said = "its code is of system";
            return Err(format!(
                "{said} {system}, the item takes codes of {own} or without a system"
            ));
        }
    }
    let text = code.or_else(|| coding.text("display").filter(|_| list.is_none()));
    text.map(str::to_owned).ok_or_else(|| "its coding has no code".to_owned())
}

/// The code of a concept: the coding that is of the code list, else its only one, else its text.
fn concept_code(words: Words<'_>, def: &ItemDef, concept: &Json) -> Result<String, String> {
    let codings = concept.list("coding");
    let is_ours = |coding: &&Json| {
        coding
            .text("system")
            .and_then(taken_apart)
            .is_some_and(|(study, _)| study == words.names.study())
    };
    match (codings.iter().find(is_ours), codings, concept.text("text")) {
        (Some(own), _, _) => code(words, def, own),
        (None, [], Some(text)) if code_list(words.design, def).is_none() => Ok(text.to_owned()),
        (None, [only], _) => code(words, def, only),
        _ => Err("none of its codings is of the code list of the item".to_owned()),
    }
}

fn quantity(words: Words<'_>, def: &ItemDef, quantity: &Json) -> Result<Value, String> {
    let Some(Json::Number(number)) = quantity.get("value") else {
        return Err("its quantity has no value".to_owned());
    };
    let comparator = quantity.text("comparator").unwrap_or_default();
    if !comparator.is_empty() && def.data_type.is_number() {
        return Err(format!("a number cannot be '{comparator}{number}'"));
    }
    let given = Given::Text(format!("{comparator}{number}"));
    if let Some(chosen) = extension_text(quantity, CHOSEN_UNIT) {
        return Ok((given, Some(chosen.into())));
    }
    let said = [quantity.text("code"), quantity.text("unit")];
    if def.units.is_empty() || said.iter().all(Option::is_none) {
        return Ok((given, None));
    }
    let is_said = |oid: &&UnitOid| {
        let unit = words.design.unit(oid);
        unit.is_some_and(|unit| match quantity.text("code") {
            Some(code) if quantity.text("system") == Some(UCUM) => {
                units::of_def(unit).as_deref() == Some(code)
            }
            Some(code) => unit.oid.as_str() == code || units::shown(unit) == code,
            None => {
                let texts = unit.symbol.0.values().chain([&unit.name]);
                texts.into_iter().any(|text| said[1] == Some(text))
            }
        })
    };
    if let Some(oid) = def.units.iter().find(is_said) {
        return Ok((given, (def.units.len() > 1).then(|| oid.clone())));
    }
    let unit = said.into_iter().flatten().next().unwrap_or_default();
    Err(format!("'{unit}' is not a unit of the item"))
}

/// Whether a text is a code of FHIR: no space at its ends, and no two together.
pub(super) fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
}

/// Whether a text is a date of FHIR, which may be partial: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    !text.contains('T') && !text.starts_with("0000") && PartialDate::parse(text).is_some()
}

/// A date, or date and time. FHIR wants seconds and a zone with a time; where they were not collected, the
/// value is the date, and the whole of it stands beside.
pub(super) fn date_time(text: &str) -> Option<Typed> {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    if !is_date(date) {
        return None;
    }
    if time.is_empty() || (date.len() == 10 && is_zoned(time)) {
        return Some(Typed::plain("DateTime", text));
    }
    let beside = Some(extension(COLLECTED, "valueString", text));
    Some(Typed { beside, ..Typed::plain("DateTime", date) })
}

/// A time of day; FHIR wants seconds.
fn time(text: &str) -> Typed {
    if text.len() == 5 {
        let beside = Some(extension(COLLECTED, "valueString", text));
        return Typed { beside, ..Typed::plain("Time", format!("{text}:00")) };
    }
    Typed::plain("Time", text)
}

/// Whether a time has seconds and a zone.
fn is_zoned(time: &str) -> bool {
    let Some(zone) = time.find(['Z', '+', '-']) else { return false };
    let (clock, zone) = time.split_at(zone);
    let parts: Vec<&str> = clock.split(['.', ':']).collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let has_zone = zone == "Z" || (zone.len() == 6 && zone.as_bytes()[3] == b':');
    (3..=4).contains(&parts.len()) && parts.iter().all(digits) && has_zone
}
