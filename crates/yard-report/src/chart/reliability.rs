//! Reliability: does a predicted 20 % come true one time in five?

use super::plot::{self, Axis, Frame, Key, MARGIN};
use super::svg::{Anchor, Canvas, Shape};
use super::{Chart, Theme, listed, scale, text};
use crate::document::Table;
use crate::number::{fixed, grouped};

/// Observed rates against mean predicted probabilities, with the diagonal of perfect calibration
/// and, below, how many rows each bin of the first series holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reliability {
    /// The heading.
    pub title: String,
    /// At most four: challenger first.
    pub series: Vec<Calibration>,
}

/// One model's bins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibration {
    /// Whose it is.
    pub label: String,
    /// Its figure in words: `ECE 0.012`.
    pub figure: String,
    /// By rising prediction.
    pub bins: Vec<CalibrationBin>,
}

/// The rows whose predictions fell together; all rates are shares from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CalibrationBin {
    /// The mean prediction.
    pub predicted: f64,
    /// The share that came true.
    pub observed: f64,
    /// The lower end of the observed share's interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many rows.
    pub count: u64,
}

impl Chart for Reliability {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let series = self.series.iter().map(|series| {
            let worst = series
                .bins
                .iter()
                .filter(|bin| (bin.observed - bin.predicted).is_finite())
                .max_by(|a, b| {
                    (a.observed - a.predicted)
                        .abs()
                        .total_cmp(&(b.observed - b.predicted).abs())
                });
            let worst = worst.map_or(String::new(), |bin| {
                format!(
                    ", furthest off where {} was predicted and {} observed",
                    fixed(bin.predicted, 3),
                    fixed(bin.observed, 3)
                )
            });
            format!("{}: {}{worst}", series.label, series.figure)
        });
        format!("Reliability curve. {}.", listed(series))
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        for (at, series) in self.series.iter().enumerate().take(4) {
            y = plot::legend(
                &mut canvas,
                y,
                Key::Series(at),
                &series.label,
                &series.figure,
            );
        }
        y = plot::legend(&mut canvas, y, Key::Guide, "perfectly calibrated", "");

        let bins = || self.series.iter().take(4).flat_map(|series| &series.bins);
        let reach = bins().flat_map(|bin| [bin.predicted, bin.observed, bin.high]);
        let top = scale::extent(reach).map_or(1.0, |(_, high)| round_up(high));
        let axis = |label| Axis {
            label,
            range: (0.0, top),
            percent: false,
            ticks: 5,
        };
        let frame = Frame::draw(
            &mut canvas,
            y,
            300.0,
            &axis("mean prediction"),
            &axis("observed rate, with interval"),
        );
        frame.guide(&mut canvas, (0.0, 0.0), (top, top));
        for (at, series) in self.series.iter().enumerate().take(4).rev() {
            draw_series(&mut canvas, &frame, at, series);
        }
        if bins().next().is_none() {
            frame.no_data(&mut canvas);
        }
        let end = match self.series.first() {
            Some(first) if !first.bins.is_empty() => counts(&mut canvas, &frame, first),
            _ => frame.end(),
        };
        canvas.finish(end, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let columns = [
            "model",
            "#mean prediction",
            "#observed",
            "#low",
            "#high",
            "#rows",
        ];
        let mut table = Table::new(format!("Numbers of: {}", self.title), &columns);
        for series in &self.series {
            for bin in &series.bins {
                let rates =
                    [bin.predicted, bin.observed, bin.low, bin.high].map(|rate| fixed(rate, 4));
                table.row(
                    [series.label.clone()]
                        .into_iter()
                        .chain(rates)
                        .chain([grouped(bin.count)]),
                );
            }
        }
        table
    }
}

fn draw_series(canvas: &mut Canvas, frame: &Frame, at: usize, series: &Calibration) {
    let is_drawn = |bin: &&CalibrationBin| bin.predicted.is_finite() && bin.observed.is_finite();
    let points: Vec<_> = series
        .bins
        .iter()
        .filter(is_drawn)
        .map(|bin| frame.point((bin.predicted, bin.observed)))
        .collect();
    canvas.polyline(&points, plot::series_class(at));
    for bin in series.bins.iter().filter(is_drawn) {
        let (x, y) = frame.point((bin.predicted, bin.observed));
        if bin.low.is_finite() && bin.high.is_finite() {
            let (low, high) = (frame.y.at(bin.low), frame.y.at(bin.high));
            canvas.line((x, low), (x, high), if at == 0 { "s0" } else { "ssoft" });
        }
        canvas.marker(
            Shape::of_series(at),
            (x, y),
            4.6,
            &format!("{} edge", plot::fill_class(at)),
        );
    }
}

/// A strip of bars, one a bin, under the axis; returns the y below it.
fn counts(canvas: &mut Canvas, frame: &Frame, series: &Calibration) -> f64 {
    const HEIGHT: f64 = 40.0;
    let top = frame.end() + 22.0;
    let most = series.bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    let words = format!("rows per bin (at most {})", grouped(most));
    canvas.text(
        MARGIN,
        top - 6.0,
        "soft",
        Anchor::Start,
        &text::fit(&words, text::BODY, 440.0),
    );
    for bin in series.bins.iter().filter(|bin| bin.predicted.is_finite()) {
        let height = if most == 0 {
            0.0
        } else {
            HEIGHT * bin.count as f64 / most as f64
        };
        let x = frame
            .x
            .at(bin.predicted)
            .clamp(frame.left + 5.0, frame.right - 5.0);
        canvas.rect(
            x - 5.0,
            top + HEIGHT - height.max(1.0),
            10.0,
            height.max(1.0),
            "f0",
        );
    }
    canvas.line(
        (frame.left, top + HEIGHT),
        (frame.right, top + HEIGHT),
        "axis",
    );
    top + HEIGHT + 14.0
}

/// The next of a few round ends, so that a rare outcome is not a dot in the corner.
fn round_up(value: f64) -> f64 {
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]
        .into_iter()
        .find(|&end| value <= end)
        .unwrap_or(1.0)
}
