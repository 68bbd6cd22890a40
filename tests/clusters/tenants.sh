#!/usr/bin/env bash
# 1,000 tenants in one log, written by four sessions at once. What a tenant's own request answers, through the shipped
# policies, is what the owner is told of that tenant, what plain SQL counts, and what a database says that holds that
# tenant's events alone: every reading function, from rows, from the timeline and half of each, by one prepared statement
# for all tenants. TENANTS: how many of them are asked, 6 unless set (48 by make test-long).
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")/tenants
EVENTS=60000
start tenants "$MAJOR"
for database in shop alone; do
    sql tenants postgres <<<"create database $database"
    { echo "create extension telemetry; set telemetry.multi_tenant = on; set telemetry.tenant_id = '00000000-0000-4000-8000-0000000000aa';"
        sed '/^select/s/;$/ \\g \/dev\/null/; /^  from .* n;$/s/;$/ \\g \/dev\/null/' "$ROOT/tests/regress/include/every_call.sql"
        [ "$database" = shop ] && cat "$HERE/setup.sql" || sed '/^create role\|^select telemetry.grant/d' "$HERE/setup.sql"
        echo "alter database $database set telemetry.multi_tenant = on; alter database $database set timezone = 'UTC';"
    } | sql tenants "$database"
done

writers=()
for writer in 0 1 2 3; do
    seq "$writer" 4 $((EVENTS / 1000 - 1)) | sed 's/.*/select telemetry.import_events(tenants.batch(& * 1000 + 1, & * 1000 + 1000)) \\g \/dev\/null/' | sql tenants shop &
    writers+=($!)
done
for writer in "${writers[@]}"; do wait "$writer"; done

ask() { sql tenants shop <<<"$1"; }
expect "every event of each of 1,000 tenants is stored" \
    "$(ask "select count(*), count(distinct tenant_id) from telemetry.events where tenant_id <> '00000000-0000-4000-8000-0000000000aa'")" "$EVENTS|1000"

TENANTS=${TENANTS:-6}
asked="'$(ask "select array(select tenants.id(t) from unnest('{1,2,3}'::integer[] || array(select 4 + n * 991 / $TENANTS from generate_series(0, $TENANTS - 4) n)) t)")'::uuid[]"
ask "call tenants.ask('tenant', $asked, 'raw'); call tenants.ask_as_owner('owner', $asked, 'raw')"
ask "select telemetry.tick_unit(25000) \\g /dev/null
call tenants.ask('tenant, half derived', $asked, 'auto');"
ask "call telemetry.tick(60)"
expect "the timeline is up to date" "$(ask "select distinct lag_events from telemetry.cursors")" 0
ask "call tenants.ask('tenant, derived', $asked, 'auto'); call tenants.ask_as_owner('owner, derived', $asked, 'auto')"

# Each asked tenant's events in a log of their own.
sql tenants shop <<<"copy (select e.* from telemetry.events e where tenant_id = any ($asked)) to stdout" >"$WORK/events"
sql tenants shop <<<"copy (select * from tenants.answer) to stdout" >"$WORK/answers"
sql tenants alone <<SQL
create table tenants.event (like telemetry.events);
\copy tenants.event from '$WORK/events'
create table tenants.shop (like tenants.answer);
\copy tenants.shop from '$WORK/answers'
select telemetry_private.ensure_partition(event_ts) from (select distinct date_trunc('month', event_ts) from tenants.event) m (event_ts) \g /dev/null
do \$\$
declare
    t uuid;
    line record;
    told text;
begin
    for t in select distinct tenant_id from tenants.event loop
        begin
            -- Nobody else's: neither those of the tools nor of the last one.
            insert into telemetry.events select * from tenants.event e where e.tenant_id = t;
            perform set_config('telemetry.tenant_id', t::text, true);
            for line in select * from tenants.functions loop
                begin
                    execute 'select array_agg(q::text order by q::text)::text from ' || attack.call(line.oid, line.tenant_place, t::text) || ' q' into told;
                    insert into tenants.answer values (t, 'alone', 'raw', line.proname, '00000', told);
                exception when others then
                    insert into tenants.answer values (t, 'alone', 'raw', line.proname, sqlstate, sqlerrm);
                end;
            end loop;
            raise sqlstate 'ALONE' using detail = (select jsonb_agg(a)::text from tenants.answer a where a.tenant = t);
        exception when sqlstate 'ALONE' then
            get stacked diagnostics told = pg_exception_detail;
            insert into tenants.answer select * from jsonb_populate_recordset(null::tenants.answer, told::jsonb);
        end;
    end loop;
