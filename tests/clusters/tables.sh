#!/usr/bin/env bash
# Tables of the application: an import that is killed again and again brings each row once, and what sixteen writers change at
# once is what the log says. Few rows by default; ROWS and KILLS by hand.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
ROWS=${ROWS:-60000}
KILLS=${KILLS:-10}
WRITERS=()
start app-tables "$MAJOR"
sql app-tables postgres <<<'create database app'
sql app-tables app <<SQL >/dev/null
create extension telemetry;
select telemetry.register_event('viewed', '{"properties": {"page": {"type": "integer"}}, "required_keys": ["page"]}');
create table public.events (id bigint primary key, event_name text, event_ts timestamptz, user_id uuid, payload jsonb);
insert into public.events select n, case when n % 100 = 0 then 'unheard' else 'viewed' end, now() - n * interval '1 minute', telemetry.as_id('user ' || n % 50), jsonb_build_object('page', n % 9) from generate_series(1, $ROWS) n;
analyze public.events;
SQL

# A part is small, and is killed when the log has got further than before: each time at another place of the table.
import="select telemetry.import_table_part('public.events', most => 20); "
progress="select coalesce(max(rows_read), 0) from telemetry.import_progress()"
for kill in $(seq "$KILLS"); do
    before=$(sql app-tables app <<<"$progress")
    "$BIN/psql" -XqAt "$(url app-tables app)" >/dev/null 2>&1 <<<"set application_name = 'import'; $(for _ in $(seq 5000); do printf '%s' "$import"; done)" &
    client=$!
    killed=no
    # Until it was met or has ended: on a busy machine it may take a while to begin.
    while [ "$killed" != t ] && kill -0 "$client" 2>/dev/null; do
        killed=$(sql app-tables app <<<"select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity where application_name = 'import' and ($progress) > $before")
    done
    wait "$client" 2>/dev/null || true
    [ "$killed" = t ] || { echo "not ok - kill $kill met the import"; FAILED=1; }
done
expect "$KILLS kills left some of the table to be read" "$(sql app-tables app <<<"select ($progress) between $KILLS and $((ROWS - 1))")" t
sql app-tables app <<<"call telemetry.import_table('public.events')"
expect "after $KILLS kills each row is in the log once" \
    "$(sql app-tables app <<<"select count(*), count(distinct event_id), min(payload ->> 'page') from telemetry.events")" \
    "$((ROWS - ROWS / 100))|$((ROWS - ROWS / 100))|0"
expect "and what was refused is kept once" "$(sql app-tables app <<<"select count(*) from telemetry.rejections")" "$((ROWS / 100))"
sql app-tables app <<<"call telemetry.import_table('public.events'); select known, rejected from telemetry.import_progress() order by started_at desc limit 1" >"$WORK/again"
expect "another pass stores nothing" "$(cat "$WORK/again")" "$((ROWS - ROWS / 100))|$((ROWS / 100))"
expect "derived data are what the log says" "$(sql app-tables app <<<"call telemetry.tick(600); select distinct is_equal from telemetry.verify_derived()")" t

sql app-tables app <<'SQL' >/dev/null
select telemetry.register_event('stock_changed', '{"properties": {"operation": {"type": "string"}, "item": {"type": "integer"}, "was": {"type": "integer"}, "is": {"type": "integer"}}}');
create table public.stock (item integer primary key, amount integer);
select telemetry.track_table('public.stock', 'stock_changed', payload => '{"operation": "tg_op", "item": "item", "was": "old.amount", "is": "new.amount"}');
insert into public.stock select n, 0 from generate_series(1, 64) n;
SQL
for writer in $(seq 16); do
    {
        for n in $(seq 25); do
            echo "update public.stock set amount = amount + 1 where item = $(((writer * 7 + n * 13) % 64 + 1));"
            echo "insert into public.stock values ($((writer * 1000 + n)), $n); delete from public.stock where item = $((writer * 1000 + n - 1)) and $n % 2 = 0;"
        done
    } | sql app-tables app >/dev/null &
    WRITERS+=($!)
done
for writer in "${WRITERS[@]}"; do wait "$writer"; done
expect "what sixteen writers changed is what the log says" \
    "$(sql app-tables app <<<"select count(*) filter (where payload ->> 'operation' = 'insert') - count(*) filter (where payload ->> 'operation' = 'delete'), count(*) filter (where payload ->> 'operation' = 'update'), sum((payload ->> 'is')::integer - (payload ->> 'was')::integer) filter (where payload ->> 'operation' = 'update') from telemetry.events where event_name = 'stock_changed'")" \
    "$(sql app-tables app <<<"select count(*), 400, 400 from public.stock")"
expect "each row as its last event says" \
    "$(sql app-tables app <<<"select count(*) from public.stock s join lateral (select e.payload from telemetry.events e where e.event_name = 'stock_changed' and (e.payload ->> 'item')::integer = s.item order by (e.payload ->> 'is')::integer desc nulls last limit 1) e on (e.payload ->> 'is')::integer = s.amount")" \
    "$(sql app-tables app <<<"select count(*) from public.stock")"
expect "nothing was refused" "$(sql app-tables app <<<"select count(*) from telemetry.rejections where event_name is distinct from 'unheard'")" 0
finish
