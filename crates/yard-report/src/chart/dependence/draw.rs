//! The panels of numbers, and the rows of categories.

use super::{CURVES, DependenceCell, DependencePanel, DependencePoint, mean};
use crate::chart::plot::{self, MARGIN};
use crate::chart::rows;
use crate::chart::scale::{self, Scale};
use crate::chart::svg::{Anchor, Canvas, Shape, WIDTH};
use crate::chart::text;
use crate::chart::thinned;

/// A panel of numbers, its heading and its ticks not counted.
const HEIGHT: f64 = 92.0;
const GAP: f64 = 22.0;
/// What a missing cell takes of a panel's width.
const ASIDE: f64 = 30.0;
/// A row of a category.
const ROW: f64 = 24.0;
/// So many categories are drawn in all, or four of each feature.
const CATEGORIES: usize = 30;
/// Where a category's name ends.
const NAMES: f64 = 158.0;

/// Curves of numbers, two panels side by side. Returns the y below them.
pub(super) fn numbers(
    canvas: &mut Canvas,
    mut y: f64,
    panels: &[&DependencePanel],
    shown: &[usize],
    answers: &Scale,
    answer: &str,
) -> f64 {
    if panels.is_empty() {
        return y;
    }
    let room = WIDTH - 2.0 * MARGIN;
    let label = text::fit(answer, text::BODY, room);
    canvas.text(MARGIN, y + 14.0, "soft", Anchor::Start, &label);
    y += 20.0;
    let ticks = answers.ticks(4);
    let widest = ticks
        .iter()
        .map(|tick| text::width(&tick.label, text::SMALL));
    let first = MARGIN + widest.fold(20.0, f64::max).min(90.0) + 8.0;
    let width = (WIDTH - MARGIN - first - GAP) / 2.0;
    for pair in panels.chunks(2) {
        let (top, bottom) = (y + 24.0, y + 24.0 + HEIGHT);
        let up = Scale::new(answers.low, answers.high, bottom, top);
        for tick in &ticks {
            let at = up.at(tick.value);
            canvas.text(first - 8.0, at + 4.5, "tick", Anchor::End, &tick.label);
        }
        for (place, panel) in pair.iter().enumerate() {
            let left = first + place as f64 * (width + GAP);
            let name = text::fit(&panel.feature, text::BODY, width / 1.1);
            canvas.text(left, y + 17.0, "bold", Anchor::Start, &name);
            for tick in &ticks {
                let at = up.at(tick.value);
                canvas.line((left, at), (left + width, at), "grid");
            }
            canvas.line((left, bottom), (left + width, bottom), "axis");
            curves(canvas, panel, shown, &up, (left, left + width), bottom);
        }
        y = bottom + 30.0;
    }
    y + 4.0
}

/// What is in one panel.
fn curves(
    canvas: &mut Canvas,
    panel: &DependencePanel,
    shown: &[usize],
    up: &Scale,
    (left, right): (f64, f64),
    bottom: f64,
) {
    let number = |point: &DependencePoint| match point.cell {
        DependenceCell::Number(value) => Some(value),
        _ => None,
    };
    let missing = panel
        .points
        .iter()
        .find(|point| point.cell == DependenceCell::Missing);
    let inner = if missing.is_some() {
        right - ASIDE
    } else {
        right
    };
    let known: Vec<(f64, &DependencePoint)> = panel
        .points
        .iter()
        .filter_map(|point| number(point).map(|value| (value, point)))
        .filter(|(value, _)| value.is_finite())
        .collect();
    let known: Vec<(f64, &DependencePoint)> =
        thinned(known.len()).map(|place| known[place]).collect();
    if let Some((low, high)) = scale::extent(known.iter().map(|(value, _)| *value)) {
        let across = Scale::new(low, high, left + 3.0, inner - 3.0);
        // The quantiles that were asked about: no mark, no rows. Several curves hide them.
        if shown.len() == 1 {
            let asked = known.iter().map(|(value, _)| across.at(*value));
            let asked: Vec<_> = asked.map(|at| [(at, bottom), (at, bottom - 4.0)]).collect();
            canvas.strokes(&asked, "axis");
        }
        let mut free = f64::NEG_INFINITY;
        // As many as there is room for.
        for tick in across.ticks(5) {
            let (at, half) = (
                across.at(tick.value),
                text::width(&tick.label, text::SMALL) / 2.0,
            );
            let at = at.clamp(left + half, (inner - half).max(left + half));
            if at - half >= free {
                canvas.text(at, bottom + 18.0, "tick", Anchor::Middle, &tick.label);
                free = at + half + 10.0;
            }
        }
        if let [alone] = shown {
            let edge = |pick: fn(&(f64, f64, f64)) -> f64| {
                let points = known.iter().filter_map(move |(value, point)| {
                    let end = pick(point.answers.get(*alone)?);
                    end.is_finite().then_some((*value, end))
                });
                points.map(|(value, end)| (across.at(value), up.at(end)))
            };
            let mut outline: Vec<(f64, f64)> = edge(|answer| answer.1).collect();
            let upper: Vec<(f64, f64)> = edge(|answer| answer.2).collect();
            outline.extend(upper.into_iter().rev());
            canvas.area(&outline, "f0 veil");
        }
        for (series, &curve) in shown.iter().enumerate() {
            let points = known
                .iter()
                .map(|(value, point)| (*value, mean(point, curve)));
            let line: Vec<(f64, f64)> = points
                .filter(|point| point.1.is_finite())
                .map(|(value, mean)| (across.at(value), up.at(mean)))
                .collect();
            canvas.polyline(&line, plot::series_class(series));
            let mark = line
                .get(line.len() / 2)
                .filter(|_| shown.len() > 1 || line.len() == 1);
            if let Some(at) = mark {
                let class = format!("{} edge", plot::fill_class(series));
                canvas.marker(Shape::of_series(series), *at, 4.2, &class);
            }
        }
    }
    if let Some(point) = missing {
        let at = right - ASIDE / 2.0 + 4.0;
        canvas.text(at, bottom + 18.0, "tick", Anchor::Middle, "n/a");
        for (series, &curve) in shown.iter().enumerate() {
            let Some(&(mean, low, high)) = point.answers.get(curve) else {
                continue;
            };
            if shown.len() == 1 && low.is_finite() && high.is_finite() {
                canvas.line((at, up.at(low)), (at, up.at(high)), "ssoft");
            }
            if mean.is_finite() {
                let class = if shown.len() == 1 {
                    "hollow"
                } else {
                    plot::fill_class(series)
                };
                canvas.marker(Shape::Square, (at, up.at(mean)), 4.5, class);
            }
        }
    }
}

