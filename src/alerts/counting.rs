//! The numbers of many KPIs over many ranges, out of few readings of the log. Twin: sql/alerts/counting.sql.
//!
//! A KPI that counts events, or divides such a number by another, is a few classes of events. As many classes as a label
//! has bits are read at once, of whatever KPIs and tenants they are. Counts are kept by rate and between any two ends of
//! ranges, so each number is the one that the KPI's own function gives for that range, to the last digit.

mod asked;
mod batch;
mod reading;

use super::windows::{add_up, edges_of, spans_of};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::ids::TenantId;
use crate::jsonb::container::elements;
use crate::memory::Memory;
use crate::readers::arguments::bad;
use crate::readers::listing::uuid;
use crate::source::Source;
use crate::time::SECOND;
use asked::{Asked, Numbers};
use batch::{Batch, Whose};
use foldhash::HashMap;
use pgrx::prelude::*;
use reading::ByTenant;
use std::ops::Range;

/// A row: which KPI it is of, counted from 1, the tenant, the breakdown value, and the numbers of the ranges with what
/// they are of.
type Row = (i64, Option<pgrx::Uuid>, Option<String>, Vec<Option<f64>>, Vec<Option<f64>>);

/// Where KPIs are of more tenants than this, the events of all tenants are read at once.
const FEW_TENANTS: usize = 8;

/// Contract: see sql/alerts/counting.sql.
#[pg_extern(sql = false)]
fn counted_ranges(call: Call<'_>) -> Answer<Row> {
    let given = call.long_jsonb("asked")?;
    let asked = Asked::of_each(given.as_ref().and_then(|given| elements(given.container())).into_iter().flatten())?;
    let ends: Vec<i64> = call.times("ends")?.unwrap_or_default().into_iter().flatten().map(i64::from).collect();
    let length = i64::from(call.integer("seconds")?.unwrap_or_default()) * SECOND;
    let tenants: Vec<Option<TenantId>> = call
        .uuids("tenants")?
        .unwrap_or_default()
        .into_iter()
        .map(|tenant| tenant.map(|tenant| TenantId::new(*tenant.as_bytes())))
        .collect();
    if length <= 0 || !ends.is_sorted() {
        Err(bad("ranges must have a length, and come in order of their ends", "See sql/alerts/counting.sql."))?;
    }
    if ends.is_empty() || tenants.is_empty() || asked.is_empty() {
        return call.rows([]);
    }
    let rows = numbers(&asked, &ends, length, &tenants)?;
    call.rows(rows)
}

/// Gives the rows of every KPI that can be counted, of each tenant; None among them is all tenants together, or the one
/// that the KPI is of.
fn numbers(asked: &[Asked], ends: &[i64], length: i64, tenants: &[Option<TenantId>]) -> Result<Vec<Row>, Error> {
    let edges = edges_of(ends, length);
    let spans = spans_of(&edges, ends, length);
    let is_each = tenants.iter().any(Option::is_some);
    // A KPI of one tenant has no number of another one.
    let asked: Vec<&Asked> = asked.iter().filter(|kpi| !is_each || kpi.tenant.is_none()).collect();
    let mut own: Vec<Option<TenantId>> = asked.iter().map(|kpi| kpi.tenant).collect();
    own.sort_unstable();
    own.dedup();
    let are_many = own.len() > FEW_TENANTS;
    let whose = |kpi: &Asked| match (tenants, kpi.tenant) {
        ([Some(tenant)], _) => Whose::One(*tenant),
        _ if is_each => Whose::Each,
        (_, None) => Whose::All,
        (_, Some(_)) if are_many => Whose::Each,
        (_, Some(tenant)) => Whose::One(tenant),
    };
    let mut wanted: Vec<(&Asked, &Numbers)> =
        asked.iter().flat_map(|kpi| kpi.numbers.iter().map(|numbers| (*kpi, numbers))).collect();
    // Those of the same events beside each other, so that each batch reads few.
    wanted.sort_by_key(|(_, numbers)| (&numbers.denominator.names, &numbers.numerator.names));
    let mut batches: Vec<Batch> = Vec::new();
    let mut places: Vec<(usize, &Asked, &Numbers)> = Vec::new();
    for (kpi, numbers) in wanted {
        let found = batches.iter().position(|batch| batch.takes(whose(kpi), numbers));
        let batch = found.unwrap_or_else(|| {
            batches.push(Batch::new(whose(kpi)));
            batches.len() - 1
        });
        batches[batch].add(numbers);
        places.push((batch, kpi, numbers));
    }
    let mut memory = Memory::of_call();
    let mut rows = Vec::new();
    for (nth, batch) in batches.iter().enumerate() {
        let mut source = Source::open_within(batch.question(edges[0]..edges[edges.len() - 1]), memory.rest())?;
        let mut reading = ByTenant::new(&edges, batch.whose == Whose::Each, source.memory.left());
        source.visit(&mut reading)?;
        let counts = Sides { counts: reading.finish(), spans: &spans };
        for (_, kpi, numbers) in places.iter().filter(|(batch, ..)| *batch == nth) {
            let classes = [&numbers.numerator, &numbers.denominator].map(|events| 1 << batch.class_of(events));
            for tenant in tenants {
                let of = tenant.or(kpi.tenant).filter(|_| batch.whose == Whose::Each);
                memory.take(ends.len() * 2 * size_of::<Option<f64>>())?;
                let [numerators, denominators] = classes.map(|class| counts.of(of, class));
                let (mut values, mut counts) = (Vec::with_capacity(ends.len()), Vec::with_capacity(ends.len()));
                for (numerator, denominator) in numerators.into_iter().zip(denominators) {
                    values.push(numbers.value(numerator, denominator));
                    counts.push(Some(denominator));
                }
                rows.push((kpi.nth, tenant.map(uuid), numbers.breakdown_value.clone(), values, counts));
            }
        }
    }
    Ok(rows)
}

/// The counts of a batch, by tenant; the nil id stands for all, where tenants are not told apart.
struct Sides<'a> {
    counts: HashMap<TenantId, reading::Counts>,
    spans: &'a [Range<usize>],
}

impl Sides<'_> {
    /// The number of events of a class in each range.
    fn of(&self, tenant: Option<TenantId>, class: u64) -> Vec<f64> {
        let Some(counts) = self.counts.get(&tenant.unwrap_or_default()) else { return vec![0.0; self.spans.len()] };
        let mut own: Vec<_> = counts
            .iter()
            .filter(|((label, _), _)| label & class != 0)
            .map(|((_, bucket), count)| (*bucket, count))
            .collect();
        own.sort_unstable_by_key(|(bucket, _)| *bucket);
        add_up(&own, self.spans)
    }
}
