//! What a model loses where a feature is shuffled: bars from zero, with the spread of the repeats.

use super::plot;
use super::rows;
use super::scale::Scale;
use super::svg::Canvas;
use super::{Chart, Theme, decimals_for, listed};
use crate::document::{Table, Text};
use crate::number::fixed;

/// The cost of shuffling each feature; what lies near zero the model can do without.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shuffles {
    /// The heading.
    pub title: String,
    /// What the bars measure: `log loss added`.
    pub measure: String,
    /// The features, in the order to show; at most thirty are drawn, the table has all.
    pub features: Vec<Shuffle>,
}

/// One feature's cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shuffle {
    /// The feature.
    pub label: String,
    /// The mean over the repeats; below zero where the shuffled rows happened to do better.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
}

impl Shuffles {
    fn decimals(&self) -> usize {
        let sizes = self.features.iter().map(|feature| feature.mean.abs());
        decimals_for(sizes.filter(|size| size.is_finite()).fold(0.0, f64::max))
    }
}

impl Shuffle {
    fn figure(&self, decimals: usize) -> String {
        format!(
            "{} ± {}",
            fixed(self.mean, decimals),
            fixed(self.sd, decimals)
        )
    }
}

impl Chart for Shuffles {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let decimals = self.decimals();
        let top = self.features.iter().take(5);
        let top = top.map(|feature| format!("{} {}", feature.label, feature.figure(decimals)));
        format!(
            "{} where one of {} features is shuffled. The largest: {}.",
            self.measure,
            self.features.len(),
            listed(top)
        )
    }

    fn svg(&self, theme: Theme) -> String {
        const BAR: f64 = 12.0;
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        if self.features.is_empty() {
            let end = rows::no_data(&mut canvas, y);
            return canvas.finish(end, theme, &self.title, &self.description());
        }
        let decimals = self.decimals();
        let reach = self
            .features
            .iter()
            .take(rows::MOST)
            .flat_map(|it| [it.mean, it.mean - it.sd, it.mean + it.sd]);
        let scale = Scale::around(reach.chain([0.0]), rows::LEFT, rows::RIGHT);
        for feature in self.features.iter().take(rows::MOST) {
            let figure = feature.figure(decimals);
            let top = rows::head(&mut canvas, y, &feature.label, "", &figure);
            let middle = rows::track(&mut canvas, top, &scale);
            let (zero, end) = (scale.at(0.0), scale.at(feature.mean));
            if feature.mean.is_finite() {
                let (left, width) = (zero.min(end), (end - zero).abs().max(1.0));
                canvas.rect(left, middle - BAR / 2.0, width, BAR, "f0 veil");
                let ends = (feature.mean - feature.sd, feature.mean + feature.sd);
                rows::interval(&mut canvas, &scale, middle, ends.0, ends.1, "s0");
            }
            canvas.line((zero, top), (zero, top + rows::TRACK), "axis");
            y = top + rows::TRACK + 6.0;
        }
        y = rows::more(&mut canvas, y, self.features.len());
        let end = rows::axis(&mut canvas, y, &scale, &self.measure);
        canvas.finish(end, theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Numbers of: {}", self.title),
            &["feature", &format!("#{}", self.measure), "#sd"],
        );
        for feature in &self.features {
            table.row([
                Text::value(feature.label.clone()),
                Text::plain(fixed(feature.mean, 5)),
                Text::plain(fixed(feature.sd, 5)),
            ]);
        }
        table
    }
}
