//! A graph with its learnt numbers as whole numbers of eight bits and a scale.
//!
//! Weights of matrix products become a tensor of eight bits, symmetric: `w = q * s` with `q` in -127..=127
//! and `s` the largest magnitude of an output's weights over 127. Leaves of trees become such whole numbers
//! too, one scale a sum; the standard has no tree of eight bits, so they are written as the whole numbers
//! that they are, in single precision. What was summed is multiplied by its scale once, behind the sum, and
//! gets the number that it started from: sums of whole leaves below 2^24 are exact in any order, so every
//! runtime comes to the same.
//!
//! Why not `DequantizeLinear` in front of the product: ONNX Runtime takes that for leave to round the rows
//! to eight bits as well, and answers up to 7e-4 away from what the graph says (1.31, measured on
//! regressions of ours). A `Cast` says what is meant.
//!
//! Everything else (comparisons, preparation) stays in single precision.

use std::collections::BTreeMap;

use prost::Message as _;

use super::attribute::int;
use super::builder::{ML, signed};
use super::guard::decode;
use super::proto::{Attribute, Graph, Node, Tensor, data_type};
use crate::{ModelError, Session};

/// How the names of what is added begin.
const OWN: &str = "yard:int8:";
/// The largest magnitude of a symmetric whole number of eight bits.
const LARGEST: f64 = 127.0;

/// A quantised graph.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// The new file.
    pub onnx: Vec<u8>,
    /// How many weights have eight bits now.
    pub weights: usize,
    /// How many leaves have values of eight bits now.
    pub leaves: usize,
}

/// Why a graph cannot be quantised.
#[derive(Debug, thiserror::Error)]
pub enum QuantizeError {
    /// The engine does not take it, or not what it has become.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It holds neither constant matrices nor trees that add up.
    #[error("the graph holds no weights and no leaves that could have eight bits")]
    Nothing,
    /// It has been quantised before.
    #[error("the graph is quantised already")]
    Already,
    /// A weight or a leaf is infinite or no number.
    #[error("the graph holds a weight that is not finite")]
    NotFinite,
}

impl Quantized {
    /// Quantises the weights and the leaves of a graph.
    ///
    /// # Errors
    /// Where there is nothing to quantise, or the engine does not take the graph.
    pub fn of(onnx: &[u8]) -> Result<Self, QuantizeError> {
        Session::load(onnx)?;
        let mut model = decode(onnx)?;
        let graph = model.graph.get_or_insert_with(Graph::default);
        let names = graph.node.iter().flat_map(|node| &node.output);
        let constants = graph.initializer.iter().map(|tensor| &tensor.name);
        if names.chain(constants).any(|name| name.starts_with(OWN)) {
            return Err(QuantizeError::Already);
        }
        let mut rewrite = Rewrite::of(graph);
        for node in std::mem::take(&mut graph.node) {
            match (node.domain.as_str(), node.op_type.as_str()) {
                ("" | "ai.onnx", "Gemm" | "MatMul") => rewrite.product(node)?,
                (ML, "TreeEnsembleRegressor") => rewrite.trees(node)?,
                _ => rewrite.nodes.push(node),
            }
        }
        let (weights, leaves) = (rewrite.weights, rewrite.leaves);
        if weights + leaves == 0 {
            return Err(QuantizeError::Nothing);
        }
        rewrite.give(graph);
        let onnx = model.encode_to_vec();
        Session::load(&onnx)?;
        Ok(Self {
            onnx,
            weights,
            leaves,
        })
    }
}

/// A graph on its way.
struct Rewrite {
    nodes: Vec<Node>,
    /// The constants, by name.
    constants: BTreeMap<String, Tensor>,
    /// How often each name is read.
    reads: BTreeMap<String, usize>,
    /// The order of the constants in the file, new ones last.
    order: Vec<String>,
    count: usize,
    weights: usize,
    leaves: usize,
}

