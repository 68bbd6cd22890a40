#!/usr/bin/env bash
# What ticks derive is what the log says, whatever happens to them: writers that commit late, kill -9 of the ticking
# backend and of the whole server at every place of a tick, a standby that answers meanwhile, a dump from the middle of it.
# ROUNDS: how often somebody is killed, 6 unless set (all places: 36; 200 by make test-long); SEED: of the dice.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")/derived

# As in production, data are forced to the disk. syncfs: a restart does not open every file of the cluster.
OPTIONS=(--set wal_keep_size=1GB --set max_prepared_transactions=5 --set recovery_init_sync_method=syncfs)
CLUSTERS+=(derived)
"$ROOT/scripts/cluster" start derived "$MAJOR" --fresh "${OPTIONS[@]}" 2>/dev/null
sql derived postgres <<<'create database shop'
sql derived shop <"$HERE/setup.sql"

# A tenant of more users than a band of the timeline holds.
sql derived shop <<'SQL'
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'opened', 'tenant_id', derived.tenant(0), 'user_id', derived.user_id(n),
           'event_ts', clock_timestamp() - n * interval '3 s', 'payload', '{"page": "page 1"}'::jsonb)))
  from generate_series(0, 69999) n group by n / 10000 \g /dev/null
call telemetry.tick();
select derived.set_stops() \g /dev/null
SQL

# The standby takes the place of an empty cluster of the same name.
start derived-standby "$MAJOR"
data=$("$ROOT/scripts/cluster" data derived-standby)
"$ROOT/scripts/cluster" stop derived-standby
as_server_user sh -c "rm -rf '$data'/*"
as_server_user "$BIN/pg_basebackup" -d "$(url derived postgres)" -D "$data" -R -X stream -c fast >/dev/null
cp "$(dirname "$("$ROOT/scripts/cluster" data derived)")/password" "$(dirname "$data")/password"
"$ROOT/scripts/cluster" start derived-standby "$MAJOR" --fast "${OPTIONS[@]}" 2>/dev/null

export DUMP=$WORK/derived.dump PYTHONDONTWRITEBYTECODE=1
for part in cases storm; do
    python3 "$HERE/$part.py" "$BIN/psql" "$ROOT/scripts/cluster" derived "$MAJOR" shop derived-standby "${OPTIONS[@]}" || FAILED=1
done

wrong="select * from telemetry.verify_derived() where is_equal is distinct from true;
       select * from derived.sums(); select * from derived.wrong_numbers(); select * from derived.wrong_answers(null)"
log=$("$ROOT/scripts/cluster" log derived)
expect "the server logged no error but those that the test made" "$(grep -hE '(ERROR|PANIC|TRAP):' "$log" "$("$ROOT/scripts/cluster" log derived-standby)" |
    grep -vE 'ERROR:  (canceling statement due to|the cursor cannot move in a transaction that keeps|canceling autovacuum task|terminating walreceiver|canceling statement due to conflict)' | head -n 5 || true)" ""

sql derived postgres <<<'create database restored'
"$BIN/pg_restore" --single-transaction --exit-on-error -d "$(url derived restored)" "$DUMP"
expect "the dump holds events above its cursors and below them" \
    "$(sql derived restored <<<"select bool_or(e.ingest_id <= c.position), count(*) > 70000 from telemetry.events e, telemetry.cursor_positions c where consumer = 'timeline'")" "t|t"
expect "the dump from the middle: what is derived is what the log says" \
    "$(sql derived restored <<<"${wrong/ where is_equal/ where derived <> \'provenance\' and is_equal}")" ""
expect "but it was made elsewhere, so rows answer until a tick" "$(sql derived restored <<<"select d.doubt from telemetry_private.derived_doubt() d")" elsewhere
sql derived restored <<<"select 1 from telemetry.log_events(derived.batch('restored', 1, 50, 50, false)) \g /dev/null
call telemetry.tick(60)"
expect "ticks go on where it was restored" "$(sql derived restored <<<"select distinct lag_events from telemetry.cursors; $wrong")" 0
finish
