//! The parts of an HTTP request that a route reads.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::template::{Encoding, decode};
use crate::{Code, Error};

/// The parts of an HTTP request that a route reads.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The decoded values of the template's variables, in its order.
    pub path: Vec<String>,
    /// The query string as it came, without the question mark.
    pub query: String,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    pub body: Bytes,
}

impl Request {
    /// The value of the template's variable number `index`.
    pub(crate) fn path(&self, index: usize) -> Result<&str, Error> {
        let value = self.path.get(index);
        value.map(String::as_str).ok_or_else(|| {
            Error::new(Code::Internal, "ROUTE_BROKEN", "the path has fewer values than its route")
        })
    }

    /// Name and value of each query parameter, decoded, in the order given.
    pub(crate) fn query(&self) -> Result<Vec<(String, String)>, Error> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let name = decode(name, Encoding::Query)
                    .ok_or_else(|| Error::invalid("", "a parameter name is not encoded UTF-8"))?;
                let value = decode(value, Encoding::Query)
                    .ok_or_else(|| Error::invalid(name.clone(), "is not encoded UTF-8"))?;
                Ok((name, value))
            })
            .collect()
    }

    /// Parses the JSON body straight into a message.
    ///
    /// Refuses an absent body, another content type, and whatever the message does not have. Only
    /// a body that fails is read a second time, to find the place of the fault.
    pub(crate) fn body<M: DeserializeOwned>(&self) -> Result<M, Error> {
        if self.body.is_empty() {
            return Err(Error::invalid("", "the request has no body; a JSON object is expected"));
        }
        self.require_json()?;
        serde_json::from_slice(&self.body).map_err(|_| self.locate_fault::<M>())
    }

    /// Refuses a body where none is expected.
    pub(crate) fn no_body(&self) -> Result<(), Error> {
        if self.body.is_empty() {
            return Ok(());
        }
        Err(Error::invalid("", "the request has a body but the method takes none"))
    }

    fn require_json(&self) -> Result<(), Error> {
        let given = self.content_type.as_deref().unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case("application/json") {
            return Ok(());
        }
        let message = format!("the content type is `{given}`; application/json is expected");
        Err(Error::new(Code::InvalidArgument, "CONTENT_TYPE_UNSUPPORTED", message.as_str())
            .with_violation("Content-Type", message))
    }

    fn locate_fault<M: DeserializeOwned>(&self) -> Error {
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        match serde_path_to_error::deserialize::<_, M>(&mut json) {
            Err(fault) => {
                let description = fault.inner().to_string();
                let path = match fault.path().to_string() {
                    root if root == "." => String::new(),
                    path => path,
                };
                let path = match duplicate(&description) {
                    Some(field) if path.is_empty() => field.to_owned(),
                    Some(field) => format!("{path}.{field}"),
                    None => path,
                };
                Error::invalid(path, description)
            }
            Ok(_) => Error::invalid("", "there is something after the JSON object"),
        }
    }
}

/// The field of which serde says that it is given twice: it names the object as the place.
fn duplicate(description: &str) -> Option<&str> {
    description.strip_prefix("duplicate field `")?.split('`').next()
}
