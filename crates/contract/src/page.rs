//! Pages of lists: their size, and tokens that say where the next one begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::Error;

const USUAL_SIZE: usize = 100;
const MAX_SIZE: usize = 1_000;

/// How many to return: what was asked for, up to a thousand; a hundred when nothing or 0 was asked
/// for. Refuses a negative number.
pub fn size(asked: Option<i32>) -> Result<usize, Error> {
    match asked {
        None | Some(0) => Ok(USUAL_SIZE),
        Some(asked) => usize::try_from(asked)
            .map(|asked| asked.min(MAX_SIZE))
            .map_err(|_| Error::invalid("pageSize", "it cannot be negative")),
    }
}

/// The token of the page behind a key. A list that can be ordered in several ways puts into the key
/// which one it was.
pub fn token(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key behind which the page begins; `None` for the first page, which has no token or an empty
/// one. Refuses what [`token`] never makes.
pub fn after(token: Option<&String>) -> Result<Option<String>, Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
    let key = decoded.filter(|key| !key.is_empty() && !key.contains('\0'));
    key.map(Some).ok_or_else(unknown_token)
}

/// The refusal of a token.
pub fn unknown_token() -> Error {
    Error::invalid("pageToken", "it is not a token that was given out here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_behind_its_key() {
        let key = "701\u{1f}701-1015";
        assert_eq!(after(Some(&token(key))).unwrap().as_deref(), Some(key));
        assert_eq!(after(None).unwrap(), None);
        assert_eq!(after(Some(&String::new())).unwrap(), None);
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
        assert_eq!(size(Some(0)).unwrap(), 100);
        assert_eq!(size(Some(7)).unwrap(), 7);
        assert_eq!(size(Some(i32::MAX)).unwrap(), 1_000);
        assert!(size(Some(-1)).is_err());
    }
}
