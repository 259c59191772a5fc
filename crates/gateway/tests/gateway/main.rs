//! The gateway over a service that answers what it was asked.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod grpc;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod pages;
#[cfg(test)]
#[path = "../../../contract/tests/contract/pieces.rs"]
mod pieces;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod watched;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
