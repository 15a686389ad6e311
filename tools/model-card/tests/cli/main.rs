//! The tool from outside: its command line, its cards, its refusals.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod card;
mod explained;
mod line;
mod refusals;

#[test]
fn command_line() {
    trycmd::TestCases::new().case("tests/cmd/*.toml");
}

#[test]
fn the_committed_schema_is_the_types_schema() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("card.schema.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == model_card::schema(),
        "`card.schema.json` is stale: run `model-card schema`"
    );
}
