//! Target: the gRPC doors of a service, and its remote, which implements its trait from elsewhere.
//!
//! Generated are only the lines that name types; all that happens is written once, in `src/grpc`.

use std::fmt::Write as _;

use anyhow::Result;

use crate::{
    access::Repeat,
    model::{Method, Service},
    names::{rust_module, rust_path},
    traits,
};

pub fn generate(service: &Service) -> Result<String> {
    let service_trait = format!("{}::{}", rust_module(&service.package), service.name);
    let remote = format!("{}Remote", service.name);
    let mut doors = String::new();
    let mut calls = String::new();
    for method in &service.methods {
        let path = format!("/{}/{}", service.full_name, method.name);
        write_door(&mut doors, method, &path)?;
        write_call(&mut calls, method, &path)?;
    }
    Ok(format!(
        "use std::sync::Arc;\n\
         use crate::{{CallerTokens, grpc::{{Answer, Channel, Door, Remote, decode}}}};\n\
         /// The doors of the service, in the order of its methods.\n\
         pub fn doors() -> Vec<Door<dyn {service_trait}>> {{\n    vec![\n{doors}    ]\n}}\n\
         /// `{name}` in another process.\n\
         #[derive(Clone, Debug)]\n\
         pub struct {remote}(Remote);\n\
         impl {remote} {{\n    \
             /// Calls over `channel`; `tokens` sign who calls.\n    \
             pub fn new(channel: Channel, tokens: Arc<dyn CallerTokens>) -> Self {{\n        \
                 Self(Remote::new(channel, tokens))\n    }}\n\
         }}\n\
         #[async_trait::async_trait]\n\
         impl {service_trait} for {remote} {{\n{calls}}}\n",
        name = service.name,
    ))
}

fn write_door(code: &mut String, method: &Method, path: &str) -> Result<()> {
    let call = &method.rust_name;
    let answer = if method.streams { "Answer::pieces(answer)" } else { "Answer::whole(&answer)" };
    writeln!(code, "        Door {{")?;
    writeln!(code, "            path: {path:?},")?;
    writeln!(code, "            call: |service, context, message| Box::pin(async move {{")?;
    writeln!(
        code,
        "                let answer = service.{call}(&context, decode(&message)?).await?;"
    )?;
    writeln!(code, "                Ok({answer})\n            }}),\n        }},")?;
    Ok(())
}

fn write_call(code: &mut String, method: &Method, path: &str) -> Result<()> {
    let input = rust_path(method.input.package_name(), method.input.full_name());
    let answer = traits::answer(method);
    let call = if method.streams { "pieces" } else { "unary" };
    let is_repeatable = match method.repeat {
        Repeat::Safe => "true",
        Repeat::Never => "false",
        Repeat::WithRequestId => "request.request_id.is_some()",
    };
    writeln!(code, "    async fn {}(", method.rust_name)?;
    writeln!(code, "        &self, context: &crate::Context, request: {input},")?;
    writeln!(code, "    ) -> Result<{answer}, crate::Error> {{")?;
    writeln!(code, "        let is_repeatable = {is_repeatable};")?;
    writeln!(
        code,
        "        self.0.{call}(context, {path:?}, is_repeatable, &request).await\n    }}"
    )?;
    Ok(())
}
