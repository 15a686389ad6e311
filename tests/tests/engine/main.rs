//! The boosting engine, by the engines that it is held against.

mod explained;

use anyhow::{Result, ensure};
use e2e::{compare_with, target};

#[test]
fn lightgbm_xgboost_and_shap_answer_as_we_do() -> Result<()> {
    let export_case = target()?.join("release/examples/export_case");
    ensure!(
        export_case.is_file(),
        "`{}` is missing: run `cargo build --release -p yard-boost --examples` before",
        export_case.display()
    );
    let folder = tempfile::tempdir()?;
    let arguments = [export_case.as_os_str(), folder.path().as_os_str()];
    if let Some(said) = compare_with(&["boost"], "tests/peers/boost.py", &arguments)? {
        for (peer, cases) in [
            ("XGBoost margins", 15),
            ("LightGBM margins", 10),
            ("LightGBM contributions", 10),
            ("XGBoost contributions", 6),
            ("shap", 5),
        ] {
            let found = said.lines().filter(|line| line.contains(peer)).count();
            assert_eq!(found, cases, "{peer}: {said}");
        }
    }
    Ok(())
}
