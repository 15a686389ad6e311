//! How a model's errors are spread.

use super::plot::{self, Axis, Frame};
use super::svg::Canvas;
use super::{Chart, Theme, scale};
use crate::document::Table;
use crate::number::{decimals, fixed, grouped, percent};

/// Residuals (actual minus predicted) in bins; heights are shares of all rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Residuals {
    /// The heading.
    pub title: String,
    /// The bins' ends, rising: one more than there are bins.
    pub edges: Vec<f64>,
    /// Rows per bin.
    pub counts: Vec<u64>,
}

impl Residuals {
    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each bin's ends and its share.
    fn bins(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let total = self.total().max(1) as f64;
        let bins = self.edges.windows(2).zip(&self.counts);
        bins.map(move |(edge, &count)| (edge[0], edge[1], count as f64 / total))
    }

    /// Share of rows whose residual is below zero; a bin that holds zero counts by its part.
    fn over_predicted(&self) -> f64 {
        let below = |(from, to, share): (f64, f64, f64)| {
            let width = (to - from).max(f64::MIN_POSITIVE);
            share * (-from / width).clamp(0.0, 1.0)
        };
        self.bins().map(below).sum()
    }
}

impl Chart for Residuals {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let peak = self.bins().max_by(|a, b| a.2.total_cmp(&b.2));
        let Some((from, to, share)) = peak.filter(|_| self.total() > 0) else {
            return "Histogram of residuals. no data.".to_owned();
        };
        let ends = from.abs().max(to.abs());
        format!(
            "Histogram of residuals, actual minus predicted, of {} rows: most often {} to {} ({}); about {} are predicted too high.",
            grouped(self.total()),
            fixed(from, decimals(ends, 2)),
            fixed(to, decimals(ends, 2)),
            percent(share, 1),
            percent(self.over_predicted(), 0),
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let y = plot::heading(&mut canvas, &self.title);
        let tallest = self.bins().map(|bin| bin.2).fold(0.01, f64::max);
        let ends = scale::extent(self.edges.iter().copied()).unwrap_or((-1.0, 1.0));
        let x = Axis {
            label: "actual minus predicted",
            range: ends,
            percent: false,
            ticks: 5,
        };
        let up = Axis {
            label: "share of rows",
            range: (0.0, tallest * 1.08),
            percent: true,
            ticks: 5,
        };
        let frame = Frame::draw(&mut canvas, y, 230.0, &x, &up);
        for (from, to, share) in self.bins().filter(|bin| bin.2 > 0.0) {
            let (left, top) = frame.point((from, share));
            let right = frame.x.at(to);
            let width = (right - left - 1.0).max(1.0);
            // Strong enough to be seen at 3:1, and thin enough for the line at zero.
            canvas.tinted(left, top, width, frame.bottom - top, "f0", 0.7);
        }
        if self.total() == 0 {
            frame.no_data(&mut canvas);
        }
        if frame.x.holds(0.0) {
            let at = frame.x.at(0.0);
            canvas.line((at, frame.top), (at, frame.bottom), "guide");
        }
        canvas.finish(frame.end(), theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let columns = ["#from", "#to", "#rows", "#share"];
        let mut table = Table::new(format!("Numbers of: {}", self.title), &columns);
        let size = self
            .edges
            .iter()
            .fold(0.0_f64, |size, edge| size.max(edge.abs()));
        let places = decimals(size, 3);
        for ((from, to, share), &count) in self.bins().zip(&self.counts) {
            table.row([
                fixed(from, places),
                fixed(to, places),
                grouped(count),
                percent(share, 1),
            ]);
        }
        table
    }
}
