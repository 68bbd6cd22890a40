#!/usr/bin/env bash
# Sixteen clients log good, bad and repeated events while the taxonomy changes, partitions are made and backends are
# killed: every event ends up where it belongs, and memory stays flat. CHAOS_SECONDS: how long they log, 10 unless set.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
CLIENTS=16
# The last four are not terminated, and end with a connection of so many batches at least: theirs is the memory that is
# compared. A kill -9 takes everybody's backend.
SPARED=4 ENOUGH=150
start chaos "$MAJOR" --set full_page_writes=on
sql chaos postgres <<'SQL'
create database shop;
alter database shop set telemetry.partition_interval = 'day';
SQL
sql chaos shop <"$(dirname "$0")/chaos.sql"
shop=$(url chaos shop)
postmaster=$(head -n 1 "$("$ROOT/scripts/cluster" data chaos)/postmaster.pid")
log=$("$ROOT/scripts/cluster" log chaos)
CHAOS_SECONDS=${CHAOS_SECONDS:-10}
deadline=$(($(date +%s) + CHAOS_SECONDS))
give_up=$((deadline + 60))
now() { date +%s; }

# --- the clients ---------------------------------------------------------------------------------

# send CLIENT BATCH TURN: prints psql's lines for one batch; the answer is a line "TURN BATCH SQLSTATE counts".
send() {
    local call=log_events
    case $(($2 % 20)) in
        0) call=log_event ;;
        10) call=try_log_event ;;
    esac
    if [ "$call" = log_events ]; then
        echo "select accepted, rejected, duplicates from telemetry.log_events(chaos.batch($1, $2)) \\gset"
    else
        # What a single call returns does not tell a new event from a repeated one; its client knows what it sent before.
        echo "select count(id) filter (where kind <> 'repeated') as accepted, count(*) - count(id) as rejected, count(id) filter (where kind = 'repeated') as duplicates
                from (select kind, telemetry.$call(event->>'event_name', event->'payload', source => event->>'source', seq => (event->>'seq')::integer,
                             user_id => (event->>'user_id')::uuid, session_id => (event->>'session_id')::uuid, event_id => (event->>'event_id')::uuid) as id
                        from chaos.elements($1, $2)) answer \\gset"
    fi
    echo "\\echo $3 $2 :SQLSTATE :accepted :rejected :duplicates"
}

# client N: logs batch after batch until the time is over. Without an answer the same batch is sent again, over a new
# connection; before it the one that was answered, as if that answer had been lost.
client() {
    local answers=$WORK/answers-$1 least=0 batch last
    [ "$1" -le $((CLIENTS - SPARED)) ] || least=$ENOUGH
    : >"$answers"
    until
        last=$(awk '$1 == "first" { last = $2 } END { print last + 0 }' "$answers")
        PGAPPNAME=client-$1 PGOPTIONS='-c role=web' "$BIN/psql" -XqAt "$shop" >>"$answers" 2>>"$WORK/errors-$1" < <(
            echo 'select pg_backend_pid() as pid \gset'
            [ "$last" = 0 ] || send "$1" "$last" again
            for ((batch = last + 1; ; batch++)); do
                send "$1" "$batch" first || break
                cat <<SQL || break
select contexts, anonymous, extract(epoch from clock_timestamp()) >= $deadline and $((batch - last)) >= $least as is_over from chaos.memory() \\gset
\\echo memory :pid :contexts :anonymous
\\if :is_over
\\q
\\endif
SQL
            done
        )
    do
        [ "$(now)" -lt "$give_up" ] || return 0
        sleep 0.1 # the pace at which it tries to connect
    done
}

# --- who disturbs them ---------------------------------------------------------------------------

# as_maintainer: runs standard input, again when the connection is lost.
as_maintainer() {
    local script status=0
    script=$(cat)
    while
        PGAPPNAME=maintainer "$BIN/psql" -XqAt -v ON_ERROR_STOP=1 -o /dev/null "$shop" <<<"$script" 2>>"$WORK/errors-maintainer" || status=$?
        [ "$status" = 2 ] && [ "$(now)" -lt "$give_up" ]
    do
        status=0
        sleep 0.1
    done
}

