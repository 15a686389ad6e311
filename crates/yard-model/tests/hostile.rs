//! Models from strangers: cut, flipped, spliced or absurd bytes are an error or a model, never a panic, an
//! endless loop or a surprising allocation.

use yard_model::{
    Column, Element, GraphBuilder, Inputs, ModelError, Numbers, Session, Tree, TreeEnsemble,
    TreeNode,
};

/// A model that uses most of what the builder can write.
fn model() -> anyhow::Result<Vec<u8>> {
    let mut graph = GraphBuilder::new("victim", "hostile", "1");
    let age = graph.input_number("age")?;
    let city = graph.input_text("city")?;
    let flags = graph.is_missing(&age);
    let absent = graph.indicator(&flags);
    let whole = graph.impute(&age, &[40.0])?;
    let scaled = graph.scale(&whole, &[40.0], &[0.1])?;
    let coded = graph.label_encoder(&city, &[("a", 1.0), ("b", 2.0)], f32::NAN)?;
    let hot = graph.one_hot(&city, &["a", "b"])?;
    let parts: [&Numbers; 4] = [&absent, &scaled, &coded, &hot];
    let all = graph.concat(&parts)?;
    let split = |feature, left| TreeNode::Split {
        feature,
        threshold: 0.5,
        missing_left: true,
        left,
        right: left + 1,
    };
    let leaf = |value| TreeNode::Leaf { value };
    let tree = Tree {
        nodes: vec![split(1, 1), split(2, 3), leaf(1.0), leaf(-0.5), leaf(0.25)],
        target: 0,
    };
    let trees = TreeEnsemble {
        trees: vec![tree.clone(), tree],
        base: vec![0.125],
    };
    let forest = graph.tree_ensemble(&all, &trees)?;
    let line = graph.linear(&hot, &[0.5, -0.5], 0.25)?;
    let probabilities = graph.binary_probabilities(&forest)?;
    graph.output("margin", &forest)?;
    graph.output("line", &line)?;
    graph.output("probabilities", &probabilities)?;
    Ok(graph.finish(&[("key", "value")])?)
}

/// Loads bytes and, if they are a model, runs it on rows of its own types.
fn survive(bytes: &[u8]) -> bool {
    let Ok(session) = Session::load(bytes) else {
        return false;
    };
    let numbers = vec![f32::NAN; 70];
    let doubles = vec![0.5; 70];
    let integers = vec![-1; 70];
    let flags = [true; 70];
    let levels = ["a", "", "other"].map(str::to_owned);
    let codes: Vec<u32> = (0..70).map(|row| row % 3).collect();
    for rows in [1, 70] {
        let columns = session
            .inputs()
            .iter()
            .flat_map(|port| {
                let column = match port.element {
                    Element::F32 => Column::F32(&numbers[..rows]),
                    Element::F64 => Column::F64(&doubles[..rows]),
                    Element::I64 => Column::I64(&integers[..rows]),
                    Element::Bool => Column::Bool(&flags[..rows]),
                    Element::Text => Column::Text {
                        levels: &levels,
                        codes: &codes[..rows],
                    },
                };
                std::iter::repeat_n(column, port.width())
            })
            .collect();
        // A model may declare values to be errors; a panic is what must not happen.
        drop(session.run(&Inputs::new(rows, columns)));
    }
    true
}

#[test]
fn every_prefix_is_an_error_or_a_model() {
    let bytes = model().unwrap();
    assert!(survive(&bytes));
    for end in 0..bytes.len() {
        survive(&bytes[..end]);
    }
}

#[test]
fn every_flipped_bit_is_an_error_or_a_model() {
    let mut bytes = model().unwrap();
    let mut accepted = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            accepted += usize::from(survive(&bytes));
            bytes[at] ^= 1 << bit;
        }
    }
    // Flips in names of values, thresholds or weights leave a model; the loop must not refuse everything.
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn bytes_replaced_dropped_or_doubled_are_an_error_or_a_model() {
    let bytes = model().unwrap();
    for at in 0..bytes.len() {
        for value in [0x00, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            survive(&changed);
        }
        let mut shorter = bytes.clone();
        shorter.remove(at);
        survive(&shorter);
        let mut longer = bytes.clone();
        longer.insert(at, bytes[at]);
        survive(&longer);
    }
}

