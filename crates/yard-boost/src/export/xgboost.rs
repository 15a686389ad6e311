//! XGBoost's JSON form, version 3.

use super::{joined, levels_of, number};
use crate::params::Objective;
use crate::tree::{Ensemble, Node, Test, Tree};

/// What is written of one node; the fields are XGBoost's columns.
struct Row {
    left: i64,
    right: i64,
    feature: u32,
    condition: f32,
    default_left: bool,
    categories: Option<Vec<u32>>,
    /// Whether the children change places.
    swapped: bool,
    gain: f64,
    hessian: f64,
}

impl Ensemble {
    /// The forest as XGBoost's model JSON; categories are the levels' codes (feature type `c`), and
    /// missing is NaN. Its margins are these, bit for bit.
    ///
    /// XGBoost sends left what is below a threshold, where here it is what is at most it: the next
    /// `f32` makes the same of both. It sends a set's members right, so that the children of such
    /// splits change places.
    pub fn to_xgboost(&self) -> String {
        let outputs = self.outputs();
        // Each base score's own scale, at the point where the margin is 0.
        let (objective, base) = match self.objective {
            Objective::Logistic => (
                r#""name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}"#.to_owned(),
                "5E-1",
            ),
            Objective::Softmax { classes } => (
                format!(
                    r#""name":"multi:softprob","softmax_multiclass_param":{{"num_class":"{classes}"}}"#
                ),
                "0E0",
            ),
            Objective::Poisson => (
                r#""name":"count:poisson","poisson_regression_param":{"max_delta_step":"0.7"}"#
                    .to_owned(),
                "1E0",
            ),
            _ => (
                r#""name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}"#.to_owned(),
                "0E0",
            ),
        };
        let classes = if outputs > 1 { outputs } else { 0 };
        let kinds = (0u32..).take(self.feature_count);
        let kinds = kinds.map(|column| match self.groups(column) {
            Some(_) => r#""c""#,
            None => r#""q""#,
        });
        let bases = self.base_scores.iter().map(|&base| {
            vec![Row {
                left: -1,
                right: -1,
                feature: 0,
                condition: base,
                default_left: false,
                categories: None,
                swapped: false,
                gain: 0.0,
                hessian: 0.0,
            }]
        });
        let trees = bases.chain(self.trees.iter().map(|tree| self.xgboost_rows(tree)));
        let count = outputs + self.trees.len();
        let texts = trees.enumerate();
        let texts = texts.map(|(id, rows)| tree_text(id, &rows, self.feature_count));
        format!(
            concat!(
                r#"{{"learner":{{"attributes":{{}},"feature_names":[],"feature_types":[{}],"#,
                r#""gradient_booster":{{"model":{{"cats":{{"enc":[],"feature_segments":[],"#,
                r#""sorted_idx":[]}},"gbtree_model_param":{{"num_parallel_tree":"1","#,
                r#""num_trees":"{}"}},"iteration_indptr":[{}],"tree_info":[{}],"trees":[{}]}},"#,
                r#""name":"gbtree"}},"learner_model_param":{{"base_score":"{}","#,
                r#""boost_from_average":"0","num_class":"{}","num_feature":"{}","#,
                r#""num_target":"1"}},"objective":{{{}}}}},"version":[3,2,0]}}"#
            ),
            joined(kinds, ","),
            count,
            joined((0..=count).step_by(outputs), ","),
            joined((0..count).map(|tree| tree % outputs), ","),
            joined(texts, ","),
            base,
            classes,
            self.feature_count,
            objective,
        )
    }

