//! What a model declares to take and to give.

use std::fmt;

use super::Shape;
use crate::ModelError;
use crate::onnx::proto::{self, data_type};

/// The type of an element.
///
/// 32-bit integers are widened to [`Element::I64`] on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
    /// 64-bit integer.
    I64,
    /// True or false.
    Bool,
    /// UTF-8 text.
    Text,
}

impl Element {
    /// From an ONNX data type number.
    pub(crate) fn from_onnx(kind: i32) -> Result<Self, String> {
        Ok(match kind {
            data_type::FLOAT => Self::F32,
            data_type::DOUBLE => Self::F64,
            data_type::INT64 | data_type::INT32 => Self::I64,
            data_type::BOOL => Self::Bool,
            data_type::STRING => Self::Text,
            other => return Err(format!("element type {other} is not supported")),
        })
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "float",
            Self::F64 => "double",
            Self::I64 => "int64",
            Self::Bool => "bool",
            Self::Text => "string",
        })
    }
}

/// One dimension of an input or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dim {
    /// The number of rows.
    Rows,
    /// A fixed size.
    Fixed(usize),
}

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the graph.
    pub name: String,
    /// Its element type.
    pub element: Element,
    /// Its dimensions; exactly one of them is [`Dim::Rows`].
    pub dims: Vec<Dim>,
}

impl Port {
    /// Elements a row: the number of columns to supply, or to expect.
    pub fn width(&self) -> usize {
        self.dims
            .iter()
            .map(|dim| if let Dim::Fixed(size) = dim { *size } else { 1 })
            .product()
    }

    /// The port of a value inside the engine.
    pub(crate) fn of(name: &str, element: Element, shape: &Shape) -> Self {
        let dims = match shape {
            Shape::Rows(tail) => std::iter::once(Dim::Rows)
                .chain(tail.iter().copied().map(Dim::Fixed))
                .collect(),
            Shape::Across => vec![Dim::Fixed(1), Dim::Rows],
        };
        Self {
            name: name.to_owned(),
            element,
            dims,
        }
    }

    /// An input: rows first, every other dimension fixed and within the limit.
    pub(crate) fn read_input(info: &proto::ValueInfo) -> Result<Self, ModelError> {
        let fail = |reason: String| ModelError::Graph(format!("input `{}`: {reason}", info.name));
        let (element, dims) = declared(info).map_err(fail)?;
        let dims = dims.ok_or_else(|| fail("no shape is declared".to_owned()))?;
        let Some((rows, rest)) = dims.split_first() else {
            return Err(fail("a scalar is not a table of rows".to_owned()));
        };
        // A batch size that was frozen at export is taken as the row dimension all the same if it is 1.
        if rows.is_some_and(|size| size > 1) {
            return Err(fail(
                "the first dimension must be the number of rows".to_owned(),
            ));
        }
        let tail: Vec<usize> = rest
            .iter()
            .map(|size| size.ok_or_else(|| fail("only the first dimension may be open".to_owned())))
            .collect::<Result<_, _>>()?;
        let shape = Shape::Rows(tail).check().map_err(fail)?;
        Ok(Self::of(&info.name, element, &shape))
    }

    /// An output as declared; the compiler replaces the dimensions by what the graph yields.
    pub(crate) fn read_output(info: &proto::ValueInfo) -> Result<Self, ModelError> {
        let fail = |reason: String| ModelError::Graph(format!("output `{}`: {reason}", info.name));
        let (element, _) = declared(info).map_err(fail)?;
        Ok(Self {
            name: info.name.clone(),
            element,
            dims: Vec::new(),
        })
    }
}

/// The dimensions of a declaration; `None` is an open one.
type Declared = (Element, Option<Vec<Option<usize>>>);

fn declared(info: &proto::ValueInfo) -> Result<Declared, String> {
    if info.name.is_empty() {
        return Err("it has no name".to_owned());
    }
    let tensor = info
        .kind
        .as_ref()
        .and_then(|kind| kind.tensor.as_ref())
        .ok_or("it is not a tensor (a ZipMap output? export with `zipmap=False`)")?;
    let element = Element::from_onnx(tensor.elem_type)?;
    let Some(shape) = &tensor.shape else {
        return Ok((element, None));
    };
    if shape.dim.len() > 4 {
        return Err(format!("{} dimensions", shape.dim.len()));
    }
    let dims = shape
        .dim
        .iter()
        .map(|dim| match dim.value {
            None => Ok(None),
            Some(value) => usize::try_from(value)
                .map(Some)
                .map_err(|_| format!("dimension {value}")),
        })
        .collect::<Result<_, _>>()?;
    Ok((element, Some(dims)))
}
