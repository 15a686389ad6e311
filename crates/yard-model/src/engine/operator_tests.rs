//! Every operator on values worked out by hand.

use prost::Message as _;

use crate::onnx::attribute::{self, float, int, string};
use crate::onnx::proto::{self, Attribute, data_type};
use crate::{Column, Inputs, OutputColumn, Outputs, Session};

fn ints(name: &str, values: &[i64]) -> Attribute {
    attribute::ints(name, values.to_vec())
}

fn floats(name: &str, values: &[f32]) -> Attribute {
    attribute::floats(name, values.to_vec())
}

fn strings(name: &str, values: &[&str]) -> Attribute {
    attribute::strings(name, values.iter().copied())
}

const NAN: f32 = f32::NAN;

/// A model under construction: declared values, constants, nodes.
#[derive(Default)]
struct Bench {
    graph: proto::Graph,
}

impl Bench {
    fn declare(name: &str, kind: i32, dims: &[i64]) -> proto::ValueInfo {
        let rows = proto::Dimension {
            value: None,
            param: Some("N".to_owned()),
        };
        let rest = dims.iter().map(|&dim| proto::Dimension {
            value: Some(dim),
            param: None,
        });
        let shape = proto::Shape {
            dim: std::iter::once(rows).chain(rest).collect(),
        };
        let tensor = proto::TensorType {
            elem_type: kind,
            shape: Some(shape),
        };
        proto::ValueInfo {
            name: name.to_owned(),
            kind: Some(proto::ValueType {
                tensor: Some(tensor),
            }),
        }
    }

    fn input(mut self, name: &str, kind: i32, dims: &[i64]) -> Self {
        self.graph.input.push(Self::declare(name, kind, dims));
        self
    }

    fn floats(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.graph.initializer.push(proto::Tensor {
            name: name.to_owned(),
            dims: dims.to_vec(),
            data_type: data_type::FLOAT,
            float_data: values.to_vec(),
            ..proto::Tensor::default()
        });
        self
    }

    fn ints(mut self, name: &str, dims: &[i64], values: &[i64]) -> Self {
        self.graph.initializer.push(proto::Tensor {
            name: name.to_owned(),
            dims: dims.to_vec(),
            data_type: data_type::INT64,
            int64_data: values.to_vec(),
            ..proto::Tensor::default()
        });
        self
    }

    fn texts(mut self, name: &str, values: &[&str]) -> Self {
        self.graph.initializer.push(proto::Tensor {
            name: name.to_owned(),
            dims: vec![i64::try_from(values.len()).unwrap()],
            data_type: data_type::STRING,
            string_data: values
                .iter()
                .map(|value| value.as_bytes().to_vec())
                .collect(),
            ..proto::Tensor::default()
        });
        self
    }

    /// A node `domain:operator` from inputs to outputs, names separated by spaces.
    fn node(
        mut self,
        operator: &str,
        inputs: &str,
        outputs: &str,
        attribute: Vec<Attribute>,
    ) -> Self {
        let ml = operator.chars().next().is_some_and(|first| first == '*');
        self.graph.node.push(proto::Node {
            input: inputs.split(' ').map(str::to_owned).collect(),
            output: outputs.split(' ').map(str::to_owned).collect(),
            op_type: operator.trim_start_matches('*').to_owned(),
            domain: if ml {
                "ai.onnx.ml".to_owned()
            } else {
                String::new()
            },
            attribute,
            ..proto::Node::default()
        });
        self
    }

    /// Loads the model with these outputs.
    fn load(mut self, outputs: &[(&str, i32)]) -> Result<Session, String> {
        self.graph.output = outputs
            .iter()
            .map(|&(name, kind)| Self::declare(name, kind, &[]))
            .collect();
        let opset = |domain: &str, version| proto::Opset {
            domain: domain.to_owned(),
            version,
        };
        let model = proto::Model {
            ir_version: 8,
            graph: Some(self.graph),
            opset_import: vec![opset("", 17), opset("ai.onnx.ml", 3)],
            ..proto::Model::default()
        };
        Session::load(&model.encode_to_vec()).map_err(|error| error.to_string())
    }

