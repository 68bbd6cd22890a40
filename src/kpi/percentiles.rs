//! Percentiles of a payload key, per calendar bucket and breakdown value: they are exact, or from a sketch of bounded
//! error. Twin: sql/kpi/percentiles.sql.

mod exact;
mod sketch;
mod sliding; // of ranges that overlap

use crate::calendar::{Calendar, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::measuring::{Asked, ByNumbers, Collect, Measured, Number, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde::{Deserialize, Serialize};
use sketch::Sketch;

/// A row: the bucket, the breakdown value, the fraction, the number below which that fraction lies, how many events
/// have a number and how many have none, whether the bucket is complete, and whether the value stands for others.
type Row = (TimestampWithTimeZone, Option<String>, f64, Option<f64>, i64, i64, bool, bool);

/// Contract: see the COMMENT in sql/kpi/percentiles.sql.
#[pg_extern(sql = false)]
fn percentiles(call: Call<'_>) -> Answer<Row> {
    let fractions = asked_fractions(&call)?;
    let asked = Asked::of(&call)?;
    let measured = measure::<Exact, ByNumbers>(&asked, &Calendar::asked(&call)?)?;
    call.rows(rows(measured, &fractions)?)
}

/// Contract: see the COMMENT in sql/kpi/percentiles.sql.
#[pg_extern(sql = false)]
fn percentiles_sketched(call: Call<'_>) -> Answer<Row> {
    let fractions = asked_fractions(&call)?;
    let asked = Asked::of(&call)?;
    let measured = measure::<Sketched, ByNumbers>(&asked, &Calendar::asked(&call)?)?;
    call.rows(rows(measured, &fractions)?)
}

const MOST_FRACTIONS: usize = 100;
const DEFAULT_FRACTIONS: [f64; 3] = [0.5, 0.95, 0.99];

fn asked_fractions(call: &Call<'_>) -> Result<Vec<f64>, Error> {
    let Some(given) = call.numbers("fractions")? else { return Ok(DEFAULT_FRACTIONS.to_vec()) };
    let fractions: Vec<f64> = given.iter().flatten().copied().collect();
    let are_fractions = fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction));
    if fractions.is_empty() || fractions.len() != given.len() || fractions.len() > MOST_FRACTIONS || !are_fractions {
        return Err(Error::BadArgument {
            problem: format!("fractions must be 1 to {MOST_FRACTIONS} numbers from 0 to 1"),
            hint: "For the median and the 95th percentile: fractions => '{0.5,0.95}'.".into(),
        });
    }
    Ok(fractions)
}

/// The numbers of a bucket and group, of which percentiles are taken.
trait Distribution: Collect {
    /// Tells how many events have a number, and how many have a value that is none.
    fn counts(&self) -> (i64, i64);

    /// Gives the percentiles of at least one number.
    fn percentiles(self, fractions: &[f64]) -> Vec<f64>;
}

/// Keeps all numbers, for exact percentiles.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(into = "Runs", from = "Runs")]
struct Exact {
    ones: Vec<f64>,
    runs: Vec<(f64, u64)>,
    not_numeric: i64,
}

impl Collect for Exact {
    fn add(&mut self, number: Option<&Number>, times: u64, _: f32) {
        match number {
            Some(number) if times == 1 => self.ones.push(number.value()),
            Some(number) => self.runs.push((number.value(), times)),
            None => self.not_numeric += times as i64,
        }
    }

    fn merge(&mut self, other: Exact) {
        self.ones.extend(other.ones);
        self.runs.extend(other.runs);
        self.not_numeric += other.not_numeric;
    }

    fn memory(&self) -> usize {
        size_of::<Exact>() + self.ones.capacity() * 8 + self.runs.capacity() * 16
    }

    fn shrink(&mut self) {
        exact::gather(&mut self.ones, &mut self.runs);
    }
}

/// The same numbers as they are written: each once, ascending, with how often it occurs.
#[derive(Serialize, Deserialize)]
struct Runs {
    runs: Vec<(f64, u64)>,
    not_numeric: i64,
}

impl From<Exact> for Runs {
    fn from(Exact { mut ones, mut runs, not_numeric }: Exact) -> Runs {
        exact::gather(&mut ones, &mut runs);
        Runs { runs, not_numeric }
    }
}

impl From<Runs> for Exact {
    fn from(Runs { runs, not_numeric }: Runs) -> Exact {
        Exact { ones: Vec::new(), runs, not_numeric }
    }
}

impl Additive for Exact {
    fn add_up(&mut self, other: Exact) -> Result<(), Damaged> {
        self.not_numeric.add_up(other.not_numeric)?;
        self.runs.extend(other.runs);
        self.ones.extend(other.ones);
        let times = self
            .runs
            .iter()
            .try_fold(self.ones.len() as i64, |sum, (_, times)| sum.checked_add(i64::try_from(*times).ok()?));
        times.map(|_| ()).ok_or(Damaged)
    }

    fn is_nothing(&self) -> bool {
        self.ones.is_empty() && self.runs.is_empty() && self.not_numeric == 0
    }
}

impl Additive for Sketched {
    fn add_up(&mut self, other: Sketched) -> Result<(), Damaged> {
        self.not_numeric.add_up(other.not_numeric)?;
        self.sketch.add_up(other.sketch)
    }

    fn is_nothing(&self) -> bool {
        self.sketch.is_nothing() && self.not_numeric == 0
    }
}

impl Distribution for Exact {
    fn counts(&self) -> (i64, i64) {
        let in_runs: u64 = self.runs.iter().map(|(_, times)| times).sum();
        (self.ones.len() as i64 + in_runs as i64, self.not_numeric)
    }

    fn percentiles(self, fractions: &[f64]) -> Vec<f64> {
        exact::percentiles(self.ones, self.runs, fractions)
    }
}

/// Keeps how many numbers there are of each size, for percentiles of bounded error.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Sketched {
    sketch: Sketch,
    not_numeric: i64,
}

impl Collect for Sketched {
    fn add(&mut self, number: Option<&Number>, times: u64, _: f32) {
        match number {
            Some(number) => self.sketch.add(number.value(), times),
            None => self.not_numeric += times as i64,
        }
    }

    fn merge(&mut self, other: Sketched) {
        self.sketch.merge(&other.sketch);
        self.not_numeric += other.not_numeric;
    }

    fn memory(&self) -> usize {
        size_of::<Sketched>() + self.sketch.memory()
    }
}

impl Distribution for Sketched {
    fn counts(&self) -> (i64, i64) {
        (self.sketch.count() as i64, self.not_numeric)
    }

    fn percentiles(self, fractions: &[f64]) -> Vec<f64> {
        fractions.iter().map(|fraction| self.sketch.quantile(*fraction)).collect()
    }
}

fn rows<D: Distribution>(measured: Measured<D>, fractions: &[f64]) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (bucket, group, numbers) in measured.into_cells() {
        check_for_interrupts!();
        let (events, not_numeric) = numbers.counts();
        let values = if events > 0 { numbers.percentiles(fractions) } else { Vec::new() };
        for (place, fraction) in fractions.iter().enumerate() {
            let value = values.get(place).copied();
            let start = timestamp(bucket.start)?;
            let name = group.text.clone();
            rows.push((start, name, *fraction, value, events, not_numeric, bucket.is_complete, group.is_other));
        }
    }
    Ok(rows)
}
