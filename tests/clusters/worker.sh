#!/usr/bin/env bash
# The background worker that ticks: it starts, obeys, comes back after a crash, leaves where it has nothing to do, and
# stands in nobody's way. Nothing here sleeps for a time that is hoped to be enough: what takes a moment is asked for again
# and again, for at most a minute.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"

# soon NAME DATABASE SQL EXPECTED: expects an answer, now or within a minute.
soon() {
    local answer=
    for _ in {1..600}; do
        answer=$(sql worker "$2" <<<"$3" 2>/dev/null) || true
        [ "$answer" != "$4" ] || break
        sleep 0.1
    done
    expect "$1" "$answer" "$4"
}
PROCESSES="select count(*) from pg_stat_activity where backend_type like 'telemetry tick%'"
LAUNCHERS="select count(*) from telemetry_private.tick_processes() where is_launcher"
STATE="select method, every, is_alive from telemetry_private.tick_state()"
MISSING="select sum(lag_events) from telemetry.cursors"
log_an_event() { sql worker "$1" <<<"select telemetry.log_event('assignment_list_view', '{\"surface\": \"website\"}') is not null" >/dev/null; }
# ticks NAME DATABASE: an event that is logged now is derived soon.
ticks() {
    log_an_event "$2"
    soon "$1" "$2" "$MISSING" 0
}
database_with_telemetry() {
    sql worker postgres <<<"create database $1"
    sql worker "$1" >/dev/null <<<"create extension telemetry; select telemetry.install_pack('tutoring');"
}
restart() {
    "$ROOT/scripts/cluster" stop worker
    "$ROOT/scripts/cluster" start worker "$MAJOR" --fast --set full_page_writes=on "$@" 2>/dev/null
}
# What the server's log says from here on.
mark_log() { MARK=$(stat -c %s "$("$ROOT/scripts/cluster" log worker)"); }
logged() { tail -c "+$((MARK + 1))" "$("$ROOT/scripts/cluster" log worker)" | grep -cE "$1" || true; }
# The lines of it that are like that. A process that is started while its database is dropped finds none: then it says so, and ends with 1.
said() {
    tail -c "+$((MARK + 1))" "$("$ROOT/scripts/cluster" log worker)" | awk '
        / FATAL:  database [0-9]+ does not exist$/ { gone++; next }
        /"telemetry tick" .* exited with exit code 1$/ && gone > 0 { gone--; next }
        /'"$1"'/'
}
# How many processes ended by themselves. One that was told to end while it ticks, or whose database is gone, says so as a FATAL, and ends
# with 1 as well.
failures() {
    tail -c "+$((MARK + 1))" "$("$ROOT/scripts/cluster" log worker)" | awk '
        / FATAL: / { known = /due to administrator command|database [0-9]+ does not exist$/; n += !known; told += known }
        /terminated by signal|PANIC: / { n++ }
        /exited with exit code 1$/ { ended++ }
        /exited with exit code/ && !/code 1$/ { n++ }
        /telemetry tick failed/ { failed++ }
        END { print n + (ended > told ? ended - told : 0) + ("'"${1:-}"'" == "ticks" ? failed : 0) }'
}

start worker "$MAJOR" --set full_page_writes=on
database_with_telemetry shop

# --- schedule_tick(), unschedule_tick() -----------------------------------------------------------
expect "worker: nothing is scheduled at first" "$(sql worker shop <<<"select telemetry.unschedule_tick(); $STATE")" f
expect "worker: schedule_tick() starts one" "$(sql worker shop <<<"select telemetry.schedule_tick('1 second') ~ '^background worker [0-9]+$'; $STATE")" $'t\nbackground worker|00:00:01|t'
ticks "worker: it ticks" shop
expect "worker: a new schedule takes the place of the old" "$(sql worker shop <<<"select telemetry.schedule_tick('1 hour') is not null; $LAUNCHERS; $STATE")" $'t\n1\nbackground worker|01:00:00|t'
expect "worker: unschedule_tick() ends it" "$(sql worker shop <<<"select telemetry.unschedule_tick(); $PROCESSES; $STATE; select telemetry.unschedule_tick()")" $'t\n0\nf'
sql worker shop >/dev/null <<<"begin; select telemetry.schedule_tick('1 second'); rollback;"
soon "worker: a schedule that is rolled back leaves no process" shop "$PROCESSES" 0
sql worker shop >/dev/null <<<"begin; select telemetry.schedule_tick('1 second'); select telemetry.log_event('assignment_list_view', '{\"surface\": \"website\"}'); commit;"
soon "worker: a schedule counts when its transaction is over" shop "$MISSING; $LAUNCHERS" $'0\n1'

