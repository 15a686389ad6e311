//! From a tool's result to the process's exit code: the only place that knows the table.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use yard_contract::Verdict;

use crate::args::Common;
use crate::error::{Class, Failure};
use crate::io::Io;
use crate::style;

/// Runs a tool: parses its arguments, calls it, tells people what went wrong, and answers the exit
/// code.
///
/// | code | meaning |
/// |---|---|
/// | 0 | ran; verdict pass |
/// | 1 | ran; verdict fail |
/// | 2 | could not judge: usage, configuration, missing or invalid input |
/// | 3 | transient: network, registry |
/// | 4 | ran; verdict inconclusive or warning |
/// | 75 | stopped early with the state saved |
/// | 101 | panic: a defect of the tool |
pub fn main<A, E>(run: fn(A, &mut Io) -> Result<Verdict, E>) -> ExitCode
where
    A: Parser + CommandFactory + AsRef<Common>,
    E: Failure,
{
    let command = A::command();
    let name = command.get_name().to_owned();
    let version = command.get_version().unwrap_or_default().to_owned();
    let args = match parse::<A>(command) {
        Ok(Some(args)) => args,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            // Help and version are errors to clap too; they know their stream and their code.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    assert!(!args.as_ref().test_panic, "a panic was asked for");
    let mut io = Io::new(&name, &version, args.as_ref());
    match run(args, &mut io) {
        Ok(verdict) => ExitCode::from(code_of(verdict)),
        Err(error) => {
            report(&error, &mut io);
            ExitCode::from(match error.class() {
                Class::Input => 2,
                Class::Transient => 3,
                Class::Saved => 75,
            })
        }
    }
}

const fn code_of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::Inconclusive | Verdict::Warning => 4,
    }
}

/// `None` where the arguments asked for a completion script, which is then printed.
fn parse<A: Parser>(mut command: clap::Command) -> Result<Option<A>, clap::Error> {
    let matches = matches(&mut command, std::env::args_os())?;
    if let Some(shell) = matches.get_one::<clap_complete::Shell>("completions") {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command, name, &mut script);
        // A closed stdout is the reader's choice.
        let _ = std::io::stdout().write_all(&script);
        return Ok(None);
    }
    A::from_arg_matches(&matches)
        .map(Some)
        .map_err(|error| error.format(&mut command))
}

/// What was asked for. A variable such as `CI_COMMIT_SHA`, which every job of a CI has, is an argument of
/// the tool itself: beside a subcommand it would be half a command line of which the rest is missing.
fn matches(
    command: &mut clap::Command,
    words: impl Iterator<Item = std::ffi::OsString>,
) -> Result<clap::ArgMatches, clap::Error> {
    let words: Vec<_> = words.collect();
    let pristine = command.clone();
    let matches = command.try_get_matches_from_mut(&words)?;
    if matches.subcommand_name().is_none() || !command.is_args_conflicts_with_subcommands_set() {
        return Ok(matches);
    }
    *command = pristine.mut_args(|arg| {
        if arg.is_global_set() {
            arg
        } else {
            arg.env(clap::builder::Resettable::Reset)
        }
    });
    command.try_get_matches_from_mut(&words)
}

/// Says what went wrong, why, and what to do about it. A stderr that cannot be written to changes
/// nothing.
fn report<E: Failure>(error: &E, io: &mut Io) {
    let stderr = io.stderr();
    let (red, bold) = (style::FAIL, style::STRONG);
    let _ = writeln!(
        stderr,
        "{red}error{red:#}{bold}:{bold:#} {}",
        style::line(&error.to_string())
    );
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = writeln!(stderr, "  caused by: {}", style::line(&inner.to_string()));
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        let cyan = style::HINT;
        let _ = writeln!(stderr, "{cyan}hint{cyan:#}: {}", style::line(&hint));
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    #[derive(Debug, Parser)]
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    struct Asked {
        #[command(flatten)]
        fit: Option<Fit>,

        #[command(subcommand)]
        command: Option<Other>,
    }

    #[derive(Debug, clap::Args)]
    struct Fit {
        #[arg(long)]
        data: String,

        /// A variable that is always there.
        #[arg(long, env = "PATH")]
        commit: Option<String>,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Other {
        Schema,
    }

    #[test]
    fn a_variable_of_the_job_asks_for_nothing_beside_a_subcommand() {
        let asked = |words: &[&str]| {
            let words = words.iter().map(std::ffi::OsString::from);
            matches(&mut Asked::command(), words)
                .and_then(|matches| Asked::from_arg_matches(&matches))
        };
        let schema = asked(&["tool", "schema"]).unwrap();
        assert!(schema.fit.is_none() && matches!(schema.command, Some(Other::Schema)));
        let fit = asked(&["tool", "--data", "d"]).unwrap().fit.unwrap();
        assert!(fit.data == "d" && fit.commit.is_some());
        assert!(asked(&["tool"]).is_err(), "the table is still asked for");
    }

    #[test]
    fn only_a_pass_is_zero() {
        assert_eq!(code_of(Verdict::Pass), 0);
        assert_eq!(code_of(Verdict::Fail), 1);
        assert_eq!(code_of(Verdict::Inconclusive), 4);
        assert_eq!(code_of(Verdict::Warning), 4);
    }
}
