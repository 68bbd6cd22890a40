#!/usr/bin/env bash
# Random events, random ticks, random questions: the timeline's answer, the raw rows' answer and plain SQL's answer are one,
# whoever asks. read_model.sql is the world and the questions, read_model_naive.sql and read_model_journeys.sql the plain SQL.
# ROUNDS=2000 SEED=7 tests/clusters/read_model.sh 15 is a longer run of other events; a failure shows its question.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
SEED=${SEED:-42} ROUNDS=${ROUNDS:-150} MEANWHILE=${MEANWHILE:-6}
start read-model "$MAJOR"
sql read-model postgres <<<'create database shop'
sql read-model shop <<<'create extension telemetry'
# Questions ask for names that nobody logged yet.
sql read-model shop <<<"alter database shop set telemetry.unknown_events = 'empty'"
# A small question has threads as well.
sql read-model shop <<<"alter database shop set telemetry.kpi_threads_events = 0"
sql read-model shop <<<"alter database shop set telemetry.kpi_threads_total = 64"
# The world stores rows and forgets derived data by itself, and vouches for both: else rows would answer until the next tick.
sql read-model shop <<<"alter database shop set telemetry_private.derives = 'on'"
cat "$HERE/read_model.sql" "$HERE/read_model_naive.sql" "$HERE/read_model_journeys.sql" | sql read-model shop

# none NAME WHAT: no comparison of this kind failed; else the first questions that did, with what was missing and what was too much.
none() {
    expect "$1" "$(sql read-model shop <<<"select who, question, 'missing', missing, 'surplus', surplus from model.failure where what in ($2) order by n limit 5")" ""
}

sql read-model shop <<SQL
set jit = off;
set max_parallel_workers_per_gather = 0;
select setseed(($SEED % 100000) / 100000.0) \g /dev/null
call model.run($ROUNDS, 6);
SQL
# Two sessions write, tick and merge while two others ask; each asks within transactions that see one moment.
for session in 1 2; do
    sql read-model shop <<<"select setseed(0.$session) \g /dev/null
        call model.disturb($MEANWHILE);" >"$WORK/disturb$session" 2>&1 &
    sql read-model shop <<<"set jit = off; set max_parallel_workers_per_gather = 0; select setseed(0.1$session) \g /dev/null
        call model.ask_meanwhile($MEANWHILE);" >"$WORK/ask$session" 2>&1 &
done
wait
expect "asking while others write, tick and merge raises nothing" "$(cat "$WORK"/disturb* "$WORK"/ask*)" ""

none "the timeline with the rows above its cursor and the rows alone answer the same" "'raw', 'list raw'"
none "both answer what plain SQL answers, from every split of the events into ticks" "'naive'"
none "the lists of actors are those that plain SQL finds" "'list naive'"
none "the lists of actors are as long as the counts say" "'list counted'"
none "an analyst of a tenant gets what the owner gets for that tenant" "'owner'"
expect "every KPI was asked by the owner, an analyst and one who sees own rows only, and had answers" \
    "$(sql read-model shop <<<"select string_agg(distinct kpi, ' ' order by kpi), count(distinct (kpi, split_part(what, ' ', 1))), min(n) > 2 from (select kpi, what, count(*) as n from model.tally where what ~ '^\w+ raw\$' and rows > 0 group by 1, 2) t")" \
    "active_users actor_ratio event_ratio event_volume funnel lifecycle next_events object_ratio paths retention session_stats time_between top_values|39|t"
none "verify_derived() finds nothing" "'verified'"
expect "and at the end, after a last tick, nothing" "$(sql read-model shop <<<"call telemetry.tick(); select v from telemetry.verify_derived() v where not is_equal")" ""
expect "the timeline, the hourly counts and the rows were read, chunks merged, actors of two bands; few questions were refused" \
    "$(sql read-model shop <<<"select bool_or(what ~ 'source .*timeline') and bool_or(what ~ 'source .hourly') and bool_or(what ~ 'source .raw'), (select max(chunk_id) > 3 * count(*) from telemetry.timeline_chunks),
        bool_or(what = 'band 0') and bool_or(what = 'band 1') and bool_or(what = 'band -1'), count(*) filter (where what ~ 'error') < count(*) / 10 from model.tally")" "t|t|t|t"
sql read-model shop <<<"select '# ' || count(*) || ' comparisons of ' || sum(rows) || ' rows' from model.tally"
finish
