//! ROC, precision-recall, cumulative gain and lift: curves over a share from 0 to 1.

use super::plot::{self, Axis, Frame, Key};
use super::scale::Scale;
use super::svg::Canvas;
use super::{Chart, Theme, listed};
use crate::document::Table;
use crate::number::{fixed, percent};

/// One line of a chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Whose it is: `challenger`.
    pub label: String,
    /// Its figure in words: `AUC 0.781 (0.765 to 0.797)`; may be empty.
    pub figure: String,
    /// `(x, y)` in drawing order; any number of points.
    pub points: Vec<(f64, f64)>,
}

/// A point of interest, such as the operating threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// What it is.
    pub label: String,
    /// Where it lies, in the curve's units.
    pub at: (f64, f64),
}

/// True-positive rate against false-positive rate, with the diagonal of chance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roc {
    /// The heading.
    pub title: String,
    /// At most four are told apart: challenger first, champion second.
    pub curves: Vec<Curve>,
    /// The threshold in use: `(false-positive rate, true-positive rate)`.
    pub operating_point: Option<Mark>,
}

/// Precision against recall, with the base rate that guessing reaches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrecisionRecall {
    /// The heading.
    pub title: String,
    /// `(recall, precision)`.
    pub curves: Vec<Curve>,
    /// The share of positives, 0 to 1.
    pub base_rate: f64,
    /// The threshold in use: `(recall, precision)`.
    pub operating_point: Option<Mark>,
}

/// Which share of the positives the highest-scored share of rows holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gain {
    /// The heading.
    pub title: String,
    /// `(share of rows, share of positives)`, from `(0, 0)` to `(1, 1)`.
    pub curves: Vec<Curve>,
    /// The share of positives, 0 to 1: bounds what any model could reach.
    pub base_rate: f64,
}

/// How many times more positives than by chance the highest-scored share of rows holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lift {
    /// The heading.
    pub title: String,
    /// `(share of rows, lift)`.
    pub curves: Vec<Curve>,
}

impl Chart for Roc {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let mark = self.operating_point.as_ref().map(|mark| {
            format!(
                "{}: true-positive rate {} at false-positive rate {}",
                mark.label,
                fixed(mark.at.1, 3),
                fixed(mark.at.0, 3)
            )
        });
        format!(
            "ROC curve. {}.",
            listed(figures(&self.curves, true).chain(mark))
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let x = share("false-positive rate");
        let y = share("true-positive rate");
        let plan = Plan {
            curves: &self.curves,
            height: 330.0,
            x,
            y,
            guides: vec![("chance", (0.0, 0.0), (1.0, 1.0))],
        };
        plan.svg(self, theme, self.operating_point.as_ref())
    }

    fn table(&self) -> Table {
        table(
            &self.title,
            &self.curves,
            "false-positive rate",
            "true-positive rate",
        )
    }
}

impl Chart for PrecisionRecall {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let mark = self.operating_point.as_ref().map(|mark| {
            format!(
                "{}: precision {} at recall {}",
                mark.label,
                fixed(mark.at.1, 3),
                fixed(mark.at.0, 3)
            )
        });
        let base = format!("{} of the rows are positive", percent(self.base_rate, 1));
        format!(
            "Precision-recall curve. {}.",
            listed(figures(&self.curves, true).chain(mark).chain([base]))
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let base = format!("base rate {}", percent(self.base_rate, 1));
        let level = self.base_rate.clamp(0.0, 1.0);
        let plan = Plan {
            curves: &self.curves,
            height: 330.0,
            x: share("recall"),
            y: share("precision"),
            guides: vec![(&base, (0.0, level), (1.0, level))],
        };
        plan.svg(self, theme, self.operating_point.as_ref())
    }

    fn table(&self) -> Table {
        table(&self.title, &self.curves, "recall", "precision")
    }
}

impl Chart for Gain {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let at_tenth = self.curves.iter().filter_map(|curve| {
            Some(format!(
                "{}: the top 10% of rows hold {} of the positives",
                curve.label,
                percent(value_at(curve, 0.1)?, 0)
            ))
        });
        format!(
            "Cumulative gain. {}.",
            listed(figures(&self.curves, false).chain(at_tenth))
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let mut guides = vec![("chance", (0.0, 0.0), (1.0, 1.0))];
        if self.base_rate > 0.0 && self.base_rate < 1.0 {
            guides.push(("best possible", (0.0, 0.0), (self.base_rate, 1.0)));
        }
        let x = Axis {
            percent: true,
            ..share("share of rows, highest score first")
        };
        let y = Axis {
            percent: true,
            ..share("share of positives found")
        };
        Plan {
            curves: &self.curves,
            height: 300.0,
            x,
            y,
            guides,
        }
        .svg(self, theme, None)
    }