    fn run(self, outputs: &[(&str, i32)], columns: &[Column<'_>], rows: usize) -> Outputs {
        self.load(outputs)
            .unwrap()
            .run(&Inputs::new(rows, columns.to_vec()))
            .unwrap()
    }

    /// Runs a model of float inputs with one float output `y` and gives its columns.
    fn floats_of(self, columns: &[&[f32]]) -> Vec<Vec<f32>> {
        let rows = columns[0].len();
        let columns: Vec<Column<'_>> = columns.iter().map(|cells| Column::F32(cells)).collect();
        columns_of(&self.run(&[("y", data_type::FLOAT)], &columns, rows))
    }
}

fn columns_of(outputs: &Outputs) -> Vec<Vec<f32>> {
    let output = outputs.get("y").unwrap();
    (0..output.columns.len())
        .map(|at| outputs.numbers("y", at).unwrap().to_vec())
        .collect()
}

/// `x`: float[N, width].
fn x(width: i64) -> Bench {
    Bench::default().input("x", data_type::FLOAT, &[width])
}

/// Equal, where NaN equals NaN.
fn assert_same(found: &[Vec<f32>], expected: &[&[f32]]) {
    let bits = |cells: &[f32]| cells.iter().map(|cell| cell.to_bits()).collect::<Vec<_>>();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(bits(found), bits(expected), "{found:?} {expected:?}");
    }
}

#[test]
fn arithmetic_broadcasts_constants_and_single_columns() {
    let y = x(2)
        .floats("c", &[2], &[10.0, 20.0])
        .node("Add", "x c", "y", vec![]);
    assert_same(
        &y.floats_of(&[&[1.0, 2.0], &[3.0, 4.0]]),
        &[&[11.0, 12.0], &[23.0, 24.0]],
    );
    let y = x(2)
        .floats("c", &[], &[2.0])
        .node("Sub", "c x", "y", vec![]);
    assert_same(&y.floats_of(&[&[1.0], &[3.0]]), &[&[1.0], &[-1.0]]);
    let y = x(2)
        .input("z", data_type::FLOAT, &[1])
        .node("Mul", "x z", "y", vec![]);
    assert_same(&y.floats_of(&[&[1.0], &[3.0], &[5.0]]), &[&[5.0], &[15.0]]);
    let y = x(1)
        .floats("c", &[1, 2], &[2.0, 4.0])
        .node("Div", "x c", "y", vec![]);
    assert_same(&y.floats_of(&[&[8.0, 1.0]]), &[&[4.0, 0.5], &[2.0, 0.25]]);
    let y = x(1)
        .floats("c", &[1], &[0.0])
        .node("Max", "x c", "y", vec![]);
    assert_same(&y.floats_of(&[&[-1.0, 2.0, NAN]]), &[&[0.0, 2.0, NAN]]);
    let refused = x(1)
        .floats("c", &[2, 1], &[1.0, 2.0])
        .node("Add", "x c", "y", vec![]);
    assert!(
        refused
            .load(&[("y", data_type::FLOAT)])
            .unwrap_err()
            .contains("differs from row to row")
    );
}

#[test]
fn functions_of_one_number() {
    for (operator, given, expected) in [
        ("Abs", -2.5, 2.5),
        ("Neg", -2.5, 2.5),
        ("Sqrt", 6.25, 2.5),
        ("Exp", 0.0, 1.0),
        ("Log", 1.0, 0.0),
        ("Sigmoid", 0.0, 0.5),
        ("Tanh", 0.0, 0.0),
        ("Floor", -1.5, -2.0),
        ("Ceil", 1.5, 2.0),
        ("Relu", -1.5, 0.0),
        ("Reciprocal", 4.0, 0.25),
    ] {
        assert_same(
            &x(1).node(operator, "x", "y", vec![]).floats_of(&[&[given]]),
            &[&[expected]],
        );
    }
    let ends = x(1)
        .node("Sigmoid", "x", "y", vec![])
        .floats_of(&[&[f32::INFINITY, f32::NEG_INFINITY]]);
    assert_same(&ends, &[&[1.0, 0.0]]);
    let y = x(1)
        .floats("a", &[], &[-1.0])
        .floats("b", &[], &[1.0])
        .node("Clip", "x a b", "y", vec![]);
    assert_same(
        &y.floats_of(&[&[-3.0, 0.5, 3.0, NAN]]),
        &[&[-1.0, 0.5, 1.0, NAN]],
    );
}

