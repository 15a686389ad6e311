//! A chain of equalities that share a child is a set.

use yard_model::{Column, GraphBuilder, Inputs, Session, Tree, TreeEnsemble, TreeNode};

#[test]
fn members_go_left_and_missing_where_the_first_link_says() {
    for missing_left in [false, true] {
        let mut graph = GraphBuilder::new("sets", "sets", "1");
        let group = graph.input_number("group").unwrap();
        let link = |value, missing_left, right| TreeNode::Equal {
            feature: 0,
            value,
            missing_left,
            left: 2,
            right,
        };
        let leaf = |value| TreeNode::Leaf { value };
        let tree = Tree {
            nodes: vec![
                link(3.0, missing_left, 1),
                link(5.0, false, 3),
                leaf(2.0),
                leaf(1.0),
            ],
            target: 0,
        };
        let trees = TreeEnsemble {
            trees: vec![tree],
            base: vec![0.0],
        };
        let forest = graph.tree_ensemble(&group, &trees).unwrap();
        graph.output("margin", &forest).unwrap();
        let session = Session::load(&graph.finish(&[]).unwrap()).unwrap();
        let groups = [3.0, 5.0, 4.0, 255.0, f32::NAN];
        let inputs = Inputs::new(5, vec![Column::F32(&groups)]);
        let outputs = session.run(&inputs).unwrap();
        let missing = if missing_left { 2.0 } else { 1.0 };
        assert_eq!(
            outputs.numbers("margin", 0).unwrap(),
            [2.0, 2.0, 1.0, 1.0, missing]
        );
    }
}
