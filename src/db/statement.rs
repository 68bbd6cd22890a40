//! The statements that logging and ticks run, each with its text, the types of its arguments and whether its plan is
//! kept.

use pgrx::pg_sys::{
    self, BOOLOID, BYTEAARRAYOID, FLOAT4ARRAYOID, FLOAT4OID, INT2ARRAYOID, INT2OID, INT4ARRAYOID, INT4OID,
    INT8ARRAYOID, INT8OID, JSONBARRAYOID, JSONBOID, OIDOID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID,
    UUIDARRAYOID, UUIDOID,
};
use std::ffi::CStr;

/// A statement that is run by its name here. Its text is qualified down to its operators, so that it may run under any
/// search_path.
#[derive(Debug, Clone, Copy)]
pub enum Statement {
    Definitions,
    Sources,
    Aliases,
    OwnershipChecks,
    FunctionNamed,
    SearchPathIsSafe,
    HasRedactionPolicies,
    RedactionPolicies,
    PartitionNamed,
    EnsurePartition,
    CompleteAt,
    LateArrival,
    AddHours,
    InsertEvent,
    InsertEvents,
    InsertRejection,
    ClaimId,
    KnownId,
    ClaimReplay,
    InsertCall,
    KeptToday,
    CountKept,
    TenantLimits,
    PromotedKeys,
    NumberActors,
    InsertChunks,
    DeleteChunks,
    Provenance,
    Partitions,
    MendSequence,
}

/// The number of statements: the last one is MendSequence.
pub const STATEMENTS: usize = Statement::MendSequence as usize + 1;
pub const MOST_ARGUMENTS: usize = 16;

/// The text of a statement, the types of its arguments and whether its plan is kept.
pub struct Prepared {
    pub types: &'static [pg_sys::Oid],
    pub sql: &'static CStr,
    /// Whether a backend keeps its plan, which only statements have that logged events need often.
    pub is_kept: bool,
}

const fn kept(types: &'static [pg_sys::Oid], sql: &'static CStr) -> Prepared {
    Prepared { types, sql, is_kept: true }
}

/// A statement that is planned at each use. So is each that names a function or type of the extension: a kept plan
/// would outlive what DROP EXTENSION and CREATE EXTENSION replace within one session.
const fn planned_anew(types: &'static [pg_sys::Oid], sql: &'static CStr) -> Prepared {
    Prepared { types, sql, is_kept: false }
}