# A round of it can be repeated.
maintainer() {
    local round
    for ((round = 1; $(now) < deadline; round++)); do
        as_maintainer <<SQL
set telemetry.partitions_back = 10000;
select telemetry.import_events(jsonb_build_array(jsonb_build_object(
    'event_name', 'page_viewed', 'event_ts', timestamptz '2024-01-01 12:00Z' + $round * interval '1 day',
    'event_id', md5('import $round')::uuid, 'source', 'import', 'payload', '{"page": "old"}'::jsonb)));
SQL
        echo "$round" >"$WORK/rounds"
        as_maintainer <<SQL
select telemetry.forget_expired();
set telemetry.partitions_ahead = $((round % 60));
select telemetry.create_partitions();
select telemetry.update_event('page_viewed', '{"description": "$round", "properties": {"page": {"type": "string", "maxLength": $((100 + round))}, "batch": {"type": "integer"}}}');
select telemetry.register_event('other_$round') where not exists (select from telemetry.event_catalog() where event_name = 'other_$round');
select telemetry.deprecate_event('other_$round', 'page_viewed');
select count(*) from telemetry.rejection_summary(now() - interval '1 minute');
SQL
        sleep 0.2 # its pace
    done
}

# One connection that ends a client's or the maintainer's at every stroke, as the dice say.
terminator() {
    local stroke
    until
        PGAPPNAME=terminator "$BIN/psql" -XqAt "$shop" >>"$WORK/terminated" 2>>"$WORK/errors-terminator" < <(
            for ((stroke = $(wc -l <"$WORK/terminated"); ; stroke++)); do
                cat <<SQL || break
select pg_terminate_backend(pid) from pg_stat_activity
 where application_name = coalesce('client-' || nullif(chaos.dice($((CLIENTS - SPARED + 1)), $stroke), 0), 'maintainer');
select extract(epoch from clock_timestamp()) >= $deadline as is_over from pg_sleep(0.1) \gset
\if :is_over
\q
\endif
SQL
            done
        )
    do
        [ "$(now)" -lt "$give_up" ] || return 0
        sleep 0.1
    done
}

# kill -9 of a client's backend that is at work; only of what this cluster's postmaster has started.
crash() {
    local pid
    pid=$("$BIN/psql" -XqAt "$shop" -c "select pid from pg_stat_activity where application_name ~ '^client-' and state = 'active' order by hashint4(pid) limit 1" 2>/dev/null) &&
        [ -n "$pid" ] && [ "$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status" 2>/dev/null)" = "$postmaster" ] && kill -9 "$pid" 2>/dev/null
}

# Twice in the first third, so that the backends after it have time to show what they keep; on a busy machine later, while the last four still log.
crasher() {
    local crashes _
    for crashes in 1 2; do
        sleep "$(((CHAOS_SECONDS + 5) / 6))" # its pace
        until [ "$(crashes_logged)" -ge "$crashes" ]; do
            [ "$(now)" -lt $((deadline + 30)) ] || return 0
            # A process that had just ended can be killed as well, and nobody notices: only the server's word counts.
            crash && for _ in {1..20}; do
                [ "$(crashes_logged)" -lt "$crashes" ] || break
                sleep 0.05
            done
        done
    done
}

crashes_logged() { grep -c 'was terminated by signal 9' "$log"; }

# --- all at once -----------------------------------------------------------------------------------

: >"$WORK/terminated"
children=()
for ((n = 1; n <= CLIENTS; n++)); do
    client "$n" &
    children+=($!)
done
maintainer &
children+=($!)
terminator &
children+=($!)
crasher &
children+=($!)
wait "${children[@]}"

# --- what became of it ---------------------------------------------------------------------------

{
    echo "copy chaos.answers from stdin with (delimiter ' ');"
    for ((n = 1; n <= CLIENTS; n++)); do
        # A single call that was answered by an error: psql's variables are those of the call before.
        awk -v client="$n" '$1 != "memory" { if ($3 != "00000") { $4 = 0; $5 = 1; $6 = 0 } print client, $0 }' "$WORK/answers-$n"
    done
    echo '\.'
    echo "copy chaos.memory_samples from stdin with (delimiter ' ');"
    for ((n = 1; n <= CLIENTS; n++)); do awk -v client="$n" '$1 == "memory" { print client, NR, $2, $3, $4 }' "$WORK/answers-$n"; done
    echo '\.'
    cat <<'SQL'
create table chaos.sent as
    select a.client, a.batch, chaos.call_of(a.batch) as call, e.element, e.kind, e.event
      from chaos.answers a
     cross join lateral chaos.elements(a.client, a.batch) e
     where a.turn = 'first';
-- What is in the log, if the log is right; what is in the rejections. Of a contested event the log decides which it is.
create table chaos.wanted as select distinct event from chaos.sent where kind in ('good', 'repeated', 'shared');
create table chaos.logged as select event, count(*) as times from chaos.log group by 1;
create table chaos.refused as
    select s.event, case s.kind when 'contested' then 'conflicting_id' else s.kind end as reason
      from chaos.sent s
      left join chaos.logged l on l.event = s.event and s.kind = 'contested'
     where s.kind not in ('good', 'repeated', 'shared')
       and s.call <> 'log_event'
       and l.event is null;
analyze;
SQL
} | sql chaos shop

