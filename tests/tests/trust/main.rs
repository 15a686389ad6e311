//! What we sign and pack, by the verifiers of others and without a network; what others signed and
//! what was packed to do harm, by ours.

#[path = "../../../crates/yard-package/tests/archives/mod.rs"]
mod archives;
mod canary;
mod forms;
mod golden;
mod hostile;
mod names;
mod packs;
mod trees;
mod world;
