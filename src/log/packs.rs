//! The five packs are taxonomies as data, `packs/*.json`, compiled in. Twin: sql/log/packs.sql, which installs them.

pub mod file;

use crate::error::Error;
use crate::spelling;
use file::Part;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

const PACKS: [(&str, &str); 5] = [
    ("tutoring", include_str!("../../packs/tutoring.json")),
    ("coaching", include_str!("../../packs/coaching.json")),
    ("exam_prep", include_str!("../../packs/exam_prep.json")),
    ("support_chat", include_str!("../../packs/support_chat.json")),
    ("learning", include_str!("../../packs/learning.json")),
];

/// Returns the definitions of a pack: an array of {"event_name", "attributes"}, with defaults and shared properties
/// filled in.
#[pg_extern(immutable)]
fn pack_file(name: Option<&str>) -> Result<JsonB, ErrorReport> {
    let (name, text) = pack_named(name)?;
    let definitions =
        file::definitions(text).map_err(|problem| Error::BrokenPack { name: name.to_string(), problem })?;
    Ok(JsonB(definitions))
}

/// Returns the names of a pack's envelope, each with the argument of log_event() that it means.
#[pg_extern(immutable)]
fn pack_aliases(
    name: Option<&str>,
) -> Result<TableIterator<'static, (name!(alias, String), name!(argument, String))>, ErrorReport> {
    let (name, text) = pack_named(name)?;
    let aliases = file::aliases(text).map_err(|problem| Error::BrokenPack { name: name.to_string(), problem })?;
    Ok(TableIterator::new(aliases))
}

/// Returns how long events are kept, by class: [{"name", "keep", "description"}]; without keep they stay for ever.
#[pg_extern(immutable)]
fn pack_retention_classes(name: Option<&str>) -> Result<JsonB, ErrorReport> {
    Ok(part(name, Part::RetentionClasses)?)
}

/// Returns what create_compatibility_views() makes of a pack: [{"name", "columns": [[column, source], ...]}].
#[pg_extern(immutable)]
fn pack_views(name: Option<&str>) -> Result<JsonB, ErrorReport> {
    Ok(part(name, Part::CompatibilityViews)?)
}

/// Returns the KPIs that a pack brings, each with its name and what register_kpi() takes.
#[pg_extern(immutable)]
fn pack_kpis(name: Option<&str>) -> Result<JsonB, ErrorReport> {
    Ok(part(name, Part::Kpis)?)
}

/// Returns the dashboards that a pack brings: [{"name", "description", "kpis"}].
#[pg_extern(immutable)]
fn pack_dashboards(name: Option<&str>) -> Result<JsonB, ErrorReport> {
    Ok(part(name, Part::Dashboards)?)
}

/// Returns the alerts that a pack brings, each with its name and what register_alert() takes.
#[pg_extern(immutable)]
fn pack_alerts(name: Option<&str>) -> Result<JsonB, ErrorReport> {
    Ok(part(name, Part::Alerts)?)
}

fn part(name: Option<&str>, part: Part) -> Result<JsonB, Error> {
    let (name, text) = pack_named(name)?;
    let problem = |problem| Error::BrokenPack { name: name.to_string(), problem };
    file::part(text, part).map(JsonB).map_err(problem)
}

pub fn pack_named(name: Option<&str>) -> Result<&'static (&'static str, &'static str), Error> {
    let name = name.unwrap_or_default();
    PACKS.iter().find(|(known, _)| *known == name).ok_or_else(|| Error::UnknownPack {
        name: spelling::shown(name),
        known: PACKS.map(|(known, _)| known).join(", "),
    })
}

/// Contract: see the COMMENT in sql/log/packs.sql.
#[pg_extern(stable)]
fn pack_catalog() -> TableIterator<'static, (name!(pack, String), name!(description, String), name!(event_types, i64))>
{
    TableIterator::new(PACKS.iter().filter_map(|(name, text)| {
        let (description, events) = file::summary(text)?;
        Some((name.to_string(), description, events as i64))
    }))
}
