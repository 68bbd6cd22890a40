//! Ratios per calendar bucket: of the number of some events to that of others, and of some actors to the actors that
//! they are among. Twin: sql/kpi/event_ratio.sql.

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::activity::sets;
use crate::readers::adding::{Gathered, exchange, exchange_cells};
use crate::readers::arguments::{self, asked_condition, bad, of_asked_actors};
use crate::readers::breakdown::{Breakdown, Group, by_actors};
use crate::readers::counting::Counting;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::Marking;
use crate::readers::marking::by_group::groups_by_actors;
use crate::readers::scope::Scope;
use crate::readers::tally::tally;
use crate::source::Source;
use crate::source::count::Count;
use crate::source::hourly_counts;
use crate::source::question::{Class, Question};
use foldhash::HashMap;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

const NUMERATOR: usize = 0;
const DENOMINATOR: usize = 1;

/// Contract: see the COMMENT in sql/kpi/event_ratio.sql.
#[pg_extern(sql = false)]
fn event_ratio(call: Call<'_>) -> Answer<Row<f64>> {
    let calendar = Calendar::asked(&call)?;
    let mut scope = Scope::asked(&call)?;
    let (classes, is_one_filter) = classes(&call, &mut scope)?;
    let breakdown = Breakdown::asked(&call)?;
    let question = scope.events(classes);
    if let Some(breakdown) = breakdown {
        return call.rows(by_value(question, (&scope, &calendar), &breakdown, is_one_filter)?);
    }
    let (buckets, counted) = match by_hour(&question, &calendar, &scope)? {
        Some(answer) => answer,
        None => {
            let (mut source, buckets) = scope.open(question, &calendar)?;
            let mut counting = Counting::new(edges(&buckets));
            source.visit(&mut counting)?;
            (buckets, counting.counts)
        }
    };
    let mut counts = vec![[Count::default(), Count::default()]; buckets.len()];
    for ((label, bucket), count) in &counted {
        add(&mut counts[*bucket], *label, count);
    }
    let counts = exchange_cells("events", &buckets, counts)?;
    let counts_of = |bucket: usize| (counts[bucket][NUMERATOR].events(), counts[bucket][DENOMINATOR].events());
    call.rows(rows(&buckets, &[Group::of(None)], |bucket, _| counts_of(bucket), |events| events)?)
}

/// Counts by value: those of both sides that have the same one.
fn by_value(
    question: Question,
    at: (&Scope, &Calendar),
    breakdown: &Breakdown,
    is_one_filter: bool,
) -> Result<Vec<Row<f64>>, Error> {
    let both = |counts: &[(u64, &Count)]| {
        let mut both = [Count::default(), Count::default()];
        for (label, count) in counts {
            add(&mut both, *label, count);
        }
        (both[DENOMINATOR].rank(), both[NUMERATOR].rank())
    };
    let tally = tally(question, at, breakdown, is_one_filter, both)?;
    let counts_of = |bucket: usize, group: usize| {
        let mut both = [Count::default(), Count::default()];
        for (label, counts) in &tally.by_label {
            add(&mut both, *label, &counts[tally.place(bucket, group)]);
        }
        (both[NUMERATOR].events(), both[DENOMINATOR].events())
    };
    rows(&tally.buckets, &tally.groups, counts_of, |events| events)
}

/// Adds a count to the sides that events of a label are of.
fn add(both: &mut [Count; 2], label: u64, count: &Count) {
    for (class, side) in both.iter_mut().enumerate() {
        if label & 1 << class != 0 {
            side.merge(count);
        }
    }
}

/// Contract: see the COMMENT in sql/kpi/event_ratio.sql.
#[pg_extern(sql = false)]
fn actor_ratio(call: Call<'_>) -> Answer<Row<i64>> {
    let OfActors { mut source, buckets, breakdown } = OfActors::asked(&call)?;
    let groups = groups_by_actors(&mut source, breakdown.as_ref(), 1 << DENOMINATOR)?;
    let mut both = vec![vec![0; buckets.len()]; groups.names.len()];
    let mut all = both.clone();
    let mut marking = Marking::by_group(edges(&buckets), 2, &groups, &source.memory, |band| {
        for (group, sides) in band.activities.chunks(2).enumerate() {
            sides[NUMERATOR].add_counts_of_both(&sides[DENOMINATOR], &mut both[group]);
            sides[DENOMINATOR].add_counts(&mut all[group]);
        }
        Ok(())
    })?;
    source.visit(&mut marking)?;
    let cells = (0..buckets.len()).flat_map(|bucket| both.iter().zip(&all).map(move |of| [of.0[bucket], of.1[bucket]]));
    let gathered = Gathered::of_actors(groups, cells.collect());
    let (groups, cells) = exchange("actors", &buckets, gathered, &by_actors(breakdown.as_ref(), true))?;
    let counts_of = |bucket: usize, group: usize| cells[bucket * groups.len() + group].into();
    call.rows(rows(&buckets, &groups, counts_of, |actors| actors as f64)?)
}

