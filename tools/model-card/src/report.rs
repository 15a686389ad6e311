//! What a person is told on stdout. It decides nothing.

use std::io::{self, Write};

use yard_cli::Verdict;
use yard_cli::style::{self, FAINT};
use yard_contract::Sha256;

use crate::plan::Plan;
use crate::view::View;

pub(crate) fn render(
    view: &View<'_>,
    sha256: &Sha256,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    let verdict = view.verdict();
    let color = style::of(verdict);
    let path = plan.out.to_string_lossy();
    write!(out, "{color}{verdict}{color:#}: {}", style::line(&path))?;
    if verdict == Verdict::Fail {
        let keys: Vec<&str> = view.gap_keys().collect();
        write!(out, " says nothing under {}", keys.join(", "))?;
    }
    writeln!(out)?;
    writeln!(out, "{FAINT}sha256 {}{FAINT:#}", sha256.short())
}
