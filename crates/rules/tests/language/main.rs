//! The language of rules as those who write them see it.

mod clinical;
mod examples;
mod faults;
mod laws;
mod ranges;
mod study;
mod support;
