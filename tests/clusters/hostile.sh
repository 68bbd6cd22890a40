#!/usr/bin/env bash
# Hostile callers: 20,000 payloads of fuzzed JSON and bombs (PAYLOADS=100000 by hand), statements that are cut short, schemas that somebody else made first.
# PAYLOADS, SEED: how many, and of the dice.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")/hostile
CANARY=hunter2-canary
start hostile "$MAJOR" --set log_min_error_statement=panic --set log_error_verbosity=verbose --set log_min_messages=info
sql hostile postgres <<<'create database shop'
sql hostile shop <"$HERE/setup.sql"
ask() { sql hostile shop <<<"$1"; }
log=$("$ROOT/scripts/cluster" log hostile)

main() {
    fuzzed
    cut_short
    made_first
    expect "no internal error, whatever they tried" "$(grep -E '(ERROR|FATAL|PANIC):  (XX|54|53|40)|TRAP|was terminated by' "$log" | head -n 3)" ""
    finish
}

# All in batches, a quarter one by one as well, and a few in all other ways. Three sessions: a client's, and the owner's that
# logs and defines, and that asks.
fuzzed() {
    local payloads=${PAYLOADS:-20000}
    PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/payloads.py" "$payloads" "${SEED:-1}" >"$WORK/payloads"
    ask "\\copy hostile.sent (given) from '$WORK/payloads'
update hostile.sent set event = hostile.parsed(given); analyze hostile.sent;"
    local sessions=() session rows
    ask "call hostile.send(true, '{log_event}', 4, true)" 2>"$WORK/warnings.client" & sessions+=($!)
    ask "call hostile.send(false, '{log_event,try_log_event,event of a batch,events,import,redact,attributes,definition,policy,replay,cohort}', 50, false)" 2>"$WORK/warnings.logger" & sessions+=($!)
    ask "call hostile.send(false, '{filter,steps,exclude,explain}', 50, false)" 2>"$WORK/warnings.asker" & sessions+=($!)
    for session in "${sessions[@]}"; do wait "$session"; done
    expect "of $payloads payloads PostgreSQL reads half and more; some events of each are stored and refused" \
        "$(ask "select count(*) = $payloads, count(event) * 2 > count(*) from hostile.sent;
                select count(distinct event_name), count(*) * 20 > $payloads from telemetry.events; select count(distinct code) > 3, count(distinct way) from hostile.outcome;")" "t|t
6|t
t|$(ask "select count(distinct way) from hostile.outcome")"
    # Bombs in every way, whoever's turn it is; the first call loads the library.
    ask "select hostile.attempt(0, 'log_event', '{}', 'free') \\g /dev/null
select hostile.try(s.n, w.way, s.event, 'free') from hostile.sent s, unnest('{log_event,try_log_event,event of a batch,events,import,redact,attributes,definition,policy,replay,cohort,filter,steps,exclude,explain}'::text[]) w (way)
          where s.event is not null and s.given ~ 'e131071|e-16383|json_schema' and s.n % 20 = 0 \\g /dev/null" 2>"$WORK/warnings.bombs"
    # A replay of everything that was ever refused is no single call. What was compiled for development takes some times as long.
    local most=50
    [ "${PROFILE:-release}" = release ] || most=1000
    expect "no call takes more than $most ms of a processor or 50 MB" \
        "$(ask "select way, n, round(ms::numeric), round(mb::numeric) from hostile.cost
                 where (ms > $most or mb > 50) and way <> 'replay' order by ms desc limit 10")" ""
    "$BIN/pg_dump" -Fc "$(url hostile shop)" >"$WORK/dump" 2>"$WORK/dump.errors" && rows=$("$BIN/pg_restore" -a -t rejections -f - "$WORK/dump" | grep -c '^[0-9a-f-]\{36\}' || true)
    expect "pg_dump afterwards is complete" "$(cat "$WORK/dump.errors"), $rows" ", $(ask "select count(*) from telemetry.rejections")"
    expect "nothing that is kept prints more than six times what its event may have" \
        "$(ask "select max(octet_length(event::text)) < 6 * 4096 + 1000 from telemetry.rejections; select max(octet_length(payload::text)) < 6 * 4096 from telemetry.events where event_name <> 'warned'; ")" "t
t"
    expect "only errors that a web client sees as 4xx" \
        "$(ask "select way, code, count(*), left(min(told), 160) from hostile.outcome where code !~ '^(00|22|23|42|0A)' or code = '42601' group by 1, 2 limit 10")" ""
    # A name is no value: of an event, a source, a kind of KPI.
    local names='(event|unknown source|unknown kind) "[^"]*"'
    expect "no value is echoed by an error" "$(ask "select way, code, left(told, 200) from hostile.outcome where regexp_replace(told, '$names', '', 'g') ~ '$CANARY' limit 5")" ""
    expect "... nor by the message of a rejection" "$(ask "select reason, left(message, 200) from telemetry.rejections where regexp_replace(message, '$names', '', 'g') ~ '$CANARY' limit 5")" ""
    expect "... nor by a warning" "$(cat "$WORK"/warnings* | grep -m 3 "$CANARY" || true)" ""
    # Uncaught, so that the server logs them as it would an application's.
    local uncaught=$((payloads < 14000 ? payloads : 14000))
    { echo "\\set ON_ERROR_STOP off"
        echo "select set_config('request.jwt.claims', '{\"role\": \"authenticated\"}', false) \\g /dev/null"
        for n in $(seq 1 7 "$uncaught"); do
            echo "select telemetry.log_event(e.name, s.event) from hostile.sent s join hostile.event_name e on e.place = s.n % 8 where s.n = $n and s.event is not null \\g /dev/null"
        done; } >"$WORK/uncaught.sql"
    "$BIN/psql" -Xq "$(url hostile shop)" -f "$WORK/uncaught.sql" >"$WORK/uncaught" 2>&1 || true
    expect "errors reach client and log, and neither shows a value" \
        "$(grep -c ERROR "$WORK/uncaught" | awk "{print (\$1 > $uncaught / 50)}"), $(grep -c 'ERROR:  [0-9A-Z]*: ' "$log" | awk "{print (\$1 > $uncaught / 50)}"), $(grep -c "$CANARY" "$WORK/uncaught" || true), $(grep -c "$CANARY" "$log" || true)" "1, 1, 0, 0"
    expect "no error of the server's own" "$(grep -E '(ERROR|FATAL|PANIC):  55' "$log" | head -n 3)" ""
}

