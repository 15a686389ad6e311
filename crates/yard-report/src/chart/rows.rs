//! What all charts with one labelled row per thing share: the label above its own track, so that
//! long names are read whole, also on a phone.

use super::plot::MARGIN;
use super::scale::Scale;
use super::svg::{Anchor, Canvas, WIDTH};
use super::text;

pub(super) const LEFT: f64 = MARGIN + 4.0;
pub(super) const RIGHT: f64 = WIDTH - MARGIN - 4.0;
pub(super) const TRACK: f64 = 22.0;

/// Writes a row's words and returns the y of its track's top.
///
/// `label` and `value` share the first line; `meta` follows the label where there is room, else
/// it has a line of its own.
pub(super) fn head(canvas: &mut Canvas, y: f64, label: &str, meta: &str, value: &str) -> f64 {
    let value = text::fit(value, text::BODY, 300.0);
    let room = WIDTH - 2.0 * MARGIN - text::bold_width(&value, text::BODY) - 12.0;
    let lines = text::wrap(label, text::BODY, room, 3);
    let mut baseline = y + 15.0;
    canvas.text(WIDTH - MARGIN, baseline, "num bold", Anchor::End, &value);
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            baseline += 18.0;
        }
        canvas.text(MARGIN, baseline, "", Anchor::Start, line);
    }
    if !meta.is_empty() {
        let after = lines
            .last()
            .map_or(0.0, |line| text::width(line, text::BODY) + 10.0);
        if after + text::width(meta, text::SMALL) <= room {
            canvas.text(MARGIN + after, baseline, "tick", Anchor::Start, meta);
        } else {
            baseline += 18.0;
            canvas.text(
                MARGIN,
                baseline,
                "tick",
                Anchor::Start,
                &text::fit(meta, text::SMALL, WIDTH - 2.0 * MARGIN),
            );
        }
    }
    baseline + 7.0
}

/// The track of a row with its grid; returns the y of its middle.
pub(super) fn track(canvas: &mut Canvas, top: f64, scale: &Scale) -> f64 {
    canvas.rect(MARGIN, top, WIDTH - 2.0 * MARGIN, TRACK, "track");
    for tick in scale.ticks(5) {
        let at = scale.at(tick.value);
        canvas.line((at, top), (at, top + TRACK), "grid");
    }
    top + TRACK / 2.0
}

/// An interval on a track, with ends; where it passes the scale's end it has no end cap.
pub(super) fn interval(
    canvas: &mut Canvas,
    scale: &Scale,
    middle: f64,
    low: f64,
    high: f64,
    class: &str,
) {
    if !(low.is_finite() && high.is_finite()) {
        return;
    }
    canvas.line((scale.at(low), middle), (scale.at(high), middle), class);
    for end in [low, high] {
        if scale.holds(end) {
            canvas.line(
                (scale.at(end), middle - 5.0),
                (scale.at(end), middle + 5.0),
                class,
            );
        }
    }
}

/// The axis below the last row; returns the y below it.
pub(super) fn axis(canvas: &mut Canvas, y: f64, scale: &Scale, label: &str) -> f64 {
    canvas.line((MARGIN, y), (WIDTH - MARGIN, y), "axis");
    for tick in scale.ticks(5) {
        let at = scale.at(tick.value);
        canvas.line((at, y), (at, y + 5.0), "axis");
        let half = text::width(&tick.label, text::SMALL) / 2.0;
        let x = at.clamp(MARGIN + half, WIDTH - MARGIN - half);
        canvas.text(x, y + 20.0, "tick", Anchor::Middle, &tick.label);
    }
    canvas.text(
        WIDTH - MARGIN,
        y + 40.0,
        "soft",
        Anchor::End,
        &text::fit(label, text::BODY, WIDTH - 2.0 * MARGIN),
    );
    y + 52.0
}

/// No chart draws more rows; the table behind it has all.
pub(super) const MOST: usize = 30;

/// Says how many of `all` rows are not drawn; returns the y below it.
pub(super) fn more(canvas: &mut Canvas, y: f64, all: usize) -> f64 {
    if all <= MOST {
        return y;
    }
    let words = format!("and {} more", all - MOST);
    canvas.text(MARGIN, y + 14.0, "soft", Anchor::Start, &words);
    y + 26.0
}

/// In place of rows that are not there; returns the y below it.
pub(super) fn no_data(canvas: &mut Canvas, y: f64) -> f64 {
    canvas.text(WIDTH / 2.0, y + 30.0, "soft", Anchor::Middle, "no data");
    y + 50.0
}
