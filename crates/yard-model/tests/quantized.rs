//! Graphs of eight bits answer with the numbers of their grids.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use yard_model::{
    Column, GraphBuilder, Inputs, Numbers, QuantizeError, Quantized, Session, Tree, TreeEnsemble,
    TreeNode,
};

fn answers(onnx: &[u8], columns: &[&[f32]]) -> Vec<Vec<f32>> {
    let session = Session::load(onnx).unwrap();
    let rows = columns[0].len();
    let columns = columns.iter().map(|cells| Column::F32(cells)).collect();
    let outputs = session.run(&Inputs::new(rows, columns)).unwrap();
    let width = session.outputs()[0].width();
    let column = |at| outputs.numbers("y", at).unwrap().to_vec();
    (0..width).map(column).collect()
}

fn graph(build: impl FnOnce(&mut GraphBuilder, &Numbers) -> Numbers) -> Vec<u8> {
    let mut graph = GraphBuilder::new("quantised", "quantised", "1");
    let [a, b] = ["a", "b"].map(|name| graph.input_number(name).unwrap());
    let both = graph.concat(&[&a, &b]).unwrap();
    let y = build(&mut graph, &both);
    graph.output("y", &y).unwrap();
    graph.finish(&[("seed", "1")]).unwrap()
}

#[test]
fn weights_lie_on_the_grid_of_their_output_and_the_intercepts_stay() {
    // 254 has the scale 2, of which 3 is one and a half; zeros have none.
    let weights = [254.0, 1.27, 0.0, 3.0, -0.31, 0.0];
    let onnx = graph(|graph, both| {
        graph
            .linear_multi(both, &weights, &[0.3, -7.0, 5.5])
            .unwrap()
    });
    let quantized = Quantized::of(&onnx).unwrap();
    assert_eq!((quantized.weights, quantized.leaves), (6, 0));
    let found = answers(&quantized.onnx, &[&[1.0, 0.0, 0.0], &[0.0, 1.0, 0.0]]);
    let hundredth = f64::from(1.27_f32 / 127.0);
    #[expect(clippy::cast_possible_truncation, reason = "as the graph answers")]
    let expected = [
        vec![254.3_f32, 4.3, 0.3],
        vec![
            (127.0 * hundredth - 7.0) as f32,
            (-31.0 * hundredth - 7.0) as f32,
            -7.0,
        ],
        vec![5.5; 3],
    ];
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    // The same every time, and not twice.
    assert!(Quantized::of(&onnx).unwrap().onnx == quantized.onnx);
    let again = Quantized::of(&quantized.onnx);
    assert!(matches!(again, Err(QuantizeError::Already)), "{again:?}");
}

#[test]
fn matrices_of_a_thousand_weights_take_a_quarter() {
    let weights: Vec<f32> = (0_u16..2000).map(f32::from).collect();
    let onnx = graph(|graph, both| graph.linear_multi(both, &weights, &[0.0; 1000]).unwrap());
    let quantized = Quantized::of(&onnx).unwrap();
    // 8,000 bytes become 2,000 and the 4,000 of the scales; the intercepts stay.
    assert!(quantized.onnx.len() < onnx.len() - 1500);
}

fn stump(threshold: f32, low: f32, high: f32, target: u32) -> Tree {
    let leaf = |value| TreeNode::Leaf { value };
    let split = TreeNode::Split {
        feature: 0,
        threshold,
        missing_left: true,
        left: 1,
        right: 2,
    };
    Tree {
        nodes: vec![split, leaf(low), leaf(high)],
        target,
    }
}

#[test]
fn leaves_lie_on_the_grid_of_their_sum_whatever_the_order_of_adding() {
    for base in [vec![0.5, -0.25], vec![0.0, 0.0]] {
        let trees = vec![
            stump(0.0, -1.27, 0.014, 0),
            stump(1.0, 0.0, 0.63, 0),
            stump(0.0, 1e-9, -127.0, 1),
        ];
        let base_of = base.clone();
        let onnx = graph(|graph, both| {
            let trees = TreeEnsemble {
                trees,
                base: base_of,
            };
            graph.tree_ensemble(both, &trees).unwrap()
        });
        let quantized = Quantized::of(&onnx).unwrap();
        assert_eq!((quantized.weights, quantized.leaves), (0, 6));
        let x = [-1.0, 0.5, 2.0, f32::NAN];
        let found = answers(&quantized.onnx, &[&x, &[0.0; 4]]);
        let hundredth = 1.27_f32 / 127.0;
        let first = [-127.0, 1.0, 64.0, -127.0].map(|steps: f32| steps * hundredth + base[0]);
        let second = [0.0, -127.0, -127.0, 0.0].map(|steps: f32| steps + base[1]);
        assert_eq!(found, [first.to_vec(), second.to_vec()]);
    }
}

#[test]
fn a_graph_without_weights_is_refused() {
    let onnx = graph(|graph, both| graph.scale(both, &[1.0; 2], &[2.0; 2]).unwrap());
    let refused = Quantized::of(&onnx);
    assert!(
        matches!(refused, Err(QuantizeError::Nothing)),
        "{refused:?}"
    );
    assert!(matches!(
        Quantized::of(b"no graph"),
        Err(QuantizeError::Model(_))
    ));
}