#[test]
fn missing_is_found_and_replaced_by_where() {
    let y = x(2)
        .node("IsNaN", "x", "missing", vec![])
        .floats("mean", &[2], &[5.0, 6.0])
        .node("Where", "missing mean x", "y", vec![]);
    assert_same(
        &y.floats_of(&[&[NAN, 1.0], &[2.0, NAN]]),
        &[&[5.0, 1.0], &[2.0, 6.0]],
    );
    let y = x(1)
        .node("IsNaN", "x", "missing", vec![])
        .node("Not", "missing", "there", vec![])
        .node("Cast", "there", "y", vec![int("to", 1)]);
    assert_same(&y.floats_of(&[&[NAN, 1.0]]), &[&[0.0, 1.0]]);
}

#[test]
fn comparisons_give_flags() {
    for (operator, expected) in [
        ("Less", [1.0, 0.0, 0.0, 0.0]),
        ("LessOrEqual", [1.0, 1.0, 0.0, 0.0]),
        ("Greater", [0.0, 0.0, 1.0, 0.0]),
        ("GreaterOrEqual", [0.0, 1.0, 1.0, 0.0]),
        ("Equal", [0.0, 1.0, 0.0, 0.0]),
    ] {
        let y = x(1)
            .floats("c", &[1], &[2.0])
            .node(operator, "x c", "flags", vec![])
            .node("Cast", "flags", "y", vec![int("to", 1)]);
        assert_same(&y.floats_of(&[&[1.0, 2.0, 3.0, NAN]]), &[&expected]);
    }
}

#[test]
fn shapes_change_and_rows_stay() {
    let y = x(4)
        .ints("s", &[3], &[-1, 2, 2])
        .node("Reshape", "x s", "deep", vec![])
        .node("Flatten", "deep", "flat", vec![int("axis", 1)])
        .ints("i", &[2], &[3, -4])
        .node("Gather", "flat i", "two", vec![int("axis", 1)])
        .ints("a", &[1], &[2])
        .node("Unsqueeze", "two a", "three", vec![])
        .node("Squeeze", "three a", "y", vec![]);
    assert_same(
        &y.floats_of(&[&[1.0], &[2.0], &[3.0], &[4.0]]),
        &[&[4.0], &[1.0]],
    );
    let mixed = x(2)
        .ints("s", &[1], &[-1])
        .node("Reshape", "x s", "y", vec![]);
    assert!(
        mixed
            .load(&[("y", data_type::FLOAT)])
            .unwrap_err()
            .contains("keep rows")
    );
    let joined = x(2).node("Concat", "x x", "y", vec![int("axis", 0)]);
    assert!(
        joined
            .load(&[("y", data_type::FLOAT)])
            .unwrap_err()
            .contains("must stay apart")
    );
}

#[test]
fn rows_reduce_to_sums_extremes_and_shares() {
    let rows: &[&[f32]] = &[&[1.0, 0.0], &[3.0, 0.0], &[2.0, 0.0]];
    let y = x(3)
        .ints("a", &[1], &[1])
        .node("ReduceSum", "x a", "y", vec![]);
    assert_same(&y.floats_of(rows), &[&[6.0, 0.0]]);
    let y = x(3).node("ReduceMax", "x", "y", vec![ints("axes", &[-1])]);
    assert_same(&y.floats_of(rows), &[&[3.0, 0.0]]);
    let y =
        x(3).node("Softmax", "x", "y", vec![])
            .floats_of(&[&[5.0], &[5.0], &[f32::NEG_INFINITY]]);
    assert_same(&y, &[&[0.5], &[0.5], &[0.0]]);
    let outputs = x(3)
        .node("ArgMax", "x", "y", vec![int("axis", 1), int("keepdims", 0)])
        .run(
            &[("y", data_type::INT64)],
            &rows
                .iter()
                .map(|cells| Column::F32(cells))
                .collect::<Vec<_>>(),
            2,
        );
    assert_eq!(outputs.all()[0].columns, [OutputColumn::I64(vec![1, 0])]);
}

