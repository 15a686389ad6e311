//! Everything a tool does to the outside world.

use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::path::Path;

use anstream::AutoStream;
use clap::ColorChoice;
use serde::Serialize;
use serde::de::DeserializeOwned;
use yard_contract::{Artifact, Document, Input, Producer, Sha256};

use crate::args::Common;
use crate::error::Error;
use crate::progress::Progress;
use crate::stream::FileStream;
use crate::{config, files, style};

/// A tool's access to files, streams and the environment.
pub struct Io {
    producer: Producer,
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
    verbose: bool,
    quiet: bool,
    print_plan: bool,
}

/// A file's bytes, and the entry for it in the lineage of whatever is made from it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The content.
    pub bytes: Vec<u8>,
    /// Its kind, path and digest.
    pub input: Input,
}

/// A parsed file, and the entry for it in the lineage of whatever is made from it.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The content.
    pub value: T,
    /// Its kind, path and digest.
    pub input: Input,
}

impl Io {
    pub(crate) fn new(tool: &str, version: &str, common: &Common) -> Self {
        let choice = match common.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Self {
            producer: Producer::new(tool, version),
            stdout: AutoStream::new(io::stdout(), choice),
            stderr: AutoStream::new(io::stderr(), choice),
            verbose: common.verbose,
            quiet: common.quiet,
            print_plan: common.print_plan,
        }
    }

    /// This tool and its version, as artifacts name it.
    pub const fn producer(&self) -> &Producer {
        &self.producer
    }

    /// The environment, for what cannot be declared as an argument: the variables of a CI system.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(text).collect()
    }

    /// Reads a file and its digest.
    pub fn read(&self, kind: &str, path: &Path) -> Result<Source, Error> {
        let fail = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = fs::read(path).map_err(fail)?;
        let input = Input::new(kind, &recorded_path(path), Sha256::of(&bytes));
        Ok(Source { bytes, input })
    }

    /// Opens a file that is to be read once, in pieces, and digested on the way.
    pub fn open(&self, path: &Path) -> Result<FileStream, Error> {
        FileStream::open(path)
    }

    /// Reads an artifact of a kind that this tool knows.
    pub fn read_artifact<T: Artifact>(&self, path: &Path) -> Result<Loaded<Document<T>>, Error> {
        let Source { bytes, input } = self.read(T::KIND, path)?;
        let value = Document::parse(&bytes).map_err(|source| Error::Artifact {
            path: path.to_owned(),
            source,
        })?;
        Ok(Loaded { value, input })
    }

    /// Reads a YAML configuration.
    pub fn read_config<T: DeserializeOwned>(&self, path: &Path) -> Result<Loaded<T>, Error> {
        let Source { bytes, input } = self.read("config", path)?;
        Ok(Loaded {
            value: config::parse(path, &bytes)?,
            input,
        })
    }

    /// Writes an artifact and answers the entry for it in the lineage of what comes after.
    pub fn write_artifact<T: Artifact>(
        &self,
        path: &Path,
        inputs: Vec<Input>,
        body: T,
    ) -> Result<Document<T>, Error> {
        let document = Document::new(self.producer.clone(), inputs, body);
        files::write(path, &document.to_bytes())?;
        Ok(document)
    }

    /// Adds an artifact to files that are to appear together.
    pub fn add_artifact<T: Artifact>(
        &self,
        group: &mut files::Group,
        path: &Path,
        inputs: Vec<Input>,
        body: T,
    ) -> Result<Document<T>, Error> {
        let document = Document::new(self.producer.clone(), inputs, body);
        group.add(path, &document.to_bytes())?;
        Ok(document)
    }

    /// Writes the result to stdout. A reader that has gone away is no error: the evidence is in
    /// the files, and the verdict in the exit code.
    pub fn print(
        &mut self,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut text = Vec::new();
        let written = render(&mut text)
            .and_then(|()| self.stdout.write_all(&text))
            .and_then(|()| self.stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Stdout(error)),
            _ => Ok(()),
        }
    }

    /// Prints the plan as JSON where `--print-plan` asked for it; `true` where it did and the tool
    /// is to stop.
    pub fn print_plan<P: Serialize>(&mut self, plan: &P) -> Result<bool, Error> {
        if self.print_plan {
            self.print(|out| {
                serde_json::to_writer_pretty(&mut *out, plan)?;
                out.write_all(b"\n")
            })?;
        }
        Ok(self.print_plan)
    }

    /// Tells people something on stderr.
    pub fn note(&mut self, text: Arguments<'_>) {
        if !self.quiet {
            let _ = writeln!(self.stderr, "{text}");
        }
    }

    /// Warns people on stderr of something that needs a look.
    pub fn warn(&mut self, text: &str) {
        if !self.quiet {
            let yellow = style::WARN;
            let _ = writeln!(
                self.stderr,
                "{yellow}warning{yellow:#}: {}",
                style::line(text)
            );
        }
    }

    /// Tells people something on stderr where they asked for more by `--verbose`.
    pub fn detail(&mut self, text: Arguments<'_>) {
        if self.verbose {
            let _ = writeln!(self.stderr, "{text}");
        }
    }

    /// Progress of long work.
    pub fn progress(&self, what: &str, total: u64) -> Progress {
        Progress::new(what, total, io::stderr().is_terminal(), self.quiet)
    }

    pub(crate) fn stderr(&mut self) -> &mut impl Write {
        &mut self.stderr
    }
}

/// A path as lineage records it: as given where it is relative, else only its last part, because
/// where a machine keeps its files is no property of an artifact.
pub fn recorded_path(path: &Path) -> String {
    let shown = if path.is_absolute() {
        path.file_name().map_or(path, Path::new)
    } else {
        path
    };
    shown.to_string_lossy().into_owned()
}
