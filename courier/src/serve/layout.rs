//! The frame of the pages that are made here, in the style of the dashboards, which the database makes.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use telemetry_pictures::{page, svg};

use super::fault::Fault;

const STYLE: &str = include_str!("layout/style.css");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Dashboards,
    Alerts,
    Nowhere,
}

/// `home` leads to the first page from where this one is.
pub fn page(title: &str, place: Place, home: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · telemetry" }
                style { (PreEscaped(svg::PALETTE)) (PreEscaped(page::STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.head { div.about { h1 { (title) } } }
                (ways(place, home))
                main #main tabindex="-1" { (body) }
            }
        }
    }
    .into_string()
}

fn ways(place: Place, home: &str) -> Markup {
    html! {
        nav.dashboards aria-label="Pages" {
            a href=(home) aria-current=[(place == Place::Dashboards).then_some("page")] { "Dashboards" }
            a href={ (home) "alerts" } aria-current=[(place == Place::Alerts).then_some("page")] { "Alerts" }
        }
    }
}

/// A page that the database made, with the ways to the pages that are made here before its charts.
pub fn with_ways(document: Vec<u8>, home: &str) -> Vec<u8> {
    const CHARTS: &[u8] = b"<main id=\"charts\"";
    let Some(place) = document.windows(CHARTS.len()).position(|part| part == CHARTS) else { return document };
    let mut page = document[..place].to_vec();
    page.extend_from_slice(ways(Place::Nowhere, home).0.as_bytes());
    page.extend_from_slice(&document[place..]);
    page
}

/// The first page, from an address of any depth: "./" of /alerts, "./../" of /alerts/silence. Relative, since a proxy may have put a path
/// before it.
pub fn home_from(path: &str) -> String {
    const DEEPEST: usize = 8;
    let depth = path.matches('/').count().saturating_sub(1).min(DEEPEST);
    format!("./{}", "../".repeat(depth))
}

pub fn fault(fault: &Fault, home: &str) -> String {
    let title = fault.status().canonical_reason().unwrap_or("Error");
    let body = html! {
        div.card { p { (fault.sentence()) } }
    };
    page(title, Place::Nowhere, home, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_database_gets_the_ways_before_its_charts() {
        let page = String::from_utf8(with_ways(
            b"<header></header><main id=\"charts\" tabindex=\"-1\"></main>".to_vec(),
            "./",
        ));
        let page = page.unwrap();
        assert!(page.starts_with("<header></header><nav class=\"dashboards\""), "{page}");
        assert!(page.ends_with("</nav><main id=\"charts\" tabindex=\"-1\"></main>"), "{page}");
        assert_eq!(with_ways(b"<main></main>".to_vec(), "./"), b"<main></main>");
    }

    #[test]
    fn the_first_page_is_found_from_everywhere() {
        assert_eq!(home_from("/"), "./");
        assert_eq!(home_from("/alerts"), "./");
        assert_eq!(home_from("/alerts/silence"), "./../");
        assert_eq!(home_from("*"), "./");
        assert!(home_from(&"/".repeat(10_000)).len() < 100);
    }
}