impl Statement {
    pub const fn prepared(self) -> Prepared {
        match self {
            Statement::Definitions => kept(
                &[TEXTOID],
                c"select pg_catalog.to_jsonb(t) from telemetry.event_types t \
                 where t.event_name operator(pg_catalog.=) $1 order by t.event_version desc",
            ),
            Statement::Sources => planned_anew(
                &[],
                c"select s::text from pg_catalog.unnest(pg_catalog.enum_range(null::telemetry.event_source)) s",
            ),
            Statement::Aliases => planned_anew(
                &[],
                c"select a.alias, a.argument from telemetry.event_aliases a",
            ),
            Statement::OwnershipChecks => planned_anew(
                &[],
                c"select c.check_name, c.function_name, c.events from telemetry.ownership_checks c order by c.check_name",
            ),
            // A plain function, as it was registered: what was made anew as something else is not asked.
            Statement::FunctionNamed => kept(
                &[TEXTOID],
                c"select p.oid from pg_catalog.pg_proc p where p.oid operator(pg_catalog.=) \
                 pg_catalog.to_regprocedure($1)::pg_catalog.oid and p.prokind operator(pg_catalog.=) 'f' \
                 and p.prorettype operator(pg_catalog.=) 'pg_catalog.bool'::pg_catalog.regtype::pg_catalog.oid \
                 and not p.proretset and not p.proisstrict",
            ),
            // Owned by a superuser, or by the database's owner who is one, and nobody else may create in it.
            Statement::SearchPathIsSafe => kept(
                &[],
                c"select pg_catalog.count(*) operator(pg_catalog.=) 0 from pg_catalog.pg_namespace n \
                 where (n.nspname operator(pg_catalog.=) any (pg_catalog.current_schemas(false)) \
                 or n.nspname operator(pg_catalog.=) any (select s.rolname from pg_catalog.pg_roles s \
                 where s.rolsuper)) and (exists (select from pg_catalog.pg_roles r where not r.rolsuper \
                 and r.oid operator(pg_catalog.=) case when n.nspowner operator(pg_catalog.=) 6171::pg_catalog.oid then \
                 (select d.datdba from pg_catalog.pg_database d \
                 where d.datname operator(pg_catalog.=) pg_catalog.current_database()) else n.nspowner end) \
                 or exists (select from pg_catalog.aclexplode(n.nspacl) a left join pg_catalog.pg_roles g \
                 on g.oid operator(pg_catalog.=) a.grantee where a.privilege_type operator(pg_catalog.=) 'CREATE' \
                 and a.grantee operator(pg_catalog.<>) n.nspowner and not coalesce(g.rolsuper, false)))",
            ),
            Statement::HasRedactionPolicies => kept(
                &[UUIDOID],
                c"select exists (select from telemetry.redaction_policies p where p.tenant_id operator(pg_catalog.=) $1)",
            ),
            Statement::RedactionPolicies => kept(
                &[UUIDOID, TEXTOID],
                c"select p.policy from telemetry.redaction_policies p where (p.tenant_id operator(pg_catalog.=) $1 \
                 or p.tenant_id is null) and (p.event_name operator(pg_catalog.=) $2 or p.event_name is null) \
                 order by p.tenant_id nulls first, p.event_name nulls first",
            ),
            Statement::PartitionNamed => planned_anew(
                &[TIMESTAMPTZOID],
                c"select p.partition, p.since, p.until from telemetry_private.partition_named($1) p \
                 where p.partition is not null",
            ),
            Statement::EnsurePartition => planned_anew(
                &[TIMESTAMPTZOID],
                c"select from telemetry_private.ensure_partition($1) p",
            ),
            Statement::CompleteAt => kept(
                &[],
                c"select pg_catalog.max(c.complete_at) from telemetry.cursor_positions c",
            ),
            Statement::LateArrival => kept(
                &[TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, INT8OID, INT8OID],
                c"insert into telemetry.late_arrivals (since, until, first_id, last_id) select * from rows \
                 from (pg_catalog.unnest($1), pg_catalog.unnest($2)) l, (values ($3, $4)) i",
            ),
            // Sorted, so that a tenant's rows lie side by side, and the keys of the index come in order.
            Statement::AddHours => kept(
                &[UUIDARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, TEXTARRAYOID, FLOAT4ARRAYOID, INT8ARRAYOID],
                c"insert into telemetry.hourly_counts as c (tenant_id, hour, event_name, source, sample_rate, events) \
                 select h.tenant_id, h.hour, h.event_name, h.source, h.sample_rate, \
                 pg_catalog.sum(h.events)::pg_catalog.int8 from rows \
                 from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), \
                 pg_catalog.unnest($5), pg_catalog.unnest($6)) h (tenant_id, hour, event_name, source, sample_rate, \
                 events) group by 1, 2, 3, 4, 5 order by h.tenant_id, h.hour, h.event_name collate pg_catalog.\"C\", \
                 h.source collate pg_catalog.\"C\", h.sample_rate \
                 on conflict (tenant_id, hour, event_name, source, sample_rate) do update set events = c.events \
                 operator(pg_catalog.+) excluded.events",
            ),
            Statement::InsertEvent => kept(
                &[TIMESTAMPTZOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, INT4OID, INT2OID, TEXTOID, TEXTOID, FLOAT4OID, JSONBOID],
                c"insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, subject_id, \
                 client_ts, seq, event_version, event_name, source, sample_rate, payload) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            ),
            Statement::InsertEvents => kept(
                &[TIMESTAMPTZARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID, TIMESTAMPTZARRAYOID, INT4ARRAYOID, INT2ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, FLOAT4ARRAYOID, JSONBARRAYOID],
                c"insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, subject_id, \
                 client_ts, seq, event_version, event_name, source, sample_rate, payload) select * from rows \
                 from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), \
                 pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8), \
                 pg_catalog.unnest($9), pg_catalog.unnest($10), pg_catalog.unnest($11), pg_catalog.unnest($12), \
                 pg_catalog.unnest($13)) e",
            ),
            Statement::InsertRejection => kept(
                &[UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, INT2OID, TEXTOID, BOOLOID, UUIDOID, JSONBOID],
                c"insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, event_name, \
                 event_version, caller, is_client, user_id, event) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing",
            ),
            Statement::ClaimId => kept(
                &[UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID],
                c"insert into telemetry.event_ids (tenant_id, event_id, content, logged_at) values ($1, $2, $3, $4) \
                 on conflict do nothing returning true",
            ),
            Statement::KnownId => kept(
                &[UUIDOID, UUIDOID],
                c"select i.content from telemetry.event_ids i where i.tenant_id operator(pg_catalog.=) $1 \
                 and i.event_id operator(pg_catalog.=) $2",
            ),
            Statement::ClaimReplay => kept(
                &[UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID],
                c"insert into telemetry.replays (rejection_id, tenant_id, replayed_at, outcome) \
                 values ($1, $2, $3, $4) on conflict do nothing returning true",
            ),
            Statement::InsertCall => kept(
                &[TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID, INT8OID, JSONBOID],
                c"insert into telemetry.ingestion_calls (call_at, tenant_id, function_name, source, caller, is_client, \
                 weight, events, accepted, rejected, duplicates, sampled_out, microseconds, redactions) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            ),
            Statement::KeptToday => kept(
                &[UUIDOID, TEXTOID, TIMESTAMPTZOID],
                c"select coalesce(pg_catalog.sum(k.events), 0)::pg_catalog.int8 from telemetry.kept_counts k \
                 where k.tenant_id operator(pg_catalog.=) $1 and k.event_name operator(pg_catalog.=) $2 \
                 and k.day operator(pg_catalog.=) ($3 at time zone 'UTC')::pg_catalog.date",
            ),
            Statement::CountKept => kept(
                &[UUIDOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, INT4OID],
                c"insert into telemetry.kept_counts (tenant_id, event_name, day, event_id, events) \
                 values ($1, $2, ($3 at time zone 'UTC')::pg_catalog.date, $4, $5) on conflict do nothing",
            ),
            Statement::TenantLimits => kept(
                &[UUIDOID],
                c"select t.status operator(pg_catalog.=) 'suspended', t.events_per_day, t.payload_limit \
                 from telemetry.tenants t where t.tenant_id operator(pg_catalog.=) $1",
            ),
            Statement::PromotedKeys => kept(
                &[],
                c"select t.event_name, pg_catalog.array_agg(distinct k order by k) \
                 from telemetry.event_types t, pg_catalog.unnest(t.promoted_properties) k group by t.event_name \
                 order by t.event_name",
            ),
            Statement::NumberActors => planned_anew(
                &[UUIDARRAYOID, UUIDARRAYOID],
                c"select n.tenant_id, n.user_id, n.actor_number from telemetry_private.number_actors($1, $2) n",
            ),
            Statement::InsertChunks => kept(
                &[UUIDARRAYOID, INT4ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT4ARRAYOID, BYTEAARRAYOID, BYTEAARRAYOID, INT8ARRAYOID],
                c"insert into telemetry.timeline_chunks (tenant_id, band, first_ts, last_ts, first_ingest_id, \
                 last_ingest_id, events, header, body, promoted) select * from rows \
                 from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), \
                 pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8), \
                 pg_catalog.unnest($9), pg_catalog.unnest($10)) c",
            ),
            Statement::DeleteChunks => kept(
                &[UUIDARRAYOID, INT4ARRAYOID, INT8ARRAYOID],
                c"delete from telemetry.timeline_chunks c using rows \
                 from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) d (tenant_id, band, \
                 chunk_id) where c.tenant_id operator(pg_catalog.=) d.tenant_id \
                 and c.band operator(pg_catalog.=) d.band and c.chunk_id operator(pg_catalog.=) d.chunk_id",
            ),
            // All that standing_in() compares, in one statement: cursors, known partitions, relations of subscriptions, and
            // the highest id of late arrivals.
            Statement::Provenance => kept(
                &[],
                c"select c.consumer, c.position, c.safe_until, c.made_in, c.must_recount, null::pg_catalog.oid, \
                 null::pg_catalog.oid, null::pg_catalog.int8 from telemetry.cursor_positions c union all \
                 select null, null, null, null, null, case when p.partition operator(pg_catalog.>) 0 then \
                 p.partition::pg_catalog.oid else '0' end, null, null from telemetry.derived_partitions p union all \
                 select null, null, null, null, null, null, r.srrelid, null from pg_catalog.pg_subscription_rel r \
                 union all select null, null, null, null, null, null, null, \
                 coalesce(pg_catalog.max(l.last_id), 0) from telemetry.late_arrivals l",
            ),
            Statement::Partitions => kept(
                &[OIDOID],
                c"select i.inhrelid, i.inhdetachpending, pg_catalog.bool_or(t.tgenabled operator(pg_catalog.=) 'D'), \
                 pg_catalog.count(*) filter (where t.tgenabled operator(pg_catalog.=) 'A') operator(pg_catalog.=) 2, \
                 i.inhrelid operator(pg_catalog.=) any (select p.partdefid from pg_catalog.pg_partitioned_table p \
                 where p.partrelid operator(pg_catalog.=) $1) from pg_catalog.pg_inherits i \
                 left join pg_catalog.pg_trigger t on t.tgrelid operator(pg_catalog.=) i.inhrelid \
                 and t.tgname operator(pg_catalog.=) any ('{append_only,append_only_statement}'::pg_catalog.name[]) \
                 where i.inhparent operator(pg_catalog.=) $1 group by i.inhrelid, i.inhdetachpending",
            ),
            Statement::MendSequence => planned_anew(
                &[],
                c"select telemetry_private.mend_sequence()",
            ),
        }
    }
}
