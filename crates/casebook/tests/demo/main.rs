//! The demonstration trial, built once by the program itself, and what can be asked of it.

mod checks;
mod house;
mod source;
mod trial;
