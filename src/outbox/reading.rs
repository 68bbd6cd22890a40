//! Reads the log for destinations, in order of arrival. Twin: sql/outbox/reading.sql, which says what is read.
//!
//! Events above a destination's position lie in few partitions: in those of the time since ids above it were drawn, and in those
//! with late arrivals. Only these are opened, since each costs locks. One reading makes several batches.

use crate::calendar::timestamp;
use crate::db::clauses::Clauses;
use crate::db::stream::{Row, Snapshot, array, stream, stream_latest_rows};
use crate::db::{Value, session};
use crate::error::Error;
use crate::ids::TenantId;
use crate::jsonb::container::members;
use crate::jsonb::{Sent, text};
use crate::log::partitions::windows::{ALWAYS, merged};
use crate::log::partitions::{self, bounds};
use crate::outbox::bodies::batches::{Batches, Limits};
use crate::outbox::bodies::writing::{Event, Form};
use crate::time::{DAY, HOUR};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT8OID, JSONBOID, TEXTARRAYOID, TEXTOID};
use pgrx::prelude::*;
use std::ops::Range;
use uuid::Uuid;

/// So many ids are looked at in one go where few events are for the destination, so that a claim does not take long.
const MOST_IDS: i64 = 100_000;
/// The first look goes a little further than the events that are wanted, since transactions that were rolled back took ids.
const FEWEST_IDS: i64 = 200;

/// Which events are a destination's, and the form in which they are sent.
struct Wanted<'a> {
    destination: &'a str,
    form: Form,
    tenant: Option<TenantId>,
    events: Option<Vec<String>>,
    test: Option<Sent<'a>>,
    keys: Option<Vec<String>>,
}

/// The events of (after_id, until_id] that are for a destination, as they are sent. With `most` so many of the first 100,000 ids, and
/// one row without a body that says how far it looked where there is none. Error: 22023 an unknown form.
#[pg_extern(stable)]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
fn outbound_rows(
    destination: &str,
    form: &str,
    tenant: Option<pgrx::Uuid>,
    events: Option<Vec<String>>,
    test: Option<Sent<'_>>,
    keys: Option<Vec<String>>,
    order_key: Option<&str>,
    after_id: i64,
    until_id: i64,
    most: Option<i32>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(ingest_id, i64),
            name!(event_id, pgrx::Uuid),
            name!(event_ts, TimestampWithTimeZone),
            name!(order_key, Option<String>),
            name!(body, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let wanted = Wanted::new(destination, form, tenant, events, test, keys)?;
    let mut rows = Vec::new();
    let most = most.map(|most| most.max(0) as usize);
    let mut take = |event: &Event<'_>| {
        let key = match order_key {
            Some("user") => event.user_id,
            Some("session") => event.session_id,
            Some("subject") => event.subject_id,
            Some("tenant") => Some(event.tenant_id),
            _ => None,
        };
        rows.push((
            event.ingest_id,
            pgrx::Uuid::from_bytes(event.event_id.into_bytes()),
            timestamp(event.event_ts)?,
            key.map(|key| key.to_string()),
            Some(event.written(wanted.form)),
        ));
        Ok(most.is_none_or(|most| rows.len() < most))
    };
    match most {
        None => {
            wanted.each(&windows_of(wanted.destination, after_id, until_id)?, after_id, until_id, None, &mut take)?
        }
        Some(most) => {
            let reached = wanted.look(after_id, until_id, most as i64, take)?;
            if rows.is_empty() {
                rows.push((reached, pgrx::Uuid::from_bytes([0; 16]), timestamp(0)?, None, None));
            }
        }
    }
    Ok(TableIterator::new(rows))
}

/// The next batches of a destination, cut as they are sent: `batches` at most, each of at most `batch_rows` events and `batch_bytes`,
/// and none more once they have `most_events`. `too_large`: ids up to last_id whose events nobody can send, left out. Where there is no
/// event one row says how far it looked (`reached`). `batch_bytes` NULL: as they were cut before.
#[pg_extern(stable)]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
fn outbound_batches(
    destination: &str,
    form: &str,
    tenant: Option<pgrx::Uuid>,
    events: Option<Vec<String>>,
    test: Option<Sent<'_>>,
    keys: Option<Vec<String>>,
    after_id: i64,
    until_id: i64,
    batches: i32,
    batch_rows: i32,
    batch_bytes: Option<i32>,
    largest: i32,
    most_events: Option<f64>,
    made_at: TimestampWithTimeZone,
) -> Result<
    TableIterator<
        'static,
        (
            name!(body, Option<String>),
            name!(events, i32),
            name!(last_id, Option<i64>),
            name!(reached, i64),
            name!(too_large, Vec<i64>),
        ),
    >,
    ErrorReport,
