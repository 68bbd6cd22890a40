#!/usr/bin/env bash
# The library is installed again and again while new sessions load it, as happens when a server is updated in use: each has the old
# library or the new one whole, and the server goes on. A folder of its own stands for the server's.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
start installing "$MAJOR"
folder=$WORK/installed
tree=$WORK/tree
install -d "$folder" "$tree$folder"
cp "$("$BIN/pg_config" --pkglibdir)/telemetry.so" "$tree$folder/"
chmod -R a+rX "$WORK"
"$ROOT/scripts/put-in-place" "$tree"
expect "what is installed is what was made" "$(cmp "$tree$folder/telemetry.so" "$folder/telemetry.so" && stat -c '%a' "$folder/telemetry.so")" "$(stat -c '%a' "$tree$folder/telemetry.so")"

echo "load '$folder/telemetry.so';" >"$WORK/load.sql"
"$BIN/pgbench" --connect --client 4 --transactions 60 --no-vacuum --file "$WORK/load.sql" "$(url installing postgres)" >"$WORK/loads" 2>&1 &
loading=$!
installed=0
while kill -0 "$loading" 2>/dev/null; do
    "$ROOT/scripts/put-in-place" "$tree"
    installed=$((installed + 1))
done
expect "each of 240 sessions loads it" "$(grep -o 'processed: .*' "$WORK/loads" || cat "$WORK/loads")" "processed: 240/240"
expect "while it is installed" "$((installed > 3))" 1
expect "no session of the server crashed" "$(grep -c 'was terminated by signal' "$("$ROOT/scripts/cluster" log installing)" || true)" 0
expect "and nothing is left beside it" "$(find "$folder" -mindepth 1 -printf '%f\n')" telemetry.so
finish
