//! Drift per column: bars of the population stability index.

use super::plot::{self, Key};
use super::rows;
use super::scale::{self, Scale};
use super::svg::{Canvas, WIDTH};
use super::{Chart, Theme, listed};
use crate::document::{Table, Text};
use crate::number::fixed;

/// One bar per column with the two customary marks, by default 0.1 and 0.25.
#[derive(Debug, Clone, PartialEq)]
pub struct Psi {
    /// The heading.
    pub title: String,
    /// From where a shift is worth a look.
    pub moderate: f64,
    /// From where it is large.
    pub large: f64,
    /// Column and index, in the order to show; at most thirty are drawn, the table has all.
    pub columns: Vec<(String, f64)>,
}

impl Default for Psi {
    fn default() -> Self {
        Self {
            title: String::new(),
            moderate: 0.1,
            large: 0.25,
            columns: Vec::new(),
        }
    }
}

impl Psi {
    fn word(&self, value: f64) -> &'static str {
        match value {
            v if v.is_nan() => "not measured",
            v if v >= self.large => "large shift",
            v if v >= self.moderate => "moderate shift",
            _ => "stable",
        }
    }
}

impl Chart for Psi {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let moved = self
            .columns
            .iter()
            .filter(|column| column.1 >= self.moderate);
        let told = moved
            .clone()
            .take(10)
            .map(|(name, value)| format!("{name} {} {}", fixed(*value, 3), self.word(*value)));
        let head = format!(
            "{} of {} columns shifted by {} or more",
            moved.clone().count(),
            self.columns.len(),
            fixed(self.moderate, 2)
        );
        format!(
            "Population stability index. {}.",
            listed([head].into_iter().chain(told))
        )
    }

    fn svg(&self, theme: Theme) -> String {
        const BAR: f64 = 11.0;
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        let marks = format!(
            "moderate from {}, large from {}",
            fixed(self.moderate, 2),
            fixed(self.large, 2)
        );
        y = plot::legend(&mut canvas, y, Key::Guide, &marks, "");
        y += 4.0;
        let most =
            scale::extent(self.columns.iter().map(|column| column.1)).map_or(0.0, |(_, high)| high);
        let across = Scale::new(
            0.0,
            most.max(self.large * 1.2),
            plot::MARGIN,
            WIDTH - plot::MARGIN,
        );
        for (name, value) in self.columns.iter().take(rows::MOST) {
            let figure = format!("{} {}", self.word(*value), fixed(*value, 3));
            let top = rows::head(&mut canvas, y, name, "", &figure) - 1.0;
            canvas.rect(plot::MARGIN, top, WIDTH - 2.0 * plot::MARGIN, BAR, "track");
            if value.is_finite() {
                let class = match self.word(*value) {
                    "large shift" => "fbad",
                    "moderate shift" => "f1",
                    _ => "f0",
                };
                canvas.rect(
                    plot::MARGIN,
                    top,
                    (across.at(*value) - plot::MARGIN).max(1.0),
                    BAR,
                    class,
                );
            }
            for mark in [self.moderate, self.large] {
                canvas.line(
                    (across.at(mark), top - 2.0),
                    (across.at(mark), top + BAR + 2.0),
                    "guide",
                );
            }
            y = top + BAR + 6.0;
        }
        if self.columns.is_empty() {
            y = rows::no_data(&mut canvas, y);
        }
        y = rows::more(&mut canvas, y, self.columns.len());
        canvas.finish(y + 8.0, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Numbers of: {}", self.title),
            &["column", "#index", "reading"],
        );
        for (name, value) in &self.columns {
            table.row([
                Text::value(name.clone()),
                Text::plain(fixed(*value, 4)),
                Text::plain(self.word(*value)),
            ]);
        }
        table
    }
}
