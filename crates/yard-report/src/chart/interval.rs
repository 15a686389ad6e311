//! One metric on a strip: its interval among the values it is compared with.

use super::plot;
use super::rows;
use super::scale::Scale;
use super::svg::{Anchor, Canvas, Shape, WIDTH};
use super::{Chart, Theme, decimals_for, listed, text};
use crate::document::{Status, Table, Text};
use crate::number::{fixed, interval};

/// A metric, its interval, and what it is compared with: floors, champion, baselines.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricInterval {
    /// The metric's name: the heading.
    pub metric: String,
    /// Its value.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
    /// What the gate made of it.
    pub status: Status,
    /// What to compare with.
    pub references: Vec<Reference>,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// What it is: `floor`, `champion`, `prior`.
    pub label: String,
    /// The value.
    pub value: f64,
}

impl Chart for MetricInterval {
    fn title(&self) -> &str {
        &self.metric
    }

    fn description(&self) -> String {
        let decimals = decimals_for(self.value.abs());
        let references = self
            .references
            .iter()
            .map(|reference| format!("{} {}", reference.label, fixed(reference.value, decimals)));
        let own = format!(
            "{} {}: {}",
            self.metric,
            interval(self.value, self.low, self.high, decimals),
            self.status.word()
        );
        format!("{}.", listed([own].into_iter().chain(references)))
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let decimals = decimals_for(self.value.abs());
        let figure = interval(self.value, self.low, self.high, decimals);
        let top = rows::head(&mut canvas, 8.0, &self.metric, "", &figure);
        let reach = [self.value, self.low, self.high]
            .into_iter()
            .chain(self.references.iter().map(|reference| reference.value));
        let across = Scale::around(reach, rows::LEFT, rows::RIGHT);
        let level = rows::track(&mut canvas, top, &across);
        let (fill, stroke, shape) = match self.status {
            Status::Fail => ("fbad", "sbad", Shape::Diamond),
            Status::Warn | Status::Inconclusive => ("hollow", "ssoft", Shape::Square),
            Status::Pass | Status::Note => ("f0", "s0", Shape::Circle),
        };
        rows::interval(&mut canvas, &across, level, self.low, self.high, stroke);
        if self.value.is_finite() {
            canvas.marker(shape, (across.at(self.value), level), 5.5, fill);
        }
        let end = self.references(&mut canvas, &across, top + rows::TRACK, decimals);
        canvas.finish(end + 8.0, theme, &self.metric, &self.description())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(format!("Numbers of: {}", self.metric), &["what", "#value"]);
        for (what, value) in [
            ("value", self.value),
            ("low", self.low),
            ("high", self.high),
        ] {
            table.row([Text::plain(what), Text::plain(fixed(value, 5))]);
        }
        for reference in &self.references {
            table.row([
                Text::plain(reference.label.clone()),
                Text::plain(fixed(reference.value, 5)),
            ]);
        }
        table
    }
}

impl MetricInterval {
    /// Dashed lines through the track with their names below; returns the y below the names.
    ///
    /// Names left of the middle stand right of their line and the others left of it, and each half
    /// is placed from the middle's far side inwards, so that no line runs through another's name.
    fn references(&self, canvas: &mut Canvas, across: &Scale, bottom: f64, decimals: usize) -> f64 {
        let middle = WIDTH / 2.0;
        let mut names: Vec<_> = self
            .references
            .iter()
            .filter(|reference| reference.value.is_finite())
            .map(|reference| {
                let words = format!("{} {}", reference.label, fixed(reference.value, decimals));
                (
                    across.at(reference.value),
                    text::fit(&words, text::SMALL, 200.0),
                )
            })
            .collect();
        // The left half from right to left, then the right half from left to right.
        names.sort_by(|a, b| {
            let key = |at: f64| if at < middle { (0, -at) } else { (1, at) };
            let (a, b) = (key(a.0), key(b.0));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let mut placed: Vec<Name> = Vec::new();
        for (at, words) in &names {
            let width = text::width(words, text::SMALL);
            let start = if *at < middle { *at } else { at - width };
            let start = start.clamp(plot::MARGIN, WIDTH - plot::MARGIN - width);
            let free = |lane: &usize| {
                let name = Name {
                    at: *at,
                    start,
                    end: start + width,
                    lane: *lane,
                };
                placed
                    .iter()
                    .all(|other| !name.disturbs(other) && !other.disturbs(&name))
            };
            let lane = (0..names.len()).find(free).unwrap_or(names.len());
            placed.push(Name {
                at: *at,
                start,
                end: start + width,
                lane,
            });
        }
        for ((at, words), name) in names.iter().zip(&placed) {
            let baseline = bottom + 18.0 + name.lane as f64 * 17.0;
            canvas.line((*at, bottom - rows::TRACK), (*at, baseline - 11.0), "guide");
            canvas.text(name.start, baseline, "tick halo", Anchor::Start, words);
        }
        let lanes = placed.iter().map(|name| name.lane + 1).max().unwrap_or(0);
        bottom + 6.0 + lanes as f64 * 17.0
    }
}

/// A name below the track: its line, where it begins and ends, how deep it stands.
struct Name {
    at: f64,
    start: f64,
    end: f64,
    lane: usize,
}

impl Name {
    /// Whether this name covers the other, or its line runs through the other.
    fn disturbs(&self, other: &Self) -> bool {
        const GAP: f64 = 8.0;
        let overlaps = self.start < other.end + GAP && other.start < self.end + GAP;
        let runs_through = self.at > other.start - 1.0 && self.at < other.end + 1.0;
        (self.lane == other.lane && overlaps) || (self.lane > other.lane && runs_through)
    }
}
