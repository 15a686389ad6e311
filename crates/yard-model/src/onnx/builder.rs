//! Writing models: a builder whose handles know what they are.

use prost::Message as _;

use super::attribute::{float, floats, int, strings};
use super::proto::{
    Attribute, Dimension, Entry, Graph, Model, Node, Opset, Shape, Tensor, TensorType, ValueInfo,
    ValueType, data_type,
};
use super::tree::{TreeEnsemble, tree_attributes};
use crate::{ModelError, Session};

/// With the two operator sets below, what every current runtime accepts.
const IR_VERSION: i64 = 8;
/// The version of ONNX's default operator set that the builder writes for.
pub const OPSET: u32 = 17;
/// The version of ONNX's machine-learning operator set that the builder writes for.
pub const ML_OPSET: u32 = 3;
pub(super) const ML: &str = "ai.onnx.ml";
/// How the names of the builder's own values begin; a column's name may be anything else.
const OWN: &str = "yard:";

/// Why a graph cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Names of inputs and outputs must be distinct and not empty.
    #[error("the name `{0}` is empty or already taken")]
    Name(String),
    /// Lists or values that belong together differ in size.
    #[error("{what}: expected {expected}, found {found}")]
    Size {
        /// What has the wrong size.
        what: &'static str,
        /// The size that fits.
        expected: usize,
        /// The size given.
        found: usize,
    },
    /// What was built is not a model that the engine accepts.
    #[error("the graph is not a valid model")]
    Model(#[from] ModelError),
}

/// A value `float[N, width]` in a graph under construction.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub(super) name: String,
    pub(super) width: usize,
}

impl Numbers {
    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }
}

/// A value `string[N, 1]` in a graph under construction.
#[derive(Clone, Debug)]
pub struct Texts {
    pub(super) name: String,
}

/// A value `bool[N, width]` in a graph under construction.
#[derive(Clone, Debug)]
pub struct Flags {
    name: String,
    width: usize,
}

/// Builds the graph of a model, node by node, and writes it as deterministic bytes.
#[derive(Debug)]
pub struct GraphBuilder {
    model: Model,
    graph: Graph,
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new(name: &str, producer_name: &str, producer_version: &str) -> Self {
        let opset = |domain: &str, version| Opset {
            domain: domain.to_owned(),
            version: i64::from(version),
        };
        let model = Model {
            ir_version: IR_VERSION,
            producer_name: producer_name.to_owned(),
            producer_version: producer_version.to_owned(),
            opset_import: vec![opset("", OPSET), opset(ML, ML_OPSET)],
            ..Model::default()
        };
        Self {
            model,
            graph: Graph {
                name: name.to_owned(),
                ..Graph::default()
            },
        }
    }

    /// An input `float[N, 1]`; missing is NaN.
    pub fn input_number(&mut self, name: &str) -> Result<Numbers, BuildError> {
        self.declare_input(name, data_type::FLOAT)?;
        Ok(Numbers {
            name: name.to_owned(),
            width: 1,
        })
    }

    /// An input `string[N, 1]`; missing is the empty text.
    pub fn input_text(&mut self, name: &str) -> Result<Texts, BuildError> {
        self.declare_input(name, data_type::STRING)?;
        Ok(Texts {
            name: name.to_owned(),
        })
    }

    /// A number per known text, `default` for every other. NaN is allowed.
    pub fn label_encoder(
        &mut self,
        texts: &Texts,
        labels: &[(impl AsRef<str>, f32)],
        default: f32,
    ) -> Result<Numbers, BuildError> {
        let keys = labels.iter().map(|(key, _)| key.as_ref());
        let attributes = vec![
            strings("keys_strings", keys),
            floats(
                "values_floats",
                labels.iter().map(|&(_, value)| value).collect(),
            ),
            float("default_float", default),
        ];
        Ok(self.numbers(ML, "LabelEncoder", &[&texts.name], attributes, 1))
    }

    /// A column of 0 and 1 per category; a row with any other text is all zeros.
    pub fn one_hot(
        &mut self,
        texts: &Texts,
        categories: &[impl AsRef<str>],
    ) -> Result<Numbers, BuildError> {
        if categories.is_empty() {
            return Err(BuildError::Size {
                what: "categories",
                expected: 1,
                found: 0,
            });
        }
        let attributes = vec![
            strings("cats_strings", categories.iter().map(AsRef::as_ref)),
            int("zeros", 1),
        ];
        // The operator adds a dimension, [N, 1, K].
        let deep = self.numbers(
            ML,
            "OneHotEncoder",
            &[&texts.name],
            attributes,
            categories.len(),
        );
        Ok(self.numbers(
            "",
            "Flatten",
            &[&deep.name],
            vec![int("axis", 1)],
            categories.len(),
        ))
    }

