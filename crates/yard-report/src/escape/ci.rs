//! Workflow commands and log lines.
//!
//! GitHub's runner takes commands from the log itself: a line that starts with `::name`, or the
//! older `##[name]` anywhere in a line. GitLab folds the log at `section_start:`.

use super::visible::{visible, visible_lines};

/// `text` as the message of a workflow command: `%`, CR and LF are percent-encoded.
pub fn command_data(text: &str) -> String {
    visible_lines(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// `text` as a property of a workflow command: as [`command_data`], and `:` and `,` too.
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// `text` as one line of a log that no forge takes for a command.
pub fn log_line(text: &str) -> String {
    let line = visible(text)
        .replace("##[", "#\\u{23}[")
        .replace("##vso[", "#\\u{23}vso[")
        .replace("section_start:", "section_start\\u{3a}")
        .replace("section_end:", "section_end\\u{3a}");
    let start = line.len() - line.trim_start().len();
    if line[start..].starts_with("::") {
        format!("{}\\u{{3a}}{}", &line[..start], &line[start + 1..])
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_are_defused() {
        assert_eq!(
            log_line("  ::set-output name=a::b"),
            "  \\u{3a}:set-output name=a::b"
        );
        assert_eq!(log_line("x ##[error]boom"), "x #\\u{23}[error]boom");
        assert_eq!(
            log_line("\u{1b}[0Ksection_start:1:a\r"),
            "\\u{1b}[0Ksection_start\\u{3a}1:a\\r"
        );
        assert_eq!(log_line("yard::report is a path"), "yard::report is a path");
        assert_eq!(command_data("100 %\r\nnext"), "100 %25%0Anext");
        assert_eq!(command_property("a:b,c"), "a%3Ab%2Cc");
    }

    proptest! {
        #[test]
        fn one_event_is_one_line(text in "(::|##\\[|section_(start|end):|%0A|\n|\r|\u{1b}|[a-z :,]|\\PC){0,40}") {
            let line = log_line(&text);
            prop_assert!(!line.chars().any(crate::escape::is_unseen));
            prop_assert!(!line.trim_start().starts_with("::"));
            prop_assert!(!line.contains("##[") && !line.contains("##vso["));
            prop_assert!(!line.contains("section_start:") && !line.contains("section_end:"));
            let property = command_property(&text);
            prop_assert!(!property.contains([':', ',', '\n', '\r']));
            prop_assert!(!command_data(&text).contains(['\n', '\r']));
        }
    }
}
