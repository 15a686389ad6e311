//! From the attribute lists of a tree ensemble node to a checked forest.

use std::collections::BTreeMap;

use super::forest::{Forest, Leaves, Node, Test};
use crate::ModelError;
use crate::graph::NodeView;

/// Most nodes of an ensemble.
const MAX_NODES: usize = 1 << 27;

/// The names of the lists that say what leaves add: `target_*` or `class_*`.
pub(super) struct WeightNames {
    pub(super) trees: &'static str,
    pub(super) nodes: &'static str,
    pub(super) ids: &'static str,
    pub(super) weights: &'static str,
}

/// The lists of a node, all of one length.
struct Lists<'m> {
    trees: &'m [i64],
    ids: &'m [i64],
    features: &'m [i64],
    modes: Vec<&'m str>,
    thresholds: &'m [f32],
    yes: &'m [i64],
    no: &'m [i64],
    missing: Option<&'m [i64]>,
}

/// How the lists become slots.
struct Layout {
    /// The place in the lists that each slot came from.
    origins: Vec<usize>,
    /// Where the children of the split at each place stand, once they do.
    pairs: Vec<u32>,
}

const NO_PAIR: u32 = u32::MAX;

/// Where a (tree, node) stands in the lists.
type Places = BTreeMap<(i64, i64), usize>;

/// What each place in the lists adds: targets and values.
type Weights = Vec<Vec<(u32, f32)>>;

/// Reads and checks an ensemble of `features` columns and `targets` sums.
pub(super) fn build(
    node: &NodeView<'_>,
    names: &WeightNames,
    features: usize,
    targets: usize,
) -> Result<Forest, ModelError> {
    for name in [
        "nodes_values_as_tensor",
        "nodes_hitrates_as_tensor",
        "base_values_as_tensor",
    ] {
        if node.has(name) {
            return Err(node.fail("trees in double precision are not supported"));
        }
    }
    let lists = Lists::read(node)?;
    let count = lists.trees.len();
    if count == 0 || count > MAX_NODES {
        return Err(node.fail(format!("{count} tree nodes")));
    }
    let mut places = Places::new();
    for (place, key) in lists
        .trees
        .iter()
        .copied()
        .zip(lists.ids.iter().copied())
        .enumerate()
    {
        if places.insert(key, place).is_some() {
            return Err(node.fail(format!("tree {} has node {} twice", key.0, key.1)));
        }
    }
    let weights = read_weights(node, names, &places, count, targets)?;

    let mut forest = Forest {
        nodes: Vec::with_capacity(count),
        roots: Vec::new(),
        leaves: Leaves::Many {
            starts: Vec::new(),
            entries: Vec::new(),
        },
        features,
        targets,
        ordered: true,
    };
    let mut layout = Layout {
        origins: Vec::with_capacity(count),
        pairs: vec![NO_PAIR; count],
    };
    for root in lists.roots(node, &places)? {
        lists.lay_out(node, &places, root, &mut forest, &mut layout)?;
    }
    forest.ordered = forest.nodes.iter().all(|node| node.test != Test::Equal);
    forest.leaves = leaves(&forest, &layout.origins, &weights);
    Ok(forest)
}

impl<'m> Lists<'m> {
    fn read(node: &NodeView<'m>) -> Result<Self, ModelError> {
        let ints = |name: &str| {
            node.ints(name)?
                .ok_or_else(|| node.fail(format!("no `{name}`")))
        };
        let lists = Self {
            trees: ints("nodes_treeids")?,
            ids: ints("nodes_nodeids")?,
            features: ints("nodes_featureids")?,
            modes: node
                .words("nodes_modes")?
                .ok_or_else(|| node.fail("no `nodes_modes`"))?,
            thresholds: node
                .floats("nodes_values")?
                .ok_or_else(|| node.fail("no `nodes_values`"))?,
            yes: ints("nodes_truenodeids")?,
            no: ints("nodes_falsenodeids")?,
            missing: node
                .ints("nodes_missing_value_tracks_true")?
                .filter(|list| !list.is_empty()),
        };
        let count = lists.trees.len();
        let lengths = [
            lists.ids.len(),
            lists.features.len(),
            lists.modes.len(),
            lists.thresholds.len(),
            lists.yes.len(),
            lists.no.len(),
            lists.missing.map_or(count, <[i64]>::len),
        ];
        if lengths.iter().any(|&length| length != count) {
            return Err(node.fail("the lists of tree nodes have different lengths"));
        }
        Ok(lists)
    }

