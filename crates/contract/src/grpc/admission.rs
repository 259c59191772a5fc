//! Who calls over gRPC.

use std::{fmt, sync::Arc};

use http::{HeaderMap, header};

use super::{metadata, status::Reader};
use crate::{
    Access, Authentication, Authenticator, Caller, CallerTokens, Credentials, Error, Method,
};

/// The origin of what comes from outside, for the record.
const OUTSIDE: &str = "api";

/// Knows callers: our own services by the tokens they sign, all others by what they show.
///
/// Without an authenticator nobody from outside is let in, not even to what is public; without tokens
/// no service is believed.
#[derive(Clone, Default)]
pub struct Admission {
    authenticator: Option<Arc<dyn Authenticator>>,
    tokens: Option<Arc<dyn CallerTokens>>,
}

/// A caller who was let in.
pub(super) struct Admitted {
    pub caller: Caller,
    pub origin: String,
    /// Who reads the answer.
    pub reader: Reader,
}

impl Admission {
    /// Lets in whom the authenticator knows by a bearer token.
    #[must_use]
    pub fn of_clients(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    /// Believes services that sign such tokens.
    #[must_use]
    pub fn of_services(mut self, tokens: Arc<dyn CallerTokens>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Refuses with `UNAUTHENTICATED`. What is shown must be right: who shows something wrong is not
    /// let in as somebody else or as nobody.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        method: &Method,
    ) -> Result<Admitted, Error> {
        let given = (one(headers, &metadata::CALLER)?, one(headers, &header::AUTHORIZATION)?);
        let outside =
            |caller| Admitted { caller, origin: OUTSIDE.to_owned(), reader: Reader::Client };
        match given {
            (Some(_), Some(_)) => Err(Error::unauthenticated("two callers were named")),
            (Some(token), None) => {
                let tokens = self.tokens.as_ref().ok_or_else(not_taken)?;
                let caller = tokens.verify(token, method.service)?;
                let is_nobody = caller.authentication == Authentication::Nobody;
                if is_nobody && method.access != Access::Public {
                    return Err(Error::unauthenticated("no credentials were given"));
                }
                let origin = metadata::origin(headers).unwrap_or(OUTSIDE).to_owned();
                Ok(Admitted { caller, origin, reader: Reader::Service })
            }
            (None, Some(authorization)) => {
                let authenticator = self.authenticator.as_ref().ok_or_else(not_taken)?;
                let credentials = Credentials::Token(bearer(authorization)?.to_owned());
                authenticator.authenticate(credentials).await.map(outside)
            }
            (None, None) if method.access == Access::Public && self.authenticator.is_some() => {
                Ok(outside(Caller::anonymous()))
            }
            (None, None) => Err(Error::unauthenticated("no credentials were given")),
        }
    }
}

fn not_taken() -> Error {
    Error::unauthenticated("credentials of this kind are not taken here")
}

fn one<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Result<Option<&'a str>, Error> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let unusable = || Error::unauthenticated("the credentials cannot be read");
    if values.next().is_some() {
        return Err(unusable());
    }
    value.to_str().map(Some).map_err(|_| unusable())
}

/// The token of an `Authorization` header (RFC 6750).
fn bearer(authorization: &str) -> Result<&str, Error> {
    let given =
        authorization.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    let token = given.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
    token.ok_or_else(|| Error::unauthenticated("a bearer token is expected"))
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("clients", &self.authenticator.is_some())
            .field("services", &self.tokens.is_some())
            .finish()
    }
}
