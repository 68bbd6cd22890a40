#!/usr/bin/env bash
# Hundreds of partitions, with a lock table in which a third of them fit: what logs, ticks, asks and verifies needs few at a
# time. At the default settings that is the same with thousands; bench/partitions/run makes 5,000.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
start partitions "$MAJOR" --set max_connections=40 --set max_locks_per_transaction=18
sql partitions postgres <<<'create database many'
sql partitions many <<'SQL' >/dev/null
create extension telemetry;
select telemetry.register_event('tick');
alter database many set telemetry.partition_interval = 'day';
SQL
{ echo "\\set days 500"; cat "$ROOT/bench/partitions/days.sql"; } | sql partitions many

# Some ninety are of catalogs and indexes, and vary with what autovacuum did; one for each partition would be five hundred.
locks='select count(*) < 150 from pg_locks where pid = pg_backend_pid()'
import="select telemetry.import_events((select jsonb_agg(jsonb_build_object('event_name', 'tick', 'event_ts', to_char((now() - n * interval '1 day') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))) from generate_series(1, 480) n))"
expect "one event opens one partition" "$(sql partitions many <<<"begin; select telemetry.log_event('tick') is not null; $locks; commit")" $'t\nt'
expect "the first tick" "$(sql partitions many <<<"call telemetry.tick(); select distinct is_equal from telemetry.verify_derived()")" t
expect "an import over all of them passes" "$(sql partitions many <<<"$import")" 480
expect "KPIs see it above the cursor" "$(sql partitions many <<<"select sum(events) from telemetry.event_volume(grain => 'year')")" 481
expect "a tick beside an import takes what is committed" "$(sql partitions many <<<"begin; $import; call telemetry.tick(); rollback; select sum(events) from telemetry.event_volume(grain => 'year')")" $'480\n481'
expect "a tick takes it" "$(sql partitions many <<<"call telemetry.tick(); select distinct lag_events, lag_seconds from telemetry.cursors")" "0|0"
expect "derived data are what the log says" "$(sql partitions many <<<"select derived, expected, found, is_equal from telemetry.verify_derived()")" $'timeline|481|481|t\nhourly_counts|481|481|t'
expect "by rows, too" "$(sql partitions many <<<"set telemetry.kpi_source = raw; select sum(events) from telemetry.event_volume(grain => 'year')")" 481
expect "what is made anew is the same" "$(sql partitions many <<<"select telemetry.rebuild_derived(); select distinct is_equal from telemetry.verify_derived()")" $'481\nt'
expect "metrics() reads what is derived" "$(sql partitions many <<<"begin; select value from telemetry.metric_samples() where metric = 'telemetry_events'; select count(*) < 200 from pg_locks where pid = pg_backend_pid(); commit")" $'481\nt'
expect "a tick over one event locks few" "$(sql partitions many <<<"select telemetry.log_event('tick') is not null; begin; select telemetry.tick_unit(); $locks; commit")" $'t\n2\nt'
expect "late arrivals are forgotten, some at a time" "$(sql partitions many <<<"do \$\$ begin for n in 1..10 loop call telemetry.tick(); end loop; end \$\$; select count(*) from telemetry.late_arrivals")" 0
finish
