//! The service through its contract, on every store.

mod blinding;
mod export;
mod history;
mod lists;
mod queries;
mod replay;
mod review;
mod saves;
mod several;
mod subjects;
mod visits;
mod world;
