#!/usr/bin/env bash
# A hot standby answers every read function, also to a client or a router that prefers it, as of what it has replayed, and says clearly
# that it takes no events.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
start standby-primary "$MAJOR"
sql standby-primary postgres <<<'create database shop'
sql standby-primary shop <"$HERE/filled.sql"
sql standby-primary shop <"$ROOT/tests/regress/include/every_call.sql" >/dev/null
sql standby-primary shop <<'SQL'
create function attack.digest(call text, out code text, out answered bigint, out digest text) language plpgsql as $$
begin
    code := '00000';
    execute format($q$select count(*), md5(string_agg(j, '' order by j collate "C")) from (select regexp_replace(to_jsonb(q)::text, '"[a-z]+_per_second": [^,}]+', '', 'g') as j from %s q) t$q$, call) into answered, digest;
exception when others then
    code := sqlstate || ' ' || sqlerrm;
end $$;
call telemetry.tick();
SQL

start standby-replica "$MAJOR" --standby-of standby-primary

position=$(sql standby-primary shop <<<'select pg_current_wal_lsn()')
sql standby-replica shop <<SQL
do \$\$ begin
    for attempt in 1..600 loop
        exit when pg_last_wal_replay_lsn() >= '$position';
        perform pg_sleep(0.1);
    end loop;
end \$\$;
SQL
# Every read function of the catalog: how it ends, how many rows it answers, and which; but those whose answer changes by itself.
# A part and a page tell when they were made; what parts add up to is compared below. reads_only() is not for an owner.
answers() { sql "$1" shop <<<"select p.proname, a.* from attack.functions p, attack.digest(attack.call(p.oid)) a where p.provolatile <> 'v' and p.proname not in ('health', 'expiry_report', 'metrics', 'metric_samples', 'export_status', 'kpi_parts', 'dashboard_page', 'reads_only') order by 1"; }
answers standby-primary >"$WORK/primary"
expect "standby: every read function answers as the primary does" "$(answers standby-replica)" "$(cat "$WORK/primary")"
expect "standby: these were more than 80 functions, most with an answer" "$(awk -F'|' '$2 == "00000" { n++; if ($3 > 0) some++ } END { print (NR > 80), (n == NR), (some > 60) }' "$WORK/primary")" "1 1 1"
for query in \
    "select count(*) from telemetry.events" \
    "select bool_and(is_equal) from telemetry.verify_derived()" \
    "select sum(lag_events) from telemetry.cursors" \
    "select telemetry.kpi_of_parts('active_users', '{}', array[telemetry.kpi_parts('active_users', '{}')])" \
    "select check_name, severity, problem, mend from telemetry.health()" \
    "select labels, value from telemetry.metric_samples() where metric = 'telemetry_health'" \
    "select count(value), count(error) from telemetry.dashboard('tutoring_pipeline', '2024-01-01', '2024-02-01')" \
    "select count(value), count(error) from telemetry.dashboard('mine')"; do
    expect "standby: $query" "$(sql standby-replica shop <<<"$query")" "$(sql standby-primary shop <<<"$query")"
done
threads="set telemetry.kpi_threads = 3; set telemetry.kpi_threads_total = 64; set telemetry.kpi_threads_events = 0;"
expect "standby: a call has several threads" "$(sql standby-replica shop <<<"$threads select threads_got from telemetry.explain_kpi('paths')")" 3
expect "standby: and answers as with one on the primary" "$(sql standby-replica shop <<<"$threads select * from telemetry.paths()")" "$(sql standby-primary shop <<<'select * from telemetry.paths()')"

# A client that names both servers reads on the standby, and on the primary where that is away.
port_of() { sed -E 's/.*:([0-9]+)\/.*/\1/' <<<"$(url "$1" shop)"; }
password=$(sed -E 's/.*:([^@]*)@.*/\1/' <<<"$(url standby-primary shop)")
anywhere="host=127.0.0.1,127.0.0.1 port=$(port_of standby-primary),$(port_of standby-replica) dbname=shop user=postgres password=$password"
asked() { "$BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$anywhere target_session_attrs=$1"; }
weekly="select jsonb_agg(to_jsonb(t)) from telemetry.active_users(grain => 'week') t"
expect "standby: prefer-standby reads there" "$(asked prefer-standby <<<"select pg_is_in_recovery(); $weekly")" "t
$(sql standby-primary shop <<<"$weekly")"
expect "standby: read-write logs on the primary" "$(asked read-write <<<'select pg_is_in_recovery()')" f