    fn xgboost_rows(&self, tree: &Tree) -> Vec<Row> {
        let row = |node: &Node| match node {
            Node::Split {
                feature,
                test,
                missing_left,
                left,
                right,
                gain,
                cover,
            } => {
                let (left, right) = (i64::from(*left), i64::from(*right));
                let row = Row {
                    left,
                    right,
                    feature: *feature,
                    condition: 0.0,
                    default_left: *missing_left,
                    categories: None,
                    swapped: false,
                    gain: *gain,
                    hessian: cover.hessian,
                };
                match test {
                    Test::AtMost(threshold) => Row {
                        condition: threshold.next_up(),
                        ..row
                    },
                    // Only missing ones go left. A set must not be empty, but a category is below infinity.
                    Test::OneOf(groups) if groups.is_empty() => Row {
                        condition: f32::INFINITY,
                        default_left: !missing_left,
                        swapped: true,
                        ..row
                    },
                    Test::OneOf(groups) => Row {
                        default_left: !missing_left,
                        swapped: true,
                        categories: Some(levels_of(self, *feature, groups)),
                        ..row
                    },
                }
            }
            Node::Leaf { value, cover } => Row {
                left: -1,
                right: -1,
                feature: 0,
                condition: *value,
                default_left: false,
                categories: None,
                swapped: false,
                gain: 0.0,
                hessian: cover.hessian,
            },
        };
        let mut rows: Vec<Row> = tree.nodes.iter().map(row).collect();
        // XGBoost expects a right child to follow the left one: the children themselves change places.
        for index in 0..rows.len() {
            if rows[index].swapped
                && let Ok(left) = usize::try_from(rows[index].left)
            {
                rows.swap(left, left + 1);
            }
        }
        rows
    }
}

fn tree_text(id: usize, rows: &[Row], columns: usize) -> String {
    const NO_PARENT: i64 = 2_147_483_647;
    let mut parents = vec![NO_PARENT; rows.len()];
    for (parent, row) in (0i64..).zip(rows) {
        for child in [row.left, row.right] {
            if let Ok(child) = usize::try_from(child) {
                parents[child] = parent;
            }
        }
    }
    let sets = || {
        rows.iter()
            .enumerate()
            .filter_map(|(i, r)| Some((i, r.categories.as_ref()?)))
    };
    let sizes: Vec<usize> = sets().map(|set| set.1.len()).collect();
    let starts = sizes.iter().scan(0, |end, size| {
        *end += size;
        Some(*end - size)
    });
    let flag = u8::from;
    format!(
        concat!(
            r#"{{"base_weights":[{}],"categories":[{}],"categories_nodes":[{}],"#,
            r#""categories_segments":[{}],"categories_sizes":[{}],"default_left":[{}],"id":{},"#,
            r#""left_children":[{}],"loss_changes":[{}],"parents":[{}],"right_children":[{}],"#,
            r#""split_conditions":[{}],"split_indices":[{}],"split_type":[{}],"sum_hessian":[{}],"#,
            r#""tree_param":{{"num_deleted":"0","num_feature":"{}","num_nodes":"{}","#,
            r#""size_leaf_vector":"1"}}}}"#
        ),
        joined(rows.iter().map(|_| "0E0"), ","),
        joined(sets().flat_map(|set| set.1), ","),
        joined(sets().map(|set| set.0), ","),
        joined(starts, ","),
        joined(&sizes, ","),
        joined(rows.iter().map(|r| flag(r.default_left)), ","),
        id,
        joined(rows.iter().map(|r| r.left), ","),
        joined(rows.iter().map(|r| number(r.gain)), ","),
        joined(parents, ","),
        joined(rows.iter().map(|r| r.right), ","),
        joined(rows.iter().map(|r| single(r.condition)), ","),
        joined(rows.iter().map(|r| r.feature), ","),
        joined(rows.iter().map(|r| flag(r.categories.is_some())), ","),
        joined(rows.iter().map(|r| number(r.hessian)), ","),
        columns,
        rows.len(),
    )
}

/// A number in the shortest form that reads back as itself in `f32`.
fn single(value: f32) -> String {
    if value.is_infinite() {
        "Infinity".to_owned() // above every finite value, which is what it is for
    } else {
        format!("{value:e}")
    }
}
