//! How training went: the loss per round.

use super::plot::{self, Axis, Frame, Key};
use super::scale::{self, Scale};
use super::svg::{Anchor, Canvas, Shape};
use super::{Chart, Curve, Theme, listed, text};
use crate::document::Table;
use crate::number::fixed;

/// Loss per round of training and validation, and the round that was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The heading.
    pub title: String,
    /// What falls: `log-loss`.
    pub metric: String,
    /// Loss on the training rows, one a round, the first is round 1.
    pub train: Vec<f64>,
    /// Loss on the validation rows; may be empty.
    pub valid: Vec<f64>,
    /// The round that was kept, from 1.
    pub best_round: Option<usize>,
}

impl History {
    fn curves(&self) -> Vec<Curve> {
        [("training", &self.train), ("validation", &self.valid)]
            .into_iter()
            .filter(|(_, losses)| !losses.is_empty())
            .map(|(label, losses)| Curve {
                label: label.to_owned(),
                figure: losses.last().map_or(String::new(), |last| {
                    format!("{} at the end", fixed(*last, 4))
                }),
                points: losses
                    .iter()
                    .enumerate()
                    .map(|(round, loss)| ((round + 1) as f64, *loss))
                    .collect(),
            })
            .collect()
    }

    fn best(&self) -> Option<(usize, f64)> {
        let round = self.best_round?;
        let losses = if self.valid.is_empty() {
            &self.train
        } else {
            &self.valid
        };
        Some((round, *losses.get(round.checked_sub(1)?)?))
    }
}

impl Chart for History {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let curves = self.curves().into_iter().map(|curve| {
            format!(
                "{} {} after {} rounds",
                curve.label,
                curve.figure,
                curve.points.len()
            )
        });
        let best = self
            .best()
            .map(|(round, loss)| format!("best in round {round} with {}", fixed(loss, 4)));
        format!("{} per round. {}.", self.metric, listed(curves.chain(best)))
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        let curves = self.curves();
        for (series, curve) in curves.iter().enumerate() {
            y = plot::legend(
                &mut canvas,
                y,
                Key::Series(series),
                &curve.label,
                &curve.figure,
            );
        }
        let rounds = self.train.len().max(self.valid.len()).max(2);
        let whole = u32::try_from(rounds - 1).unwrap_or(5).min(5);
        let up = Scale::around(self.train.iter().chain(&self.valid).copied(), 0.0, 1.0);
        let across = Axis {
            label: "round",
            range: (1.0, rounds as f64),
            percent: false,
            ticks: whole,
        };
        let frame = Frame::draw(
            &mut canvas,
            y,
            230.0,
            &across,
            &Axis {
                label: &self.metric,
                range: (up.low, up.high),
                percent: false,
                ticks: 5,
            },
        );
        for (series, curve) in curves.iter().enumerate() {
            frame.curve(&mut canvas, &curve.points, series);
        }
        if scale::extent(self.train.iter().chain(&self.valid).copied()).is_none() {
            frame.no_data(&mut canvas);
        }
        if let Some((round, loss)) = self.best() {
            let at = frame.x.at(round as f64);
            canvas.line((at, frame.top), (at, frame.bottom), "guide");
            // Losses fall from the left: the words sit above the line's end, in the empty corner.
            canvas.marker(Shape::Diamond, (at, frame.y.at(loss)), 5.5, "fbad edge");
            let words = format!("best: round {round}, {}", fixed(loss, 4));
            let is_right = at + 10.0 + text::width(&words, text::BODY) <= frame.right;
            let (x, anchor) = if is_right {
                (at + 8.0, Anchor::Start)
            } else {
                (at - 8.0, Anchor::End)
            };
            canvas.text(x, frame.top + 14.0, "halo", anchor, &words);
        }
        canvas.finish(frame.end(), theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let columns = ["#round", "#training", "#validation"];
        let mut table = Table::new(format!("Numbers of: {}", self.title), &columns);
        for round in super::thinned(self.train.len().max(self.valid.len())) {
            let loss = |losses: &[f64]| {
                losses
                    .get(round)
                    .map_or(String::new(), |loss| fixed(*loss, 5))
            };
            table.row([
                (round + 1).to_string(),
                loss(&self.train),
                loss(&self.valid),
            ]);
        }
        table
    }
}
