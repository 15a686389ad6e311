//! What may not be shown of a row.

use std::fs;

use super::files::{Folder, binary};
use crate::project::stderr;

/// Identifiers that nobody else may have.
fn named(rows: u64, noise: f64) -> String {
    let text = binary(rows, noise);
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<String> = rows.lines().map(|row| format!("person-{row}")).collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

/// Neither a file nor a message has a private identifier in it, whatever goes wrong.
#[test]
fn private_identifiers_are_in_no_file_and_no_message() {
    let config = "champion: {auc_margin: 0.5}\nprivate: [id, w]\nflips: {show: [w, region]}\n";
    let (new, old) = (named(600, 0.3), named(600, 2.0));
    let folder = Folder::new(config, &new, &old);
    let output = folder.compare();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let flips = folder.evaluation().flips.unwrap();
    assert_eq!(flips.listed.len(), 10);
    for flip in &flips.listed {
        assert!(flip.row.starts_with("row "), "{}", flip.row);
        assert_eq!(flip.columns["w"], "(private)");
        assert!(["north", "south"].contains(&flip.columns["region"].as_str()));
    }
    let mut files = 0;
    for entry in fs::read_dir(folder.0.path().join("out")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("person-"), "{}", path.display());
            files += 1;
        }
    }
    assert!(files >= 8);

    let twice = new.replacen("person-1,", "person-0,", 1);
    let other = old.replacen("person-7,", "person-x,", 1);
    let weight = format!("{config}weight: w\n");
    for (config, new, old, words) in [
        (config, &twice, &old, "(which are private)"),
        (config, &new, &other, "1 row is only in `new.csv` (`row 8`)"),
        (
            weight.as_str(),
            &new.replacen(",north,1,", ",north,4711x,", 1),
            &old,
            "`(private)` is not a number",
        ),
        (
            weight.as_str(),
            &new.replacen(",north,1,", ",north,-4711,", 1),
            &old,
            "its value, which is private, cannot be used here",
        ),
    ] {
        let folder = Folder::new(config, new, old);
        let output = folder.compare();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(
            !said.contains("person-") && !said.contains("4711"),
            "{said}"
        );
    }
}
