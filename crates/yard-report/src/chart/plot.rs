//! What all charts with two axes share: heading, legend, frame, grid, lines, marks.

use super::scale::Scale;
use super::simplify::simplify;
use super::svg::{Anchor, Canvas, Shape, WIDTH};
use super::text;

pub(super) const MARGIN: f64 = 16.0;

const SERIES: [&str; 4] = ["s0", "s1", "s2", "s3"];
const FILLS: [&str; 4] = ["f0", "f1", "f2", "f3"];

pub(super) fn series_class(series: usize) -> &'static str {
    SERIES[series % 4]
}

pub(super) fn fill_class(series: usize) -> &'static str {
    FILLS[series % 4]
}

/// The title over at most two lines; returns the y below it.
pub(super) fn heading(canvas: &mut Canvas, title: &str) -> f64 {
    let mut y = 10.0;
    for line in text::wrap(title, text::HEAD, WIDTH - 2.0 * MARGIN, 2) {
        y += 20.0;
        canvas.text(MARGIN, y, "head", Anchor::Start, &line);
    }
    y + 8.0
}

/// How an entry of the legend is drawn.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Series(usize),
    Guide,
    Fill(&'static str),
    Mark(Shape, &'static str),
}

/// One line of the legend: `name` in ink, `figure` behind it.
pub(super) fn legend(canvas: &mut Canvas, y: f64, key: Key, name: &str, figure: &str) -> f64 {
    let middle = y + 10.0;
    let line = ((MARGIN, middle), (MARGIN + 30.0, middle));
    match key {
        Key::Series(series) => {
            canvas.line(line.0, line.1, series_class(series));
            canvas.marker(
                Shape::of_series(series),
                (MARGIN + 15.0, middle),
                4.2,
                fill_class(series),
            );
        }
        Key::Guide => canvas.line(line.0, line.1, "guide"),
        Key::Fill(class) => canvas.rect(MARGIN + 4.0, middle - 6.0, 22.0, 12.0, class),
        Key::Mark(shape, class) => canvas.marker(shape, (MARGIN + 15.0, middle), 5.5, class),
    }
    let room = WIDTH - 2.0 * MARGIN - 40.0;
    let figure = text::fit(figure, text::BODY, room - 60.0);
    let figure_width = if figure.is_empty() {
        0.0
    } else {
        text::bold_width(&figure, text::BODY) + 12.0
    };
    let name = text::fit(name, text::BODY, room - figure_width);
    canvas.text(MARGIN + 40.0, y + 15.0, "", Anchor::Start, &name);
    canvas.text(WIDTH - MARGIN, y + 15.0, "num bold", Anchor::End, &figure);
    y + 22.0
}

/// The rectangle between the axes, and the two scales over it.
pub(super) struct Frame {
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// What an axis says.
pub(super) struct Axis<'a> {
    pub(super) label: &'a str,
    /// Low and high end of the data.
    pub(super) range: (f64, f64),
    /// Show shares as per cent.
    pub(super) percent: bool,
    /// About how many ticks.
    pub(super) ticks: u32,
}

impl Frame {
    /// Draws axes and grid below `y`, `height` pixels high.
    pub(super) fn draw(
        canvas: &mut Canvas,
        y: f64,
        height: f64,
        across: &Axis<'_>,
        up: &Axis<'_>,
    ) -> Self {
        let top = y + 34.0;
        let bottom = top + height;
        let label = |tick: &super::scale::Tick, percent: bool| {
            if percent {
                let decimals = usize::from(
                    (tick.value * 100.0).fract().abs() > 1e-6
                        && (tick.value * 100.0).fract().abs() < 1.0 - 1e-6,
                );
                format!(
                    "{}%",
                    crate::number::fixed(tick.value * 100.0, decimals).replace('-', "−")
                )
            } else {
                tick.label.clone()
            }
        };
        let vertical = Scale::new(up.range.0, up.range.1, bottom, top);
        let ticks = vertical.ticks(up.ticks);
        let widest = ticks
            .iter()
            .map(|tick| text::width(&label(tick, up.percent), text::SMALL))
            .fold(20.0, f64::max)
            .min(110.0);
        let left = MARGIN + widest + 8.0;
        let right = WIDTH - MARGIN - 6.0;
        let horizontal = Scale::new(across.range.0, across.range.1, left, right);

        canvas.text(
            MARGIN,
            y + 14.0,
            "soft",
            Anchor::Start,
            &text::fit(up.label, text::BODY, WIDTH - 2.0 * MARGIN),
        );
        for tick in &ticks {
            let at = vertical.at(tick.value);
            canvas.line((left, at), (right, at), "grid");
            canvas.text(
                left - 8.0,
                at + 4.5,
                "tick",
                Anchor::End,
                &label(tick, up.percent),
            );
        }
        for tick in horizontal.ticks(across.ticks) {
            let at = horizontal.at(tick.value);
            canvas.line((at, bottom), (at, bottom + 5.0), "axis");
            canvas.text(
                at,
                bottom + 20.0,
                "tick",
                Anchor::Middle,
                &label(&tick, across.percent),
            );
        }
        canvas.line((left, bottom), (right, bottom), "axis");
        let across_label = text::fit(across.label, text::BODY, right - left);
        canvas.text(right, bottom + 40.0, "soft", Anchor::End, &across_label);
        Self {
            x: horizontal,
            y: vertical,
            left,
            right,
            top,
            bottom,
        }
    }

    /// The y below the axis labels.
    pub(super) fn end(&self) -> f64 {
        self.bottom + 52.0
    }

    pub(super) fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// A curve; a single point becomes a mark.
    ///
    /// Returns what was drawn, in pixels.
    pub(super) fn curve(
        &self,
        canvas: &mut Canvas,
        points: &[(f64, f64)],
        series: usize,
    ) -> Vec<(f64, f64)> {
        let pixels: Vec<_> = points
            .iter()
            .filter(|point| point.0.is_finite() && point.1.is_finite())
            .map(|point| self.point(*point))
            .collect();
        if pixels.is_empty() {
            return pixels;
        }
        let line = simplify(&pixels);
        canvas.polyline(&line, series_class(series));
        if line.len() == 1 {
            canvas.marker(Shape::of_series(series), line[0], 5.0, fill_class(series));
        } else if let Some(middle) = halfway(&line) {
            // One marker ties the line to its legend where dashes are hard to see.
            canvas.marker(
                Shape::of_series(series),
                middle,
                4.2,
                &format!("{} edge", fill_class(series)),
            );
        }
        line
    }

    /// A straight dashed reference from one data point to another.
    pub(super) fn guide(&self, canvas: &mut Canvas, from: (f64, f64), to: (f64, f64)) {
        canvas.line(self.point(from), self.point(to), "guide");
    }

    /// A diamond with its words at that of its four corners where they cover least of `lines`.
    pub(super) fn mark(
        &self,
        canvas: &mut Canvas,
        at: (f64, f64),
        label: &str,
        lines: &[Vec<(f64, f64)>],
    ) {
        if !(at.0.is_finite() && at.1.is_finite()) {
            return;
        }
        let (x, y) = self.point(at);
        canvas.marker(Shape::Diamond, (x, y), 5.5, "fbad edge");
        let label = text::fit(label, text::BODY, self.right - self.left - 24.0);
        let width = text::width(&label, text::BODY);
        let corners = [
            (12.0, 20.0),
            (12.0, -10.0),
            (-12.0 - width, -10.0),
            (-12.0 - width, 20.0),
        ];
        let cost = |(dx, dy): (f64, f64)| {
            let (left, baseline) = (x + dx, y + dy);
            let is_inside = left >= self.left
                && left + width <= self.right
                && baseline - 12.0 >= self.top
                && baseline + 6.0 <= self.bottom;
            let covers = |&(px, py): &(f64, f64)| {
                px > left - 4.0
                    && px < left + width + 4.0
                    && py > baseline - 15.0
                    && py < baseline + 7.0
            };
            let covered = lines
                .iter()
                .flat_map(|line| dense(line))
                .filter(covers)
                .count();
            covered + if is_inside { 0 } else { 10_000 }
        };
        let (dx, dy) = corners
            .into_iter()
            .min_by_key(|&corner| cost(corner))
            .unwrap_or(corners[0]);
        let start = (x + dx).clamp(self.left, (self.right - width).max(self.left));
        canvas.text(start, y + dy, "halo", Anchor::Start, &label);
    }

    /// In place of data that is not there.
    pub(super) fn no_data(&self, canvas: &mut Canvas) {
        let at = (
            f64::midpoint(self.left, self.right),
            f64::midpoint(self.top, self.bottom),
        );
        canvas.text(at.0, at.1, "soft halo", Anchor::Middle, "no data");
    }
}

/// Points along a line, at most a few pixels apart.
fn dense(line: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    line.windows(2).flat_map(|pair| {
        (0..16).map(move |step| {
            let share = f64::from(step) / 16.0;
            (
                pair[0].0 + share * (pair[1].0 - pair[0].0),
                pair[0].1 + share * (pair[1].1 - pair[0].1),
            )
        })
    })
}

/// The point half the drawn length along a line.
fn halfway(line: &[(f64, f64)]) -> Option<(f64, f64)> {
    let length = |pair: &[(f64, f64)]| {
        let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        (dx * dx + dy * dy).sqrt()
    };
    let half = line.windows(2).map(length).sum::<f64>() / 2.0;
    let mut passed = 0.0;
    for pair in line.windows(2) {
        let step = length(pair);
        if step > 0.0 && passed + step >= half {
            let share = (half - passed) / step;
            return Some((
                pair[0].0 + share * (pair[1].0 - pair[0].0),
                pair[0].1 + share * (pair[1].1 - pair[0].1),
            ));
        }
        passed += step;
    }
    None
}
