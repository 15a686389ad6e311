//! All artifacts on one page: the verdict of the whole first, then a section for each.

use std::path::Path;

use yard_contract::{Artifact as _, Header, ParseError, Verdict};
use yard_contract::{DataReport, DriftReport, Evaluation, Gate, PublishReceipt, SmokeReport};
use yard_report::annotations::Annotation;
use yard_report::document::{Block, Document, Status, Text};

use crate::error::ReportError;
use crate::sections::{self, Section};

/// The page under construction.
pub(crate) struct Page {
    title: String,
    links: Vec<(String, String)>,
    sections: Vec<Section>,
}

impl Page {
    pub(crate) fn new(title: &str, links: &[(String, String)]) -> Self {
        Self {
            title: title.to_owned(),
            links: links.to_vec(),
            sections: Vec::new(),
        }
    }

    /// Adds an artifact. What has a verdict is shown with what led to it; of any other kind the page
    /// tells what it was made from.
    pub(crate) fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
        let fail = |source| ReportError::Artifact {
            path: path.to_owned(),
            source,
        };
        let header: Header =
            serde_json::from_slice(bytes).map_err(|error| fail(ParseError::Json(error)))?;
        let section = match header.kind.as_str() {
            Gate::KIND => sections::read(bytes, sections::gate),
            Evaluation::KIND => sections::read(bytes, sections::evaluation),
            DataReport::KIND => sections::read(bytes, sections::data_report),
            SmokeReport::KIND => sections::read(bytes, sections::smoke_report),
            PublishReceipt::KIND => sections::read(bytes, sections::receipt),
            DriftReport::KIND => sections::read(bytes, sections::drift_report),
            _ => sections::any(&header, bytes),
        };
        self.sections.push(section.map_err(fail)?);
        Ok(())
    }

    /// The gravest verdict of all artifacts; a page without any verdict is no pass.
    pub(crate) fn verdict(&self) -> Verdict {
        let verdicts = self.sections.iter().filter_map(|section| section.verdict);
        Verdict::gravest(verdicts).unwrap_or(Verdict::Inconclusive)
    }

    /// The verdict in one sentence: what the gravest artifacts say.
    pub(crate) fn words(&self) -> String {
        let verdict = self.verdict();
        let graves = self
            .sections
            .iter()
            .filter(|section| section.verdict == Some(verdict));
        let words: Vec<String> = graves
            .map(|section| format!("{}: {}", section.title, section.summary))
            .collect();
        if words.is_empty() {
            "none of the artifacts holds a verdict".to_owned()
        } else {
            words.join("; ")
        }
    }

    /// What deserves an annotation.
    pub(crate) fn findings(&self) -> Vec<Annotation> {
        let findings = self.sections.iter().flat_map(|section| &section.findings);
        findings.cloned().collect()
    }

    /// The page.
    pub(crate) fn document(&self) -> Document {
        let mut blocks = Vec::new();
        if !self.links.is_empty() {
            let links = self
                .links
                .iter()
                .map(|(label, url)| Text::default().link(label.clone(), url));
            blocks.push(Block::List(links.collect()));
        }
        for section in &self.sections {
            blocks.push(Block::section(section.title.clone()));
            let mut line = Text::default();
            if let Some(verdict) = section.verdict {
                line = Text::status(status(verdict)).then(": ");
            }
            blocks.push(Block::Paragraph(line.then(section.summary.clone())));
            blocks.extend(section.blocks.iter().cloned());
        }
        let verdicts = self.sections.iter().filter_map(|section| section.verdict);
        Document {
            title: self.title.clone(),
            status: Verdict::gravest(verdicts).map_or(Status::Note, status),
            summary: Text::plain(self.words()),
            blocks,
        }
    }
}

/// A verdict as reports show it.
pub(crate) const fn status(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Warning => Status::Warn,
        Verdict::Fail => Status::Fail,
        Verdict::Inconclusive => Status::Inconclusive,
    }
}