# none NAME: no row comes of the query on standard input.
none() { expect "$1" "$(sql chaos shop)" ""; }

none "every answer of log_events() adds up to what was sent, and rejects what is bad" <<'SQL'
select a.* from chaos.answers a
  join (select client, batch, count(*) as events, count(*) filter (where kind = 'contested') as contested,
               count(*) filter (where kind not in ('good', 'repeated', 'shared', 'contested')) as bad
          from chaos.sent where call = 'log_events' group by 1, 2) s using (client, batch)
 where a.sqlstate <> '00000' or a.accepted + a.rejected + a.duplicates <> s.events or a.rejected not between s.bad and s.bad + s.contested
 limit 5
SQL
none "every answer of log_event() and try_log_event() is right" <<'SQL'
select a.*, s.kind from chaos.answers a join chaos.sent s using (client, batch)
 where s.call <> 'log_events'
   and (a.accepted, a.duplicates, a.sqlstate) is distinct from ((s.kind = 'good')::integer, (s.kind = 'repeated')::integer,
       case when s.call = 'try_log_event' then '00000' else
           case s.kind when 'unknown_event' then '22023' when 'conflicting_id' then '23505' when 'missing_key' then '23514' when 'wrong_type' then '23514' else '00000' end
       end)
 limit 5
SQL
none "a batch again, as if its answer had been lost: nothing is new" <<'SQL'
select * from chaos.answers where turn = 'again' and chaos.call_of(batch) = 'log_events' and accepted > 0 limit 5
SQL
none "every batch was answered, none was left out" <<'SQL'
select client, count(*), max(batch) from chaos.answers where turn = 'first' group by 1 having count(*) <> max(batch) or count(*) <> count(distinct batch)
SQL
none "every good event is in the log once, as it was sent" <<'SQL'
select w.event, l.times from chaos.wanted w left join chaos.logged l using (event) where l.times is distinct from 1 limit 5
SQL
none "every contested id is in the log once, as one of its clients sent it" <<'SQL'
select s.event->>'event_id', count(l.event), sum(l.times)
  from (select distinct event from chaos.sent where kind = 'contested') s left join chaos.logged l using (event)
 group by 1 having count(l.event) <> 1 or sum(l.times) <> 1 limit 5
SQL
none "nothing else is in the log" <<'SQL'
select event from chaos.logged l
 where not exists (select from chaos.wanted w where w.event = l.event)
   and not exists (select from chaos.sent s where s.kind = 'contested' and s.event = l.event)
 limit 5
SQL
expect "as many events as distinct good ids" "$(sql chaos shop <<<"select count(*) from telemetry.events where source = 'web'")" \
    "$(sql chaos shop <<<"select count(distinct event->>'event_id') from chaos.sent where kind in ('good', 'repeated', 'shared', 'contested')")"
none "every bad event and everybody who came second under an id has its rejection" <<'SQL'
select f.* from chaos.refused f where not exists (select from telemetry.rejections r where (r.event, r.reason) = (f.event, f.reason)) limit 5
SQL
none "nothing else was rejected" <<'SQL'
select r.reason, r.message, r.event from telemetry.rejections r where not exists (select from chaos.refused f where (r.event, r.reason) = (f.event, f.reason)) limit 5
SQL
none "every remembered id is an event's, and every event's id is remembered" <<'SQL'
select i.event_id, e.event_id
  from (select event_id from telemetry.event_ids) i
  full join (select event_id from telemetry.events) e using (event_id)
 where i.event_id is null or e.event_id is null
 limit 5