    fn table(&self) -> Table {
        table(
            &self.title,
            &self.curves,
            "share of rows",
            "share of positives",
        )
    }
}

impl Chart for Lift {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let at_tenth = self.curves.iter().filter_map(|curve| {
            Some(format!(
                "{}: lift {} in the top 10% of rows",
                curve.label,
                fixed(value_at(curve, 0.1)?, 2)
            ))
        });
        format!(
            "Lift. {}.",
            listed(figures(&self.curves, false).chain(at_tenth))
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let values = self
            .curves
            .iter()
            .flat_map(|curve| curve.points.iter().map(|point| point.1));
        let up = Scale::around(values.chain([0.0, 1.2]), 0.0, 1.0);
        let x = Axis {
            percent: true,
            ..share("share of rows, highest score first")
        };
        let y = Axis {
            label: "lift over chance",
            range: (up.low, up.high),
            percent: false,
            ticks: 5,
        };
        Plan {
            curves: &self.curves,
            height: 260.0,
            x,
            y,
            guides: vec![("chance", (0.0, 1.0), (1.0, 1.0))],
        }
        .svg(self, theme, None)
    }

    fn table(&self) -> Table {
        table(&self.title, &self.curves, "share of rows", "lift")
    }
}

/// What differs between the charts of this room.
struct Plan<'a> {
    curves: &'a [Curve],
    height: f64,
    x: Axis<'a>,
    y: Axis<'a>,
    guides: Vec<Guide<'a>>,
}

/// A straight reference: its name, and from where to where.
type Guide<'a> = (&'a str, (f64, f64), (f64, f64));

impl Plan<'_> {
    fn svg(&self, chart: &impl Chart, theme: Theme, mark: Option<&Mark>) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, chart.title());
        for (series, curve) in self.curves.iter().enumerate().take(4) {
            y = plot::legend(
                &mut canvas,
                y,
                Key::Series(series),
                &curve.label,
                &curve.figure,
            );
        }
        let names: Vec<_> = self.guides.iter().map(|guide| guide.0).collect();
        y = plot::legend(&mut canvas, y, Key::Guide, &names.join(", "), "");

        let frame = Frame::draw(&mut canvas, y, self.height, &self.x, &self.y);
        let mut lines = Vec::new();
        for (_, from, to) in &self.guides {
            frame.guide(&mut canvas, *from, *to);
            lines.push(vec![frame.point(*from), frame.point(*to)]);
        }
        // The first curve is the one the page is about: drawn last, on top.
        for (series, curve) in self.curves.iter().enumerate().take(4).rev() {
            lines.push(frame.curve(&mut canvas, &curve.points, series));
        }
        if self.curves.iter().all(|curve| curve.points.is_empty()) {
            frame.no_data(&mut canvas);
        }
        if let Some(mark) = mark {
            frame.mark(&mut canvas, mark.at, &mark.label, &lines);
        }
        canvas.finish(frame.end(), theme, chart.title(), &chart.description())
    }
}

fn share(label: &str) -> Axis<'_> {
    Axis {
        label,
        range: (0.0, 1.0),
        percent: false,
        ticks: 5,
    }
}

/// Each curve with its figure; a curve without one is only named, and only where `named`.
fn figures(curves: &[Curve], named: bool) -> impl Iterator<Item = String> {
    curves
        .iter()
        .filter_map(move |curve| match curve.figure.as_str() {
            "" => named.then(|| curve.label.clone()),
            figure => Some(format!("{}: {figure}", curve.label)),
        })
}

/// The curve's height at `x`, between its points.
fn value_at(curve: &Curve, x: f64) -> Option<f64> {
    curve
        .points
        .windows(2)
        .find(|pair| pair[0].0 <= x && x <= pair[1].0)
        .map(|pair| {
            let width = pair[1].0 - pair[0].0;
            let along = if width > 0.0 {
                (x - pair[0].0) / width
            } else {
                1.0
            };
            pair[0].1 + along * (pair[1].1 - pair[0].1)
        })
}

/// The thinned points of each curve.
fn table(title: &str, curves: &[Curve], x: &str, y: &str) -> Table {
    let columns = ["curve", &format!("#{x}"), &format!("#{y}")];
    let mut table = Table::new(format!("Numbers of: {title}"), &columns);
    for curve in curves {
        for at in super::thinned(curve.points.len()) {
            let (x, y) = curve.points[at];
            table.row([curve.label.clone(), fixed(x, 4), fixed(y, 4)]);
        }
    }
    table
}
