#!/usr/bin/env bash
# Expiry while sessions log and ask: it is killed again and again, nothing goes twice, nothing stays, and every answer is right at any
# moment. Whoever is in its way is not waited for, and what expired stays away in a dump, a restore and after DROP EXTENSION.
# KILLS: how often it is killed, 6 unless set (`KILLS=200 tests/clusters/expiry.sh 15` is the full run).
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
KILLS=${KILLS:-6}
EACH=$((KILLS * 250 + 2000)) # log records a month: enough for what is done between two kills, and a rest
start expiry "$MAJOR"
sql expiry postgres <<<'create database shop'
sql expiry shop >/dev/null <<SQL
create extension telemetry;
select telemetry.register_retention_class('application_log', '30 days', 'Log records.');
select telemetry.register_event('booked'), telemetry.register_event('served', '{"retention_class": "application_log"}'), telemetry.register_event('now_served', '{"retention_class": "application_log"}');
-- January has log records alone; in February and March a third of the events are bookings.
select count(*) from (
    select telemetry.import_events((
        select jsonb_agg(jsonb_build_object('event_name', case when m > 1 and k % 3 = 0 then 'booked' else 'served' end, 'user_id', md5('user ' || k % 50)::uuid,
                                            'event_ts', make_timestamptz(2024, m, 1, 0, 0, 0, 'UTC') + k * interval '27 days' / $EACH))
          from generate_series(i, least(i + 4999, $EACH)) k))
      from generate_series(1, 3) m, generate_series(1, $EACH, 5000) i) imports;
call telemetry.tick(60);
vacuum analyze;
SQL
shop=$(url expiry shop)
size() { sql expiry shop <<<"select sum(pg_total_relation_size(b.partition)) from telemetry_private.partition_bounds() b where b.until < now()"; }
due=$(sql expiry shop <<<"select count(*) from telemetry.events where event_name = 'served'")
booked=$(sql expiry shop <<<"select count(*) from telemetry.events where event_name = 'booked'")
size_before=$(size)
expect "the report tells what will go" "$(sql expiry shop <<<'select sum(due_events) from telemetry.expiry_report()')" "$due"

# --- who logs and who asks meanwhile -----------------------------------------------------------------

# Until the file is gone: each answer that is wrong, and how long the slowest of some events took.
touch "$WORK/going"
asks() {
    while [ -e "$WORK/going" ]; do
        sql expiry shop <<SQL || return
select 'bookings ' || sum(events) from telemetry.event_volume(grain => 'year', tz => 'UTC', events => '{booked}') having sum(events) <> $booked;
select 'by rows ' || count(*) from telemetry.events where event_name = 'booked' having count(*) <> $booked;
begin;
-- Whoever has its snapshot before a partition goes and reads after it would find the counts of events that are not there any more.
lock table only telemetry.events in access share mode;
select 'derived ' || derived || ': ' || coalesce(problem, '') from telemetry.verify_derived() where not is_equal and derived <> 'provenance';
commit;
begin;
set local telemetry.kpi_source = raw;
select 'raw bookings ' || sum(events) from telemetry.event_volume(grain => 'year', tz => 'UTC', events => '{booked}') having sum(events) <> $booked;
commit;
SQL
    done
}
logs() {
    while [ -e "$WORK/going" ]; do
        sql expiry shop <<'SQL' || return
set lock_timeout = '1s'; -- an error for whoever waits longer
do $$
declare
    begun timestamptz;
    slowest interval := '0';
begin
    for n in 1..200 loop
        begun := clock_timestamp();
        perform telemetry.log_event('now_served');
        commit;
        slowest := greatest(slowest, clock_timestamp() - begun);
    end loop;
    raise notice '%', extract(epoch from slowest);
end
$$;
SQL
    done
}
asks >"$WORK/wrong" 2>"$WORK/asking" &
asking=$!
logs 2>"$WORK/logging" &
logging=$!

# --- expiry, killed ------------------------------------------------------------------------------

units="do \$\$ begin loop exit when telemetry.expire_unit(50) = 0; commit; end loop; end \$\$;"
terminated="select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'expiry that is killed'"
RANDOM=4711
killed=0 uneven=0
while [ "$killed" -lt "$KILLS" ]; do
    PGAPPNAME='expiry that is killed' "$BIN/psql" -XqAt "$shop" <<<"$units" >/dev/null 2>&1 &
    expiring=$!
    # The moment of the kill is drawn.
    sleep "0.$(printf '%03d' $((RANDOM % 400 + 20)))"
    killed=$((killed + $(sql expiry shop <<<"$terminated") ))
    wait "$expiring" || true
    sum=$(sql expiry shop <<<"select (select count(*) from telemetry.events where event_name = 'served') + (select coalesce(sum(events), 0) from telemetry.erasures)")
    [ "$sum" = "$due" ] || uneven=$((uneven + 1))
    [ "$(sql expiry shop <<<'select coalesce(sum(due_events), 0) from telemetry.expiry_report()')" != 0 ] || break
