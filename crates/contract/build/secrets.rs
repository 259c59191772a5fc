//! Target: `Debug` of messages that hold secrets. It says the name of the message and no more, so
//! that no log line that prints a message can hold one.

use std::{collections::BTreeMap, fmt::Write as _};

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::names::rust_path;

/// Fields that are secrets wherever they stand.
const ALWAYS: [&str; 2] = ["client_secret", "signing_ticket"];
/// Fields that are secrets in messages of the identity service.
const OF_IDENTITY: [&str; 13] = [
    "password",
    "old_password",
    "new_password",
    "token",
    "secret",
    "access_token",
    "key",
    "code",
    "ticket",
    "flow_secret",
    "recovery_codes",
    "otpauth_uri",
    "state",
];
const IDENTITY: &str = "casebook.identity.";

fn is_secret(message: &MessageDescriptor) -> bool {
    let is_identity = message.package_name().starts_with(IDENTITY);
    message.fields().any(|field| {
        ALWAYS.contains(&field.name()) || (is_identity && OF_IDENTITY.contains(&field.name()))
    })
}

/// The full names of messages with secrets.
pub fn messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    pool.all_messages().filter(is_secret).collect()
}

/// The code for each package that has such messages.
pub fn generate(pool: &DescriptorPool) -> BTreeMap<String, String> {
    let mut packages = BTreeMap::<String, String>::new();
    for message in messages(pool) {
        let code = packages.entry(message.package_name().to_owned()).or_default();
        let path = rust_path(message.package_name(), message.full_name());
        let name = message.name();
        // Writing to a string cannot fail.
        let _ = write!(
            code,
            "impl ::core::fmt::Debug for {path} {{\n    \
                 fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{\n        \
                     f.debug_struct({name:?}).finish_non_exhaustive()\n    }}\n}}\n"
        );
    }
    packages
}
