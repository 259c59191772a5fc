//! The service over a real store, with a clock and randomness of the tests.

#[cfg(test)]
mod log_in;
#[cfg(test)]
mod manage;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod session;
#[cfg(test)]
mod world;
