# shellcheck shell=bash disable=SC2154
# The random questions of the read model (tests/clusters/read_model.sql), asked of the router and of the one database, which have
# its random events: a part of tests/shards/run, which has the helpers. SEED=7 asks others. A failure shows its questions.

# None is asked for later than it is: other parts log there now, on the router alone.
random_questions() {
    local answered
    a_random_world
    sql "$CLUSTER" "$ONE" <<<"select setseed((${SEED:-42} % 100000) / 100000.0) \g /dev/null
        set search_path = model, pg_catalog;
        select jsonb_build_object('n', n, 'who', who, 'zone', coalesce(model.zone(), 'UTC'), 'question', 'select * from ' || model.call_of('telemetry.' || (q).kpi, jsonb_build_object('until', '2026-11-01 00:00Z') || (q).arguments),
                                  'claims', case when who = 'shards_analyst' then jsonb_build_object('role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', model.id('tenant', model.tenant()))) else 'null' end)
          from (select n, model.question() as q, model.pick('shards_auditor', 'shards_auditor', 'shards_analyst') as who from generate_series(1, $QUESTIONS) n offset 0) asked" >"$WORK/questions"
    one <<<"$(questions_of one)" >"$WORK/one.answers"
    router <<<"$(questions_of router)" >"$WORK/router.answers"
    expect "shards: $QUESTIONS random questions are answered as by one database" "$(differing)" ""
    expect "shards: each of them is answered" "$(wc -l <"$WORK/one.answers") $(wc -l <"$WORK/router.answers")" "$QUESTIONS $QUESTIONS"
    answered=$(grep -cP '\t\[' "$WORK/router.answers")
    echo "# $answered of $QUESTIONS random questions have rows, $(grep -cP '\terror (0A000|53200)' "$WORK/router.answers") are refused by the router"
    expect "shards: most of the answers have rows, and few questions are refused" \
        "$((answered * 10 > QUESTIONS * 5)) $(($(grep -cP '\terror' "$WORK/router.answers") * 10 < QUESTIONS * 2))" "1 1"
}

# The first questions that the router answers otherwise than one database. What does not add up is refused, which the one database does
# not; and parts have all values of a breakdown, for which the memory of one call may not do.
differing() {
    awk -F '\t' 'NR == FNR { one[$1] = $2; next } $2 !~ /^error (0A000|53200)/ && one[$1] != $2 { print $1 }' "$WORK/one.answers" "$WORK/router.answers" >"$WORK/differing"
    head -n 3 "$WORK/differing" | while read -r number; do
        sed -n "${number}p" "$WORK/questions"
        grep -P "^$number\t" "$WORK/one.answers" | cut -c 1-1000
        grep -P "^$number\t" "$WORK/router.answers" | cut -c 1-1000
    done
}

# The definitions and cohorts of the world on every database, and its events by way of import_events().
a_random_world() {
    local database
    for database in one north south; do
        "$database" <<<"select format('alter database %I set telemetry.unknown_events = ''empty''', current_database()) \gexec"
        grep -v '^create role' "$HERE/../clusters/read_model.sql" | "$database" | grep -v '^$' || true
        "$database" <<<"select telemetry.register_event('loose_' || n) from generate_series(0, 19) n" >/dev/null
    done
    # What is drawn is taken back, and comes to both in the same batches.
    sql "$CLUSTER" "$ONE" <<SQL >"$WORK/world.sql"
select setseed((${SEED:-42} % 100000) / 100000.0) \g /dev/null
set search_path = model, pg_catalog;
select coalesce(max(ingest_id), 0) as last_id from telemetry.events \gset
begin;
call model.add_events($QUESTIONS * 25);
select 'set client_min_messages = error; set role shards_admin;';
select format('select telemetry.import_events(%L) > 0;', jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', e.event_name, 'event_id', e.event_id, 'tenant_id', e.tenant_id, 'event_ts', e.event_ts, 'user_id', e.user_id, 'session_id', e.session_id,
           'subject_id', e.subject_id, 'source', e.source, 'sample_rate', e.sample_rate)) || jsonb_build_object('payload', e.payload) order by e.ingest_id))
  from telemetry.events e
 where e.ingest_id > :last_id
 group by e.ingest_id / 500 order by e.ingest_id / 500;
rollback;
SQL
    expect "shards: random events come to the router as to one database" "$(router <"$WORK/world.sql" | sort | uniq -c)" "$(one <"$WORK/world.sql" | sort | uniq -c)"
    # One shard answers from its timeline, the other one from rows.
    north <<<"call telemetry.tick()"
}

# questions_of DATABASE: a script that answers each in a line: its number, and the rows in order, or the error.
questions_of() {
    cat <<'SQL'
create function pg_temp.answer(asked jsonb) returns text language plpgsql as $$
declare
    rows jsonb;
begin
    perform set_config('TimeZone', asked ->> 'zone', true),
            set_config('request.jwt.claims', coalesce(nullif(asked -> 'claims', 'null')::text, ''), true);
    perform set_config('role', asked ->> 'who', true);
    execute format('select jsonb_agg(to_jsonb(r) order by to_jsonb(r)::text collate "C") from (%s) r', asked ->> 'question') into rows;
    perform set_config('role', 'none', true);
    return coalesce(rows::text, 'nothing');
exception
    when others then
        return format('error %s: %s', sqlstate, replace(sqlerrm, E'\n', ' '));
end
$$;
SQL
    sed "s/'/''/g; s/.*/select ('&'::jsonb ->> 'n') || E'\\\\t' || pg_temp.answer('&'::jsonb);/" "$WORK/questions"
}
