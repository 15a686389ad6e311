//! Columns that an algorithm sees: the table's, or what the preparation made of them.

use std::borrow::Cow;

use yard_model::{Numbers, Texts};
use yard_table::Column;

use crate::config::Scale;

/// One column, and whose it is.
pub(crate) struct Prepared<'t> {
    /// The feature's name, and what was made of it.
    pub(crate) name: String,
    /// The feature.
    pub(crate) feature: &'t str,
    /// How a linear model scales it.
    pub(crate) scale: Scale,
    pub(crate) cells: Cow<'t, Column>,
}

/// The same column in a graph.
pub(crate) enum Handle {
    Number(Numbers),
    Text(Texts),
}
