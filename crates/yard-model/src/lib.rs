//! ONNX for tabular models: a writer, a checker and an engine.
//!
//! In Trainyard the ONNX file *is* the model, preprocessing included. `train` writes it through
//! [`GraphBuilder`]; everything that scores loads the same bytes into a [`Session`].
//!
//! **Invariant.** A [`Session`] exists only for a graph that was checked completely: every operator known, every
//! type and shape derived, every index (tree children, features, labels) in range, every size within a limit
//! before memory is taken for it. What can still go wrong in [`Session::run`] is the caller's input. All
//! supported operators treat rows independently, so any split of the rows gives the same bits.
//!
//! **Not here.** No tensors beyond rows of small fixed size, no control flow, no file access (external data is
//! refused), no training, no threads: a session is `Sync`, and the caller shards rows.
//!
//! ```
//! use yard_model::{Column, GraphBuilder, Inputs, Session};
//!
//! let mut graph = GraphBuilder::new("doubling", "example", "1.0");
//! let x = graph.input_number("x")?;
//! let doubled = graph.linear(&x, &[2.0], 0.5)?;
//! graph.output("margin", &doubled)?;
//! let bytes = graph.finish(&[("seed", "42")])?;
//!
//! let session = Session::load(&bytes)?;
//! let outputs = session.run(&Inputs::new(2, vec![Column::F32(&[1.0, 2.0])]))?;
//! assert_eq!(outputs.numbers("margin", 0), Some(&[2.5_f32, 4.5][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

mod answers;
mod batch;
mod engine;
mod error;
mod folder;
mod graph;
mod onnx;
mod predict;
#[cfg(any(test, feature = "specimen"))]
pub mod specimen;

pub use answers::Answers;
pub use batch::{Batch, Cell, Oddities, RowError};
pub use engine::{Column, Inputs, Output, OutputColumn, Outputs, Session};
pub use error::{ModelError, RunError};
pub use folder::{FOLDER, FolderError, Model, file};
pub use graph::{Dim, Element, Port};
pub use onnx::{
    AdoptError, Adopted, Arithmetic, BuildError, Flags, GraphBuilder, ML_OPSET, Numbers, OPSET,
    Outlet, QuantizeError, Quantized, Texts, Tree, TreeEnsemble, TreeNode,
};
pub use predict::{PredictError, Predictor};
