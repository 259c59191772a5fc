//! What a process can consist of.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A part of the program that can run in a process of its own.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Users, sessions, keys and roles.
    Identity,
    /// Studies, sites and who works on them.
    Portfolio,
    /// Casebooks.
    Edc,
    /// Events of studies, sent to other systems. Without it they wait in the journal.
    Webhook,
    /// The door for people and programs: REST, gRPC and pages.
    Gateway,
}

impl Part {
    /// The parts that are called by others, each behind those that it calls itself.
    pub const SERVICES: [Self; 4] = [Self::Identity, Self::Portfolio, Self::Edc, Self::Webhook];

    /// Those without which an installation cannot work.
    pub const NEEDED: [Self; 3] = [Self::Identity, Self::Portfolio, Self::Edc];

    /// The name in settings, discovery and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Portfolio => "portfolio",
            Self::Edc => "edc",
            Self::Webhook => "webhook",
            Self::Gateway => "gateway",
        }
    }

    /// The full name of the service, as gRPC knows it. The gateway is none.
    pub fn service(self) -> &'static str {
        match self {
            Self::Identity => "casebook.identity.v1.Identity",
            Self::Portfolio => "casebook.portfolio.v1.Portfolio",
            Self::Edc => "casebook.edc.v1.Edc",
            Self::Webhook => "casebook.webhook.v1.Webhook",
            Self::Gateway => "",
        }
    }

    /// The services that this part calls and cannot do without.
    pub fn calls(self) -> &'static [Self] {
        match self {
            Self::Identity => &[],
            Self::Portfolio | Self::Edc | Self::Webhook => &[Self::Identity],
            Self::Gateway => &Self::NEEDED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_the_name_that_its_contract_gives_it() {
        for part in Part::SERVICES {
            assert!(contract::METHODS.iter().any(|method| method.service == part.service()));
        }
    }
}
