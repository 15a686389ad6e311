//! How answers follow features: small multiples over one scale of answers, so that what moves them
//! much looks like much.
//!
//! Numbers are curves, two panels side by side; categories are rows with their names, since those
//! would not fit below a panel.

mod draw;

use super::plot::{self, Key};
use super::rows;
use super::scale::{self, Scale};
use super::svg::{Anchor, Canvas, Shape};
use super::{Chart, Theme, decimals_for, listed};
use crate::document::{Table, Text};
use crate::number::fixed;

/// No more curves can be told apart.
const CURVES: usize = 4;
/// No more features are drawn; the table has all.
const PANELS: usize = 8;

/// The answers where all rows have the same cell of a feature, feature by feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartialDependence {
    /// The heading.
    pub title: String,
    /// What an answer is: `probability of yes`.
    pub answer: String,
    /// Whose the numbers of an answer are: one name, or one a class. Of more than four those are drawn
    /// that move most; the table has all.
    pub curves: Vec<String>,
    /// The features, in the order to show within numbers and within categories; at most eight are drawn.
    pub panels: Vec<DependencePanel>,
}

/// One feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DependencePanel {
    /// Its name.
    pub feature: String,
    /// Numbers rising, or categories in the order to show; a missing cell last.
    pub points: Vec<DependencePoint>,
}

/// The answers where all rows have one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct DependencePoint {
    /// The cell.
    pub cell: DependenceCell,
    /// The rows' answers, one entry a curve: their mean, and the values that a tenth of them lies below
    /// and above.
    pub answers: Vec<(f64, f64, f64)>,
}

/// A cell that all rows have.
#[derive(Debug, Clone, PartialEq)]
pub enum DependenceCell {
    /// A number.
    Number(f64),
    /// A category.
    Category(String),
    /// None.
    Missing,
}

impl DependenceCell {
    fn words(&self) -> String {
        match self {
            Self::Number(value) => fixed(*value, number_decimals(*value)),
            Self::Category(text) => text.clone(),
            Self::Missing => "missing".to_owned(),
        }
    }
}

fn number_decimals(value: f64) -> usize {
    if value.fract().abs() > 0.0 {
        decimals_for(value.abs())
    } else {
        0
    }
}

impl DependencePanel {
    fn has_categories(&self) -> bool {
        let is_category =
            |point: &DependencePoint| matches!(point.cell, DependenceCell::Category(_));
        self.points.iter().any(is_category)
    }

    /// The points of the lowest and the highest mean of a curve.
    fn ends(&self, curve: usize) -> Option<(&DependencePoint, &DependencePoint)> {
        let mean = |point: &&DependencePoint| mean(point, curve);
        let known = || self.points.iter().filter(|point| mean(point).is_finite());
        let low = known().min_by(|a, b| mean(a).total_cmp(&mean(b)))?;
        let high = known().max_by(|a, b| mean(a).total_cmp(&mean(b)))?;
        Some((low, high))
    }
}

fn mean(point: &DependencePoint, curve: usize) -> f64 {
    point.answers.get(curve).map_or(f64::NAN, |answer| answer.0)
}

impl PartialDependence {
    /// The curves that are drawn.
    fn shown(&self) -> Vec<usize> {
        let mut curves: Vec<usize> = (0..self.curves.len()).collect();
        if curves.len() > CURVES {
            let span = |curve: usize| {
                let points = self.panels.iter().flat_map(|panel| &panel.points);
                let ends = scale::extent(points.map(|point| mean(point, curve)));
                ends.map_or(0.0, |(low, high)| high - low)
            };
            curves.sort_by(|a, b| span(*b).total_cmp(&span(*a)));
            curves.truncate(CURVES);
            curves.sort_unstable();
        }
        curves
    }

    /// The answers that are drawn: of one curve the spread of the rows, too.
    fn reach(&self, shown: &[usize]) -> impl Iterator<Item = f64> {
        let alone = shown.len() == 1;
        let points = self.panels.iter().flat_map(|panel| &panel.points);
        points.flat_map(move |point| {
            let answers = shown.iter().filter_map(|curve| point.answers.get(*curve));
            let values = answers.flat_map(
                |&(mean, low, high)| {
                    if alone { [mean, low, high] } else { [mean; 3] }
                },
            );
            values.collect::<Vec<f64>>()
        })
    }

