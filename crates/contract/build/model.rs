//! Services, methods and HTTP bindings as the targets need them, read from the descriptors.
//!
//! What a reader of the API would miss is refused here: a method without an HTTP binding, and a
//! message, field, value or method without a comment.

use anyhow::{Context, Result, bail, ensure};
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor, Value,
};

use crate::{
    access::{self, Access, Repeat},
    names::snake,
};

pub const HTTP_BODY: &str = "google.api.HttpBody";
pub const TIMESTAMP: &str = "google.protobuf.Timestamp";

pub struct Service {
    pub package: String,
    pub name: String,
    pub full_name: String,
    pub comment: String,
    pub methods: Vec<Method>,
}

pub struct Method {
    pub name: String,
    pub rust_name: String,
    pub comment: String,
    pub input: MessageDescriptor,
    pub output: MessageDescriptor,
    /// The method answers with a stream of `HttpBody`.
    pub streams: bool,
    pub access: Access,
    /// The variant of `crate::Priority`.
    pub priority: String,
    pub repeat: Repeat,
    pub bindings: Vec<Binding>,
}

/// One door to a method.
pub struct Binding {
    /// `GET`, `PUT`, `POST`, `PATCH` or `DELETE`.
    pub verb: String,
    pub template: String,
    /// In the order of the template.
    pub path_fields: Vec<FieldDescriptor>,
    pub query_fields: Vec<FieldDescriptor>,
    pub body: Body,
    /// The field that is answered instead of the whole message.
    pub response_body: Option<FieldDescriptor>,
}

pub enum Body {
    None,
    Whole,
    Field(FieldDescriptor),
}

/// The services of our own packages, in the order of the files.
pub fn services(pool: &DescriptorPool) -> Result<Vec<Service>> {
    pool.services()
        .filter(|service| service.package_name().starts_with("casebook."))
        .map(|service| read_service(&service))
        .collect()
}

fn read_service(service: &ServiceDescriptor) -> Result<Service> {
    let methods = service.methods().map(|method| {
        read_method(&method).with_context(|| format!("method {}", method.full_name()))
    });
    Ok(Service {
        package: service.package_name().to_owned(),
        name: service.name().to_owned(),
        full_name: service.full_name().to_owned(),
        comment: comment(&service.parent_file(), service.path(), service.full_name())?,
        methods: methods.collect::<Result<_>>()?,
    })
}

fn read_method(method: &MethodDescriptor) -> Result<Method> {
    let (input, output) = (method.input(), method.output());
    ensure!(!method.is_client_streaming(), "streams from the client have no REST form");
    ensure!(
        method.is_server_streaming() == (output.full_name() == HTTP_BODY),
        "a method answers with a stream exactly when it answers with HttpBody"
    );
    let bindings = read_bindings(method, &input, &output)?;
    let is_get = bindings.iter().all(|binding| binding.verb == "GET");
    Ok(Method {
        name: method.name().to_owned(),
        rust_name: snake(method.name()),
        comment: comment(
            &method.parent_service().parent_file(),
            method.path(),
            method.full_name(),
        )?,
        streams: method.is_server_streaming(),
        access: access::access(method)?,
        priority: access::priority(method, is_get)?,
        repeat: access::repeat(method, is_get),
        bindings,
        input,
        output,
    })
}

fn read_bindings(
    method: &MethodDescriptor,
    input: &MessageDescriptor,
    output: &MessageDescriptor,
) -> Result<Vec<Binding>> {
    let annotation = method
        .parent_pool()
        .get_extension_by_name("google.api.http")
        .context("google.api.http is not declared")?;
    let options = method.options();
    ensure!(options.has_extension(&annotation), "has no google.api.http binding");
    let value = options.get_extension(&annotation);
    let rule = value.as_message().context("google.api.http is a message")?;

    let mut bindings = vec![read_binding(rule, input, output)?];
    for further in list(rule, "additional_bindings") {
        bindings.push(read_binding(&further, input, output)?);
    }
    Ok(bindings)
}

