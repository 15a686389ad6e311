//! The ONNX file format: messages, a guard that counts before anything is decoded, and a writer.

mod adopt;
pub(crate) mod attribute;
mod builder;
mod calculation;
mod guard;
pub(crate) mod proto;
mod quantize;
mod tree;

pub use adopt::{AdoptError, Adopted, Outlet};
pub use builder::{BuildError, Flags, GraphBuilder, ML_OPSET, Numbers, OPSET, Texts};
pub use calculation::Arithmetic;
pub(crate) use guard::decode;
pub use quantize::{QuantizeError, Quantized};
pub use tree::{Tree, TreeEnsemble, TreeNode};
