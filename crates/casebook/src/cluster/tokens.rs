//! What services tell each other about a caller, signed.

use std::collections::{BTreeSet, HashMap};

use contract::{Caller, CallerTokens, Code, Error, METHODS};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jiff::SignedDuration;
use mesh::caller_token::{Issuer, Verifier};

use crate::assembly::now;

const LIFETIME: SignedDuration = SignedDuration::from_secs(30);

/// Signs for this process, and reads what those have signed whom it trusts.
pub struct Tokens {
    issuer: Issuer,
    /// By the full name of the service that is called.
    verifiers: HashMap<&'static str, Verifier>,
}

impl Tokens {
    /// Signs under `name`, and believes itself besides those in `trusted`.
    pub fn new(name: &str, key: SigningKey, trusted: Vec<(String, VerifyingKey)>) -> Self {
        let own = (name.to_owned(), key.verifying_key());
        let keys: Vec<_> = trusted.into_iter().chain([own]).collect();
        let services: BTreeSet<&str> = METHODS.iter().map(|method| method.service).collect();
        let verifier = |service| (service, Verifier::new(service, keys.iter().cloned()));
        Self {
            issuer: Issuer::new(name, key, LIFETIME),
            verifiers: services.into_iter().map(verifier).collect(),
        }
    }
}

impl CallerTokens for Tokens {
    fn mint(&self, caller: &Caller, service: &str, _request_id: &str) -> Result<String, Error> {
        let caller = minicbor_serde::to_vec(caller).map_err(|_| {
            Error::new(Code::Internal, "CALLER_NOT_WRITABLE", "a caller cannot be written")
        })?;
        Ok(self.issuer.issue_reusable(service, &caller, now()).to_string())
    }

    fn verify(&self, token: &str, service: &str) -> Result<Caller, Error> {
        let refused = || {
            let message = "the token of the calling service is not accepted";
            Error::new(Code::Unauthenticated, "SERVICE_NOT_BELIEVED", message)
        };
        let verifier = self.verifiers.get(service).ok_or_else(refused)?;
        let claims = verifier.verify(token, now()).map_err(|reason| {
            // The caller is not told why; whoever runs the system must be able to see it.
            tracing::warn!(service, %reason, "a service is not believed");
            refused()
        })?;
        minicbor_serde::from_slice(&claims.caller).map_err(|_| refused())
    }
}
