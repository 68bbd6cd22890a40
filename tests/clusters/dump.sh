#!/usr/bin/env bash
# pg_dump and pg_restore, in every form that people use: same rows, partitions, guards, and what users added.
# PostgreSQL 18 takes the dumps of an older one.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")

source_major=$MAJOR
[ "$MAJOR" != 18 ] || source_major=$(older_major)
start dump-from "$source_major"
start dump-into "$MAJOR"
sql dump-from postgres <<<'create database shop'
sql dump-from shop <"$HERE/filled.sql"
sql dump-into postgres <<<'create role shop_analyst; create role shop_writer; create role shop_user; create role shop_auditor'
before=$(sql dump-from shop <"$HERE/fingerprint.sql")
from=$(url dump-from shop)

sql dump-into postgres <<<'create database plain'
"$BIN/pg_dump" "$from" >"$WORK/plain.sql"
"$BIN/psql" -Xq -v ON_ERROR_STOP=1 --single-transaction "$(url dump-into plain)" <"$WORK/plain.sql" >/dev/null
expect "plain, ON_ERROR_STOP, one transaction, $source_major to $MAJOR" "$(sql dump-into plain <"$HERE/fingerprint.sql")" "$before"

sql dump-into postgres <<<'create database custom'
"$BIN/pg_dump" -Fc "$from" -f "$WORK/custom.dump"
"$BIN/pg_restore" --single-transaction --exit-on-error -d "$(url dump-into custom)" "$WORK/custom.dump"
expect "custom, --single-transaction --exit-on-error, $source_major to $MAJOR" "$(sql dump-into custom <"$HERE/fingerprint.sql")" "$before"

sql dump-into postgres <<<'create database directory'
"$BIN/pg_dump" -Fd -j2 "$from" -f "$WORK/directory"
"$BIN/pg_restore" -j2 --exit-on-error -d "$(url dump-into directory)" "$WORK/directory"
expect "directory, -j2, $source_major to $MAJOR" "$(sql dump-into directory <"$HERE/fingerprint.sql")" "$before"

expect "the restored log goes on" "$(sql dump-into custom <<<"select telemetry.log_event('assignment_view', '{\"surface\": \"website\"}') is not null")" t
expect "the restored log refuses" "$(sql dump-into custom <<<'delete from telemetry.events' 2>&1 | grep -c 'append-only: DELETE refused')" 1
expect "a restored taxonomy validates" "$(sql dump-into custom <<<"select telemetry.log_event('assignment_save', '{\"surface\": 7}')" 2>&1 | grep -c 'must be of type string')" 1

retry="select duplicates from telemetry.log_events('[{\"event_type\": \"assignment_save\", \"meta\": {\"surface\": \"website\"}, \"event_id\": \"00000000-0000-4000-8000-000000000001\"}]')"
expect "a retry across the move is a duplicate" "$(sql dump-into custom <<<"$retry")" 1

# A dump of the data alone, into a database that has the extension already.
sql dump-into postgres <<<'create database data_only'
sql dump-into data_only <<<'create extension telemetry'
"$BIN/pg_dump" --data-only --disable-triggers -t telemetry.event_types "$from" | "$BIN/psql" -Xq -v ON_ERROR_STOP=1 "$(url dump-into data_only)" >/dev/null
expect "a taxonomy moves alone" "$(sql dump-into data_only <<<"select telemetry.log_event('assignment_save', '{\"surface\": \"website\"}') is not null")" t
finish
