//! The descriptors and the OpenAPI document say everything, and the same.

use std::collections::{BTreeMap, BTreeSet};

use contract::{DESCRIPTORS, OPENAPI, edc::v1, rest::Verb};
use prost_reflect::{DescriptorPool, MethodDescriptor};
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let service = pool.get_service_by_name("casebook.edc.v1.Edc").unwrap();
    service.methods().collect()
}

/// Calls `visit` for every object in the document.
fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|inner| walk(inner, visit));
        }
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, visit)),
        _ => {}
    }
}

#[test]
fn every_method_has_a_route_and_a_comment() {
    let routed: BTreeSet<&str> = v1::rest::routes().iter().map(|route| route.method).collect();
    let methods = methods();
    assert!(methods.len() >= 25, "{}", methods.len());
    for method in methods {
        let name = format!("casebook.edc.v1.Edc/{}", method.name());
        assert!(routed.contains(name.as_str()), "{name} has no route");
        let file = method.parent_service().parent_file().file_descriptor_proto().clone();
        let info = file.source_code_info.unwrap();
        let location = info.location.iter().find(|location| location.path == method.path());
        let comment = location.and_then(|location| location.leading_comments.clone());
        assert!(comment.is_some_and(|text| text.trim().len() > 10), "{name} has no comment");
    }
}

#[test]
fn routes_are_those_that_were_agreed() {
    let routes = v1::rest::routes();
    let found: BTreeMap<&str, (Verb, &str)> =
        routes.iter().rev().map(|r| (r.method, (r.verb, r.template))).collect();
    let route = |method: &str| found[format!("casebook.edc.v1.Edc/{method}").as_str()];
    let form = "/v1/studies/{study_oid}/subjects/{subject_key}\
                /events/{study_event_oid}/{study_event_repeat_key}/forms/{form_oid}/{form_repeat_key}";
    assert_eq!(route("ListStudies"), (Verb::Get, "/v1/studies"));
    assert_eq!(route("GetMatrix"), (Verb::Get, "/v1/studies/{study_oid}/matrix"));
    assert_eq!(route("ScreenSubject"), (Verb::Post, "/v1/studies/{study_oid}/subjects"));
    assert_eq!(route("GetFormRecord"), (Verb::Get, form));
    assert_eq!(route("SaveForm"), (Verb::Put, form));
    assert_eq!(route("SignRecord"), (Verb::Post, format!("{form}:sign").as_str()));
    assert_eq!(
        route("AnswerQuery"),
        (Verb::Post, "/v1/studies/{study_oid}/queries/{query_id}:answer")
    );
    assert_eq!(route("ExportStudy"), (Verb::Get, "/v1/studies/{study_oid}/export"));
}

#[test]
fn no_two_routes_have_the_same_door() {
    let mut doors = BTreeSet::new();
    for route in v1::rest::routes() {
        let segments = route.template.split('/').map(|segment| match segment.split_once('}') {
            Some((_variable, custom_verb)) => format!("*{custom_verb}"),
            None => segment.to_owned(),
        });
        let shape = segments.collect::<Vec<_>>().join("/");
        assert!(doors.insert((route.verb, shape)), "{route:?} is there twice");
    }
}

#[test]
fn the_document_has_every_route_once() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            let verb = Verb::from_name(&verb.to_ascii_uppercase()).unwrap();
            assert!(operation["responses"]["200"].is_object(), "{verb:?} {path}");
            assert!(operation["description"].as_str().is_some_and(|text| !text.is_empty()));
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
            let named: BTreeSet<String> =
                in_path.map(|p| format!("{{{}}}", p["name"].as_str().unwrap())).collect();
            let expected: BTreeSet<String> = path
                .split('{')
                .skip(1)
                .map(|rest| format!("{{{}}}", rest.split('}').next().unwrap()))
                .collect();
            assert_eq!(named, expected, "{path}");
        }
    }
    let of_edc = ids.iter().filter(|id| id.starts_with("Edc_")).count();
    assert_eq!(of_edc, v1::rest::routes().len());
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    walk(&document, &mut |object| {
        references.extend(object.get("$ref").and_then(Value::as_str));
    });
    assert!(references.len() > 100, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_schema_is_used_and_every_property_described() {
    let document = document();
    let mut used = BTreeSet::new();
    walk(&document, &mut |object| {
        used.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
    });
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let reference = format!("#/components/schemas/{name}");
        assert!(used.contains(&reference), "{name} is not used");
        assert!(schema["description"].is_string(), "{name} has no description");
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{name}.{property} has no description");
        }
    }
}

#[test]
fn the_document_has_what_openapi_3_1_asks_for() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert!(tags.iter().any(|tag| *tag == "Edc"), "{tags:?}");
    walk(&document, &mut |object| {
        if let Some(Value::Array(required)) = object.get("required") {
            let properties = object.get("properties").and_then(Value::as_object);
            for name in required {
                let known = properties.is_none_or(|p| p.contains_key(name.as_str().unwrap()));
                assert!(known, "{name} is required but not declared");
            }
        }
    });
}

#[test]
fn answers_say_which_fields_are_always_there() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let required = |name: &str| {
        let list = schemas[name]["required"].as_array().cloned().unwrap_or_default();
        list.iter().map(|one| one.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(required("SaveFormResponse").contains(&"version".to_owned()));
    assert!(!required("SaveFormResponse").contains(&"reason".to_owned()));
    assert!(!required("ItemEntry").contains(&"value".to_owned()));
}