# Statements that end by their timeout or are cancelled: 57014, the next call answers, and memory is given back.
cut_short() {
    ask "select telemetry.register_event('bulk') \\g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'bulk', 'event_ts', timestamptz '2024-01-01 00:00Z' + n * interval '7 s',
           'user_id', md5('user' || n % 20000)::uuid, 'session_id', md5('session' || n % 30000)::uuid, 'payload', jsonb_build_object('k', 'v' || n % 50, 'n', n))))
  from generate_series(1, 200000) n group by n / 10000 \\g /dev/null
create function hostile.resident() returns bigint language sql as \$\$
    select (regexp_match(pg_read_file('/proc/self/status'), 'VmRSS:\\s+(\\d+)'))[1]::bigint / 1024 \$\$;"
    local calls=("telemetry.event_volume()" "telemetry.active_users(rolling_days => 28)" "telemetry.funnel('[\"bulk\", \"bulk\", \"bulk\"]')" "telemetry.retention('bulk', 'bulk')" "telemetry.paths()"
        "telemetry.top_values('k')" "telemetry.percentiles('n', breakdown => 'k')" "telemetry.user_sessions()" "telemetry.sum_of('n', breakdown => 'k')" "telemetry.active_users_actors()"
        "telemetry.log_events((select batch from batches))" "telemetry.import_events((select old_batch from batches))")
    local call round
    {
        cat <<'SQL'
set telemetry.kpi_source = raw;
set jit = off;
set telemetry.server_batch_limit = 1000000;
create temp table batches as
    select jsonb_agg(e) as batch, jsonb_agg(e || '{"event_ts": "2024-06-01T00:00:00Z"}') as old_batch
      from generate_series(1, 100000) n, jsonb_build_object('event_name', 'bulk', 'payload', jsonb_build_object('k', n)) e;
-- Whatever is kept for good is there.
select count(*) from telemetry.user_sessions() \g /dev/null
select hostile.resident() as resident \gset
\set ON_ERROR_STOP off
\set VERBOSITY sqlstate
SQL
        for round in 1 2 3; do
            for call in "${calls[@]}"; do
                # A KPI over 200,000 rows, a batch of 100,000: neither is done by then.
                [[ $call == *batch* ]] && echo "set statement_timeout = '100ms';" || echo "set statement_timeout = '5ms';"
                echo "select count(*) from $call \\g /dev/null
set statement_timeout = 0;
select :'LAST_ERROR_SQLSTATE', sum(events), $round, '${call%%(*}' from telemetry.event_volume(events => '{bulk}');"
            done
        done
        echo "select hostile.resident() - :resident < 100, hostile.resident() - :resident;"
    } >"$WORK/cut.sql"
    "$BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$(url hostile shop)" -f "$WORK/cut.sql" >"$WORK/cut" 2>"$WORK/cut.errors"
    expect "36 KPIs and batches are cut short" "$(grep -c '^57014|' "$WORK/cut")" 36
    expect "the next call answers; nothing of a batch is stored; memory is given back" \
        "$(cut -d'|' -f2 "$WORK/cut" | head -n 36 | sort -u), $(tail -n 1 "$WORK/cut" | cut -d'|' -f1)" "200000, t"

    # A cancel from outside, once the statement runs.
    "$BIN/psql" -XqAt "$(url hostile shop)" >"$WORK/cancelled" 2>&1 <<'SQL' &
