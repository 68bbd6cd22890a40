#!/usr/bin/env bash
# KPI calls have threads of the server: all calls together no more than there may be, none left after a cancel, a termination or a
# crash, and the next answer is right. CALLS=1000 ENDS=200 tests/clusters/threads.sh 15 tries longer.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
CALLS=${CALLS:-40} ENDS=${ENDS:-10} SESSIONS=${SESSIONS:-8}
start threads-of-calls "$MAJOR"
sql threads-of-calls postgres <<<'create database shop'
sql threads-of-calls shop >/dev/null <<'SQL'
create extension telemetry;
select telemetry.install_pack('tutoring');
select telemetry.generate_demo_events('tutoring', users => 6000, until => '2026-02-02Z');
call telemetry.tick();
alter system set telemetry.kpi_threads_events = 0;
alter system set telemetry.kpi_threads_total = 6;
alter system set telemetry.kpi_threads = 16;
select pg_reload_conf();
SQL
server=$(head -n 1 "$("$ROOT/scripts/cluster" data threads-of-calls)/postmaster.pid")
# How many threads of calls the processes of the server have at this moment.
thread_ids() { ps -L --ppid "$server" -o lwp=,comm= | sed -nE 's/^ *([0-9]+) telemetry kpi$/\1/p' | sort; }
threads() { thread_ids | wc -l; }
period="since => '2025-01-01', until => '2027-01-01'"
digest="select md5(string_agg(line, chr(10))) from (select p::text from telemetry.paths(start_event => 'assignment_list_view', $period) p union all
    select f::text from telemetry.funnel(steps => '[\"assignment_list_view\", \"assignment_view\", \"assignment_apply_click\"]', within => '7 days', $period) f) answers(line)"
ask() { sql threads-of-calls shop <<<"$digest"; }
tokens() { sql threads-of-calls shop <<<"select count(*) from pg_locks where locktype = 'userlock'"; }
answer=$(sql threads-of-calls shop <<<"set telemetry.kpi_threads = 1; $digest")

expect "a call gets the threads that the server has for all" \
    "$(sql threads-of-calls shop <<<"select threads_asked, threads_got from telemetry.explain_kpi('paths', '{\"start_event\": \"assignment_list_view\"}')")" "16|7"

# Sessions at once, which ask until threads were seen, while it is counted how many all of them have.
for session in $(seq "$SESSIONS"); do
    for n in $(seq 200); do
        [ "$n" -le 6 ] || [ ! -e "$WORK/seen" ] || break
        ask
    done >"$WORK/answers$session" 2>&1 &
    calls[session]=$!
done
most=0
while kill -0 "${calls[@]}" 2>/dev/null; do
    ids=$(thread_ids)
    # One that has ended may be seen for a moment more: too many are counted once again.
    [ "$(wc -w <<<"$ids")" -le 6 ] || ids=$(comm -12 <(echo "$ids") <(thread_ids))
    now=$(wc -w <<<"$ids")
    [ "$now" -le "$most" ] || most=$now
    [ "$most" -eq 0 ] || touch "$WORK/seen"
done
for call in "${calls[@]}"; do wait "$call"; done
expect "$SESSIONS sessions at once get one answer" "$(sort -u "$WORK"/answers*)" "$answer"
expect "all calls together have threads, and never more than there may be" "$((most > 0)) $((most <= 6))" "1 1"
expect "afterwards there is no thread, and nobody keeps one from others" "$(threads) $(tokens)" "0 0"

# Cancelled within the time that a call takes, wherever it is then. Within a subtransaction the transaction goes on, and asks again.
took=$(sql threads-of-calls shop <<<"select clock_timestamp() as begun \\gset
$digest \\g /dev/null
select greatest(ceil(1000 * extract(epoch from clock_timestamp() - :'begun')), 10)::integer")
{
    for n in $(seq "$CALLS"); do
        echo "set statement_timeout = $((1 + n * 37 % took)); $digest;"
        echo "set statement_timeout = $((1 + n * 53 % took));"
        echo "do \$\$ begin perform * from telemetry.paths(start_event => 'assignment_list_view'); exception when query_canceled then perform set_config('test.cancelled', (current_setting('test.cancelled')::integer + 1)::text, false); if exists (select from pg_locks where locktype = 'userlock') then raise warning 'a thread is kept'; end if; end \$\$;"
    done
    echo "set statement_timeout = 0; select 'cancelled: ' || (current_setting('test.cancelled')::integer > 0); $digest;"
} >"$WORK/cancels.sql"
"$BIN/psql" -XqAt "$(url threads-of-calls shop)" -c "set test.cancelled = 0" -f "$WORK/cancels.sql" >"$WORK/cancels" 2>"$WORK/errors"
expect "a session whose calls were cancelled $CALLS times and more answers as before" "$(sort -u "$WORK/cancels")" "$(printf '%s\n' "$answer" "cancelled: true" | sort)"
expect "and all that went wrong was that" "$(grep -v '^CONTEXT: ' "$WORK/errors" | grep -vc 'canceling statement due to statement timeout' || true)" "0"
expect "no thread is left, and no call keeps one" "$(threads) $(tokens)" "0 0"

# Ended while they work: they ask again and again.
asks="do \$\$ begin loop perform * from telemetry.paths(start_event => 'assignment_list_view'); end loop; end \$\$"
for _ in $(seq "$ENDS"); do
    "$BIN/psql" -XqAt "$(url threads-of-calls shop)" -c "set application_name = 'doomed'" -c "$asks" >/dev/null 2>&1 &
    doomed=$!
    sql threads-of-calls shop >/dev/null <<'SQL'
do $$ begin
    while not exists (select from pg_stat_activity where application_name = 'doomed' and state = 'active' and query like '%paths%') loop perform pg_stat_clear_snapshot(); end loop;
    perform pg_terminate_backend(pid, 60000) from pg_stat_activity where application_name = 'doomed';
end $$;
SQL
    wait "$doomed" || true
done
expect "after $ENDS sessions that were ended no thread is left, and the answer is right" "$(threads) $(tokens) $(ask)" "0 0 $answer"

# Killed: the server starts anew, and nobody has its threads.
sql threads-of-calls shop <<<"$asks" >/dev/null 2>&1 &
killed=$!
sql threads-of-calls shop >"$WORK/pid" <<'SQL'
create temp table found (pid integer);
do $$ begin
    while not exists (select from found) loop
        insert into found select l.pid from pg_locks l where l.locktype = 'userlock' limit 1;
    end loop;
end $$;
select pid from found;
SQL
kill -9 "$(cat "$WORK/pid")"
wait "$killed" || true
until sql threads-of-calls shop <<<'select 1' >/dev/null 2>&1; do :; done
expect "after a session was killed the threads are free again, and the answer is right" "$(threads) $(tokens) $(ask)" "0 0 $answer"
finish
