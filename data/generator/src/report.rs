//! What was written, for people and for programs; decides nothing.

use std::error::Error as _;
use std::fmt::Write as _;

use crate::args::Format;
use crate::error::WorldError;
use crate::sheet::File;

/// One written file.
#[derive(Clone, Debug)]
pub struct Written {
    /// `world/…` or `sample/…`.
    pub name: String,
    /// Lines below the header.
    pub rows: usize,
    /// Size.
    pub bytes: usize,
    /// Lower-case hexadecimal digest.
    pub sha256: String,
}

impl Written {
    /// The summary of one file.
    pub fn of(name: &str, file: &File, sha256: &str) -> Self {
        let lines = file.bytes.split(|byte| *byte == b'\n').count() - 1;
        Self {
            name: name.to_owned(),
            rows: lines - 1,
            bytes: file.bytes.len(),
            sha256: sha256.to_owned(),
        }
    }
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Seed used.
    pub seed: u64,
    /// A list of digests was given to compare with.
    pub checked: bool,
    /// Files in the order written.
    pub written: Vec<Written>,
    /// Names whose digest the list does not hold.
    pub differing: Vec<String>,
}

impl Summary {
    /// The text for stdout.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Human => self.human(),
            Format::Json => self.json(),
        }
    }

    fn human(&self) -> String {
        let mut text = String::new();
        for file in &self.written {
            let Written {
                name,
                rows,
                bytes,
                sha256,
            } = file;
            put(
                &mut text,
                format_args!(
                    "{name:<32} {rows:>9} rows {bytes:>11} bytes  sha256 {}…\n",
                    &sha256[..12]
                ),
            );
        }
        if self.checked && self.differing.is_empty() {
            text.push_str("every file is the one that the list of digests names\n");
        }
        text
    }

    // Names and digests are ours and need no escaping.
    fn json(&self) -> String {
        let mut text = String::from("{\n");
        put(
            &mut text,
            format_args!(
                "  \"seed\": {},\n  \"checked\": {},\n  \"files\": [",
                self.seed, self.checked
            ),
        );
        for (index, file) in self.written.iter().enumerate() {
            let Written {
                name,
                rows,
                bytes,
                sha256,
            } = file;
            let comma = if index == 0 { "" } else { "," };
            let same = !self.differing.contains(name);
            put(
                &mut text,
                format_args!(
                    "{comma}\n    {{\"name\": \"{name}\", \"rows\": {rows}, \"bytes\": {bytes}, \"sha256\": \"{sha256}\""
                ),
            );
            if self.checked {
                put(&mut text, format_args!(", \"same\": {same}"));
            }
            text.push('}');
        }
        text.push_str("\n  ]\n}\n");
        text
    }
}

/// An error with its causes, for stderr.
pub fn failure(error: &WorldError) -> String {
    let mut text = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(source) = cause {
        put(&mut text, format_args!("  caused by: {source}\n"));
        cause = source.source();
    }
    text
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes every write");
}
