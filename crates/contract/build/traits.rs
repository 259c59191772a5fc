//! Target: one async trait per service, over plain messages and an explicit context.

use crate::{
    model::{Method, Service},
    names::rust_path,
};

pub fn generate(service: &Service) -> String {
    let methods = service.methods.iter().map(method).collect::<Vec<_>>().join("\n");
    format!(
        "/// {comment}\n\
         #[async_trait::async_trait]\n\
         pub trait {name}: Send + Sync + 'static {{\n{methods}}}\n",
        comment = service.comment,
        name = service.name,
    )
}

fn method(method: &Method) -> String {
    let input = rust_path(method.input.package_name(), method.input.full_name());
    let answer = answer(method);
    format!(
        "    /// {comment}\n    \
             async fn {name}(\n        \
                 &self,\n        \
                 context: &crate::Context,\n        \
                 request: {input},\n    \
             ) -> Result<{answer}, crate::Error>;\n",
        comment = method.comment,
        name = method.rust_name,
    )
}

/// The type of what a method answers.
pub fn answer(method: &Method) -> String {
    let output = rust_path(method.output.package_name(), method.output.full_name());
    if method.streams {
        format!("futures::stream::BoxStream<'static, Result<{output}, crate::Error>>")
    } else {
        output
    }
}
