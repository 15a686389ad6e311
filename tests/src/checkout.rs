//! A copy of the repository, as a runner would clone it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::command;

/// The repository's root.
///
/// # Errors
/// When this package does not lie in a folder.
pub fn repository() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the package has no parent folder")
}

/// A temporary git repository with one commit on `main`: every file of ours that git does not
/// ignore, as it is in the working folder now.
#[derive(Debug)]
pub struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// Copies and commits the repository.
    ///
    /// # Errors
    /// When git is missing, or a file cannot be copied.
    pub fn of_repository() -> Result<Self> {
        Self::of_folders(&[("", "")])
    }

    /// Copies folders of the repository, each to a place of its own, and commits them.
    ///
    /// # Errors
    /// When git is missing, or a file cannot be copied.
    pub fn of_folders(folders: &[(&str, &str)]) -> Result<Self> {
        let root = repository()?;
        let checkout = Self {
            folder: tempfile::Builder::new().prefix("trainyard-").tempdir()?,
        };
        let listed = git(
            root,
            &[
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ],
        )?;
        for name in listed.split('\0').filter(|name| !name.is_empty()) {
            let from = root.join(name);
            if !from.is_file() {
                continue; // deleted and not committed yet
            }
            for (folder, place) in folders {
                let Ok(rest) = Path::new(name).strip_prefix(folder) else {
                    continue;
                };
                let to = checkout.path().join(place).join(rest);
                if let Some(parent) = to.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::copy(&from, &to).with_context(|| format!("copying `{name}`"))?;
            }
        }
        git(
            checkout.path(),
            &["init", "--quiet", "--initial-branch=main"],
        )?;
        git(
            checkout.path(),
            &[
                "remote",
                "add",
                "origin",
                "https://gitlab.example.com/team/project.git",
            ],
        )?;
        checkout.commit("A commit")?;
        Ok(checkout)
    }

    /// The repository's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new folder beside the repository's files that git does not see.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn hidden_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.path().join(".git").join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Rewrites one file.
    ///
    /// # Errors
    /// When the file is absent, or `edit` changes nothing.
    #[expect(clippy::disallowed_methods, reason = "a file of a throw-away copy")]
    pub fn edit(&self, name: &str, edit: impl FnOnce(&str) -> String) -> Result<()> {
        let path = self.path().join(name);
        let before = fs::read_to_string(&path).with_context(|| format!("reading `{name}`"))?;
        let after = edit(&before);
        ensure!(before != after, "nothing in `{name}` was edited");
        fs::write(&path, after)?;
        Ok(())
    }

    /// Commits whatever has changed.
    ///
    /// # Errors
    /// When nothing has.
    pub fn commit(&self, message: &str) -> Result<()> {
        git(self.path(), &["add", "--all"])?;
        let author = [
            "-c",
            "user.name=A Person",
            "-c",
            "user.email=person@example.com",
        ];
        git(
            self.path(),
            &[&author[..], &["commit", "--quiet", "--message", message]].concat(),
        )?;
        Ok(())
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = command("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .context("starting git")?;
    ensure!(
        output.status.success(),
        "git {arguments:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
