//! What holds of every chart: well-formed, nothing hostile as markup, nothing that is no number, on the sheet, small.

mod any;
mod contrast;

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;
use crate::picture::{Step, StepGroup, Steps, Table};
use crate::samples;

const ELEMENTS: [&str; 9] = ["svg", "title", "desc", "style", "g", "rect", "path", "text", "circle"];
const ATTRIBUTES: [&str; 21] = [
    "class",
    "viewBox",
    "role",
    "aria-labelledby",
    "aria-hidden",
    "id",
    "x",
    "y",
    "width",
    "height",
    "rx",
    "d",
    "cx",
    "cy",
    "r",
    "fill-opacity",
    "transform",
    "xmlns",
    "text-anchor",
    "points",
    "style",
];
/// A chart of what the database answers is far smaller; this is the bound for whatever comes.
const MOST_BYTES: usize = 100_000;

#[test]
fn every_sample_is_drawn() {
    for picture in samples::pictures() {
        check(&picture);
    }
}

#[test]
fn a_group_without_a_step_is_left_out() {
    let step =
        Step { label: "Paid".into(), count: 3.0, share: None, lost: None, lost_share: None, median_seconds: None };
    let group = |label: &str, steps| StepGroup { label: Some(label.into()), steps };
    let steps = Steps { groups: vec![group("Berlin", vec![step]), group("nobody", vec![])] };
    let picture = samples::picture("any", "", "", Chart::Steps(steps), Table::default());
    check(&picture);
    assert!(!chart(&picture, "c1").into_string().contains("nobody"));
}

#[test]
fn a_page_of_eight_charts_is_small() {
    let charts = |pictures: &[Picture]| -> usize {
        pictures.iter().map(|picture| chart(picture, "c1").into_string().len()).sum()
    };
    let samples = samples::pictures();
    let mut sizes: Vec<usize> = samples.iter().map(|picture| charts(std::slice::from_ref(picture))).collect();
    sizes.sort_unstable();
    assert!(charts(&samples[..8]) < 50_000, "{}", charts(&samples[..8]));
    assert!(sizes.iter().rev().take(8).sum::<usize>() < 90_000, "{sizes:?}");
    let slim: usize = samples[..8].iter().map(|picture| narrow(picture, "c1").into_string().len()).sum();
    assert!(slim < 25_000, "{slim}");
    assert!(STYLE.len() + PALETTE.len() < 6_000);
}

#[test]
fn it_says_the_question_and_the_finding() {
    let picture = &samples::pictures()[0];
    let drawn = chart(picture, "kpi 1<").into_string();
    let document = Document::parse(&drawn).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let named: Vec<&str> = root.attribute("aria-labelledby").unwrap().split(' ').collect();
    assert_eq!(named, ["kpi-1--t", "kpi-1--d"]);
    let said = |id: &str| root.descendants().find(|node| node.attribute("id") == Some(id)).and_then(|node| node.text());
    assert_eq!(said(named[0]), Some("How far do new people get?"));
    assert!(said(named[1]).unwrap().starts_with("Of 303 who registered"));
}

#[test]
fn hostile_text_is_text() {
    for picture in samples::pictures() {
        let drawn = document(&picture);
        assert!(
            !drawn.contains("<img") && !drawn.contains("<script") && !drawn.contains('\u{202e}'),
            "{}",
            picture.name
        );
    }
}

#[test]
fn words_lie_on_nothing_else() {
    let drawn = |picture: &Picture| [chart(picture, "c").into_string(), narrow(picture, "c").into_string()];
    for (name, drawn) in
        samples::pictures().iter().flat_map(|picture| drawn(picture).map(|drawn| (picture.name.clone(), drawn)))
    {
        let document = Document::parse(&drawn).unwrap();
        let boxes: Vec<_> = document.descendants().filter(|node| node.has_tag_name("text")).map(extent).collect();
        for (index, one) in boxes.iter().enumerate() {
            for other in &boxes[index + 1..] {
                let is_apart = one.right <= other.left
                    || other.right <= one.left
                    || one.bottom <= other.top
                    || other.bottom <= one.top;
                assert!(is_apart, "{name}: {one:?} on {other:?}");
            }
        }
    }
}

