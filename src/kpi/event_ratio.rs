//! Ratios per calendar bucket: of the number of some events to that of others, and of some actors to the actors that
//! they are among. Twin: sql/kpi/event_ratio.sql.

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::activity::sets;
use crate::readers::arguments::{self, asked_condition, bad, of_asked_actors};
use crate::readers::counting::Counting;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::Marking;
use crate::readers::scope::Scope;
use crate::source::count::Count;
use crate::source::hourly_counts;
use crate::source::question::{Class, Question};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::collections::HashMap;

const NUMERATOR: usize = 0;
const DENOMINATOR: usize = 1;

/// Contract: see the COMMENT in sql/kpi/event_ratio.sql.
#[pg_extern(sql = false)]
fn event_ratio(call: Call<'_>) -> Answer<Row<f64>> {
    let calendar = Calendar::asked(&call)?;
    let mut scope = Scope::asked(&call)?;
    let classes = classes(&call, &mut scope)?;
    let question = scope.events(classes);
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
        for class in [NUMERATOR, DENOMINATOR] {
            if label & 1 << class != 0 {
                counts[*bucket][class].merge(count);
            }
        }
    }
    let counts_of = |bucket: usize| (counts[bucket][NUMERATOR].events(), counts[bucket][DENOMINATOR].events());
    call.rows(rows(&buckets, counts_of, |events| events)?)
}

/// Contract: see the COMMENT in sql/kpi/event_ratio.sql.
#[pg_extern(sql = false)]
fn actor_ratio(call: Call<'_>) -> Answer<Row<i64>> {
    let mut scope = Scope::asked(&call)?;
    let classes = classes(&call, &mut scope)?;
    let question = of_asked_actors(&call, scope.users(classes))?;
    let (mut source, buckets) = scope.open(question, &Calendar::asked(&call)?)?;
    let mut both = vec![0; buckets.len()];
    let mut all = vec![0; buckets.len()];
    let mut marking = Marking::new(edges(&buckets), 2, false, &source.memory, |band| {
        band.activities[NUMERATOR].add_counts_of_both(&band.activities[DENOMINATOR], &mut both);
        band.activities[DENOMINATOR].add_counts(&mut all);
        Ok(())
    })?;
    source.visit(&mut marking)?;
    call.rows(rows(&buckets, |bucket| (both[bucket], all[bucket]), |actors| actors as f64)?)
}

/// Contract: see the COMMENT in sql/kpi/event_ratio.sql.
#[pg_extern(sql = false)]
fn actor_ratio_actors(call: Call<'_>) -> Answer<(TimestampWithTimeZone, pgrx::Uuid, pgrx::Uuid, bool)> {
    let mut scope = Scope::asked(&call)?;
    let classes = classes(&call, &mut scope)?;
    let question = of_asked_actors(&call, scope.users(classes))?;
    let (mut source, buckets) = scope.open(question, &Calendar::asked(&call)?)?;
    let mut listing = Listing::new(&source.memory);
    let mut marking = Marking::new(edges(&buckets), 2, false, &source.memory, |band| {
        for bucket in 0..band.activities[DENOMINATOR].buckets() {
            let numerator = band.activities[NUMERATOR].set(bucket);
            for place in sets::users(band.activities[DENOMINATOR].set(bucket)) {
                let word = numerator.get(usize::from(place >> 6)).copied().unwrap_or(0);
                listing.push(band.tenant, band.number(place), (bucket, word >> (place & 63) & 1 == 1))?;
            }
        }
        Ok(())
    })?;
    source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, is_in_numerator)) in listing.finish(&source)? {
        rows.push((timestamp(buckets[bucket].start)?, uuid(tenant), uuid(actor), is_in_numerator));
    }
    call.rows(rows)
}

/// Reads the events of both sides of a ratio. A side is one name, a list of names, or neither for every event. The
/// filter is that of the numerator alone.
fn classes(call: &Call<'_>, scope: &mut Scope) -> Result<Vec<Class>, Error> {
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
    let denominator = scope.class(denominator);
    scope.narrow(numerator_filter);
    Ok(vec![scope.class(numerator), denominator])
}

/// The buckets, and the counts by label and bucket.
type Counted = (Vec<Bucket>, HashMap<(u64, usize), Count>);

fn by_hour(question: &Question, calendar: &Calendar, scope: &Scope) -> Result<Option<Counted>, Error> {
    let Some((buckets, named)) = hourly_counts::by_bucket(question, calendar, scope.since, scope.until)? else {
        return Ok(None);
    };
    let mut counts: HashMap<(u64, usize), Count> = HashMap::new();
    for ((name, bucket), count) in &named {
        if let Some(label) = question.tests_of(name).label(0) {
            counts.entry((label, *bucket)).or_default().merge(count);
        }
    }
    Ok(Some((buckets, counts)))
}

/// A row: the bucket, its numerator, denominator and ratio, and whether it is complete.
type Row<N> = (TimestampWithTimeZone, N, N, Option<f64>, bool);

/// Makes the rows. `counts` gives the numerator and the denominator of a bucket.
fn rows<N: Copy>(
    buckets: &[Bucket],
    counts: impl Fn(usize) -> (N, N),
    number: impl Fn(N) -> f64,
) -> Result<Vec<Row<N>>, Error> {
    let mut rows = Vec::with_capacity(buckets.len());
    for (place, bucket) in buckets.iter().enumerate() {
        let (numerator, denominator) = counts(place);
        let ratio = (number(denominator) != 0.0).then(|| number(numerator) / number(denominator));
        rows.push((timestamp(bucket.start)?, numerator, denominator, ratio, bucket.is_complete));
    }
    Ok(rows)
}
