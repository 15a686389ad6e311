//! From nodes to steps: types and shapes derived, arguments resolved, dead steps dropped.

use std::collections::BTreeMap;

use super::kernels::{self, Arg, Compiled, Type};
use super::{Operand, Session, Step};
use crate::ModelError;
use crate::graph::{Constant, Dim, NodeView, Port, Shape, Source, plain_domain};

/// Most columns that all steps make together: bounds the memory of a run at 8 KiB each.
const MAX_COLUMNS: usize = 1 << 18;

/// What a name in the graph stands for.
#[derive(Clone, Debug)]
enum Binding {
    Constant(usize),
    Slot(usize),
}

/// Plans a whole graph.
pub(super) fn compile(source: Source) -> Result<Session, ModelError> {
    let Source {
        inputs,
        outputs,
        constants,
        nodes,
        opsets,
        metadata,
    } = source;
    let mut plan = Plan::default();
    for port in &inputs {
        let tail = port.dims.iter().filter_map(|dim| {
            if let Dim::Fixed(size) = dim {
                Some(*size)
            } else {
                None
            }
        });
        let kind = Type {
            element: port.element,
            shape: Shape::Rows(tail.collect()),
        };
        plan.define_slot(&port.name, kind)?;
    }
    for (name, constant) in constants {
        plan.define_constant(&name, constant)?;
    }
    for (position, node) in nodes.iter().enumerate() {
        let domain = plain_domain(&node.domain);
        let version = opsets.get(domain).copied();
        let view = NodeView::new(node, position, version.unwrap_or(0))?;
        if version.is_none() {
            return Err(view.fail(format!("operator set `{domain}` is not imported")));
        }
        if domain.is_empty() && node.op_type == "Constant" {
            let [name] = node.output.as_slice() else {
                return Err(view.fail("expected one output"));
            };
            plan.define_constant(name, view.constant()?)?;
            continue;
        }
        if domain.is_empty()
            && let Some(constant) = plan.folded(&view, &node.input)?
        {
            let [name] = node.output.as_slice() else {
                return Err(view.fail("expected one output"));
            };
            plan.define_constant(name, constant)?;
            continue;
        }
        plan.add(&view, domain, &node.input, &node.output)?;
    }

    let mut ports = Vec::new();
    let mut results = Vec::new();
    for declared in &outputs {
        let (operand, kind) = plan.result(&declared.name)?;
        if kind.element != declared.element {
            return Err(ModelError::Graph(format!(
                "output `{}` is declared as {}, the graph yields {}",
                declared.name, declared.element, kind.element
            )));
        }
        ports.push(Port::of(&declared.name, kind.element, &kind.shape));
        results.push(operand);
    }
    let slots = plan.types.len();
    let steps = live(plan.steps, &results, slots);
    Ok(Session {
        inputs,
        outputs: ports,
        results,
        steps,
        constants: plan.constants,
        slots,
        metadata,
    })
}

#[derive(Default)]
struct Plan {
    names: BTreeMap<String, Binding>,
    constants: Vec<Constant>,
    types: Vec<Type>,
    steps: Vec<Step>,
    columns: usize,
}

impl Plan {
    fn bind(&mut self, name: &str, binding: Binding) -> Result<(), ModelError> {
        if self.names.insert(name.to_owned(), binding).is_some() {
            return Err(ModelError::Graph(format!("`{name}` is defined twice")));
        }
        Ok(())
    }

    fn define_constant(&mut self, name: &str, constant: Constant) -> Result<(), ModelError> {
        self.constants.push(constant);
        self.bind(name, Binding::Constant(self.constants.len() - 1))
    }

    fn define_slot(&mut self, name: &str, kind: Type) -> Result<usize, ModelError> {
        self.columns += kind.shape.width();
        if self.columns > MAX_COLUMNS {
            return Err(ModelError::Limit {
                what: "columns in all steps",
                found: self.columns,
                limit: MAX_COLUMNS,
            });
        }
        self.types.push(kind);
        let slot = self.types.len() - 1;
        self.bind(name, Binding::Slot(slot))?;
        Ok(slot)
    }

