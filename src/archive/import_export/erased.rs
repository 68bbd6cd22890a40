//! What was erased in this log does not come back with a file from before: receipts tell of which persons, tenants and events it was,
//! and which keys of payloads went.

use super::line::ReadEvent;
use crate::db::Value;
use crate::db::stream::{Snapshot, array, array_of, stream, uuids};
use crate::erasure::receipts;
use crate::error::Error;
use crate::jsonb::Jsonb;
use pgrx::pg_sys::{BYTEAARRAYOID, BYTEAOID, Oid, TEXTARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID};
use std::collections::HashSet;
use uuid::Uuid;

/// Whether an event is of the time before a receipt; it may have been ahead of the clock, as far as the log takes events.
const IS_BEFORE: &str =
    "k.event_ts operator(pg_catalog.<=) (r.at operator(pg_catalog.+) '5 minutes'::pg_catalog.interval)";

/// What the receipts of this log tell, as far as a file can bring it back.
pub struct Erased {
    secret: Vec<u8>,
    events_left: bool,
    keys_left: bool,
    /// Tenants of whom somebody was anonymised: whoever shared a session with them has another one since.
    anonymized: HashSet<Uuid>,
}

impl Erased {
    /// Nothing was erased.
    pub fn nothing() -> Erased {
        Erased { secret: Vec::new(), events_left: false, keys_left: false, anonymized: HashSet::new() }
    }

    /// Reads which kinds of receipts there are.
    pub fn in_this_log() -> Result<Erased, Error> {
        let sql = "select s.secret, \
                exists (select from telemetry.erasures r where r.kind operator(pg_catalog.=) any ('{erase_user,anonymize_user,erase_tenant,erase_events}')), \
                exists (select from telemetry.erasures r where r.kind operator(pg_catalog.=) 'scrub_payload') \
           from telemetry_private.erasure_secret s";
        let mut erased = Erased::nothing();
        stream(sql, &[], Snapshot::Latest, |row| {
            erased.secret = row.bytes(0).unwrap_or_default().to_vec();
            (erased.events_left, erased.keys_left) = (row.flag(1), row.flag(2));
            Ok(())
        })?;
        let sql = "select distinct r.tenant_id from telemetry.erasures r where r.kind operator(pg_catalog.=) 'anonymize_user'";
        stream(sql, &[], Snapshot::Latest, |row| {
            erased.anonymized.extend(row.uuid::<[u8; 16]>(0).map(Uuid::from_bytes));
            Ok(())
        })?;
        Ok(erased)
    }

    /// Whether the sessions of a tenant are no longer those of files from before.
    pub fn renames_sessions_of(&self, tenant: &Uuid) -> bool {
        self.anonymized.contains(tenant)
    }