    fn has_missing_number(&self) -> bool {
        let missing = |point: &DependencePoint| point.cell == DependenceCell::Missing;
        let mut numbers = self.panels.iter().filter(|panel| !panel.has_categories());
        numbers.any(|panel| panel.points.iter().any(missing))
    }

    fn legend(&self, canvas: &mut Canvas, mut y: f64, shown: &[usize]) -> f64 {
        if shown.len() == 1 {
            y = plot::legend(canvas, y, Key::Series(0), "mean answer of all rows", "");
            y = plot::legend(canvas, y, Key::Fill("f0 veil"), "80% of their answers", "");
        } else {
            for (series, &curve) in shown.iter().enumerate() {
                y = plot::legend(canvas, y, Key::Series(series), &self.curves[curve], "");
            }
            if let Some(more) = self
                .curves
                .len()
                .checked_sub(shown.len())
                .filter(|n| *n > 0)
            {
                let words = format!("and {more} more, which move less");
                canvas.text(plot::MARGIN, y + 15.0, "soft", Anchor::Start, &words);
                y += 22.0;
            }
        }
        if self.has_missing_number() {
            let key = Key::Mark(Shape::Square, "hollow");
            y = plot::legend(canvas, y, key, "n/a: where the cell is missing", "");
        }
        y
    }
}

impl Chart for PartialDependence {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let shown = self.shown();
        let panels = self.panels.iter().take(PANELS).filter_map(|panel| {
            // Of several curves the one that moves most; the table has all.
            let ends = shown.iter().filter_map(|&curve| {
                let (low, high) = panel.ends(curve)?;
                Some((curve, low, high, mean(high, curve) - mean(low, curve)))
            });
            let (curve, low, high, _) = ends.max_by(|a, b| a.3.total_cmp(&b.3))?;
            let (low_mean, high_mean) = (mean(low, curve), mean(high, curve));
            let decimals = decimals_for(high_mean.abs());
            let whose = if shown.len() > 1 {
                format!("{} most, ", self.curves[curve])
            } else {
                String::new()
            };
            Some(format!(
                "{}: {whose}from {} at {} to {} at {}",
                panel.feature,
                fixed(low_mean, decimals),
                low.cell.words(),
                fixed(high_mean, decimals),
                high.cell.words()
            ))
        });
        format!(
            "Mean {} where all rows have the same cell. {}.",
            self.answer,
            listed(panels)
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let y = plot::heading(&mut canvas, &self.title);
        if self.panels.is_empty() || self.curves.is_empty() {
            let end = rows::no_data(&mut canvas, y);
            return canvas.finish(end, theme, &self.title, &self.description());
        }
        let shown = self.shown();
        let y = self.legend(&mut canvas, y, &shown);
        let answers = Scale::around(self.reach(&shown), 0.0, 1.0);
        let (categories, numbers): (Vec<_>, Vec<_>) = self
            .panels
            .iter()
            .take(PANELS)
            .partition(|panel| panel.has_categories());
        let y = draw::numbers(&mut canvas, y, &numbers, &shown, &answers, &self.answer);
        let mut y = draw::categories(&mut canvas, y, &categories, &shown, &answers, &self.answer);
        if let Some(more) = self.panels.len().checked_sub(PANELS).filter(|n| *n > 0) {
            let words = format!("and {more} more features");
            canvas.text(plot::MARGIN, y + 14.0, "soft", Anchor::Start, &words);
            y += 26.0;
        }
        canvas.finish(y, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Numbers of: {}", self.title),
            &["feature", "cell", "answer", "#mean", "#10%", "#90%"],
        );
        for panel in &self.panels {
            for (curve, name) in self.curves.iter().enumerate() {
                for point in &panel.points {
                    let Some(&(mean, low, high)) = point.answers.get(curve) else {
                        continue;
                    };
                    let numbers = [mean, low, high].map(|value| Text::plain(fixed(value, 4)));
                    let head = [
                        Text::value(panel.feature.clone()),
                        Text::value(point.cell.words()),
                        Text::value(name.clone()),
                    ];
                    table.row(head.into_iter().chain(numbers));
                }
            }
        }
        table
    }
}
