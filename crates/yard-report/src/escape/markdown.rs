//! Markdown as GitLab and GitHub read it.
//!
//! Two things act on a comment. The Markdown parser is stopped by backslashes. The filters that
//! run *after* it, on the rendered words, are not: they turn `@name`, `#12`, `!12`, `~label`,
//! bare addresses and commit ids into links and notifications. Inside code they do nothing,
//! so values belong in code spans; in prose a zero-width space breaks what they look for.

use super::visible::{cut, visible, visible_lines};

/// How many characters of one value a cell shows.
pub const CELL_CHARS: usize = 120;

const BREAK: char = '\u{200b}';

/// Words for a sentence, a heading or a table cell; one line.
///
/// A parser sees text only, a mention filter sees no name, and the first character starts no
/// block and no quick action.
pub fn prose(text: &str) -> String {
    let shown = defuse(visible(text).trim());
    let mut out = String::with_capacity(shown.len() * 5 / 4);
    let number = shown.chars().take_while(char::is_ascii_digit).count();
    for (position, c) in shown.chars().enumerate() {
        let opens_block = match c {
            '-' | '+' | '=' | '/' => position == 0,
            '.' => position > 0 && position == number,
            _ => false,
        };
        if opens_block || r"\`*_{}[]()<>#|~!&@:$^".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A value as inline code, cut to [`CELL_CHARS`]; not for table cells (see [`code_cell`]).
pub fn code_span(text: &str) -> String {
    fence_span(&cut(&visible(text), CELL_CHARS))
}

/// A value as inline code inside a table.
///
/// Tables are split at `|` before anything else is read, also inside code, so a pipe carries a
/// backslash. Parsers disagree on a pipe behind a backslash of the data; that one is shown as
/// `\u{7c}`.
pub fn code_cell(text: &str) -> String {
    let shown = cut(&visible(text), CELL_CHARS);
    let mut escaped = String::with_capacity(shown.len());
    let mut before = ' ';
    for c in shown.chars() {
        match c {
            '|' if before == '\\' => escaped.push_str("\\u{7c}"),
            '|' => escaped.push_str("\\|"),
            _ => escaped.push(c),
        }
        before = c;
    }
    fence_span(&escaped)
}

/// Several lines as a fenced block, ending in a line feed.
///
/// The fence is longer than any run of backticks inside. A line that starts with `/` gets one
/// space before it, as GitLab reads quick actions from raw text.
pub fn code_block(language: &str, text: &str) -> String {
    let body = visible_lines(text);
    let fence = "`".repeat(longest_backtick_run(&body).max(2) + 1);
    let language: String = language
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let mut out = format!("{fence}{language}\n");
    for line in body.lines() {
        if line.starts_with('/') {
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&fence);
    out.push('\n');
    out
}

/// `text` with a zero-width space wherever a forge's filter would find a mention, a reference,
/// an address, an emoji name or a commit id. Prose only: it is invisible, but it is copied along.
pub fn defuse(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    let mut in_commit = 0; // how many characters of a commit-like word were written
    for (at, &c) in chars.iter().enumerate() {
        let before = if at == 0 { ' ' } else { chars[at - 1] };
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        if !c.is_alphanumeric()
            || (in_commit == 0 && (before.is_alphanumeric() || !commit_like(&chars[at..])))
        {
            in_commit = 0;
        } else {
            in_commit += 1;
        }
        out.push(c);
        let breaks = match c {
            '@' | ':' => !after.is_whitespace(),
            '#' | '!' | '$' | '%' | '~' | '&' | '^' | '*' => {
                after.is_alphanumeric() || "\"_'".contains(after)
            }
            '[' => after == '[',
            '-' => before.is_ascii_uppercase() && after.is_ascii_digit(),
            'w' | 'W' => {
                after == '.'
                    && at >= 2
                    && chars[at - 2..at]
                        .iter()
                        .all(|w| w.eq_ignore_ascii_case(&'w'))
            }
            _ => false,
        };
        if breaks || (in_commit > 0 && in_commit % 4 == 0) {
            out.push(BREAK);
        }
    }
    out
}

/// Whether the word at the start is seven or more hexadecimal digits, not all of them decimal.
fn commit_like(chars: &[char]) -> bool {
    let word = chars.iter().take_while(|c| c.is_alphanumeric());
    let (mut length, mut letters) = (0, 0);
    for c in word {
        if !c.is_ascii_hexdigit() {
            return false;
        }
        length += 1;
        letters += usize::from(c.is_ascii_alphabetic());
    }
    length >= 7 && letters > 0
}

/// Wraps `content` in a fence that it cannot close. Nothing to show is shown as `""`.
fn fence_span(content: &str) -> String {
    if content.is_empty() {
        return "`\"\"`".to_owned();
    }
    let fence = "`".repeat(longest_backtick_run(content) + 1);
    // The parser takes one space off each end when both are there; give it one to take.
    let touches = |c: char| c == '`' || c == ' ';
    let pad = if content.starts_with(touches) || content.ends_with(touches) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{content}{pad}{fence}")
}

fn longest_backtick_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_reads_as_it_was() {
        assert_eq!(prose("AUC fell by 0.012"), "AUC fell by 0.012");
        assert_eq!(prose("/merge"), "\\/merge");
        assert_eq!(prose("- item"), "\\- item");
        assert_eq!(prose("1. item"), "1\\. item");
        assert_eq!(prose("a\n/close"), "a\\\\n/close");
        assert_eq!(prose("@all"), "\\@\u{200b}all");
        assert_eq!(
            prose("see deadbeef12 in 1234567 rows"),
            "see dead\u{200b}beef\u{200b}12 in 1234567 rows"
        );
    }

    #[test]
    fn code_outgrows_its_content() {
        assert_eq!(code_span("a"), "`a`");
        assert_eq!(code_span("``a`"), "``` ``a` ```");
        assert_eq!(code_span(""), "`\"\"`");
        assert_eq!(
            code_span("x".repeat(500).as_str()).chars().count(),
            CELL_CHARS + 2
        );
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code_cell("a\\|b"), "`a\\\\u{7c}b`");
        assert_eq!(
            code_block("sh\n", "```\n/merge"),
            "````sh\n```\n /merge\n````\n"
        );
    }
}
