//! The template, and how whatever came from outside is written into Markdown.
//!
//! Escaping is the default: a text that no filter has made Markdown of is written as prose. So a
//! place that the template's author forgot shows a text, never a link, a mention or a tag.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use yard_report::{escape, number};

use crate::view::View;

const TEMPLATE: &str = include_str!("card.md.jinja");

/// The card.
pub(crate) fn render(view: &View<'_>) -> Result<String, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(|out, _, value| out.write_str(&shown(value)?).map_err(Error::from));
    environment.add_filter("code", |text: &Value| {
        markdown(escape::code_span(&text.to_string()))
    });
    environment.add_filter("cell", |text: &Value| {
        markdown(escape::code_cell(&text.to_string()))
    });
    environment.add_filter("block", |text: &str| {
        markdown(escape::code_block("sh", text))
    });
    environment.add_filter("yaml", |value: &Value| markdown(yaml(value)));
    environment.add_filter("verdict", |word: &str| markdown(verdict(word)));
    environment.add_filter("figure", |value: f64| markdown(figure(value)));
    environment.add_filter("fixed", |value: f64, decimals: usize| {
        markdown(number::fixed(value, decimals))
    });
    environment.add_filter("signed", |value: f64, decimals: usize| {
        markdown(number::signed(value, decimals))
    });
    environment.add_filter("percent", |share: f64| markdown(number::percent(share, 1)));
    environment.add_filter("tiny", |value: f64| markdown(format!("{value:.0e}")));
    environment.add_filter("grouped", |count: u64| markdown(number::grouped(count)));
    environment.add_template("card", TEMPLATE)?;
    environment.get_template("card")?.render(Serde(view))
}

/// Text that is Markdown already.
fn markdown(text: String) -> Value {
    Value::from_safe_string(text)
}

fn shown(value: &Value) -> Result<String, Error> {
    match value.kind() {
        _ if value.is_safe() => Ok(value.to_string()),
        ValueKind::String => Ok(escape::prose(&one_line(&value.to_string()))),
        ValueKind::Number => Ok(value.to_string()),
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("the template shows a value of kind `{kind}`"),
        )),
    }
}

/// A text that YAML spread over several lines, on one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A scalar of YAML's front matter: numbers with every digit they have, texts in double quotes.
fn yaml(value: &Value) -> String {
    if let Ok(number) = f64::try_from(value.clone()) {
        // Never in powers of ten: YAML 1.1 reads `1e-7` as a text.
        return format!("{number}");
    }
    let text = escape::visible(&one_line(&value.to_string()));
    let mut quoted = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if c == '"' || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    format!("\"{quoted}\"")
}

fn verdict(word: &str) -> String {
    let mark = match word {
        "pass" => "✅",
        "fail" => "❌",
        _ => "⚠️",
    };
    format!("{mark} {}", escape::prose(word))
}

/// A number of unknown size in the fewest digits that tell it: four significant ones, whole
/// numbers with all of theirs.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 10_000.0 {
        return number::fixed(value, 0);
    }
    let decimals = (0..=8).find(|&decimals| value.abs() * 10_f64.powi(decimals) >= 1_000.0);
    let decimals = usize::try_from(decimals.unwrap_or(8)).unwrap_or(8);
    let text = number::fixed(value, decimals);
    if decimals == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_the_digits_that_tell_it() {
        let shown = [
            0.0,
            -3.0,
            0.5,
            0.123_456,
            12.345_67,
            123_456.7,
            3_100.3,
            0.000_012_345,
        ]
        .map(figure);
        assert_eq!(
            shown,
            [
                "0",
                "-3",
                "0.5",
                "0.1235",
                "12.35",
                "123457",
                "3100",
                "0.00001234"
            ]
        );
    }

    #[test]
    fn front_matter_holds_text_as_text() {
        assert_eq!(
            yaml(&Value::from("a: \"b\"\n---\nc\\")),
            r#""a: \"b\" --- c\\""#
        );
        assert_eq!(yaml(&Value::from("x\u{202e}y")), r#""x\\u{202e}y""#);
        assert_eq!(yaml(&Value::from(1e-7)), "0.0000001");
        assert_eq!(yaml(&Value::from(30_000_u64)), "30000");
        // A text that looks like a number stays a text.
        assert_eq!(yaml(&Value::from("1.10")), "\"1.10\"");
    }
}
