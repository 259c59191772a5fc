//! Puts values from paths and queries into the fields of messages. The generated routes call it.

use crate::{Error, FieldViolation, Timestamp};

/// A field that can be given as text in a path or query.
pub trait Parameter {
    /// The field with the value of `text`, or what is expected instead.
    fn parse(text: &str) -> Result<Self, &'static str>
    where
        Self: Sized;
}

impl Parameter for String {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(text.to_owned())
    }
}

impl Parameter for bool {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be true or false")
    }
}

impl Parameter for i32 {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be a whole number of 32 bits")
    }
}

impl Parameter for i64 {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be a whole number of 64 bits")
    }
}

impl Parameter for Timestamp {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be an instant such as 2026-01-31T09:30:00Z")
    }
}

impl<P: Parameter> Parameter for Option<P> {
    fn parse(text: &str) -> Result<Self, &'static str> {
        P::parse(text).map(Some)
    }
}

/// Sets a field from the path. A body that says otherwise is refused.
pub(crate) fn path<P>(slot: &mut P, field: &str, text: &str) -> Result<(), Error>
where
    P: Parameter + PartialEq + Default,
{
    let value = P::parse(text).map_err(|expected| Error::invalid(field, expected))?;
    if *slot != P::default() && *slot != value {
        return Err(Error::invalid(field, "is not the same in the path and in the body"));
    }
    *slot = value;
    Ok(())
}

/// Sets a field from a query parameter that has one value.
pub(crate) fn query<P: Parameter>(slot: &mut P, field: &str, text: &str) -> Result<(), Error> {
    refuse_empty(field, text)?;
    *slot = P::parse(text).map_err(|expected| Error::invalid(field, expected))?;
    Ok(())
}

/// Sets an enum field from a query parameter: one of `names`, in any case.
pub(crate) fn choice<E, S: From<i32>>(
    slot: &mut S,
    field: &str,
    text: &str,
    names: &[&str],
    from_name: fn(&str) -> Option<E>,
) -> Result<(), Error>
where
    i32: From<E>,
{
    refuse_empty(field, text)?;
    let name = text.to_ascii_uppercase();
    let value = from_name(&name).filter(|_| names.contains(&name.as_str()));
    let expected = || Error::invalid(field, format!("must be one of {}", names.join(", ")));
    *slot = S::from(i32::from(value.ok_or_else(expected)?));
    Ok(())
}

/// Refuses a parameter that is given twice.
pub(crate) fn once(seen: &mut Vec<&'static str>, field: &'static str) -> Result<(), Error> {
    if seen.contains(&field) {
        return Err(Error::invalid(field, "is given more than once"));
    }
    seen.push(field);
    Ok(())
}

/// A query parameter that the method does not have.
pub(crate) fn unknown_parameter(name: &str, known: &[&str]) -> Error {
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Error::invalid(name, format!("no such query parameter; this method knows {known}"))
}

/// Refuses a request in which required fields are absent or empty, naming all of them.
pub(crate) fn required(fields: &[(&str, bool)]) -> Result<(), Error> {
    let absent = fields.iter().filter(|(_, is_given)| !is_given);
    let violations: Vec<FieldViolation> = absent
        .map(|(field, _)| FieldViolation::new(*field, "is required").told("REQUIRED", None))
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(Error::invalid_fields(violations)) }
}

fn refuse_empty(field: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::invalid(field, "is empty; leave it out instead"));
    }
    Ok(())
}
