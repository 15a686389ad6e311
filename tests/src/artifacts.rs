//! What jobs of a workflow hand each other, as GitHub's actions for it are documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::{command, files_below};

/// A folder for each artifact.
#[derive(Clone, Debug)]
pub(crate) struct Artifacts(Arc<TempDir>);

impl Artifacts {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Arc::new(tempfile::tempdir()?)))
    }

    /// The folder of an artifact.
    pub(crate) fn of(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The files below the least common folder of the paths, as the action is documented.
    pub(crate) fn upload(&self, with: &BTreeMap<String, String>, folder: &Path) -> Result<bool> {
        let target = self.of(&with["name"]);
        ensure!(
            !target.exists(),
            "the artifact `{}` is there already",
            with["name"]
        );
        let lines = with["path"]
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let (without, paths): (Vec<&str>, Vec<&str>) =
            lines.partition(|line| line.starts_with('!'));
        let root = match paths.as_slice() {
            [single] if folder.join(single).is_dir() => PathBuf::from(single),
            [single] => Path::new(single).parent().context("a folder")?.to_owned(),
            several => {
                let folders = several
                    .iter()
                    .map(|path| Path::new(path).components().next());
                let folders: BTreeSet<_> = folders.collect();
                ensure!(folders.len() == 1, "paths of several folders");
                let first = folders.into_iter().next().flatten().context("a folder")?;
                PathBuf::from(first.as_os_str())
            }
        };
        let without: BTreeSet<&str> = without.iter().map(|line| &line[1..]).collect();
        let mut found = false;
        for file in files_below(folder)? {
            let is_wanted = paths.iter().any(|path| file.starts_with(path));
            if is_wanted && !without.contains(file.to_str().context("UTF-8")?) {
                let to = target.join(file.strip_prefix(&root)?);
                fs::create_dir_all(to.parent().context("a folder")?)?;
                fs::copy(folder.join(&file), &to)?;
                found = true;
            }
        }
        let asked = with.get("if-no-files-found").map(String::as_str);
        ensure!(
            found || asked != Some("error"),
            "there is nothing to upload"
        );
        Ok(true)
    }

    /// One artifact into a folder, or each of a pattern into a folder of its own there.
    pub(crate) fn download(&self, with: &BTreeMap<String, String>, folder: &Path) -> Result<bool> {
        let to = folder.join(with.get("path").map_or("", String::as_str));
        if let Some(pattern) = with.get("pattern") {
            let start = pattern
                .strip_suffix('*')
                .context("a pattern that ends in *")?;
            for entry in fs::read_dir(self.0.path())? {
                let name = entry?.file_name().into_string().unwrap_or_default();
                if name.starts_with(start) {
                    copy(&self.of(&name), &to.join(&name))?;
                }
            }
            return Ok(true);
        }
        let from = self.of(&with["name"]);
        ensure!(from.is_dir(), "there is no artifact `{}`", with["name"]);
        copy(&from, &to).map(|()| true)
    }
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let status = command("cp")
        .arg("-r")
        .arg(from.join("."))
        .arg(to)
        .status()?;
    if !status.success() {
        bail!("`{}` cannot be copied", from.display());
    }
    Ok(())
}