    /// Returns which of the events were erased here.
    pub fn places(&self, events: &[(usize, ReadEvent<'_>)]) -> Result<HashSet<usize>, Error> {
        let mut places = HashSet::new();
        if !self.events_left {
            return Ok(places);
        }
        let persons = events.iter().map(|(_, event)| {
            event.user_id.map(|user| receipts::person(&self.secret, event.tenant_id.as_bytes(), user.as_bytes()))
        });
        let persons: Vec<Option<[u8; 32]>> = persons.collect();
        let arguments = [
            ids(events, |event| event.tenant_id),
            times(events),
            ids(events, |event| event.event_id),
            (
                BYTEAARRAYOID,
                array_of(BYTEAOID, persons.iter().map(|person| Value::of(person.as_ref(), |hash| Value::Bytes(hash)))),
            ),
        ];
        let sql = format!(
            "with k as materialized (select k.* from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) \
                 with ordinality k (tenant_id, event_ts, event_id, person, place)) \
             select k.place from k join telemetry.erasures r on r.person operator(pg_catalog.=) k.person \
              where r.kind operator(pg_catalog.=) any ('{{erase_user,anonymize_user}}') and {IS_BEFORE} \
             union all \
             select k.place from k join telemetry.erasures r on r.tenant_id operator(pg_catalog.=) k.tenant_id \
              where r.kind operator(pg_catalog.=) 'erase_tenant' and {IS_BEFORE} \
             union all \
             select k.place from telemetry.erasures r \
              cross join lateral pg_catalog.jsonb_array_elements_text(r.details operator(pg_catalog.->) 'event_ids') i (event_id) \
               join k on k.event_id operator(pg_catalog.=) i.event_id::pg_catalog.uuid \
              where r.kind operator(pg_catalog.=) 'erase_events' and {IS_BEFORE} and {IS_MEANT}"
        );
        stream(&sql, &arguments, Snapshot::Latest, |row| {
            places.insert((row.big(0).unwrap_or_default() - 1) as usize);
            Ok(())
        })?;
        Ok(places)
    }

    /// Takes the keys out of the payloads that scrub_payload() took out of the log.
    pub fn scrub(&self, events: &[(usize, ReadEvent<'_>)], payloads: &mut [Jsonb]) -> Result<(), Error> {
        if !self.keys_left {
            return Ok(());
        }
        let names: Vec<&str> = events.iter().map(|(_, event)| event.event_name.as_ref()).collect();
        let texts: Vec<&str> = events.iter().map(|(_, event)| event.payload).collect();
        let arguments = [
            ids(events, |event| event.tenant_id),
            times(events),
            (TEXTARRAYOID, array(names)),
            (TEXTARRAYOID, array(texts)),
        ];
        let sql = format!(
            "select k.place, telemetry_private.without_keys(k.payload::pg_catalog.jsonb, r.keys) \
               from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) \
                    with ordinality k (tenant_id, event_ts, event_name, payload, place) \
              cross join lateral ( \
                    select pg_catalog.array_agg(n.key) from telemetry.erasures r \
                     cross join lateral pg_catalog.jsonb_array_elements_text(r.details operator(pg_catalog.->) 'keys') n (key) \
                     where r.kind operator(pg_catalog.=) 'scrub_payload' and {IS_BEFORE} and {IS_MEANT} \
                       and ((r.details operator(pg_catalog.->) 'events') is null \
                            or (r.details operator(pg_catalog.->) 'events') operator(pg_catalog.?) k.event_name) \
                    having pg_catalog.count(*) operator(pg_catalog.>) 0) r (keys) \
              where telemetry_private.has_key(k.payload::pg_catalog.jsonb, r.keys)"
        );
        stream(&sql, &arguments, Snapshot::Latest, |row| {
            let place = (row.big(0).unwrap_or_default() - 1) as usize;
            payloads[place] = Jsonb(row.bytes(1).unwrap_or_default().to_vec());
            Ok(())
        })
    }
}

/// Whether a receipt names the tenant and the time of an event, or none.
const IS_MEANT: &str = "(r.tenant_id is null or r.tenant_id operator(pg_catalog.=) k.tenant_id) \
    and ((r.details operator(pg_catalog.->>) 'since') is null or k.event_ts operator(pg_catalog.>=) (r.details operator(pg_catalog.->>) 'since')::pg_catalog.timestamptz) \
    and ((r.details operator(pg_catalog.->>) 'until') is null or k.event_ts operator(pg_catalog.<) (r.details operator(pg_catalog.->>) 'until')::pg_catalog.timestamptz)";

fn ids(events: &[(usize, ReadEvent<'_>)], of: fn(&ReadEvent<'_>) -> Uuid) -> (Oid, Value<'static>) {
    (UUIDARRAYOID, uuids(&events.iter().map(|(_, event)| of(event).into_bytes()).collect::<Vec<_>>()))
}

fn times(events: &[(usize, ReadEvent<'_>)]) -> (Oid, Value<'static>) {
    (TIMESTAMPTZARRAYOID, array_of(TIMESTAMPTZOID, events.iter().map(|(_, event)| Value::Time(event.event_ts))))
}
