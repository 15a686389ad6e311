//! A column that follows from the target is reported, and every run knows what it has to beat.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Project, stderr};

/// A binary, a several-valued and a numeric target, each with a number and a text that follow from it.
fn planted(rows: u32) -> String {
    let mut text = "income,region,late,grade,amount,late_fee,late_status,grade_code,grade_name,amount_paid,amount_band\n".to_owned();
    for row in 0..rows {
        let income = 1000 + (row * 7919) % 4000;
        let region = ["north", "south", "east"][(row * 17 % 3) as usize];
        let late = (row * 6151) % 100 < (5000 - income) / 50;
        let grade = (row * 31 + income / 1000) % 3;
        let amount = 10 * ((income / 10 + row * 7127 % 900) % 1000);
        let fee = if late { 20 + row % 7 } else { row % 3 };
        let (yes, status) = if late {
            ("yes", "dunned")
        } else {
            ("no", "closed")
        };
        let code = [20, 10, 30][grade as usize];
        let name = ["first", "second", "third"][grade as usize];
        let grade = ["a", "b", "c"][grade as usize];
        let (paid, band) = (amount * 2 + row % 5, amount / 250);
        writeln!(text, "{income},{region},{yes},{grade},{amount},{fee},{status},{code},{name},{paid},band-{band}").unwrap();
    }
    text
}

fn config(task: &str, target: &str, numbers: &str, categories: &str) -> String {
    let algorithm = if task == "regression" {
        "linear-regression"
    } else {
        "logistic-regression"
    };
    format!(
        "task: {task}\ntarget: {{{target}}}\nfeatures: {{numbers: [income, {numbers}], categories: [region, {categories}]}}\n\
         split: {{method: random, holdout_share: 0.25}}\nalgorithm: {algorithm}\nseed: 7\n"
    )
}

#[test]
fn planted_columns_are_reported_of_every_task() {
    for (task, target, number, text, measure, metric) in [
        (
            "binary",
            "column: late, positive: \"yes\"",
            "late_fee",
            "late_status",
            "auc",
            "auc",
        ),
        (
            "multiclass",
            "column: grade",
            "grade_code",
            "grade_name",
            "log_loss_explained",
            "log_loss",
        ),
        (
            "regression",
            "column: amount",
            "amount_paid",
            "amount_band",
            "variance_explained",
            "rmse",
        ),
    ] {
        let project = Project::new(&planted(1500), &config(task, target, number, text));
        let output = project.train(&[]);
        assert_eq!(output.status.code(), Some(0), "{task}: {}", stderr(&output));
        let run: Value = serde_json::from_slice(&project.file("out/model/run.json")).unwrap();
        let found: Vec<&str> = run["suspicious"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["feature"].as_str().unwrap())
            .collect();
        assert!(
            found.contains(&number) && found.contains(&text) && found.len() == 2,
            "{task}: {found:?}"
        );
        assert_eq!(run["suspicious"][0]["measure"], measure);
        for name in [number, text] {
            assert!(
                stderr(&output).contains(&format!("warning: `{name}` alone ")),
                "{}",
                stderr(&output)
            );
        }
        // No cross-validation was asked for; what is to be beaten is there all the same.
        let trivial = run["trivial"].as_array().unwrap();
        assert_eq!(trivial.len(), 2, "{task}");
        assert_eq!(
            (&trivial[0]["name"], &trivial[1]["name"]),
            (&"prior".into(), &"best-feature".into())
        );
        assert!(
            [number, text].contains(&trivial[1]["feature"].as_str().unwrap()),
            "{trivial:?}"
        );
        assert_eq!(trivial[0]["metric"], metric);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.contains("to beat: the same answer to every row"),
            "{said}"
        );

        let harmless = config(task, target, "income", "region")
            .replace("income, income", "income")
            .replace("region, region", "region");
        let project = Project::new(&planted(1500), &harmless);
        let output = project.train(&[]);
        assert!(
            !stderr(&output).contains("warning"),
            "{task}: {}",
            stderr(&output)
        );

        // A first configuration leaves them out.
        let column = target.split([':', ',']).nth(1).unwrap().trim();
        let mut init = project.command();
        init.args([
            "init",
            "--data",
            "data.csv",
            "--target",
            column,
            "--out",
            "first.yaml",
        ]);
        if task == "binary" {
            init.args(["--positive", "yes"]);
        }
        let output = init.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let drafted = String::from_utf8(project.file("first.yaml")).unwrap();
        for name in [number, text] {
            assert!(
                drafted.contains(&format!("# left out: \"{name}\" (alone it ")),
                "{task}: {drafted}"
            );
        }
        assert!(
            drafted.contains("algorithm: gradient-boosting # or "),
            "{drafted}"
        );
        assert!(
            drafted.contains("gradient_boosting:\n  rounds: "),
            "{drafted}"
        );
        let output = project.train(&["--config", "first.yaml"]);
        assert_eq!(output.status.code(), Some(0), "{task}: {}", stderr(&output));
    }
}

#[test]
fn what_fitted_is_recorded() {
    let project = Project::new(
        &planted(300),
        &config("regression", "column: amount", "late_fee", "grade"),
    );
    assert_eq!(project.train(&[]).status.code(), Some(0));
    let run: Value = serde_json::from_slice(&project.file("out/model/run.json")).unwrap();
    let environment = &run["environment"];
    let program = std::fs::read(env!("CARGO_BIN_EXE_train")).unwrap();
    assert_eq!(
        environment["program"],
        yard_contract::Sha256::of(&program).to_string().as_str()
    );
    assert!(
        environment["compiler"]
            .as_str()
            .unwrap()
            .starts_with("rustc ")
    );
    assert!(environment["target"].as_str().unwrap().contains('-'));
}
