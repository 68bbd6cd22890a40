#!/usr/bin/env bash
# A person is erased while others log and ticks run. Every function then answers as in a database that never had the person; no file of
# the database has the id or a text of theirs; and a dump takes the receipts along.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
start erasing "$MAJOR"
CALLS=$ROOT/tests/regress/include/every_call.sql
data=$("$ROOT/scripts/cluster" data erasing)

# --- as if the person had never come -------------------------------------------------------------------------------------
sql erasing postgres <<<'create database without; create database shop'
made() { sql erasing "$1" <<<'create extension telemetry' && sql erasing "$1" >/dev/null && sql erasing "$1" <<<'call telemetry.tick()'; }
sed 's/from generate_series(1, 400) n;/from generate_series(1, 400) n where n % 10 <> 3;/' "$CALLS" | made without
made shop <"$CALLS"
answers() {
    sql erasing "$1" <<'SQL'
set timezone = 'UTC';
select f.proname || ' ' || a.code || ' ' || regexp_replace(coalesce(a.answer, ''), '"(event_id|ingest_id)": ("[^"]*"|\d+)', '', 'g')
  from attack.functions f, attack.answer(attack.call(f.oid)) a
 where f.provolatile = 's' and f.proname not in (
       'explain_kpi', 'ingestion_alerts', 'ingestion_stats', 'metric_samples', 'metrics', 'dashboard_page', 'user_data', 'tenant_data', 'health', 'health_summary',
       'destination_status', 'export_status', 'alert_status', 'alert_history', 'erasure_receipts', 'was_erased', 'request_timeline',
       -- A part tells when it was made, and reads_only() is not for an owner.
       'kpi_parts', 'reads_only',
       -- A seal outlives what it sealed, and an id of one event is needed.
       'audit_secrets', 'checkpoint', 'consistency_proof', 'inclusion_proof', 'verify_seals')
 order by f.proname;
SQL
}
never=$(answers without)
expect "functions answer something" "$(grep -c ' 00000 .*[1-9]' <<<"$never" | sed -E 's/^[6-9][0-9]$|^1[0-9][0-9]$/enough/')" enough
[ "$(answers shop)" != "$never" ] && echo "ok - the person is in the answers" || { echo "not ok - the person is in the answers"; FAILED=1; }
expect "one call erases" "$(sql erasing shop <<<"select events from telemetry.erase_user(md5('user3')::uuid)")" 40
expect "every function answers as if the person had never come" "$(answers shop)" "$never"
sql erasing shop <<<'call telemetry.tick()'
expect "and after a tick" "$(answers shop)" "$never"
expect "what is derived is what the log says" "$(sql erasing shop <<<'select bool_and(is_equal) from telemetry.verify_derived()')" t

# --- in no file ------------------------------------------------------------------------------------------------------------
person=5eedca11-0ca1-4a11-8bad-c0ffee0ddba1
sql erasing shop <<SQL >/dev/null
select telemetry.register_event('spoke', '{"promoted_properties": ["word"], "required_keys": ["word"]}');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'spoke', 'event_ts', timestamptz '2024-03-01 00:00Z' + n * interval '9 minutes', 'event_id', telemetry.as_id('spoke ' || n),
           'user_id', case n % 3 when 0 then md5('user' || n % 50) else '$person' end, 'payload', jsonb_build_object('word', case n % 3 when 0 then 'hello' else 'CanaryWord' end, 'said', case n % 3 when 0 then 'x' else 'CanaryText' || n end))))
  from generate_series(1, 6000) n;