impl Rewrite {
    fn of(graph: &mut Graph) -> Self {
        let mut reads: BTreeMap<String, usize> = BTreeMap::new();
        let outputs = graph.output.iter().map(|output| &output.name);
        let inputs = graph.node.iter().flat_map(|node| &node.input);
        for name in inputs.chain(outputs) {
            *reads.entry(name.clone()).or_default() += 1;
        }
        let constants = std::mem::take(&mut graph.initializer);
        Self {
            nodes: Vec::new(),
            order: constants.iter().map(|tensor| tensor.name.clone()).collect(),
            constants: constants
                .into_iter()
                .map(|tensor| (tensor.name.clone(), tensor))
                .collect(),
            reads,
            count: 0,
            weights: 0,
            leaves: 0,
        }
    }

    fn give(mut self, graph: &mut Graph) {
        graph.node = self.nodes;
        let constants = self.order.iter();
        graph.initializer = constants
            .filter_map(|name| self.constants.remove(name))
            .collect();
    }

    /// A name that nothing has.
    fn name(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{OWN}{what}:{}", self.count)
    }

    fn constant(&mut self, what: &str, tensor: Tensor) -> String {
        let name = self.name(what);
        self.order.push(name.clone());
        let tensor = Tensor {
            name: name.clone(),
            ..tensor
        };
        self.constants.insert(name.clone(), tensor);
        name
    }

    fn floats(&mut self, what: &str, values: &[f32]) -> String {
        let tensor = Tensor {
            dims: vec![signed(values.len())],
            data_type: data_type::FLOAT,
            raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ..Tensor::default()
        };
        self.constant(what, tensor)
    }

    fn node(
        &mut self,
        operator: &str,
        inputs: Vec<String>,
        output: String,
        attribute: Vec<Attribute>,
    ) {
        let name = self.name(operator);
        self.nodes.push(Node {
            input: inputs,
            output: vec![output],
            name,
            op_type: operator.to_owned(),
            attribute,
            ..Node::default()
        });
    }

    /// Adds a node that sums whole numbers, and behind it what makes its answer of the sum.
    fn summed(&mut self, mut node: Node, scales: &[f32], start: Option<String>) {
        let answer = std::mem::take(&mut node.output[0]);
        let sum = self.name("sum");
        node.output[0].clone_from(&sum);
        self.nodes.push(node);
        let scale = self.floats("scale", scales);
        match start {
            None => self.node("Mul", vec![sum, scale], answer, Vec::new()),
            Some(start) => {
                let scaled = self.name("scaled");
                self.node("Mul", vec![sum, scale], scaled.clone(), Vec::new());
                self.node("Add", vec![scaled, start], answer, Vec::new());
            }
        }
    }

    /// A product with a constant matrix of single precision, what is added being added once; any other
    /// stays as it is.
    fn product(&mut self, mut node: Node) -> Result<(), QuantizeError> {
        let found = node.input.get(1).and_then(|name| self.constants.get(name));
        let matrix = found.and_then(|tensor| Some((single(tensor)?, tensor.dims.clone())));
        let is_plain = node.output.len() == 1
            && (node.attribute.iter())
                .filter(|own| matches!(own.name.as_str(), "alpha" | "beta"))
                .all(|own| own.f.unwrap_or_default().to_bits() == 1.0_f32.to_bits());
        let Some((values, dims)) = matrix.filter(|(_, dims)| dims.len() == 2 && is_plain) else {
            self.nodes.push(node);
            return Ok(());
        };
        let transposed = node.op_type == "Gemm" && attribute_int(&node, "transB").unwrap_or(0) != 0;
        let columns = usize::try_from(dims[1]).unwrap_or(1).max(1);
        let output_of = |at: usize| {
            if transposed {
                at / columns
            } else {
                at % columns
            }
        };
        let outputs = dims[usize::from(!transposed)];
        let outputs = usize::try_from(outputs).unwrap_or(0);
        let grid = Grid::of(&values, outputs, output_of)?;
        let bytes = grid.whole.iter().map(|whole| whole.cast_unsigned());
        let whole = Tensor {
            dims,
            data_type: data_type::INT8,
            raw_data: bytes.collect(),
            ..Tensor::default()
        };
        self.weights += values.len();
        let whole = self.constant("weights", whole);
        let real = self.name("real");
        let to = int("to", i64::from(data_type::FLOAT));
        self.node("Cast", vec![whole], real.clone(), vec![to]);
        let old = std::mem::replace(&mut node.input[1], real);
        if self.reads.get(&old) == Some(&1) {
            self.constants.remove(&old);
        }
        let start = node.input.drain(2..).find(|name| !name.is_empty());
        self.summed(node, &grid.scales, start);
        Ok(())
    }

