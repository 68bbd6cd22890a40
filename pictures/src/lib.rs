//! Draws the answers of KPIs: as rows of text, as SVG, as an HTML page. Knows nothing of PostgreSQL: the extension hands in an
//! answer as JSON and gets text back, so that everything here is tested without a server.
//!
//! ```text
//! answer    what the database found: rows of a KPI, with its definition
//! reading   an answer becomes a picture: the question, the finding in words, the chart, the table
//! picture   what is drawn, as data: bars, trends, triangles, heat maps ... in numbers, not in pixels
//! clean     names and values without what could drive a terminal or hide
//! number    numbers, durations and dates as people say them
//! grafana   the definitions of a dashboard as Grafana's JSON
//! prometheus_rules  alerting rules as Prometheus' YAML
//! text, svg, page: a picture as text, as SVG, and several of them as a page
//! ```

pub mod answer;
pub mod clean;
pub mod grafana;
pub mod number;
pub mod page;
pub mod picture;
pub mod prometheus_rules;
pub mod reading;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod svg;
pub mod text;
