//! How near a model's numbers are to what came true.

use super::plot::{self, Axis, Frame, Key};
use super::svg::{Canvas, Shape};
use super::{Chart, Theme, scale, thinned};
use crate::document::Table;
use crate::number::{decimals, fixed, grouped};

/// Points that are drawn.
const DRAWN: usize = 250;

/// Predicted numbers against actual ones; on the diagonal both agree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictedActual {
    /// The heading.
    pub title: String,
    /// The figure that goes with it: `RMSE 3.1`.
    pub figure: String,
    /// How many rows there are, of which `points` may be some.
    pub rows: u64,
    /// (predicted, actual); at most 250 are drawn, evenly taken.
    pub points: Vec<(f64, f64)>,
}

impl PredictedActual {
    fn finite(&self) -> Vec<(f64, f64)> {
        let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
        self.points.iter().filter(finite).copied().collect()
    }
}

impl Chart for PredictedActual {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let points = self.finite();
        let figure = if self.figure.is_empty() {
            String::new()
        } else {
            format!("{}. ", self.figure)
        };
        let Some((low, high)) = scale::extent(points.iter().map(|point| point.1)) else {
            return "Predicted against actual. no data.".to_owned();
        };
        format!(
            "Predicted against actual. {figure}{} of {} rows, actual {} to {}; on the diagonal both agree.",
            grouped(points.len() as u64),
            grouped(self.rows),
            fixed(low, decimals(low.abs().max(high.abs()), 2)),
            fixed(high, decimals(low.abs().max(high.abs()), 2)),
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        let points = self.finite();
        let mark = Key::Mark(Shape::Circle, "f0");
        y = plot::legend(&mut canvas, y, mark, "a row", &self.figure);
        y = plot::legend(&mut canvas, y, Key::Guide, "predicted as it came", "");
        let all = points.iter().flat_map(|point| [point.0, point.1]);
        let ends = scale::extent(all).unwrap_or((0.0, 1.0));
        let axis = |label| Axis {
            label,
            range: ends,
            percent: false,
            ticks: 5,
        };
        let frame = Frame::draw(&mut canvas, y, 300.0, &axis("predicted"), &axis("actual"));
        if points.is_empty() {
            frame.no_data(&mut canvas);
        } else {
            frame.guide(&mut canvas, (ends.0, ends.0), (ends.1, ends.1));
        }
        let step = points.len().div_ceil(DRAWN).max(1);
        for point in points.iter().step_by(step) {
            canvas.marker(Shape::Circle, frame.point(*point), 2.2, "f0");
        }
        canvas.finish(frame.end(), theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let columns = ["#predicted", "#actual"];
        let mut table = Table::new(format!("Numbers of: {}", self.title), &columns);
        let points = self.finite();
        for place in thinned(points.len()) {
            let (predicted, actual) = points[place];
            let places = decimals(predicted.abs().max(actual.abs()), 3);
            table.row([fixed(predicted, places), fixed(actual, places)]);
        }
        table
    }
}
