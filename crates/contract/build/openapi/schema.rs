//! Schemas (JSON Schema 2020-12) of messages, fields and enums.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Result, bail};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use serde_json::{Map, Value, json};

use crate::{
    model::{TIMESTAMP, comment, is_required},
    names::camel,
};

/// Adds the full names of a message and of all that it contains.
pub fn reach(message: &MessageDescriptor, reached: &mut BTreeSet<String>) {
    if message.is_map_entry() || !reached.insert(message.full_name().to_owned()) {
        return;
    }
    for part in parts(message) {
        reach(&part, reached);
    }
}

/// The messages in the fields of a message.
pub fn parts(message: &MessageDescriptor) -> Vec<MessageDescriptor> {
    message.fields().filter_map(|field| field.kind().as_message().cloned()).collect()
}

/// The enums in the fields of a message.
pub fn enums(message: &MessageDescriptor) -> Vec<EnumDescriptor> {
    message.fields().filter_map(|field| field.kind().as_enum().cloned()).collect()
}

/// The name of a component: `casebook.edc.v1.Subject.Status` is `SubjectStatus`, and
/// `casebook.identity.v1.User` is `IdentityUser`. Only the casebooks need no service before them, so
/// that two services may use one word and no name ever changes because a service was added.
pub fn name(full_name: &str) -> String {
    let is_type = |part: &&str| part.starts_with(|c: char| c.is_ascii_uppercase());
    let inside: String = full_name.split('.').filter(is_type).collect();
    match full_name.split('.').nth(1) {
        Some("edc") | None => inside,
        Some(service) => format!("{}{inside}", camel(service)),
    }
}

pub fn reference(full_name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{}", name(full_name))})
}

pub fn message(message: &MessageDescriptor, is_request: bool) -> Result<Value> {
    let about = comment(&message.parent_file(), message.path(), message.full_name())?;
    object(message.fields(), Some(about), is_request)
}

/// An object of these fields. In answers every field without presence is always there; in
/// requests only what is annotated as required must be.
pub fn object(
    fields: impl Iterator<Item = FieldDescriptor>,
    about: Option<String>,
    is_request: bool,
) -> Result<Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut unions: Vec<OneofDescriptor> = Vec::new();
    for field in fields {
        let union = field.containing_oneof().filter(|union| !union.is_synthetic());
        unions.extend(union.filter(|union| !unions.contains(union)));
        let message = matches!(field.kind(), Kind::Message(_)) && !field.is_list();
        let is_optional = field.field_descriptor_proto().proto3_optional();
        let always_written = !field.supports_presence() || (message && !is_optional);
        let in_union = field.containing_oneof().is_some_and(|union| !union.is_synthetic());
        if is_required(&field) || (!is_request && always_written && !in_union) {
            required.push(field.json_name().to_owned());
        }
        properties.insert(field.json_name().to_owned(), self::field(&field)?);
    }

    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("additionalProperties".to_owned(), json!(false));
    if let Some(about) = about {
        schema.insert("description".to_owned(), json!(about));
    }
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let at_most_one: Vec<Value> = unions.iter().flat_map(exclusions).collect();
    if !at_most_one.is_empty() {
        schema.insert("allOf".to_owned(), json!(at_most_one));
    }
    Ok(Value::Object(schema))
}

/// No two fields of a oneof may be given together.
fn exclusions(union: &OneofDescriptor) -> Vec<Value> {
    let names: Vec<String> = union.fields().map(|field| field.json_name().to_owned()).collect();
    let pairs = names.iter().enumerate().flat_map(|(index, first)| {
        names[index + 1..].iter().map(move |second| json!({"not": {"required": [first, second]}}))
    });
    pairs.collect()
}

/// The schema of a field, with its comment.
pub fn field(field: &FieldDescriptor) -> Result<Value> {
    let about = comment(&field.parent_message().parent_file(), field.path(), field.full_name())?;
    let mut schema = if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
        json!({"type": "object", "additionalProperties": kind(&entry.map_entry_value_field())?})
    } else if field.is_list() {
        json!({"type": "array", "items": kind(field)?})
    } else {
        kind(field)?
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), json!(about));
    }
    Ok(schema)
}

fn kind(field: &FieldDescriptor) -> Result<Value> {
    Ok(match field.kind() {
        Kind::String => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int32 => json!({"type": "integer", "format": "int32"}),
        Kind::Int64 => json!({"type": "string", "format": "int64"}),
        Kind::Double => json!({"type": "number", "format": "double"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::Enum(choices) => reference(choices.full_name()),
        Kind::Message(message) if message.full_name() == TIMESTAMP => {
            json!({"type": "string", "format": "date-time"})
        }
        Kind::Message(message) => reference(message.full_name()),
        other => bail!("{} is {other:?}, which has no schema yet", field.full_name()),
    })
}

pub fn choices(choices: &EnumDescriptor) -> Result<Value> {
    let file = choices.parent_file();
    let mut about = comment(&file, choices.path(), choices.full_name())?;
    let mut names = Vec::new();
    for value in choices.values() {
        let meaning = comment(&file, value.path(), value.full_name())?;
        write!(about, "\n- `{}`: {meaning}", value.name())?;
        names.push(value.name().to_owned());
    }
    Ok(json!({"type": "string", "enum": names, "description": about}))
}

/// RFC 9457, with the extensions that carry the contract's error.
pub fn problem() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "type": "object",
        "description": "Why a call was not done (RFC 9457).",
        "required": ["type", "title", "status", "code", "reason", "domain"],
        "properties": {
            "type": text("Names the kind of problem: `urn:casebook:problem:` and the reason."),
            "title": text("The kind of problem in words."),
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": text("What happened, for developers."),
            "instance": text("Names this occurrence by the id of the request."),
            "code": text("The kind of error, as in google.rpc.Code."),
            "reason": text("The stable code that clients act on, such as `FORM_LOCKED`."),
            "domain": text("Who owns the reason: `casebook`."),
            "metadata": {
                "type": "object",
                "description": "Facts about the problem, by name.",
                "additionalProperties": {"type": "string"},
            },
            "violations": {
                "type": "array",
                "description": "The fields that cannot be accepted.",
                "items": {
                    "type": "object",
                    "required": ["field", "description"],
                    "properties": {
                        "field": text("The path of the field, such as `values[0].itemOid`."),
                        "description": text("Why it cannot be accepted, in English."),
                        "reason": text("The stable code of the fault, such as `NOT_OF_TYPE`, where it has one."),
                        "metadata": {
                            "type": "object",
                            "description": "The facts of which the description is made, by name.",
                            "additionalProperties": {"type": "string"},
                        },
                    },
                },
            },
            "details": {
                "type": "array",
                "description": "Messages of the contract, each with its full name in `@type`.",
                "items": {
                    "type": "object",
                    "required": ["@type"],
                    "properties": {"@type": text("The full name of the message.")},
                },
            },
        },
    })
}
