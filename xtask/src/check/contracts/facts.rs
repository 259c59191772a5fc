//! What clients may rely on, read from the descriptors: one line for each thing.
//!
//! A line begins with what it is about, and says after a colon what holds of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, Value,
};
use protox::Compiler;

pub type Facts = BTreeSet<String>;

const REQUIRED: i32 = 2;
const VERBS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The facts of all `.proto` files of ours in a folder.
pub fn of(root: &Path) -> Result<Facts> {
    let mut files = Vec::new();
    proto_files(root, &mut files)?;
    let mut compiler = Compiler::new([root])?;
    compiler.include_imports(true).open_files(files)?;
    Ok(of_pool(&compiler.descriptor_pool()))
}

pub fn of_pool(pool: &DescriptorPool) -> Facts {
    let mut facts = Facts::new();
    // What methods say about themselves is for us; what follows from it is not the wire format.
    let is_ours = |name: &str| name.starts_with("casebook.") && !name.starts_with("casebook.api.");
    for message in pool.all_messages().filter(|message| is_ours(message.full_name())) {
        of_message(&message, &mut facts);
    }
    for choices in pool.all_enums().filter(|choices| is_ours(choices.full_name())) {
        of_enum(&choices, &mut facts);
    }
    for service in pool.services().filter(|service| is_ours(service.full_name())) {
        for method in service.methods() {
            of_method(&method, &mut facts);
        }
    }
    facts
}

/// What a line is about.
pub fn subject(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(subject, _)| subject)
}

/// Whether a line is about a field that must be given.
pub fn is_required(line: &str) -> bool {
    line.starts_with("field ") && line.ends_with(" required")
}

/// The line that says that the message of a field is there.
pub fn message_of(line: &str) -> String {
    format!("message {}: is there", owner(line))
}

/// The same line about a field that must be given.
pub fn as_required(line: &str) -> String {
    format!("{line} required")
}

/// Whether a line is about a field of a message that is among those.
pub fn is_sent(line: &str, sent: &BTreeSet<String>) -> bool {
    line.starts_with("field ") && sent.contains(owner(line))
}

/// The messages that clients send: what methods take, and what is in it.
pub fn sent(facts: &Facts) -> BTreeSet<String> {
    let told = |line: &String| line.split_once(": ").map(|(_, what)| what.to_owned());
    let methods = facts.iter().filter(|line| line.starts_with("method ")).filter_map(told);
    let mut waiting: Vec<String> = methods.flat_map(|what| messages(&what, " -> ")).collect();
    let mut sent = BTreeSet::new();
    while let Some(message) = waiting.pop() {
        let fields = format!("field {message}.");
        if sent.insert(message) {
            let within = facts.iter().filter(|line| line.starts_with(&fields)).filter_map(told);
            waiting.extend(within.flat_map(|what| messages(&what, " = ")));
        }
    }
    sent
}

/// The messages of ours that a text names before a mark.
fn messages(text: &str, mark: &str) -> Vec<String> {
    let named = text.split_once(mark).map_or(text, |(named, _)| named);
    let words = named.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_'));
    words.filter(|word| word.starts_with("casebook.")).map(str::to_owned).collect()
}

/// The message that a field belongs to.
fn owner(line: &str) -> &str {
    let field = subject(line).trim_start_matches("field ");
    field.rsplit_once('.').map_or(field, |(message, _)| message)
}

fn of_message(message: &MessageDescriptor, facts: &mut Facts) {
    if message.is_map_entry() {
        return;
    }
    facts.insert(format!("message {}: is there", message.full_name()));
    for field in message.fields() {
        let union = field.containing_oneof().filter(|union| !union.is_synthetic());
        let union = union.map(|union| format!(" of {}", union.name())).unwrap_or_default();
        let required = if is_required_field(&field) { " required" } else { "" };
        facts.insert(format!(
            "field {}: {} = {} as {}{union}{required}",
            field.full_name(),
            kind(&field),
            field.number(),
            field.json_name(),
        ));
    }
}

fn kind(field: &FieldDescriptor) -> String {
    if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        return format!("map<{}, {}>", name(&key.kind()), name(&value.kind()));
    }
    let kind = name(&field.kind());
    match (field.is_list(), field.field_descriptor_proto().proto3_optional()) {
        (true, _) => format!("repeated {kind}"),
        (_, true) => format!("optional {kind}"),
        _ => kind,
    }
}

fn name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(choices) => choices.full_name().to_owned(),
        simple => format!("{simple:?}").to_lowercase(),
    }
}

fn is_required_field(field: &FieldDescriptor) -> bool {
    let annotation = field.parent_pool().get_extension_by_name("google.api.field_behavior");
    annotation.is_some_and(|annotation| {
        let options = field.options();
        let value = options.get_extension(&annotation);
        value
            .as_list()
            .is_some_and(|list| list.iter().any(|v| v.as_enum_number() == Some(REQUIRED)))
    })
}

fn of_enum(choices: &EnumDescriptor, facts: &mut Facts) {
    for value in choices.values() {
        facts.insert(format!("value {}.{}: {}", choices.full_name(), value.name(), value.number()));
    }
}

fn of_method(method: &MethodDescriptor, facts: &mut Facts) {
    let (name, service) = (method.name(), method.parent_service().full_name().to_owned());
    let stream = |is_stream: bool| if is_stream { "stream " } else { "" };
    facts.insert(format!(
        "method {service}/{name}: {}{} -> {}{}",
        stream(method.is_client_streaming()),
        method.input().full_name(),
        stream(method.is_server_streaming()),
        method.output().full_name(),
    ));
    let Some(annotation) = method.parent_pool().get_extension_by_name("google.api.http") else {
        return;
    };
    let options = method.options();
    let value = options.get_extension(&annotation);
    let Some(rule) = value.as_message() else { return };
    let further = rule.get_field_by_name("additional_bindings");
    let further = further.as_deref().and_then(Value::as_list).unwrap_or_default();
    let further = further.iter().filter_map(Value::as_message);
    for (number, door) in std::iter::once(rule).chain(further).enumerate() {
        // The order of doors is not promised: each is a thing of its own.
        let which =
            if number == 0 { String::new() } else { format!(" also by {}", template(door)) };
        facts.insert(format!("door {service}/{name}{which}: {}", binding(door)));
    }
}

fn template(rule: &DynamicMessage) -> String {
    let verb = VERBS.into_iter().find(|verb| rule.has_field_by_name(verb)).unwrap_or_default();
    format!("{} {}", verb.to_uppercase(), text(rule, verb))
}

fn binding(rule: &DynamicMessage) -> String {
    let part = |name: &str| match text(rule, name).as_str() {
        "" => String::new(),
        value => format!(" {name} {value}"),
    };
    format!("{}{}{}", template(rule), part("body"), part("response_body"))
}

fn text(message: &DynamicMessage, name: &str) -> String {
    let value = message.get_field_by_name(name);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn proto_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            proto_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(())
}