\set VERBOSITY sqlstate
set application_name = victim; set telemetry.kpi_source = raw;
select count(*) from generate_series(1, 1000) n, lateral (select * from telemetry.user_sessions(since => timestamptz '2024-01-01 00:00Z' + n * interval '1 s')) s;
select sum(events) from telemetry.event_volume(events => '{bulk}');
SQL
    local victim=$!
    ask "do \$\$ begin loop
    perform pg_cancel_backend(pid) from pg_stat_activity where application_name = 'victim' and state = 'active' and query like '%user_sessions%';
    exit when found;
    perform pg_stat_clear_snapshot();
end loop; end \$\$"
    wait "$victim" || true
    expect "a cancel from outside ends it, and the session goes on" "$(sed 's/^.*ERROR: */ERROR: /' "$WORK/cancelled")" "ERROR: 57014
200000"
}

# Whoever may create in the schemas, or made them, must not have the extension take over what is his.
made_first() {
    sql hostile postgres <<<"create role mallory; create database planted"
    expect "a schema of somebody else's is refused: telemetry, telemetry_private" "$(for schema in telemetry telemetry_private; do
        "$BIN/psql" -XqAt -v VERBOSITY=sqlstate "$(url hostile planted)" 2>&1 <<<"begin; create schema $schema authorization mallory; create extension telemetry;" | sed 's/.*ERROR: *//'
    done)" "42501
42501"
    # Each of a fresh install's relations, types and functions, made before it by another role; a sample of the functions.
    sql hostile planted <<'SQL' >"$WORK/planted"
create extension telemetry;
select format('create function %s(%s) returns %s language sql as %L', p.oid::regproc, pg_get_function_identity_arguments(p.oid),
              case when pg_get_function_result(p.oid) like 'TABLE%' then 'setof record' else pg_get_function_result(p.oid) end, 'select null')
  from (select p.*, row_number() over (order by md5(p.oid::regprocedure::text)) as place from pg_proc p
         where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and p.prokind = 'f'
           and pg_get_function_result(p.oid) || pg_get_function_arguments(p.oid) !~ 'trigger|internal|telemetry' and p.proargmodes is null) p
 where p.place <= 25
 union all
select format('create %s %s', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass) || case c.relkind when 'S' then '' else ' (event_ts timestamptz, tenant_id uuid)' end
  from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p', 'v', 'S') and not c.relispartition
 union all
select format('create domain %s as text', t.oid::regtype) from pg_type t where t.typnamespace = 'telemetry'::regnamespace and t.typtype = 'e';
SQL
    sql hostile postgres <<<"drop database planted" && sql hostile postgres <<<"create database planted"
    { echo "set check_function_bodies = off; create schema telemetry; create schema telemetry_private; grant all on schema telemetry, telemetry_private to mallory;
\\set VERBOSITY sqlstate
\\set ON_ERROR_STOP off"
        while IFS= read -r statement; do
            printf "begin; set local role mallory; %s;\nreset role; \\\\echo %s\ncreate extension telemetry;\nrollback;\n" "$statement" "$(cut -d' ' -f2-3 <<<"$statement" | tr -d "'")"
        done <"$WORK/planted"; } >"$WORK/planted.sql"
    "$BIN/psql" -XqAt "$(url hostile planted)" -f "$WORK/planted.sql" >"$WORK/planted.out" 2>&1 || true
    expect "more than 50 objects of a stranger's were there first" "$(grep -vc ERROR "$WORK/planted.out" | awk '{print ($1 > 50)}')" 1
    expect "each of them is refused" "$(awk '/ERROR/ {refused = 1; next} name != "" && !refused {print name} {name = $0; refused = 0} END {if (!refused) print name}' "$WORK/planted.out" | head -n 10)" ""
    expect "... by an error of an object's" "$(grep -oE 'ERROR: .*' "$WORK/planted.out" | sort | uniq -c | sort -rn | sed -E 's/^ *[0-9]+ //' | grep -vE '42501|42710|42723|42P07|55000|2BP01' || true)" ""
}

main
