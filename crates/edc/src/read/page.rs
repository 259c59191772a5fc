//! Pages: their size, and tokens that say where the next one begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::Error;

const DEFAULT_SIZE: usize = 100;
const MAX_SIZE: usize = 1_000;

/// How many to return: what was asked for, up to the limit.
pub(crate) fn size(asked: Option<i32>) -> Result<usize, Error> {
    match asked {
        None | Some(0) => Ok(DEFAULT_SIZE),
        Some(asked) => usize::try_from(asked)
            .map(|asked| asked.min(MAX_SIZE))
            .map_err(|_| Error::invalid("pageSize", "it cannot be negative")),
    }
}

/// The token of the page behind `key`.
pub(crate) fn token(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key behind which the page begins.
pub(crate) fn after(token: Option<&String>) -> Result<Option<String>, Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
    let key = decoded.filter(|key| !key.is_empty() && !key.contains('\0'));
    match key {
        Some(key) => Ok(Some(key)),
        None => Err(Error::invalid("pageToken", "it is not a token that was given out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_behind_its_key() {
        let key = "701\u{1f}701-1015";
        assert_eq!(after(Some(&token(key))).unwrap().as_deref(), Some(key));
        assert_eq!(after(None).unwrap(), None);
    }

    #[test]
    fn a_token_that_was_never_given_out_is_refused() {
        for foreign in ["%%%", "AA", "a"] {
            let error = after(Some(&foreign.to_owned())).unwrap_err();
            assert_eq!(error.violations()[0].field, "pageToken", "{foreign}");
        }
    }

    #[test]
    fn a_page_has_at_most_a_thousand() {
        assert_eq!(size(None).unwrap(), 100);
        assert_eq!(size(Some(7)).unwrap(), 7);
        assert_eq!(size(Some(i32::MAX)).unwrap(), 1_000);
        assert!(size(Some(-1)).is_err());
    }
}