# A worker may look at the very moment in which the transaction that scheduled it commits.
for round in {1..12}; do
    sql worker shop >/dev/null <<<"select telemetry.schedule_tick('1 hour')"
    log_an_event shop
    sql worker shop >/dev/null <<<"select telemetry.schedule_tick('1 second')"
    soon "worker: nor does one get lost that follows another at once ($round)" shop "$MISSING; $LAUNCHERS" $'0\n1'
done

# --- events that never stop -----------------------------------------------------------------------
sql worker shop <<<"create table public.enough (is_so boolean)"
sql worker shop >/dev/null <<<"do \$\$ begin loop perform telemetry.log_event('assignment_list_view', '{\"surface\": \"website\"}'); commit; exit when exists (select from public.enough); end loop; end \$\$" &
WRITER=$!
soon "worker: somebody logs one event after the other" shop "select count(*) > 100 from telemetry.events" t
expect "worker: a tick comes to its end all the same" "$(sql worker shop <<<"set statement_timeout = '60s'; call telemetry.tick(3600); select count(*) from pg_stat_activity where query ~ '^do '")" 1
AT_WORK=
for _ in {1..600}; do
    AT_WORK=$(sort -u <<<"$AT_WORK"$'\n'"$(sql worker shop <<<"select pid from pg_stat_activity where backend_type = 'telemetry tick'")")
    [ "$(wc -w <<<"$AT_WORK")" -lt 3 ] || break
    sleep 0.1
done
expect "worker: so do its own, and the next ones begin" "$(($(wc -w <<<"$AT_WORK") >= 3))" 1
sql worker shop <<<"insert into public.enough values (true)"
wait "$WRITER"
sql worker shop <<<"call telemetry.tick(3600)"

# --- never two, never an old one ------------------------------------------------------------------
mark_log
sql worker shop >/dev/null <<<"select telemetry_private.start_tick_launcher(s.schedule_id, '-', 1) from telemetry_private.present_tick_schedule() s"
soon "worker: a second one of the same schedule leaves" shop "$PROCESSES; $LAUNCHERS" $'1\n1'
sql worker shop >/dev/null <<<"select telemetry.unschedule_tick(); select telemetry_private.start_tick_launcher(gen_random_uuid()::text, '-', 1)"
soon "worker: one that comes back after unschedule_tick() leaves" shop "$PROCESSES" 0
# PostgreSQL itself tells of one that is ended at its work, which statement that was, and that it ended with 1.
expect "worker: they leave without a word" "$(tail -c "+$((MARK + 1))" "$("$ROOT/scripts/cluster" log worker)" | grep telemetry |
    grep -vE 'terminating background worker "telemetry tick" due to administrator command|CONTEXT:  |^\s' |
    grep -vE 'background worker "telemetry tick" \(PID [0-9]+\) exited with exit code 1' | head -n 5)" ""

# --- what a database may have set -----------------------------------------------------------------
sql worker shop <<<"alter database shop set default_transaction_isolation = 'serializable'; alter database shop set default_transaction_read_only = on;
    alter database shop set lock_timeout = '1ms'; alter database shop set search_path = 'nowhere'; alter role postgres set default_transaction_read_only = on"