> {
    let wanted = Wanted::new(destination, form, tenant, events, test, keys)?;
    let limits = Limits {
        batches: batches.max(1) as usize,
        rows: batch_rows.max(1) as usize,
        bytes: batch_bytes.map(|bytes| bytes.max(1) as usize),
        largest: largest.max(1) as usize,
        events: most_events,
    };
    let mut made = Batches::new(wanted.form, limits, i64::from(made_at));
    let take = |event: &Event<'_>| Ok(made.take(event.ingest_id, event.event_ts, event.written(wanted.form)));
    let reached = if limits.bytes.is_some() {
        let most = i64::from(batches.max(1)) * i64::from(batch_rows.max(1));
        wanted.look(after_id, until_id, most, take)?
    } else {
        wanted.each(&windows_of(wanted.destination, after_id, until_id)?, after_id, until_id, None, take)?;
        until_id
    };
    let made = made.end().into_iter().map(move |batch| {
        (batch.body, batch.events as i32, batch.last_id, batch.last_id.unwrap_or(reached), batch.too_large)
    });
    Ok(TableIterator::new(made.collect::<Vec<_>>()))
}

impl<'a> Wanted<'a> {
    fn new(
        destination: &'a str,
        form: &str,
        tenant: Option<pgrx::Uuid>,
        events: Option<Vec<String>>,
        test: Option<Sent<'a>>,
        keys: Option<Vec<String>>,
    ) -> Result<Wanted<'a>, Error> {
        let form = Form::named(form).ok_or_else(|| Error::UnknownWord {
            argument: "form",
            word: form.into(),
            known: "webhook, thin, posthog, segment".into(),
        })?;
        let tenant = tenant.map(|tenant| TenantId::new(*tenant.as_bytes()));
        Ok(Wanted { destination, form, tenant, events, test, keys })
    }

    /// Hands over the next events until `take` answers that it has enough; at most `most`, of 100,000 ids. Returns up to which id it
    /// looked.
    fn look(
        &self,
        after_id: i64,
        until_id: i64,
        most: i64,
        mut take: impl FnMut(&Event<'_>) -> Result<bool, Error>,
    ) -> Result<i64, Error> {
        let windows = windows_of(self.destination, after_id, until_id)?;
        let mut span = (most + most / 4).max(FEWEST_IDS);
        let (mut looked, mut found, mut goes_on) = (after_id, 0, true);
        while goes_on && found < most && looked < until_id && looked - after_id < MOST_IDS {
            let since = looked;
            looked = since.saturating_add(span).min(until_id);
            let mut last = looked;
            self.each(&windows, since, looked, Some(most - found), |event| {
                found += 1;
                goes_on = take(event)?;
                last = event.ingest_id;
                Ok(goes_on)
            })?;
            if !goes_on || found >= most {
                looked = last;
            }
            span = span.saturating_mul(4);
        }
        Ok(looked)
    }

    /// Hands over the events of (after_id, until_id] in order of arrival, at most `most`.
    fn each(
        &self,
        windows: &[Range<i64>],
        after_id: i64,
        until_id: i64,
        most: Option<i64>,
        mut take: impl FnMut(&Event<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut rows = Clauses::after("");
        let payload = match &self.keys {
            None => "e.payload".to_owned(),
            Some(keys) => {
                let number = rows.number(TEXTARRAYOID, array(keys.clone()));
                format!(
                    "(select coalesce(pg_catalog.jsonb_object_agg(k.key, k.value), '{{}}') from pg_catalog.jsonb_each(e.payload) k \
                      where k.key operator(pg_catalog.=) any (${number}))"
                )
            }
        };
        rows.sql = format!(
            "select e.ingest_id, e.event_ts, e.event_id, e.tenant_id, e.user_id, e.session_id, e.subject_id, e.client_ts, e.seq, \
             e.event_version, e.event_name, e.source, e.sample_rate, {payload} from telemetry.events e where true"
        );
        rows.compare("e.ingest_id", ">", INT8OID, Value::Big(after_id));
        rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(until_id));
        rows.sql += &partitions::condition(windows, &mut rows.arguments);
        rows.tenant("e", self.tenant);
        rows.names("e", self.events.clone());
        if let Some(Sent(test)) = self.test {
            let number = rows.number(JSONBOID, Value::Container(test.container()));
            rows.sql += &format!(" and telemetry_private.payload_passes(e.payload, ${number})");
        }
        rows.sql += " order by e.ingest_id";
        if let Some(most) = most {
            let number = rows.number(INT8OID, Value::Big(most));
            rows.sql += &format!(" limit ${number}");
        }
        let mut goes_on = true;
        stream_latest_rows(&rows.sql, &rows.arguments, Snapshot::OfStatement, |row| {
            if goes_on {
                goes_on = with_event(row, &mut take)?;
            }
            Ok(())
        })
    }
}

