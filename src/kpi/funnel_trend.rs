//! Shows funnels by the period that actors enter in. The engine of src/kpi/funnel/ finds each actor's best attempt of
//! each period. Twin: sql/kpi/funnel_trend.sql.

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::kpi::funnel::breakdown::{Entered, Touch, places_in_order, value_of, values_among};
use crate::kpi::funnel::counting::value_of_entry;
use crate::kpi::funnel::definition::{self, Attribution, FIRST_EXCLUSION};
use crate::kpi::funnel::engine::entries::EachEntry;
use crate::kpi::funnel::engine::journeys::trend_each;
use crate::kpi::funnel::engine::optional::{Variants, trend_with};
use crate::kpi::funnel::engine::{Event, Scratch};
use crate::memory::Memory;
use crate::readers::adding::{Cut, Gathered, exchange};
use crate::readers::each_actor::Order;
use crate::readers::each_journey::each_journey;
use crate::readers::journeys::Journeys;
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::asked_range;
use crate::source::Source;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::collections::HashMap;

/// Contract: see the COMMENT in sql/kpi/funnel_trend.sql.
#[pg_extern(sql = false)]
fn funnel_trend(
    call: Call<'_>,
) -> Answer<(TimestampWithTimeZone, Option<String>, i32, String, i64, Option<f64>, bool, Option<f64>, bool, Option<i64>)>
{
    let mut asked = Asked::of(&call)?;
    let steps = asked.funnel.definition.steps;
    // Of a value in a bucket: its counts by step.
    let mut counts: HashMap<(u32, usize), Counts> = HashMap::new();
    let mut left = asked.source.memory.left();
    asked.visit(|attempt| {
        if !counts.contains_key(&(attempt.value, attempt.bucket)) {
            left = left.checked_sub(128 + steps * size_of::<Step>()).ok_or_else(Memory::exceeded)?;
        }
        counts.entry((attempt.value, attempt.bucket)).or_insert_with(|| Counts::new(steps)).add(&attempt);
        Ok(())
    })?;
    let mut entered = Entered::new(&asked.source.memory);
    counts.iter().try_for_each(|((value, _), counts)| entered.add(*value, counts.steps[0].entries as u64))?;
    let groups = entered.groups(&asked.source, &asked.funnel);
    let cells = asked.buckets.len() * groups.names.len();
    asked.source.memory.take(cells.saturating_mul(steps * size_of::<Step>()))?;
    let mut grouped = vec![Step::default(); cells * steps];
    for ((value, bucket), counts) in counts {
        let cell = bucket * groups.names.len() + groups.group_of(value as usize);
        for (into, step) in grouped[cell * steps..].iter_mut().zip(counts.steps) {
            into.actors += step.actors;
            into.entries += step.entries;
        }
    }
    let cells = grouped.chunks(steps).map(|steps| steps.iter().map(|step| [step.actors, step.entries]).collect());
    let gathered = Gathered { groups: groups.names, totals: Vec::<()>::new(), cells: cells.collect() };
    let size = |(): &(), steps: &Vec<[i64; 2]>| steps.first().map_or(0, |[_, entries]| *entries);
    let cut = Cut { most: asked.funnel.most_groups, size, are_actors: false };
    let (groups, mut cells) = exchange("steps", &asked.buckets, gathered, &cut)?;
    cells.iter_mut().for_each(|of| of.resize(steps, [0, 0]));
    let now = session::transaction_clock();
    let order = places_in_order(&groups);
    let mut rows = Vec::with_capacity(cells.len() * steps);
    for (bucket, of_bucket) in asked.buckets.iter().zip(cells.chunks(groups.len())) {
        let is_over = bucket.next.saturating_add(asked.funnel.definition.within) <= now;
        for group in &order {
            let counts = &of_bucket[*group];
            let mut previous = None;
            for ((step, name), [actors, entries]) in (1..).zip(&asked.funnel.names).zip(counts) {
                let rate_from = |of: i64| (of > 0).then(|| *entries as f64 / of as f64);
                let (rate, from_previous) = (rate_from(counts[0][1]), previous.and_then(rate_from));
                if asked.funnel.optional >> (step - 1) & 1 == 0 {
                    previous = Some(*entries);
                }
                let (start, value) = (timestamp(bucket.start)?, groups[*group].clone());
                let is_complete = bucket.is_complete && is_over;
                rows.push((
                    start,
                    value.text.clone(),
                    step,
                    name.clone(),
                    *actors,
                    rate,
                    is_complete,
                    from_previous,
                    value.is_other,
                    asked.funnel.counts_entries().then_some(*entries),
                ));
            }
        }
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/funnel_trend.sql.
#[pg_extern(sql = false)]
fn funnel_trend_actors(
    call: Call<'_>,
) -> Answer<(
    TimestampWithTimeZone,
    Option<String>,
    pgrx::Uuid,
    pgrx::Uuid,
    i32,
    Vec<Option<TimestampWithTimeZone>>,
    bool,
)> {
    let mut asked = Asked::of(&call)?;
    let mut listing = Listing::new(&asked.source.memory);
    // The list counts a row, not the times that it has.
    let mut left = asked.source.memory.left();
    asked.visit(|Attempt { tenant, number, bucket, value, times }| {
        left = left.checked_sub(size_of_val(times)).ok_or_else(Memory::exceeded)?;
        listing.push(tenant, number, (bucket, value, times.to_vec()))
    })?;
    let listed = listing.finish(&asked.source)?;
    let mut entered = Entered::new(&asked.source.memory);
    listed.iter().try_for_each(|(_, _, (_, value, _))| entered.add(*value, 1))?;
    let groups = entered.groups(&asked.source, &asked.funnel);
    let mut rows = Vec::with_capacity(listed.len());
    for (tenant, actor, (bucket, value, times)) in listed {
        let reached: Result<Vec<_>, Error> = times.iter().map(|time| time.map(timestamp).transpose()).collect();
        let (start, group) = (asked.buckets[bucket].start, groups.names[groups.group_of(value as usize)].clone());
        let depth = times.len() as i32;
        rows.push((timestamp(start)?, group.text, uuid(tenant), uuid(actor), depth, reached?, group.is_other));
    }
    call.rows(rows)
}

/// The arguments of funnel_trend() and funnel_trend_actors(), read and checked, and the source of their events.
struct Asked {
    source: Source,
    funnel: definition::Asked,
    buckets: Vec<Bucket>,
    /// The end of the range: actors who enter later are not counted.
    until: i64,
}

/// The counts of one value in one bucket, by step. Of the actor that was added last it is known which steps it reached, a
/// bit for each, for it may have made several journeys.
struct Counts {
    steps: Vec<Step>,
    last: Option<(TenantId, ActorNumber)>,
    reached: u32,
}

#[derive(Default, Clone, Copy)]
struct Step {
    actors: i64,
    /// How many journeys came so far: where actors are counted, as many as there are actors.
    entries: i64,
}

impl Counts {
    fn new(steps: usize) -> Counts {
        Counts { steps: vec![Step::default(); steps], last: None, reached: 0 }
    }

    fn add(&mut self, attempt: &Attempt<'_>) {
        let actor = Some((attempt.tenant, attempt.number));
        if self.last != actor {
            (self.last, self.reached) = (actor, 0);
        }
        for (place, (step, _)) in self.steps.iter_mut().zip(attempt.times).enumerate().filter(|(_, (_, t))| t.is_some())
        {
            step.entries += 1;
            step.actors += i64::from(self.reached >> place & 1 == 0);
            self.reached |= 1 << place;
        }
    }
}

/// The best attempt that one actor made among those that it entered in one bucket, or one of its journeys that began
/// there.
struct Attempt<'a> {
    tenant: TenantId,
    number: ActorNumber,
    bucket: usize,
    /// The number of the actor's value of the breakdown; 0 where it has none.
    value: u32,
    /// When the actor reached each step up to its last one; None for an optional step that it left out.
    times: &'a [Option<i64>],
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let calendar = Calendar::asked(call)?;
        let (since, until) = asked_range(call)?;
        let mut funnel = definition::Asked::counting(call)?;
        // Whoever enters in the range has the whole window.
        funnel.question.range.end = funnel.question.range.end.saturating_add(funnel.definition.within);
        let mut source = Source::open(funnel.question.clone())?;
        let span = if since.is_none() || until.is_none() { source.span()? } else { None };
        let buckets = calendar.buckets(since, until, span.map(|span| span.0), span.map(|span| span.1))?;
        Ok(Asked { source, funnel, buckets, until: until.unwrap_or(i64::MAX) })
    }

    /// Calls `done` with each actor's best attempt of each bucket that it enters in, or where entries are counted with
    /// each of its journeys; with a breakdown by all steps, for each value.
    fn visit(&mut self, mut done: impl FnMut(Attempt<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let Self { source, funnel, buckets, until } = self;
        let edges = edges(buckets);
        // What lies behind the range is a period of its own.
        let period_of = |time: i64| match time {
            time if time >= *until => buckets.len() as i64,
            time => edges.place_of(time) as i64 - 1,
        };
        let bucket_of = |period: i64| usize::try_from(period).ok().filter(|bucket| *bucket < buckets.len());
        let order = if funnel.question.needs_arrivals { Order::TimeAndArrival } else { Order::Time };
        let (mut of_actor, mut ends, mut times) = (Vec::<Event>::new(), Vec::new(), Vec::new());
        let mut entries = EachEntry::new(&funnel.definition);
        let (mut scratch, mut variants) = (Scratch::default(), Variants::default());
        let touch = |label: u64, value: u32| Touch {
            steps: label as u32,
            exclusions: (label >> FIRST_EXCLUSION) as u32,
            value,
        };
        let by_all = funnel.attribution == Some(Attribution::AllSteps);
        let mut one = |tenant: TenantId, number: ActorNumber, journeys: Journeys<'_, (i64, Touch)>| {
            let values = if by_all { values_among(journeys.events) } else { Vec::new() };
            // Without them, what every event has.
            for value in if by_all { values.as_slice() } else { &[0] }.iter().copied() {
                of_actor.clear();
                ends.clear();
                for journey in journeys.iter() {
                    let of_value = journey.iter().filter(|(_, touch)| !by_all || touch.value == value);
                    of_actor.extend(of_value.map(|(time, Touch { steps, exclusions, .. })| Event {
                        time: *time,
                        steps: *steps,
                        exclusions: *exclusions,
                    }));
                    ends.push(of_actor.len());
                }
                let of_value = Journeys { events: &of_actor, ends: &ends };
                let mut report = |period: i64, value: u32, times: &[Option<i64>]| match bucket_of(period) {
                    Some(bucket) => done(Attempt { tenant, number, bucket, value, times }),
                    None => Ok(()),
                };
                if funnel.optional != 0 {
                    for (period, reached) in
                        trend_with(&funnel.definition, funnel.optional, of_value, period_of, &mut variants)
                    {
                        times.clear();
                        times.extend(reached.steps.iter().map(|step| step.map(|step| step.time)));
                        let last = times.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
                        report(period, value, &times[..last])?;
                    }
                    continue;
                }
                let touched_in = |place| if by_all { &[] } else { journeys.iter().nth(place).unwrap_or_default() };
                if funnel.counts_entries() {
                    for (place, events) in of_value.iter().enumerate() {
                        entries.visit(events, until.saturating_sub(1), |outcome| {
                            let value = value.max(value_of_entry(funnel.attribution, touched_in(place), outcome));
                            times.clear();
                            times.extend(outcome.times().iter().copied().map(Some));
                            report(period_of(outcome.times()[0]), value, &times)
                        })?;
                    }
                    continue;
                }
                for (period, outcome, place) in trend_each(&funnel.definition, of_value, period_of, &mut scratch) {
                    let value = value.max(value_of(funnel.attribution, touched_in(place), &outcome));
                    times.clear();
                    times.extend(outcome.times().iter().copied().map(Some));
                    report(period, value, &times)?;
                }
            }
            Ok(())
        };
        if funnel.attribution.is_some() {
            return each_journey(source, order, |label, value| Some(touch(label, value)), one);
        }
        // Labels alone take less room.
        let mut touched = Vec::new();
        each_journey(
            source,
            order,
            |label, _| Some(label),
            |tenant, number, journeys| {
                touched.clear();
                touched.extend(journeys.events.iter().map(|(time, label)| (*time, touch(*label, 0))));
                one(tenant, number, Journeys { events: &touched, ends: journeys.ends })
            },
        )
    }
}
