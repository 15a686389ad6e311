//! What people decided.

use yard_contract::{Override, Sha256, Verdict};

use crate::project::{FIRST, Project};

#[test]
fn an_override_is_a_warning_on_the_record_and_no_more() {
    let config = "at_least: {auc: 0.99}\nslices: {by: [[group]], min_rows: 50, min_positives: 10, \
                  auc_at_least: 0.6}\n";
    let project = Project::new(6000, 1.0, config);
    let slice = "slices.auc_at_least group=c=noise, as is known";
    let author = ["--override-author", "ada"];
    project.judged(&[&FIRST, &["--override", slice], &author], 1);
    let both = [
        "--override",
        slice,
        "--override",
        "at_least.auc=the audit is on Monday",
    ];
    project.judged(&[&FIRST, &both, &author], 4);
    let gate = project.verdict();
    assert_eq!(gate.verdict, Verdict::Warning);
    assert!(
        gate.summary
            .contains("people decided so: 2 rules are overridden")
    );
    let shown: Vec<(&str, &str, &str, Verdict)> = gate
        .overrides
        .iter()
        .map(
            |Override {
                 rule,
                 verdict,
                 reason,
                 author,
                 ..
             }| { (rule.as_str(), reason.as_str(), author.as_str(), *verdict) },
        )
        .collect();
    let expected = [
        (
            "slices.auc_at_least group=c",
            "noise, as is known",
            "ada",
            Verdict::Fail,
        ),
        (
            "at_least.auc",
            "the audit is on Monday",
            "ada",
            Verdict::Fail,
        ),
    ];
    assert_eq!(shown, expected);
    let report = String::from_utf8(project.file("out/report.md")).unwrap();
    assert!(report.contains("the audit is on Monday") && report.contains("ada"));

    // The forge's own variable names who it was.
    let mut command = project.command(&[&FIRST[..], &both].concat());
    let status = command.env("GITLAB_USER_LOGIN", "grace").status().unwrap();
    assert_eq!(status.code(), Some(4));
    assert_eq!(project.verdict().overrides[0].author, "grace");
    project.refused(&[&FIRST, &both], "nobody is named");
    project.refused(
        &[&FIRST, &["--override", "at_least.acu=x"], &author],
        "no rule `at_least.acu`",
    );
    project.refused(
        &[&FIRST, &["--override", "at_least.auc"], &author],
        "no rule",
    );

    // What could not be judged stays so.
    project.put(
        "configs/gate.yaml",
        "at_least: {auc: 0.5}\nrules: {reports: {data-report: pass}}\n",
    );
    let wish = ["--override", "reports.data-report=never mind"];
    project.refused(
        &[&FIRST, &wish, &author],
        "needs an artifact of kind `data-report`",
    );
}

#[test]
fn overrides_in_a_file_end() {
    let project = Project::new(6000, 1.0, "at_least: {auc: 0.99}\n");
    let file = ["--overrides-file", "overrides.yaml"];
    let on = |day: &'static str| [file[0], file[1], "--today", day];
    let put = |more: &str| {
        let text = format!(
            "overrides:\n- rule: at_least.auc\n  reason: until the new data\n  author: ada\n  {more}\n"
        );
        project.put("overrides.yaml", &text);
    };
    put("expires: 2026-03-31");
    project.judged(&[&FIRST, &on("2026-03-31")], 4);
    assert_eq!(
        project.verdict().overrides[0].expires.as_deref(),
        Some("2026-03-31")
    );
    project.refused(
        &[&FIRST, &on("2026-04-01")],
        "the override of `at_least.auc` has expired",
    );
    project.refused(&[&FIRST, &on("today")], "`--today` is today");
    project.refused(&[&FIRST, &file], "nothing says which day it is");
    let mut command = project.command(&[&FIRST[..], &file].concat());
    command.env("CI_PIPELINE_CREATED_AT", "2026-03-30T23:59:59Z");
    assert_eq!(command.status().unwrap().code(), Some(4));
    // Only the pipeline's day counts, not what it is called.
    let mut command = project.command(&[&FIRST[..], &file].concat());
    command.env("CI_PIPELINE_CREATED_AT", "soon");
    assert_eq!(command.status().unwrap().code(), Some(2));

    put(&format!(
        "candidate: {}",
        Sha256::of(&project.file("model/model.onnx"))
    ));
    project.judged(&[&FIRST, &file], 4);
    put(&format!("candidate: {}", Sha256::of(b"another model")));
    project.judged(&[&FIRST, &file], 1);
    put("severity: low");
    project.refused(&[&FIRST, &file], "unknown field `severity`");
    put("");
    project.refused(&[&FIRST, &file], "counts for every model and for ever");
    project.put("overrides.yaml", "");
    project.refused(&[&FIRST, &file], "the file is empty");
}
