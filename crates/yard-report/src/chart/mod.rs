//! Charts as SVG: one struct of plain numbers each, one drawing.
//!
//! Every chart is 480 units wide, so that its type stays legible on a phone and two stand side by
//! side on a desktop; it carries its title and a text alternative with the main figures in words,
//! follows light and dark by itself ([`Theme::Auto`]), prints, and uses no colour alone. A curve of
//! any length is drawn with at most 300 points, within a quarter of a pixel wherever that suffices;
//! a file stays below 30 KB. Coordinates have one decimal: the same data gives the same bytes.
//!
//! Values that are not finite are left out. Nothing to show is shown as `no data`, never an error.
//!
//! No axis runs to where the data do not: bars start at zero, points need not.

mod confusion;
mod curves;
mod dependence;
mod dumbbell;
mod forest;
mod histogram;
mod history;
mod importance;
mod interval;
mod paired;
mod plot;
mod psi;
mod reliability;
mod residuals;
mod rows;
mod scale;
mod scatter;
mod shuffles;
mod simplify;
mod svg;
mod text;
mod theme;

pub use confusion::Confusion;
pub use curves::{Curve, Gain, Lift, Mark, PrecisionRecall, Roc};
pub use dependence::{DependenceCell, DependencePanel, DependencePoint, PartialDependence};
pub use dumbbell::{Dumbbell, DumbbellRow};
pub use forest::{Slice, SliceForest, SliceStatus};
pub use histogram::ScoreHistogram;
pub use history::History;
pub use importance::Importance;
pub use interval::{MetricInterval, Reference};
pub use paired::{ChampionChallenger, PairedMetric};
pub use psi::Psi;
pub use reliability::{Calibration, CalibrationBin, Reliability};
pub use residuals::Residuals;
pub use scatter::PredictedActual;
pub use shuffles::{Shuffle, Shuffles};
pub use theme::{Theme, stylesheet};

use crate::document::Table;

/// What every chart can do.
pub trait Chart {
    /// Its heading.
    fn title(&self) -> &str;

    /// The main figures in words, for those who do not see the drawing.
    fn description(&self) -> String;

    /// The drawing.
    fn svg(&self, theme: Theme) -> String;

    /// The numbers behind it; a long curve is thinned to some 25 rows.
    fn table(&self) -> Table;
}

/// Joins phrases to a sentence list: `a; b; c`; at most ten, none are `no data`.
fn listed(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<_> = parts.into_iter().collect();
    match parts.len() {
        0 => "no data".to_owned(),
        1..=10 => parts.join("; "),
        all => format!("{}; and {} more", parts[..10].join("; "), all - 10),
    }
}

/// How many decimals tell apart values of about this size.
fn decimals_for(size: f64) -> usize {
    match size {
        s if s > 0.0 && s < 1e-4 => 7,
        0.0 => 3,
        s if s < 1e-3 => 5,
        s if s < 0.1 => 4,
        s if s < 10.0 => 3,
        s if s < 100.0 => 2,
        s if s < 1000.0 => 1,
        _ => 0,
    }
}

/// Up to 25 positions of a list of `length`, evenly taken, both ends among them.
fn thinned(length: usize) -> impl Iterator<Item = usize> {
    const ROWS: usize = 25;
    let last = length.saturating_sub(1);
    let steps = last.clamp(1, ROWS - 1);
    (0..length.min(ROWS)).map(move |step| step * last / steps)
}
