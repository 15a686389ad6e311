//! What the engine promises, seen from outside.
#![expect(clippy::float_cmp, reason = "equality of bits is what is promised")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod categories;
mod checkpoints;
mod constraints;
mod degenerate;
mod explanations;
mod invariants;
mod objectives;
mod quality;
mod table;
