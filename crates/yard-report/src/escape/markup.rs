//! HTML and XML.

use super::visible::visible_lines;

/// `text` for HTML or XML: as element text, or inside a quoted attribute.
///
/// Line feeds and tabs stay; every other control character is shown, so that what comes out is
/// always legal XML 1.0, whatever went in.
pub fn markup(text: &str) -> String {
    let text = visible_lines(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_parser_reads_the_text_back(text in any::<String>()) {
            let xml = format!("<r a=\"{0}\">{0}</r>", markup(&text));
            let parsed = roxmltree::Document::parse(&xml).unwrap();
            let root = parsed.root_element();
            prop_assert_eq!(root.text().unwrap_or_default(), visible_lines(&text));
            prop_assert_eq!(root.attributes().len(), 1);
            prop_assert_eq!(root.children().filter(roxmltree::Node::is_element).count(), 0);
        }
    }
}