fn read_binding(
    rule: &DynamicMessage,
    input: &MessageDescriptor,
    output: &MessageDescriptor,
) -> Result<Binding> {
    let verbs = ["get", "put", "post", "delete", "patch"];
    let verb = verbs.into_iter().find(|verb| rule.has_field_by_name(verb)).context("no verb")?;
    let template = text(rule, verb);
    let path_fields = variables(&template)?
        .iter()
        .map(|name| field(input, name).with_context(|| format!("in {template}")))
        .collect::<Result<Vec<_>>>()?;

    let body = match text(rule, "body").as_str() {
        "" => Body::None,
        "*" => Body::Whole,
        name => Body::Field(field(input, name)?),
    };
    let query_fields = match &body {
        Body::Whole => Vec::new(),
        body => input
            .fields()
            .filter(|field| !path_fields.contains(field))
            .filter(|field| !matches!(body, Body::Field(bound) if bound == field))
            .collect(),
    };
    for bound in path_fields.iter().chain(&query_fields) {
        ensure!(is_bindable(bound), "{} cannot stand in a path or query", bound.full_name());
    }
    let response_body = match text(rule, "response_body").as_str() {
        "" => None,
        name => Some(field(output, name)?),
    };
    Ok(Binding {
        verb: verb.to_ascii_uppercase(),
        template,
        path_fields,
        query_fields,
        body,
        response_body,
    })
}

/// Only single values: what repeats or nests belongs into a body.
fn is_bindable(field: &FieldDescriptor) -> bool {
    let kind = match field.kind() {
        Kind::Message(message) => message.full_name() == TIMESTAMP,
        Kind::String | Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Enum(_) => true,
        _ => false,
    };
    kind && !field.is_list() && !field.is_map()
}

/// The names in braces. Each must be a whole segment; only the last may be followed by `:verb`.
fn variables(template: &str) -> Result<Vec<String>> {
    let segments = template.strip_prefix('/').context("a template starts with /")?.split('/');
    let mut names = Vec::new();
    for segment in segments {
        let Some(rest) = segment.strip_prefix('{') else {
            ensure!(!segment.is_empty() && !segment.contains('{'), "segment {segment:?}");
            continue;
        };
        let (name, after) = rest.split_once('}').context("a brace is not closed")?;
        ensure!(after.is_empty() || after.starts_with(':'), "segment {segment:?}");
        names.push(name.to_owned());
    }
    Ok(names)
}

fn field(message: &MessageDescriptor, name: &str) -> Result<FieldDescriptor> {
    message
        .get_field_by_name(name)
        .with_context(|| format!("{} has no field {name}", message.full_name()))
}

fn text(message: &DynamicMessage, name: &str) -> String {
    let value = message.get_field_by_name(name);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(message: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let value = message.get_field_by_name(name);
    let items = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_message).cloned().collect()
}

/// Whether a field is annotated `REQUIRED`.
pub fn is_required(field: &FieldDescriptor) -> bool {
    const REQUIRED: i32 = 2;
    let Some(annotation) = field.parent_pool().get_extension_by_name("google.api.field_behavior")
    else {
        return false;
    };
    let options = field.options();
    let value = options.get_extension(&annotation);
    value.as_list().is_some_and(|list| list.iter().any(|v| v.as_enum_number() == Some(REQUIRED)))
}

/// The comment above a declaration, as one paragraph per blank line. Refuses its absence.
pub fn comment(file: &FileDescriptor, path: &[i32], name: &str) -> Result<String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let location = source.and_then(|info| info.location.iter().find(|l| l.path == path));
    let text = location.and_then(|l| l.leading_comments.as_deref()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let comment = lines.join(" ").trim().to_owned();
    if comment.is_empty() {
        bail!("{name} has no comment");
    }
    Ok(comment)
}
