//! What was changed behind the program's back is found, with the place; what was not is not.

mod chains;
mod checkpoints;
mod views;
mod world;
