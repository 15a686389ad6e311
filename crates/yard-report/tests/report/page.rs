//! The page is well-formed, self-contained and readable without seeing it.

use roxmltree::{Document as Xml, Node};
use yard_report::document::{Block, Document, Status, Text};
use yard_report::html;

use crate::gallery;

fn page() -> String {
    let mut blocks = vec![Block::section("One")];
    blocks.extend(
        gallery::all()
            .into_iter()
            .map(|(_, _, figure)| Block::Figure(figure)),
    );
    blocks.push(Block::section("Two"));
    blocks.extend(
        gallery::empty()
            .into_iter()
            .map(|(_, _, figure)| Block::Figure(figure)),
    );
    let summary = Text::plain("See ")
        .link("the run", "https://forge.example/run?a=1&b=2")
        .then(".");
    html::render(&Document {
        title: "A <b>page</b>".to_owned(),
        status: Status::Warn,
        summary,
        blocks,
    })
}

fn parse(page: &str) -> Xml<'_> {
    Xml::parse_with_options(
        page,
        roxmltree::ParsingOptions {
            allow_dtd: true,
            ..Default::default()
        },
    )
    .unwrap()
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = page();
    let xml = parse(&page);
    for node in xml.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            ![
                "script", "link", "img", "iframe", "object", "embed", "base", "form", "b"
            ]
            .contains(&name),
            "<{name}>"
        );
        for attribute in node.attributes() {
            assert!(
                !attribute.name().starts_with("on") && attribute.name() != "style",
                "{}",
                attribute.name()
            );
            let is_address = ["href", "src", "xlink:href", "action"].contains(&attribute.name());
            assert!(
                !is_address
                    || name == "a"
                        && (attribute.value().starts_with('#')
                            || attribute.value().starts_with("https:"))
            );
        }
    }
    assert_eq!(page.matches("<style>").count(), 1);
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert!(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"));
}

#[test]
fn every_chart_has_words_and_numbers() {
    let page = page();
    let xml = parse(&page);
    let charts: Vec<_> = xml
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "svg")))
        .collect();
    assert!(charts.len() > 20);
    for chart in charts {
        assert_eq!(chart.attribute("role"), Some("img"));
        assert!(
            chart
                .attribute("aria-label")
                .is_some_and(|label| label.len() > 10)
        );
        let figure = chart.parent().unwrap();
        assert!(figure.has_tag_name("figure"));
        assert!(
            figure
                .children()
                .any(|node| node.has_tag_name("figcaption"))
        );
    }
}

#[test]
fn contents_lead_to_sections() {
    let page = page();
    let xml = parse(&page);
    let targets: Vec<_> = xml
        .descendants()
        .filter_map(|node| node.attribute("id"))
        .collect();
    let links = xml
        .descendants()
        .filter_map(|node| node.attribute("href"))
        .filter_map(|href| href.strip_prefix('#'));
    assert!(links.into_iter().all(|link| targets.contains(&link)));
    let mut unique = targets.clone();
    unique.dedup();
    assert_eq!(unique, targets);
}
