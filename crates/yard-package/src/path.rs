//! Paths of members: relative, portable, and unable to leave the folder they are put in.

use std::fmt;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Flaw, PackageError};

/// Bytes of a path. A ustar header holds up to 256, split at a `/`.
const LENGTH: usize = 255;
/// Bytes of a file's own name: what the header's `name` field holds.
pub(crate) const NAME: usize = 100;
/// Bytes of the folder before it: what the header's `prefix` field holds.
pub(crate) const PREFIX: usize = 155;
/// Folders above a file, the file included.
const DEPTH: usize = 16;

/// A path within a package: UTF-8, `/` between its parts, no part empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberPath(String);

/// What is wrong with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFlaw {
    /// It has no character.
    #[error("it is empty")]
    Empty,
    /// It begins with `/`.
    #[error("it is absolute")]
    Absolute,
    /// It has a part `..`, `.` or nothing between two slashes.
    #[error("it has an empty, `.` or `..` part")]
    Dots,
    /// It has a backslash, a colon or a control character.
    #[error("it has a backslash, a colon or a control character")]
    Character,
    /// A part ends in a dot or a space, which some file systems drop.
    #[error("a part of it ends in a dot or a space")]
    Ending,
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    Utf8,
    /// It does not fit into a plain ustar header.
    #[error("it is too long (255 bytes, of which the last part may take 100)")]
    Long,
    /// It lies in too many folders.
    #[error("it has more than 16 parts")]
    Deep,
    /// The name of the manifest itself, or of the signature.
    #[error("it is the name of the manifest or of the signature")]
    Reserved,
}

impl MemberPath {
    /// Checks a path.
    pub fn new(path: &str) -> Result<Self, PathFlaw> {
        if path.is_empty() {
            return Err(PathFlaw::Empty);
        }
        if path.starts_with('/') {
            return Err(PathFlaw::Absolute);
        }
        let unsafe_character = |c: char| c == '\\' || c == ':' || c.is_control();
        if path.contains(unsafe_character) {
            return Err(PathFlaw::Character);
        }
        let mut depth = 0;
        for part in path.split('/') {
            if matches!(part, "" | "." | "..") {
                return Err(PathFlaw::Dots);
            }
            if part.ends_with(['.', ' ']) {
                return Err(PathFlaw::Ending);
            }
            depth += 1;
        }
        if depth > DEPTH {
            return Err(PathFlaw::Deep);
        }
        let path = Self(path.to_owned());
        if path.0.len() > LENGTH || path.split().is_none() {
            return Err(PathFlaw::Long);
        }
        Ok(path)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the member lies below a folder.
    pub fn under(&self, folder: &Path) -> PathBuf {
        self.0
            .split('/')
            .fold(folder.to_owned(), |path, part| path.join(part))
    }

    /// The `prefix` and `name` of its header: no prefix where the whole fits into the name,
    /// otherwise the shortest prefix that leaves a name that fits.
    pub(crate) fn split(&self) -> Option<(&str, &str)> {
        if self.0.len() <= NAME {
            return Some(("", &self.0));
        }
        let slashes = self.0.match_indices('/').map(|(at, _)| at);
        let at = slashes
            .into_iter()
            .find(|at| self.0.len() - at - 1 <= NAME)?;
        (at <= PREFIX).then(|| (&self.0[..at], &self.0[at + 1..]))
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a file system that folds letters makes of a name. Upper-casing first joins what lower-casing
/// alone leaves apart, as in `ß` and `SS`.
fn folded(name: &str) -> String {
    name.nfd()
        .collect::<String>()
        .to_uppercase()
        .to_lowercase()
        .nfd()
        .collect()
}

/// All names taken in a folder tree, to notice two that a file system could take for one.
#[derive(Default)]
pub(crate) struct Names(std::collections::BTreeMap<String, Taken>);

struct Taken {
    spelling: String,
    is_file: bool,
    by: String,
}

impl Names {
    /// Takes a file's path and the folders above it.
    pub(crate) fn take(&mut self, path: &MemberPath) -> Result<(), PackageError> {
        let whole = path.as_str();
        let ends = whole
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([whole.len()]);
        for end in ends {
            let spelling = &whole[..end];
            let is_file = end == whole.len();
            let Some(taken) = self.0.get(&folded(spelling)) else {
                let taken = Taken {
                    spelling: spelling.to_owned(),
                    is_file,
                    by: whole.to_owned(),
                };
                self.0.insert(folded(spelling), taken);
                continue;
            };
            let flaw = if taken.spelling != spelling {
                Flaw::Collides(taken.by.clone())
            } else if is_file && taken.is_file {
                Flaw::Duplicate
            } else if is_file {
                Flaw::FileAndFolder(taken.by.clone())
            } else if taken.is_file {
                return Err(PackageError::member(
                    spelling,
                    Flaw::FileAndFolder(whole.to_owned()),
                ));
            } else {
                continue;
            };
            return Err(PackageError::member(whole, flaw));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portable_relative_paths_are_accepted_and_others_named() {
        let long_folder = format!("{}/{}", "d".repeat(155), "f".repeat(99));
        for good in [
            "model.onnx",
            "a/b/c.json",
            "größe 1.txt",
            "..a/b..c",
            long_folder.as_str(),
        ] {
            assert_eq!(MemberPath::new(good).unwrap().as_str(), good);
        }
        let deep = ["d"; 17].join("/");
        let long_name = "f".repeat(101);
        let long_prefix = format!("{}/{}", "d".repeat(156), "f".repeat(90));
        for (bad, flaw) in [
            ("", PathFlaw::Empty),
            ("/etc/passwd", PathFlaw::Absolute),
            ("../x", PathFlaw::Dots),
            ("a/../../x", PathFlaw::Dots),
            ("a//b", PathFlaw::Dots),
            ("a/", PathFlaw::Dots),
            ("./a", PathFlaw::Dots),
            ("..\\x", PathFlaw::Character),
            ("C:x", PathFlaw::Character),
            ("a\nb", PathFlaw::Character),
            ("a./b", PathFlaw::Ending),
            ("a ", PathFlaw::Ending),
            (&deep, PathFlaw::Deep),
            (&long_name, PathFlaw::Long),
            (&long_prefix, PathFlaw::Long),
        ] {
            assert_eq!(MemberPath::new(bad), Err(flaw), "{bad}");
        }
    }

    #[test]
    fn names_that_some_file_system_takes_for_one_are_refused() {
        let taking = |paths: &[&str]| {
            let mut names = Names::default();
            paths
                .iter()
                .try_for_each(|path| names.take(&MemberPath::new(path).unwrap()))
        };
        taking(&["a/x", "a/y", "b"]).unwrap();
        for (paths, expected) in [
            (["a", "a"], "member `a` is there twice"),
            (
                ["Model.onnx", "model.ONNX"],
                "member `model.ONNX` is the same as `Model.onnx`",
            ),
            (["A/x", "a/y"], "member `a/y` is the same as `A/x`"),
            (["\u{e9}", "e\u{301}"], "is the same as"),
            (["straße", "STRASSE"], "is the same as"),
            (
                ["a", "a/b"],
                "member `a` is a file, and `a/b` needs it to be a folder",
            ),
            (
                ["a/b", "a"],
                "member `a` is a file, and `a/b` needs it to be a folder",
            ),
        ] {
            let error = taking(&paths).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
