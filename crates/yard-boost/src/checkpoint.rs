//! A fit's state between two rounds, as bytes.
//!
//! There is little to keep: sums of leaf values are exact, so that the trees alone give back every
//! margin bit by bit, and every draw is made from the seed and the round.
//!
//! ```text
//! magic, fingerprints (parameters, training rows, validation rows), rounds, trees, fingerprint of all
//! ```
//!
//! All numbers are little-endian; a float is its bits.

use crate::error::BoostError;
use crate::fingerprint;
use crate::fit::RoundLoss;
use crate::tree::{Cover, Node, Test, Tree};

const MAGIC: &[u8; 8] = b"ybstate1";

/// What a fit must be given again to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inputs {
    pub(crate) params: u64,
    pub(crate) train: u64,
    /// 0 if there are none.
    pub(crate) validation: u64,
}

/// What a checkpoint holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    pub(crate) inputs: Inputs,
    pub(crate) history: Vec<RoundLoss>,
    pub(crate) trees: Vec<Tree>,
}

/// Writes a checkpoint.
pub(crate) fn write(inputs: Inputs, history: &[RoundLoss], trees: &[Tree]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for part in [inputs.params, inputs.train, inputs.validation] {
        out.extend(part.to_le_bytes());
    }
    put_count(&mut out, history.len());
    for losses in history {
        put_count(&mut out, losses.leaves);
        for loss in [losses.train, losses.validation] {
            out.push(u8::from(loss.is_some()));
            out.extend(loss.unwrap_or(0.0).to_bits().to_le_bytes());
        }
    }
    put_count(&mut out, trees.len());
    for tree in trees {
        put_count(&mut out, tree.nodes.len());
        for node in &tree.nodes {
            put_node(&mut out, node);
        }
    }
    let sum = fingerprint::of_bytes(&out);
    out.extend(sum.to_le_bytes());
    out
}

/// Reads a checkpoint. Whatever the bytes, it returns: trees that it returns can be walked.
pub(crate) fn read(bytes: &[u8], columns: usize) -> Result<Saved, BoostError> {
    let (body, sum) = bytes
        .split_last_chunk::<8>()
        .ok_or(BoostError::CheckpointDamaged)?;
    let rest = body
        .strip_prefix(MAGIC)
        .ok_or(BoostError::CheckpointDamaged)?;
    if u64::from_le_bytes(*sum) != fingerprint::of_bytes(body) {
        return Err(BoostError::CheckpointDamaged);
    }
    Reader { rest, columns }
        .saved()
        .ok_or(BoostError::CheckpointDamaged)
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend((count as u64).to_le_bytes());
}

fn put_node(out: &mut Vec<u8>, node: &Node) {
    let cover = match node {
        Node::Split {
            feature,
            test,
            missing_left,
            left,
            right,
            gain,
            cover,
        } => {
            match test {
                Test::AtMost(threshold) => {
                    out.push(1);
                    out.extend(threshold.to_bits().to_le_bytes());
                }
                Test::OneOf(members) => {
                    out.push(2);
                    put_count(out, members.len());
                    out.extend(members);
                }
            }
            out.push(u8::from(*missing_left));
            for part in [feature, left, right] {
                out.extend(part.to_le_bytes());
            }
            out.extend(gain.to_bits().to_le_bytes());
            cover
        }
        Node::Leaf { value, cover } => {
            out.push(0);
            out.extend(value.to_bits().to_le_bytes());
            cover
        }
    };
    out.extend(cover.rows.to_le_bytes());
    out.extend(cover.hessian.to_bits().to_le_bytes());
}

/// What is left to read; every part is none where the bytes end early or make no sense.
struct Reader<'a> {
    rest: &'a [u8],
    columns: usize,
}