/// Contract: see the COMMENT in sql/kpi/event_ratio.sql.
#[pg_extern(sql = false)]
fn actor_ratio_actors(
    call: Call<'_>,
) -> Answer<(TimestampWithTimeZone, Option<String>, pgrx::Uuid, pgrx::Uuid, bool, bool)> {
    let OfActors { mut source, buckets, breakdown } = OfActors::asked(&call)?;
    let groups = groups_by_actors(&mut source, breakdown.as_ref(), 1 << DENOMINATOR)?;
    let mut listing = Listing::new(&source.memory);
    let mut marking = Marking::by_group(edges(&buckets), 2, &groups, &source.memory, |band| {
        for (group, sides) in band.activities.chunks(2).enumerate() {
            for bucket in 0..buckets.len() {
                let numerator = sides[NUMERATOR].set(bucket);
                for place in sets::users(sides[DENOMINATOR].set(bucket)) {
                    let word = numerator.get(usize::from(place >> 6)).copied().unwrap_or(0);
                    let is_in_numerator = word >> (place & 63) & 1 == 1;
                    listing.push(band.tenant, band.number(place), (bucket, group, is_in_numerator))?;
                }
            }
        }
        Ok(())
    })?;
    source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, group, is_in_numerator)) in listing.finish(&source)? {
        let (start, Group { text, is_other }) = (timestamp(buckets[bucket].start)?, groups.names[group].clone());
        rows.push((start, text, uuid(tenant), uuid(actor), is_in_numerator, is_other));
    }
    call.rows(rows)
}

/// The arguments of actor_ratio() and actor_ratio_actors(), read and checked, and the source of their events.
struct OfActors {
    source: Source,
    buckets: Vec<Bucket>,
    breakdown: Option<Breakdown>,
}

impl OfActors {
    fn asked(call: &Call<'_>) -> Result<OfActors, Error> {
        let mut scope = Scope::asked(call)?;
        let (classes, _) = classes(call, &mut scope)?;
        let breakdown = Breakdown::asked(call)?;
        let touches = breakdown.as_ref().map(|breakdown| breakdown.keys.clone());
        let question = Question { touches, ..of_asked_actors(call, scope.users(classes))? };
        let (source, buckets) = scope.open(question, &Calendar::asked(call)?)?;
        Ok(OfActors { source, buckets, breakdown })
    }
}

/// Reads the events of both sides of a ratio. A side is one name, a list of names, or neither for every event. The
/// filter is that of the numerator alone. Tells also whether both sides have the same filter.
fn classes(call: &Call<'_>, scope: &mut Scope) -> Result<(Vec<Class>, bool), Error> {
    let names = |one: &str, many: &str| match (call.text(one)?, call.texts(many)?) {
        (Some(_), Some(_)) => Err(bad(
            "one side of a ratio is given both as a name and as a list of names",
            "Put every name into numerator_events or denominator_events, and leave numerator or denominator out.",
        )),
        (Some(name), None) => arguments::name(Some(name.into())),
        (None, names) => arguments::names(names),
    };
    let numerator = names("numerator", "numerator_events")?;
    let denominator = names("denominator", "denominator_events")?;
    let numerator_filter = asked_condition(call, "numerator_filter")?;
    if numerator.is_none() && denominator.is_none() && numerator_filter.is_none() {
        return Err(bad(
            "a ratio of every event to every event is no question",
            "Name the events of one side at least: numerator, denominator or numerator_filter.",
        ));
    }
    let (denominator, is_one_filter) = (scope.class(denominator), numerator_filter.is_none());
    scope.narrow(numerator_filter);
    Ok((vec![scope.class(numerator), denominator], is_one_filter))
}

/// The buckets, and the counts by label and bucket.
type Counted = (Vec<Bucket>, HashMap<(u64, usize), Count>);

fn by_hour(question: &Question, calendar: &Calendar, scope: &Scope) -> Result<Option<Counted>, Error> {
    let Some((buckets, named)) = hourly_counts::by_bucket(question, calendar, scope.since, scope.until)? else {
        return Ok(None);
    };
    let mut counts: HashMap<(u64, usize), Count> = HashMap::default();
    for ((name, bucket), count) in &named {
        if let Some(label) = question.tests_of(name).label(0) {
            counts.entry((label, *bucket)).or_default().merge(count);
        }
    }
    Ok(Some((buckets, counts)))
}

/// A row: the bucket, the breakdown value, its numerator, denominator and ratio, whether the bucket is complete, and
/// whether the value stands for others.
type Row<N> = (TimestampWithTimeZone, Option<String>, N, N, Option<f64>, bool, bool);

/// Makes the rows. `counts` gives the numerator and the denominator of a bucket and group.
fn rows<N: Copy>(
    buckets: &[Bucket],
    groups: &[Group],
    counts: impl Fn(usize, usize) -> (N, N),
    number: impl Fn(N) -> f64,
) -> Result<Vec<Row<N>>, Error> {
    let mut rows = Vec::with_capacity(buckets.len() * groups.len());
    for (place, bucket) in buckets.iter().enumerate() {
        for (group, Group { text, is_other }) in groups.iter().enumerate() {
            let (numerator, denominator) = counts(place, group);
            let ratio = (number(denominator) != 0.0).then(|| number(numerator) / number(denominator));
            let start = timestamp(bucket.start)?;
            rows.push((start, text.clone(), numerator, denominator, ratio, bucket.is_complete, *is_other));
        }
    }
    Ok(rows)
}
