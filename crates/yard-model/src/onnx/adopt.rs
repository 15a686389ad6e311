//! A graph that another program wrote, reshaped into what a signature describes: one input a column,
//! and the one output that is the answer. No number is computed otherwise than before: only declarations
//! change, and nodes are added that put columns side by side or in another order.

use std::collections::BTreeSet;

use prost::Message as _;

use super::attribute;
use super::builder::declaration;
use super::guard::decode;
use super::proto::{Dimension, Graph, Model, Node, Opset, Tensor, ValueInfo, data_type};
use crate::{Element, ModelError, Port, Session};

/// A reshaped graph.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// The new file.
    pub onnx: Vec<u8>,
    /// Its inputs in their order: the column, and whether it is a text.
    pub inputs: Vec<(String, bool)>,
    /// What it answers.
    pub outlet: Outlet,
    /// The program that wrote the graph, and its version, where it says so.
    pub producer: String,
    /// The versions of ONNX's default and machine-learning operator sets.
    pub opsets: (u32, u32),
}

/// What a graph answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlet {
    /// One probability a class.
    Probabilities {
        /// The output's name.
        name: String,
        /// The classes in the order of the columns, where the graph names them.
        classes: Option<Vec<String>>,
        /// How many columns.
        width: usize,
    },
    /// One number.
    Value {
        /// The output's name.
        name: String,
    },
}

/// Why a graph cannot be reshaped.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The engine does not take it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// One input takes several columns, and there are not as many names for them.
    #[error("the input `{input}` takes {width} columns side by side, and {given} are named")]
    Columns {
        /// The input.
        input: String,
        /// How many columns it takes.
        width: usize,
        /// How many names there are for them.
        given: usize,
    },
    /// An input is of a type that no column of a table has.
    #[error("the input `{input}` takes {element}, which no column of a table is")]
    Input {
        /// The input.
        input: String,
        /// What it takes.
        element: String,
    },
    /// A column has the name of something inside the graph.
    #[error("the graph has something else of the name `{0}`")]
    Name(String),
    /// No output is one probability a class or one number a row.
    #[error("no output is one probability a class or one number a row; there are {0}")]
    Output(String),
    /// The order of the classes does not name each column once.
    #[error("the order of the classes does not name each of {0} columns once")]
    Order(usize),
}

impl Adopted {
    /// Reads a graph. `columns` are the names for an input that takes several columns side by side, in
    /// the order of its columns.
    ///
    /// # Errors
    /// What the engine does not support, or why no signature can describe the graph.
    pub fn read(bytes: &[u8], columns: &[String]) -> Result<Self, AdoptError> {
        let mut model = decode(bytes)?;
        let theirs = domains(&model);
        let graph = model.graph.get_or_insert_with(Graph::default);
        let classes = drop_maps(graph);
        let inputs = split_inputs(graph, columns)?;
        import(&mut model, &theirs);
        let session = Session::load(&model.encode_to_vec())?;
        let outlet = outlet(session.outputs(), classes)?;
        let (Outlet::Probabilities { name, .. } | Outlet::Value { name }) = &outlet;
        let graph = model.graph.get_or_insert_with(Graph::default);
        graph.output.retain(|output| output.name == *name);
        let opset = |domain: &[&str]| {
            let found = model
                .opset_import
                .iter()
                .find(|set| domain.contains(&set.domain.as_str()));
            found.map_or(0, |set| u32::try_from(set.version).unwrap_or(0))
        };
        Ok(Self {
            opsets: (opset(&["", "ai.onnx"]), opset(&["ai.onnx.ml"])),
            producer: format!("{} {}", model.producer_name, model.producer_version)
                .trim()
                .to_owned(),
            onnx: checked(&model)?,
            inputs,
            outlet,
        })
    }