end \$\$;
SQL
alone() { sql tenants alone <<<"$1"; }
expect "more than 60 functions, asked by $TENANTS tenants; eight of ten answers are about something" \
    "$(alone "select count(distinct proname) > 60, count(distinct tenant), count(answer) filter (where code = '00000') * 10 > count(*) * 8 from tenants.shop where asked = 'tenant'")" "t|$TENANTS|t"
expect "a tenant is told the same each time, from rows, half and wholly derived" \
    "$(alone "select proname, count(distinct (tenant, code, answer)) - count(distinct tenant) from tenants.shop where asked like 'tenant%' group by 1 having count(distinct (tenant, code, answer)) <> count(distinct tenant) limit 5")" ""
expect "the owner is told the same of the tenant" \
    "$(alone "select distinct o.proname, o.asked, left(o.code || o.answer, 200), left(t.code || t.answer, 200) from tenants.shop o join tenants.shop t using (proname, tenant)
               where o.asked like 'owner%' and t.asked = 'tenant' and (o.code, o.answer) is distinct from (t.code, t.answer) limit 5")" ""
expect "every function was asked of the tenant's events alone" \
    "$(alone "select count(*) from tenants.functions f, unnest($asked) t (id) join tenants.answer a on a.tenant = t.id where a.proname = f.proname having count(*) <> (select count(*) from tenants.functions) * $TENANTS")" ""
expect "a log of the tenant's events alone says the same" \
    "$(alone "select distinct a.proname, left(a.code || a.answer, 200), left(t.code || t.answer, 200) from tenants.answer a join tenants.shop t using (proname, tenant)
               where t.asked = 'tenant' and (a.code, a.answer) is distinct from (t.code, t.answer) limit 5")" ""
expect "volumes and active users were told" \
    "$(ask "select proname, count(distinct tenant), bool_and(answer::text[] <> '{}') from tenants.answer where proname in ('event_volume', 'active_users') and tenant = any ($asked) group by 1 order by 1")" "active_users|$TENANTS|t
event_volume|$TENANTS|t"
expect "volume and active users are what plain SQL counts" "$(ask "
select t.tenant, t.proname from tenants.answer t
 where t.proname = 'event_volume'
   and (select sum((regexp_match(r, ',(\\d+),[tf],[tf]\\)\$'))[1]::bigint) from unnest(t.answer::text[]) r)
       is distinct from (select count(*) from telemetry.events e where e.tenant_id = t.tenant and event_ts >= '2024-01-01 00:00Z' and event_ts < '2024-03-01 00:00Z')
 union all
select t.tenant, t.proname from tenants.answer t, unnest(t.answer::text[]) r, lateral (select regexp_match(r, '^\\(\"?([^\",]+)\"?,([^,]*),(\\d+),[tf],f\\)\$')) x (m)
 where t.proname = 'active_users'
   and m[3]::bigint <> (select count(distinct user_id) from telemetry.events e
                         where e.tenant_id = t.tenant and event_ts >= '2024-01-01 00:00Z' and event_ts < '2024-03-01 00:00Z'
                           and date_trunc('week', event_ts, 'Europe/Paris') = m[1]::timestamptz and e.payload ->> 'k' = m[2])
 union all
select t.tenant, 'active_users has no row of a value' from tenants.answer t where t.proname = 'active_users' and not exists (select from unnest(t.answer::text[]) r where r ~ '\",v\\d,\\d+,[tf],f\\)\$')
limit 5")" ""

# What is refused is a tenant's too.
ask "begin; call tenants.become(tenants.id(1));
select rejected from telemetry.log_events('[{\"event_name\": \"nowhere\"}, {\"event_name\": 7}]') \\g /dev/null
commit;"
expect "a tenant sees what was refused of its own" \
    "$(ask "begin; call tenants.become(tenants.id(1)); select sum(rejections), (select count(*) from telemetry.ingestion_calls) from telemetry.rejection_summary(); call tenants.become(tenants.id(2)); select count(*), (select count(*) from telemetry.ingestion_calls) from telemetry.rejection_summary()")" "2|1
0|0"
expect "23 requests without a tenant, or with one that their user wrote, are told what a tenant without events is" \
    "$(ask "select count(*) from tenants.claim; select * from tenants.leaks(tenants.id(1)) limit 5; set telemetry.kpi_source = raw; select * from tenants.leaks(tenants.id(1)) limit 5")" 23
expect "... and a tenant itself is told more" "$(ask "select tenants.told('telemetry.event_volume()', jsonb_build_object('role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', tenants.id(1)))::text, '') is not null,
    tenants.told('telemetry.event_volume()', jsonb_build_object('role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', tenants.id(1)))::text, '') is distinct from tenants.told('telemetry.event_volume()', '{}', '')")" "t|t"
finish
