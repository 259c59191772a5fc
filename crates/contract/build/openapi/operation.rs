//! One operation of the OpenAPI document: one binding of one method.

use anyhow::Result;
use prost_reflect::FieldDescriptor;
use serde_json::{Value, json};

use super::schema;
use crate::model::{Binding, Body, Method, Service, is_required};

/// The template with the names of variables as they are spelled in JSON.
pub fn path(template: &str, method: &Method) -> String {
    let mut path = template.to_owned();
    for field in method.input.fields() {
        let variable = format!("{{{}}}", field.name());
        path = path.replace(&variable, &format!("{{{}}}", field.json_name()));
    }
    path
}

pub fn generate(
    service: &Service,
    method: &Method,
    binding: &Binding,
    number: usize,
) -> Result<Value> {
    let mut parameters = Vec::new();
    for field in &binding.path_fields {
        parameters.push(parameter(field, "path", true)?);
    }
    for field in &binding.query_fields {
        parameters.push(parameter(field, "query", is_required(field))?);
    }
    let operation_id = match number {
        0 => format!("{}_{}", service.name, method.name),
        further => format!("{}_{}_{further}", service.name, method.name),
    };
    let mut operation = json!({
        "operationId": operation_id,
        "tags": [service.name],
        "summary": first_sentence(&method.comment),
        "description": method.comment,
        "parameters": parameters,
        "responses": {
            "200": success(method, binding),
            "default": {"$ref": "#/components/responses/Problem"},
        },
    });
    let body = match &binding.body {
        Body::None => None,
        Body::Whole => Some(body_without_path(method, binding)?),
        Body::Field(field) => Some(schema::field(field)?),
    };
    if let (Some(schema), Some(operation)) = (body, operation.as_object_mut()) {
        let content = json!({"application/json": {"schema": schema}});
        operation.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
    }
    Ok(operation)
}

/// The request message, less the fields that the path gives.
fn body_without_path(method: &Method, binding: &Binding) -> Result<Value> {
    let fields = method.input.fields().filter(|field| !binding.path_fields.contains(field));
    schema::object(fields, None, true)
}

fn parameter(field: &FieldDescriptor, place: &str, required: bool) -> Result<Value> {
    let mut schema = schema::field(field)?;
    let description = schema.as_object_mut().and_then(|object| object.remove("description"));
    Ok(json!({
        "name": field.json_name(),
        "in": place,
        "required": required,
        "description": description,
        "schema": schema,
    }))
}

fn success(method: &Method, binding: &Binding) -> Value {
    if method.streams {
        // Any document: OpenAPI 3.1 describes its bytes by saying nothing of them.
        let any = json!({"*/*": {}});
        return json!({"description": "The document.", "content": any});
    }
    let output =
        binding.response_body.as_ref().and_then(|field| field.kind().as_message().cloned());
    let output = output.as_ref().unwrap_or(&method.output);
    json!({
        "description": "Done.",
        "content": {"application/json": {"schema": schema::reference(output.full_name())}},
    })
}

fn first_sentence(comment: &str) -> &str {
    comment.split_once(". ").map_or(comment, |(sentence, _)| sentence).trim_end_matches('.')
}
