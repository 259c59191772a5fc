//! What a method says about itself by the options of `casebook/api/v1/access.proto`.

use anyhow::{Context, Result, bail, ensure};
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage as _, Value};

use crate::names::camel;

/// Who may call a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Public,
    SignedIn,
    /// The variants of `crate::Act` and `crate::Reach`, as they are spelled in Rust.
    Act {
        act: String,
        scope: String,
    },
}

/// Whether a call may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Safe,
    WithRequestId,
    Never,
}

/// Reads `casebook.api.v1.access`. A method that does not say it is refused.
pub fn access(method: &MethodDescriptor) -> Result<Access> {
    let value =
        option(method, "casebook.api.v1.access")?.context("has no casebook.api.v1.access")?;
    let message = value.as_message().context("access is a message")?;
    let scope = choice(message, "scope");
    if let Some(act) = choice(message, "act") {
        let scope = scope.context("an act is allowed somewhere: say its scope")?;
        ensure!(act != "ActUnspecified" && scope != "ScopeUnspecified", "act or scope is missing");
        return Ok(Access::Act { act, scope });
    }
    ensure!(scope.is_none(), "a scope belongs to an act");
    match (flag(message, "public"), flag(message, "signed_in")) {
        (true, false) => Ok(Access::Public),
        (false, true) => Ok(Access::SignedIn),
        _ => bail!("casebook.api.v1.access says neither public, signed_in nor act"),
    }
}

/// The name of the priority, as it is spelled in Rust.
pub fn priority(method: &MethodDescriptor, is_get: bool) -> Result<String> {
    let value = option(method, "casebook.api.v1.priority")?;
    if let Some(number) = value.as_ref().and_then(Value::as_enum_number) {
        return name_of(method, "casebook.api.v1.Priority", number);
    }
    let name = match (method.is_server_streaming(), is_get) {
        (true, _) => "Export",
        (false, true) => "Read",
        (false, false) => "Save",
    };
    Ok(name.to_owned())
}

/// What is only read may be repeated, and what carries the id of an intention is done once; any
/// other method is safe to repeat only when it says so by protobuf's own `idempotency_level`.
pub fn repeat(method: &MethodDescriptor, is_get: bool) -> Repeat {
    let options = method.method_descriptor_proto().options.as_ref();
    let says_so = options.is_some_and(|options| options.idempotency_level.unwrap_or_default() != 0);
    if is_get || says_so {
        return Repeat::Safe;
    }
    let id = method.input().get_field_by_name("request_id");
    if id.is_some_and(|id| id.supports_presence()) { Repeat::WithRequestId } else { Repeat::Never }
}

fn option(method: &MethodDescriptor, name: &str) -> Result<Option<Value>> {
    let pool = method.parent_pool();
    let extension =
        pool.get_extension_by_name(name).with_context(|| format!("{name} is not declared"))?;
    let options = method.options();
    Ok(options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned()))
}

fn flag(message: &DynamicMessage, name: &str) -> bool {
    let value = message.get_field_by_name(name);
    value.as_deref().and_then(Value::as_bool).unwrap_or_default()
}

fn choice(message: &DynamicMessage, name: &str) -> Option<String> {
    let field = message.descriptor().get_field_by_name(name)?;
    if !message.has_field(&field) {
        return None;
    }
    let number = message.get_field(&field).as_enum_number()?;
    let kind = field.kind();
    Some(camel(kind.as_enum()?.get_value(number)?.name()))
}

fn name_of(method: &MethodDescriptor, choices: &str, number: i32) -> Result<String> {
    let pool = method.parent_pool();
    let choices = pool.get_enum_by_name(choices).context("the enum is declared")?;
    let value = choices.get_value(number).context("the value is declared")?;
    Ok(camel(value.name()))
}