call telemetry.tick();
select telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'spoke', 'user_id', '$person', 'payload', '{"said": "CanaryText"}'::jsonb)));
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'spoke', 'event_ts', '2024-05-01T00:00:00Z', 'user_id', '$person', 'payload', '{"word": "CanaryWord"}'::jsonb)));
analyze;
checkpoint;
SQL
# The tables and indexes in whose files an id or a text of the person stands.
canaries() {
    local database file
    database=$(sql erasing postgres <<<"select oid from pg_database where datname = 'shop'")
    LC_ALL=C grep -rlaP "CanaryText|CanaryWord|$person|\\x${person:0:2}\\x${person:2:2}\\x${person:4:2}\\x${person:6:2}\\x${person:9:2}\\x${person:11:2}\\x${person:14:2}\\x${person:16:2}" "$data/base/$database" |
        while read -r file; do
            file=$(basename "$file" | sed 's/[._].*//')
            sql erasing shop <<<"select coalesce(pg_filenode_relation(0, '$file')::text, 'file $file')"
        done | sort -u
}
[ "$(canaries | wc -l)" -gt 5 ] && echo "ok - the canary is found where it is" || { echo "not ok - the canary is found where it is"; FAILED=1; }
expect "statistics hold it" "$(sql erasing shop <<<"select count(*) > 0 from pg_stats s where s::text like '%$person%'")" t
expect "a person of 4001 events is erased" "$(sql erasing shop <<<"select events, counts ->> 'rejections' from telemetry.erase_user('$person')")" "4001|1"
expect "before the tick nobody reads what is gone" "$(sql erasing shop <<<"select bool_and(is_equal) from telemetry.verify_derived(); select count(*) from telemetry.top_values('word', '{spoke}')" | tr '\n' ' ')" "t 1 "
sql erasing shop <<<'call telemetry.tick(); vacuum (full, analyze); vacuum full pg_statistic; checkpoint'
expect "no file of the database has the canary" "$(canaries)" ""
expect "statistics do not hold it" "$(sql erasing shop <<<"select count(*) from pg_stats s where s::text like '%$person%' or s::text like '%Canary%'")" 0

# --- meanwhile -------------------------------------------------------------------------------------------------------------
# A transaction that logs for the person is open while the person is erased, and commits then: what it logged is there.
coproc LATE { "$BIN/psql" -XqAt "$(url erasing shop)"; }
# Bash forgets LATE_PID as soon as it sees the process end.
late=$LATE_PID
echo "begin; select telemetry.log_event('spoke', '{\"word\": \"late\"}', user_id => '$person') is not null;" >&"${LATE[1]}"
read -r logged <&"${LATE[0]}"
expect "somebody logs" "$logged" t
expect "nobody waits for who logs" "$(sql erasing shop <<<"set statement_timeout = '20s'; select events from telemetry.erase_user('$person')")" 0
echo "commit; select 'done';" >&"${LATE[1]}"
read -r logged <&"${LATE[0]}"
exec {LATE[1]}>&-
wait "$late" || true
expect "what is logged meanwhile stays, until it is erased too" "$(sql erasing shop <<<"call telemetry.tick(); select events from telemetry.erase_user('$person')")" 1
# Ticks, logging and erasures at once; each person is erased by one of two sessions.
touch "$WORK/going"
log() { while [ -e "$WORK/going" ]; do sql erasing shop <<<"select count(telemetry.log_event('spoke', '{\"word\": \"hello\"}', user_id => md5('user' || n % 50)::uuid)) from generate_series(1, 200) n" >/dev/null; done; }
tick() { while [ -e "$WORK/going" ]; do sql erasing shop <<<'call telemetry.tick()'; done; }
erase() { local n; for n in $(seq "$1" 2 24); do sql erasing shop <<<"select events from telemetry.erase_user(md5('user' || $n)::uuid)" >>"$WORK/erased.$1"; done; }
log & pids=($!)
tick & pids+=($!)
erase 0 & one=$!
erase 1 & two=$!
wait "$one" "$two"
rm "$WORK/going"
wait "${pids[@]}"
expect "nobody is in nobody's way" "$(cat "$WORK"/erased.* | wc -l)" 25
sql erasing shop <<<'call telemetry.tick()'
expect "what is derived is what the log says after that" "$(sql erasing shop <<<'select bool_and(is_equal) from telemetry.verify_derived()')" t
expect "no chunk waits" "$(sql erasing shop <<<'select count(*) from telemetry.timeline_chunks where removed is not null')" 0

# --- elsewhere -------------------------------------------------------------------------------------------------------------
sql erasing postgres <<<'create database restored'
"$BIN/pg_dump" "$(url erasing shop)" | "$BIN/psql" -Xq -v ON_ERROR_STOP=1 --single-transaction "$(url erasing restored)" >/dev/null
receipts="select count(*), md5(string_agg(e::text, '' order by e.receipt_id)) from telemetry.erasures e"
expect "a dump takes the receipts along" "$(sql erasing restored <<<"$receipts")" "$(sql erasing shop <<<"$receipts")"
expect "and the secret under which they know a person" "$(sql erasing restored <<<"select telemetry.was_erased('$person'), telemetry.was_erased(md5('user40')::uuid)")" "t|f"
finish
