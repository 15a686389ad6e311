//! What the model leans on: horizontal bars.

use super::plot;
use super::rows;
use super::svg::{Anchor, Canvas, WIDTH};
use super::{Chart, Theme, decimals_for, listed, text};
use crate::document::{Table, Text};
use crate::number::fixed;

/// One bar per feature, longest first as given; at most thirty are drawn, the table has all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Importance {
    /// The heading.
    pub title: String,
    /// What the bars measure: `mean gain`, `AUC lost when shuffled`.
    pub measure: String,
    /// Name and value, in the order to show; a value below zero is drawn as none.
    pub features: Vec<(String, f64)>,
}

impl Importance {
    fn largest(&self) -> f64 {
        self.features
            .iter()
            .map(|feature| feature.1)
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max)
    }
}

impl Chart for Importance {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let decimals = decimals_for(self.largest());
        let top = self
            .features
            .iter()
            .take(5)
            .map(|(name, value)| format!("{name} {}", fixed(*value, decimals)));
        format!(
            "{} of {} features. The largest: {}.",
            self.measure,
            self.features.len(),
            listed(top)
        )
    }

    fn svg(&self, theme: Theme) -> String {
        const BAR: f64 = 9.0;
        let mut canvas = Canvas::default();
        let y = plot::heading(&mut canvas, &self.title);
        canvas.text(
            plot::MARGIN,
            y + 12.0,
            "soft",
            Anchor::Start,
            &text::fit(&self.measure, text::BODY, 440.0),
        );
        let mut y = y + 22.0;
        let largest = self.largest();
        let decimals = decimals_for(largest);
        let room = WIDTH - 2.0 * plot::MARGIN;
        for (name, value) in self.features.iter().take(rows::MOST) {
            let top = rows::head(&mut canvas, y, name, "", &fixed(*value, decimals)) - 1.0;
            let share = if largest > 0.0 && value.is_finite() {
                (value / largest).clamp(0.0, 1.0)
            } else {
                0.0
            };
            canvas.rect(plot::MARGIN, top, room, BAR, "track");
            canvas.rect(plot::MARGIN, top, (room * share).max(1.0), BAR, "f0");
            y = top + BAR + 5.0;
        }
        if self.features.is_empty() {
            y = rows::no_data(&mut canvas, y);
        }
        y = rows::more(&mut canvas, y, self.features.len());
        canvas.finish(y + 8.0, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Numbers of: {}", self.title),
            &["feature", &format!("#{}", self.measure)],
        );
        for (name, value) in &self.features {
            table.row([Text::value(name.clone()), Text::plain(fixed(*value, 5))]);
        }
        table
    }
}
