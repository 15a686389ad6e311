//! How far apart a model's scores put the two classes.

use super::plot::{self, Axis, Frame, Key};
use super::svg::{Anchor, Canvas};
use super::{Chart, Theme, scale, text};
use crate::document::Table;
use crate::number::{fixed, grouped, percent};

/// Scores of both classes over the same bins; heights are shares of each class, so that a rare
/// class is as visible as the common one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreHistogram {
    /// The heading.
    pub title: String,
    /// What the common class is called, and the rare one.
    pub labels: [String; 2],
    /// The bins' ends, rising: one more than there are bins.
    pub edges: Vec<f64>,
    /// Rows per bin, of each class.
    pub counts: [Vec<u64>; 2],
    /// The threshold in use.
    pub threshold: Option<f64>,
}

impl ScoreHistogram {
    fn total(&self, class: usize) -> u64 {
        self.counts[class].iter().sum()
    }

    /// Each class's share per bin; nothing where the class has no row.
    fn shares(&self, class: usize) -> Vec<f64> {
        let total = self.total(class).max(1);
        self.counts[class]
            .iter()
            .take(self.edges.len().saturating_sub(1))
            .map(|&count| count as f64 / total as f64)
            .collect()
    }

    /// The outline of the bars, from the first edge to the last, in data units.
    fn outline(&self, class: usize) -> Vec<(f64, f64)> {
        let shares = self.shares(class);
        let steps = shares
            .iter()
            .zip(self.edges.windows(2))
            .flat_map(|(&share, edge)| [(edge[0], share), (edge[1], share)]);
        let mut outline: Vec<_> = self
            .edges
            .first()
            .map(|&edge| (edge, 0.0))
            .into_iter()
            .chain(steps)
            .collect();
        if let Some(&(end, _)) = outline.last() {
            outline.push((end, 0.0));
        }
        outline
    }
}

impl Chart for ScoreHistogram {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let class = |at: usize| {
            let shares = self.shares(at);
            let peak =
                (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]).then(b.cmp(&a)));
            let peak = peak
                .filter(|_| self.total(at) > 0)
                .map_or(String::new(), |bin| {
                    format!(
                        ", most often scored {} to {}",
                        fixed(self.edges[bin], 2),
                        fixed(self.edges[bin + 1], 2)
                    )
                });
            format!(
                "{}: {} rows{peak}",
                self.labels[at],
                grouped(self.total(at))
            )
        };
        let threshold = self
            .threshold
            .map_or(String::new(), |at| format!("; threshold {}", fixed(at, 3)));
        format!(
            "Histogram of scores. {}; {}{threshold}.",
            class(0),
            class(1)
        )
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let mut y = plot::heading(&mut canvas, &self.title);
        let rows = |class| format!("{} rows", grouped(self.total(class)));
        y = plot::legend(
            &mut canvas,
            y,
            Key::Fill("fsoft veil"),
            &self.labels[0],
            &rows(0),
        );
        y = plot::legend(&mut canvas, y, Key::Series(0), &self.labels[1], &rows(1));

        let tallest = (0..2)
            .flat_map(|class| self.shares(class))
            .fold(0.01, f64::max);
        let ends = scale::extent(self.edges.iter().copied()).unwrap_or((0.0, 1.0));
        let x = Axis {
            label: "score",
            range: ends,
            percent: false,
            ticks: 5,
        };
        let up = Axis {
            label: "share of each class",
            range: (0.0, tallest * 1.08),
            percent: true,
            ticks: 5,
        };
        let frame = Frame::draw(&mut canvas, y, 230.0, &x, &up);
        let pixels = |class| {
            self.outline(class)
                .into_iter()
                .map(|point| frame.point(point))
                .collect::<Vec<_>>()
        };
        canvas.area(&pixels(0), "fsoft veil");
        if self.total(1) > 0 {
            canvas.polyline(&pixels(1), plot::series_class(0));
        }
        if self.total(0) + self.total(1) == 0 {
            frame.no_data(&mut canvas);
        }
        if let Some(threshold) = self.threshold.filter(|&at| frame.x.holds(at)) {
            let at = frame.x.at(threshold);
            canvas.line((at, frame.top), (at, frame.bottom), "guide");
            let words = format!("threshold {}", fixed(threshold, 3));
            let is_right = at + 8.0 + text::width(&words, text::BODY) <= frame.right;
            let (x, anchor) = if is_right {
                (at + 7.0, Anchor::Start)
            } else {
                (at - 7.0, Anchor::End)
            };
            canvas.text(x, frame.top + 14.0, "halo", anchor, &words);
        }
        canvas.finish(frame.end(), theme, &self.title, &self.description())
    }

    fn table(&self) -> Table {
        let [common, rare] = &self.labels;
        let columns = [
            "#from",
            "#to",
            &format!("#{common}"),
            "#share",
            &format!("#{rare}"),
            "#share",
        ];
        let mut table = Table::new(format!("Numbers of: {}", self.title), &columns);
        let shares = [self.shares(0), self.shares(1)];
        for (bin, edge) in self.edges.windows(2).enumerate() {
            let count = |class: usize| grouped(self.counts[class].get(bin).copied().unwrap_or(0));
            let share = |class: usize| percent(shares[class].get(bin).copied().unwrap_or(0.0), 1);
            table.row([
                fixed(edge[0], 3),
                fixed(edge[1], 3),
                count(0),
                share(0),
                count(1),
                share(1),
            ]);
        }
        table
    }
}