    fn is_leaf(&self, place: usize) -> bool {
        self.modes[place] == "LEAF"
    }

    /// The places of a split's children.
    fn children(
        &self,
        node: &NodeView<'_>,
        places: &Places,
        place: usize,
    ) -> Result<[usize; 2], ModelError> {
        let tree = self.trees[place];
        let find = |id: i64| {
            places.get(&(tree, id)).copied().ok_or_else(|| {
                node.fail(format!(
                    "tree {tree}: node {} has no child {id}",
                    self.ids[place]
                ))
            })
        };
        Ok([find(self.yes[place])?, find(self.no[place])?])
    }

    /// The root of each tree, trees in their order in the lists.
    ///
    /// A tree has one node that is nobody's child. A node may be the child of several (exporters of categorical
    /// splits share branches), as long as no path comes back: nodes are taken off once all their parents are,
    /// and what is left over then lies on or below a cycle.
    fn roots(&self, node: &NodeView<'_>, places: &Places) -> Result<Vec<usize>, ModelError> {
        let count = self.trees.len();
        let mut parents = vec![0_u32; count];
        for place in (0..count).filter(|&place| !self.is_leaf(place)) {
            for child in self.children(node, places, place)? {
                parents[child] += 1;
            }
        }
        let mut found = BTreeMap::new();
        let mut roots = Vec::new();
        for (place, &tree) in self.trees.iter().enumerate() {
            let found = found.entry(tree).or_insert(0_usize);
            if parents[place] == 0 {
                *found += 1;
                roots.push(place);
            }
        }
        if let Some((tree, found)) = found.iter().find(|&(_, &found)| found != 1) {
            return Err(node.fail(format!("tree {tree} has {found} roots")));
        }
        let mut free = roots.clone();
        let mut taken = 0;
        while let Some(place) = free.pop() {
            taken += 1;
            if self.is_leaf(place) {
                continue;
            }
            for child in self.children(node, places, place)? {
                parents[child] -= 1;
                if parents[child] == 0 {
                    free.push(child);
                }
            }
        }
        if taken == count {
            Ok(roots)
        } else {
            Err(node.fail("the nodes of a tree form a cycle"))
        }
    }

    /// Appends the tree below `root` breadth first.
    ///
    /// Every split has one pair of slots for its children. A node that is shared stands in several slots, all
    /// leading to the same pair, so there are at most twice as many slots as nodes.
    fn lay_out(
        &self,
        node: &NodeView<'_>,
        places: &Places,
        root: usize,
        forest: &mut Forest,
        layout: &mut Layout,
    ) -> Result<(), ModelError> {
        let position = |at: usize| u32::try_from(at).map_err(|_| node.fail("too many tree nodes"));
        forest.roots.push(position(forest.nodes.len())?);
        let mut at = forest.nodes.len();
        layout.origins.push(root);
        while at < layout.origins.len() {
            let place = layout.origins[at];
            if self.is_leaf(place) {
                forest.nodes.push(Node::leaf(position(at)?));
            } else {
                let known = layout.pairs[place];
                let next = if known == NO_PAIR {
                    position(layout.origins.len())?
                } else {
                    known
                };
                let (split, swapped) = self.split(node, place, forest.features, next)?;
                if known == NO_PAIR {
                    let [yes, no] = self.children(node, places, place)?;
                    layout
                        .origins
                        .extend(if swapped { [no, yes] } else { [yes, no] });
                    layout.pairs[place] = next;
                }
                forest.nodes.push(split);
            }
            at += 1;
        }
        Ok(())
    }

