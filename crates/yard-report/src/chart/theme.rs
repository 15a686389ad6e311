//! Colours and type, for a file that stands alone and for a page that holds many charts.
//!
//! The palette keeps apart for the common kinds of colour blindness, and no chart uses colour
//! alone: series differ in dash and marker, statuses in shape and word. Text stands at 4.5:1 or
//! better against its paper, strokes at 3:1, in both schemes.

use std::fmt::Write as _;

/// Where a chart will be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// A file of its own that follows the viewer's scheme, and prints light.
    Auto,
    /// A file of its own, light, with plain colours that any renderer knows.
    Light,
    /// A file of its own, dark, with plain colours that any renderer knows.
    Dark,
    /// Inside a page that brings [`stylesheet`]: no style, no fixed size.
    Page,
}

/// Name, light, dark.
const COLOURS: [(&str, &str, &str); 11] = [
    ("paper", "#ffffff", "#12171d"),
    ("ink", "#1f2328", "#e6edf3"),
    ("soft", "#57606a", "#a3adb8"),
    ("grid", "#dde2e7", "#2c343d"),
    ("axis", "#818b95", "#78828d"),
    ("one", "#0b5cad", "#6cb6ff"),
    ("two", "#b54708", "#ffa657"),
    ("three", "#116b4f", "#56d4a0"),
    ("four", "#7a3e9d", "#d2a8ff"),
    ("bad", "#b42318", "#ff8a80"),
    ("track", "#f1f4f7", "#1c232b"),
];

const RULES: &str = include_str!("chart.css");

/// The rules that charts of [`Theme::Page`] need, for screen (both schemes) and print.
pub fn stylesheet() -> String {
    format!(
        ".chart{{{}}}@media screen and (prefers-color-scheme:dark){{.chart{{{}}}}}{}",
        variables(false),
        variables(true),
        rules()
    )
}

pub(super) fn style(theme: Theme) -> String {
    match theme {
        Theme::Auto => stylesheet(),
        Theme::Light => plain_rules(false),
        Theme::Dark => plain_rules(true),
        Theme::Page => String::new(),
    }
}

fn rules() -> String {
    RULES.lines().map(str::trim).collect()
}

fn variables(dark: bool) -> String {
    let mut out = String::new();
    for (name, light_colour, dark_colour) in COLOURS {
        let _ = write!(
            out,
            "--{name}:{};",
            if dark { dark_colour } else { light_colour }
        );
    }
    out
}

fn plain_rules(dark: bool) -> String {
    let mut out = rules();
    for (name, light_colour, dark_colour) in COLOURS {
        out = out.replace(
            &format!("var(--{name})"),
            if dark { dark_colour } else { light_colour },
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast ratio of WCAG 2.2.
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |colour: &str| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.04045 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_read_stands_out_from_its_paper() {
        let colour = |name: &str| COLOURS.into_iter().find(|entry| entry.0 == name).unwrap();
        for paper in ["paper", "track"].map(colour) {
            for (name, light, dark) in COLOURS {
                let wanted = match name {
                    "paper" | "grid" | "track" => continue,
                    "axis" => 3.0,
                    _ => 4.5,
                };
                assert!(
                    contrast(light, paper.1) >= wanted,
                    "light {name} on {}: {}",
                    paper.0,
                    contrast(light, paper.1)
                );
                assert!(
                    contrast(dark, paper.2) >= wanted,
                    "dark {name} on {}: {}",
                    paper.0,
                    contrast(dark, paper.2)
                );
            }
        }
    }

    #[test]
    fn a_pinned_theme_needs_no_variables() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(!style(theme).contains("var("));
        }
        assert!(style(Theme::Auto).contains("prefers-color-scheme:dark"));
    }
}
