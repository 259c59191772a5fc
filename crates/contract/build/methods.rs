//! Target: the table of all methods, with what each says about itself.

use std::fmt::Write as _;

use anyhow::Result;

use crate::{access::Access, model::Service};

pub fn generate(services: &[Service]) -> Result<String> {
    let mut code = String::new();
    writeln!(code, "/// The methods of all services, in the order of the files.")?;
    writeln!(code, "pub const METHODS: &[Method] = &[")?;
    for service in services {
        for method in &service.methods {
            let access = match &method.access {
                Access::Public => "Access::Public".to_owned(),
                Access::SignedIn => "Access::SignedIn".to_owned(),
                Access::Act { act, scope } => {
                    format!("Access::Act(crate::Act::{act}, Reach::{scope})")
                }
            };
            writeln!(
                code,
                "    Method {{ path: \"/{service}/{name}\", service: {service:?}, name: {name:?}, \
                 access: {access}, repeat: Repeat::{repeat:?}, \
                 priority: Priority::{priority}, streams: {streams}, \
                 study_field: {study_field:?} }},",
                service = service.full_name,
                name = method.name,
                repeat = method.repeat,
                priority = method.priority,
                streams = method.streams,
                study_field = method.input.get_field_by_name("study_oid").map(|f| f.number()),
            )?;
        }
    }
    writeln!(code, "];")?;
    Ok(code)
}