    /// Trees whose leaves add up and are answered as they are; any other stay as they are.
    fn trees(&mut self, mut node: Node) -> Result<(), QuantizeError> {
        let text = |name: &str| {
            let found = node.attribute.iter().find(|own| own.name == name);
            found.and_then(|own| own.s.clone())
        };
        let sums = matches!(text("aggregate_function").as_deref(), None | Some(b"SUM"));
        let plain = matches!(text("post_transform").as_deref(), None | Some(b"NONE"));
        let targets = attribute_int(&node, "n_targets").unwrap_or(1);
        let targets = usize::try_from(targets).unwrap_or(0).max(1);
        let ids = node.attribute.iter().find(|own| own.name == "target_ids");
        let ids = ids.map(|own| own.ints.clone()).unwrap_or_default();
        let leaves = node
            .attribute
            .iter()
            .position(|own| own.name == "target_weights" && !own.floats.is_empty());
        let (Some(place), true) = (leaves, sums && plain && node.output.len() == 1) else {
            self.nodes.push(node);
            return Ok(());
        };
        let values = std::mem::take(&mut node.attribute[place].floats);
        let target_of = |leaf: usize| {
            let id = ids.get(leaf).copied().unwrap_or(0);
            usize::try_from(id).unwrap_or(0).min(targets - 1)
        };
        let grid = Grid::of(&values, targets, target_of)?;
        node.attribute[place].floats = grid.whole.iter().map(|whole| f32::from(*whole)).collect();
        self.leaves += values.len();
        let starts = node
            .attribute
            .iter()
            .position(|own| own.name == "base_values");
        let starts = starts.map(|place| node.attribute.remove(place).floats);
        let starts = starts.filter(|starts| starts.iter().any(|start| start.abs() > 0.0));

        let start = starts.map(|starts| self.floats("start", &starts));
        self.summed(node, &grid.scales, start);
        Ok(())
    }
}

fn attribute_int(node: &Node, name: &str) -> Option<i64> {
    let found = node.attribute.iter().find(|own| own.name == name);
    found.and_then(|own| own.i)
}

/// The values of a tensor of single precision.
fn single(tensor: &Tensor) -> Option<Vec<f32>> {
    if tensor.data_type != data_type::FLOAT {
        return None;
    }
    if tensor.raw_data.is_empty() {
        return Some(tensor.float_data.clone());
    }
    let (groups, _) = tensor.raw_data.as_chunks::<4>();
    Some(
        groups
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
    )
}

/// Whole numbers, and what each group of them is multiplied by.
struct Grid {
    whole: Vec<i8>,
    scales: Vec<f32>,
}

impl Grid {
    /// The nearest numbers on each group's grid.
    fn of(
        values: &[f32],
        groups: usize,
        group_of: impl Fn(usize) -> usize,
    ) -> Result<Self, QuantizeError> {
        let mut largest = vec![0.0_f32; groups];
        for (at, value) in values.iter().enumerate() {
            if !value.is_finite() {
                return Err(QuantizeError::NotFinite);
            }
            let own = &mut largest[group_of(at)];
            *own = own.max(value.abs());
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the graph holds single precision"
        )]
        let scales = largest.iter().map(|largest| {
            let scale = (f64::from(*largest) / LARGEST) as f32;
            // A group of zeros, or one below the least number, is all zeros on any grid.
            if scale > 0.0 { scale } else { 1.0 }
        });
        let scales: Vec<f32> = scales.collect();
        let whole = values.iter().enumerate().map(|(at, value)| {
            let steps = f64::from(*value) / f64::from(scales[group_of(at)]);
            #[expect(clippy::cast_possible_truncation, reason = "within eight bits")]
            {
                steps.round().clamp(-LARGEST, LARGEST) as i8
            }
        });
        Ok(Self {
            whole: whole.collect(),
            scales,
        })
    }
}
