//! Foreign text made harmless for the place where it is printed.
//!
//! Every function first makes visible what a reader would not see (control characters, ANSI
//! escapes, bidirectional overrides, zero-width characters: shown as `\u{202e}`), then applies
//! the rules of its place. All are total: no input is an error, none panics, and the original
//! can be read back by eye.
//!
//! | place | function |
//! |---|---|
//! | Markdown, words in a sentence or a table cell | [`prose`] |
//! | Markdown, a value (the right choice for data) | [`code_span`], [`code_cell`] in a table |
//! | Markdown, several lines | [`code_block`] |
//! | HTML and XML, text or a quoted attribute | [`markup`] |
//! | GitHub workflow commands | [`command_data`], [`command_property`] |
//! | one log line | [`log_line`] |

mod ci;
mod markdown;
mod markup;
mod visible;

pub use ci::{command_data, command_property, log_line};
pub use markdown::{CELL_CHARS, code_block, code_cell, code_span, defuse, prose};
pub use markup::markup;
pub use visible::{cut, is_unseen, visible, visible_lines};
