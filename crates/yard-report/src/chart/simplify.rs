//! A long line with few points that looks the same.
//!
//! Douglas and Peucker's method on pixels, so the error has a meaning: no point that is left out
//! lies further from the drawn line than the tolerance, which starts at a quarter of a pixel and
//! doubles until the line is short enough.

/// No drawn line has more points.
pub(super) const MAX_POINTS: usize = 300;

const FIRST_TOLERANCE: f64 = 0.25;

/// `points` (pixels, in drawing order) reduced to at most [`MAX_POINTS`]; the ends stay.
///
/// O(n) to merge points that fall together, then O(m log m) on what is left, in general.
pub(super) fn simplify(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let merged = merge_close(points);
    let mut tolerance = FIRST_TOLERANCE;
    loop {
        let kept = douglas_peucker(&merged, tolerance);
        if kept.len() <= MAX_POINTS {
            return kept;
        }
        tolerance *= 2.0;
    }
}

/// Leaves out points within a quarter of a pixel of the last one kept.
fn merge_close(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (at, &point) in points.iter().enumerate() {
        let is_far = kept.last().is_none_or(|&last| {
            (point.0 - last.0).abs() > FIRST_TOLERANCE || (point.1 - last.1).abs() > FIRST_TOLERANCE
        });
        if is_far {
            kept.push(point);
        } else if at + 1 == points.len() && kept.len() > 1 {
            kept.pop();
            kept.push(point);
        }
    }
    kept
}

fn douglas_peucker(points: &[(f64, f64)], tolerance: f64) -> Vec<(f64, f64)> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[points.len() - 1] = true;
    let mut open = vec![(0, points.len() - 1)];
    while let Some((first, last)) = open.pop() {
        let mut worst = (tolerance * tolerance, None);
        for at in first + 1..last {
            let distance = squared_distance(points[at], points[first], points[last]);
            if distance > worst.0 {
                worst = (distance, Some(at));
            }
        }
        if let Some(at) = worst.1 {
            keep[at] = true;
            open.push((first, at));
            open.push((at, last));
        }
    }
    points
        .iter()
        .zip(keep)
        .filter_map(|(point, keep)| keep.then_some(*point))
        .collect()
}

/// From `point` to the segment `a`-`b`, squared.
fn squared_distance(point: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 {
        (((point.0 - a.0) * dx + (point.1 - a.1) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (x, y) = (point.0 - a.0 - along * dx, point.1 - a.1 - along * dy);
    x * x + y * y
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_million_steps_become_a_short_line_close_to_them() {
        let points: Vec<_> = (0..1_000_000_u32)
            .map(|i| {
                let x = f64::from(i) / 1e6;
                (x * 400.0, x * (2.0 - x) * 300.0 + f64::from(i % 7) * 0.01)
            })
            .collect();
        let line = simplify(&points);
        assert!(line.len() <= MAX_POINTS && line.len() > 5, "{}", line.len());
        for point in points.iter().step_by(997) {
            let nearest = line
                .windows(2)
                .map(|pair| squared_distance(*point, pair[0], pair[1]))
                .fold(f64::INFINITY, f64::min);
            assert!(
                nearest <= 0.75 * 0.75,
                "{point:?} is off by the square root of {nearest}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_ends_stay(points in proptest::collection::vec((0.0..400.0_f64, 0.0..300.0_f64), 0..900)) {
            let line = simplify(&points);
            prop_assert!(line.len() <= MAX_POINTS);
            prop_assert_eq!(line.first(), points.first());
            if points.len() > 1 && line.len() > 1 {
                prop_assert_eq!(line.last(), points.last());
            }
        }
    }
}
