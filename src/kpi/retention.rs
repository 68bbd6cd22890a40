//! Retention: who came back, by cohort and period. Twin: sql/kpi/retention.sql.
//!
//! Where sets of actors can answer (`matrix`), the order of events is never looked at; otherwise each actor's events are
//! (`engine`).

mod engine;
#[cfg(test)]
mod known_answers;
mod matrix;

use crate::calendar::{Bucket, Calendar, Edges, edges, timestamp};
use crate::db::session;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::jsonb::JsonbArg;
use crate::jsonb::key_path::KeyPath;
use crate::readers::arguments::actor_or_object;
use crate::readers::each_actor::{Order, each_actor};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, Marking};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Actor, Class, Question};
use crate::source::unknown_events::refuse_unknown;
use crate::time::DAY;
use engine::{Cohorts, Definition, Event, Kind, Mode, Retention, Start};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/retention.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn retention(
    start_event: Option<String>,
    return_event: Option<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    periods: Option<i32>,
    kind: Option<&str>,
    mode: Option<&str>,
    rolling: Option<bool>,
    min_occurrences: Option<i32>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    actor: Option<&str>,
    object_key: Option<String>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(cohort, TimestampWithTimeZone),
            name!(cohort_size, i64),
            name!(period, i32),
            name!(actors, Option<i64>),
            name!(rate, Option<f64>),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let scope = Scope::of(since, until, tenant, filter)?;
    let calendar = Calendar::of(grain, tz, week_start)?;
    let options = Options::of(&calendar, periods, kind, mode, rolling, min_occurrences)?;
    let mut asked = ask(start_event, return_event, &scope, &calendar, options, actor_or_object(actor, object_key)?)?;
    let mut cohorts = Cohorts::new(asked.definition.clone());
    let (bounds, edges) = (edges(&asked.buckets), asked.edges(scope.since));
    if asked.definition.fits_matrix() {
        let (classes, keeps_before) = (asked.classes, asked.definition.kind != Kind::Recurring);
        let mut marking = Marking::new(edges, classes, keeps_before, &asked.source.memory, |band| {
            matrix::add(&mut cohorts, &sets_of(band));
            Ok(())
        })?;
        asked.source.visit(&mut marking)?;
    } else {
        visit_each(&mut asked.source, &asked.definition, &edges, asked.classes, |_, _, events| {
            cohorts.add(events);
            Ok(())
        })?;
    }
    let now = session::transaction_clock();
    let seen = scope.since.unwrap_or(i64::MIN)..scope.until.unwrap_or(now).min(now);
    let mut rows = Vec::new();
    for cell in cohorts.cells().filter(|cell| asked.shows(cell.k)) {
        let has_begun = cohorts.retention().has_begun(bounds.times(), cell.cohort, cell.k, now);
        rows.push((
            timestamp(asked.buckets[cell.cohort].start)?,
            cell.cohort_size,
            cell.k as i32,
            has_begun.then_some(cell.actors),
            (cell.cohort_size > 0 && has_begun).then(|| cell.actors as f64 / cell.cohort_size as f64),
            cohorts.retention().is_over(bounds.times(), cell.cohort, cell.k, &seen),
        ));
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/retention.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn retention_actors(
    start_event: Option<String>,
    return_event: Option<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    periods: Option<i32>,
    kind: Option<&str>,
    mode: Option<&str>,
    rolling: Option<bool>,
    min_occurrences: Option<i32>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    actor: Option<&str>,
    object_key: Option<String>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(cohort, TimestampWithTimeZone),
            name!(period, i32),
            name!(tenant_id, pgrx::Uuid),
            name!(actor_id, pgrx::Uuid),
        ),
    >,
    ErrorReport,
> {
    let scope = Scope::of(since, until, tenant, filter)?;
    let calendar = Calendar::of(grain, tz, week_start)?;
    let options = Options::of(&calendar, periods, kind, mode, rolling, min_occurrences)?;
    let mut asked = ask(start_event, return_event, &scope, &calendar, options, actor_or_object(actor, object_key)?)?;
    let mut listing = Listing::new(&asked.source.memory);
    let edges = asked.edges(scope.since);
    let most = asked.most;
    let is_shown = |k: usize| most.is_none_or(|most| k <= most);
    if asked.definition.fits_matrix() {
        let retention = Retention::new(asked.definition.clone());
        let (classes, keeps_before) = (asked.classes, asked.definition.kind != Kind::Recurring);
        let mut marking = Marking::new(edges, classes, keeps_before, &asked.source.memory, |band| {
            let mut outcome = Ok(());
            matrix::visit(
                &retention,
                &sets_of(band),
                |_, k| is_shown(k),
                |cohort, k, place| {
                    if outcome.is_ok() {
                        outcome = listing.push(band.tenant, band.number(place), (cohort, k));
                    }
                },
            );
            outcome
        })?;
        asked.source.visit(&mut marking)?;
    } else {
        let mut retention = Retention::new(asked.definition.clone());
        visit_each(&mut asked.source, &asked.definition, &edges, asked.classes, |tenant, number, events| {
            let mut outcome = Ok(());
            retention.visit(events, |cohort, k| {
                if outcome.is_ok() && is_shown(k) {
                    outcome = listing.push(tenant, number, (cohort, k));
                }
            });
            outcome
        })?;
    }
    let mut rows = Vec::new();
    for (tenant, actor, (cohort, k)) in listing.finish(&asked.source)? {
        rows.push((timestamp(asked.buckets[cohort].start)?, k as i32, uuid(tenant), uuid(actor)));
    }
    Ok(TableIterator::new(rows))
}

/// What both functions are asked.
struct Asked {
    source: Source,
    buckets: Vec<Bucket>,
    definition: Definition,
    /// 1 where start and return are the same events.
    classes: usize,
    /// The last period that is shown.
    most: Option<usize>,
}

impl Asked {
    /// Where events are told apart: what precedes `since` is before the range, also within the first period.
    fn edges(&self, since: Option<i64>) -> Edges {
        edges(&self.buckets).cut_at(since)
    }

    fn shows(&self, k: usize) -> bool {
        self.most.is_none_or(|most| k <= most)
    }
}

struct Options {
    definition: Definition,
    most: Option<usize>,
}

impl Options {
    fn of(
        calendar: &Calendar,
        periods: Option<i32>,
        kind: Option<&str>,
        mode: Option<&str>,
        rolling: Option<bool>,
        min_occurrences: Option<i32>,
    ) -> Result<Options, Error> {
        let unknown = |argument, word: &str, known: &str| Error::UnknownWord {
            argument,
            word: word.chars().take(40).collect(),
            known: known.into(),
        };
        let kind = match kind.unwrap_or("recurring") {
            "recurring" => Kind::Recurring,
            "first_time" => Kind::FirstTime,
            "first_ever" => Kind::FirstEver,
            word => return Err(unknown("kind", word, "recurring, first_time, first_ever")),
        };
        let mode = match mode.unwrap_or("on") {
            "on" => Mode::On,
            "on_or_after" => Mode::OnOrAfter,
            word => match brackets(word) {
                Some(widths) => Mode::Brackets(widths),
                None => {
                    return Err(unknown(
                        "mode",
                        word,
                        "on, on_or_after, or brackets with their widths, as in \"brackets 1,2,4\"",
                    ));
                }
            },
        };
        let bad = |problem: &str, hint: &str| Error::BadArgument { problem: problem.into(), hint: hint.into() };
        if periods.is_some_and(|periods| periods < 0) {
            return Err(bad(
                "periods must not be negative",
                "It is the last period that is shown; 0 shows the cohorts alone.",
            ));
        }
        if min_occurrences.is_some_and(|times| times < 1) {
            return Err(bad(
                "min_occurrences must be at least 1",
                "It is how many return events one period must have.",
            ));
        }
        let rolling = match (rolling.unwrap_or(false), calendar.grain()) {
            (false, _) => None,
            (true, "hour") => Some(DAY / 24),
            (true, "day") => Some(DAY),
            (true, "week") => Some(7 * DAY),
            (true, "month") => Some(30 * DAY),
            (true, _) => {
                return Err(bad(
                    "rolling windows are hours, days, weeks of 7 days or months of 30 days",
                    "Choose one of these grains, or leave rolling out.",
                ));
            }
        };
        let definition =
            Definition { kind, mode, rolling, periods: 0, min_occurrences: min_occurrences.unwrap_or(1) as u32 };
        Ok(Options { definition, most: periods.map(|periods| periods as usize) })
    }
}

/// The widths of "brackets 1,2,4".
fn brackets(mode: &str) -> Option<Vec<u32>> {
    let widths = mode.strip_prefix("brackets ")?;
    let widths: Option<Vec<u32>> =
        widths.split(',').map(|width| width.trim().parse().ok().filter(|n| *n > 0)).collect();
    widths.filter(|widths| widths.len() <= 1_000)
}

fn ask(
    start_event: Option<String>,
    return_event: Option<String>,
    scope: &Scope,
    calendar: &Calendar,
    options: Options,
    (actor, object_key): (Actor, Option<KeyPath>),
) -> Result<Asked, Error> {
    let Options { mut definition, most } = options;
    if scope.conditions.is_empty() && definition.kind == Kind::FirstEver {
        // Without a filter the first event of the name is the first start event.
        definition.kind = Kind::FirstTime;
    }
    refuse_unknown(start_event.iter().chain(&return_event))?;
    let names = |name: &Option<String>| name.as_ref().map(|name| vec![name.clone()]);
    let mut classes = vec![scope.class(names(&start_event))];
    if start_event != return_event || definition.kind == Kind::FirstEver {
        classes.push(scope.class(names(&return_event)));
    }
    if definition.kind == Kind::FirstEver {
        classes.push(Class { names: names(&start_event), conditions: Vec::new() });
    }
    let count = classes.len();
    // Whether a start is the first is a matter of all history.
    let question = if definition.kind == Kind::Recurring { scope.users(classes) } else { scope.users_ever(classes) };
    let question = Question { actor, object_key, needs_arrivals: definition.needs_arrivals(), ..question };
    let (mut source, buckets) = scope.open(question, calendar)?;
    definition.periods = buckets.len();
    source.memory.take(Retention::new(definition.clone()).cells().saturating_mul(8))?;
    Ok(Asked { source, buckets, definition, classes: count, most })
}

fn sets_of<'a>(band: &MarkedBand<'a>) -> matrix::Band<'a> {
    let returns = band.activities.last().unwrap_or(&band.activities[0]);
    matrix::Band { starts: &band.activities[0], before: band.before, returns }
}

/// Calls `done` with each actor's events, its tenant and its number in it.
fn visit_each(
    source: &mut Source,
    definition: &Definition,
    edges: &Edges,
    classes: usize,
    mut done: impl FnMut(TenantId, ActorNumber, &[Event]) -> Result<(), Error>,
) -> Result<(), Error> {
    let order = if definition.needs_arrivals() { Order::TimeAndArrival } else { Order::Time };
    let mut of_actor = Vec::new();
    each_actor(
        source,
        order,
        |label, _| Some(label as u32),
        |tenant, number, events| {
            of_actor.clear();
            of_actor.extend(events.iter().map(|(time, label)| Event {
                time: *time,
                period: edges.place_of(*time) as i32 - 1,
                start: match label {
                    label if label & 1 != 0 => Start::Yes,
                    label if label & 4 != 0 => Start::NameOnly,
                    _ => Start::No,
                },
                is_return: label & if classes == 1 { 1 } else { 2 } != 0,
            }));
            done(tenant, number, &of_actor)
        },
    )
}
