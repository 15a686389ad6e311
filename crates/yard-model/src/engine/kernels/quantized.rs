//! Numbers of eight bits with a scale, as quantised models hold their weights.
//!
//! Only constants are held so; they become numbers of single precision when the graph is compiled, and
//! cost nothing when it runs.

use crate::ModelError;
use crate::graph::{Constant, Data, NodeView};
use crate::onnx::proto::data_type;

/// `Cast` of whole numbers to single precision; `None` of any other constant.
pub(in super::super) fn cast_constant(
    node: &NodeView<'_>,
    x: &Constant,
) -> Result<Option<Constant>, ModelError> {
    let Data::I64(whole) = &x.data else {
        return Ok(None);
    };
    if node.int("to")? != Some(i64::from(data_type::FLOAT)) {
        return Ok(None);
    }
    Ok(Some(Constant {
        dims: x.dims.clone(),
        data: Data::F32(whole.iter().map(|whole| *whole as f32).collect()),
    }))
}

/// `DequantizeLinear` of constants: `(x - zero point) * scale`, the whole numbers first, then one
/// rounding. One scale for all, or one for each place along `axis`.
pub(in super::super) fn dequantize(
    node: &NodeView<'_>,
    x: &Constant,
    scale: &Constant,
    zero_point: Option<&Constant>,
) -> Result<Constant, ModelError> {
    let fail = |reason: &str| node.fail(reason);
    if node.int("block_size")?.unwrap_or(0) != 0 {
        return Err(fail("scales of blocks are not supported"));
    }
    let output = node.int("output_dtype")?.unwrap_or(0);
    if output != 0 && output != i64::from(data_type::FLOAT) {
        return Err(fail("only float is yielded"));
    }
    let Data::I64(whole) = &x.data else {
        return Err(fail("input 0 must hold whole numbers"));
    };
    let Data::F32(scales) = &scale.data else {
        return Err(fail("the scale must be float"));
    };
    let zeros: &[i64] = match zero_point.map(|zero_point| &zero_point.data) {
        None => &[0],
        Some(Data::I64(zeros)) => zeros,
        Some(_) => return Err(fail("the zero point must hold whole numbers")),
    };
    if zero_point.is_some_and(|zero_point| zero_point.dims != scale.dims) {
        return Err(fail("zero point and scale differ in shape"));
    }
    let (count, run) = match scale.dims[..] {
        [] => (1, 1),
        // A vector of one element is a scale for all, whatever the axis.
        [1] if scales.len() == 1 => (1, 1),
        [count] => {
            let axis = super::axis(node, node.int("axis")?.unwrap_or(1), x.dims.len())?;
            if x.dims[axis] != count {
                return Err(node.fail(format!(
                    "{count} scales along an axis of {} places",
                    x.dims[axis]
                )));
            }
            (count, x.dims[axis + 1..].iter().product())
        }
        _ => return Err(fail("the scale must be one number or a vector")),
    };
    let values = whole.iter().enumerate().map(|(at, &whole)| {
        let place = (at / run.max(1)) % count.max(1);
        let zero = zeros[if zeros.len() == 1 { 0 } else { place }];
        let moved = i32::try_from(whole.saturating_sub(zero)).ok()?;
        Some(moved as f32 * scales[place])
    });
    let values: Option<Vec<f32>> = values.collect();
    Ok(Constant {
        dims: x.dims.clone(),
        data: Data::F32(values.ok_or_else(|| fail("a number of more than 32 bits"))?),
    })
}
