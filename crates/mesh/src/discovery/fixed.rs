//! A list that does not change.

use super::{Discovery, Endpoints};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;

/// Addresses by the name of the service.
#[derive(Clone, Debug, Default)]
pub struct Fixed(BTreeMap<String, Arc<[String]>>);

impl Fixed {
    /// One service at these addresses.
    pub fn of(service: impl Into<String>, addresses: impl IntoIterator<Item = String>) -> Self {
        Self::default().with(service, addresses)
    }

    #[must_use]
    pub fn with(
        mut self,
        service: impl Into<String>,
        addresses: impl IntoIterator<Item = String>,
    ) -> Self {
        self.0.insert(service.into(), addresses.into_iter().collect());
        self
    }
}

impl Discovery for Fixed {
    fn endpoints(&self, service: &str) -> Endpoints {
        let addresses = self.0.get(service).cloned().unwrap_or_default();
        watch::Sender::new(Some(addresses)).subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_not_listed_has_no_endpoints() {
        let fixed = Fixed::of("edc", ["127.0.0.1:1".to_owned()]);
        assert_eq!(
            fixed.endpoints("edc").borrow().as_deref(),
            Some(&["127.0.0.1:1".to_owned()][..])
        );
        assert_eq!(fixed.endpoints("epro").borrow().as_deref(), Some(&[][..]));
    }
}
