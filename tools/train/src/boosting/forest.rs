//! Trees, and the graph that is made of them.

use yard_boost::{Ensemble, Link, Objective};
use yard_model::{BuildError, GraphBuilder, Numbers, Tree, TreeEnsemble, TreeNode};

use super::columns::{Coding, Codings};
use crate::fit::finish;
use crate::target::Target;

/// What a category that was never seen becomes: groups have numbers below 254, and -1 is asked for
/// where nothing is to be found.
const NO_GROUP: f32 = 255.0;

/// Trees and what stands in front of them.
pub(super) struct Forest {
    pub(super) codings: Codings,
    pub(super) ensemble: Ensemble,
}

impl Forest {
    /// The graph's bytes. Trees ask for sets of categories by chains of equalities: the operator set
    /// that every runtime knows has no sets.
    pub(super) fn graph(&self, target: &Target) -> Result<Vec<u8>, BuildError> {
        let mut graph = GraphBuilder::new("trainyard", "trainyard", env!("CARGO_PKG_VERSION"));
        let mut parts = Vec::with_capacity(self.codings.features.len());
        for (column, (name, coding)) in (0..).zip(&self.codings.features) {
            parts.push(match coding {
                Coding::Number => graph.input_number(name)?,
                Coding::Ranked(ranks) => {
                    let text = graph.input_text(name)?;
                    graph.label_encoder(&text, &ranks.ranks, f32::NAN)?
                }
                Coding::Native(places) => {
                    let text = graph.input_text(name)?;
                    let groups = self.ensemble.groups(column).unwrap_or_default();
                    let mut labels = vec![("", f32::NAN)];
                    labels.extend(places.iter().filter_map(|(level, place)| {
                        let at = groups.binary_search_by_key(place, |group| group.0).ok()?;
                        Some((level.as_str(), f32::from(groups[at].1)))
                    }));
                    graph.label_encoder(&text, &labels, NO_GROUP)?
                }
            });
        }
        let joined = graph.concat(&parts.iter().collect::<Vec<&Numbers>>())?;
        let targets = (0..self.ensemble.base_scores().len()).cycle();
        let trees = self.ensemble.trees().iter().zip(targets);
        let trees = trees.map(|(tree, target)| Tree {
            nodes: tree.links().iter().map(node).collect(),
            target: u32::try_from(target).unwrap_or(u32::MAX),
        });
        let trees = TreeEnsemble {
            trees: trees.collect(),
            base: self.ensemble.base_scores().to_vec(),
        };
        let mut scores = graph.tree_ensemble(&joined, &trees)?;
        if self.ensemble.objective() == Objective::Poisson {
            scores = graph.exp(&scores);
        }
        finish(graph, &scores, target)
    }
}

fn node(link: &Link) -> TreeNode {
    match *link {
        Link::AtMost {
            feature,
            value: threshold,
            missing_left,
            left,
            right,
        } => TreeNode::Split {
            feature,
            threshold,
            missing_left,
            left,
            right,
        },
        Link::Equal {
            feature,
            value,
            missing_left,
            left,
            right,
        } => TreeNode::Equal {
            feature,
            value,
            missing_left,
            left,
            right,
        },
        Link::Leaf { value } => TreeNode::Leaf { value },
    }
}
