//! Target: plain messages (prost) and their proto3 JSON (pbjson).
//!
//! JSON refuses unknown fields and always writes fields that have no presence, so that a zero is
//! seen to be a zero; absent `optional` fields are left out.

use anyhow::Result;
use prost::Message as _;
use prost_reflect::prost_types::FileDescriptorSet;

use crate::{descriptors::Contract, secrets};

const PACKAGES: [&str; 2] = [".casebook", ".google.api"];
const TIMESTAMP: (&str, &str) = (".google.protobuf.Timestamp", "crate::timestamp::Timestamp");

pub fn generate(contract: &Contract) -> Result<()> {
    let set = FileDescriptorSet::decode(contract.encoded.as_slice())?;
    let secret = secrets::messages(&contract.pool);
    prost_build::Config::new()
        .btree_map(["."])
        .skip_debug(secret.iter().map(|message| format!(".{}", message.full_name())))
        .enable_type_names()
        .extern_path(TIMESTAMP.0, TIMESTAMP.1)
        .compile_fds(set)?;
    pbjson_build::Builder::new()
        .register_descriptors(&contract.encoded)?
        .btree_map(["."])
        .extern_path(TIMESTAMP.0, TIMESTAMP.1)
        .emit_fields()
        .build(&PACKAGES)?;
    Ok(())
}
