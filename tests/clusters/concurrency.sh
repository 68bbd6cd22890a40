#!/usr/bin/env bash
# Sixteen connections need the same missing partition at once; sixteen log while the taxonomy changes, and while indexes and
# triggers come and go; one is killed.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
start concurrency "$MAJOR" --set full_page_writes=on
sql concurrency postgres <<<'create database shop'
sql concurrency shop <<'SQL'
create extension telemetry;
select telemetry.register_event('tick') \g /dev/null
SQL
shop=$(url concurrency shop)

# Behind a gate until all sixteen wait: an advisory lock that one session holds.
mkfifo "$WORK/gate"
"$BIN/psql" -XqAt "$shop" <"$WORK/gate" >/dev/null &
exec 7>"$WORK/gate"
echo "select pg_advisory_lock(7);" >&7
until [ "$(sql concurrency shop <<<"select count(*) from pg_locks where locktype = 'advisory' and granted")" = 1 ]; do :; done
clients=()
for n in {1..16}; do
    "$BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$shop" >"$WORK/client-$n" 2>&1 <<SQL &
select pg_advisory_lock_shared(7) \g /dev/null
select telemetry.import_events('[{"event_name": "tick", "event_ts": "1999-05-05T00:00:00Z"}, {"event_name": "tick", "event_ts": "1998-06-06T00:00:00Z"}]');
SQL
    clients+=($!)
done
until [ "$(sql concurrency shop <<<"select count(*) from pg_locks where locktype = 'advisory' and not granted")" = 16 ]; do :; done
echo "select pg_advisory_unlock(7);" >&7
exec 7>&-
wait "${clients[@]}" || true
expect "sixteen sessions, two missing partitions: every call says 2" "$(sort -u "$WORK"/client-*)" 2
expect "sixteen sessions, two missing partitions: all events, two partitions" \
    "$(sql concurrency shop <<<"select count(*), count(distinct tableoid) from telemetry.events")" "32|2"

# The definition changes a hundred times while sixteen clients log: no event is lost, none is stored twice.
cat >"$WORK/log.sql" <<'SQL'
select telemetry.log_event('tick', '{"a": 1}', seq => :client_id);
SQL
"$BIN/pgbench" -n -c 16 -j 2 -t 200 -M prepared -f "$WORK/log.sql" "$shop" >"$WORK/pgbench.log" 2>&1 &
pgbench=$!
for n in {1..100}; do
    echo "select telemetry.update_event('tick', '{\"description\": \"$n\"}') \g /dev/null"
done | sql concurrency shop
wait "$pgbench"
expect "3200 calls while the taxonomy changed 100 times: 3200 events" \
    "$(sql concurrency shop <<<"select count(*), count(distinct event_id), count(distinct ingest_id) from telemetry.events where event_ts > now() - interval '1 day'")" "3200|3200|3200"
expect "3200 calls while the taxonomy changed 100 times: none failed" "$(grep -c 'number of failed transactions: 0' "$WORK/pgbench.log")" 1

# Indexes and triggers come and go while sixteen clients log batches: each knows of them with the next batch, so that every index
# has an entry for every event.
sql concurrency shop <<'SQL'
select exists (select from pg_available_extensions where name = 'amcheck') as has_amcheck \gset
\if :has_amcheck
create extension amcheck;
\endif
create table noted (seq integer);
create function note() returns trigger language plpgsql as $$ begin insert into noted values (new.seq); return null; end $$;
SQL
today=$(sql concurrency shop <<<"select telemetry_private.ensure_partition(now())")
cat >"$WORK/batch.sql" <<'SQL'
\set user random(1, 50)
select accepted from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'tick', 'seq', n, 'user_id', telemetry.as_id((n * :user)::text), 'session_id', telemetry.as_id((n * :client_id)::text))) from generate_series(1, 20) n));
SQL
"$BIN/pgbench" -n -c 16 -j 2 -t 40 -M prepared -f "$WORK/batch.sql" "$shop" >"$WORK/pgbench.log" 2>&1 &
pgbench=$!
for n in {1..8}; do
    echo "create index concurrently app_by_seq_$n on $today (seq, user_id);"
    echo "reindex table concurrently $today;"
    echo "create trigger noted after insert on telemetry.events for each row execute function note();"
    # PostgreSQL drops the triggers of partitions first, and would meet an INSERT that comes the other way round.
    echo "begin; lock telemetry.events; drop trigger noted on telemetry.events; commit;"
    [ $((n % 2)) = 0 ] || echo "drop index concurrently telemetry_private.app_by_seq_$n;"
done | sql concurrency shop
wait "$pgbench"
expect "640 batches while indexes and triggers came and went: none failed" "$(grep -c 'number of failed transactions: 0' "$WORK/pgbench.log")" 1
if [ "$(sql concurrency shop <<<"select count(*) from pg_extension where extname = 'amcheck'")" = 1 ]; then
    expect "640 batches while indexes and triggers came and went: every index has every event" \
        "$(sql concurrency shop <<<"select count(bt_index_check(i.indexrelid, true)) from pg_index i join pg_class c on c.oid = i.indexrelid and c.relam = 403 where i.indrelid = '$today'::regclass and i.indisvalid")" 9
else
    echo "# skipped: every index has every event: this PostgreSQL has no amcheck"
fi
expect "640 batches while indexes and triggers came and went: all events" \
    "$(sql concurrency shop <<<"select count(*) from telemetry.events where user_id is not null")" 12800

# kill -9 in the middle of an import: all or nothing. The batch waits within its transaction until the kill.
echo "begin; select telemetry.import_events((select jsonb_agg(jsonb_build_object('event_name', 'tick', 'event_ts', timestamptz '2005-01-01 00:00Z' + n * interval '1 minute')) from generate_series(1, 5000) n)); select pg_sleep(600);" |
    "$BIN/psql" -XqAt "$shop" >/dev/null 2>&1 &
victim=$!
until pid=$(sql concurrency shop <<<"select pid from pg_stat_activity where query ~ 'pg_sleep[(]600' and wait_event = 'PgSleep'") && [ -n "$pid" ]; do :; done
kill -9 "$pid"
wait "$victim" || true
until sql concurrency shop <<<'select 1' >/dev/null 2>&1; do :; done
expect "kill -9 within an import of 5000: nothing of it is left" "$(sql concurrency shop <<<"select count(*) from telemetry.events where event_ts between '2005-01-01' and '2006-01-01'")" 0
expect "after the crash: everything that was committed is there" "$(sql concurrency shop <<<"select count(*) from telemetry.events")" 16032
expect "after the crash: the log goes on" "$(sql concurrency shop <<<"select telemetry.log_event('tick') is not null")" t
finish
