//! Which class was taken for which.

use super::plot::{self, MARGIN};
use super::svg::{Anchor, Canvas, WIDTH};
use super::{Chart, Theme, listed, text};
use crate::document::{Align, Column, Table, Text};
use crate::escape::CELL_CHARS;
use crate::number::{grouped, percent};

/// How strong the tint of a full cell is: at half, ink on it still has 4.5:1 in both schemes.
const DEEPEST: f64 = 0.46;

/// A confusion matrix: a row per actual class, a column per predicted one, shaded by the share of
/// the row. Two to a dozen classes carry their numbers; more are shaded only, the table has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Confusion {
    /// The heading.
    pub title: String,
    /// What the classes are called.
    pub labels: Vec<String>,
    /// `counts[actual][predicted]`.
    pub counts: Vec<Vec<u64>>,
}

impl Confusion {
    fn count(&self, actual: usize, predicted: usize) -> u64 {
        self.counts
            .get(actual)
            .and_then(|row| row.get(predicted))
            .copied()
            .unwrap_or(0)
    }

    fn row_total(&self, actual: usize) -> u64 {
        (0..self.labels.len())
            .map(|predicted| self.count(actual, predicted))
            .sum()
    }

    fn share(&self, actual: usize, predicted: usize) -> f64 {
        self.count(actual, predicted) as f64 / self.row_total(actual).max(1) as f64
    }
}

impl Chart for Confusion {
    fn title(&self) -> &str {
        &self.title
    }

    fn description(&self) -> String {
        let rows = self.labels.iter().enumerate().map(|(class, label)| {
            let total = grouped(self.row_total(class));
            format!(
                "{} of {total} actual {label} were predicted so ({})",
                grouped(self.count(class, class)),
                percent(self.share(class, class), 1)
            )
        });
        format!("Confusion matrix. {}.", listed(rows))
    }

    fn svg(&self, theme: Theme) -> String {
        let mut canvas = Canvas::default();
        let y = plot::heading(&mut canvas, &self.title);
        let classes = self.labels.len();
        if classes == 0 {
            canvas.text(WIDTH / 2.0, y + 60.0, "soft", Anchor::Middle, "no data");
            return canvas.finish(y + 100.0, theme, &self.title, &self.description());
        }
        let widest = self
            .labels
            .iter()
            .map(|label| text::width(label, text::BODY))
            .fold(0.0, f64::max);
        let left = MARGIN + widest.clamp(50.0, 120.0) + 10.0;
        let side = (WIDTH - MARGIN - left) / classes as f64;
        let height = side.min(if classes == 2 { 92.0 } else { 64.0 });
        // Names that are wider than their column run upwards: cut to three letters they name nothing.
        let upright = widest > side - 4.0;
        let names = if upright { widest.min(120.0) } else { 18.0 };
        let top = y + 30.0 + names;
        canvas.text(
            f64::midpoint(left, WIDTH - MARGIN),
            y + 16.0,
            "soft",
            Anchor::Middle,
            "predicted",
        );
        canvas.text(MARGIN, top - 10.0, "soft", Anchor::Start, "actual");
        let has_numbers = classes <= 12;
        for (actual, label) in self.labels.iter().enumerate() {
            let middle = (actual as f64 + 0.5) * side + left;
            if upright {
                let name = text::fit(label, text::BODY, names);
                canvas.text_up(middle + 5.0, top - 8.0, "", &name);
            } else {
                canvas.text(middle, top - 10.0, "", Anchor::Middle, label);
            }
            let row = top + actual as f64 * height;
            let baseline = row + height / 2.0 + 5.0;
            canvas.text(
                left - 10.0,
                baseline,
                "",
                Anchor::End,
                &text::fit(label, text::BODY, left - MARGIN - 10.0),
            );
            for predicted in 0..classes {
                let share = self.share(actual, predicted);
                let x = left + predicted as f64 * side;
                canvas.tinted(
                    x + 1.0,
                    row + 1.0,
                    side - 2.0,
                    height - 2.0,
                    "f0",
                    0.04 + DEEPEST * share,
                );
                if has_numbers {
                    self.numbers(
                        &mut canvas,
                        (x + side / 2.0, row + height / 2.0),
                        (actual, predicted),
                        side,
                    );
                }
            }
        }
        canvas.finish(
            top + height * classes as f64 + 14.0,
            theme,
            &self.title,
            &self.description(),
        )
    }

    fn table(&self) -> Table {
        let head = self.labels.iter().map(|label| Column {
            name: format!("predicted {label}"),
            align: Align::Right,
            longest: CELL_CHARS,
        });
        let columns = [Column {
            name: "actual".to_owned(),
            align: Align::Left,
            longest: CELL_CHARS,
        }]
        .into_iter()
        .chain(head)
        .collect();
        let rows = self.labels.iter().enumerate().map(|(actual, label)| {
            let counts = (0..self.labels.len())
                .map(|predicted| Text::plain(grouped(self.count(actual, predicted))));
            [Text::value(label.clone())]
                .into_iter()
                .chain(counts)
                .collect()
        });
        Table {
            caption: format!("Numbers of: {}", self.title),
            columns,
            rows: rows.collect(),
        }
    }
}

impl Confusion {
    /// Count and share in a cell; the share only where there is room for both.
    fn numbers(&self, canvas: &mut Canvas, middle: (f64, f64), at: (usize, usize), side: f64) {
        let share = self.share(at.0, at.1);
        let count = grouped(self.count(at.0, at.1));
        if side >= 62.0 {
            canvas.text(middle.0, middle.1 - 1.0, "num bold", Anchor::Middle, &count);
            canvas.text(
                middle.0,
                middle.1 + 17.0,
                "ink",
                Anchor::Middle,
                &percent(share, 1),
            );
        } else if text::width(&count, text::SMALL) <= side {
            canvas.text(middle.0, middle.1 + 5.0, "ink", Anchor::Middle, &count);
        } else {
            canvas.text(
                middle.0,
                middle.1 + 5.0,
                "ink",
                Anchor::Middle,
                &percent(share, 0),
            );
        }
    }
}
