use std::fmt::Write as _;

use proptest::prelude::*;
use yard_contract::Finite;
use yard_model::{Inputs, Session};
use yard_table::{ColumnKind, ColumnSpec, Layout};

use super::*;
use crate::config::{DateConfig, PreparationConfig};
use crate::target::Target;

const DAYS: [DatePart; 5] = [
    DatePart::Days,
    DatePart::Year,
    DatePart::Month,
    DatePart::Day,
    DatePart::Weekday,
];

fn table(rows: usize, from: usize) -> Table {
    let mut text = "x,grade,region,shop,joined,born\n".to_owned();
    for row in (0..rows).map(|row| row + from) {
        let cell = |missing: bool, cell: String| if missing { String::new() } else { cell };
        let x = cell(row % 7 == 0, format!("{}", row * 7919 % 400));
        let grade = cell(row % 11 == 0, ["low", "mid", "high"][row % 3].to_owned());
        let region = cell(row % 13 == 0, format!("r{}", (row * row) % 17));
        let shop = cell(row % 5 == 0, format!("s{}", row % 40));
        let joined = cell(
            row % 9 == 0,
            calendar::text_of(i32::try_from(10_000 + row * 37).unwrap()),
        );
        let born = cell(
            row % 10 == 0,
            format!("{}", 5_000 - 31 * i32::try_from(row).unwrap()),
        );
        writeln!(text, "{x},{grade},{region},{shop},{joined},{born}").unwrap();
    }
    let number = |name| ColumnSpec::new(name, ColumnKind::Number);
    let category = |name| ColumnSpec::new(name, ColumnKind::Category);
    let specs = [
        number("x"),
        number("born"),
        category("grade"),
        category("region"),
        category("shop"),
        category("joined"),
    ];
    Table::read(text.as_bytes(), &Layout::sniff(text.as_bytes()), &specs).unwrap()
}

fn date(written: Written) -> Prepare {
    Prepare {
        date: Some(DateConfig {
            written,
            parts: DAYS.to_vec(),
        }),
        ..Prepare::default()
    }
}

fn config() -> TrainConfig {
    let order = ["low", "mid", "high"].map(str::to_owned).to_vec();
    let grade = Prepare {
        order,
        ..Prepare::default()
    };
    let shop = Prepare {
        target_mean: Some(true),
        ..Prepare::default()
    };
    let columns = [
        ("grade", grade),
        ("shop", shop),
        ("joined", date(Written::Iso)),
        ("born", date(Written::Days)),
    ];
    TrainConfig {
        preparation: PreparationConfig {
            impute: Some(Impute::Median),
            indicator: Some(true),
            rare_below: Some(20),
            columns: columns.map(|(name, own)| (name.to_owned(), own)).into(),
            ..PreparationConfig::default()
        },
        ..crate::config::example()
    }
}

fn training(table: Table, values: Vec<f64>) -> Training {
    Training {
        table,
        target: Target::Regression(values),
        weights: None,
        groups: None,
        times: None,
    }
}