#[test]
fn matrix_products() {
    let y = x(2)
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .floats("b", &[2], &[10.0, 20.0])
        .node(
            "Gemm",
            "x w b",
            "y",
            vec![float("alpha", 2.0), float("beta", 0.5)],
        );
    assert_same(&y.floats_of(&[&[1.0], &[1.0]]), &[&[13.0], &[22.0]]);
    let y = x(2)
        .floats("w", &[1, 2], &[1.0, 2.0])
        .node("Gemm", "x w", "y", vec![int("transB", 1)]);
    assert_same(&y.floats_of(&[&[3.0], &[4.0]]), &[&[11.0]]);
    let y = x(2)
        .floats("w", &[2, 1], &[1.0, 2.0])
        .node("MatMul", "x w", "y", vec![]);
    assert_same(&y.floats_of(&[&[3.0], &[4.0]]), &[&[11.0]]);
    let y = x(2).node(
        "*LinearRegressor",
        "x",
        "y",
        vec![
            floats("coefficients", &[1.0, 2.0, 0.0, 1.0]),
            floats("intercepts", &[0.5, 0.0]),
            int("targets", 2),
        ],
    );
    assert_same(&y.floats_of(&[&[3.0], &[4.0]]), &[&[11.5], &[4.0]]);
}

#[test]
fn weights_of_eight_bits_are_those_of_their_scales() {
    let bytes = |bench: Bench, name: &str, kind, dims: &[i64], values: &[i8]| {
        let mut bench = bench;
        bench.graph.initializer.push(proto::Tensor {
            name: name.to_owned(),
            dims: dims.to_vec(),
            data_type: kind,
            raw_data: values.iter().map(|value| value.cast_unsigned()).collect(),
            ..proto::Tensor::default()
        });
        bench
    };
    let product = |bench: Bench, inputs: &str, attribute| {
        bench
            .node("DequantizeLinear", inputs, "w", attribute)
            .node("MatMul", "x w", "y", vec![])
    };
    let of = |dims: &[i64], values: &[i8]| bytes(x(2), "q", data_type::INT8, dims, values);
    // One scale a column, along the default axis and counted from the end.
    for axis in [vec![], vec![int("axis", 1)], vec![int("axis", -1)]] {
        let own = of(&[2, 2], &[127, -2, 3, 4]).floats("s", &[2], &[0.5, 0.25]);
        let y = product(own, "q s", axis).floats_of(&[&[1.0], &[10.0]]);
        assert_same(&y, &[&[63.5 + 15.0], &[-0.5 + 10.0]]);
    }
    // One a row, and a zero point each.
    let own = of(&[2, 2], &[1, 2, 3, 4]).floats("s", &[2], &[0.5, 2.0]);
    let own = bytes(own, "z", data_type::INT8, &[2], &[1, -1]);
    let y = product(own, "q s z", vec![int("axis", 0)]).floats_of(&[&[1.0], &[10.0]]);
    assert_same(&y, &[&[80.0], &[0.5 + 100.0]]);
    // One for all; without a sign; no zero point named.
    let own = bytes(x(2), "q", data_type::UINT8, &[2, 1], &[-1, 2]).floats("s", &[], &[0.5]);
    let y = product(own, "q s ", vec![]).floats_of(&[&[2.0], &[1.0]]);
    assert_same(&y, &[&[256.0]]);

    // As they are, without a scale.
    let own = of(&[2, 1], &[-128, 3]).node("Cast", "q", "w", vec![int("to", 1)]);
    let own = own.node("MatMul", "x w", "y", vec![]);
    assert_same(&own.floats_of(&[&[1.0], &[2.0]]), &[&[-122.0]]);

    let refused = |bench: Bench, attribute, said: &str| {
        let error = product(bench, "q s", attribute).load(&[("y", data_type::FLOAT)]);
        let error = error.err().unwrap();
        assert!(error.contains(said), "{error}");
    };
    let three = of(&[2, 2], &[1; 4]).floats("s", &[3], &[1.0; 3]);
    refused(three, vec![], "3 scales along an axis of 2 places");
    let scaled = || of(&[2, 2], &[1; 4]).floats("s", &[2], &[1.0; 2]);
    refused(scaled(), vec![int("axis", 2)], "axis 2");
    refused(scaled(), vec![int("block_size", 2)], "blocks");
    let real = x(2).floats("q", &[2, 2], &[1.0; 4]);
    refused(real.floats("s", &[], &[1.0]), vec![], "whole numbers");
    refused(of(&[2, 2], &[1; 4]), vec![], "`s`, must be a constant");
}

