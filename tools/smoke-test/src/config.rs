//! `configs/smoke.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::Finite;

/// What is asked of a deployed model beyond right answers.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmokeConfig {
    /// How fast it must answer.
    pub(crate) latency: LatencyConfig,
    /// What its metrics must show.
    #[serde(default)]
    pub(crate) metrics: MetricsConfig,
}

/// How fast answers to single rows must be, seen from here.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LatencyConfig {
    /// Requests that are measured, one after the other.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) requests: u32,
    /// Requests before them that are not measured.
    #[serde(default = "twenty")]
    pub(crate) warm_up: u32,
    /// The most milliseconds that half of the answers may take.
    pub(crate) p50_ms: Finite,
    /// The most milliseconds that 99 of 100 answers may take.
    pub(crate) p99_ms: Finite,
}

/// What the metrics must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MetricsConfig {
    /// They are well-formed, and have counted what was asked.
    #[default]
    Counted,
    /// They are well-formed. For several servers behind one URL, each of which counts its own.
    Valid,
    /// They are not looked at. For servers whose metrics are not reachable from here.
    Off,
}

const fn twenty() -> u32 {
    20
}

/// The configuration's JSON Schema, as it is committed.
pub fn schema() -> String {
    let schema = schemars::schema_for!(SmokeConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_schema_is_current() {
        let committed = include_str!("../smoke.schema.json");
        assert!(
            committed == super::schema(),
            "it is stale: run `smoke-test schema > tools/smoke-test/smoke.schema.json`"
        );
    }
}
