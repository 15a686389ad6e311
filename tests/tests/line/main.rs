//! The whole line from outside: what it leaves, how it stops, what it refuses, and what other
//! people's programs say to its results.

mod adopted;
mod artifacts;
mod away;
mod bad_input;
mod bad_model;
mod brought;
mod exit_codes;
mod exports;
mod full_disk;
mod parity;
mod peers;
mod real_input;
mod runtime;
mod streams;
mod tasks;
mod trust;
mod verdict;