    /// Which cells are missing.
    pub fn is_missing(&mut self, numbers: &Numbers) -> Flags {
        let name = self.add("", "IsNaN", &[&numbers.name], Vec::new());
        Flags {
            name,
            width: numbers.width,
        }
    }

    /// Flags as 0 and 1.
    pub fn indicator(&mut self, flags: &Flags) -> Numbers {
        self.numbers(
            "",
            "Cast",
            &[&flags.name],
            vec![int("to", i64::from(data_type::FLOAT))],
            flags.width,
        )
    }

    /// Missing cells replaced, by one value per column.
    pub fn impute(&mut self, numbers: &Numbers, values: &[f32]) -> Result<Numbers, BuildError> {
        expect_size("imputed values", numbers.width, values.len())?;
        let attributes = vec![
            floats("imputed_value_floats", values.to_vec()),
            float("replaced_value_float", f32::NAN),
        ];
        Ok(self.numbers(ML, "Imputer", &[&numbers.name], attributes, numbers.width))
    }

    /// `(x - offset) * scale`, by column.
    pub fn scale(
        &mut self,
        numbers: &Numbers,
        offset: &[f32],
        scale: &[f32],
    ) -> Result<Numbers, BuildError> {
        expect_size("offsets", numbers.width, offset.len())?;
        expect_size("scales", numbers.width, scale.len())?;
        let attributes = vec![
            floats("offset", offset.to_vec()),
            floats("scale", scale.to_vec()),
        ];
        Ok(self.numbers(ML, "Scaler", &[&numbers.name], attributes, numbers.width))
    }

    /// The columns of all parts side by side.
    pub fn concat(&mut self, parts: &[&Numbers]) -> Result<Numbers, BuildError> {
        if parts.is_empty() {
            return Err(BuildError::Size {
                what: "parts to join",
                expected: 1,
                found: 0,
            });
        }
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        let width = parts.iter().map(|part| part.width).sum();
        Ok(self.numbers("", "Concat", &names, vec![int("axis", 1)], width))
    }

    /// The weighted sum of the columns and a bias: `float[N, 1]`.
    pub fn linear(
        &mut self,
        numbers: &Numbers,
        weights: &[f32],
        bias: f32,
    ) -> Result<Numbers, BuildError> {
        expect_size("weights", numbers.width, weights.len())?;
        self.linear_multi(numbers, weights, &[bias])
    }

    /// A weighted sum per bias; the weights are row-major, `[columns, sums]`.
    pub fn linear_multi(
        &mut self,
        numbers: &Numbers,
        weights: &[f32],
        bias: &[f32],
    ) -> Result<Numbers, BuildError> {
        expect_size(
            "weights",
            numbers.width.saturating_mul(bias.len()),
            weights.len(),
        )?;
        let matrix = self.initializer(&[numbers.width, bias.len()], weights);
        let vector = self.initializer(&[bias.len()], bias);
        Ok(self.numbers(
            "",
            "Gemm",
            &[&numbers.name, &matrix, &vector],
            Vec::new(),
            bias.len(),
        ))
    }

    /// The sums of an ensemble of trees: `float[N, base.len()]`.
    pub fn tree_ensemble(
        &mut self,
        numbers: &Numbers,
        ensemble: &TreeEnsemble,
    ) -> Result<Numbers, BuildError> {
        if ensemble.base.is_empty() {
            return Err(BuildError::Size {
                what: "base values",
                expected: 1,
                found: 0,
            });
        }
        let attributes = tree_attributes(ensemble);
        Ok(self.numbers(
            ML,
            "TreeEnsembleRegressor",
            &[&numbers.name],
            attributes,
            ensemble.base.len(),
        ))
    }

    /// `1 / (1 + e^-x)`.
    pub fn sigmoid(&mut self, numbers: &Numbers) -> Numbers {
        self.numbers("", "Sigmoid", &[&numbers.name], Vec::new(), numbers.width)
    }

    /// `e^x`.
    pub fn exp(&mut self, numbers: &Numbers) -> Numbers {
        self.numbers("", "Exp", &[&numbers.name], Vec::new(), numbers.width)
    }

