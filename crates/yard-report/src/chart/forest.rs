//! A forest plot: one metric per slice, with its interval, against the whole.

use super::plot::{self, Key};
use super::rows;
use super::scale::Scale;
use super::svg::{Canvas, Shape};
use super::{Chart, Theme, decimals_for, listed};
use crate::document::{Table, Text};
use crate::number::{fixed, grouped, interval};

/// A metric and its interval per slice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SliceForest {
    /// The heading.
    pub title: String,
    /// What is measured: `AUC`.
    pub metric: String,
    /// Whether more of it is better: the weakest slice is then the lowest.
    pub higher_is_better: bool,
    /// The metric over all rows: value, low, high.
    pub overall: (f64, f64, f64),
    /// The slices, in the order to show; at most thirty are drawn, the table has all.
    pub slices: Vec<Slice>,
}

/// One slice of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Its condition: `age < 25`.
    pub label: String,
    /// How many rows it has.
    pub rows: u64,
    /// The metric in it.
    pub value: f64,
    /// The interval's lower end; not finite where the rows carry no interval.
    pub low: f64,
    /// The interval's upper end, likewise.
    pub high: f64,
    /// What the gate made of it.
    pub status: SliceStatus,
}

/// What a gate made of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SliceStatus {
    /// Judged and not harmed.
    Fine,
    /// Judged and harmed.
    Harmed,
    /// Too few rows or positives to be judged.
    TooSmall,
}

impl SliceStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "not shown to be worse",
            Self::Harmed => "harmed",
            Self::TooSmall => "too small to judge",
        }
    }

    fn shape(self) -> (Shape, &'static str, &'static str) {
        match self {
            Self::Fine => (Shape::Circle, "f0", "s0"),
            Self::Harmed => (Shape::Diamond, "fbad", "sbad"),
            Self::TooSmall => (Shape::Square, "hollow", "ssoft"),
        }
    }
}

impl Slice {
    fn words(&self, decimals: usize) -> String {
        if self.low.is_finite() && self.high.is_finite() {
            interval(self.value, self.low, self.high, decimals)
        } else {
            format!("{} (no interval)", fixed(self.value, decimals))
        }
    }
}

impl SliceForest {
    fn decimals(&self) -> usize {
        decimals_for(self.overall.0.abs())
    }
}

impl Chart for SliceForest {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let decimals = self.decimals();
        let all = format!(
            "{} overall {}",
            self.metric,
            interval(self.overall.0, self.overall.1, self.overall.2, decimals)
        );
        let told = self
            .slices
            .iter()
            .filter(|slice| slice.status == SliceStatus::Harmed);
        let told = told.map(|slice| {
            format!(
                "{} {} {}",
                slice.label,
                slice.status.word(),
                slice.words(decimals)
            )
        });
        let side = if self.higher_is_better { 1.0 } else { -1.0 };
        let weakest = self
            .slices
            .iter()
            .filter(|slice| slice.value.is_finite())
            .min_by(|a, b| (side * a.value).total_cmp(&(side * b.value)));
        let weakest = weakest.map(|slice| {
            format!(
                "the weakest of {} slices is {}: {}",
                self.slices.len(),
                slice.label,
                fixed(slice.value, decimals)
            )
        });
        format!("{}.", listed([all].into_iter().chain(told).chain(weakest)))
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        let decimals = self.decimals();
        let (value, low, high) = self.overall;
        y = plot::legend(
            &mut canvas,
            y,
            Key::Guide,
            "all rows",
            &interval(value, low, high, decimals),
        );
        for status in [SliceStatus::Harmed, SliceStatus::TooSmall] {
            if self.slices.iter().any(|slice| slice.status == status) {
                let (shape, fill, _) = status.shape();
                y = plot::legend(&mut canvas, y, Key::Mark(shape, fill), status.word(), "");
            }
        }
        if self.slices.is_empty() {
            let end = rows::no_data(&mut canvas, y);
            return canvas.finish(end, theme, &self.title, &self.description());
        }
        let reach = self
            .slices
            .iter()
            .flat_map(|slice| [slice.value, slice.low, slice.high])
            .chain([value, low, high]);
        let scale = Scale::around(reach, rows::LEFT, rows::RIGHT);
        y += 6.0;
        for slice in self.slices.iter().take(rows::MOST) {
            let figure = slice.words(decimals);
            let meta = format!("{} rows", grouped(slice.rows));
            let top = rows::head(&mut canvas, y, &slice.label, &meta, &figure);
            let middle = rows::track(&mut canvas, top, &scale);
            if value.is_finite() {
                canvas.line(
                    (scale.at(value), top),
                    (scale.at(value), top + rows::TRACK),
                    "guide",
                );
            }
            let (shape, fill, stroke) = slice.status.shape();
            rows::interval(&mut canvas, &scale, middle, slice.low, slice.high, stroke);
            if slice.value.is_finite() {
                canvas.marker(shape, (scale.at(slice.value), middle), 5.5, fill);
            }
            y = top + rows::TRACK + 8.0;
        }
        y = rows::more(&mut canvas, y, self.slices.len());
        let end = rows::axis(&mut canvas, y, &scale, &self.metric);
        canvas.finish(end, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let metric = format!("#{}", self.metric);
        let mut table = Table::new(
            format!("Numbers of: {}", self.title),
            &["slice", "#rows", &metric, "#low", "#high", "status"],
        );
        let places = crate::number::decimals(self.overall.0, 4);
        for slice in &self.slices {
            let numbers =
                [slice.value, slice.low, slice.high].map(|value| Text::plain(fixed(value, places)));
            let head = [
                Text::value(slice.label.clone()),
                Text::plain(grouped(slice.rows)),
            ];
            table.row(
                head.into_iter()
                    .chain(numbers)
                    .chain([Text::plain(slice.status.word())]),
            );
        }
        table
    }
}
