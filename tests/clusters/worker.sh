#!/usr/bin/env bash
# The background worker that ticks: one that schedule_tick() starts, and one that the server starts.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"

# ticked CLUSTER: waits until the timeline has everything, at most a minute; prints how much is missing.
ticked() {
    sql "$1" shop <<'SQL'
do $$ begin
    for attempt in 1..600 loop
        exit when not exists (select from telemetry.cursors where lag_events > 0);
        perform pg_sleep(0.1);
    end loop;
end $$;
select sum(lag_events) from telemetry.cursors;
SQL
}
workers() { sql "$1" shop <<<"select count(*) from pg_stat_activity where backend_type = 'telemetry tick'"; }
log_an_event() { sql "$1" shop <<<"select telemetry.log_event('assignment_list_view', '{\"surface\": \"website\"}') is not null"; }

start worker "$MAJOR"
sql worker postgres <<<'create database shop'
sql worker shop >/dev/null <<<"create extension telemetry; select telemetry.install_pack('tutoring');"
expect "worker: nothing is scheduled at first" "$(sql worker shop <<<'select telemetry.unschedule_tick()')" f
expect "worker: schedule_tick() starts one" "$(sql worker shop <<<"select telemetry.schedule_tick('1 second') ~ '^background worker [0-9]+$'")" t
log_an_event worker >/dev/null
expect "worker: it ticks" "$(ticked worker)" 0
expect "worker: a new schedule takes the place of the old" "$(sql worker shop <<<"select telemetry.schedule_tick('1 hour') is not null"; workers worker)" $'t\n1'
expect "worker: unschedule_tick() ends it" "$(sql worker shop <<<'select telemetry.unschedule_tick()'; workers worker)" $'t\n0'
"$ROOT/scripts/cluster" stop worker
"$ROOT/scripts/cluster" start worker "$MAJOR" --fast --set shared_preload_libraries=telemetry --set telemetry.tick_database=shop --set telemetry.tick_pause=1 2>/dev/null
log_an_event worker >/dev/null
expect "worker: a server that preloads telemetry ticks by itself" "$(ticked worker)" 0
expect "worker: what was derived is right" "$(sql worker shop <<<'select bool_and(is_equal), sum(found) from telemetry.verify_derived()')" "t|4"
finish
