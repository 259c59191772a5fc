//! HTTP: REST from the contract.
