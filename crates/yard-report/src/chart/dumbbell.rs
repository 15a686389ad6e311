//! Champion and challenger side by side: one metric per slice.

use super::plot::{self, Key};
use super::rows;
use super::scale::Scale;
use super::svg::{Canvas, Shape};
use super::{Chart, Theme, listed, text};
use crate::document::{Table, Text};
use crate::number::{fixed, signed};

/// One metric of both models per slice, on one scale.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dumbbell {
    /// The heading.
    pub title: String,
    /// What is measured.
    pub metric: String,
    /// One row a slice; at most thirty are drawn, the table has all.
    pub rows: Vec<DumbbellRow>,
}

/// Both models in one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct DumbbellRow {
    /// The slice.
    pub label: String,
    /// The champion's value.
    pub champion: f64,
    /// The challenger's value.
    pub challenger: f64,
}

impl Chart for Dumbbell {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            format!(
                "{} from {} to {}",
                row.label,
                fixed(row.champion, 3),
                fixed(row.challenger, 3)
            )
        });
        format!(
            "{} of champion and challenger. {}.",
            self.metric,
            listed(rows)
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        y = plot::legend(
            &mut canvas,
            y,
            Key::Mark(Shape::Circle, "f0"),
            "challenger",
            "",
        );
        y = plot::legend(
            &mut canvas,
            y,
            Key::Mark(Shape::Square, "hollow"),
            "champion",
            "",
        );
        if self.rows.is_empty() {
            let end = rows::no_data(&mut canvas, y);
            return canvas.finish(end, theme, &self.title, &self.description());
        }
        let across = Scale::around(
            self.rows
                .iter()
                .flat_map(|row| [row.champion, row.challenger]),
            rows::LEFT,
            rows::RIGHT,
        );
        y += 6.0;
        for row in self.rows.iter().take(rows::MOST) {
            let words = format!("{} → {}", fixed(row.champion, 3), fixed(row.challenger, 3));
            let top = rows::head(
                &mut canvas,
                y,
                &row.label,
                "",
                &text::fit(&words, text::BODY, 200.0),
            );
            let level = rows::track(&mut canvas, top, &across);
            if row.champion.is_finite() && row.challenger.is_finite() {
                canvas.line(
                    (across.at(row.champion), level),
                    (across.at(row.challenger), level),
                    "ssoft",
                );
                canvas.marker(
                    Shape::Square,
                    (across.at(row.champion), level),
                    5.0,
                    "hollow",
                );
                canvas.marker(Shape::Circle, (across.at(row.challenger), level), 5.5, "f0");
            }
            y = top + rows::TRACK + 8.0;
        }
        y = rows::more(&mut canvas, y, self.rows.len());
        let end = rows::axis(&mut canvas, y, &across, &self.metric);
        canvas.finish(end, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Numbers of: {}", self.title),
            &["slice", "#champion", "#challenger", "#difference"],
        );
        for row in &self.rows {
            let values = [row.champion, row.challenger].map(|value| Text::plain(fixed(value, 4)));
            let change = Text::plain(signed(row.challenger - row.champion, 4));
            table.row(
                [Text::value(row.label.clone())]
                    .into_iter()
                    .chain(values)
                    .chain([change]),
            );
        }
        table
    }
}
