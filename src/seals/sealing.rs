//! Seals what is settled of the log: it adds the next events to the tree, in order of arrival. Twin: sql/seals/sealing.sql,
//! which stores what comes out.

use crate::calendar::timestamp;
use crate::db::stream::{Snapshot, stream};
use crate::db::{Value, session};
use crate::error::Error;
use crate::log::partitions::bounds;
use crate::log::partitions::windows::{ALWAYS, merged};
use crate::seals::leaves::{self, Leaf, Leaves, Person, each_event};
use crate::seals::nodes;
use crate::time::{DAY, HOUR};
use foldhash::HashMap;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::INT8OID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::hash_map::Entry;
use std::ops::Range;
use telemetry_seals::event::Secret;
use telemetry_seals::groups::{Page, Tail};

/// Adds the events with ids in (after_id, last_id] to the tree that ends in `tail`. All of them are visible by now, and
/// were drawn after `drawn_since` (NULL: nobody knows). Gives the new end, and what is to be stored: the pages that are
/// complete, and secrets of persons who had none.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn seal_events(
    tail: &[u8],
    after_id: i64,
    last_id: i64,
    drawn_since: Option<TimestampWithTimeZone>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(tail, Vec<u8>),
            name!(size, i64),
            name!(root, Vec<u8>),
            name!(events, i64),
            name!(first_id, Option<i64>),
            name!(final_id, Option<i64>),
            name!(since, Option<TimestampWithTimeZone>),
            name!(until, Option<TimestampWithTimeZone>),
            name!(pages, Vec<i64>),
            name!(page_roots, Vec<Vec<u8>>),
            name!(page_groups, Vec<Vec<u8>>),
            name!(tenants, Vec<pgrx::Uuid>),
            name!(users, Vec<pgrx::Uuid>),
            name!(secrets, Vec<Vec<u8>>),
        ),
    >,
    ErrorReport,
> {
    let mut tail = nodes::tail_of(tail)?;
    let mut added: Vec<Leaf> = Vec::new();
    let mut secrets: HashMap<Person, Secret> = HashMap::default();
    let mut times: Option<(i64, i64)> = None;
    let mut leaves = Leaves::default();
    each_event(
        times_of(after_id, last_id, drawn_since.map(i64::from))?,
        (after_id, last_id),
        Snapshot::Latest,
        |row| {
            let secret = match leaves::secret(row) {
                Some(secret) => secret,
                None => match secrets.entry(leaves::person(row)) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => *unknown.insert(new_secret()?),
                },
            };
            added.push(leaves.leaf(row, &secret));
            let time = row.big(3).unwrap_or_default();
            times = Some(times.map_or((time, time), |(since, until)| (since.min(time), until.max(time))));
            Ok(())
        },
    )?;
    added.sort_unstable_by_key(|leaf| leaf.id);
    let pages: Vec<Page> = added.iter().filter_map(|leaf| tail.push(leaf.id, &leaf.hash)).collect();
    // In order, so that the inserts into their index meet the same pages one after the other.
    let mut secrets: Vec<(Person, Secret)> = secrets.into_iter().collect();
    secrets.sort_unstable();
    let groups = |page: &Page| page.groups.iter().flat_map(|group| group.to_bytes()).collect();
    let time = |time: Option<i64>| time.map(timestamp).transpose();
    let uuid = |id: &[u8; 16]| pgrx::Uuid::from_bytes(*id);
    let row = (
        tail.to_bytes(),
        tail.size() as i64,
        tail.root().to_vec(),
        added.len() as i64,
        added.first().map(|leaf| leaf.id),
        added.last().map(|leaf| leaf.id),
        time(times.map(|(since, _)| since))?,
        time(times.map(|(_, until)| until))?,
        pages.iter().map(|page| page.number as i64).collect(),
        pages.iter().map(|page| page.root.to_vec()).collect(),
        pages.iter().map(groups).collect(),
        secrets.iter().map(|((tenant, _), _)| uuid(tenant)).collect(),
        secrets.iter().map(|((_, user), _)| uuid(user)).collect(),
        secrets.iter().map(|(_, secret)| secret.to_vec()).collect(),
    );
    Ok(TableIterator::once(row))
}

/// Adds leaves of rows of another table to a tree; they lie one behind the other.
#[pg_extern(immutable)]
fn seal_leaves(
    tail: &[u8],
    leaves: &[u8],
) -> Result<TableIterator<'static, (name!(tail, Vec<u8>), name!(size, i64), name!(root, Vec<u8>))>, ErrorReport> {
    let mut tail: Tail = nodes::tail_of(tail)?;
    for leaf in leaves.chunks(32) {
        let leaf = nodes::hash_of(leaf)?;
        tail.push(tail.size() as i64, &leaf);
    }
    Ok(TableIterator::once((tail.to_bytes(), tail.size() as i64, tail.root().to_vec())))
}

/// Gives 32 random bytes, the secret of a person.
#[pg_extern(volatile)]
fn random_secret() -> Result<Vec<u8>, ErrorReport> {
    Ok(new_secret()?.to_vec())
}

fn new_secret() -> Result<Secret, Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|problem| Error::Spi(format!("the system gives no random bytes: {problem}")))?;
    Ok(secret)
}

/// Where the events of a range of ids lie in time: in the last two days before their ids were drawn, and where late ones
/// arrived. So not every partition is opened.
fn times_of(after_id: i64, last_id: i64, drawn_since: Option<i64>) -> Result<Vec<Range<i64>>, Error> {
    // Where the clock was set back, events may have been logged that seem old to it.
    let Some(drawn_since) = drawn_since.filter(|drawn_since| *drawn_since <= session::clock() + HOUR) else {
        return Ok(vec![ALWAYS]);
    };
    let since = drawn_since.saturating_sub(2 * DAY);
    let mut ranges = vec![bounds::covering(since).map_or(since, |partition| partition.since)..i64::MAX];
    let sql = "select l.since, l.until from telemetry.late_arrivals l \
                where l.last_id operator(pg_catalog.>) $1 and l.first_id operator(pg_catalog.<=) $2";
    let arguments = [(INT8OID, Value::Big(after_id)), (INT8OID, Value::Big(last_id))];
    stream(sql, &arguments, Snapshot::Latest, |row| {
        if let (Some(since), Some(until)) = (row.big(0), row.big(1)) {
            ranges.push(since..until);
        }
        Ok(())
    })?;
    Ok(merged(ranges))
}
