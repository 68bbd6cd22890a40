#!/usr/bin/env bash
# Moved, restored, broken: whatever a DBA does to a database, a KPI says what the rows say, or there is an error that says
# what to do; afterwards everything goes on, and every key and guard is back.
# Pairs of dump form, restore form, target and state before (provenance/forms.py): the usual ones and CASES others, chosen by
# SEED. FULL=yes: every pair, 3,830 of them; ONLY=REGEX: those that match. PARTS: matrix, accidents, replication, copies.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")/provenance
CLUSTER=provenance-$MAJOR
start "$CLUSTER" "$MAJOR" --set wal_level=logical --set max_worker_processes=24 --set max_logical_replication_workers=12 \
    --set autovacuum=off --set max_wal_senders=12 --set max_replication_slots=12
sql "$CLUSTER" postgres <<<'create database fresh; create database base'
sql "$CLUSTER" fresh <<<'create extension telemetry'
sql "$CLUSTER" base <"$HERE/base.sql"
server=$(url "$CLUSTER" postgres)

# part NAME URL: a file of provenance/, told where it finds what.
part() { PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/$1.py" "$BIN" "${2%/postgres}" "$WORK" || FAILED=1; }

# pg_basebackup and promotion: a copy with the same identifiers of system, database and tables, that goes its own way.
copies() {
    sql "$CLUSTER" postgres <<<'create database copied template base'
    sql "$CLUSTER" copied < <(echo 'call telemetry.tick(60);' && cat "$HERE/tail.sql")
    start "$CLUSTER-copy" "$MAJOR"
    local data
    data=$("$ROOT/scripts/cluster" data "$CLUSTER-copy")
    "$ROOT/scripts/cluster" stop "$CLUSTER-copy"
    as_server_user sh -c "rm -rf '$data'/*"
    as_server_user "$BIN/pg_basebackup" -d "$(url "$CLUSTER" postgres)" -D "$data" -R -X stream -c fast >/dev/null
    cp "$(dirname "$("$ROOT/scripts/cluster" data "$CLUSTER")")/password" "$(dirname "$data")/password"
    "$ROOT/scripts/cluster" start "$CLUSTER-copy" "$MAJOR" --fast --set max_worker_processes=24 --set max_wal_senders=12 2>/dev/null
    sql "$CLUSTER-copy" postgres <<<'select pg_promote() \g /dev/null'
    part copies "$(url "$CLUSTER-copy" postgres)"
    part copies "$server"
}

for name in ${PARTS:-matrix accidents replication copies}; do
    if [ "$name" = copies ]; then copies; else part "$name" "$server"; fi
done
finish