sql worker shop >/dev/null <<<"set default_transaction_read_only = off; begin transaction isolation level read committed read write; select telemetry.schedule_tick('1 second'); commit;
    begin transaction isolation level read committed read write; select telemetry.log_event('assignment_list_view', '{\"surface\": \"website\"}'); commit;"
soon "worker: it has transactions of its own mode" shop "$MISSING" 0
sql worker shop <<<"begin read write; alter database shop reset all; alter role postgres reset all; commit;"

# --- errors within a tick -------------------------------------------------------------------------
mark_log
sql worker shop <<<"alter database shop set telemetry.partitions_ahead = 5;
    create function public.refuse() returns event_trigger language plpgsql as \$\$ begin raise exception 'no tables today'; end \$\$;
    create event trigger refuses on ddl_command_start when tag in ('CREATE TABLE') execute function public.refuse();"
sql worker shop >/dev/null <<<"select telemetry.schedule_tick('1 second')"
ticks "worker: where no partition can be made, it derives" shop
expect "worker: and says why" "$(logged 'telemetry tick failed making partitions: no tables today')" 1
sql worker shop <<<"drop event trigger refuses; alter table telemetry.hourly_counts add constraint refuses check (false) not valid;"
log_an_event shop
soon_logged() {
    for _ in {1..600}; do
        [ "$(logged "$1")" -lt "$2" ] || break
        sleep 0.1
    done
}
soon_logged 'telemetry tick failed deriving' 2
expect "worker: it survives failing ticks" "$(sql worker shop <<<"$LAUNCHERS; select sum(lag_events) > 0 from telemetry.cursors")" $'1\nt'
sql worker shop <<<"alter table telemetry.hourly_counts drop constraint refuses"
soon "worker: and goes on when they do not fail any more" shop "$MISSING" 0
expect "worker: no process failed" "$(failures)" 0
sql worker shop >/dev/null <<<"alter database shop reset telemetry.partitions_ahead; select telemetry.schedule_tick('1 second')"

# --- crash ----------------------------------------------------------------------------------------
mark_log
kill -9 "$(sql worker shop <<<'select pid from telemetry_private.tick_processes() where is_launcher')"
soon_logged 'database system is ready to accept connections' 1
soon "worker: after a crash of the server it is back" shop "$STATE" 'background worker|00:00:01|t'
ticks "worker: and ticks" shop
mark_log
# hold DATABASE NAME: a session keeps what a tick needs, so that a worker is met at work.
hold() {
    sql worker "$1" >/dev/null 2>&1 <<<"begin; lock table telemetry.cursor_positions in access exclusive mode; select pg_sleep(600);" &
    HOLDER=$!
    soon "worker: one is at work ($2)" postgres "select count(*) > 0 from pg_locks l join pg_stat_activity a using (pid) where a.backend_type = 'telemetry tick' and not l.granted" t
}
hold shop "to be killed"
kill -9 "$(sql worker postgres <<<"select pid from pg_stat_activity where backend_type = 'telemetry tick'")"
wait "$HOLDER" || true
soon_logged 'database system is ready to accept connections' 1
ticks "worker: the same after a crash of the process at work" shop
expect "worker: one launcher is left" "$(sql worker shop <<<"$LAUNCHERS")" 1
kill -9 "$(sql worker shop <<<'select pid from telemetry_private.tick_processes() where is_launcher')"
soon "worker: unschedule_tick() right after a crash holds" shop "select telemetry.unschedule_tick()" t
soon "worker: nothing comes back" shop "$PROCESSES; $STATE" 0

# --- stands in nobody's way -----------------------------------------------------------------------
sql worker shop >/dev/null <<<"select telemetry.schedule_tick('1 hour')"
soon "worker: it rests" postgres "select count(*) from pg_stat_activity where backend_type = 'telemetry tick'" 0
expect "worker: a copy of the database can be made, and is not scheduled" \
    "$(sql worker postgres <<<'create database copy template shop'; sql worker copy <<<"$STATE; select telemetry.unschedule_tick()")" f
