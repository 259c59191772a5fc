//! Expressions over clinical values: edit checks, derivations, conditions of collection,
//! eligibility. The same crate runs on the server and, compiled to wasm, in the browser.
//!
//! A text in CEL is [`compile`]d against a [`Scope`], which says which names it may use and of
//! which [`Type`] they are. The [`Rule`] that comes out is [evaluated](Rule::evaluate) against
//! [`Facts`], which say what the names hold, and gives an [`Outcome`]. What is wrong with a text
//! is said when it is compiled, never when it runs. `docs/expressions.md` describes the language.
//!
//! This crate knows nothing of casebooks, of time or of how facts are stored. The `cel` crate is
//! its parser and its evaluator and does not appear outside.
//!
//! Start reading at [`compile`]: the text is parsed (`syntax`), checked and rewritten into typed
//! calls (`check`), which are the functions of `library`; `run` binds the facts and evaluates.

mod check;
mod examples;
mod facts;
mod fault;
mod library;
mod reference_range;
mod rule;
mod run;
mod scope;
mod syntax;
mod types;
mod values;

pub use examples::{ExampleFault, check_examples};
pub use facts::{Facts, Reference};
pub use fault::{RuleError, RuleFault, RuleProblem};
pub use reference_range::{RangeArgument, RangeCall, RangePart};
pub use rule::{Expect, Rule, compile, read_tree};
pub use run::Outcome;
pub use scope::{Catalogue, Scope};
pub use syntax::{Each, Kind, Node, Walk};
pub use types::Type;
