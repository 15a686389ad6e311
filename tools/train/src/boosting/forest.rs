//! Trees, and the graph that is made of them.

use yard_boost::{Ensemble, Link, Objective};
use yard_model::{BuildError, GraphBuilder, Numbers, Tree, TreeEnsemble, TreeNode};

use super::columns::{Coding, Codings};
use crate::error::TrainError;
use crate::fit::finish;
use crate::prepare::{Handle, Preparation};
use crate::target::Target;

/// What a category that was never seen becomes: groups have numbers below 254, and -1 is asked for
/// where nothing is to be found.
const NO_GROUP: f32 = 255.0;

/// Trees and what stands in front of them.
pub(crate) struct Forest {
    pub(crate) preparation: Preparation,
    pub(crate) codings: Codings,
    pub(crate) ensemble: Ensemble,
}

impl Forest {
    /// The graph's bytes. Trees ask for sets of categories by chains of equalities: the operator set
    /// that every runtime knows has no sets.
    pub(super) fn graph(&self, target: &Target) -> Result<Vec<u8>, TrainError> {
        let mut graph = GraphBuilder::new("trainyard", "trainyard", env!("CARGO_PKG_VERSION"));
        let handles = self.preparation.write(&mut graph)?;
        let mut scores = sums(&mut graph, &handles, &self.codings, &self.ensemble)?;
        if self.ensemble.objective() == Objective::Poisson {
            scores = graph.exp(&scores);
        }
        Ok(finish(graph, &scores, target)?)
    }
}

/// Writes the trees' sums: one a target of theirs.
pub(super) fn sums(
    graph: &mut GraphBuilder,
    columns: &[Handle],
    codings: &Codings,
    ensemble: &Ensemble,
) -> Result<Numbers, BuildError> {
    let mut parts = Vec::with_capacity(columns.len());
    for (column, ((_, coding), handle)) in (0..).zip(codings.features.iter().zip(columns)) {
        parts.push(match (coding, handle) {
            (Coding::Number, Handle::Number(number)) => number.clone(),
            (Coding::Ranked(ranks), Handle::Text(text)) => {
                graph.label_encoder(text, &ranks.ranks, f32::NAN)?
            }
            (Coding::Native(places), Handle::Text(text)) => {
                let groups = ensemble.groups(column).unwrap_or_default();
                let mut labels = vec![("", f32::NAN)];
                labels.extend(places.iter().filter_map(|(level, place)| {
                    let at = groups.binary_search_by_key(place, |group| group.0).ok()?;
                    Some((level.as_str(), f32::from(groups[at].1)))
                }));
                graph.label_encoder(text, &labels, NO_GROUP)?
            }
            _ => unreachable!("a coding stands behind a column of the kind it was learnt from"),
        });
    }
    let joined = graph.concat(&parts.iter().collect::<Vec<&Numbers>>())?;
    let targets = (0..ensemble.base_scores().len()).cycle();
    let trees = ensemble.trees().iter().zip(targets);
    let trees = trees.map(|(tree, target)| Tree {
        nodes: tree.links().iter().map(node).collect(),
        target: u32::try_from(target).unwrap_or(u32::MAX),
    });
    let mut trees: Vec<Tree> = trees.collect();
    if trees.is_empty() {
        // Nothing could be split, or no round was worth keeping: the base scores answer every row. An
        // ensemble must have a tree all the same.
        trees.push(Tree {
            nodes: vec![TreeNode::Leaf { value: 0.0 }],
            target: 0,
        });
    }
    let trees = TreeEnsemble {
        trees,
        base: ensemble.base_scores().to_vec(),
    };
    graph.tree_ensemble(&joined, &trees)
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
