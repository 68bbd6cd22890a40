-- telemetry with one validated event of the exam_prep pack, and a plain table with the same columns, partitions and
-- indexes but without validation, triggers, policies.
create extension telemetry;
select telemetry.install_pack('exam_prep');

create table plain (like telemetry.events including defaults) partition by range (event_ts);
alter table plain alter event_id set default gen_random_uuid();
alter table plain add primary key (tenant_id, event_ts, event_id);
create index on plain (tenant_id, event_name, event_ts);
create index on plain (user_id, event_ts) where user_id is not null;
create index on plain (session_id, event_ts) where session_id is not null;
do $$
declare
    p record;
begin
    for p in select * from telemetry_private.partition_bounds() loop
        execute format('create table %I partition of plain for values from (%L) to (%L)', 'plain_' || to_char(p.since, 'YYYYMMDD'), p.since, p.until);
    end loop;
end $$;

-- Random users and sessions, as in life: the same for both.
create table people as select n, gen_random_uuid() as user_id, gen_random_uuid() as session_id from generate_series(0, 9999) n;
create unique index on people (n) include (user_id, session_id);
vacuum analyze people;
