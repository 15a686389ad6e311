//! Every number of `yard-stats` that another package has too, by that package: scikit-learn, fairlearn,
//! statsmodels, scipy, and R's pROC.

use std::fs;
use std::io::{Seek as _, Write as _};

use anyhow::{Context as _, Result, ensure};
use e2e::{Ran, command, compare, example_program, repository, rscript};
use serde_json::Value;

/// Runs one of `tests/peers/stats_*.py` on 200 random tables; `least` is how many numbers it compares
/// at the very least, so that a script that skips everything does not pass.
fn assert_no_difference(script: &str, program: &str, least: u64) -> Result<()> {
    let program = example_program(program)?;
    let arguments = [program.as_os_str(), "200".as_ref()];
    let Some(said) = compare(&format!("tests/peers/{script}"), &arguments)? else {
        return Ok(());
    };
    let numbers = said
        .split(", ")
        .find_map(|part| part.strip_suffix(" numbers"));
    let numbers: u64 = numbers.context("a count of numbers")?.parse()?;
    ensure!(
        said.contains(", 0 differences") && numbers >= least,
        "{said}"
    );
    Ok(())
}

#[test]
fn scikit_learn_agrees_on_binary_metrics() -> Result<()> {
    assert_no_difference("stats_binary.py", "score", 100_000)
}

#[test]
fn scikit_learn_agrees_on_several_classes_and_on_regressions() -> Result<()> {
    assert_no_difference("stats_other.py", "score_other", 5000)
}

#[test]
fn fairlearn_and_statsmodels_agree_on_groups_and_decisions() -> Result<()> {
    assert_no_difference("stats_groups.py", "score", 3000)
}

/// The golden vectors of DeLong's test: the table comes with pROC and is made of its package anew.
#[test]
fn proc_agrees_on_delongs_test_to_nine_digits() -> Result<()> {
    let Some(rscript) = rscript()? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let script = repository()?.join("tests/peers/stats_proc.R");
    Ran::of(command(rscript).arg(script).arg(folder.path()))?.assert_code(0);
    let table = fs::read_to_string(folder.path().join("table.csv"))?;
    let expected = fs::read_to_string(folder.path().join("expected.csv"))?;
    let mut checked = 0;
    for pair in ["s100b wfns", "s100b ndka", "wfns ndka"] {
        let (one, other) = pair.split_once(' ').context("two markers")?;
        let found = paired(&table, one, other)?;
        for line in expected.lines().filter(|line| line.starts_with(pair)) {
            let [_, name, value] = line.split(',').collect::<Vec<_>>()[..] else {
                anyhow::bail!("not a line of three: {line}");
            };
            let value: f64 = value.parse()?;
            let ours = named(&found, name)?;
            let near = (ours - value).abs() <= 1e-9 * value.abs().max(1.0);
            ensure!(near, "{pair}: {name}: {ours} is not {value}");
            checked += 1;
        }
    }
    ensure!(
        checked == 39,
        "{checked} numbers of 39 compared:\n{expected}"
    );
    Ok(())
}

/// What the crate's example says about two columns of the table.
fn paired(table: &str, challenger: &str, champion: &str) -> Result<Value> {
    let (header, rows) = table.split_once('\n').context("a header")?;
    let renamed = header.split(',').map(|name| match name {
        name if name == challenger => "score",
        name if name == champion => "champion",
        name => name,
    });
    let names: Vec<&str> = renamed.collect();
    let kept = |line: &str| -> String {
        let fields = line.split(',').zip(&names);
        let fields = fields.filter(|(_, name)| ["label", "score", "champion"].contains(name));
        fields.map(|(field, _)| field).collect::<Vec<_>>().join(",")
    };
    let mut columns = kept(&names.join(","));
    for row in rows.lines() {
        columns.push('\n');
        columns.push_str(&kept(row));
    }
    let mut input = tempfile::tempfile()?;
    input.write_all(columns.as_bytes())?;
    input.rewind()?;
    let output = command(example_program("score")?).stdin(input).output()?;
    ensure!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout)?;
    Ok(report["paired"].clone())
}

/// The number that pROC's name stands for.
fn named(paired: &Value, name: &str) -> Result<f64> {
    let (of, name) = match name.split_once(' ') {
        Some((side, name)) => (&paired[side], name),
        None => (paired, name),
    };
    let value = match name {
        "lower" => &of["interval"][0],
        "upper" => &of["interval"][1],
        name => &of[name],
    };
    value.as_f64().with_context(|| format!("no {name} in {of}"))
}
