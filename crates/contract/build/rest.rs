//! Target: the REST routes of a service.
//!
//! One async function per binding: body to message, path and query into it, call, answer to bytes.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use prost_reflect::{Cardinality, FieldDescriptor, Kind};

use crate::{
    model::{Binding, Body, Method, Service, is_required},
    names::{rust_field, rust_module, rust_path},
};

pub fn generate(service: &Service) -> Result<String> {
    let mut routes = String::new();
    let mut functions = String::new();
    for method in &service.methods {
        for (number, binding) in method.bindings.iter().enumerate() {
            let function = format!("{}_{number}", method.rust_name);
            write_route(&mut routes, service, method, binding, &function)?;
            write_function(&mut functions, method, binding, &function)?;
        }
    }
    let service_trait = format!("{}::{}", rust_module(&service.package), service.name);
    Ok(format!(
        "use std::sync::Arc;\n\
         use crate::{{Context, Error, rest::{{Answer, Request, Route, Verb, bind}}}};\n\
         type Service = dyn {service_trait};\n\
         /// The routes of the service, in the order of its methods.\n\
         pub fn routes() -> Vec<Route<Service>> {{\n    vec![\n{routes}    ]\n}}\n{functions}"
    ))
}

fn write_route(
    code: &mut String,
    service: &Service,
    method: &Method,
    binding: &Binding,
    function: &str,
) -> Result<()> {
    let verb = &binding.verb[..1];
    let verb_rest = binding.verb[1..].to_ascii_lowercase();
    writeln!(code, "        Route {{")?;
    writeln!(code, "            verb: Verb::{verb}{verb_rest},")?;
    writeln!(code, "            template: {:?},", binding.template)?;
    writeln!(code, "            method: \"{}/{}\",", service.full_name, method.name)?;
    writeln!(code, "            call: |s, c, r| Box::pin({function}(s, c, r)),")?;
    writeln!(code, "        }},")?;
    Ok(())
}

fn write_function(
    code: &mut String,
    method: &Method,
    binding: &Binding,
    function: &str,
) -> Result<()> {
    let input = rust_path(method.input.package_name(), method.input.full_name());
    writeln!(code, "async fn {function}(")?;
    writeln!(code, "    service: Arc<Service>, context: Context, request: Request,")?;
    writeln!(code, ") -> Result<Answer, Error> {{")?;
    match &binding.body {
        Body::Whole => writeln!(code, "    let mut message: {input} = request.body()?;")?,
        Body::None => {
            writeln!(code, "    request.no_body()?;")?;
            writeln!(code, "    let mut message = {input}::default();")?;
        }
        Body::Field(field) => {
            ensure!(matches!(field.kind(), Kind::Message(_)), "a body field is a message");
            writeln!(code, "    let mut message = {input}::default();")?;
            writeln!(code, "    message.{} = Some(request.body()?);", rust_field(field.name())?)?;
        }
    }
    for (index, field) in binding.path_fields.iter().enumerate() {
        ensure!(!matches!(field.kind(), Kind::Enum(_)), "an enum cannot stand in a path");
        let (name, json) = (rust_field(field.name())?, field.json_name());
        writeln!(code, "    bind::path(&mut message.{name}, {json:?}, request.path({index})?)?;")?;
    }
    write_query(code, binding)?;
    write_required(code, method, binding)?;
    let name = &method.rust_name;
    writeln!(code, "    let answer = service.{name}(&context, message).await?;")?;
    match (&binding.response_body, method.streams) {
        (_, true) => writeln!(code, "    Answer::stream(answer).await")?,
        (None, false) => writeln!(code, "    Answer::json(&answer)")?,
        (Some(field), false) => {
            ensure!(matches!(field.kind(), Kind::Message(_)), "a response body is a message");
            writeln!(code, "    Answer::json(&answer.{})", rust_field(field.name())?)?;
        }
    }
    writeln!(code, "}}")?;
    Ok(())
}

fn write_query(code: &mut String, binding: &Binding) -> Result<()> {
    let known: Vec<&str> = binding.query_fields.iter().map(FieldDescriptor::json_name).collect();
    if known.is_empty() {
        writeln!(code, "    if let Some((name, _)) = request.query()?.first() {{")?;
        writeln!(code, "        return Err(bind::unknown_parameter(name, &[]));\n    }}")?;
        return Ok(());
    }
    writeln!(code, "    let mut seen = Vec::new();")?;
    writeln!(code, "    for (name, text) in request.query()? {{\n        match name.as_str() {{")?;
    for field in &binding.query_fields {
        let (name, json) = (rust_field(field.name())?, field.json_name());
        let pattern =
            if name == json { format!("{json:?}") } else { format!("{json:?} | {name:?}") };
        writeln!(code, "            {pattern} => {{")?;
        writeln!(code, "                bind::once(&mut seen, {json:?})?;")?;
        let slot = format!("&mut message.{name}, {json:?}, &text");
        match field.kind() {
            Kind::Enum(choices) => {
                let path = rust_path(choices.package_name(), choices.full_name());
                let names: Vec<String> = choices
                    .values()
                    .filter(|value| value.number() != 0)
                    .map(|value| value.name().to_owned())
                    .collect();
                writeln!(
                    code,
                    "                bind::choice({slot}, &{names:?}, {path}::from_str_name)?;"
                )?;
            }
            _ => writeln!(code, "                bind::query({slot})?;")?,
        }
        writeln!(code, "            }}")?;
    }
    writeln!(code, "            _ => return Err(bind::unknown_parameter(&name, &{known:?})),")?;
    writeln!(code, "        }}\n    }}")?;
    Ok(())
}

/// Fields from the path are never empty, so only the others are looked at.
fn write_required(code: &mut String, method: &Method, binding: &Binding) -> Result<()> {
    let fields = method.input.fields();
    let required = fields.filter(|f| is_required(f) && !binding.path_fields.contains(f));
    let checks = required
        .map(|field| {
            let name = rust_field(field.name())?;
            let given = match (field.kind(), field.cardinality()) {
                (_, Cardinality::Repeated) => format!("!message.{name}.is_empty()"),
                (Kind::String, _) if field.supports_presence() => {
                    format!("message.{name}.as_deref().is_some_and(|text| !text.is_empty())")
                }
                _ if field.supports_presence() => format!("message.{name}.is_some()"),
                (Kind::String, _) => format!("!message.{name}.is_empty()"),
                _ => format!("message.{name} != 0"),
            };
            Ok(format!("({:?}, {given})", field.json_name()))
        })
        .collect::<Result<Vec<_>>>()?;
    if !checks.is_empty() {
        writeln!(code, "    bind::required(&[{}])?;", checks.join(", "))?;
    }
    Ok(())
}