    /// A split as one of our two tests, and whether its children change places for that.
    fn split(
        &self,
        node: &NodeView<'_>,
        place: usize,
        features: usize,
        next: u32,
    ) -> Result<(Node, bool), ModelError> {
        let feature = usize::try_from(self.features[place])
            .ok()
            .filter(|&feature| feature < features);
        let feature = feature
            .and_then(|feature| u16::try_from(feature).ok())
            .ok_or_else(|| {
                node.fail(format!(
                    "tree {}: node {} tests feature {}, the input has {features}",
                    self.trees[place], self.ids[place], self.features[place]
                ))
            })?;
        let given = self.thresholds[place];
        let missing = self.missing.is_some_and(|list| list[place] != 0);
        // `x < t` is `x <= the float below t`; "greater" is the opposite with the children swapped. Swapping
        // also turns round where a missing value goes; `!=` holds for NaN whatever the attribute says.
        let (test, threshold, swapped, missing) = match self.modes[place] {
            "BRANCH_LEQ" => (Test::AtMost, given, false, missing),
            "BRANCH_LT" => (Test::AtMost, given.next_down(), false, missing),
            "BRANCH_GT" => (Test::AtMost, given, true, !missing),
            "BRANCH_GTE" => (Test::AtMost, given.next_down(), true, !missing),
            "BRANCH_EQ" => (Test::Equal, given, false, missing),
            "BRANCH_NEQ" => (Test::Equal, given, true, false),
            other => return Err(node.fail(format!("mode `{other}`"))),
        };
        // Nothing is below the lowest float, and nothing compares with NaN: a threshold that no value meets.
        let lowest =
            matches!(self.modes[place], "BRANCH_LT" | "BRANCH_GTE") && given == f32::NEG_INFINITY;
        let threshold = if lowest { f32::NAN } else { threshold };
        if threshold.is_nan() && matches!(self.modes[place], "BRANCH_GT" | "BRANCH_GTE") && !lowest
        {
            return Err(node.fail("a threshold that is not a number"));
        }
        Ok((
            Node {
                threshold,
                feature,
                test,
                missing,
                next,
            },
            swapped,
        ))
    }
}

/// The weights of each place in the lists; only leaves may have any.
fn read_weights(
    node: &NodeView<'_>,
    names: &WeightNames,
    places: &Places,
    count: usize,
    targets: usize,
) -> Result<Weights, ModelError> {
    let ints = |name: &str| {
        node.ints(name)?
            .ok_or_else(|| node.fail(format!("no `{name}`")))
    };
    let (trees, nodes, ids) = (ints(names.trees)?, ints(names.nodes)?, ints(names.ids)?);
    let values = node
        .floats(names.weights)?
        .ok_or_else(|| node.fail(format!("no `{}`", names.weights)))?;
    if [nodes.len(), ids.len(), values.len()]
        .iter()
        .any(|&length| length != trees.len())
    {
        return Err(node.fail("the lists of leaf weights have different lengths"));
    }
    let mut weights = vec![Vec::new(); count];
    for (at, &value) in values.iter().enumerate() {
        let place = places.get(&(trees[at], nodes[at])).ok_or_else(|| {
            node.fail(format!(
                "a weight for node {} of tree {}, which is not there",
                nodes[at], trees[at]
            ))
        })?;
        let target = usize::try_from(ids[at])
            .ok()
            .filter(|&target| target < targets);
        let target = target
            .and_then(|target| u32::try_from(target).ok())
            .ok_or_else(|| node.fail(format!("a weight for target {} of {targets}", ids[at])))?;
        weights[*place].push((target, value));
    }
    Ok(weights)
}

/// The compact form of the weights: one value a node if each tree serves one target.
fn leaves(forest: &Forest, origins: &[usize], weights: &Weights) -> Leaves {
    let end_of = |tree: usize| {
        forest
            .roots
            .get(tree + 1)
            .map_or(forest.nodes.len(), |&root| root as usize)
    };
    let mut values = vec![0.0; forest.nodes.len()];
    let mut targets = Vec::with_capacity(forest.roots.len());
    let mut single = true;
    for (tree, &root) in forest.roots.iter().enumerate() {
        let mut target = None;
        for at in root as usize..end_of(tree) {
            if forest.nodes[at].test != Test::Leaf {
                continue;
            }
            match weights[origins[at]][..] {
                [(to, value)] if target.is_none_or(|target| target == to) => {
                    target = Some(to);
                    values[at] = value;
                }
                [] => {}
                _ => single = false,
            }
        }
        targets.push(target.unwrap_or(0));
    }
    if single {
        return Leaves::One { values, targets };
    }
    let mut starts = Vec::with_capacity(origins.len() + 1);
    let mut entries = Vec::new();
    for (node, &origin) in forest.nodes.iter().zip(origins) {
        starts.push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        if node.test == Test::Leaf {
            entries.extend_from_slice(&weights[origin]);
        }
    }
    starts.push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
    Leaves::Many { starts, entries }
}
