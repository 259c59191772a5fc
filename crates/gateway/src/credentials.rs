//! Reads the `Authorization` header.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use contract::{Credentials, Error};
use http::{HeaderMap, header};

/// The credentials of a request: HTTP Basic (RFC 7617) or a bearer token (RFC 6750).
pub(crate) fn read(headers: &HeaderMap) -> Result<Credentials, Error> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(Error::unauthenticated("credentials were given more than once"));
    }
    let unusable = || Error::unauthenticated("the credentials cannot be read");
    let (scheme, given) =
        value.to_str().ok().and_then(|t| t.split_once(' ')).ok_or_else(unusable)?;
    let given = given.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !given.is_empty() {
        return Ok(Credentials::Token(given.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unusable());
    }
    let decoded = BASE64_STANDARD.decode(given).map_err(|_| unusable())?;
    let decoded = String::from_utf8(decoded).map_err(|_| unusable())?;
    let (user, password) = decoded.split_once(':').ok_or_else(unusable)?;
    Ok(Credentials::Password { user: user.to_owned(), password: password.to_owned() })
}

pub(crate) fn missing() -> Error {
    Error::unauthenticated("no credentials were given")
}
