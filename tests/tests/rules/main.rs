//! The rules of the house that a compiler does not hold: who may know whom, what every tool has,
//! what no file may say.

mod crates;
mod texts;
mod tools;
