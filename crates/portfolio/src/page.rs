//! Pages: their size, and tokens that say where the next one begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::Error;

const DEFAULT_SIZE: usize = 100;
const MAX_SIZE: usize = 1_000;

/// What a list is ordered by. A token of one order leads nowhere in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    ByKey,
    NewestFirst,
}

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
pub(crate) fn token(order: Order, key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{key}", order.sign()))
}

/// The key behind which the page begins; the empty one for the first page.
pub(crate) fn after(order: Order, token: Option<&String>) -> Result<String, Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(String::new()) };
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
    let key = decoded.as_ref().and_then(|key| key.strip_prefix(order.sign()));
    match key.filter(|key| !key.is_empty() && !key.contains('\0')) {
        Some(key) => Ok(key.to_owned()),
        None => Err(Error::invalid("pageToken", "it is not a token that was given out here")),
    }
}

impl Order {
    fn sign(self) -> char {
        match self {
            Self::ByKey => 'k',
            Self::NewestFirst => 'n',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_behind_its_key_in_its_own_order_only() {
        let token = token(Order::ByKey, "S\u{1f}1");
        assert_eq!(after(Order::ByKey, Some(&token)).unwrap(), "S\u{1f}1");
        assert_eq!(after(Order::ByKey, None).unwrap(), "");
        let error = after(Order::NewestFirst, Some(&token)).unwrap_err();
        assert_eq!(error.violations()[0].field, "pageToken");
    }

    #[test]
    fn a_token_that_was_never_given_out_is_refused() {
        for foreign in ["%%%", "AA", "a", "aw"] {
            assert!(after(Order::ByKey, Some(&foreign.to_owned())).is_err(), "{foreign}");
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
