//! Target: the messages that may say more about an error, so that one that came over the wire has
//! its JSON again.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::names::rust_path;

const OPTION: &str = "casebook.api.v1.error_detail";

pub fn generate(pool: &DescriptorPool) -> Result<String> {
    let option = pool.get_extension_by_name(OPTION).context("error_detail is not declared")?;
    let is_detail = |message: &MessageDescriptor| {
        message.options().get_extension(&option).as_bool().unwrap_or_default()
    };
    let mut bounds = String::new();
    let mut arms = String::new();
    for message in pool.all_messages().filter(is_detail) {
        let path = rust_path(message.package_name(), message.full_name());
        writeln!(bounds, "impl ErrorDetail for {path} {{}}")?;
        let name = message.full_name();
        writeln!(arms, "        {name:?} => crate::grpc::json_of::<{path}>(encoded),")?;
    }
    Ok(format!(
        "{bounds}\
         /// The JSON of a detail. `None` when it is not known, or not what it is called.\n\
         pub(crate) fn detail_json(name: &str, encoded: &[u8]) -> Option<serde_json::Value> {{\n    \
             match name {{\n{arms}        _ => None,\n    }}\n}}\n"
    ))
}
