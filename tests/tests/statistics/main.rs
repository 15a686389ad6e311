//! Every number of `yard-stats` that another package has too, by that package: scikit-learn, fairlearn,
//! statsmodels, scipy, and R's pROC.

use std::fs;
use std::io::{Seek as _, Write as _};

use anyhow::{Context as _, Result, ensure};
use e2e::{Ran, command, compare, example_program, repository, rscript, tools};
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

/// What the gate computes itself, from a file of scores to `evaluation.json`.
#[test]
fn scikit_learn_agrees_on_what_the_gate_measures() -> Result<()> {
    let gate = tools()?.join("eval-gate");
    let arguments = [gate.as_os_str(), "60".as_ref()];
    let Some(said) = compare("tests/peers/stats_gate.py", &arguments)? else {
        return Ok(());
    };
    ensure!(said.contains(", 0 differences"), "{said}");
    Ok(())
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

/// What pROC's issue 73 publishes of the same table, so that it is held where there is no R either: in a
/// checkout whose neighbour is the folder of reference data.
#[test]
fn the_published_vectors_of_delongs_test_are_ours() -> Result<()> {
    let table = repository()?.join("../shared/golden/aSAH.csv");
    let Ok(table) = fs::read_to_string(table) else {
        eprintln!(
            "SKIPPED: no aSAH.csv beside the checkout: its published vectors are not compared"
        );
        return Ok(());
    };
    let table = with_label(&table)?;
    let published = [
        ("s100b", "wfns", "challenger auc", 0.731_368_563_7),
        ("s100b", "wfns", "champion auc", 0.823_678_861_8),
        ("s100b", "wfns", "z", -2.208_983_591_4),
        ("s100b", "wfns", "p", 0.027_175_782_2),
        ("s100b", "wfns", "lower", -0.174_214_419_2),
        ("s100b", "wfns", "upper", -0.010_406_177_0),
        ("s100b", "ndka", "z", 1.390_770_025_7),
        ("s100b", "ndka", "p", 0.164_295_175_2),
    ];
    for (one, other, name, value) in published {
        let ours = named(&paired(&table, one, other)?, name)?;
        // They are published to ten digits.
        ensure!(
            (ours - value).abs() <= 1e-9,
            "{name}: {ours} is not {value}"
        );
    }
    Ok(())
}

/// `outcome` as 0 and 1, under the name that the example reads.
fn with_label(table: &str) -> Result<String> {
    let (header, rows) = table.split_once('\n').context("a header")?;
    let names: Vec<&str> = header.trim().split(',').collect();
    let outcome = names.iter().position(|name| *name == "outcome");
    let outcome = outcome.context("a column `outcome`")?;
    let mut labelled = header.trim().replace("outcome", "label");
    for row in rows.lines() {
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[outcome] = if cells[outcome] == "Poor" { "1" } else { "0" };
        labelled.push('\n');
        labelled.push_str(&cells.join(","));
    }
    Ok(labelled)
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
