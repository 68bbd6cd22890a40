//! Retention tells who came back, by cohort and period. Twin: sql/kpi/retention.sql.
//!
//! Where sets of actors can answer (`matrix`), the order of events is never looked at; otherwise each actor's events are
//! (`engine`).

mod adding;
mod by_value;
mod engine;
#[cfg(test)]
mod known_answers;
mod matching;
mod matrix;
mod mean;

use crate::calendar::{Bucket, Calendar, Edges, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::parts;
use crate::readers::arguments::{asked_actor, asked_matches, asked_text, asked_word, bad};
use crate::readers::breakdown::{Breakdown, Group, Groups};
use crate::readers::each_actor::Order;
use crate::readers::each_journey::each_journey;
use crate::readers::journeys::Journeys;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::by_group::groups_by_actors;
use crate::readers::marking::{MarkedBand, Marking};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Class, Question};
use crate::source::unknown_events::refuse_unknown;
use crate::spelling::shown;
use crate::time::DAY;
use by_value::ByValue;
use engine::{Cell, CohortCounts, Definition, Event, Kind, Mode, Retention, Start};
use matching::Matching;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// A row: the cohort, the breakdown's value, the cohort's size, the period, who came back, which share, whether it is
/// complete, and whether the value stands for others.
type Row = (Option<TimestampWithTimeZone>, Option<String>, i64, i32, Option<i64>, Option<f64>, bool, bool);

/// Contract: see the COMMENT in sql/kpi/retention.sql.
#[pg_extern(sql = false)]
fn retention(call: Call<'_>) -> Answer<Row> {
    let shown = Shown::asked(&call)?;
    let mut asked = Asked::of(&call)?;
    let groups = asked.groups()?;
    if parts::is_giving() {
        let cells = Retention::new(asked.definition.clone()).cells();
        asked.source.memory.take(cells.saturating_mul(8 * groups.names.len()))?;
    }
    let mut cohorts = vec![CohortCounts::new(asked.definition.clone()); groups.names.len()];
    let (bounds, edges) = (edges(&asked.buckets), asked.edges());
    if asked.fits_matrix() {
        let (classes, keeps_before) = (asked.classes, asked.definition.kind != Kind::Recurring);
        let mut marking = Marking::new(edges, classes, keeps_before, &asked.source.memory, |band| {
            matrix::add(&mut cohorts[0], &sets_of(band));
            Ok(())
        })?;
        asked.source.visit(&mut marking)?;
    } else {
        visit_cells(&mut asked, &edges, &groups, |_, _, (group, cohort, k)| {
            cohorts[group].parts().1[cohort][k] += 1;
            Ok(())
        })?;
    }
    let (groups, cohorts) = adding::exchange(&asked, groups, cohorts)?;
    let now = session::transaction_clock();
    let range = asked.scope.since.unwrap_or(i64::MIN)..asked.scope.until.unwrap_or(i64::MAX);
    let seen = range.start..range.end.min(now);
    let mut rows = Vec::new();
    if shown != Shown::Cohorts {
        for (Group { text, is_other }, cohorts) in groups.iter().zip(&cohorts) {
            let means = mean::means(cohorts, bounds.times(), &seen, &range).into_iter().enumerate();
            rows.extend(means.filter(|(k, _)| asked.shows(*k)).map(|(k, mean)| {
                let (actors, rate) = (mean.actors, mean.rate());
                (None, text.clone(), mean.cohort_size, k as i32, actors, rate, mean.is_complete, *is_other)
            }));
        }
    }
    let mut cells: Vec<(usize, Cell)> = Vec::new();
    for (group, cohorts) in cohorts.iter().enumerate().filter(|_| shown != Shown::Mean) {
        cells.extend(cohorts.cells().filter(|cell| asked.shows(cell.k)).map(|cell| (group, cell)));
    }
    cells.sort_by_key(|(group, cell)| (cell.cohort, *group));
    for (group, cell) in cells {
        let retention = cohorts[group].retention();
        let has_begun = retention.has_begun(bounds.times(), cell.cohort, cell.k, now);
        let Group { text, is_other } = &groups[group];
        rows.push((
            Some(timestamp(asked.buckets[cell.cohort].start)?),
            text.clone(),
            cell.cohort_size,
            cell.k as i32,
            has_begun.then_some(cell.actors),
            (cell.cohort_size > 0 && has_begun).then(|| cell.actors as f64 / cell.cohort_size as f64),
            retention.is_over(bounds.times(), cell.cohort, cell.k, &seen),
            *is_other,
        ));
    }
    call.rows(rows)
}