    /// Puts the columns of the probabilities into another order: the i-th is then what the `order[i]`-th
    /// was.
    ///
    /// # Errors
    /// When the answer is no probabilities, or the order does not name each column once.
    pub fn reorder(&mut self, order: &[usize]) -> Result<(), AdoptError> {
        let Outlet::Probabilities {
            name,
            classes,
            width,
        } = &mut self.outlet
        else {
            return Err(AdoptError::Order(1));
        };
        let named: BTreeSet<usize> = order.iter().copied().filter(|at| at < width).collect();
        if order.len() != *width || named.len() != *width {
            return Err(AdoptError::Order(*width));
        }
        let mut model = decode(&self.onnx)?;
        let theirs = domains(&model);
        let graph = model.graph.get_or_insert_with(Graph::default);
        let places = free(graph, "class_order");
        let ordered = free(graph, "probabilities");
        graph.initializer.push(Tensor {
            dims: vec![super::builder::signed(order.len())],
            data_type: data_type::INT64,
            int64_data: order.iter().map(|at| super::builder::signed(*at)).collect(),
            name: places.clone(),
            ..Tensor::default()
        });
        graph.node.push(Node {
            input: vec![name.clone(), places],
            output: vec![ordered.clone()],
            name: ordered.clone(),
            op_type: "ArrayFeatureExtractor".to_owned(),
            domain: "ai.onnx.ml".to_owned(),
            ..Node::default()
        });
        graph.output = vec![declaration(&ordered, data_type::FLOAT, *width)];
        if let Some(classes) = classes {
            *classes = order.iter().map(|&at| classes[at].clone()).collect();
        }
        *name = ordered;
        import(&mut model, &theirs);
        self.onnx = checked(&model)?;
        Ok(())
    }
}

/// The domains of a graph's operators.
fn domains(model: &Model) -> BTreeSet<String> {
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    nodes.map(|node| node.domain.clone()).collect()
}

/// Imports the operator sets of nodes that were added, where the graph was made of the other domain's
/// alone, as a forest that XGBoost fitted is.
fn import(model: &mut Model, theirs: &BTreeSet<String>) {
    // The oldest sets that have what is added, and the oldest format that may name them.
    for (domain, version, ir_version) in [("", 13, 7), ("ai.onnx.ml", 1, 3)] {
        let added = domains(model).contains(domain) && !theirs.contains(domain);
        let imported =
            |set: &Opset| set.domain == domain || (domain.is_empty() && set.domain == "ai.onnx");
        if added && !model.opset_import.iter().any(imported) {
            model.opset_import.push(Opset {
                domain: domain.to_owned(),
                version,
            });
            model.ir_version = model.ir_version.max(ir_version);
        }
    }
}

fn checked(model: &Model) -> Result<Vec<u8>, ModelError> {
    let bytes = model.encode_to_vec();
    Session::load(&bytes)?;
    Ok(bytes)
}

/// A map from class to probability for every row is what scikit-learn's exporters end with; the tensor
/// that it is made from is what we read. Answers the classes, where a node names them.
fn drop_maps(graph: &mut Graph) -> Option<Vec<String>> {
    let named = |node: &Node| {
        node.attribute.iter().find_map(|attribute| {
            match attribute.name.as_str() {
                "classlabels_strings" | "classlabels_int64s" => (),
                _ => return None,
            }
            let texts = attribute
                .strings
                .iter()
                .map(|text| String::from_utf8_lossy(text).into_owned());
            let numbers = attribute.ints.iter().map(ToString::to_string);
            let classes: Vec<String> = texts.chain(numbers).collect();
            (!classes.is_empty()).then_some(classes)
        })
    };
    let classes = graph.node.iter().rev().find_map(named);
    let (maps, nodes) = std::mem::take(&mut graph.node)
        .into_iter()
        .partition::<Vec<_>, _>(|node| node.op_type == "ZipMap");
    graph.node = nodes;
    for map in maps {
        for output in &mut graph.output {
            if map.output.first() == Some(&output.name)
                && let Some(tensor) = map.input.first()
            {
                *output = open(tensor);
            }
        }
    }
    // What is neither a tensor nor made by one of the nodes is no answer.
    graph.output.retain(|output| {
        output
            .kind
            .as_ref()
            .is_some_and(|kind| kind.tensor.is_some())
    });
    classes
}

/// A declaration of floats whose shape the engine finds out.
fn open(name: &str) -> ValueInfo {
    let mut info = declaration(name, data_type::FLOAT, 1);
    if let Some(shape) = info
        .kind
        .as_mut()
        .and_then(|kind| kind.tensor.as_mut()?.shape.as_mut())
    {
        shape.dim.iter_mut().for_each(|dim| {
            *dim = Dimension {
                value: None,
                param: None,
            };
        });
    }
    info
}

