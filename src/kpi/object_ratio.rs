//! Ratios of objects, which are what events are about (bookings, assignments): how many of them got further, and who
//! came back where one was lost. Twin: sql/kpi/object_ratio.sql.

mod adding;
mod asked;
mod due;
mod gathering;
mod objects;
mod recovery;
mod table;
#[cfg(test)]
mod tests;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::readers::breakdown::{asked_most, gathered};
use crate::readers::listing::uuid;
use adding::Tallied;
use asked::{Asked, Outcome};
use objects::Standing;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use table::{Cell, Counted, Lines};

/// The bytes that a row takes, about.
const ROW: usize = 160;

/// Contract: see the COMMENT in sql/kpi/object_ratio.sql.
#[pg_extern(sql = false)]
fn object_ratio(
    call: Call<'_>,
) -> Answer<(
    TimestampWithTimeZone,
    Option<String>,
    i64,
    i64,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<i64>,
    Option<i64>,
    Option<f64>,
    bool,
    bool,
    Option<i64>,
    Option<i64>,
)> {
    let asked = Asked::of(&call, false)?;
    let most = asked_most(&call, asked.breakdown.as_ref())?;
    let before = asked.bucket_before()?;
    let Some(found) = asked.find(before)? else {
        adding::exchange(Tallied::default(), &[], most)?;
        return call.rows(Vec::new());
    };

    let mut counted = Vec::with_capacity(found.objects.entries.len());
    let mut span: Option<(i64, i64)> = None;
    for entry in found.objects.kept_entries() {
        let object = &found.objects.entries[entry];
        let (bucket, at) = (object.bucket as usize, found.objects.when(entry));
        if bucket > 0 {
            let (first, last) = span.unwrap_or((at, at));
            span = Some((first.min(at), last.max(at)));
        }
        let Outcome { is_reached, is_lost, is_recovered } = found.outcome(&asked, entry)?;
        let standing = found.objects.standing(entry);
        counted.push(Counted { bucket, value: object.value, standing, is_reached, is_lost, is_recovered });
    }
    let lines = Lines::choose(counted.iter().copied(), gathered(most), |value| found.source.value(value));
    found.source.memory.check(lines.values.len() * found.buckets.len() * size_of::<Cell>())?;
    let cells = lines.count(counted.iter().copied(), found.buckets.len());
    let Tallied { span, lines, cells } =
        adding::exchange(Tallied { span, lines: lines.values, cells }, &found.buckets, most)?;
    let buckets = asked.scope.buckets(&asked.calendar, span)?;
    found.source.memory.check(lines.len() * buckets.len() * ROW)?;
    let first = buckets.first().map_or(0, |first| found.buckets.partition_point(|known| known.start < first.start));
    let (has_recovery, is_dated) = (asked.recovery.is_some(), asked.is_dated());
    let mut rows = Vec::with_capacity(buckets.len() * lines.len());
    for (place, bucket) in buckets.iter().enumerate() {
        let is_complete = bucket.is_complete && asked.is_over(bucket.next)?;
        for (value, cells) in lines.iter().zip(&cells) {
            let cell = cells.get(first + place + 1).copied().unwrap_or_default();
            let previous =
                if place > 0 || before.is_some() { cells.get(first + place).and_then(Cell::ratio) } else { None };
            let ratio = cell.ratio();
            let change = ratio.zip(previous.filter(|previous| *previous != 0.0)).map(|(now, then)| now / then - 1.0);
            rows.push((
                timestamp(bucket.start)?,
                value.text.clone(),
                cell.reached,
                cell.objects,
                ratio,
                previous,
                change,
                has_recovery.then_some(cell.lost),
                has_recovery.then_some(cell.recovered),
                cell.recovery_rate(),
                is_complete,
                value.is_other,
                is_dated.then_some(cell.not_yet_due),
                is_dated.then_some(cell.undated),
            ));
        }
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/object_ratio.sql.
#[pg_extern(sql = false)]
fn object_ratio_objects(
    call: Call<'_>,
) -> Answer<(
    TimestampWithTimeZone,
    Option<String>,
    pgrx::Uuid,
    pgrx::Uuid,
    Option<pgrx::Uuid>,
    TimestampWithTimeZone,
    Option<bool>,
    Option<bool>,
    Option<bool>,
    Option<TimestampWithTimeZone>,
)> {
    let asked = Asked::of(&call, true)?;
    let Some(found) = asked.find(None)? else { return call.rows(Vec::new()) };
    // What a row takes, and its place in the order.
    found.source.memory.check(found.objects.entries.len() * 216)?;
    let users = found.user_ids()?;
    let has_recovery = asked.recovery.is_some();
    let mut rows = Vec::new();
    // The same order each time, which they are gathered without: pages of an answer fit together.
    let mut kept: Vec<_> = found.objects.kept().collect();
    kept.sort_unstable();
    for (tenant, id, entry) in kept {
        let object = &found.objects.entries[entry];
        let outcome = found.outcome(&asked, entry)?;
        let counts = found.objects.standing(entry) == Standing::Counted;
        let due_at = found.objects.dates.get(entry).and_then(|dated| dated.due_at);
        rows.push((
            timestamp(found.buckets[object.bucket as usize - 1].start)?,
            found.source.value(object.value).map(str::to_string),
            uuid(tenant),
            uuid(id),
            users[entry].map(uuid),
            timestamp(found.objects.first_at(entry))?,
            counts.then_some(outcome.is_reached),
            (has_recovery && counts).then_some(outcome.is_lost),
            (has_recovery && counts).then_some(outcome.is_recovered),
            due_at.map(timestamp).transpose()?,
        ));
    }
    call.rows(rows)
}
