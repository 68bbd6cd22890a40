//! A chunk of rows on its way into the log: each is admitted as any past event is, what the log has already is left out, the rest
//! is stored together, and what was refused is kept with its reason.

use crate::access::tenancy::Caller;
use crate::db::Value;
use crate::db::scopes::in_own_memory;
use crate::db::session::{self, Failure};
use crate::db::stream::{Snapshot, array_of, stream, uuids};
use crate::error::Error;
use crate::log::accounting::{Call, Tally};
use crate::log::admission::{Admission, Admitted, Intake, Refused};
use crate::log::idempotency;
use crate::log::incoming::{Event, no_event_name};
use crate::log::rejections::{self, Imported};
use crate::log::storing::{self, EventRow};
use crate::tables::chunk::Chunk;
use crate::tables::plan::Plan;
use crate::time::MINUTE;
use crate::violation::{Reason, Violation};
use pgrx::check_for_interrupts;
use pgrx::pg_sys::{TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID};
use pgrx::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use uuid::Uuid;

/// An event may lie so far ahead of the server's clock, because clocks differ.
const FUTURE_TOLERANCE: i64 = 5 * MINUTE;

/// The time of an event whose own cannot be read.
const NO_TIME: i64 = i64::MIN;

/// The namespace of rejections of imports.
const REJECTED: Uuid = Uuid::from_u128(0x81d4_0c57_55b2_4a09_b7c4_7265_6a65_6374);

/// Under what the log has an event once.
type Key = (Uuid, i64, Uuid);

/// What became of rows.
#[derive(Default, Clone)]
pub struct Counts {
    pub rows_read: i64,
    pub stored: i64,
    pub known: i64,
    pub rejected: i64,
    pub sampled_out: i64,
    pub reasons: BTreeMap<&'static str, i64>,
}

#[derive(Clone)]
pub struct Import<'a> {
    plan: &'a Plan,
    relation: &'a str,
    range: Range<i64>,
    /// Whether rows may be in the log already. A first import only finds out where the log refuses one.
    pub checks: bool,
    has_rejections: bool,
    pub counts: Counts,
}

/// A chunk on its way.
struct Batch<'a> {
    intake: Intake,
    now: i64,
    tally: Tally,
    admitted: Vec<Admitted<'a>>,
}

