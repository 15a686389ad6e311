//! Champion against challenger: the differences that a gate decides on.

use super::plot::{self, Key};
use super::rows;
use super::scale::{self, Scale};
use super::svg::{Anchor, Canvas, Shape, WIDTH};
use super::{Chart, Theme, decimals_for, listed};
use crate::document::{Status, Table, Text};
use crate::number::{fixed, signed};

/// The paired difference of each metric with its interval, zero, and the largest loss allowed.
///
/// Metrics have different units, so each row has a scale of its own around zero; to the right is
/// always better.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChampionChallenger {
    /// The heading.
    pub title: String,
    /// One row a metric; at most thirty are drawn, the table has all.
    pub metrics: Vec<PairedMetric>,
}

/// One metric of both models on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedMetric {
    /// Its name.
    pub label: String,
    /// The champion's value.
    pub champion: f64,
    /// The challenger's value.
    pub challenger: f64,
    /// The interval of challenger minus champion: lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The largest loss allowed, as a positive number in the metric's unit.
    pub margin: Option<f64>,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// What the gate made of it.
    pub status: Status,
}

impl PairedMetric {
    fn difference(&self) -> f64 {
        self.challenger - self.champion
    }

    fn words(&self) -> String {
        let places = decimals_for(self.difference().abs().max(self.high - self.low));
        format!(
            "{} ({} to {})",
            signed(self.difference(), places),
            signed(self.low, places),
            signed(self.high, places)
        )
        .replace('-', "−")
    }

    fn values(&self) -> String {
        let places = decimals_for(self.champion.abs().max(self.challenger.abs()));
        format!(
            "{} → {}",
            fixed(self.champion, places),
            fixed(self.challenger, places)
        )
    }
}

impl Chart for ChampionChallenger {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let rows = self.metrics.iter().map(|metric| {
            let less = if metric.higher_is_better {
                ""
            } else {
                ", less is better"
            };
            format!(
                "{} {}{less}: {}",
                metric.label,
                metric.words(),
                metric.status.word()
            )
        });
        format!("Challenger minus champion. {}.", listed(rows))
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        if self.metrics.is_empty() {
            let end = rows::no_data(&mut canvas, y);
            return canvas.finish(end, theme, &self.title, &self.description());
        }
        let middle = WIDTH / 2.0;
        if self.metrics.iter().any(|metric| metric.margin.is_some()) {
            y = plot::legend(&mut canvas, y, Key::Guide, "largest loss allowed", "");
        }
        y += 4.0;
        for metric in self.metrics.iter().take(rows::MOST) {
            let sign = if metric.higher_is_better { 1.0 } else { -1.0 };
            let ends = [metric.low * sign, metric.high * sign];
            let reach = ends
                .into_iter()
                .chain([metric.difference(), metric.margin.unwrap_or(0.0)]);
            let reach = scale::extent(reach.map(f64::abs))
                .map_or(1.0, |(_, high)| high * 1.15)
                .max(1e-12);
            let across = Scale::new(-reach, reach, rows::LEFT, rows::RIGHT);

            let top = rows::head(
                &mut canvas,
                y,
                &metric.label,
                &metric.values(),
                &metric.words(),
            );
            canvas.rect(
                plot::MARGIN,
                top,
                WIDTH - 2.0 * plot::MARGIN,
                rows::TRACK,
                "track",
            );
            canvas.line(
                (middle, top - 2.0),
                (middle, top + rows::TRACK + 2.0),
                "axis",
            );
            if let Some(margin) = metric.margin.filter(|margin| margin.is_finite()) {
                let at = across.at(-margin.abs());
                canvas.line((at, top), (at, top + rows::TRACK), "guide");
            }
            let (shape, fill, stroke) = look(metric.status);
            let level = top + rows::TRACK / 2.0;
            rows::interval(
                &mut canvas,
                &across,
                level,
                ends[0].min(ends[1]),
                ends[0].max(ends[1]),
                stroke,
            );
            if metric.difference().is_finite() {
                canvas.marker(
                    shape,
                    (across.at(metric.difference() * sign), level),
                    5.5,
                    fill,
                );
            }
            y = top + rows::TRACK + 8.0;
        }
        y = rows::more(&mut canvas, y, self.metrics.len());
        canvas.text(
            middle - 10.0,
            y + 12.0,
            "soft",
            Anchor::End,
            "← challenger worse",
        );
        canvas.text(
            middle + 10.0,
            y + 12.0,
            "soft",
            Anchor::Start,
            "challenger better →",
        );
        canvas.finish(y + 28.0, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let columns = [
            "metric",
            "#champion",
            "#challenger",
            "#difference",
            "#low",
            "#high",
            "#margin",
            "status",
        ];
        let mut table = Table::new(format!("Numbers of: {}", self.title), &columns);
        for metric in &self.metrics {
            let values =
                [metric.champion, metric.challenger].map(|value| Text::plain(fixed(value, 5)));
            let changes = [metric.difference(), metric.low, metric.high]
                .map(|value| Text::plain(signed(value, 5)));
            let margin = Text::plain(
                metric
                    .margin
                    .map_or("none".to_owned(), |margin| fixed(margin, 5)),
            );
            let head = [Text::plain(metric.label.clone())]
                .into_iter()
                .chain(values)
                .chain(changes);
            table.row(head.chain([margin, Text::status(metric.status)]));
        }
        table
    }
}

fn look(status: Status) -> (Shape, &'static str, &'static str) {
    match status {
        Status::Pass | Status::Note => (Shape::Circle, "f0", "s0"),
        Status::Fail => (Shape::Diamond, "fbad", "sbad"),
        Status::Warn | Status::Inconclusive => (Shape::Square, "hollow", "ssoft"),
    }
}
