//! Target: the OpenAPI 3.1 document. Its descriptions are the comments of the `.proto` files.

mod operation;
mod schema;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::model::Service;

/// Messages that stand inside requests: their fields may be left out, those of answers never are.
type Requested = BTreeSet<String>;

pub fn generate(pool: &DescriptorPool, services: &[Service]) -> Result<String> {
    let methods = || services.iter().flat_map(|service| &service.methods);
    let inputs = || methods().map(|method| &method.input);
    let mut requested = Requested::new();
    for message in inputs().flat_map(schema::parts) {
        schema::reach(&message, &mut requested);
    }
    let mut reached = requested.clone();
    for method in methods() {
        schema::reach(&method.output, &mut reached);
    }

    let mut paths = Map::new();
    for service in services {
        for method in &service.methods {
            for (number, binding) in method.bindings.iter().enumerate() {
                let path = operation::path(&binding.template, method);
                let operation = operation::generate(service, method, binding, number)?;
                let item = paths.entry(path).or_insert_with(|| json!({}));
                let item = item.as_object_mut().context("a path item is an object")?;
                item.insert(binding.verb.to_ascii_lowercase(), operation);
            }
        }
    }

    let mut schemas = Map::new();
    let mut owners: Vec<MessageDescriptor> = inputs().cloned().collect();
    for name in reached.iter().filter(|name| !name.starts_with("google.")) {
        let message = pool.get_message_by_name(name).context("it was reached")?;
        schemas.insert(schema::name(name), schema::message(&message, requested.contains(name))?);
        owners.push(message);
    }
    for choices in owners.iter().flat_map(schema::enums) {
        schemas.insert(schema::name(choices.full_name()), schema::choices(&choices)?);
    }
    schemas.insert("Problem".to_owned(), schema::problem());
    Ok(serde_json::to_string(&document(services, &paths, &schemas))?)
}

fn document(
    services: &[Service],
    paths: &Map<String, Value>,
    schemas: &Map<String, Value>,
) -> Value {
    let tag = |service: &Service| json!({"name": service.name, "description": service.comment});
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Casebook",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Open clinical trial platform",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"bearer": []}],
        "tags": services.iter().map(tag).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": {
                "description": "The call was not done.",
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                }},
            }},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    })
}