/// One input a column: an input of several columns becomes as many and a node that puts them side by
/// side; an input of other numbers than floats becomes one of floats and a node that casts.
fn split_inputs(graph: &mut Graph, columns: &[String]) -> Result<Vec<(String, bool)>, AdoptError> {
    let constants: BTreeSet<String> = graph.initializer.iter().map(|c| c.name.clone()).collect();
    let declared: Vec<ValueInfo> = std::mem::take(&mut graph.input)
        .into_iter()
        .filter(|input| !constants.contains(&input.name))
        .collect();
    let mut made = Vec::new();
    let mut found = Vec::new();
    for input in declared {
        let (kind, width) = shape(&input);
        let element = || AdoptError::Input {
            input: input.name.clone(),
            element: Element::from_onnx(kind).map_or_else(|text| text, |e| e.to_string()),
        };
        let text = kind == data_type::STRING;
        let numbers = [
            data_type::FLOAT,
            data_type::DOUBLE,
            data_type::INT64,
            data_type::INT32,
        ];
        if !text && !numbers.contains(&kind) {
            return Err(element());
        }
        if width == Some(1) && (text || kind == data_type::FLOAT) {
            found.push((input.name.clone(), text));
            graph.input.push(declaration(&input.name, kind, 1));
            continue;
        }
        let names = if width == Some(1) {
            vec![input.name.clone()]
        } else {
            columns.to_vec()
        };
        let width = width.unwrap_or(names.len());
        if names.len() != width || names.is_empty() {
            return Err(AdoptError::Columns {
                input: input.name.clone(),
                width,
                given: names.len(),
            });
        }
        // The old input's name becomes that of an inner value.
        let whole = free(graph, &format!("{}_columns", input.name));
        for node in &mut graph.node {
            for read in &mut node.input {
                if *read == input.name {
                    read.clone_from(&whole);
                }
            }
        }
        for name in names {
            if is_known(graph, &name) {
                return Err(AdoptError::Name(name));
            }
            let kind = if text {
                data_type::STRING
            } else {
                data_type::FLOAT
            };
            graph.input.push(declaration(&name, kind, 1));
            found.push((name, text));
        }
        let names: Vec<String> = found[found.len() - width..]
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let cast = !text && kind != data_type::FLOAT;
        let joined = if cast {
            free(graph, &format!("{whole}_floats"))
        } else {
            whole.clone()
        };
        made.push(Node {
            input: names,
            output: vec![joined.clone()],
            name: joined.clone(),
            op_type: "Concat".to_owned(),
            attribute: vec![attribute::int("axis", 1)],
            ..Node::default()
        });
        if cast {
            made.push(Node {
                input: vec![joined],
                output: vec![whole.clone()],
                name: whole,
                op_type: "Cast".to_owned(),
                attribute: vec![attribute::int("to", i64::from(kind))],
                ..Node::default()
            });
        }
    }
    made.append(&mut graph.node);
    graph.node = made;
    Ok(found)
}

/// The element type of an input, and its columns where they are fixed.
fn shape(input: &ValueInfo) -> (i32, Option<usize>) {
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let dims = tensor
        .and_then(|tensor| tensor.shape.as_ref())
        .map_or(&[][..], |shape| &shape.dim);
    let width = match dims {
        [_] => Some(1),
        [_, columns] => columns.value.and_then(|value| usize::try_from(value).ok()),
        _ => None,
    };
    (tensor.map_or(0, |tensor| tensor.elem_type), width)
}

fn is_known(graph: &Graph, name: &str) -> bool {
    let inputs = graph.input.iter().map(|input| &input.name);
    let constants = graph.initializer.iter().map(|constant| &constant.name);
    let values = graph
        .node
        .iter()
        .flat_map(|node| node.input.iter().chain(&node.output));
    inputs
        .chain(constants)
        .chain(values)
        .any(|known| known == name)
}

fn free(graph: &Graph, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    while is_known(graph, &name) {
        name.push('_');
    }
    name
}

/// The output that is the answer: probabilities before a number, the first of each.
fn outlet(ports: &[Port], classes: Option<Vec<String>>) -> Result<Outlet, AdoptError> {
    let floats = || ports.iter().filter(|port| port.element == Element::F32);
    if let Some(port) = floats().find(|port| port.width() > 1) {
        let width = port.width();
        return Ok(Outlet::Probabilities {
            name: port.name.clone(),
            classes: classes.filter(|classes| classes.len() == width),
            width,
        });
    }
    let number = floats().find(|port| port.width() == 1 && classes.is_none());
    number
        .map(|port| Outlet::Value {
            name: port.name.clone(),
        })
        .ok_or_else(|| {
            let shown = ports
                .iter()
                .map(|port| format!("`{}` ({} {})", port.name, port.width(), port.element));
            AdoptError::Output(shown.collect::<Vec<_>>().join(", "))
        })
}
