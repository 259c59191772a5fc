//! The contract: what is generated, and what stands around it.

#[cfg(test)]
mod document;
#[cfg(test)]
mod echo;
#[cfg(test)]
mod json;
#[cfg(test)]
mod permits;
mod pieces;
#[cfg(test)]
mod router;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod trace;
#[cfg(test)]
mod wire;