# How far behind it is: what it has not replayed yet, it does not count; a call does not wait for it.
counted() { sql "$1" shop <<<"select sum(events) from telemetry.event_volume(grain => 'range')"; }
caught_up() {
    local position
    position=$(sql standby-primary shop <<<'select pg_current_wal_lsn()')
    sql standby-replica shop <<<"do \$\$ begin for attempt in 1..600 loop exit when pg_last_wal_replay_lsn() >= '$position'; perform pg_sleep(0.1); end loop; end \$\$"
}
before=$(counted standby-primary)
sql standby-replica shop <<<'select pg_wal_replay_pause()' >/dev/null
sql standby-primary shop <<<"select telemetry.log_event('asked', '{\"n\": 1}') is not null" >/dev/null
expect "standby: an event that it has not replayed is not counted" "$(counted standby-primary) $(counted standby-replica)" "$((before + 1)) $before"
expect "standby: the primary tells how far it is behind" \
    "$(sql standby-primary shop <<<'select count(*), bool_and(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) > 0) from pg_stat_replication')" "1|t"
sql standby-replica shop <<<'select pg_wal_replay_resume()' >/dev/null
caught_up
expect "standby: then it is" "$(counted standby-replica)" "$((before + 1))"

# A router may read there: its foreign server names both.
if [ "$(sql standby-primary postgres <<<"select count(*) from pg_available_extensions where name = 'dblink'")" = 1 ]; then
    sql standby-primary postgres <<<'create database router'
    sql standby-primary shop <<<"create role telemetry_router login noinherit password '$password'; create role reader; grant reader to telemetry_router;
        select telemetry.grant_access('reader', 'auditor'), telemetry.grant_access('reader', 'writer'), telemetry.admit_router('telemetry_router')" >/dev/null
    sql standby-primary shop <<<'select telemetry.routing_script()' | sql standby-primary router
    caught_up
    sql standby-primary router <<SQL
create server shop foreign data wrapper dblink_fdw
    options (host '127.0.0.1,127.0.0.1', port '$(port_of standby-primary),$(port_of standby-replica)', dbname 'shop', target_session_attrs 'prefer-standby');
create user mapping for current_user server shop options (user 'telemetry_router', password '$password');
select from telemetry.register_shard('shop');
SQL
    expect "standby: a router answers over all tenants from the standby" \
        "$(sql standby-primary router <<<"set role reader; $weekly; \\! $BIN/psql -XqAt '$(url standby-replica shop)' -c \"select count(*) from pg_stat_activity where usename = 'telemetry_router'\"")" \
        "$(sql standby-primary shop <<<"$weekly")
1"
    expect "standby: and does not log through it" "$("$BIN/psql" -XqAt "$(url standby-primary router)" -c '\set VERBOSITY sqlstate' -c 'set role reader' -c "select telemetry.log_event('asked')" 2>&1 | tail -n 1)" "ERROR:  25006"
fi

expect "standby: is in recovery" "$(sql standby-replica shop <<<'select pg_is_in_recovery()')" t
expect "standby: log_event() is refused" "$("$BIN/psql" -XqAt "$(url standby-replica shop)" -c '\set VERBOSITY sqlstate' -c "select telemetry.log_event('assignment_save')" 2>&1 | tail -n 1)" "ERROR:  25006"
for call in "call telemetry.tick()" "select telemetry.register_event('new')" "select telemetry.erase_user(gen_random_uuid())" "select telemetry.set_tenant(gen_random_uuid(), status => 'suspended')"; do
    expect "standby: it changes nothing: $call" "$("$BIN/psql" -XqAt "$(url standby-replica shop)" -c '\set VERBOSITY sqlstate' -c "$call" 2>&1 | tail -n 1)" "ERROR:  25006"
done
"$ROOT/scripts/cluster" stop standby-replica
expect "standby: while it is away, who prefers it is answered by the primary" "$(asked prefer-standby <<<"select pg_is_in_recovery(); $weekly")" "f
$(sql standby-primary shop <<<"$weekly")"
finish