impl Reader<'_> {
    fn saved(mut self) -> Option<Saved> {
        let inputs = Inputs {
            params: self.u64()?,
            train: self.u64()?,
            validation: self.u64()?,
        };
        let history = self.list(|reader| {
            let leaves = reader.count()?;
            let [train, validation] = [reader.loss()?, reader.loss()?];
            Some(RoundLoss {
                leaves,
                train,
                validation,
            })
        })?;
        let trees = self.list(Self::tree)?;
        self.rest.is_empty().then_some(Saved {
            inputs,
            history,
            trees,
        })
    }

    fn tree(&mut self) -> Option<Tree> {
        let nodes = self.list(Self::node)?;
        let sound = |(index, node): (usize, &Node)| match node {
            Node::Split {
                feature,
                left,
                right,
                cover,
                ..
            } => {
                cover.rows > 0
                    && (*feature as usize) < self.columns
                    && *left as usize > index
                    && (*right as usize) < nodes.len()
                    && left.checked_add(1) == Some(*right)
            }
            Node::Leaf { value, cover } => value.is_finite() && cover.rows > 0,
        };
        let sound = !nodes.is_empty() && nodes.iter().enumerate().all(sound);
        sound.then_some(Tree { nodes })
    }

    fn node(&mut self) -> Option<Node> {
        let test = match self.take::<1>()? {
            [0] => {
                let value = f32::from_bits(self.u32()?);
                let cover = self.cover()?;
                return Some(Node::Leaf { value, cover });
            }
            [1] => Test::AtMost(f32::from_bits(self.u32()?)),
            [2] => Test::OneOf(self.list(|reader| Some(reader.take::<1>()?[0]))?),
            _ => return None,
        };
        Some(Node::Split {
            test,
            missing_left: self.flag()?,
            feature: self.u32()?,
            left: self.u32()?,
            right: self.u32()?,
            gain: self.f64()?,
            cover: self.cover()?,
        })
    }

    fn cover(&mut self) -> Option<Cover> {
        Some(Cover {
            rows: self.u32()?,
            hessian: self.f64()?,
        })
    }

    #[expect(
        clippy::option_option,
        reason = "outside: whether it could be read; inside: whether there is a loss"
    )]
    fn loss(&mut self) -> Option<Option<f64>> {
        let (known, loss) = (self.flag()?, self.f64()?);
        Some(known.then_some(loss))
    }

    /// A count and as many items. Nothing is reserved: a count may be a lie.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.u64()?).ok()
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take::<1>()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take()?))
    }

    fn f64(&mut self) -> Option<f64> {
        Some(f64::from_bits(self.u64()?))
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> Saved {
        let cover = Cover {
            rows: 3,
            hessian: 0.75,
        };
        let split = |test| Node::Split {
            feature: 1,
            test,
            missing_left: true,
            left: 1,
            right: 2,
            gain: 2.5,
            cover,
        };
        let leaf = Node::Leaf { value: 0.5, cover };
        let trees = [Test::AtMost(-1.5), Test::OneOf(vec![3, 9])]
            .map(|test| Tree {
                nodes: vec![split(test), leaf.clone(), leaf.clone()],
            })
            .to_vec();
        Saved {
            inputs: Inputs {
                params: 1,
                train: 2,
                validation: 3,
            },
            history: vec![RoundLoss {
                leaves: 4,
                train: None,
                validation: Some(0.25),
            }],
            trees,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let saved = saved();
        let bytes = write(saved.inputs, &saved.history, &saved.trees);
        assert_eq!(read(&bytes, 2), Ok(saved));
        assert_eq!(read(&bytes, 1), Err(BoostError::CheckpointDamaged));
    }

    #[test]
    fn no_changed_cut_or_resealed_byte_panics() {
        let saved = saved();
        let bytes = write(saved.inputs, &saved.history, &saved.trees);
        for at in 0..bytes.len() {
            assert_eq!(read(&bytes[..at], 2), Err(BoostError::CheckpointDamaged));
            for flip in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                assert_eq!(read(&changed, 2), Err(BoostError::CheckpointDamaged));
                // With a checksum that fits: whatever is returned can be walked.
                let body = changed.len() - 8;
                let sum = fingerprint::of_bytes(&changed[..body]);
                changed[body..].copy_from_slice(&sum.to_le_bytes());
                if let Ok(saved) = read(&changed, 2) {
                    assert!(saved.trees.iter().all(|tree| tree.depth() <= 1));
                }
            }
        }
    }
}
