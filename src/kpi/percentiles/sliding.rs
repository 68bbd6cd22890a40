//! Percentiles of many ranges that overlap, out of one reading. Declared in sql/kpi/percentiles.sql.

use super::{Distribution, Exact, asked_fractions};
use crate::calendar::Calendar;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::measuring::{Asked, ByNumbers, Collect, measure};
use crate::time::SECOND;
use pgrx::prelude::*;

/// A row: the place of the range, counted from 1, the breakdown value, the fraction, the number, how many events have one.
type Row = (i64, Option<String>, f64, Option<f64>, i64);

/// Gives the percentiles of ranges of so many seconds that end at `ends`, which are in order, at full minutes: within
/// since and until. There is one row of place 0 alone where a breakdown has more values than are shown apart.
#[pg_extern(sql = false)]
fn sliding_percentiles(call: Call<'_>) -> Answer<Row> {
    let fractions = asked_fractions(&call)?;
    let asked = Asked::of(&call)?;
    let calendar = Calendar::of(Some("minute"), Some("UTC"), None)?;
    let ends: Vec<i64> = call.times("ends")?.unwrap_or_default().into_iter().flatten().map(i64::from).collect();
    let length = i64::from(call.integer("seconds")?.unwrap_or_default()) * SECOND;
    let measured = measure::<Exact, ByNumbers>(&asked, &calendar)?;
    if measured.groups.iter().any(|group| group.is_other) {
        return call.rows([(0, None, 0.0, None, 0)]);
    }
    let mut minutes: Vec<Minutes> = measured.groups.iter().map(|group| (group.text.clone(), Vec::new())).collect();
    let width = minutes.len();
    for (place, (bucket, _, numbers)) in measured.into_cells().enumerate() {
        minutes[place % width].1.push((bucket.start, numbers));
    }
    let rows = slide(minutes, &ends, length, &fractions)?;
    call.rows(rows)
}

/// The minutes of a value of the breakdown: when each begins, and its numbers.
type Minutes = (Option<String>, Vec<(i64, Exact)>);

fn slide(groups: Vec<Minutes>, ends: &[i64], length: i64, fractions: &[f64]) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (name, minutes) in groups {
        let (mut first, mut last) = (0, 0);
        for (place, end) in ends.iter().enumerate() {
            check_for_interrupts!();
            first += minutes[first..].iter().take_while(|(start, _)| *start < end - length).count();
            last = last.max(first);
            last += minutes[last..].iter().take_while(|(start, _)| start < end).count();
            let mut numbers = Exact::default();
            minutes[first..last].iter().for_each(|(_, minute)| numbers.merge(minute.clone()));
            let (events, _) = numbers.counts();
            let values = if events > 0 { numbers.percentiles(fractions) } else { Vec::new() };
            rows.extend(
                fractions.iter().enumerate().map(|(nth, fraction)| {
                    (place as i64 + 1, name.clone(), *fraction, values.get(nth).copied(), events)
                }),
            );
        }
    }
    Ok(rows)
}