    /// The constant that a node of constants stands for, where the node is one of those that turn
    /// numbers of few bits into numbers of single precision.
    fn folded(
        &self,
        view: &NodeView<'_>,
        inputs: &[String],
    ) -> Result<Option<Constant>, ModelError> {
        let constant = |at: usize| match inputs.get(at).map(String::as_str) {
            None | Some("") => Ok(None),
            Some(name) => match self.names.get(name) {
                Some(Binding::Constant(place)) => Ok(Some(&self.constants[*place])),
                _ => Err(view.fail(format!("input {at}, `{name}`, must be a constant"))),
            },
        };
        match view.operator() {
            "DequantizeLinear" => match (constant(0)?, constant(1)?, constant(2)?) {
                (Some(x), Some(scale), zero_point) if inputs.len() <= 3 => {
                    kernels::dequantize(view, x, scale, zero_point).map(Some)
                }
                _ => Err(view.fail(format!("{} inputs", inputs.len()))),
            },
            "Cast" => match constant(0) {
                Ok(Some(x)) if inputs.len() == 1 => kernels::cast_constant(view, x),
                // Rows are another matter.
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn add(
        &mut self,
        view: &NodeView<'_>,
        domain: &str,
        inputs: &[String],
        outputs: &[String],
    ) -> Result<(), ModelError> {
        let mut operands = Vec::with_capacity(inputs.len());
        for name in inputs {
            operands.push(match self.names.get(name) {
                Some(Binding::Slot(slot)) => Some(Operand::Slot(*slot)),
                Some(Binding::Constant(at)) => Some(Operand::Constant(*at)),
                None if name.is_empty() => None,
                None => {
                    return Err(view.fail(format!("`{name}` is read before anything defines it")));
                }
            });
        }
        let args: Vec<Arg<'_>> = operands
            .iter()
            .map(|operand| match operand {
                None => Arg::Absent,
                Some(Operand::Slot(slot)) => Arg::Rows(&self.types[*slot]),
                Some(Operand::Constant(at)) => Arg::Constant(&self.constants[*at]),
            })
            .collect();
        let make = kernels::find(domain, view.operator()).ok_or_else(|| ModelError::Operator {
            operator: view.operator().to_owned(),
            domain: if domain.is_empty() {
                "ai.onnx".to_owned()
            } else {
                domain.to_owned()
            },
            node: view.label(),
        })?;
        let Compiled {
            kernel,
            reads,
            outputs: kinds,
        } = make(view, &args)?;
        if outputs.len() > kinds.len() {
            return Err(view.fail(format!(
                "{} outputs, the operator has {}",
                outputs.len(),
                kinds.len()
            )));
        }
        let mut writes = Vec::with_capacity(outputs.len());
        for (name, kind) in outputs.iter().zip(kinds) {
            writes.push(if name.is_empty() {
                None
            } else {
                Some(self.define_slot(name, kind)?)
            });
        }
        let reads = reads.iter().filter_map(|&at| operands[at]).collect();
        self.steps.push(Step {
            kernel,
            reads,
            writes,
            frees: Vec::new(),
        });
        Ok(())
    }

    fn result(&self, name: &str) -> Result<(Operand, Type), ModelError> {
        let fail = |reason: String| ModelError::Graph(format!("output `{name}`: {reason}"));
        match self.names.get(name) {
            None => Err(fail("nothing in the graph yields it".to_owned())),
            Some(Binding::Slot(slot)) => Ok((Operand::Slot(*slot), self.types[*slot].clone())),
            Some(Binding::Constant(at)) => {
                let constant = &self.constants[*at];
                let shape = constant.beside_rows(2).map_err(fail)?;
                Ok((
                    Operand::Constant(*at),
                    Type {
                        element: constant.element(),
                        shape,
                    },
                ))
            }
        }
    }
}

/// Keeps the steps that an output depends on and notes after which step a slot can be dropped.
fn live(steps: Vec<Step>, results: &[Operand], slots: usize) -> Vec<Step> {
    let mut needed = vec![false; slots];
    let slot_of = |operand: &Operand| {
        if let Operand::Slot(slot) = operand {
            Some(*slot)
        } else {
            None
        }
    };
    for slot in results.iter().filter_map(slot_of) {
        needed[slot] = true;
    }
    let mut kept = Vec::with_capacity(steps.len());
    for mut step in steps.into_iter().rev() {
        if !step.writes.iter().flatten().any(|&slot| needed[slot]) {
            continue;
        }
        // Backwards, the first step that reads a slot is the last one that needs it.
        for slot in step.reads.iter().filter_map(slot_of) {
            if !needed[slot] {
                needed[slot] = true;
                step.frees.push(slot);
            }
        }
        kept.push(step);
    }
    kept.reverse();
    kept
}
