//! What a list of studies is ordered by.

use contract::{Error, page};

/// An order. A token of one order leads nowhere in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    ByKey,
    NewestFirst,
}

impl Order {
    /// The token of the page behind `key`.
    pub(crate) fn token(self, key: &str) -> String {
        page::token(&format!("{}{key}", self.sign()))
    }

    /// The key behind which the page begins; the empty one for the first page.
    pub(crate) fn after(self, token: Option<&String>) -> Result<String, Error> {
        let Some(signed) = page::after(token)? else { return Ok(String::new()) };
        let key = signed.strip_prefix(self.sign()).filter(|key| !key.is_empty());
        key.map(str::to_owned).ok_or_else(page::unknown_token)
    }

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
        let token = Order::ByKey.token("S\u{1f}1");
        assert_eq!(Order::ByKey.after(Some(&token)).unwrap(), "S\u{1f}1");
        assert_eq!(Order::ByKey.after(None).unwrap(), "");
        let error = Order::NewestFirst.after(Some(&token)).unwrap_err();
        assert_eq!(error.violations()[0].field, "pageToken");
        assert!(Order::ByKey.after(Some(&page::token("k"))).is_err(), "an order without a key");
    }
}
