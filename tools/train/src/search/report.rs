//! What a search says to people. It decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, style};
use yard_contract::{Document, Leaderboard, TrialOutcome};

use super::board;
use super::candidate::shown;

/// Trials listed for a person.
const SHOWN: usize = 5;

pub(crate) fn render(
    document: &Document<Leaderboard>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => out.write_all(&document.to_bytes()),
        Format::Human => human(&document.body, out),
    }
}

fn human(board: &Leaderboard, out: &mut dyn Write) -> io::Result<()> {
    let (bold, faint) = (style::STRONG, style::FAINT);
    let count = |outcome| {
        board
            .trials
            .iter()
            .filter(|trial| trial.outcome == outcome)
            .count()
    };
    let others: Vec<String> = [
        (TrialOutcome::Dropped, "dropped on the way"),
        (TrialOutcome::Failed, "failed"),
        (TrialOutcome::Skipped, "skipped, the time being up"),
    ]
    .into_iter()
    .filter(|(outcome, _)| count(*outcome) > 0)
    .map(|(outcome, said)| format!(", {} {said}", count(outcome)))
    .collect();
    let shard = board.shard.map_or_else(String::new, |shard| {
        format!(" of shard {} of {}", shard.index, shard.count)
    });
    writeln!(
        out,
        "{bold}{} trials{shard}{bold:#} by {} over {} folds: {} judged in full{}",
        board.trials.len(),
        board.metric,
        board.folds,
        count(TrialOutcome::Finished),
        others.concat(),
    )?;
    for trial in board::ranked(&board.trials, board.better)
        .into_iter()
        .take(SHOWN)
    {
        if let Some(rung) = trial.rungs.last() {
            writeln!(
                out,
                "{:>5}  {:.5} ± {:.5}  {}",
                trial.trial,
                rung.mean.get(),
                rung.sd.get(),
                style::line(&shown(&trial.parameters)),
            )?;
        }
    }
    if let Some(winner) = &board.winner {
        let ahead = winner.ahead.as_ref().map_or_else(String::new, |ahead| {
            let (mean, sd) = (ahead.mean.get(), ahead.sd.get());
            format!(", {mean:.5} ± {sd:.5} better than the configuration as it stands")
        });
        let said = if winner.trial == 0 {
            ": nothing was better than the configuration as it stands".to_owned()
        } else {
            ahead
        };
        writeln!(out, "{faint}winner: trial {}{said}{faint:#}", winner.trial)?;
    }
    Ok(())
}
