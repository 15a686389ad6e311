//! Decoding that cannot be made to allocate far more than the file's own size.
//!
//! Two bytes on the wire can become a struct of 200 bytes, so the messages inside a file are counted with a
//! walk that allocates nothing before they are decoded.

use prost::Message as _;

use super::proto::Model;
use crate::ModelError;

/// Largest file that is read.
pub(crate) const MAX_BYTES: usize = 256 << 20;
/// Most nodes, attributes, tensors, declarations, names and category levels together.
const MAX_MESSAGES: usize = 1_000_000;

/// Reads a model file, refusing what is too large before it costs memory.
pub(crate) fn decode(bytes: &[u8]) -> Result<Model, ModelError> {
    if bytes.len() > MAX_BYTES {
        return Err(ModelError::Limit {
            what: "bytes in the file",
            found: bytes.len(),
            limit: MAX_BYTES,
        });
    }
    let mut found = 0;
    count(bytes, Place::Model, &mut found)?;
    Ok(Model::decode(bytes)?)
}

/// Which message the walk is in: decides which length-delimited fields are messages.
#[derive(Clone, Copy)]
enum Place {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Leaf,
}

impl Place {
    /// The message that field `tag` holds, if it is one.
    fn inside(self, tag: u64) -> Option<Self> {
        Some(match (self, tag) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14 | 25)
            | (Self::Graph, 15)
            | (Self::Node, 1 | 2)
            | (Self::Attribute, 9)
            | (Self::Tensor, 6) => Self::Leaf,
            (Self::Graph | Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 11 | 12) => Self::Value,
            (Self::Node, 5) => Self::Attribute,
            _ => return None,
        })
    }
}

/// Adds the messages below `bytes` to `found`.
///
/// What is malformed here ends the walk quietly: the decoder that follows says what is wrong with it.
/// The places nest four deep at most, so the recursion is bounded whatever the bytes are.
fn count(mut bytes: &[u8], place: Place, found: &mut usize) -> Result<(), ModelError> {
    while let Some(key) = varint(&mut bytes) {
        let length = match key & 7 {
            0 => {
                if varint(&mut bytes).is_none() {
                    return Ok(());
                }
                continue;
            }
            1 => 8,
            5 => 4,
            2 => match varint(&mut bytes).and_then(|n| usize::try_from(n).ok()) {
                Some(length) => length,
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let Some((inner, rest)) = bytes.split_at_checked(length) else {
            return Ok(());
        };
        bytes = rest;
        if key & 7 == 2
            && let Some(inside) = place.inside(key >> 3)
        {
            *found += 1;
            if *found > MAX_MESSAGES {
                return Err(ModelError::Limit {
                    what: "messages in the file",
                    found: *found,
                    limit: MAX_MESSAGES,
                });
            }
            match inside {
                Place::Leaf => {}
                // A declaration is counted by its size: one message is at least two bytes.
                Place::Value => *found += inner.len() / 2,
                _ => count(inner, inside, found)?,
            }
        }
    }
    Ok(())
}

/// Takes a base-128 integer off the front.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in 0..10 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * shift).min(63);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_empty_nodes_is_refused_before_it_is_decoded() {
        let count = MAX_MESSAGES + 1;
        let mut graph = Vec::new();
        for _ in 0..count {
            graph.extend_from_slice(&[0x0a, 0x00]);
        }
        let mut bytes = vec![0x3a];
        prost::encoding::encode_varint(graph.len() as u64, &mut bytes);
        bytes.extend_from_slice(&graph);
        assert!(matches!(
            decode(&bytes),
            Err(ModelError::Limit {
                what: "messages in the file",
                ..
            })
        ));
    }

    #[test]
    fn group_wire_types_and_cut_varints_end_the_walk() {
        for bytes in [&[0x3b_u8][..], &[0xff; 12], &[0x3a, 0x05, 0x00]] {
            assert!(decode(bytes).is_err());
        }
    }
}