#[test]
fn bytes_that_are_no_protobuf_are_refused() {
    for bytes in [
        &b""[..],
        b"\x80\x04\x95pickle",
        b"PK\x03\x04",
        b"{\"a\": 1}",
        &[0xff; 64],
    ] {
        assert!(Session::load(bytes).is_err());
    }
}

/// A protobuf field with a length-delimited body.
fn field(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag << 3 | 2];
    prost::encoding::encode_varint(body.len() as u64, &mut out);
    out.extend_from_slice(body);
    out
}

/// A model of one graph with this content, importing both operator sets.
fn file(graph: &[u8]) -> Vec<u8> {
    let ml = [field(1, b"ai.onnx.ml"), vec![0x10, 3]].concat();
    [
        vec![0x08, 8],
        field(7, graph),
        field(8, &[0x10, 17]),
        field(8, &ml),
    ]
    .concat()
}

/// A declaration of a float value with these dimensions.
fn value(name: &str, dims: &[u64]) -> Vec<u8> {
    let mut shape = Vec::new();
    for &dim in dims {
        let mut body = vec![0x08];
        prost::encoding::encode_varint(dim, &mut body);
        shape.extend(field(1, &body));
    }
    let tensor = [vec![0x08, 1], field(2, &shape)].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

fn message(bytes: &[u8]) -> String {
    Session::load(bytes)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let wide = file(
        &[
            field(11, &value("x", &[1, 1 << 60])),
            field(12, &value("x", &[1, 1])),
        ]
        .concat(),
    );
    assert!(message(&wide).contains("wider than"), "{}", message(&wide));
    let overflow = file(
        &[
            field(11, &value("x", &[1, 1 << 40, 1 << 40])),
            field(12, &value("x", &[1])),
        ]
        .concat(),
    );
    assert!(
        message(&overflow).contains("wider than"),
        "{}",
        message(&overflow)
    );

    // An initializer of 2^60 elements and no data.
    let mut tensor = vec![0x08];
    prost::encoding::encode_varint(1 << 60, &mut tensor);
    tensor.extend([0x10, 1]);
    tensor.extend(field(8, b"w"));
    let hollow = file(&[field(5, &tensor), field(11, &value("x", &[1, 1]))].concat());
    assert!(
        message(&hollow).contains("elements are declared, 0 are there"),
        "{}",
        message(&hollow)
    );
}

#[test]
fn doubling_joins_hit_the_width_limit() {
    let mut graph = field(11, &value("x0", &[1, 1]));
    for step in 0..40 {
        let axis = [field(1, b"axis"), vec![0x18, 1], vec![0xa0, 0x01, 2]].concat();
        let from = format!("x{step}");
        let node = [
            field(1, from.as_bytes()),
            field(1, from.as_bytes()),
            field(2, format!("x{}", step + 1).as_bytes()),
            field(4, b"Concat"),
            field(5, &axis),
        ];
        graph.extend(field(1, &node.concat()));
    }
    graph.extend(field(12, &value("x40", &[1, 1])));
    assert!(
        message(&file(&graph)).contains("wider than"),
        "{}",
        message(&file(&graph))
    );
}

#[test]
fn an_unknown_operator_is_named() {
    let node = [
        field(1, b"x"),
        field(2, b"y"),
        field(3, b"the node"),
        field(4, b"Loop"),
    ]
    .concat();
    let graph = [
        field(1, &node),
        field(11, &value("x", &[1, 1])),
        field(12, &value("y", &[1, 1])),
    ]
    .concat();
    let error = Session::load(&file(&graph)).unwrap_err();
    assert!(matches!(&error, ModelError::Operator { .. }));
    assert_eq!(
        error.to_string(),
        "operator `Loop` of domain `ai.onnx` (node `the node`) is not supported"
    );
}

#[test]
fn values_in_other_files_are_never_opened() {
    let mut tensor = vec![0x08, 1, 0x10, 1];
    tensor.extend(field(8, b"w"));
    tensor.extend(field(
        13,
        &[field(1, b"location"), field(2, b"/etc/passwd")].concat(),
    ));
    tensor.extend([0x70, 1]);
    let graph = [
        field(5, &tensor),
        field(11, &value("x", &[1, 1])),
        field(12, &value("x", &[1, 1])),
    ]
    .concat();
    assert!(
        message(&file(&graph)).contains("never opened"),
        "{}",
        message(&file(&graph))
    );
}
