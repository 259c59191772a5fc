//! The service through its contract, on every store.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod access;
mod amendments;
mod audit;
mod blinding;
mod casebook_pdf;
mod clock;
mod conditions;
mod dictionary;
mod drafts;
mod eligibility;
mod evaluation;
mod events;
mod export;
mod files;
mod history;
mod jobs;
mod laboratory;
mod lists;
mod lock;
mod outline;
mod queries;
mod replay;
mod review;
mod saves;
mod several;
#[cfg(test)]
mod signing;
mod sites;
mod subjects;
mod visits;
mod whole;
mod work;
mod world;
