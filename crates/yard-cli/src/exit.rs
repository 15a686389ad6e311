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
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
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
    use super::*;

    #[test]
    fn only_a_pass_is_zero() {
        assert_eq!(code_of(Verdict::Pass), 0);
        assert_eq!(code_of(Verdict::Fail), 1);
        assert_eq!(code_of(Verdict::Inconclusive), 4);
        assert_eq!(code_of(Verdict::Warning), 4);
    }
}