impl<'p> Import<'p> {
    pub fn of(plan: &'p Plan, relation: &'p str, range: Range<i64>, checks: bool, has_rejections: bool) -> Import<'p> {
        Import { plan, relation, range, checks, has_rejections, counts: Counts::default() }
    }

    /// Stores the rows of a chunk. The caller runs as the owner of the log.
    pub fn take(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.take_all(chunk, None)
    }

    /// Keeps the rows of a chunk as rejections. The caller runs as the owner of the log.
    pub fn refuse_all(&mut self, chunk: &Chunk, violation: &Violation) -> Result<(), Error> {
        self.take_all(chunk, Some(violation))
    }

    fn take_all(&mut self, chunk: &Chunk, violation: Option<&Violation>) -> Result<(), Error> {
        check_for_interrupts!();
        if chunk.len() == 0 {
            return Ok(());
        }
        in_own_memory(|| {
            let now = session::clock();
            let call = Call::begin("import_table", None, now);
            let intake = Intake::of(Caller::present());
            let mut batch = Batch { intake, now, tally: Tally::default(), admitted: Vec::with_capacity(chunk.len()) };
            for row in 0..chunk.len() {
                self.admit(chunk, row, violation, &mut batch)?;
            }
            self.store(&mut batch)?;
            call.end_batch(&batch.intake, batch.tally)
        })
    }

    fn admit<'a>(
        &mut self,
        chunk: &'a Chunk,
        row: usize,
        violation: Option<&Violation>,
        batch: &mut Batch<'a>,
    ) -> Result<(), Error>
    where
        'p: 'a,
    {
        let until = batch.now + FUTURE_TOLERANCE;
        let (event, fault) = chunk.event(row, self.plan, &batch.intake.caller, NO_TIME, until);
        let has_time = event.event_ts != NO_TIME;
        if has_time && !self.range.contains(&event.event_ts) {
            return Ok(());
        }
        self.counts.rows_read += 1;
        batch.tally.events += 1;
        let event = Event { event_ts: if has_time { event.event_ts } else { batch.now }, ..event };
        let fault =
            violation.cloned().or(fault).or_else(|| event.event_name.is_empty().then(no_event_name)).or_else(|| {
                event.event_id.is_none().then(|| Violation::new(Reason::MissingArgument, "event_id must not be null"))
            });
        if let Some(violation) = fault {
            let refused = batch.intake.refuse(event, violation)?;
            return self.refuse(&refused, has_time, batch);
        }
        match batch.intake.admit(event)? {
            Admission::Admitted(admitted) => batch.admitted.push(admitted),
            Admission::SampledOut => {
                self.counts.sampled_out += 1;
                batch.tally.accepted += 1;
                batch.tally.sampled_out += 1;
            }
            Admission::Refused(refused) => self.refuse(&refused, has_time, batch)?,
        }
        Ok(())
    }

    fn refuse(&mut self, refused: &Refused<'_>, has_time: bool, batch: &mut Batch<'_>) -> Result<(), Error> {
        let event = &refused.event;
        let event_ts = has_time.then_some(event.event_ts);
        let rejection_id =
            event.event_id.map(|event_id| self.rejection_of(refused.tenant_id, event_id, event_ts, event.event_name));
        let imported = Imported { from: self.relation, rejection_id, event_ts, now: batch.now };
        rejections::keep_imported(refused, &batch.intake.caller, &imported)?;
        self.counts.rejected += 1;
        *self.counts.reasons.entry(refused.violation.reason.label()).or_default() += 1;
        batch.tally.rejected += 1;
        Ok(())
    }

    fn store(&mut self, batch: &mut Batch<'_>) -> Result<(), Error> {
        let mut admitted = std::mem::take(&mut batch.admitted);
        // Each partition once, and the keys of the indexes in order.
        admitted.sort_by_key(|admitted| admitted.row.event_ts);
        let admitted = self.without_repeated(admitted, batch)?;
        let mut new = if self.checks { self.without_known(admitted, batch)? } else { admitted };
        // Another session may import the same rows: then they are known, once it has committed.
        while let Err(failure) = store_all(&new) {
            if !matches!(
                &failure,
                Failure::Ours(Error::Constraint { code: PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION, .. })
            ) {
                return Err(failure.raise());
            }
            let before = new.len();
            self.checks = true;
            new = self.without_known(new, batch)?;
            if new.len() == before {
                return Err(failure.raise());
            }
        }
        self.counts.stored += new.len() as i64;
        batch.tally.accepted += new.len() as i32;
        if self.has_rejections { self.settle(&new) } else { Ok(()) }
    }

    /// The same for each try to import the same row, so that it is kept once.
    fn rejection_of(&self, tenant_id: Uuid, event_id: Uuid, event_ts: Option<i64>, event_name: &str) -> Uuid {
        let time = event_ts.unwrap_or(NO_TIME).to_be_bytes();
        let ids = [tenant_id.as_bytes().as_slice(), event_id.as_bytes(), &time].concat();
        Uuid::new_v5(&REJECTED, &[&ids, event_name.as_bytes(), b"\n", self.relation.as_bytes()].concat())
    }

    /// What was refused when it was imported before, and is stored now, is settled.
    fn settle(&self, stored: &[Admitted<'_>]) -> Result<(), Error> {
        let ids: Vec<[u8; 16]> = stored
            .iter()
            .map(|Admitted { row, .. }| {
                self.rejection_of(row.tenant_id, row.event_id, Some(row.event_ts), row.event_name)
            })
            .map(Uuid::into_bytes)
            .collect();
        let sql = "insert into telemetry.replays (rejection_id, tenant_id, replayed_at, outcome) \
             select r.rejection_id, r.tenant_id, pg_catalog.clock_timestamp(), 'stored' from telemetry.rejections r \
             where r.rejection_id operator(pg_catalog.=) any ($1) on conflict do nothing returning true";
        stream(sql, &[(UUIDARRAYOID, uuids(&ids))], Snapshot::Latest, |_| Ok(()))
    }

    /// Leaves out what comes twice in the chunk.
    fn without_repeated<'a>(
        &mut self,
        admitted: Vec<Admitted<'a>>,
        batch: &mut Batch<'_>,
    ) -> Result<Vec<Admitted<'a>>, Error> {
        let mut first: HashMap<Key, usize> = HashMap::with_capacity(admitted.len());
        let mut new: Vec<Admitted<'a>> = Vec::with_capacity(admitted.len());
        for admitted in admitted {
            match first.entry(key_of(&admitted.row)) {
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(new.len());
                    new.push(admitted);
                }
                std::collections::hash_map::Entry::Occupied(entry) => {
                    let is_same = said(&new[*entry.get()].row) == said(&admitted.row);
                    self.know(&admitted, is_same, batch)?;
                }
            }
        }
        Ok(new)
    }

    /// Leaves out what the log has.
    fn without_known<'a>(
        &mut self,
        admitted: Vec<Admitted<'a>>,
        batch: &mut Batch<'_>,
    ) -> Result<Vec<Admitted<'a>>, Error> {
        let known = known_places(&admitted)?;
        let mut new = Vec::with_capacity(admitted.len() - known.len());
        for (place, admitted) in admitted.into_iter().enumerate() {
            match known.get(&place) {
                None => new.push(admitted),
                Some(is_same) => self.know(&admitted, *is_same, batch)?,
            }
        }
        Ok(new)
    }

    /// Another event under the same tenant, time and id is refused.
    fn know(&mut self, admitted: &Admitted<'_>, is_same: bool, batch: &mut Batch<'_>) -> Result<(), Error> {
        if !is_same {
            let refused = admitted.refused(idempotency::conflict(admitted.row.event_name));
            return self.refuse(&refused, true, batch);
        }
        self.counts.known += 1;
        batch.tally.duplicates += 1;
        Ok(())
    }
}

