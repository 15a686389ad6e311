//! A model file read into named, typed parts: constants, declared inputs and outputs, nodes with attributes.
//!
//! Everything here is checked for itself (sizes, types, names); how nodes fit together is the compiler's part.

mod constant;
mod interface;
mod node;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use constant::{Constant, Data};
pub use interface::{Dim, Element, Port};
pub(crate) use node::NodeView;
pub(crate) use shape::Shape;

use crate::ModelError;
use crate::onnx::{decode, proto};

/// Widest tensor, in elements a row.
pub(crate) const MAX_WIDTH: usize = 1 << 16;
/// The operator sets whose rules we know: `ai.onnx` and `ai.onnx.ml`.
const OPSETS: [(&str, std::ops::RangeInclusive<i64>); 2] = [("", 7..=26), ("ai.onnx.ml", 1..=5)];

/// A file that was read: what the compiler starts from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    pub(crate) constants: BTreeMap<String, Constant>,
    pub(crate) nodes: Vec<proto::Node>,
    pub(crate) opsets: BTreeMap<String, i64>,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Source {
    /// Reads and checks a model file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let model = decode(bytes)?;
        if !model.functions.is_empty() {
            return Err(ModelError::Graph(
                "functions of the model's own are not supported".to_owned(),
            ));
        }
        let graph = model
            .graph
            .ok_or_else(|| ModelError::Graph("the file holds no graph".to_owned()))?;
        if !graph.sparse_initializer.is_empty() {
            return Err(ModelError::Graph(
                "sparse initializers are not supported".to_owned(),
            ));
        }
        let opsets = opsets(&model.opset_import)?;

        let mut constants = BTreeMap::new();
        for tensor in graph.initializer {
            let name = tensor.name.clone();
            let constant = Constant::read(tensor)
                .map_err(|reason| ModelError::Graph(format!("initializer `{name}`: {reason}")))?;
            if name.is_empty() || constants.insert(name.clone(), constant).is_some() {
                return Err(ModelError::Graph(format!(
                    "initializer `{name}` is unnamed or there twice"
                )));
            }
        }
        // Before IR 4 every initializer was also listed as an input: a default that nobody overrides here.
        let mut names = BTreeSet::new();
        let mut inputs = Vec::new();
        for info in graph.input {
            if !names.insert(info.name.clone()) {
                return Err(ModelError::Graph(format!(
                    "input `{}` is there twice",
                    info.name
                )));
            }
            if !constants.contains_key(&info.name) {
                inputs.push(Port::read_input(&info)?);
            }
        }
        if inputs.is_empty() {
            return Err(ModelError::Graph("the graph has no input".to_owned()));
        }
        let mut names = BTreeSet::new();
        let mut outputs = Vec::new();
        for info in &graph.output {
            if !names.insert(info.name.as_str()) {
                return Err(ModelError::Graph(format!(
                    "output `{}` is there twice",
                    info.name
                )));
            }
            outputs.push(Port::read_output(info)?);
        }
        if outputs.is_empty() {
            return Err(ModelError::Graph("the graph has no output".to_owned()));
        }
        let metadata = model
            .metadata_props
            .into_iter()
            .map(|entry| (entry.key, entry.value))
            .collect();
        Ok(Self {
            inputs,
            outputs,
            constants,
            nodes: graph.node,
            opsets,
            metadata,
        })
    }
}

/// The imported operator sets, each within what we know. `ai.onnx` is the long name of the empty domain.
fn opsets(imports: &[proto::Opset]) -> Result<BTreeMap<String, i64>, ModelError> {
    let mut found = BTreeMap::new();
    for import in imports {
        let domain = plain_domain(&import.domain);
        if let Some((_, range)) = OPSETS.iter().find(|(known, _)| *known == domain)
            && !range.contains(&import.version)
        {
            return Err(ModelError::Graph(format!(
                "version {} of operator set `{}` is outside {} to {}",
                import.version,
                if domain.is_empty() { "ai.onnx" } else { domain },
                range.start(),
                range.end()
            )));
        }
        let former = found.insert(domain.to_owned(), import.version);
        if former.is_some_and(|former| former != import.version) {
            return Err(ModelError::Graph(format!(
                "operator set `{domain}` is imported in two versions"
            )));
        }
    }
    Ok(found)
}

/// The domain under the one name that we compare with.
pub(crate) fn plain_domain(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}
