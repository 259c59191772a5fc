//! The service through its contract, on both stores, with a clock and a mail of the tests.

#[cfg(test)]
mod access;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod api_use;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod log_in;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod trail;
#[cfg(test)]
mod world;
