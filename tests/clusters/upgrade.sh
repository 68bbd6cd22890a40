#!/usr/bin/env bash
# pg_upgrade to 18 from the major before: the same events, partitions, guards and grants. Runs where 18 is tested.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
if [ "$MAJOR" != 18 ]; then
    echo "ok - pg_upgrade is tested to 18 # SKIP this is $MAJOR"
    exit 0
fi
older=$(older_major)
start upgrade-from "$older"
start upgrade-into 18
sql upgrade-from postgres <<<'create database shop'
sql upgrade-from shop <"$HERE/filled.sql"
before=$(sql upgrade-from shop <"$HERE/fingerprint.sql")
from=$("$ROOT/scripts/cluster" data upgrade-from)
into=$("$ROOT/scripts/cluster" data upgrade-into)
for name in upgrade-from upgrade-into; do "$ROOT/scripts/cluster" stop "$name"; done
# pg_upgrade talks to both through a socket of its own.
for data in "$from" "$into"; do
    as_server_user sh -c "echo 'local all all trust' >'$data/pg_hba.conf.new' && cat '$data/pg_hba.conf' >>'$data/pg_hba.conf.new' && mv '$data/pg_hba.conf.new' '$data/pg_hba.conf'"
done
# It writes beside where it stands, and its socket's path must be short.
place=$(as_server_user mktemp -d /tmp/upgrade-XXXXXX)
as_server_user sh -c "cd '$place' && exec \"\$@\"" sh "$(programs_of 18)/pg_upgrade" -U postgres -s "$place" -j2 --no-sync \
    -b "$(programs_of "$older")" -B "$(programs_of 18)" -d "$from" -D "$into" >"$WORK/pg_upgrade.log" 2>&1 </dev/null || {
    tail -n 40 "$WORK/pg_upgrade.log"
    as_server_user sh -c "tail -n 20 '$into'/pg_upgrade_output.d/*/log/*.log" || true
    echo "not ok - pg_upgrade $older to 18"
    exit 1
}
as_server_user rm -rf "$place"
# The upgraded cluster has the old one's password.
cp "$(dirname "$from")/password" "$(dirname "$into")/password"
"$ROOT/scripts/cluster" start upgrade-into 18 --fast 2>/dev/null
expect "pg_upgrade $older to 18" "$(sql upgrade-into shop <"$HERE/fingerprint.sql")" "$before"
expect "the upgraded log goes on" "$(sql upgrade-into shop <<<"select telemetry.log_event('assignment_view', '{\"surface\": \"website\"}') is not null")" t
expect "the upgraded log refuses" "$(sql upgrade-into shop <<<'truncate telemetry.events' 2>&1 | grep -c 'append-only: TRUNCATE refused')" 1
finish