SQL
none "the accounts add up, also of calls that were never answered" <<'SQL'
select c.call_id::text from telemetry.ingestion_calls c where c.events <> c.accepted + c.rejected + c.duplicates
union all
select 'not as many rejections as the calls counted' from telemetry.ingestion_calls c having sum(c.rejected) <> (select count(*) from telemetry.rejections)
union all
select 'not as many events as the calls accepted' from telemetry.ingestion_calls c where c.function_name = 'log_events'
having sum(c.accepted) + (select count(*) from chaos.sent where call <> 'log_events' and kind = 'good') <> (select count(*) from chaos.log)
union all
select 'fewer calls than answers' from telemetry.ingestion_calls c where c.function_name = 'log_events' having count(*) < (select count(*) from chaos.answers where chaos.call_of(batch) = 'log_events')
SQL
expect "the maintainer's imports are there, each once" \
    "$(sql chaos shop <<<"select count(*), count(distinct event_id), count(distinct tableoid) from telemetry.events where source = 'import'")" "$(sed 's/.*/&|&|&/' "$WORK/rounds")"
expect "the maintainer had no error but lost connections" "$(grep -h 'ERROR:' "$WORK/errors-maintainer" || true)" ""
expect "the server logged no error but those of log_event()" "$(grep -E '(ERROR|PANIC|TRAP):|an event was lost' "$log" | grep -vE 'ERROR:  (event "page_v|canceling autovacuum task)' | head -n 5 || true)" ""
expect "kill -9: the cluster restarted twice" "$(crashes_logged)" 2
expect "backends were terminated" "$([ "$(wc -l <"$WORK/terminated")" -ge $((CHAOS_SECONDS / 5)) ] && echo yes)" yes

# Of the backend that each spared client had at the end: the most in the middle third of its samples, in the last one.
memory="select client, max(contexts) filter (where part = 2) as contexts, max(contexts) filter (where part = 3) as contexts_at_end,
               max(anonymous) filter (where part = 2) as anonymous, max(anonymous) filter (where part = 3) as anonymous_at_end, count(*) as batches
          from (select *, ntile(3) over (partition by client order by sample) as part
                  from (select *, last_value(pid) over (partition by client order by sample rows between unbounded preceding and unbounded following) as last_pid
                          from chaos.memory_samples where client > $((CLIENTS - SPARED))) s
                 where pid = last_pid) s
         group by client order by client"
expect "memory is flat: it grows by less than a tenth and a megabyte" \
    "$(sql chaos shop <<<"select count(*) from ($memory) m where batches >= $ENOUGH and contexts_at_end < contexts * 1.1 + 1024 and anonymous_at_end < anonymous * 1.1 + 1024")" "$SPARED"

sql chaos shop <<SQL
select format('# %s s: %s batches and calls with %s events answered (%s bad, %s repeated or shared): %s accepted, %s rejected, %s duplicates',
              $CHAOS_SECONDS, count(*), sum(events), sum(bad), sum(repeated), sum(accepted), sum(rejected), sum(duplicates))
  from chaos.answers
  join (select client, batch, count(*) as events, count(*) filter (where kind in ('repeated', 'shared')) as repeated,
               count(*) filter (where kind not in ('good', 'repeated', 'shared', 'contested')) as bad from chaos.sent group by 1, 2) s using (client, batch)
 where turn = 'first';
select format('# stored %s, kept as rejections %s; %s backends terminated, %s killed, %s reconnects, %s batches sent again; %s calls stored but not answered; %s partitions, %s versions',
              (select count(*) from telemetry.events where source = 'web'), (select count(*) from telemetry.rejections), $(wc -l <"$WORK/terminated"), $(crashes_logged),
              (select count(distinct (client, pid)) - count(distinct client) from chaos.memory_samples), (select count(*) from chaos.answers where turn = 'again'),
              (select count(*) from telemetry.ingestion_calls where function_name = 'log_events') - (select count(*) from chaos.answers where chaos.call_of(batch) = 'log_events'),
              (select count(*) from telemetry_private.partition_bounds()), (select count(*) from telemetry.event_types where event_name = 'page_viewed'));
select format('# memory of client %s in kB: contexts %s, at the end %s; anonymous %s, at the end %s; %s batches', client, contexts, contexts_at_end, anonymous, anonymous_at_end, batches) from ($memory) m;
SQL
finish
