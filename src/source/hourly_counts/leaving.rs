//! Takes events that leave the log out of the hourly counts. Twin: sql/erasure/removing.sql, whose caller owns the cursors.

use super::HOUR;
use crate::db::Value;
use crate::db::stream::{Snapshot, array, array_of, stream, uuids};
use crate::derived::provenance;
use crate::error::Error;
use crate::ids::TenantId;
use pgrx::pg_sys::{
    FLOAT4ARRAYOID, FLOAT4OID, INT8ARRAYOID, INT8OID, TEXTARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID,
};
use std::collections::BTreeMap;

/// The key of a count: the tenant, the hour, the name, the source, and the bits of the sampling rate.
type Counted = (TenantId, i64, String, String, u32);

/// Events that leave, by the counts that they are in.
pub struct Leaving {
    position: i64,
    counts: BTreeMap<Counted, i64>,
}

impl Leaving {
    pub fn begin() -> Result<Leaving, Error> {
        Ok(Leaving { position: provenance::standing("hourly_counts")?.position, counts: BTreeMap::new() })
    }

    /// Takes one event. What arrived above the cursor is in no count yet.
    pub fn push(&mut self, tenant: TenantId, time: i64, arrival: i64, name: &str, source: &str, rate: Option<f32>) {
        if arrival <= self.position {
            let hour = time - time.rem_euclid(HOUR);
            let count = (tenant, hour, name.to_string(), source.to_string(), rate.unwrap_or(1.0).to_bits());
            *self.counts.entry(count).or_default() += 1;
        }
    }

    /// Takes them out of the counts. A count that has come to nothing goes.
    pub fn store(self) -> Result<(), Error> {
        if self.counts.is_empty() {
            return Ok(());
        }
        const OF: &str = "from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), \
                pg_catalog.unnest($5), pg_catalog.unnest($6)) g (tenant_id, hour, event_name, source, sample_rate, events) \
            where c.tenant_id operator(pg_catalog.=) g.tenant_id and c.hour operator(pg_catalog.=) g.hour \
              and c.event_name operator(pg_catalog.=) g.event_name and c.source operator(pg_catalog.=) g.source \
              and c.sample_rate operator(pg_catalog.=) g.sample_rate";
        let keys = || self.counts.keys();
        let tenants: Vec<TenantId> = keys().map(|key| key.0).collect();
        let arguments = || {
            [
                (UUIDARRAYOID, uuids(&tenants)),
                (TIMESTAMPTZARRAYOID, array_of(TIMESTAMPTZOID, keys().map(|key| Value::Time(key.1)))),
                (TEXTARRAYOID, array(keys().map(|key| key.2.clone()).collect::<Vec<_>>())),
                (TEXTARRAYOID, array(keys().map(|key| key.3.clone()).collect::<Vec<_>>())),
                (FLOAT4ARRAYOID, array_of(FLOAT4OID, keys().map(|key| Value::Real(f32::from_bits(key.4))))),
                (INT8ARRAYOID, array_of(INT8OID, self.counts.values().map(|events| Value::Big(*events)))),
            ]
        };
        let gone = OF.replacen("from rows", "using rows", 1);
        let delete = format!(
            "delete from telemetry.hourly_counts c {gone} and c.events operator(pg_catalog.<=) g.events returning 1"
        );
        stream(&delete, &arguments(), Snapshot::Latest, |_| Ok(()))?;
        let update = format!(
            "update telemetry.hourly_counts c set events = c.events operator(pg_catalog.-) g.events {OF} returning 1"
        );
        stream(&update, &arguments(), Snapshot::Latest, |_| Ok(()))
    }
}
