//! Runs a checked graph: a list of steps over slots, in blocks of rows.

mod compile;
mod io;
mod kernels;
mod trees;
mod value;

#[cfg(test)]
mod operator_tests;

use std::collections::BTreeMap;
use std::fmt::Debug;

pub use io::{Column, Inputs, Output, OutputColumn, Outputs};
use value::{Cell, Columns, spread};

use crate::graph::{Constant, Port, Source};
use crate::{ModelError, RunError};

/// Rows that go through all steps together: intermediate columns stay in the second-level cache.
pub(crate) const BLOCK: usize = 2048;

/// An operator, compiled for the types and constants of its node.
trait Kernel: Debug + Send + Sync {
    /// Computes the outputs of one block of rows.
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError>;
}

/// Where a step finds an argument.
#[derive(Clone, Copy, Debug)]
enum Operand {
    Slot(usize),
    Constant(usize),
}

/// One operator in the plan.
#[derive(Debug)]
struct Step {
    kernel: Box<dyn Kernel>,
    reads: Vec<Operand>,
    writes: Vec<Option<usize>>,
    /// Slots that nothing reads any more.
    frees: Vec<usize>,
}

/// A model that is ready to run; share it by reference between threads.
#[derive(Debug)]
pub struct Session {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    results: Vec<Operand>,
    steps: Vec<Step>,
    constants: Vec<Constant>,
    slots: usize,
    metadata: BTreeMap<String, String>,
}

impl Session {
    /// Reads a model file, checks all of it and plans how to run it.
    ///
    /// # Errors
    /// What is malformed, unsupported or beyond a limit, naming the node.
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        compile::compile(Source::read(bytes)?)
    }

    /// The inputs, in the order in which [`Inputs`] gives their columns.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// The outputs, with the shapes that the graph yields.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The metadata that the writer put into the file.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Computes all outputs for all rows.
    ///
    /// # Errors
    /// An input column of the wrong type or length, a code without a level, or a value that the model itself
    /// declares to be an error.
    pub fn run(&self, inputs: &Inputs<'_>) -> Result<Outputs, RunError> {
        inputs.check(&self.inputs)?;
        let mut outputs = Outputs::empty(&self.outputs, inputs.rows);
        let mut start = 0;
        while start < inputs.rows {
            let end = inputs.rows.min(start + BLOCK);
            self.run_block(inputs, start..end, &mut outputs)?;
            start = end;
        }
        Ok(outputs)
    }

    fn run_block(
        &self,
        inputs: &Inputs<'_>,
        rows: std::ops::Range<usize>,
        outputs: &mut Outputs,
    ) -> Result<(), RunError> {
        let count = rows.len();
        let mut slots: Vec<Columns<'_>> = Vec::with_capacity(self.slots);
        let mut next = 0;
        for port in &self.inputs {
            let columns = &inputs.columns[next..next + port.width()];
            slots.push(
                columns
                    .iter()
                    .map(|column| column.rows(rows.clone()))
                    .collect(),
            );
            next += columns.len();
        }
        slots.resize_with(self.slots, Vec::new);

        for step in &self.steps {
            let constants: Vec<Columns<'_>> = step
                .reads
                .iter()
                .filter_map(|read| match read {
                    Operand::Constant(at) => Some(spread(&self.constants[*at])),
                    Operand::Slot(_) => None,
                })
                .collect();
            let mut spare = constants.iter();
            let args: Vec<&Columns<'_>> = step
                .reads
                .iter()
                .filter_map(|read| match read {
                    Operand::Slot(slot) => Some(&slots[*slot]),
                    Operand::Constant(_) => spare.next(),
                })
                .collect();
            let results = step.kernel.run(&args, count)?;
            for (write, columns) in step.writes.iter().zip(results) {
                if let Some(slot) = write {
                    slots[*slot] = columns;
                }
            }
            for &slot in &step.frees {
                slots[slot] = Vec::new();
            }
        }
        for (at, result) in self.results.iter().enumerate() {
            match result {
                Operand::Slot(slot) => outputs.append(at, &slots[*slot], count),
                Operand::Constant(constant) => {
                    outputs.append(at, &spread(&self.constants[*constant]), count);
                }
            }
        }
        Ok(())
    }
}