#[test]
fn a_spark_needs_two_values() {
    let mut tile = samples::pictures()[0].headline.clone().unwrap();
    assert!(spark(&tile).into_string().starts_with("<svg class=\"spark\""));
    tile.spark = vec![None, Some(3.0), None];
    assert_eq!(spark(&tile).into_string(), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_is_drawn(picture in any::picture()) {
        check(&picture);
    }
}

fn check(picture: &Picture) {
    let inline = chart(picture, "c1").into_string();
    let alone = document(picture);
    assert!(inline.len() < MOST_BYTES, "{}: {} bytes", picture.name, inline.len());
    // What is named there stands in the chart that it follows.
    let slim = narrow(picture, "c1").into_string();
    for drawn in [&inline, &alone, &slim] {
        let document = Document::parse(drawn).unwrap_or_else(|error| panic!("{}: {error}\n{drawn}", picture.name));
        for node in document.descendants().filter(Node::is_element) {
            check_node(&node, &picture.name);
        }
    }
    check_places(&inline, &picture.name);
    check_places(&slim, &picture.name);
}

/// All words are on the sheet.
fn check_places(drawn: &str, name: &str) {
    let document = Document::parse(drawn).unwrap();
    let view = document.root_element().attribute("viewBox").unwrap();
    let view: Vec<f64> = view.split(' ').map(|number| number.parse().unwrap()).collect();
    let (width, height) = (view[2], view[3]);
    assert!((20.0..2_600.0).contains(&height), "{name}: {height} high");
    for text in document.descendants().filter(|node| node.has_tag_name("text")) {
        let Extent { left, right, top, bottom, .. } = extent(text);
        assert!(
            left >= -1.0 && right <= width + 1.0,
            "{name}: {left} to {right} of {width}: {:?} in {drawn:.600}",
            text.text()
        );
        assert!(top >= -2.0 && bottom <= height + 2.0, "{name}: {top} to {bottom} of {height}: {:?}", text.text());
    }
}

fn check_node(node: &Node, name: &str) {
    let tag = node.tag_name().name();
    assert!(ELEMENTS.contains(&tag), "{name}: <{tag}>");
    for attribute in node.attributes() {
        assert!(ATTRIBUTES.contains(&attribute.name()), "{name}: {}", attribute.name());
        let value = attribute.value();
        let is_number = || value.parse::<f64>().is_ok_and(|value| value.is_finite() && value.abs() < 1e5);
        match attribute.name() {
            "x" | "y" | "rx" | "cx" | "cy" | "r" | "fill-opacity" => assert!(is_number(), "{name}: {value}"),
            "width" | "height" => assert!(is_number() && !value.starts_with('-') || value == "100%", "{name}: {value}"),
            "d" => assert!(
                value.chars().all(|c| matches!(c, 'M' | 'l' | 'z' | ' ' | '.' | '-' | '0'..='9')),
                "{name}: {value}"
            ),
            _ => (),
        }
    }
}

#[derive(Debug)]
struct Extent {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    #[expect(dead_code, reason = "to be seen where a test fails")]
    text: String,
}

/// Where a text lies, by its class.
fn extent(node: Node) -> Extent {
    let number = |name| node.attribute(name).and_then(|value| value.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let text = node.text().unwrap_or_default().to_owned();
    let class = node.attribute("class").unwrap_or_default();
    let has = |name| class.split(' ').any(|class| class == name);
    let size = if has("small") { Type::Small } else { Type::Plain };
    let weight = if has("num") { 1.13 } else { 1.0 };
    let wide = width::of(&text, size) * if has("big") { 30.0 / 13.0 * 1.13 } else { weight };
    let high = if has("big") {
        24.0
    } else if has("small") {
        8.5
    } else {
        9.5
    };
    let (x, y) = (number("x"), number("y"));
    let left = if has("end") {
        x - wide
    } else if has("mid") {
        x - wide / 2.0
    } else {
        x
    };
    Extent { left, right: left + wide, top: y - high, bottom: y + 2.0, text }
}
