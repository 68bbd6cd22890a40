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
for part in ${PARTS:-matrix accidents replication}; do
    PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/$part.py" "$BIN" "${server%/postgres}" "$WORK" || FAILED=1
done
finish
