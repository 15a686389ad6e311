//! How a place for checkpoints is named on a command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Where checkpoints are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Folder(PathBuf),
    /// The package registry of the project whose job this is.
    GitLab,
    /// A bucket, and where in it.
    Bucket(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("gitlab", "")) => Ok(Self::GitLab),
            Some(("gitlab", _)) => {
                Err("`gitlab:` stands alone: it is the project of the job".to_owned())
            }
            Some(("s3", place)) => match place.strip_prefix("//") {
                Some(place) if !place.is_empty() => Ok(Self::Bucket(place.to_owned())),
                _ => Err("expected s3://BUCKET or s3://BUCKET/PREFIX".to_owned()),
            },
            Some(("http" | "https", _)) => {
                Err("expected a folder, `gitlab:` or s3://BUCKET/PREFIX".to_owned())
            }
            _ if text.is_empty() => Err("expected a folder".to_owned()),
            _ => Ok(Self::Folder(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::GitLab => f.write_str("gitlab:"),
            Self::Bucket(place) => write!(f, "s3://{place}"),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let parsed = |text: &str| text.parse::<Place>();
        assert_eq!(parsed("kept/a"), Ok(Place::Folder("kept/a".into())));
        assert_eq!(parsed("C:kept"), Ok(Place::Folder("C:kept".into())));
        assert_eq!(parsed("gitlab:"), Ok(Place::GitLab));
        assert_eq!(parsed("s3://b/p"), Ok(Place::Bucket("b/p".to_owned())));
        for wrong in ["", "gitlab:x", "s3:", "s3://", "s3:b", "https://h/x"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
