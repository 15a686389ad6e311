//! Constants: initializers and tensor attributes.

use super::{Element, Shape};
use crate::onnx::proto::{Tensor, data_type};

/// The values of a constant, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
    Text(Vec<String>),
}

/// A constant tensor whose values match its dimensions in number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub(crate) dims: Vec<usize>,
    pub(crate) data: Data,
}

impl Constant {
    /// Reads a tensor, refusing sizes that the file does not back with data.
    pub(crate) fn read(tensor: Tensor) -> Result<Self, String> {
        if tensor.data_location != 0 {
            return Err("its values are in another file, which is never opened".to_owned());
        }
        let dims: Vec<usize> = tensor
            .dims
            .iter()
            .map(|&dim| usize::try_from(dim).map_err(|_| format!("dimension {dim}")))
            .collect::<Result<_, _>>()?;
        let count = dims
            .iter()
            .try_fold(1_usize, |product, &dim| product.checked_mul(dim))
            .ok_or("its dimensions overflow")?;
        let data = values(tensor)?;
        if data.len() != count {
            return Err(format!(
                "{count} elements are declared, {} are there",
                data.len()
            ));
        }
        Ok(Self { dims, data })
    }

    /// A vector.
    pub(crate) fn vector(data: Data) -> Self {
        Self {
            dims: vec![data.len()],
            data,
        }
    }

    /// One value.
    pub(crate) fn scalar(data: Data) -> Self {
        Self {
            dims: Vec::new(),
            data,
        }
    }

    pub(crate) fn element(&self) -> Element {
        match self.data {
            Data::F32(_) => Element::F32,
            Data::F64(_) => Element::F64,
            Data::I64(_) => Element::I64,
            Data::Bool(_) => Element::Bool,
            Data::Text(_) => Element::Text,
        }
    }

    /// The shape that this constant has when it stands beside rows: the same for every row.
    pub(crate) fn beside_rows(&self, rank: usize) -> Result<Shape, String> {
        let mut dims = self.dims.as_slice();
        if dims.len() == rank && rank > 0 {
            if dims[0] != 1 {
                return Err(format!(
                    "a constant of shape {dims:?} differs from row to row"
                ));
            }
            dims = &dims[1..];
        }
        if dims.len() >= rank.max(1) {
            return Err(format!(
                "a constant of shape {:?} does not fit beside rows",
                self.dims
            ));
        }
        Shape::Rows(dims.to_vec()).check()
    }

    /// The integers of an index, axis or shape constant.
    pub(crate) fn integers(&self) -> Result<&[i64], String> {
        match &self.data {
            Data::I64(values) if self.dims.len() <= 2 => Ok(values),
            _ => Err("expected a constant of integers".to_owned()),
        }
    }

    /// Real numbers of either precision, narrowed to what the ML operators compute with.
    pub(crate) fn reals(&self) -> Result<Vec<f64>, String> {
        match &self.data {
            Data::F32(values) => Ok(values.iter().map(|&value| f64::from(value)).collect()),
            Data::F64(values) => Ok(values.clone()),
            _ => Err("expected a constant of real numbers".to_owned()),
        }
    }
}

impl Data {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }
}

fn values(tensor: Tensor) -> Result<Data, String> {
    let raw = tensor.raw_data.as_slice();
    Ok(match tensor.data_type {
        data_type::FLOAT if raw.is_empty() => Data::F32(tensor.float_data),
        data_type::FLOAT => Data::F32(chunks(raw)?.map(f32::from_le_bytes).collect()),
        data_type::DOUBLE if raw.is_empty() => Data::F64(tensor.double_data),
        data_type::DOUBLE => Data::F64(chunks(raw)?.map(f64::from_le_bytes).collect()),
        data_type::INT64 if raw.is_empty() => Data::I64(tensor.int64_data),
        data_type::INT64 => Data::I64(chunks(raw)?.map(i64::from_le_bytes).collect()),
        data_type::INT32 | data_type::INT8 | data_type::UINT8 if raw.is_empty() => {
            Data::I64(tensor.int32_data.into_iter().map(i64::from).collect())
        }
        data_type::INT32 => Data::I64(
            chunks(raw)?
                .map(|bytes| i64::from(i32::from_le_bytes(bytes)))
                .collect(),
        ),
        data_type::INT8 => Data::I64(
            raw.iter()
                .map(|&byte| i64::from(byte.cast_signed()))
                .collect(),
        ),
        data_type::UINT8 => Data::I64(raw.iter().map(|&byte| i64::from(byte)).collect()),
        data_type::BOOL if raw.is_empty() => Data::Bool(
            tensor
                .int32_data
                .into_iter()
                .map(|value| value != 0)
                .collect(),
        ),
        data_type::BOOL => Data::Bool(raw.iter().map(|&byte| byte != 0).collect()),
        data_type::STRING => Data::Text(
            tensor
                .string_data
                .into_iter()
                .map(|bytes| {
                    String::from_utf8(bytes).map_err(|_| "text that is not UTF-8".to_owned())
                })
                .collect::<Result<_, _>>()?,
        ),
        other => return Err(format!("element type {other} is not supported")),
    })
}

/// The raw bytes in groups of one element.
fn chunks<const SIZE: usize>(raw: &[u8]) -> Result<impl Iterator<Item = [u8; SIZE]>, String> {
    let (groups, rest) = raw.as_chunks::<SIZE>();
    if rest.is_empty() {
        Ok(groups.iter().copied())
    } else {
        Err("raw data of odd length".to_owned())
    }
}
