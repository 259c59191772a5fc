//! The program as tests start it, a study for it, and who calls it. Each test uses a part.

pub mod chance;
pub mod client;
pub mod load;
pub mod program;
pub mod receiver;
pub mod study;
pub mod writer;
