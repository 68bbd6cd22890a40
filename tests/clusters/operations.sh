#!/usr/bin/env bash
# What docs/operations.md says of moves beside pg_dump of everything: a role that backs up, parts left out of a dump,
# logical replication, roles that go. After each, health() is green and KPIs from derived data are those from the rows.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
start operations-from "$MAJOR" --set wal_level=logical
start operations-into "$MAJOR"
sql operations-from postgres <<<'create database shop'
sql operations-from shop <"$HERE/filled.sql"
sql operations-into postgres <<<'create role shop_analyst; create role shop_writer; create role shop_user; create role shop_auditor'
from=$(url operations-from shop)
host=${from##*@}
host=${host%/*}

red="select check_name || ': ' || problem from telemetry.health() where severity <> 'ok'"
wrong="select v from telemetry.verify_derived() v where not is_equal"
numbers="select md5(string_agg(r::text, '|' order by r::text)) from (
    select v.bucket, v.events::bigint as n, a.actors from telemetry.event_volume(since => '2024-01-01', until => '2027-12-31', grain => 'month', tz => 'UTC') v
      join telemetry.active_users(since => '2024-01-01', until => '2027-12-31', grain => 'month', tz => 'UTC') a using (bucket)) r"
answers=$(sql operations-from shop <<<"$numbers")

# settled CLUSTER DATABASE TITLE: right at once, right and healthy once a tick ran.
settled() {
    expect "$3: KPIs are right at once" "$(sql "$1" "$2" <<<"$numbers")" "$answers"
    sql "$1" "$2" <<<'select telemetry.init(); call telemetry.tick()' >/dev/null
    expect "$3: KPIs are right after a tick" "$(sql "$1" "$2" <<<"$numbers")" "$answers"
    expect "$3: and health() is green" "$(sql "$1" "$2" <<<"$red")" ""
    expect "$3: what is derived is what the rows say" "$(sql "$1" "$2" <<<"$wrong")" ""
}

# --- the role that backs up ----------------------------------------------------------------------
password=moves
sql operations-from postgres <<<"create role backup login password '$password' in role pg_read_all_data; create role backup_of_all login bypassrls password '$password' in role pg_read_all_data"
as() { sed -E "s#//[^@]*@#//$1:$password@#" <<<"$from"; }
expect "a role without BYPASSRLS is refused a dump" "$("$BIN/pg_dump" "$(as backup)" 2>&1 >/dev/null | grep -c 'row-level security')" 1
expect "with --enable-row-security it gets one without an event" \
    "$("$BIN/pg_dump" --enable-row-security --data-only -t 'telemetry_private.events_*' "$(as backup)" | grep -c assignment_save || true)" 0
sql operations-into postgres <<<'create database backed_up'
"$BIN/pg_dump" -Fc "$(as backup_of_all)" -f "$WORK/backup.dump"
"$BIN/pg_restore" --exit-on-error -d "$(url operations-into backed_up)" "$WORK/backup.dump"
settled operations-into backed_up "dumped by a role with BYPASSRLS"

# --- parts left out --------------------------------------------------------------------------------
sql operations-into postgres <<<'create database without_derived'
"$BIN/pg_dump" --exclude-table-data='telemetry.hourly_counts' --exclude-table-data='telemetry.timeline_*' --exclude-table-data='telemetry.cursor_positions' \
    --exclude-table-data='telemetry.derived_*' "$from" | "$BIN/psql" -Xq -v ON_ERROR_STOP=1 "$(url operations-into without_derived)" >/dev/null
settled operations-into without_derived "dumped without derived data"

# --- logical replication -----------------------------------------------------------------------------
sql operations-into postgres <<<'create database replicated'
"$BIN/pg_dump" --schema-only --no-publications --no-subscriptions "$from" | "$BIN/psql" -Xq -v ON_ERROR_STOP=1 "$(url operations-into replicated)" >/dev/null
sql operations-from shop >/dev/null <<'SQL'
create publication telemetry_moves for table telemetry.events, telemetry.event_types, telemetry.retention_classes, telemetry.event_aliases, telemetry.redaction_policies,
    telemetry.ownership_checks, telemetry.tenants, telemetry.event_ids, telemetry.kept_counts, telemetry.ingestion_calls, telemetry.rejections, telemetry.replays,
    telemetry.cohorts, telemetry.kpis, telemetry.dashboards, telemetry.kpi_history, telemetry.kpi_history_buckets, telemetry.gone_events,
    telemetry.alerts, telemetry.alert_states, telemetry.alert_transitions, telemetry.silences, telemetry.actor_relations, telemetry.changes with (publish_via_partition_root = true);
SQL
sql operations-into replicated >/dev/null 2>&1 <<SQL
select telemetry.init();
create subscription telemetry_moves connection '$from' publication telemetry_moves;
SQL
sql operations-from shop <<<"select telemetry.log_event('assignment_view', '{\"surface\": \"website\"}') is not null" >/dev/null
answers=$(sql operations-from shop <<<"$numbers")
position=$(sql operations-from shop <<<'select pg_current_wal_lsn()')
caught_up="select bool_and(r.srsubstate = 'r') and min(s.latest_end_lsn) >= '$position' from pg_subscription_rel r, pg_stat_subscription s where s.relid is null"
for _ in $(seq 300); do
    [ "$(sql operations-into replicated <<<"$caught_up")" != t ] || break
    sleep 0.1
done
expect "replicated: while it goes on, KPIs are right" "$(sql operations-into replicated <<<"$numbers")" "$answers"
expect "replicated: health() names the subscription" "$(sql operations-into replicated <<<"select mend from telemetry.health() where check_name = 'subscriptions'")" "drop subscription telemetry_moves"
sql operations-into replicated <<<'drop subscription telemetry_moves' 2>/dev/null
settled operations-into replicated "replicated"
sql operations-into replicated >/dev/null <<<"select telemetry.log_event('assignment_view', '{\"surface\": \"website\"}') from generate_series(1, 3)"
before=$(sql operations-into replicated <<<'select count(*), count(distinct ingest_id) from telemetry.events')
expect "replicated: what is logged there has ids of its own" "${before%|*}" "${before#*|}"
answers=$(sql operations-into replicated <<<"set telemetry.kpi_source = raw; $numbers")
settled operations-into replicated "replicated, and logged there"

# --- roles that go -------------------------------------------------------------------------------------
sql operations-into postgres <<<'create role old_owner superuser; create role new_owner superuser; create database owned owner old_owner'
sql operations-into owned >/dev/null <<'SQL'
set role old_owner;
create extension telemetry;
select telemetry.register_event('seen'), telemetry.log_event('seen') from generate_series(1, 1);
select telemetry.grant_access('shop_writer', 'writer');
reset role;
reassign owned by old_owner to new_owner;
drop owned by old_owner;
SQL
sql operations-into postgres <<<'alter database owned owner to new_owner; drop role old_owner'
expect "the owner's role went: health() is green" "$(sql operations-into owned <<<"$red")" ""
expect "the owner's role went: a writer still logs" "$(sql operations-into owned <<<"set role shop_writer; select telemetry.log_event('seen') is not null")" t
sql operations-into owned <<<'drop owned by shop_writer'
expect "DROP OWNED of a role takes its access, and nothing else" "$(sql operations-into owned <<<"select has_schema_privilege('shop_writer', 'telemetry', 'usage'), count(*) from telemetry.events")" "f|2"
finish
