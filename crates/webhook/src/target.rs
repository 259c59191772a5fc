//! The address of an endpoint, read once.

use crate::Allowed;
use std::net::IpAddr;
use url::{Host, Url};

/// Longer addresses are refused, in bytes.
const LONGEST_URL: usize = 2_048;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    url: Url,
}

impl Target {
    /// Reads an address as browsers do (WHATWG), so that a host in decimal or hexadecimal form is
    /// the address that it is; says why it cannot be used.
    pub(crate) fn parse(text: &str, allowed: &Allowed) -> Result<Self, &'static str> {
        if text.len() > LONGEST_URL {
            return Err("an address has at most 2048 characters");
        }
        let url = Url::parse(text).map_err(|_| "this is no address")?;
        match url.scheme() {
            "https" => {}
            "http" if allowed.http => {}
            _ => return Err("an address begins with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address has no user and password: it is shown to others");
        }
        if url.fragment().is_some() {
            return Err("an address has no fragment: it is never sent");
        }
        let target = Self { url };
        match target.host() {
            None | Some(Host::Domain("")) => Err("an address has a host"),
            Some(_) if target.literal().is_some_and(|address| !allowed.permits(address)) => {
                Err("events are not sent to private, local or reserved addresses")
            }
            Some(_) => Ok(target),
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address, when it is one and not a name.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match self.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        }
    }

    /// The host as it is asked for: a name, or an address without brackets.
    pub(crate) fn host_name(&self) -> String {
        match self.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// What stands in `Host`.
    pub(crate) fn authority(&self) -> &str {
        self.url.authority()
    }

    /// Path and query.
    pub(crate) fn path(&self) -> String {
        let path = self.url.path();
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// The address as it is kept and shown.
    pub(crate) fn as_str(&self) -> &str {
        self.url.as_str()
    }

    fn host(&self) -> Option<Host<&str>> {
        self.url.host()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_into_its_parts() {
        let target = Target::parse("https://hooks.example:8443/a/b?c=d", &Allowed::default());
        let target = target.unwrap();
        assert_eq!((target.host_name().as_str(), target.port()), ("hooks.example", 8443));
        assert_eq!(
            (target.authority(), target.path().as_str()),
            ("hooks.example:8443", "/a/b?c=d")
        );
    }

    #[test]
    fn an_address_that_is_not_public_is_refused_in_every_spelling() {
        let refused = [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://0xa9fea9fe/",
            "https://[fd00:ec2::254]/",
            "https://１２７.０.０.１/",
            "https://10.0.0.1:443/",
            "https://0/",
        ];
        for address in refused {
            let why = Target::parse(address, &Allowed::default()).unwrap_err();
            assert!(why.contains("private"), "{address}: {why}");
        }
    }

    #[test]
    fn an_address_that_is_no_address_of_a_receiver_is_refused() {
        let long = format!("https://a.example/{}", "x".repeat(2_048));
        let refused = [
            "",
            "hooks.example",
            "http://hooks.example/",
            "ftp://hooks.example/",
            "https://",
            "https://u:p@hooks.example/",
            "https://u@hooks.example/",
            "https://hooks.example/#x",
            "file:///etc/passwd",
            "https://hooks example/",
            long.as_str(),
        ];
        for address in refused {
            assert!(Target::parse(address, &Allowed::default()).is_err(), "{address}");
        }
        let allowed = Allowed { http: true, networks: Vec::new() };
        assert!(Target::parse("http://hooks.example/", &allowed).is_ok());
    }
}