/// Where the events of (after_id, until_id] of a destination can lie. Of what lies below its position nobody knows: a dead letter, a
/// replay.
fn windows_of(destination: &str, after_id: i64, until_id: i64) -> Result<Vec<Range<i64>>, Error> {
    let (mut drawn_since, mut ranges) = (None, Vec::new());
    let sql = "select s.drawn_since, l.since, l.until \
           from telemetry.destination_states s \
           left join telemetry.late_arrivals l on l.last_id operator(pg_catalog.>) $2 and l.first_id operator(pg_catalog.<=) $3 \
          where s.destination operator(pg_catalog.=) $1 and s.position operator(pg_catalog.<=) $2 \
            and not exists (select from telemetry.cursor_positions c where c.must_recount)";
    let arguments =
        [(TEXTOID, Value::Text(destination)), (INT8OID, Value::Big(after_id)), (INT8OID, Value::Big(until_id))];
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        drawn_since = row.big(0);
        if let (Some(since), Some(until)) = (row.big(1), row.big(2)) {
            ranges.push(since..until);
        }
        Ok(())
    })?;
    // Where the clock was set back, events may have been logged that seem old to it.
    match drawn_since.filter(|drawn_since| *drawn_since <= session::clock() + HOUR) {
        Some(drawn_since) => {
            // Whole partitions: a trigger of the application may move an event within its own.
            let since = drawn_since.saturating_sub(2 * DAY);
            ranges.push(bounds::covering(since).map_or(since, |partition| partition.since)..i64::MAX);
            Ok(merged(ranges))
        }
        None => Ok(vec![ALWAYS]),
    }
}

/// Where the events above an id can lie that a destination has not had, as ranges of time.
#[pg_extern(stable)]
fn outbound_windows(
    destination: &str,
    after_id: i64,
) -> Result<
    TableIterator<'static, (name!(since, TimestampWithTimeZone), name!(until, TimestampWithTimeZone))>,
    ErrorReport,
> {
    let windows = windows_of(destination, after_id, i64::MAX)?;
    let rows: Result<Vec<_>, Error> =
        windows.iter().map(|window| Ok((timestamp(window.start)?, timestamp(window.end)?))).collect();
    Ok(TableIterator::new(rows?))
}

/// Makes an event of a row. It borrows from the row what it can.
fn with_event(row: &Row<'_>, take: &mut impl FnMut(&Event<'_>) -> Result<bool, Error>) -> Result<bool, Error> {
    let id = |column| row.uuid::<[u8; 16]>(column).map(Uuid::from_bytes);
    let container = row.bytes(13).unwrap_or_default();
    let payload = text(container);
    take(&Event {
        ingest_id: row.big(0).unwrap_or_default(),
        event_ts: row.big(1).unwrap_or_default(),
        event_id: id(2).unwrap_or_default(),
        tenant_id: id(3).unwrap_or_default(),
        user_id: id(4),
        session_id: id(5),
        subject_id: id(6),
        client_ts: row.big(7),
        seq: row.integer(8),
        event_version: row.integer(9).unwrap_or_default() as i16,
        event_name: row.text(10).unwrap_or_default(),
        source: row.text(11),
        sample_rate: row.real(12),
        payload: &payload,
        keys: members(container).map(|members| members.map(|(key, _)| key).collect()).unwrap_or_default(),
    })
}