    /// Shares of `e^x` across the columns.
    pub fn softmax(&mut self, numbers: &Numbers) -> Numbers {
        self.numbers(
            "",
            "Softmax",
            &[&numbers.name],
            vec![int("axis", 1)],
            numbers.width,
        )
    }

    /// The probabilities of two classes from the margin of the second: `[1 - p, p]`.
    pub fn binary_probabilities(&mut self, margin: &Numbers) -> Result<Numbers, BuildError> {
        expect_size("columns of a margin", 1, margin.width)?;
        let positive = self.sigmoid(margin);
        let one = self.initializer(&[1], &[1.0]);
        let negative = self.numbers("", "Sub", &[&one, &positive.name], Vec::new(), 1);
        self.concat(&[&negative, &positive])
    }

    /// Names a value as an output of the model.
    pub fn output(&mut self, name: &str, numbers: &Numbers) -> Result<(), BuildError> {
        if name.is_empty() || self.is_taken(name) {
            return Err(BuildError::Name(name.to_owned()));
        }
        self.graph.node.push(Node {
            input: vec![numbers.name.clone()],
            output: vec![name.to_owned()],
            name: format!("{OWN}output:{name}"),
            op_type: "Identity".to_owned(),
            ..Node::default()
        });
        self.graph
            .output
            .push(declaration(name, data_type::FLOAT, numbers.width));
        Ok(())
    }

    /// The file's bytes, the same for the same calls. Checked by loading them.
    pub fn finish(mut self, metadata: &[(&str, &str)]) -> Result<Vec<u8>, BuildError> {
        self.model.metadata_props = metadata
            .iter()
            .map(|&(key, value)| Entry {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .collect();
        self.model.graph = Some(self.graph);
        let bytes = self.model.encode_to_vec();
        Session::load(&bytes)?;
        Ok(bytes)
    }

    fn is_taken(&self, name: &str) -> bool {
        name.starts_with(OWN)
            || self
                .graph
                .input
                .iter()
                .chain(&self.graph.output)
                .any(|declared| declared.name == name)
    }

    fn declare_input(&mut self, name: &str, kind: i32) -> Result<(), BuildError> {
        if name.is_empty() || self.is_taken(name) {
            return Err(BuildError::Name(name.to_owned()));
        }
        self.graph.input.push(declaration(name, kind, 1));
        Ok(())
    }

    /// Adds a node of one output and gives that output's name.
    pub(super) fn add(
        &mut self,
        domain: &str,
        operator: &str,
        inputs: &[&str],
        attributes: Vec<Attribute>,
    ) -> String {
        let name = format!("{OWN}{operator}:{}", self.graph.node.len());
        self.graph.node.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: operator.to_owned(),
            attribute: attributes,
            domain: domain.to_owned(),
        });
        name
    }

    pub(super) fn numbers(
        &mut self,
        domain: &str,
        operator: &str,
        inputs: &[&str],
        attributes: Vec<Attribute>,
        width: usize,
    ) -> Numbers {
        Numbers {
            name: self.add(domain, operator, inputs, attributes),
            width,
        }
    }

    pub(super) fn initializer(&mut self, dims: &[usize], values: &[f32]) -> String {
        let name = format!("{OWN}constant:{}", self.graph.initializer.len());
        self.graph.initializer.push(Tensor {
            dims: dims.iter().map(|&dim| signed(dim)).collect(),
            data_type: data_type::FLOAT,
            raw_data: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            name: name.clone(),
            ..Tensor::default()
        });
        name
    }
}

/// A size as the protobuf messages hold it.
pub(super) fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

pub(super) fn expect_size(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), BuildError> {
    if expected == found {
        Ok(())
    } else {
        Err(BuildError::Size {
            what,
            expected,
            found,
        })
    }
}

/// `[N, width]`.
pub(super) fn declaration(name: &str, elem_type: i32, width: usize) -> ValueInfo {
    let rows = Dimension {
        value: None,
        param: Some("N".to_owned()),
    };
    let columns = Dimension {
        value: Some(signed(width)),
        param: None,
    };
    let tensor = TensorType {
        elem_type,
        shape: Some(Shape {
            dim: vec![rows, columns],
        }),
    };
    ValueInfo {
        name: name.to_owned(),
        kind: Some(ValueType {
            tensor: Some(tensor),
        }),
    }
}
