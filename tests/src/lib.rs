//! What whole-pipeline tests stand on: the tools as they were built, a copy of the repository, an
//! environment without the surroundings' settings, and the peers that are installed on demand.
//!
//! **Invariant.** A test never sees a variable of whoever runs it, except where to find programs,
//! and never writes into the repository outside `target/`.
//!
//! It builds no tool: those are of `TRAINYARD_BIN`, or beside the test itself.
//!
//! ```no_run
//! let checkout = e2e::Checkout::of_repository()?;
//! let tools = e2e::tools()?;
//! let status = e2e::command(tools.join("data-check")).arg("--help").current_dir(checkout.path()).status()?;
//! assert!(status.success());
//! # anyhow::Ok(())
//! ```
#![warn(missing_docs)]

mod actions;
mod artifacts;
mod certificates;
mod checkout;
mod composite;
mod containers;
mod environment;
mod expression;
mod hostile;
mod isolation;
mod line;
mod mlflow;
mod peers;
mod ran;
mod serving;
mod stages;
mod tools;
mod workflow;
mod yard;

pub use actions::actions;
pub use certificates::certificates;
pub use checkout::{Checkout, repository};
pub use composite::{Job, Outcome};
pub use containers::{ImageRegistry, static_serve, static_tool};
pub use environment::{command, search_path, variable};
pub use hostile::references;
pub use isolation::{with_own_mounts, without_network};
pub use line::{Line, example};
pub use mlflow::MlflowServer;
pub use peers::{
    actionlint, compare, compare_with, gitlab_ci_local, golden, python, rscript, sigstore_verify,
};
pub use ran::{Ran, files_below};
pub use serving::Serving;
pub use stages::stages;
pub use tools::{TOOLS, example_program, scratch, target, tools};
pub use workflow::{Called, Ended, Run};
pub use yard::Yard;
