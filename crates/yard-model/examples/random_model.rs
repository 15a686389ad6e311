//! Writes a random model of the kind that training writes:
//! `random_model SEED trees|linear|trees-int8|linear-int8 OUT.onnx`.
//!
//! Leaf values lie on a grid of 1/256, so that sums are exact and margins can be compared bit for bit.

use anyhow::bail;
use yard_model::{GraphBuilder, Numbers, Quantized, Tree, TreeEnsemble, TreeNode};

/// A small generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap_or(0)
    }

    /// A multiple of 1/256 between -2 and 2.
    fn grid(&mut self) -> f32 {
        f32::from(u16::try_from(self.below(1024)).unwrap_or(0)) / 256.0 - 2.0
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, kind, out] = arguments.as_slice() else {
        bail!("usage: random_model SEED trees|linear|trees-int8|linear-int8 OUT.onnx");
    };
    let (kind, quantized) = match kind.strip_suffix("-int8") {
        Some(kind) => (kind, true),
        None => (kind.as_str(), false),
    };
    let mut random = Random(seed.parse()?);
    let mut graph = GraphBuilder::new("random", "random_model", "1");
    let numbers = 1 + random.below(8);
    let texts = random.below(4);
    let mut parts: Vec<Numbers> = Vec::new();
    for at in 0..numbers {
        let input = graph.input_number(&format!("number_{at}"))?;
        if kind == "linear" {
            let flags = graph.is_missing(&input);
            parts.push(graph.indicator(&flags));
            let whole = graph.impute(&input, &[random.grid()])?;
            parts.push(graph.scale(&whole, &[random.grid()], &[random.grid()])?);
        } else {
            parts.push(input);
        }
    }
    for at in 0..texts {
        let input = graph.input_text(&format!("text_{at}"))?;
        if kind == "linear" {
            parts.push(graph.one_hot(&input, &["a", "b", "ä", ""])?);
        } else {
            let labels = [("a", 0.0), ("b", 1.0), ("ä", 2.0)];
            parts.push(graph.label_encoder(
                &input,
                &labels,
                if at == 0 { f32::NAN } else { -1.0 },
            )?);
        }
    }
    let joined = graph.concat(&parts.iter().collect::<Vec<_>>())?;
    let margin = if kind == "linear" {
        let weights: Vec<f32> = (0..joined.width()).map(|_| random.grid()).collect();
        graph.linear(&joined, &weights, random.grid())?
    } else {
        let width = u32::try_from(joined.width())?;
        let trees = (0..=random.below(30))
            .map(|_| tree(&mut random, width))
            .collect();
        graph.tree_ensemble(
            &joined,
            &TreeEnsemble {
                trees,
                base: vec![0.25],
            },
        )?
    };
    let probabilities = graph.binary_probabilities(&margin)?;
    graph.output("margin", &margin)?;
    graph.output("probabilities", &probabilities)?;
    let mut bytes = graph.finish(&[("seed", seed)])?;
    if quantized {
        bytes = Quantized::of(&bytes)?.onnx;
    }
    #[expect(clippy::disallowed_methods, reason = "an example's scratch file")]
    std::fs::write(out, bytes)?;
    Ok(())
}

/// A tree that grows by splitting random leaves.
fn tree(random: &mut Random, features: u32) -> Tree {
    let mut nodes = vec![TreeNode::Leaf {
        value: random.grid(),
    }];
    for _ in 0..random.below(63) {
        let at = random.below(u32::try_from(nodes.len()).unwrap_or(1)) as usize;
        if !matches!(nodes[at], TreeNode::Leaf { .. }) {
            continue;
        }
        let left = u32::try_from(nodes.len()).unwrap_or(0);
        nodes[at] = TreeNode::Split {
            feature: random.below(features),
            threshold: random.grid(),
            missing_left: random.below(2) == 0,
            left,
            right: left + 1,
        };
        nodes.push(TreeNode::Leaf {
            value: random.grid(),
        });
        nodes.push(TreeNode::Leaf {
            value: random.grid(),
        });
    }
    Tree { nodes, target: 0 }
}
