//! What comes out, read by parsers that are not ours.

#[cfg(test)]
mod budget;
#[cfg(test)]
mod charts;
#[path = "../../examples/gallery/charts.rs"]
mod gallery;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod page;

/// A chart's name, its drawing as a file, and its figure.
type Entry = (&'static str, String, yard_report::document::Figure);
