//! What a reader cannot see, shown.

use std::fmt::Write as _;

/// Whether a character is invisible, moves the cursor, or reorders its neighbours.
///
/// Covers C0 and C1 controls, the bidirectional controls of Unicode UAX #9, zero-width and
/// filler characters, line and paragraph separators, interlinear annotations, tags, and the two
/// noncharacters that XML 1.0 forbids. Variation selectors stay: emoji need them, and they move
/// nothing.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// `text` on one line, every unseen character shown: `\n`, `\t`, `\r`, or `\u{…}`.
pub fn visible(text: &str) -> String {
    show(text, |_| false)
}

/// As [`visible`], keeping line feeds and tabs; CRLF becomes LF.
pub fn visible_lines(text: &str) -> String {
    show(&text.replace("\r\n", "\n"), |c| c == '\n' || c == '\t')
}

fn show(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if keep(c) || !is_unseen(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out
}

/// At most `max` characters of `text`, the last an ellipsis where something was cut.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unseen_is_shown() {
        assert_eq!(
            visible("a\u{202e}b\u{1b}[31m\r\nc"),
            "a\\u{202e}b\\u{1b}[31m\\r\\nc"
        );
        assert_eq!(visible_lines("a\r\nb\rc\td"), "a\nb\\rc\td");
        assert_eq!(visible("größe ❤️ 年齢"), "größe ❤️ 年齢");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
        assert_eq!(cut("abc", 0), "…");
    }
}