#[test]
fn preparation_of_numbers() {
    let y = x(2).node(
        "*Scaler",
        "x",
        "y",
        vec![floats("offset", &[1.0, 2.0]), floats("scale", &[2.0])],
    );
    assert_same(&y.floats_of(&[&[3.0], &[4.0]]), &[&[4.0], &[4.0]]);
    let imputer = vec![
        floats("imputed_value_floats", &[7.0, 8.0]),
        float("replaced_value_float", NAN),
    ];
    let y = x(2).node("*Imputer", "x", "y", imputer);
    assert_same(
        &y.floats_of(&[&[NAN, 0.0], &[1.0, NAN]]),
        &[&[7.0, 0.0], &[1.0, 8.0]],
    );
    let y = x(1).node(
        "*Imputer",
        "x",
        "y",
        vec![floats("imputed_value_floats", &[7.0])],
    );
    assert_same(&y.floats_of(&[&[NAN, 0.0]]), &[&[NAN, 7.0]]);
    for (norm, expected) in [
        ("L1", [3.0 / 7.0, -4.0 / 7.0]),
        ("L2", [0.6, -0.8]),
        ("MAX", [1.0, -4.0 / 3.0]),
    ] {
        let y = x(2).node("*Normalizer", "x", "y", vec![string("norm", norm)]);
        assert_same(
            &y.floats_of(&[&[3.0, 0.0], &[-4.0, 0.0]]),
            &[&[expected[0], 0.0], &[expected[1], 0.0]],
        );
    }
    let y = x(1).node("*Binarizer", "x", "y", vec![float("threshold", 1.0)]);
    assert_same(&y.floats_of(&[&[1.0, 1.5, NAN]]), &[&[0.0, 1.0, 0.0]]);
    let y = x(2)
        .ints("i", &[1, 2], &[1, 1])
        .node("*ArrayFeatureExtractor", "x i", "twice", vec![])
        .node(
            "*FeatureVectorizer",
            "twice x",
            "y",
            vec![ints("inputdimensions", &[2, 2])],
        );
    assert_same(
        &y.floats_of(&[&[1.0], &[2.0]]),
        &[&[2.0], &[2.0], &[1.0], &[2.0]],
    );
}

#[test]
fn categories_become_numbers_columns_and_other_texts() {
    let levels = ["a", "b", "", "z"].map(str::to_owned);
    let column = [Column::Text {
        levels: &levels,
        codes: &[1, 0, 2, 3, 1],
    }];
    let c = || Bench::default().input("c", data_type::STRING, &[1]);
    let keys = || strings("keys_strings", &["a", "b"]);
    let encode = vec![
        keys(),
        floats("values_floats", &[1.0, 2.0]),
        float("default_float", NAN),
    ];
    let outputs =
        c().node("*LabelEncoder", "c", "y", encode)
            .run(&[("y", data_type::FLOAT)], &column, 5);
    assert_same(&columns_of(&outputs), &[&[2.0, 1.0, NAN, NAN, 2.0]]);

    let encode = vec![keys(), ints("values_int64s", &[5, 6])];
    let outputs =
        c().node("*LabelEncoder", "c", "y", encode)
            .run(&[("y", data_type::INT64)], &column, 5);
    assert_eq!(
        outputs.all()[0].columns,
        [OutputColumn::I64(vec![6, 5, -1, -1, 6])]
    );

    let encode = vec![
        keys(),
        strings("values_strings", &["x", "y"]),
        string("default_string", "?"),
    ];
    let outputs =
        c().node("*LabelEncoder", "c", "y", encode)
            .run(&[("y", data_type::STRING)], &column, 5);
    let expected = ["y", "x", "?", "?", "y"].map(str::to_owned).to_vec();
    assert_eq!(outputs.all()[0].columns, [OutputColumn::Text(expected)]);

    let outputs = c()
        .node(
            "*OneHotEncoder",
            "c",
            "y",
            vec![strings("cats_strings", &["a", "b"])],
        )
        .run(&[("y", data_type::FLOAT)], &column, 5);
    assert_same(
        &columns_of(&outputs),
        &[&[0.0, 1.0, 0.0, 0.0, 0.0], &[1.0, 0.0, 0.0, 0.0, 1.0]],
    );

    let strict = vec![strings("cats_strings", &["a", "b"]), int("zeros", 0)];
    let session = c()
        .node("*OneHotEncoder", "c", "y", strict)
        .load(&[("y", data_type::FLOAT)])
        .unwrap();
    assert!(
        session
            .run(&Inputs::new(5, column.to_vec()))
            .unwrap_err()
            .to_string()
            .contains("unknown category")
    );

    let integers = [Column::I64(&[3, 4])];
    let encode = vec![
        ints("keys_int64s", &[3]),
        floats("values_floats", &[0.5]),
        float("default_float", 9.0),
    ];
    let bench =
        Bench::default()
            .input("c", data_type::INT64, &[1])
            .node("*LabelEncoder", "c", "y", encode);
    assert_same(
        &columns_of(&bench.run(&[("y", data_type::FLOAT)], &integers, 2)),
        &[&[0.5, 9.0]],
    );
}