/// Rows of categories over the same scale of answers. Returns the y below them.
pub(super) fn categories(
    canvas: &mut Canvas,
    mut y: f64,
    panels: &[&DependencePanel],
    shown: &[usize],
    answers: &Scale,
    answer: &str,
) -> f64 {
    let (left, right) = (MARGIN + NAMES, rows::RIGHT);
    let across = Scale::new(answers.low, answers.high, left + 4.0, right);
    // A file stays small: the more features and curves, the fewer categories of each.
    let rows = CATEGORIES - 2 * shown.len().min(CURVES);
    let most = (rows / panels.len().max(1)).clamp(4, 12);
    for panel in panels {
        let name = text::fit(&panel.feature, text::BODY, WIDTH - 2.0 * MARGIN);
        canvas.text(MARGIN, y + 17.0, "bold", Anchor::Start, &name);
        y += 26.0;
        let shown_rows = panel.points.len().min(most);
        let end = y + shown_rows as f64 * ROW;
        canvas.rect(left, y, right + 4.0 - left, end - y, "track");
        let ticks = across.ticks(4);
        let grid = ticks.iter().map(|tick| across.at(tick.value));
        let grid: Vec<_> = grid.map(|at| [(at, y), (at, end)]).collect();
        canvas.strokes(&grid, "grid");
        for point in &panel.points[..shown_rows] {
            let middle = y + ROW / 2.0;
            let is_missing = point.cell == DependenceCell::Missing;
            let class = if is_missing { "soft" } else { "" };
            let words = text::fit(&point.cell.words(), text::BODY, NAMES - 10.0);
            canvas.text(MARGIN, middle + 5.0, class, Anchor::Start, &words);
            for (series, &curve) in shown.iter().enumerate() {
                let Some(&(mean, low, high)) = point.answers.get(curve) else {
                    continue;
                };
                if shown.len() == 1 && low.is_finite() && high.is_finite() {
                    let width = across.at(high) - across.at(low);
                    canvas.rect(across.at(low), middle - 5.0, width, 10.0, "f0 veil");
                }
                if mean.is_finite() {
                    let class = format!("{} edge", plot::fill_class(series));
                    let at = (across.at(mean), middle);
                    canvas.marker(Shape::of_series(series), at, 5.5, &class);
                }
            }
            y += ROW;
        }
        canvas.line((left, y), (right + 4.0, y), "axis");
        if let Some(more) = panel
            .points
            .len()
            .checked_sub(shown_rows)
            .filter(|n| *n > 0)
        {
            let words = format!("and {more} more");
            canvas.text(MARGIN, y + 20.0, "soft", Anchor::Start, &words);
        }
        for tick in &ticks {
            let at = across.at(tick.value);
            let half = text::width(&tick.label, text::SMALL) / 2.0;
            canvas.line((at, y), (at, y + 5.0), "axis");
            let at = at.clamp(left + half, WIDTH - MARGIN - half);
            canvas.text(at, y + 20.0, "tick", Anchor::Middle, &tick.label);
        }
        y += 32.0;
    }
    if panels.is_empty() {
        return y;
    }
    let label = text::fit(answer, text::BODY, WIDTH - 2.0 * MARGIN);
    canvas.text(WIDTH - MARGIN, y + 8.0, "soft", Anchor::End, &label);
    y + 20.0
}
