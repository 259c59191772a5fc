//! Sessions of browsers: the token is in a cookie that scripts cannot read and other sites cannot
//! send, and what changes something also shows that it comes from a page of ours.

use bytes::Bytes;
use contract::{Code, Error, rest::Answer};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;

/// Asks for a cookie instead of a token in the answer: `cookie`.
const WANTED: HeaderName = HeaderName::from_static("x-casebook-session");
/// Any value: a page of another site cannot send it without being allowed to.
const CSRF: HeaderName = HeaderName::from_static("x-casebook-csrf");

/// How sessions of browsers are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookies {
    /// The browser speaks TLS to whoever is in front: the cookie goes over nothing else.
    pub secure: bool,
    pub lasts_seconds: i64,
    /// Methods that answer a token, and where in the answer it is, such as `/token`.
    pub opened_by: Vec<(String, String)>,
    /// Methods after which there is no session any more.
    pub closed_by: Vec<String>,
}

impl Cookies {
    /// With `__Host-` a browser takes it only over TLS, for one host and every path (RFC 6265bis).
    fn name(&self) -> &'static str {
        if self.secure { "__Host-casebook" } else { "casebook" }
    }

    /// The token in the cookie of a request.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<String> {
        let cookies = headers.get_all(header::COOKIE).iter();
        let pairs = cookies.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
        let (_, token) = named.find(|(name, _)| *name == self.name())?;
        (!token.is_empty()).then(|| token.to_owned())
    }

    /// Takes the token out of an answer and into a cookie, if that was asked for; takes the cookie
    /// away after a log-out.
    pub(crate) fn apply(
        &self,
        method: &str,
        is_wanted: bool,
        answer: Answer,
    ) -> Result<(Answer, Option<HeaderValue>), Error> {
        if self.closed_by.iter().any(|name| name == method) {
            return Ok((answer, Some(self.header("", 0)?)));
        }
        let place = self.opened_by.iter().find(|(name, _)| is_wanted && name == method);
        let (Some((_, pointer)), Answer::Json(bytes)) = (place, &answer) else {
            return Ok((answer, None));
        };
        let mut message: Value = serde_json::from_slice(bytes).map_err(|_| unreadable())?;
        // There may be none, when nothing was opened.
        let Some(token) = message.pointer_mut(pointer) else { return Ok((answer, None)) };
        let Value::String(secret) = std::mem::replace(token, Value::String(String::new())) else {
            return Err(unreadable());
        };
        let cookie = self.header(&secret, self.lasts_seconds)?;
        let bytes = serde_json::to_vec(&message).map_err(|_| unreadable())?;
        Ok((Answer::Json(Bytes::from(bytes)), Some(cookie)))
    }

    fn header(&self, token: &str, seconds: i64) -> Result<HeaderValue, Error> {
        let (name, secure) = (self.name(), if self.secure { "; Secure" } else { "" });
        let text =
            format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
        let mut value = HeaderValue::from_str(&text).map_err(|_| unreadable())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Whether a page of ours calls, which asks for name and password itself.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    headers.contains_key(CSRF)
}

/// Whether a client wants a cookie. A page of another site cannot send this header.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(WANTED).is_some_and(|value| value == "cookie")
}

/// Refuses with `FOREIGN_PAGE` what changes something and does not show that it comes from a page of
/// ours: by `X-Casebook-Csrf`, or by an `Origin` that is our host. An `Origin` that is not is
/// refused in any case.
pub(crate) fn check_page(method: &Method, headers: &HeaderMap) -> Result<(), Error> {
    if method.is_safe() {
        return Ok(());
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or_default());
    let is_ours = origin.map(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some() && authority == host
    });
    match is_ours {
        Some(true) => Ok(()),
        None if headers.get(CSRF).is_some_and(|value| !value.is_empty()) => Ok(()),
        _ => {
            let message = "a call with a cookie comes from a page of this host, or has the header \
                           X-Casebook-Csrf";
            Err(Error::new(Code::PermissionDenied, "FOREIGN_PAGE", message))
        }
    }
}

fn unreadable() -> Error {
    Error::new(Code::Internal, "ANSWER_NOT_WRITABLE", "the answer has no token where it should be")
}
