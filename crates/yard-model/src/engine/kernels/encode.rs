//! Categories: label encoding and one-hot encoding.

use std::collections::BTreeMap;

use super::super::Kernel;
use super::super::value::{Cell, Cells, Columns, TextCells};
use super::{Arg, Args, Compiled, Type};
use crate::graph::{Constant, Data, Element, MAX_WIDTH, NodeView, Shape};
use crate::{ModelError, RunError};

/// Which entry of a list a key has.
#[derive(Debug)]
enum Keys {
    Text(BTreeMap<String, usize>),
    I64(BTreeMap<i64, usize>),
    /// By bit pattern; every NaN is the one NaN and both zeros are one.
    F32(BTreeMap<u32, usize>),
}

impl Keys {
    /// Distinct keys; the last of equal ones wins.
    fn new(data: Data) -> Result<Self, String> {
        Ok(match data {
            Data::Text(keys) => Self::Text(keys.into_iter().zip(0..).collect()),
            Data::I64(keys) => Self::I64(keys.into_iter().zip(0..).collect()),
            Data::F32(keys) => Self::F32(keys.into_iter().map(float_key).zip(0..).collect()),
            _ => return Err("keys must be string, int64 or float".to_owned()),
        })
    }

    fn element(&self) -> Element {
        match self {
            Self::Text(_) => Element::Text,
            Self::I64(_) => Element::I64,
            Self::F32(_) => Element::F32,
        }
    }

    /// What `f` makes of every cell's position among the keys.
    fn map<U: Copy>(&self, column: &Cell<'_>, f: impl Fn(Option<usize>) -> U) -> Cells<'static, U> {
        match (self, column) {
            (Self::Text(keys), Cell::Text(cells)) => cells.map(|text| f(keys.get(text).copied())),
            (Self::I64(keys), Cell::I64(cells)) => cells.map(|key| f(keys.get(&key).copied())),
            (Self::F32(keys), Cell::F32(cells)) => {
                cells.map(|key| f(keys.get(&float_key(key)).copied()))
            }
            _ => unreachable!("the compiler checked that the column has the type of the keys"),
        }
    }
}

fn float_key(key: f32) -> u32 {
    if key.is_nan() {
        f32::NAN.to_bits()
    } else {
        (key + 0.0).to_bits()
    }
}

/// Replaces keys by values; what is no key becomes the default, which is the last value.
#[derive(Debug)]
struct LabelEncoder {
    keys: Keys,
    values: Data,
}

/// `LabelEncoder`: from version 2 with key and value lists, before that with `classes_strings`.
pub(super) fn label_encoder(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?.clone();
    let (keys, values) = if node.version < 2 {
        classes(node, kind.element)?
    } else {
        lists(node)?
    };
    if keys.len() + 1 != values.len() {
        return Err(node.fail(format!("{} keys, {} values", keys.len(), values.len() - 1)));
    }
    let keys = Keys::new(keys).map_err(|reason| node.fail(reason))?;
    if keys.element() != kind.element {
        return Err(node.fail(format!(
            "input is {}, keys are {}",
            kind.element,
            keys.element()
        )));
    }
    let element = Constant::vector(values.clone()).element();
    Ok(Compiled::unary(
        LabelEncoder { keys, values },
        Type {
            element,
            shape: kind.shape,
        },
    ))
}

/// The lists of version 1: texts to positions, or positions to texts.
fn classes(node: &NodeView<'_>, element: Element) -> Result<(Data, Data), ModelError> {
    let mut texts = node
        .strings("classes_strings")?
        .ok_or_else(|| node.fail("no `classes_strings`"))?;
    let mut positions: Vec<i64> = (0..).take(texts.len()).collect();
    if element == Element::I64 {
        texts.push(
            node.string("default_string")?
                .unwrap_or("_Unused")
                .to_owned(),
        );
        Ok((Data::I64(positions), Data::Text(texts)))
    } else {
        positions.push(node.int("default_int64")?.unwrap_or(-1));
        Ok((Data::Text(texts), Data::I64(positions)))
    }
}

/// The key list, and the value list with the default at its end.
fn lists(node: &NodeView<'_>) -> Result<(Data, Data), ModelError> {
    let keys = if let Some(keys) = node.strings("keys_strings")? {
        Data::Text(keys)
    } else if let Some(keys) = node.ints("keys_int64s")? {
        Data::I64(keys.to_vec())
    } else if let Some(keys) = node.floats("keys_floats")? {
        Data::F32(keys.to_vec())
    } else if let Some(keys) = node.tensor("keys_tensor")? {
        keys.data
    } else {
        return Err(node.fail("no keys"));
    };
    let values = if let Some(mut values) = node.floats("values_floats")?.map(<[f32]>::to_vec) {
        values.push(node.float("default_float")?.unwrap_or(-0.0));
        Data::F32(values)
    } else if let Some(mut values) = node.ints("values_int64s")?.map(<[i64]>::to_vec) {
        values.push(node.int("default_int64")?.unwrap_or(-1));
        Data::I64(values)
    } else if let Some(mut values) = node.strings("values_strings")? {
        values.push(
            node.string("default_string")?
                .unwrap_or("_Unused")
                .to_owned(),
        );
        Data::Text(values)
    } else if let Some(values) = node.tensor("values_tensor")? {
        let default = node.tensor("default_tensor")?.map(|tensor| tensor.data);
        match (values.data, default) {
            (Data::F32(mut values), Some(Data::F32(default))) if default.len() == 1 => {
                values.extend(default);
                Data::F32(values)
            }
            (Data::I64(mut values), Some(Data::I64(default))) if default.len() == 1 => {
                values.extend(default);
                Data::I64(values)
            }
            (Data::F32(mut values), None) => {
                values.push(-0.0);
                Data::F32(values)
            }
            (Data::I64(mut values), None) => {
                values.push(-1);
                Data::I64(values)
            }
            _ => {
                return Err(node.fail(
                    "value tensors must be float or int64, with a default of the same type",
                ));
            }
        }
    } else {
        return Err(node.fail("no values"));
    };
    Ok((keys, values))
}

impl Kernel for LabelEncoder {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let default = self.values.len() - 1;
        let columns = args[0]
            .iter()
            .map(|column| match &self.values {
                Data::F32(values) => {
                    Cell::F32(self.keys.map(column, |at| values[at.unwrap_or(default)]))
                }
                Data::I64(values) => {
                    Cell::I64(self.keys.map(column, |at| values[at.unwrap_or(default)]))
                }
                Data::Text(levels) => {
                    let code = |at: Option<usize>| {
                        u32::try_from(at.unwrap_or(default)).unwrap_or(u32::MAX)
                    };
                    Cell::Text(TextCells {
                        levels,
                        codes: self.keys.map(column, code),
                    })
                }
                Data::F64(_) | Data::Bool(_) => unreachable!("the compiler makes no such values"),
            })
            .collect();
        Ok(vec![columns])
    }
}

