//! Which columns of the table go where.

use std::io::Read;

use yard_contract::{Answer, Signature};
use yard_model::Predictor;
use yard_table::{ColumnSpec, Layout, RowStream, StreamError};

use crate::args::Keep;
use crate::error::BatchError;
use crate::plan::{Copied, Plan};

/// The names of the columns behind the copied ones: what the model answers.
fn answer_names(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Binary(_) => vec!["probability".to_owned(), "class".to_owned()],
        Answer::Multiclass(several) => {
            let names = several.classes.iter();
            let names = names.map(|class| format!("probability_{class}"));
            names.chain(["prediction".to_owned()]).collect()
        }
        Answer::Regression(_) => vec!["prediction".to_owned()],
    }
}

/// Where the features and the copied columns are in a table.
pub(crate) struct Columns {
    pub(crate) specs: Vec<ColumnSpec>,
    /// The features' places in a row.
    pub(crate) features: Vec<usize>,
    /// The copied cells' places in a row.
    pub(crate) copied: Vec<usize>,
    /// How many cells a row has.
    pub(crate) width: usize,
    pub(crate) layout: Layout,
    /// The names of the columns behind the copied ones.
    answers: Vec<String>,
}

impl Columns {
    /// Finds every feature and every copied column in the header.
    pub(crate) fn find<R: Read>(
        rows: &RowStream<R>,
        predictor: &Predictor,
        plan: &Plan,
    ) -> Result<Self, BatchError> {
        let fail = |source| BatchError::Table {
            path: plan.data.clone(),
            source: StreamError::Table(source),
        };
        let signature: &Signature = predictor.signature();
        let specs = predictor.specs();
        let features = specs.iter().map(|spec| rows.position(&spec.name));
        let features = features.collect::<Result<Vec<_>, _>>().map_err(fail)?;
        let header = rows.header();
        let copied = match &plan.copy {
            Copied::Named(names) => {
                let places = names.iter().map(|name| rows.position(name));
                places.collect::<Result<_, _>>().map_err(fail)?
            }
            Copied::Keep(Keep::None) => Vec::new(),
            Copied::Keep(Keep::All) => (0..header.len()).collect(),
            Copied::Keep(Keep::Ids) => (0..header.len())
                .filter(|place| !features.contains(place))
                .collect(),
        };
        let copied: Vec<usize> = copied;
        let taken = copied.iter().map(|&place| &header[place]);
        let answers = answer_names(&signature.answer);
        if let Some(name) = taken.into_iter().find(|name| answers.contains(name)) {
            return Err(BatchError::Collision(name.clone()));
        }
        Ok(Self {
            specs,
            features,
            copied,
            width: header.len(),
            layout: rows.layout().clone().with_missing(&signature.missing),
            answers,
        })
    }

    /// The output's header line.
    pub(crate) fn header_line(&self, header: &[String]) -> Vec<u8> {
        let mut line = Vec::new();
        for &place in &self.copied {
            cell(&mut line, &header[place]);
            line.push(b',');
        }
        for (place, name) in self.answers.iter().enumerate() {
            if place > 0 {
                line.push(b',');
            }
            cell(&mut line, name);
        }
        line.push(b'\n');
        line
    }
}

/// Writes a cell as RFC 4180 has it: in quotes where it needs them.
pub(crate) fn cell(out: &mut Vec<u8>, text: &str) {
    let needs = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if text.bytes().any(needs) {
        out.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (text, written) in [
            ("", ""),
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("a;b", "a;b"),
        ] {
            let mut out = Vec::new();
            super::cell(&mut out, text);
            assert_eq!(out, written.as_bytes());
        }
    }
}