/// A row: the cohort, the breakdown's value, the period, the actor, and whether the value stands for others.
type ActorRow = (TimestampWithTimeZone, Option<String>, i32, pgrx::Uuid, pgrx::Uuid, bool);

/// Contract: see the COMMENT in sql/kpi/retention.sql.
#[pg_extern(sql = false)]
fn retention_actors(call: Call<'_>) -> Answer<ActorRow> {
    let mut asked = Asked::of(&call)?;
    let groups = asked.groups()?;
    let mut listing = Listing::new(&asked.source.memory);
    let edges = asked.edges();
    let most = asked.most;
    let is_shown = |k: usize| most.is_none_or(|most| k <= most);
    if asked.fits_matrix() {
        let retention = Retention::new(asked.definition.clone());
        let (classes, keeps_before) = (asked.classes, asked.definition.kind != Kind::Recurring);
        let mut marking = Marking::new(edges, classes, keeps_before, &asked.source.memory, |band| {
            matrix::visit(
                &retention,
                &sets_of(band),
                |_, k| is_shown(k),
                |cohort, k, place| listing.push(band.tenant, band.number(place), (0, cohort, k)),
            )
        })?;
        asked.source.visit(&mut marking)?;
    } else {
        visit_cells(&mut asked, &edges, &groups, |tenant, number, cell| {
            if is_shown(cell.2) { listing.push(tenant, number, cell) } else { Ok(()) }
        })?;
    }
    let mut rows = Vec::new();
    for (tenant, actor, (group, cohort, k)) in listing.finish(&asked.source)? {
        let (start, Group { text, is_other }) = (asked.buckets[cohort].start, &groups.names[group]);
        rows.push((timestamp(start)?, text.clone(), k as i32, uuid(tenant), uuid(actor), *is_other));
    }
    call.rows(rows)
}

/// Calls `done` with each cell that an actor is in, as (group, cohort, k), its tenant and its number in it.
fn visit_cells(
    asked: &mut Asked,
    edges: &Edges,
    groups: &Groups,
    mut done: impl FnMut(TenantId, ActorNumber, (usize, usize, usize)) -> Result<(), Error>,
) -> Result<(), Error> {
    let Asked { source, definition, classes, breakdown, .. } = asked;
    let (mut matching, mut by_value) = (Matching::new(Retention::new(definition.clone())), ByValue::default());
    if breakdown.is_none() {
        return visit_each(
            source,
            edges,
            *classes,
            |event, _| event,
            |tenant, number, journeys| matching.visit(journeys, |cohort, k| done(tenant, number, (0, cohort, k))),
        );
    }
    let with_group = |event, value: u32| (event, groups.group_of(value as usize));
    visit_each(source, edges, *classes, with_group, |tenant, number, journeys| {
        by_value.visit(definition.kind, journeys, |group, journeys| {
            matching.visit(journeys, |cohort, k| done(tenant, number, (group, cohort, k)))
        })
    })
}

/// The arguments of retention() and retention_actors(), read and checked, and the source of their events.
struct Asked {
    scope: Scope,
    source: Source,
    buckets: Vec<Bucket>,
    definition: Definition,
    /// How many classes the question has: 1 where start and return are the same events.
    classes: usize,
    /// The last period that is shown.
    most: Option<usize>,
    breakdown: Option<Breakdown>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let scope = Scope::asked(call)?;
        let calendar = Calendar::asked(call)?;
        let Options { mut definition, most } = Options::asked(call, &calendar)?;
        let (actor, object_key) = asked_actor(call)?;
        if scope.conditions.is_empty() && definition.kind == Kind::FirstEver {
            // Without a filter the first event of the name is the first start event.
            definition.kind = Kind::FirstTime;
        }
        let (start_event, return_event) = (asked_text(call, "start_event")?, asked_text(call, "return_event")?);
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
        let question =
            if definition.kind == Kind::Recurring { scope.users(classes) } else { scope.users_ever(classes) };
        let (breakdown, matches) = (Breakdown::asked(call)?, asked_matches(call)?);
        // Of starts of one time the one that arrived first has the value.
        let needs_arrivals = definition.needs_arrivals() || breakdown.is_some();
        let touches = breakdown.as_ref().map(|breakdown| breakdown.keys.clone());
        let question = Question { actor, object_key, needs_arrivals, matches, touches, ..question };
        let (mut source, buckets) = scope.open(question, &calendar)?;
        definition.periods = buckets.len();
        // How many values a part has is known later.
        let shown = breakdown.as_ref().filter(|_| !parts::is_giving()).map_or(1, |breakdown| breakdown.most + 2);
        source.memory.take(Retention::new(definition.clone()).cells().saturating_mul(8 * shown))?;
        Ok(Asked { scope, source, buckets, definition, classes: count, most, breakdown })
    }

    /// Finds the values with the most actors that have a start event.
    fn groups(&mut self) -> Result<Groups, Error> {
        groups_by_actors(&mut self.source, self.breakdown.as_ref(), 1)
    }

    /// Gives the edges between which events are counted. What precedes `since` is before the range, even where it lies
    /// in the first period.
    fn edges(&self) -> Edges {
        edges(&self.buckets).cut_at(self.scope.since)
    }

    /// Tells whether sets of actors answer, for which it makes no difference which of an actor's events are of one value.
    fn fits_matrix(&self) -> bool {
        self.definition.fits_matrix() && !self.source.is_matching() && self.breakdown.is_none()
    }

    fn shows(&self, k: usize) -> bool {
        self.most.is_none_or(|most| k <= most)
    }
}