fn store_all(admitted: &[Admitted<'_>]) -> Result<(), Failure> {
    session::in_subtransaction(|| {
        let rows: Vec<EventRow<'_>> = admitted.iter().map(|admitted| admitted.row.clone()).collect();
        storing::insert_events(&rows)?;
        admitted.iter().try_for_each(Admitted::count_new)
    })
}

fn key_of(row: &EventRow<'_>) -> Key {
    (row.tenant_id, row.event_ts, row.event_id)
}

/// What tells two rows with the same id apart.
fn said<'a>(row: &'a EventRow<'_>) -> (&'a str, [Option<Uuid>; 3]) {
    (row.event_name, [row.user_id, row.session_id, row.subject_id])
}

/// Which events the log has already, and whether it says the same of them.
fn known_places(admitted: &[Admitted<'_>]) -> Result<HashMap<usize, bool>, Error> {
    let times = || admitted.iter().map(|admitted| admitted.row.event_ts);
    let (Some(since), Some(until)) = (times().min(), times().max()) else { return Ok(HashMap::new()) };
    let ids = |of: fn(&EventRow<'_>) -> Uuid| {
        let ids: Vec<[u8; 16]> = admitted.iter().map(|admitted| of(&admitted.row).into_bytes()).collect();
        (UUIDARRAYOID, uuids(&ids))
    };
    let arguments = [
        ids(|row| row.tenant_id),
        (TIMESTAMPTZARRAYOID, array_of(TIMESTAMPTZOID, times().map(Value::Time))),
        ids(|row| row.event_id),
        (TIMESTAMPTZOID, Value::Time(since)),
        (TIMESTAMPTZOID, Value::Time(until)),
    ];
    let sql = "select k.place, e.event_name, e.user_id, e.session_id, e.subject_id \
           from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) with ordinality k (tenant_id, event_ts, event_id, place) \
           join telemetry.events e on e.tenant_id operator(pg_catalog.=) k.tenant_id and e.event_ts operator(pg_catalog.=) k.event_ts \
                and e.event_id operator(pg_catalog.=) k.event_id \
          where e.event_ts operator(pg_catalog.>=) $4 and e.event_ts operator(pg_catalog.<=) $5";
    let mut known = HashMap::new();
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let place = (row.big(0).unwrap_or_default() - 1) as usize;
        let id = |column| row.uuid::<[u8; 16]>(column).map(Uuid::from_bytes);
        let is_same = (row.text(1).unwrap_or_default(), [id(2), id(3), id(4)]) == said(&admitted[place].row);
        known.insert(place, is_same);
        Ok(())
    })?;
    Ok(known)
}
