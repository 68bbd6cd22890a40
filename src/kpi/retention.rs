//! Retention tells who came back, by cohort and period. Twin: sql/kpi/retention.sql.
//!
//! Where sets of actors can answer (`matrix`), the order of events is never looked at; otherwise each actor's events are
//! (`engine`).

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
use crate::readers::arguments::{asked_actor, asked_matches, asked_text, asked_word, bad};
use crate::readers::each_actor::Order;
use crate::readers::each_journey::each_journey;
use crate::readers::journeys::Journeys;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, Marking};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Class, Question};
use crate::source::unknown_events::refuse_unknown;
use crate::spelling::shown;
use crate::time::DAY;
use engine::{CohortCounts, Definition, Event, Kind, Mode, Retention, Start};
use matching::Matching;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/retention.sql.
#[pg_extern(sql = false)]
fn retention(call: Call<'_>) -> Answer<(Option<TimestampWithTimeZone>, i64, i32, Option<i64>, Option<f64>, bool)> {
    let shown = Shown::asked(&call)?;
    let mut asked = Asked::of(&call)?;
    let mut cohorts = CohortCounts::new(asked.definition.clone());
    let (bounds, edges) = (edges(&asked.buckets), asked.edges());
    if asked.fits_matrix() {
        let (classes, keeps_before) = (asked.classes, asked.definition.kind != Kind::Recurring);
        let mut marking = Marking::new(edges, classes, keeps_before, &asked.source.memory, |band| {
            matrix::add(&mut cohorts, &sets_of(band));
            Ok(())
        })?;
        asked.source.visit(&mut marking)?;
    } else {
        let mut matching = Matching::new(cohorts.retention().clone());
        let counts = cohorts.parts().1;
        visit_each(&mut asked.source, &asked.definition, &edges, asked.classes, |_, _, journeys| {
            matching.visit(journeys, |cohort, k| {
                counts[cohort][k] += 1;
                Ok(())
            })
        })?;
    }
    let now = session::transaction_clock();
    let range = asked.scope.since.unwrap_or(i64::MIN)..asked.scope.until.unwrap_or(i64::MAX);
    let seen = range.start..range.end.min(now);
    let mut rows = Vec::new();
    if shown != Shown::Cohorts {
        let means = mean::means(&cohorts, bounds.times(), &seen, &range).into_iter().enumerate();
        rows.extend(
            means
                .filter(|(k, _)| asked.shows(*k))
                .map(|(k, mean)| (None, mean.cohort_size, k as i32, mean.actors, mean.rate(), mean.is_complete)),
        );
    }
    for cell in cohorts.cells().filter(|cell| shown != Shown::Mean && asked.shows(cell.k)) {
        let has_begun = cohorts.retention().has_begun(bounds.times(), cell.cohort, cell.k, now);
        rows.push((
            Some(timestamp(asked.buckets[cell.cohort].start)?),
            cell.cohort_size,
            cell.k as i32,
            has_begun.then_some(cell.actors),
            (cell.cohort_size > 0 && has_begun).then(|| cell.actors as f64 / cell.cohort_size as f64),
            cohorts.retention().is_over(bounds.times(), cell.cohort, cell.k, &seen),
        ));
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/retention.sql.
#[pg_extern(sql = false)]
fn retention_actors(call: Call<'_>) -> Answer<(TimestampWithTimeZone, i32, pgrx::Uuid, pgrx::Uuid)> {
    let mut asked = Asked::of(&call)?;
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
                |cohort, k, place| listing.push(band.tenant, band.number(place), (cohort, k)),
            )
        })?;
        asked.source.visit(&mut marking)?;
    } else {
        let mut matching = Matching::new(Retention::new(asked.definition.clone()));
        visit_each(&mut asked.source, &asked.definition, &edges, asked.classes, |tenant, number, journeys| {
            matching.visit(
                journeys,
                |cohort, k| {
                    if is_shown(k) { listing.push(tenant, number, (cohort, k)) } else { Ok(()) }
                },
            )
        })?;
    }
    let mut rows = Vec::new();
    for (tenant, actor, (cohort, k)) in listing.finish(&asked.source)? {
        rows.push((timestamp(asked.buckets[cohort].start)?, k as i32, uuid(tenant), uuid(actor)));
    }
    call.rows(rows)
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
        let (needs_arrivals, matches) = (definition.needs_arrivals(), asked_matches(call)?);
        let question = Question { actor, object_key, needs_arrivals, matches, ..question };
        let (mut source, buckets) = scope.open(question, &calendar)?;
        definition.periods = buckets.len();
        source.memory.take(Retention::new(definition.clone()).cells().saturating_mul(8))?;
        Ok(Asked { scope, source, buckets, definition, classes: count, most })
    }

    /// Gives the edges between which events are counted. What precedes `since` is before the range, even where it lies
    /// in the first period.
    fn edges(&self) -> Edges {
        edges(&self.buckets).cut_at(self.scope.since)
    }

    /// Tells whether sets of actors answer, for which it makes no difference which of an actor's events are of one value.
    fn fits_matrix(&self) -> bool {
        self.definition.fits_matrix() && !self.source.is_matching()
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

/// Calls `done` with each actor's events, journey by journey, its tenant and its number in it.
fn visit_each(
    source: &mut Source,
    definition: &Definition,
    edges: &Edges,
    classes: usize,
    mut done: impl FnMut(TenantId, ActorNumber, Journeys<'_, Event>) -> Result<(), Error>,
) -> Result<(), Error> {
    let order = if definition.needs_arrivals() { Order::TimeAndArrival } else { Order::Time };
    let mut of_actor = Vec::new();
    each_journey(
        source,
        order,
        |label, _| Some(label as u32),
        |tenant, number, journeys| {
            of_actor.clear();
            of_actor.extend(journeys.events.iter().map(|(time, label)| Event {
                time: *time,
                period: edges.place_of(*time) as i32 - 1,
                start: match label {
                    label if label & 1 != 0 => Start::Yes,
                    label if label & 4 != 0 => Start::NameOnly,
                    _ => Start::No,
                },
                is_return: label & if classes == 1 { 1 } else { 2 } != 0,
            }));
            done(tenant, number, Journeys { events: &of_actor, ends: journeys.ends })
        },
    )
}
