//! What the engine promises, seen from outside.

mod degenerate;
mod invariants;
mod quality;
mod table;
