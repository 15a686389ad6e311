//! How wide a text will be, without a font: widths of a wide sans serif, so that no other is cut.

/// The size of most type, of ticks and side notes, and of headings, as `chart.css` sets them.
pub(super) const BODY: f64 = 15.0;
pub(super) const SMALL: f64 = 13.5;
pub(super) const HEAD: f64 = 18.0;

/// The estimated width of `text` at `size` pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// The estimated width of `text` in the bold face.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    width(text, size) * 1.1
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.32,
        ' ' | 'I' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '→' | '←' | '−' | '<' | '>' | '=' | '+' => 0.9,
        'A'..='Z' => 0.7,
        'a'..='z' | '0'..='9' => 0.61,
        c if u32::from(c) >= 0x2e80 => 1.05,
        _ => 0.66,
    }
}

/// `text` in at most `room` pixels, with an ellipsis where it was cut.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut used = em('…') * size;
    let mut short = String::with_capacity(text.len());
    for c in text.chars() {
        used += em(c) * size;
        if used > room {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// `text` on at most `lines` lines of `room` pixels, broken at spaces and after `=`, `_`, `/` and `,`.
pub(super) fn wrap(text: &str, size: f64, room: f64, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if out.len() + 1 == lines || width(rest, size) <= room {
            out.push(fit(rest, size, room));
            break;
        }
        let mut used = 0.0;
        let mut break_at = None;
        let mut full_at = rest.len();
        for (at, c) in rest.char_indices() {
            used += em(c) * size;
            if used > room {
                full_at = at;
                break;
            }
            if matches!(c, ' ' | '=' | '_' | '/' | ',') {
                break_at = Some(at + c.len_utf8());
            }
        }
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let (line, next) = rest.split_at(break_at.unwrap_or(full_at).max(first));
        out.push(line.trim_end().to_owned());
        rest = next.trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_room(text in "\\PC{0,80}", room in 60.0..400.0_f64, lines in 1_usize..4) {
            let wrapped = wrap(&text, 14.0, room, lines);
            prop_assert!(wrapped.len() <= lines);
            for line in wrapped {
                prop_assert!(width(&line, 14.0) <= room + 1e-9, "{line}");
            }
        }
    }

    #[test]
    fn a_text_that_fits_is_left_alone() {
        assert_eq!(
            wrap("employment = 10+ years", 14.0, 400.0, 2),
            ["employment = 10+ years"]
        );
        assert_eq!(
            wrap("employment = 10+ years", 14.0, 130.0, 2),
            ["employment =", "10+ years"]
        );
        assert!(wrap("", 14.0, 100.0, 2).is_empty());
    }
}
