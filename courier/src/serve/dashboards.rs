//! The list of dashboards; a dashboard and a chart, each as the database makes it.

use std::collections::HashMap;

use maud::{Markup, html};
use serde::Deserialize;
use telemetry_pictures::{clean, reading};

use super::answer::{self, Answer};
use super::database::Asker;
use super::fault::Fault;
use super::layout::{self, Place};
use super::query::Fields;
use super::users::Caller;

const INDEX: &str = include_str!("dashboards/index.sql");
const FIRING: &str = include_str!("dashboards/firing.sql");
const PAGE: &str = include_str!("dashboards/page.sql");
const CHART: &str = include_str!("dashboards/chart.sql");

/// In the order of the parameters.
const PAGE_FIELDS: &[&str] = &[
    "name",
    "since",
    "until",
    "grain",
    "tz",
    "week_start",
    "tenant",
    "refresh_seconds",
    "first_day",
    "last_day",
    "last",
];
const CHART_FIELDS: &[&str] =
    &["name", "since", "until", "grain", "tz", "week_start", "tenant", "first_day", "last_day", "last"];

/// In columns.
const MOST_TITLE: usize = 120;
const MOST_TEXT: usize = 600;

#[derive(Debug, Deserialize)]
struct Index {
    reads_alerts: bool,
    dashboards: Vec<Dashboard>,
}

#[derive(Debug, Deserialize)]
struct Dashboard {
    name: String,
    description: Option<String>,
    kpis: Vec<Kpi>,
}

#[derive(Debug, Deserialize)]
struct Kpi {
    name: String,
    question: Option<String>,
}

/// How many instances of alerts fire.
#[derive(Debug, Default, Deserialize)]
struct Firing {
    all: u64,
    of: HashMap<String, u64>,
}

pub async fn index(database: &Asker, caller: &Caller, query: &[u8]) -> Result<Answer, Fault> {
    Fields::read(query, &[])?;
    let transaction = database.read(caller).await?;
    let index: Index = transaction.json(INDEX, &[]).await?;
    let firing: Option<Firing> = if index.reads_alerts { Some(transaction.json(FIRING, &[]).await?) } else { None };
    transaction.end().await?;
    Ok(answer::html(layout::page("Dashboards", Place::Dashboards, "./", &list(&index, firing.as_ref()))))
}

pub async fn page(database: &Asker, caller: &Caller, query: &[u8]) -> Result<Answer, Fault> {
    let fields = Fields::read(query, PAGE_FIELDS)?;
    let known = "select 1 from telemetry.dashboards d where d.name = $1";
    let page = document(database, caller, &fields, known, PAGE, Fault::NotFound("There is no dashboard of this name."))
        .await?;
    // A screen on the wall has nobody who would follow a link.
    let is_on_a_wall = !fields.get("refresh_seconds").is_empty();
    Ok(answer::html(if is_on_a_wall { page } else { layout::with_ways(page, "./") }))
}

pub async fn chart(database: &Asker, caller: &Caller, query: &[u8]) -> Result<Answer, Fault> {
    let fields = Fields::read(query, CHART_FIELDS)?;
    let known = "select 1 from telemetry.kpis k where k.name = $1";
    let chart =
        document(database, caller, &fields, known, CHART, Fault::NotFound("There is no KPI of this name.")).await?;
    Ok(answer::svg(chart))
}

async fn document(
    database: &Asker,
    caller: &Caller,
    fields: &Fields,
    known: &str,
    statement: &str,
    unknown: Fault,
) -> Result<Vec<u8>, Fault> {
    let transaction = database.read(caller).await?;
    if transaction.rows(known, &[fields.get("name")]).await?.is_empty() {
        transaction.end().await?;
        return Err(unknown);
    }
    let parameters: Vec<&str> = fields.values().collect();
    let rows = transaction.rows(statement, &parameters).await?;
    let document = rows.first().and_then(|row| row.try_get(0).ok()).ok_or(Fault::Broken)?;
    transaction.end().await?;
    Ok(document)
}

fn list(index: &Index, firing: Option<&Firing>) -> Markup {
    html! {
        @if let Some(firing) = firing.filter(|firing| firing.all > 0) {
            p.wide { a.fires href="alerts" { (counted(firing.all)) } }
        }
        @if index.dashboards.is_empty() {
            section.card {
                p { "There is no dashboard yet. A pack brings some: " code { "select telemetry.install_pack('learning')" } "." }
            }
        } @else {
            ul.list {
                @for dashboard in &index.dashboards { (entry(dashboard, firing)) }
            }
        }
    }
}

fn entry(dashboard: &Dashboard, firing: Option<&Firing>) -> Markup {
    let fires = firing.and_then(|firing| firing.of.get(&dashboard.name)).copied().unwrap_or_default();
    html! {
        li.card {
            h2 { a href=(address("dashboard", &dashboard.name)) { (clean::label(&reading::humanised(&dashboard.name), MOST_TITLE)) } }
            @if let Some(description) = &dashboard.description { p { (clean::label(description, MOST_TEXT)) } }
            @if fires > 0 { p.fires { (counted(fires)) } }
            @if !dashboard.kpis.is_empty() {
                details {
                    summary { (dashboard.kpis.len()) @if dashboard.kpis.len() == 1 { " chart" } @else { " charts" } }
                    ul {
                        @for kpi in &dashboard.kpis {
                            li { a href=(address("chart", &kpi.name)) { (title_of(kpi)) } }
                        }
                    }
                }
            }
        }
    }
}

fn title_of(kpi: &Kpi) -> String {
    match &kpi.question {
        Some(question) => clean::label(question, MOST_TITLE),
        None => clean::label(&reading::humanised(&kpi.name), MOST_TITLE),
    }
}

fn counted(firing: u64) -> String {
    if firing == 1 { "1 alert fires".to_owned() } else { format!("{firing} alerts fire") }
}

/// Relative, so that a proxy may put a path before it.
fn address(page: &str, name: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("name", name).finish();
    format!("{page}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_text() {
        let index = Index {
            reads_alerts: true,
            dashboards: vec![Dashboard {
                name: "a&b=<script>".to_owned(),
                description: Some("<img src=x onerror=alert(1)>\u{202e}".to_owned()),
                kpis: vec![Kpi { name: "k".to_owned(), question: Some("\"><script>".to_owned()) }],
            }],
        };
        let text = list(&index, None).into_string();
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'), "{text}");
        assert!(text.contains("dashboard?name=a%26b%3D%3Cscript%3E"), "{text}");
    }

    #[test]
    fn says_how_many_fire() {
        let dashboard = |name: &str| Dashboard { name: name.to_owned(), description: None, kpis: Vec::new() };
        let index = Index { reads_alerts: true, dashboards: vec![dashboard("errors"), dashboard("growth")] };
        let firing = Firing { all: 3, of: HashMap::from([("errors".to_owned(), 1), ("growth".to_owned(), 0)]) };
        let text = list(&index, Some(&firing)).into_string();
        assert_eq!(text.matches("3 alerts fire").count() + text.matches("1 alert fires").count(), 2, "{text}");
        assert!(!list(&index, None).into_string().contains("fire"));
    }
}
