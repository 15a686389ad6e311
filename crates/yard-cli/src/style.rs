//! Colours, and text from outside on a terminal.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use yard_contract::Verdict;

/// Something holds.
pub const PASS: Style = AnsiColor::Green.on_default().bold();
/// Something does not hold.
pub const FAIL: Style = AnsiColor::Red.on_default().bold();
/// Something deserves a look.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// What to do about it.
pub const HINT: Style = AnsiColor::Cyan.on_default();
/// A heading or a name.
pub const STRONG: Style = Style::new().bold();
/// What matters less.
pub const FAINT: Style = Style::new().dimmed();

/// The colour of a verdict. The word is always printed too: colour alone says nothing.
pub const fn of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => PASS,
        Verdict::Warning | Verdict::Inconclusive => WARN,
        Verdict::Fail => FAIL,
    }
}

/// Text that came from data, a file name or a configuration, made safe for one line of a terminal
/// or a log: control characters (line breaks and escape sequences among them) and the characters
/// that reverse the reading direction are shown as escapes.
pub fn line(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !(c.is_control() || is_bidi(c));
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|c| {
            if harmless(c) {
                c.to_string()
            } else {
                c.escape_default().to_string()
            }
        })
        .collect::<String>()
        .into()
}

const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_the_cursor_or_forge_a_line_is_shown_as_text() {
        assert_eq!(line("a\n::error::b\u{1b}[2J"), "a\\n::error::b\\u{1b}[2J");
        assert_eq!(line("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(line("Größe = 3"), "Größe = 3");
    }
}