#[test]
fn the_graph_makes_the_very_columns_of_rows_it_has_not_seen() {
    let rows = training(
        table(300, 0),
        (0..300).map(|row| f64::from(row % 23)).collect(),
    );
    let preparation = Preparation::fit(&rows, None, &config()).unwrap();
    let other = table(200, 150);
    let expected = preparation.apply(&other).unwrap();
    let mut graph = GraphBuilder::new("prepared", "test", "1");
    let handles = preparation.write(&mut graph).unwrap();
    assert_eq!(handles.len(), expected.len());
    let mut numbers = Vec::new();
    for handle in &handles {
        numbers.push(match handle {
            Handle::Number(number) => number.clone(),
            Handle::Text(text) => {
                let codes: Vec<(String, f32)> =
                    (0..17).map(|r| (format!("r{r}"), r as f32)).collect();
                graph.label_encoder(text, &codes, -1.0).unwrap()
            }
        });
    }
    let joined = graph.concat(&numbers.iter().collect::<Vec<_>>()).unwrap();
    graph.output("columns", &joined).unwrap();
    let onnx = graph.finish(&[]).unwrap();
    let session = Session::load(&onnx).unwrap();
    let columns = session.inputs().iter().map(|port| {
        other.category(&port.name).map_or_else(
            || yard_model::Column::F32(other.number(&port.name).unwrap()),
            |column| yard_model::Column::Text {
                levels: &column.levels,
                codes: &column.codes,
            },
        )
    });
    let columns = columns.collect();
    let outputs = session.run(&Inputs::new(200, columns)).unwrap();
    for (place, column) in expected.iter().enumerate() {
        let found = outputs.numbers("columns", place).unwrap();
        let found: Vec<u32> = found.iter().map(|x| x.to_bits()).collect();
        let wanted: Vec<u32> = match &*column.cells {
            Column::Number(values) => values.iter().map(|x| x.to_bits()).collect(),
            Column::Category(values) => (0..200)
                .map(|row| {
                    let text = values.text(row);
                    let code = text.strip_prefix('r').and_then(|r| r.parse::<f32>().ok());
                    code.unwrap_or(-1.0).to_bits()
                })
                .collect(),
        };
        let nan = |bits: &u32| f32::from_bits(*bits).is_nan();
        let same = found
            .iter()
            .zip(&wanted)
            .all(|(a, b)| a == b || nan(a) && nan(b));
        assert!(same, "{}", column.name);
    }
    let names: Vec<&str> = expected.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names[..3], ["x", "x.missing", "born.days"]);
    assert!(
        names.contains(&"joined.weekday") && names.len() == 15,
        "{names:?}"
    );
}

proptest! {
    #[test]
    fn no_row_sees_its_own_target(flipped in 0_usize..200, by in 1.0..50.0_f64, seed: u64) {
        let values: Vec<f64> = (0..200).map(|row| f64::from(row * 31 % 29)).collect();
        let mut other = values.clone();
        other[flipped] += by;
        let config = TrainConfig { seed, ..config() };
        let encoded = [values, other].map(|values| {
            let rows = training(table(200, 0), values);
            let preparation = Preparation::fit(&rows, None, &config).unwrap();
            let columns = preparation.training(&rows.table).unwrap();
            let shop = columns.iter().find(|column| column.name == "shop").unwrap();
            match &*shop.cells {
                Column::Number(values) => values.clone(),
                Column::Category(_) => Vec::new(),
            }
        });
        prop_assert_eq!(encoded[0][flipped].to_bits(), encoded[1][flipped].to_bits());
        prop_assert!(encoded[0] != encoded[1], "others of its category do");
    }
}

#[test]
fn what_is_no_date_or_in_no_order_is_named() {
    let rows = training(table(60, 0), vec![0.0; 60]);
    let with = |name: &str, own: Prepare| {
        let mut config = config();
        config.preparation.columns.insert(name.to_owned(), own);
        Preparation::fit(&rows, None, &config)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let order = vec!["low".to_owned(), "mid".to_owned()];
    let said = with(
        "grade",
        Prepare {
            order,
            ..Prepare::default()
        },
    );
    assert_eq!(
        said,
        "`grade` holds `high`, which its `order` does not name"
    );
    assert!(with("grade", date(Written::Iso)).contains("which is no date like"));
    assert!(with("x", date(Written::Iso)).contains("for a column in `features.categories`"));
    assert!(with("grade", date(Written::Days)).contains("for a column in `features.numbers`"));
}

#[test]
fn imputed_numbers() {
    let cells = [1.0, f32::NAN, 4.0, 100.0];
    let fill = |impute| {
        let wanted = Prepare {
            impute: Some(impute),
            ..Prepare::default()
        };
        match number("x", &cells, None, &wanted).unwrap() {
            Step::Number { fill, .. } => fill,
            _ => None,
        }
    };
    assert_eq!(fill(Impute::Mean), Some(35.0));
    assert_eq!(fill(Impute::Median), Some(4.0));
    assert_eq!(
        fill(Impute::Constant(Finite::new(-1.0).unwrap())),
        Some(-1.0)
    );
    assert_eq!(fill(Impute::Native), None);
}