#[test]
fn a_label_is_taken_by_the_position_of_the_largest_score() {
    let outputs = x(2)
        .texts("labels", &["no", "yes"])
        .node("ArgMax", "x", "at", vec![int("axis", 1)])
        .node("*ArrayFeatureExtractor", "labels at", "across", vec![])
        .ints("s", &[1], &[-1])
        .node("Reshape", "across s", "y", vec![])
        .run(
            &[("y", data_type::STRING)],
            &[Column::F32(&[0.1, 0.9]), Column::F32(&[0.5, 0.5])],
            2,
        );
    assert_eq!(
        outputs.all()[0].columns,
        [OutputColumn::Text(vec!["yes".to_owned(), "no".to_owned()])]
    );
}

#[test]
fn linear_classifiers_of_one_score_and_of_three() {
    let labels = || ints("classlabels_ints", &[4, 5]);
    let outputs = x(1)
        .node(
            "*LinearClassifier",
            "x",
            "label y",
            vec![
                floats("coefficients", &[1.0]),
                labels(),
                string("post_transform", "LOGISTIC"),
            ],
        )
        .run(
            &[("label", data_type::INT64), ("y", data_type::FLOAT)],
            &[Column::F32(&[0.0, 1.0])],
            2,
        );
    assert_eq!(outputs.all()[0].columns, [OutputColumn::I64(vec![4, 5])]);
    assert_same(
        &columns_of(&outputs),
        &[&[0.5, 0.268_941_43], &[0.5, 0.731_058_6]],
    );
    let three = vec![
        floats("coefficients", &[1.0, -1.0, 0.0]),
        floats("intercepts", &[0.0, 0.0, 0.5]),
        strings("classlabels_strings", &["p", "q", "r"]),
    ];
    let outputs = x(1).node("*LinearClassifier", "x", "label y", three).run(
        &[("label", data_type::STRING), ("y", data_type::FLOAT)],
        &[Column::F32(&[2.0, 0.0, -2.0])],
        3,
    );
    let expected = ["p", "r", "q"].map(str::to_owned).to_vec();
    assert_eq!(outputs.all()[0].columns, [OutputColumn::Text(expected)]);
}

/// One split of feature 0 at 1 in a given mode: 10 where it holds, else 20.
fn stump(mode: &str, missing: i64) -> Vec<Attribute> {
    vec![
        ints("nodes_treeids", &[0, 0, 0]),
        ints("nodes_nodeids", &[7, 8, 9]),
        ints("nodes_featureids", &[0, 0, 0]),
        strings("nodes_modes", &[mode, "LEAF", "LEAF"]),
        floats("nodes_values", &[1.0, 0.0, 0.0]),
        ints("nodes_truenodeids", &[9, 0, 0]),
        ints("nodes_falsenodeids", &[8, 0, 0]),
        ints("nodes_missing_value_tracks_true", &[missing, 0, 0]),
        ints("target_treeids", &[0, 0]),
        ints("target_nodeids", &[8, 9]),
        ints("target_ids", &[0, 0]),
        floats("target_weights", &[20.0, 10.0]),
    ]
}

