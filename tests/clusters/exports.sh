#!/usr/bin/env bash
# Exports while couriers are killed at any place of theirs, the server too, and four clients log, of which a quarter is rolled
# back: in the end the files of the manifest hold each committed event once. KILLS=500 is the full run, 25 unless set.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
KILLS=${KILLS:-25}
SERVER_KILLS=$((KILLS / 25))
start exports "$MAJOR"
sql exports postgres <<<'create database lake'
sql exports lake <"$(dirname "$0")/exports.sql" >/dev/null
data=$("$ROOT/scripts/cluster" data exports)
quietly() { { "$BIN/psql" -XqAt "$(url exports lake)"; } >/dev/null 2>&1 || true; }

# Two couriers for each export, started again whenever they die; each start is another worker.
courier() {
    local turn
    for ((turn = 1; ; turn++)); do
        [ -e "$WORK/going" ] || return 0
        PGAPPNAME=courier quietly <<<"call courier('$1', 'courier $2, start $turn')"
    done
}
client() {
    while [ -e "$WORK/going" ]; do
        quietly <<<"call client($1, clock_timestamp() + interval '2 seconds')"
    done
}
touch "$WORK/going"
# end_couriers PID...: until the programs have ended that may be about to connect.
end_couriers() {
    local pid
    for pid in "$@"; do
        while kill -0 "$pid" 2>/dev/null; do
            quietly <<<"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'courier'"
            sleep 0.1
        done
    done
}
pids=()
for n in 1 2; do for export in lake daily; do courier "$export" "$n" & pids+=($!); done; done
for n in 1 2 3 4; do client "$n" & pids+=($!); done

# A lease of who died would last five minutes; nobody waits for that here.
free="update telemetry.export_states s set leased_until = now() where s.leased_by is not null and random() < 0.5"
one="select pg_terminate_backend(pid) from (select pid from pg_stat_activity where application_name = 'courier' order by random() limit 1) c"
for ((kill = 1; kill <= KILLS; kill++)); do
    sleep "0.0$((RANDOM % 90 + 10))" # where it hits them is drawn
    if ((SERVER_KILLS > 0 && kill % (KILLS / SERVER_KILLS) == 0)); then
        postmaster=$(head -n 1 "$data/postmaster.pid")
        kill -QUIT "$postmaster" # an immediate shutdown, as a crash
        while kill -0 "$postmaster" 2>/dev/null; do sleep 0.05; done
        "$ROOT/scripts/cluster" start exports "$MAJOR" --fast 2>/dev/null
    else
        quietly <<<"$one; $free"
    fi
done
rm "$WORK/going"
end_couriers "${pids[@]}"

# What is left is written by one that nobody kills, until nothing is due.
sql exports lake <<<"update telemetry.export_states set leased_until = now()"
for export in lake daily; do
    PGAPPNAME=courier quietly <<<"call courier('$export', 'the last one')" &
    last=$!
    behind="select count(*) from telemetry.export_status('$export') where lag_seconds > 0"
    for ((tries = 0; tries < 600; tries++)); do
        [ "$(sql exports lake <<<"$behind")" != 0 ] || break
        sleep 0.1
    done
    end_couriers "$last"
    expect "$export: all of it is exported" "$(sql exports lake <<<"$behind")" 0
done
echo "# $KILLS kills, $(sql exports lake <<<"select count(*) || ' events, ' || (select count(*) || ' files' from telemetry.export_files) from telemetry.events")"
expect "clients logged all the while" "$(sql exports lake <<<"select count(*) > 100 from telemetry.events")" t
expect "lake: each event of its kind is in one file, with its content" "$(sql exports lake <<<"select * from differences('lake', '{kept}')")" ""
expect "daily: each event is in one file, with its content" "$(sql exports lake <<<"select * from differences('daily', null)")" ""
expect "every file of a day has events of that day" "$(sql exports lake <<<"select count(*) from telemetry.export_manifest('daily') where path not like '%day=' || (min_event_ts at time zone 'UTC')::date || '/%' or path not like '%day=' || (max_event_ts at time zone 'UTC')::date || '/%'")" 0
finish
