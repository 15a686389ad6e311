//! The committed schemas are the types' schemas.

use std::path::Path;

#[test]
fn committed_schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut names: Vec<String> = Vec::new();
    for (name, text) in yard_contract::schemas() {
        let committed = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(
            committed == text,
            "`schemas/{name}` is stale: run `make bless`"
        );
        names.push(name);
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            names.contains(&name),
            "`schemas/{name}` belongs to no artifact kind"
        );
    }
}