#[test]
fn every_mode_of_a_split_walked_and_split() {
    let below = 1.0_f32.next_down();
    let given = [
        below,
        1.0,
        1.0_f32.next_up(),
        NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    let modes: [(&str, [bool; 6]); 6] = [
        ("BRANCH_LEQ", [true, true, false, false, false, true]),
        ("BRANCH_LT", [true, false, false, false, false, true]),
        ("BRANCH_GTE", [false, true, true, false, true, false]),
        ("BRANCH_GT", [false, false, true, false, true, false]),
        ("BRANCH_EQ", [false, true, false, false, false, false]),
        ("BRANCH_NEQ", [true, false, true, true, true, true]),
    ];
    for (mode, mut holds) in modes {
        for missing in [0, 1] {
            holds[3] |= missing == 1;
            // Few rows are walked, many are split by block: both must agree with the definition.
            for times in [1, 20, 700] {
                let cells: Vec<f32> = given.iter().copied().cycle().take(6 * times).collect();
                let expected: Vec<f32> = holds
                    .iter()
                    .map(|&holds| if holds { 10.0 } else { 20.0 })
                    .cycle()
                    .take(6 * times)
                    .collect();
                let y = x(1).node("*TreeEnsembleRegressor", "x", "y", stump(mode, missing));
                assert_same(&y.floats_of(&[&cells]), &[&expected]);
            }
        }
    }
}

/// A stump with one attribute replaced.
fn broken(replacement: Attribute) -> String {
    let mut attributes = stump("BRANCH_LEQ", 0);
    match attributes
        .iter_mut()
        .find(|attribute| attribute.name == replacement.name)
    {
        Some(attribute) => *attribute = replacement,
        None => attributes.push(replacement),
    }
    x(1).node("*TreeEnsembleRegressor", "x", "y", attributes)
        .load(&[("y", data_type::FLOAT)])
        .unwrap_err()
}

#[test]
fn trees_that_are_none_are_refused() {
    for (replacement, reason) in [
        (ints("nodes_featureids", &[1, 0, 0]), "tests feature 1"),
        (ints("nodes_featureids", &[-1, 0, 0]), "tests feature -1"),
        (ints("nodes_truenodeids", &[3, 0, 0]), "no child 3"),
        (ints("nodes_truenodeids", &[7, 0, 0]), "form a cycle"),
        (ints("nodes_truenodeids", &[8, 0, 0]), "2 roots"),
        (ints("nodes_nodeids", &[7, 8, 8]), "twice"),
        (ints("nodes_treeids", &[0, 0]), "different lengths"),
        (ints("target_nodeids", &[8, 5]), "not there"),
        (ints("target_ids", &[0, 1]), "target 1 of 1"),
        (
            strings("nodes_modes", &["BRANCH_SO", "LEAF", "LEAF"]),
            "mode `BRANCH_SO`",
        ),
        (
            string("aggregate_function", "MEDIAN"),
            "`MEDIAN` is not supported",
        ),
        (
            string("post_transform", "PROBIT"),
            "`PROBIT` is not supported",
        ),
        (floats("base_values", &[1.0, 2.0]), "2 base values"),
    ] {
        let error = broken(replacement);
        assert!(error.contains(reason), "{error}");
    }
    // Root 7 leads to 8; 9 and 10 lead to each other and to leaves.
    let cycle = vec![
        ints("nodes_treeids", &[0; 6]),
        ints("nodes_nodeids", &[7, 8, 9, 10, 11, 12]),
        ints("nodes_featureids", &[0; 6]),
        strings(
            "nodes_modes",
            &[
                "BRANCH_LEQ",
                "LEAF",
                "BRANCH_LEQ",
                "BRANCH_LEQ",
                "LEAF",
                "LEAF",
            ],
        ),
        floats("nodes_values", &[0.0; 6]),
        ints("nodes_truenodeids", &[8, 0, 10, 9, 0, 0]),
        ints("nodes_falsenodeids", &[9, 0, 11, 12, 0, 0]),
        ints("target_treeids", &[0]),
        ints("target_nodeids", &[8]),
        ints("target_ids", &[0]),
        floats("target_weights", &[1.0]),
    ];
    let error = x(1)
        .node("*TreeEnsembleRegressor", "x", "y", cycle)
        .load(&[("y", data_type::FLOAT)])
        .unwrap_err();
    assert!(error.contains("form a cycle"), "{error}");
}