as_server_user "$BIN/pg_dump" "$(url worker shop)" >"$WORK/shop.sql"
sql worker postgres <<<'create database restored'
sql worker restored >/dev/null <"$WORK/shop.sql"
expect "worker: nor is a restored one" "$(sql worker restored <<<"$STATE; select count(*) from telemetry_private.tick_schedule")" 0
mark_log
database_with_telemetry doomed
sql worker doomed >/dev/null <<<"select telemetry.schedule_tick('1 second')"
soon "worker: another database has its own" postgres "select count(*) from pg_stat_activity where backend_type = 'telemetry tick launcher'" 2
expect "worker: DROP DATABASE works beside it" "$(sql worker postgres <<<'drop database doomed' && echo dropped)" dropped
soon "worker: it leaves when its database is gone" postgres "select count(*) from pg_stat_activity where backend_type = 'telemetry tick launcher'" 1
expect "worker: without a word" "$(said 'telemetry|FATAL|exited')" ""
database_with_telemetry doomed
sql worker doomed >/dev/null <<<"select telemetry.schedule_tick('1 second')"
hold doomed "in a database to be dropped"
expect "worker: DROP DATABASE WITH (FORCE) works while it works" "$(sql worker postgres <<<'drop database doomed with (force)' && echo dropped)" dropped
wait "$HOLDER" || true
soon "worker: it does not come back" postgres "select count(*) from pg_stat_activity where backend_type = 'telemetry tick launcher'" 1

# --- extension and role gone ----------------------------------------------------------------------
mark_log
sql worker shop >/dev/null 2>&1 <<<"select telemetry.schedule_tick('1 second'); drop extension telemetry cascade"
soon "worker: it leaves when the extension is gone" shop "$PROCESSES" 0
expect "worker: without a word as well" "$(logged 'telemetry tick|exited')" 0
expect "worker: a new extension is not scheduled" "$(sql worker shop <<<"create extension telemetry; $STATE; select telemetry.unschedule_tick()")" f
sql worker postgres <<<"create database owned; create role boss superuser"
sql worker owned >/dev/null <<<"set role boss; create extension telemetry; select telemetry.install_pack('tutoring'); select telemetry.schedule_tick('1 second');"
ticks "worker: an extension of another role is ticked" owned
sql worker owned <<<"reassign owned by boss to postgres; drop owned by boss; drop role boss"
ticks "worker: also when that role is gone" owned
sql worker postgres <<<"drop database owned"

# --- pg_cron: what it has for us is emulated, because it cannot be had everywhere ----------------
sql worker postgres <<<"create database cron"
sql worker cron >/dev/null <<'SQL'
create extension telemetry;
select telemetry.schedule_tick('1 hour');
set allow_system_table_mods = on;
create schema cron;
create table cron.job (jobid bigint generated always as identity, schedule text, command text, database text default current_database(), active boolean default true, jobname text);
create function cron.schedule(name text, plan text, command text) returns bigint language sql as 'insert into cron.job (jobname, schedule, command) values (name, plan, command) returning jobid';
create function cron.unschedule(id bigint) returns boolean language sql as 'delete from cron.job where jobid = id returning true';
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
values (4242424, 'pg_cron', 10, 'cron'::regnamespace, false, '1.6');
insert into cron.job (jobname, command) values ('another', 'select 1');
insert into cron.job (jobname, command, database) values ('telemetry tick', 'call telemetry.tick()', 'elsewhere');
SQL
expect "worker: pg_cron takes the place of a worker" "$(sql worker cron <<<"select telemetry.schedule_tick('5 minutes'); $STATE; $LAUNCHERS")" $'pg_cron: */5 * * * *\npg_cron|00:05:00|t\n0'
expect "worker: a job that was switched off is not alive" "$(sql worker cron <<<"update cron.job set active = false where jobname = 'telemetry tick'; $STATE")" 'pg_cron|00:05:00|f'
sql worker cron >/dev/null <<<"select telemetry_private.start_tick_launcher(gen_random_uuid()::text, '-', 3600)"
expect "worker: unschedule_tick() ends a worker and the job of this database, no other" \
    "$(sql worker cron <<<"select telemetry.unschedule_tick(); $LAUNCHERS; $STATE; select jobname, database from cron.job order by 1, 2; select telemetry.unschedule_tick()")" $'t\n0\nanother|cron\ntelemetry tick|elsewhere\nf'