done
expect "after each kill, what is there and what receipts tell are together what was there" "$uneven" 0
[ "$killed" -gt 0 ] && echo "ok - it was killed $killed times"
sql expiry shop <<<"do \$\$ begin loop exit when telemetry.expire_unit(2000) = 0; commit; end loop; end \$\$;" 2>/dev/null
sql expiry shop <<<"call telemetry.expire_events()" 2>/dev/null
rm "$WORK/going"
wait "$asking" "$logging" || true
expect "every answer was right at every moment" "$(sort -u "$WORK/wrong")" ""
expect "nobody met an error" "$(grep -v '^NOTICE' "$WORK/asking" "$WORK/logging" | head -n 3 || true)" ""
expect "nobody who logged waited for a lock for a second" "$(grep -c 'lock timeout' "$WORK/logging" || true)" 0
echo "# the slowest of $(($(grep -c NOTICE "$WORK/logging") * 200)) events took $(sed -n 's/^NOTICE:  //p' "$WORK/logging" | sort -g | tail -n 1) s"
expect "nothing stays beyond its day" "$(sql expiry shop <<<"select count(*) from telemetry.events where event_name = 'served'")" 0
expect "nothing else went" "$(sql expiry shop <<<"select count(*) from telemetry.events where event_name = 'booked'")" "$booked"
expect "each is in one receipt" "$(sql expiry shop <<<"select sum(events) from telemetry.erasures")" "$due"
expect "the month of log records alone is gone whole" "$(sql expiry shop <<<"select count(*) from pg_class where relname like 'events_202401%'; select count(*) from telemetry.erasures where details ->> 'how' = 'dropped'")" $'0\n1'
expect "the disk of the others is back" "$(($(size) * 2 < size_before))" 1
expect "what is derived is what the log says" "$(sql expiry shop <<<"call telemetry.tick(); select distinct is_equal from telemetry.verify_derived()")" t
expect "the installation is whole" "$(sql expiry shop <<<"select check_name, problem from telemetry.health() where severity <> 'ok' and check_name in ('indexes', 'keys', 'guards', 'partition_grants', 'row_level_security', 'derived', 'expiry')")" ""

# --- whoever is in its way -----------------------------------------------------------------------

due_again="select telemetry.import_events('[{\"event_name\": \"served\", \"event_ts\": \"2024-01-10T00:00:00Z\"}]'); call telemetry.tick();"
sql expiry shop <<<"$due_again" >/dev/null
# hold STATEMENT: a session that holds what the statement takes until its input ends.
hold() {
    mkfifo "$WORK/hold"
    "$BIN/psql" -XqAt "$shop" <"$WORK/hold" >"$WORK/held" 2>&1 &
    holding=$!
    exec 9>"$WORK/hold"
    printf 'begin; %s; select 1;\n' "$1" >&9
    until grep -q 1 "$WORK/held"; do kill -0 "$holding"; done
}
release() {
    exec 9>&-
    wait "$holding" || true
    rm "$WORK/hold"
}
for way in "a dump|lock table telemetry.events in access share mode" "a tick|select consumer from telemetry.cursor_positions for update"; do
    hold "${way#*|}"
    begun=$(date +%s)
    said=$(sql expiry shop <<<'call telemetry.expire_events()' 2>&1)
    expect "beside ${way%|*} it says what it waits for, and ends" "$(grep -c 'NOTICE:  expiry waits for' <<<"$said") $(($(date +%s) - begun < 60))" "1 1"
    expect "whoever logs goes on" "$(sql expiry shop <<<"set statement_timeout = '1s'; select telemetry.log_event('now_served') is not null")" t
    release
done
expect "then it goes on" "$(sql expiry shop <<<"call telemetry.expire_events(); select count(*) from telemetry.events where event_name = 'served'")" 0

# --- moves ---------------------------------------------------------------------------------------

state="select (select count(*) from telemetry.events where event_name = 'served'), (select count(*) from telemetry.events where event_name = 'booked'), (select count(*) from telemetry.erasures), (select string_agg(name || ' ' || coalesce(keep::text, '-'), ',' order by name) from telemetry.retention_classes)"
before=$(sql expiry shop <<<"$state")
"$BIN/pg_dump" -Fc "$shop" -f "$WORK/shop.dump"
sql expiry postgres <<<'create database restored'
"$BIN/pg_restore" --exit-on-error -d "$(url expiry restored)" "$WORK/shop.dump"
expect "a restored dump has what the database had" "$(sql expiry restored <<<"$state")" "$before"
expect "there expiry goes on" "$(sql expiry restored <<<"$due_again call telemetry.expire_events(); select count(*) from telemetry.events where event_name = 'served'; select distinct is_equal from telemetry.verify_derived()" | tail -n 2)" $'0\nt'
sql expiry shop <<<'drop extension telemetry cascade; create extension telemetry' 2>/dev/null
expect "after DROP EXTENSION and CREATE EXTENSION it is as before" "$(sql expiry shop <<<"call telemetry.tick(); $state")" "$before"
finish