/// One column per category.
#[derive(Debug)]
struct OneHot {
    keys: Keys,
    categories: usize,
    zeros: bool,
}

/// `OneHotEncoder`: adds a last dimension of the categories.
pub(super) fn one_hot(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    let data = match (node.strings("cats_strings")?, node.ints("cats_int64s")?) {
        (Some(texts), None) => Data::Text(texts),
        (None, Some(numbers)) => Data::I64(numbers.to_vec()),
        _ => return Err(node.fail("expected exactly one of `cats_strings` and `cats_int64s`")),
    };
    let categories = data.len();
    let keys = Keys::new(data).map_err(|reason| node.fail(reason))?;
    if keys.element() != kind.element {
        return Err(node.fail(format!(
            "input is {}, categories are {}",
            kind.element,
            keys.element()
        )));
    }
    let mut tail = kind
        .shape
        .tail()
        .map_err(|reason| node.fail(reason))?
        .to_vec();
    if tail.len() > 1 || categories > MAX_WIDTH {
        return Err(node.fail("too many dimensions or categories"));
    }
    tail.push(categories);
    let shape = Shape::Rows(tail)
        .check()
        .map_err(|reason| node.fail(reason))?;
    let zeros = node.int("zeros")?.unwrap_or(1) != 0;
    Ok(Compiled::unary(
        OneHot {
            keys,
            categories,
            zeros,
        },
        Type {
            element: Element::F32,
            shape,
        },
    ))
}

impl Kernel for OneHot {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut columns = Vec::with_capacity(args[0].len() * self.categories);
        for column in args[0] {
            let positions = self.keys.map(column, |at| at.unwrap_or(usize::MAX));
            let mut hot = vec![vec![0.0_f32; rows]; self.categories];
            for row in 0..rows {
                match hot.get_mut(positions.get(row)) {
                    Some(cells) => cells[row] = 1.0,
                    None if self.zeros => {}
                    None => {
                        return Err(RunError::Value {
                            node: "OneHotEncoder",
                            reason: format!("row {row} of its block holds an unknown category"),
                        });
                    }
                }
            }
            columns.extend(hot.into_iter().map(|cells| Cell::F32(Cells::from(cells))));
        }
        Ok(vec![columns])
    }
}