sql worker postgres <<<"drop database cron"

# --- the server stops and starts ------------------------------------------------------------------
sql worker copy >/dev/null <<<"select telemetry.schedule_tick('1 second')"
hold copy "while the server stops"
restart
wait "$HOLDER" || true
expect "worker: a server that does not preload telemetry forgets it, and says so" "$(sql worker copy <<<"$STATE")" 'background worker|00:00:01|f'
sql worker postgres <<<'create database "Named"'
sql worker Named >/dev/null <<<"create extension telemetry; select telemetry.install_pack('tutoring');"
restart --set shared_preload_libraries=telemetry --set 'telemetry.tick_database=shop,  Named ,later' --set telemetry.tick_pause=3600
ticks "worker: one that does resumes what schedule_tick() had begun" copy
soon "worker: it ticks the databases that its configuration names" Named "$STATE" 'telemetry.tick_database|01:00:00|t'
mark_log
sql worker postgres <<<"alter system set telemetry.tick_pause = 1; select pg_reload_conf()" >/dev/null
ticks "worker: a changed pause counts at once" Named
database_with_telemetry later
ticks "worker: and one that is there later" later
sql worker postgres <<<"drop database later with (force)"
database_with_telemetry later
ticks "worker: and another one of that name" later
expect "worker: unschedule_tick() ends it there" "$(sql worker later <<<"select telemetry.unschedule_tick(); $LAUNCHERS; $STATE")" $'t\n0'
expect "worker: no process failed meanwhile" "$(failures ticks)" 0
mark_log
restart --set shared_preload_libraries=telemetry --set telemetry.tick_database=shop,later
soon_logged 'telemetry.tick_database names a database where telemetry.unschedule_tick' 2
soon "worker: unschedule_tick() holds over a restart" later "$LAUNCHERS; $STATE" 0
soon "worker: what is scheduled is resumed again" copy "$STATE" 'background worker|00:00:01|t'
expect "worker: schedule_tick() takes it up" "$(sql worker later <<<"select telemetry.schedule_tick('1 second') is not null; $LAUNCHERS; $STATE")" $'t\n1\nbackground worker|00:00:01|t'
ticks "worker: and it ticks" later
for database in copy later; do
    expect "worker: what was derived in $database is right" "$(sql worker $database <<<'select bool_and(is_equal) from telemetry.verify_derived()')" t
done

# --- a standby ------------------------------------------------------------------------------------
# It takes the place of an empty cluster of the same name.
start worker-standby "$MAJOR"
data=$("$ROOT/scripts/cluster" data worker-standby)
"$ROOT/scripts/cluster" stop worker-standby
as_server_user sh -c "rm -rf '$data'/*"
as_server_user "$BIN/pg_basebackup" -d "$(url worker postgres)" -D "$data" -R -X stream -c fast >/dev/null
cp "$(dirname "$("$ROOT/scripts/cluster" data worker)")/password" "$(dirname "$data")/password"
"$ROOT/scripts/cluster" start worker-standby "$MAJOR" --fast --set shared_preload_libraries=telemetry 2>/dev/null
expect "worker: a standby is not ticked, and nothing is missing there" "$(sql worker-standby copy <<<"$PROCESSES; $STATE")" 0
"$ROOT/scripts/cluster" stop worker
sql worker-standby postgres <<<"select pg_promote()" >/dev/null
for _ in {1..600}; do
    [ "$(sql worker-standby copy <<<"$STATE")" != 'background worker|00:00:01|t' ] || break
    sleep 0.1
done
expect "worker: a promoted one goes on with what was scheduled" "$(sql worker-standby copy <<<"$STATE")" 'background worker|00:00:01|t'
finish
