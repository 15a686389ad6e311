//! A canvas that writes SVG: no identifiers, so any number of charts fits into one page.

use std::fmt::{self, Write as _};

use super::theme::{self, Theme};
use crate::escape::{cut, markup};

/// Every chart is this wide in its own units, which are CSS pixels on a desktop; a phone shows it
/// at about two thirds of that, with the type still legible.
pub(super) const WIDTH: f64 = 480.0;

/// Which end of a text its coordinate is.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The shapes that tell series and statuses apart without colour.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Shape {
    pub(super) fn of_series(series: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][series % 4]
    }
}

#[derive(Default)]
pub(super) struct Canvas {
    body: String,
}

/// Writing to a `String` cannot fail.
macro_rules! put {
    ($canvas:expr, $($part:tt)*) => { let _ = write!($canvas.body, $($part)*); };
}

impl Canvas {
    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        put!(
            self,
            "<text x=\"{}\" y=\"{}\"{}{anchor}>{}</text>",
            Px(x),
            Px(y),
            Class(class),
            one_line(text)
        );
    }

    /// Text that runs upwards from a point.
    pub(super) fn text_up(&mut self, x: f64, y: f64, class: &str, text: &str) {
        put!(
            self,
            "<text transform=\"translate({} {}) rotate(-90)\"{}>{}</text>",
            Px(x),
            Px(y),
            Class(class),
            one_line(text)
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        put!(
            self,
            "<path d=\"M{} {}L{} {}\"{}/>",
            Px(from.0),
            Px(from.1),
            Px(to.0),
            Px(to.1),
            Class(class)
        );
    }

    /// Lines of one class, each from one point to another.
    pub(super) fn strokes(&mut self, strokes: &[[(f64, f64); 2]], class: &str) {
        if strokes.is_empty() {
            return;
        }
        put!(self, "<path d=\"");
        for stroke in strokes {
            put!(self, "{}", Path(stroke));
        }
        put!(self, "\"{}/>", Class(class));
    }

    pub(super) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) {
        let (width, height) = (width.max(0.0), height.max(0.0));
        put!(
            self,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>",
            Px(x),
            Px(y),
            Px(width),
            Px(height),
            Class(class)
        );
    }

    /// A rectangle of which only `opacity` (0 to 1) shows.
    pub(super) fn tinted(
        &mut self,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        class: &str,
        opacity: f64,
    ) {
        put!(
            self,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill-opacity=\"{opacity:.2}\"{}/>",
            Px(x),
            Px(y),
            Px(width),
            Px(height),
            Class(class)
        );
    }

    /// A line through `points`; nothing where there are fewer than two.
    pub(super) fn polyline(&mut self, points: &[(f64, f64)], class: &str) {
        if points.len() >= 2 {
            put!(self, "<path d=\"{}\"{}/>", Path(points), Class(class));
        }
    }

    /// A filled outline.
    pub(super) fn area(&mut self, points: &[(f64, f64)], class: &str) {
        if points.len() >= 3 {
            put!(self, "<path d=\"{}Z\"{}/>", Path(points), Class(class));
        }
    }

    pub(super) fn marker(&mut self, shape: Shape, at: (f64, f64), radius: f64, class: &str) {
        let (x, y) = at;
        match shape {
            Shape::Circle => {
                put!(
                    self,
                    "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>",
                    Px(x),
                    Px(y),
                    Px(radius),
                    Class(class)
                );
            }
            Shape::Square => self.rect(
                x - radius * 0.9,
                y - radius * 0.9,
                radius * 1.8,
                radius * 1.8,
                class,
            ),
            Shape::Triangle => {
                let r = radius * 1.25;
                self.area(
                    &[(x, y - r), (x + r, y + r * 0.8), (x - r, y + r * 0.8)],
                    class,
                );
            }
            Shape::Diamond => {
                let r = radius * 1.35;
                self.area(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], class);
            }
        }
    }

    /// The finished drawing, with its text alternative first.
    pub(super) fn finish(
        self,
        height: f64,
        theme: Theme,
        title: &str,
        description: &str,
    ) -> String {
        let (title, description) = (
            one_line(&cut(title, 200)),
            one_line(&cut(description, 1_500)),
        );
        let height = Px(height);
        let size = match theme {
            Theme::Page => String::new(),
            _ => format!(" width=\"{WIDTH}\" height=\"{height}\""),
        };
        let style = match theme {
            Theme::Page => String::new(),
            _ => format!("<style>{}</style>", theme::style(theme)),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\"{size} role=\"img\" \
             aria-label=\"{title}. {description}\"><title>{title}</title><desc>{description}</desc>{style}\
             <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>{}</svg>\n",
            self.body
        )
    }
}

fn one_line(text: &str) -> String {
    markup(&crate::escape::visible(text))
}

/// A coordinate to a tenth of a pixel.
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.0.is_finite() { self.0 } else { 0.0 };
        let text = format!("{value:.1}");
        let text = text.strip_suffix(".0").unwrap_or(&text);
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

struct Path<'a>(&'a [(f64, f64)]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (x, y)) in self.0.iter().enumerate() {
            write!(
                f,
                "{}{} {}",
                if at == 0 { "M" } else { "L" },
                Px(*x),
                Px(*y)
            )?;
        }
        Ok(())
    }
}

struct Class<'a>(&'a str);

impl fmt::Display for Class<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " class=\"{}\"", self.0)
        }
    }
}
