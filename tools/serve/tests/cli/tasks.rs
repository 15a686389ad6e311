//! What is answered to each kind of question.

use yard_contract::Task;

use crate::client::{Case, ROW, Server};

const BOTH: &str =
    r#"{"rows": [{"amount": 250.5, "region": "south"}, {"amount": 0, "region": "north"}]}"#;

fn answered(task: Task) -> (Server, serde_json::Value) {
    let server = Case::of(task).start(&["--threads", "2"]);
    let reply = server.predict(BOTH.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    let predictions = reply.json()["predictions"].clone();
    let one = server.predict(ROW.as_bytes()).json();
    assert_eq!(one["predictions"][0], predictions[0]);
    assert_eq!(
        server.get("/").json()["signature"]["answer"]["task"],
        task.as_str()
    );
    (server, predictions)
}

fn has(metrics: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            metrics.lines().any(|found| found == *line),
            "{line}: {metrics}"
        );
    }
}

#[test]
fn several_classes_are_answered_with_a_probability_each() {
    let (server, predictions) = answered(Task::Multiclass);
    // The scores are 1.505, -1.505 and 0, and -2, 2 and 0.
    assert_eq!(
        predictions.to_string(),
        r#"[{"probabilities":{"high":0.7865909,"low":0.03877238,"mid":0.17463677},"class":"high"},{"probabilities":{"high":0.01587624,"low":0.86681336,"mid":0.11731043},"class":"low"}]"#
    );
    let metrics = server.get("/metrics").body;
    has(
        &metrics,
        &[
            "trainyard_rows_total 3",
            r#"trainyard_predictions_total{class="high"} 2"#,
            r#"trainyard_predictions_total{class="low"} 1"#,
            r#"trainyard_predictions_total{class="mid"} 0"#,
            r#"trainyard_score_bucket{class="low",le="0.1"} 2"#,
            r#"trainyard_score_bucket{class="low",le="+Inf"} 3"#,
            r#"trainyard_score_count{class="mid"} 3"#,
        ],
    );
}

#[test]
fn a_number_is_answered_as_it_is_and_counted_by_the_training_rows_twentieths() {
    let (server, predictions) = answered(Task::Regression);
    assert_eq!(predictions.to_string(), r#"[{"value":1.505},{"value":-2}]"#);
    let metrics = server.get("/metrics").body;
    has(
        &metrics,
        &[
            r#"trainyard_score_bucket{le="-2.0"} 1"#,
            r#"trainyard_score_bucket{le="0.0"} 1"#,
            r#"trainyard_score_bucket{le="9.0"} 3"#,
            r#"trainyard_score_bucket{le="+Inf"} 3"#,
            "trainyard_score_count 3",
        ],
    );
    assert!(!metrics.contains("trainyard_predictions"), "{metrics}");
}
