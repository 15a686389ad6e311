//! A package's name and version: what can be a folder, a file name, a part of a URL and a git tag
//! everywhere, without being escaped anywhere.

use std::fmt;

/// Bytes that a name, and a version, may have.
const LENGTH: usize = 100;

/// Which package, in which version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageId {
    name: String,
    version: String,
}

/// A name or version that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` cannot be a package's {what}: use up to 100 letters, digits, `.`, `_`, `-`{plus}, \
     beginning with a letter or digit, without `..`"
)]
pub struct IdFlaw {
    what: &'static str,
    plus: &'static str,
    text: String,
}

impl PackageId {
    /// Checks a name and a version.
    pub fn new(name: &str, version: &str) -> Result<Self, IdFlaw> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let flaw = |what, plus, text: &str| IdFlaw {
            what,
            plus,
            text: text
                .chars()
                .take(LENGTH)
                .flat_map(char::escape_debug)
                .collect(),
        };
        if !safe(name, plain) {
            return Err(flaw("name", "", name));
        }
        if !safe(version, |c| plain(c) || c == '+') {
            return Err(flaw("version", ", `+`", version));
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    }

    /// The package's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The package's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file name of its archive: `<name>-<version>.tar.gz`.
    pub fn archive_name(&self) -> String {
        format!("{}.tar.gz", self.title())
    }

    /// How it is called where one word is needed, as in its signature: `<name>-<version>`.
    pub fn title(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

fn safe(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= LENGTH
        && !text.contains("..")
        && text.chars().all(allowed)
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_need_no_escaping_anywhere_are_accepted() {
        for (name, version) in [("credit", "1.2.0"), ("a_b-c.d", "v1.0.0-rc.1+build.7")] {
            let id = PackageId::new(name, version).unwrap();
            assert_eq!(id.archive_name(), format!("{name}-{version}.tar.gz"));
        }
        for bad in [
            "", ".", "..", ".git", "-rf", "a/b", "a\\b", "a b", "a#b", "a?b", "%2e%2e", "a\0",
            "a..b", "a@b", "é", "a\nb", "$(x)",
        ] {
            assert!(PackageId::new(bad, "1").is_err(), "{bad:?}");
            let error = PackageId::new("a", bad).unwrap_err().to_string();
            assert!(!error.contains(char::is_control), "{error:?}");
        }
        assert!(PackageId::new(&"a".repeat(101), "1").is_err());
    }
}
