//! LightGBM's text form, version 4.

use std::fmt::Write as _;

use super::{is_identity, joined, levels_of, number};
use crate::error::BoostError;
use crate::params::Objective;
use crate::tree::{Ensemble, Node, Test, Tree};

const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
const MISSING_IS_NAN: u8 = 8;

impl Ensemble {
    /// The forest as LightGBM's model text; columns are named `column_0` and so on, categories are
    /// the levels' codes, and missing is NaN. Its raw scores are these margins, bit for bit.
    ///
    /// Refused where LightGBM cannot say the same: it sends a missing category the way of levels that
    /// are not in the set, so that a split on categories must not send missing ones left.
    pub fn to_lightgbm(&self) -> Result<String, BoostError> {
        let outputs = self.outputs();
        let objective = match self.objective {
            Objective::Logistic => "binary sigmoid:1".to_owned(),
            Objective::Softmax { classes } => format!("multiclass num_class:{classes}"),
            Objective::Poisson => "poisson".to_owned(),
            other => {
                debug_assert!(is_identity(other), "its margin is its prediction");
                "regression".to_owned()
            }
        };
        let columns = 0..self.feature_count;
        let names = joined(columns.clone().map(|c| format!("column_{c}")), " ");
        let infos = joined(columns.map(|_| "[-inf:inf]"), " ");
        let mut text = format!(
            "tree\nversion=v4\nnum_class={outputs}\nnum_tree_per_iteration={outputs}\n\
             label_index=0\nmax_feature_idx={}\nobjective={objective}\nfeature_names={names}\n\
             feature_infos={infos}\n\n",
            self.feature_count - 1
        );
        for (index, base) in self.base_scores.iter().enumerate() {
            // Writing to a string cannot fail, here and below.
            let _ = write!(
                text,
                "Tree={index}\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\n\
                 decision_type=\nleft_child=\nright_child=\nleaf_value={}\nleaf_weight=\n\
                 leaf_count=\ninternal_value=\ninternal_weight=\ninternal_count=\nis_linear=0\n\
                 shrinkage=1\n\n\n",
                number(f64::from(*base))
            );
        }
        for (index, tree) in (outputs..).zip(&self.trees) {
            let _ = write!(text, "Tree={index}\n{}\n\n", self.lightgbm_tree(tree)?);
        }
        text.push_str(
            "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n\n\
             pandas_categorical:null\n",
        );
        Ok(text)
    }

    fn lightgbm_tree(&self, tree: &Tree) -> Result<String, BoostError> {
        // Splits and leaves are numbered apart, leaves by their complements.
        let (mut splits, mut leaves) = (0i64, 0i64);
        let places: Vec<i64> = (tree.nodes.iter())
            .map(|node| {
                let counter = match node {
                    Node::Split { .. } => &mut splits,
                    Node::Leaf { .. } => &mut leaves,
                };
                *counter += 1;
                match node {
                    Node::Split { .. } => splits - 1,
                    Node::Leaf { .. } => -leaves,
                }
            })
            .collect();
        let mut lines: [Vec<String>; 12] = Default::default();
        let [
            features,
            gains,
            thresholds,
            kinds,
            lefts,
            rights,
            values,
            weights,
            counts,
            inner_weights,
            inner_counts,
            inner_values,
        ] = &mut lines;
        let (mut boundaries, mut sets) = (vec![0], Vec::new());
        for node in &tree.nodes {
            match node {
                Node::Split {
                    feature,
                    test,
                    missing_left,
                    left,
                    right,
                    gain,
                    cover,
                } => {
                    let mut kind = MISSING_IS_NAN;
                    match test {
                        Test::AtMost(threshold) => {
                            thresholds.push(number(f64::from(*threshold)));
                            kind |= if *missing_left { DEFAULT_LEFT } else { 0 };
                        }
                        Test::OneOf(_) if *missing_left => {
                            return Err(BoostError::NotExact {
                                engine: "LightGBM",
                                what: "a split that sends missing categories left",
                            });
                        }
                        Test::OneOf(groups) => {
                            thresholds.push((boundaries.len() - 1).to_string());
                            sets.extend(bits(&levels_of(self, *feature, groups)));
                            boundaries.push(sets.len());
                            kind |= CATEGORICAL;
                        }
                    }
                    features.push(feature.to_string());
                    gains.push(number(*gain));
                    kinds.push(kind.to_string());
                    lefts.push(places[*left as usize].to_string());
                    rights.push(places[*right as usize].to_string());
                    inner_weights.push(number(cover.hessian));
                    inner_counts.push(cover.rows.to_string());
                    inner_values.push("0".to_owned());
                }
                Node::Leaf { value, cover } => {
                    values.push(number(f64::from(*value)));
                    weights.push(number(cover.hessian));
                    counts.push(cover.rows.to_string());
                }
            }
        }
        let mut text = format!("num_leaves={leaves}\nnum_cat={}\n", boundaries.len() - 1);
        let names = [
            "split_feature",
            "split_gain",
            "threshold",
            "decision_type",
            "left_child",
            "right_child",
            "leaf_value",
            "leaf_weight",
            "leaf_count",
            "internal_weight",
            "internal_count",
            "internal_value",
        ];
        for (name, line) in names.iter().zip(&lines) {
            let _ = writeln!(text, "{name}={}", joined(line, " "));
        }
        if boundaries.len() > 1 {
            let (boundaries, sets) = (joined(boundaries, " "), joined(sets, " "));
            let _ = write!(text, "cat_boundaries={boundaries}\ncat_threshold={sets}\n");
        }
        text.push_str("is_linear=0\nshrinkage=1\n");
        Ok(text)
    }
}

/// A set of levels as words of 32 bits, the lowest first.
fn bits(levels: &[u32]) -> Vec<u32> {
    let words = levels.last().map_or(1, |&last| last as usize / 32 + 1);
    let mut bits = vec![0; words];
    for level in levels {
        bits[*level as usize / 32] |= 1 << (level % 32);
    }
    bits
}
