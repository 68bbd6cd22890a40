#!/usr/bin/env bash
# Moved, restored, broken: whatever a DBA does to a database, a KPI says what the rows say, or there is an error that says
# what to do; afterwards everything goes on, and every key and guard is back.
# Pairs of dump form, restore form, target and state before (moves/forms.py): the usual ones and CASES others, chosen by
# SEED. FULL=yes: every pair, about half an hour; ONLY=REGEX: those that match. PARTS: matrix, accidents, replication, copies.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")/moves
start moves "$MAJOR" --set wal_level=logical --set max_worker_processes=24 --set max_logical_replication_workers=12 \
    --set autovacuum=off --set max_wal_senders=12 --set max_replication_slots=12
sql moves postgres <<<'create database fresh; create database base'
sql moves fresh <<<'create extension telemetry'
sql moves base <"$HERE/base.sql"
server=$(url moves postgres)

# part NAME URL: a file of moves/, told where it finds what.
part() { PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/$1.py" "$BIN" "${2%/postgres}" "$WORK" || FAILED=1; }

# pg_basebackup and promotion: a copy with the same identifiers of system, database and tables, that goes its own way.
copies() {
    sql moves postgres <<<'create database copied template base'
    sql moves copied < <(echo 'call telemetry.tick(60);' && cat "$HERE/tail.sql")
    start moves-copy "$MAJOR"
    local data
    data=$("$ROOT/scripts/cluster" data moves-copy)
    "$ROOT/scripts/cluster" stop moves-copy
    as_server_user sh -c "rm -rf '$data'/*"
    as_server_user "$BIN/pg_basebackup" -d "$(url moves postgres)" -D "$data" -R -X stream -c fast >/dev/null
    cp "$(dirname "$("$ROOT/scripts/cluster" data moves)")/password" "$(dirname "$data")/password"
    "$ROOT/scripts/cluster" start moves-copy "$MAJOR" --fast --set max_worker_processes=24 --set max_wal_senders=12 2>/dev/null
    sql moves-copy postgres <<<'select pg_promote() \g /dev/null'
    part copies "$(url moves-copy postgres)"
    part copies "$server"
}

for name in ${PARTS:-matrix accidents replication copies}; do
    if [ "$name" = copies ]; then copies; else part "$name" "$server"; fi
done
finish