/// The rows that are shown: those of the cohorts, those of the mean of all cohorts, which precede them, or both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Cohorts,
    Mean,
    Both,
}

impl Shown {
    fn asked(call: &Call<'_>) -> Result<Shown, Error> {
        asked_word(call, "show", &[("cohorts", Shown::Cohorts), ("mean", Shown::Mean), ("both", Shown::Both)])
    }
}

struct Options {
    definition: Definition,
    most: Option<usize>,
}

impl Options {
    fn asked(call: &Call<'_>, calendar: &Calendar) -> Result<Options, Error> {
        let unknown =
            |argument, word: &str, known: &str| Error::UnknownWord { argument, word: shown(word), known: known.into() };
        let kind = match call.text("kind")?.unwrap_or("recurring") {
            "recurring" => Kind::Recurring,
            "first_time" => Kind::FirstTime,
            "first_ever" => Kind::FirstEver,
            word => return Err(unknown("kind", word, "recurring, first_time, first_ever")),
        };
        let mode = match call.text("mode")?.unwrap_or("on") {
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
        let periods = call.integer("periods")?;
        if periods.is_some_and(|periods| periods < 0) {
            return Err(bad(
                "periods must not be negative",
                "It is the last period that is shown; 0 shows the cohorts alone.",
            ));
        }
        let min_occurrences = call.integer("min_occurrences")?;
        if min_occurrences.is_some_and(|times| times < 1) {
            return Err(bad(
                "min_occurrences must be at least 1",
                "It is how many return events one period must have.",
            ));
        }
        let rolling = match (call.flag("rolling")?.unwrap_or(false), calendar.grain()) {
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

/// Reads the widths of a mode like "brackets 1,2,4".
fn brackets(mode: &str) -> Option<Vec<u32>> {
    let widths = mode.strip_prefix("brackets ")?;
    let widths: Option<Vec<u32>> =
        widths.split(',').map(|width| width.trim().parse().ok().filter(|n| *n > 0)).collect();
    widths.filter(|widths| widths.len() <= 1_000)
}

fn sets_of<'a>(band: &MarkedBand<'a>) -> matrix::Band<'a> {
    let returns = band.activities.last().unwrap_or(&band.activities[0]);
    matrix::Band { starts: &band.activities[0], before: band.before, returns }
}

/// Calls `done` with what `make` makes of each actor's events and of the numbers of their values, journey by journey, with
/// its tenant and its number in it.
fn visit_each<E: Copy>(
    source: &mut Source,
    edges: &Edges,
    classes: usize,
    make: impl Fn(Event, u32) -> E,
    mut done: impl FnMut(TenantId, ActorNumber, Journeys<'_, E>) -> Result<(), Error>,
) -> Result<(), Error> {
    let order = if source.needs_arrivals() { Order::TimeAndArrival } else { Order::Time };
    let mut of_actor = Vec::new();
    each_journey(
        source,
        order,
        |label, value| Some((label as u32, value)),
        |tenant, number, journeys| {
            of_actor.clear();
            of_actor.extend(journeys.events.iter().map(|(time, (label, value))| {
                let start = match label {
                    label if label & 1 != 0 => Start::Yes,
                    label if label & 4 != 0 => Start::NameOnly,
                    _ => Start::No,
                };
                let is_return = label & if classes == 1 { 1 } else { 2 } != 0;
                make(Event { time: *time, period: edges.place_of(*time) as i32 - 1, start, is_return }, *value)
            }));
            done(tenant, number, Journeys { events: &of_actor, ends: journeys.ends })
        },
    )
}
