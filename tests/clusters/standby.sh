#!/usr/bin/env bash
# A hot standby answers every read function, and says clearly that it takes no events.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
start standby-primary "$MAJOR"
sql standby-primary postgres <<<'create database shop'
sql standby-primary shop <"$HERE/filled.sql"

# The standby takes the place of an empty cluster of the same name.
start standby-replica "$MAJOR"
data=$("$ROOT/scripts/cluster" data standby-replica)
"$ROOT/scripts/cluster" stop standby-replica
as_server_user sh -c "rm -rf '$data'/*"
primary=$(url standby-primary postgres)
as_server_user "$BIN/pg_basebackup" -d "$primary" -D "$data" -R -X stream -c fast >/dev/null
cp "$(dirname "$("$ROOT/scripts/cluster" data standby-primary)")/password" "$(dirname "$data")/password"
"$ROOT/scripts/cluster" start standby-replica "$MAJOR" --fast

position=$(sql standby-primary shop <<<'select pg_current_wal_lsn()')
sql standby-replica shop <<SQL
do \$\$ begin
    for attempt in 1..600 loop
        exit when pg_last_wal_replay_lsn() >= '$position';
        perform pg_sleep(0.1);
    end loop;
end \$\$;
SQL
for query in \
    "select count(*) from telemetry.events" \
    "select sum(events) from telemetry.event_volume(grain => 'month')" \
    "select sum(actors) from telemetry.active_users(grain => 'month')" \
    "select sum(actors) from telemetry.active_users(rolling_days => 28)" \
    "select sum(actors) from telemetry.retention(grain => 'month')" \
    "select array_agg(actors) from telemetry.funnel('[\"assignment_save\", \"assignment_view\"]')" \
    "select sum(actors) from telemetry.funnel_trend('[\"assignment_save\", \"assignment_view\"]')" \
    "select sum(actors) from telemetry.funnel_times('[\"assignment_save\", \"assignment_view\"]')" \
    "select sum(actors) from telemetry.paths()" \
    "select sum(actors) from telemetry.next_events('{assignment_save}')" \
    "select n_reached, seconds from telemetry.time_to_first('assignment_save', 'assignment_view')" \
    "select followed, seconds from telemetry.time_between('assignment_save', 'assignment_view')" \
    "select count(*), sum(events) from telemetry.user_sessions()" \
    "select sum(sessions) from telemetry.session_stats(grain => 'month')" \
    "select sum(numerator) from telemetry.event_ratio('assignment_save')" \
    "select sum(actors) from telemetry.lifecycle(grain => 'month')" \
    "select sum(actors) from telemetry.stickiness(grain => 'month', min_occurrences => 2)" \
    "select sum(actors) from telemetry.dau_mau()" \
    "select sum(active_actors) from telemetry.feature_adoption('assignment_save', grain => 'month')" \
    "select sum(events) from telemetry.activity_heatmap()" \
    "select sum(events) from telemetry.top_values('surface')" \
    "select sum(events) from telemetry.user_engagement()" \
    "select bool_and(is_equal) from telemetry.verify_derived()" \
    "select source from telemetry.explain_kpi('active_users')" \
    "select sum(lag_events) from telemetry.cursors" \
    "select check_name, severity, problem, mend from telemetry.health()" \
    "select labels, value from telemetry.metric_samples() where metric = 'telemetry_health'" \
    "select count(value), count(error) from telemetry.dashboard('tutoring_pipeline', '2024-01-01', '2024-02-01')" \
    "select count(*) from telemetry.event_catalog()" \
    "select count(*) from telemetry.pack_catalog()" \
    "select count(*) from telemetry.time_buckets('2024-01-01', '2024-02-01')" \
    "select telemetry.current_tenant()" \
    "select telemetry.as_id('x')"; do
    expect "standby: $query" "$(sql standby-replica shop <<<"$query")" "$(sql standby-primary shop <<<"$query")"
done
expect "standby: is in recovery" "$(sql standby-replica shop <<<'select pg_is_in_recovery()')" t
expect "standby: log_event() is refused" "$("$BIN/psql" -XqAt "$(url standby-replica shop)" -c '\set VERBOSITY sqlstate' -c "select telemetry.log_event('assignment_save')" 2>&1 | tail -n 1)" "ERROR:  25006"
finish
