"""What owners do by mistake, and what they may do: afterwards the numbers are right, or an error says what to do, and
init() or the next tick brings back what is missing. ONLY=REGEX: the accidents that match."""

import concurrent.futures
import os
import re
import subprocess
import sys

from server import BIN, FAILED, MAJOR, WORK, Database, attempt, check, checking, program, report, run, url
from states import bring_to, oldest

DERIVED = ["hourly_counts", "timeline_tenants", "timeline_actors", "timeline_chunks", "cursor_positions"]
# Rows with ids that the cursor has passed.
OLD_COPY = """
create table old_copy as select * from telemetry.events where ingest_id between 100 and 140;
update old_copy set event_id = gen_random_uuid(), event_ts = event_ts + interval '1 second';
"""
DELETES = "where ingest_id between 100 and 240"
AGAIN = "drop extension telemetry cascade; {} create extension telemetry;"

# Name: what the owner does to a database with a tail above its cursor. {oldest}: the oldest partition; {month}: its bounds.
ACCIDENTS = {
    **{f"TRUNCATE of {table}": f"truncate telemetry.{table};" for table in DERIVED},
    **{f"DELETE from {table}": f"delete from telemetry.{table};" for table in DERIVED},
    **{
        f"DELETE of a part of {table}": f"delete from telemetry.{table} where ctid = (select min(ctid) from telemetry.{table});"
        for table in DERIVED
    },
    "TRUNCATE of all that is derived": f"truncate {', '.join(f'telemetry.{table}' for table in DERIVED)};",
    "UPDATE of hourly_counts": "update telemetry.hourly_counts set events = events + 1;",
    "a cursor set to its beginning": "update telemetry.cursor_positions set position = 0, safe_until = 0;",
    "a cursor set back": "update telemetry.cursor_positions set position = position - 100;",
    "a cursor set ahead": "update telemetry.cursor_positions set position = position + 30, safe_until = safe_until + 30;",
    "DROP EXTENSION CASCADE, CREATE EXTENSION": AGAIN.format(""),
    "DROP EXTENSION CASCADE, DELETE of all, CREATE EXTENSION": AGAIN.format("delete from telemetry.events;"),
    "DROP EXTENSION CASCADE, DELETE of some, CREATE EXTENSION": AGAIN.format(f"delete from telemetry.events {DELETES};"),
    "DROP EXTENSION CASCADE, UPDATE, CREATE EXTENSION": AGAIN.format(f"update telemetry.events set event_name = 'bought' {DELETES};"),
    "DROP EXTENSION CASCADE, INSERT of old ids, CREATE EXTENSION": OLD_COPY + AGAIN.format("insert into telemetry.events select * from old_copy;"),
    "DROP EXTENSION CASCADE, DROP of a partition, CREATE EXTENSION": AGAIN.format("drop table {oldest};"),
    "DROP EXTENSION CASCADE, DROP of what is derived, CREATE EXTENSION": AGAIN.format("drop table telemetry.timeline_chunks, telemetry.hourly_counts;"),
    "the sequence restarted": "alter sequence telemetry_private.ingest_id restart;",
    "the sequence set back": "select setval('telemetry_private.ingest_id', 300);",
    "the sequence dropped, init()": "drop sequence telemetry_private.ingest_id cascade; select telemetry.init();",
    "raw INSERT of rows with old ids": OLD_COPY + "insert into telemetry.events select * from old_copy;",
    "COPY of rows with old ids into a partition": OLD_COPY + "\\copy (select * from old_copy) to '{work}/copy'\n\\copy {oldest} from '{work}/copy'\n",
    "raw INSERT of rows with ids to come": "insert into telemetry.events select event_ts + interval '1 second', ingest_id + 700, gen_random_uuid(), tenant_id, user_id, session_id, subject_id, client_ts, seq, event_version, event_name, source, sample_rate, payload from telemetry.events where ingest_id between 100 and 140;",
    "triggers disabled, DELETE, enabled": f"alter table telemetry.events disable trigger all; delete from telemetry.events {DELETES}; alter table telemetry.events enable trigger all;",
    "a partition's triggers disabled, DELETE, enabled": f"alter table {{oldest}} disable trigger all; delete from {{oldest}} {DELETES}; alter table {{oldest}} enable trigger all;",
    "a partition's triggers disabled, TRUNCATE, enabled": "alter table {oldest} disable trigger all; truncate {oldest}; alter table {oldest} enable trigger all;",
    "triggers dropped, DELETE, init()": f"drop trigger append_only on telemetry.events; drop trigger append_only_statement on telemetry.events; delete from telemetry.events {DELETES}; select telemetry.init();",
    "DROP of a partition": "drop table {oldest};",
    "DETACH of a partition": "alter table telemetry.events detach partition {oldest};",
    "DETACH and ATTACH of a partition": "alter table telemetry.events detach partition {oldest}; alter table telemetry.events attach partition {oldest} {month};",
    "DETACH, a tick, ATTACH of a partition": "alter table telemetry.events detach partition {oldest}; call telemetry.tick(); alter table telemetry.events attach partition {oldest} {month};",
    "DETACH, DELETE, ATTACH of a partition": f"alter table telemetry.events detach partition {{oldest}}; alter table {{oldest}} disable trigger all; delete from {{oldest}} {DELETES}; alter table telemetry.events attach partition {{oldest}} {{month}};",
    "a month made anew from a copy": "create table new_month (like telemetry.events including defaults); insert into new_month select * from {oldest}; drop table {oldest}; alter table telemetry.events attach partition new_month {month};",
    "a partition made by hand": "create table public.early partition of telemetry.events for values from (minvalue) to ('2020-01-01'); insert into telemetry.events (event_ts, event_id, tenant_id, event_name) select '2019-05-05', gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'opened' from generate_series(1, 5);",
    "event triggers disabled, DROP of a partition": "alter event trigger telemetry_follows_dropped_triggers disable; alter event trigger telemetry_follows_altered_tables disable; drop table {oldest};",
    "event triggers disabled, DETACH": "alter event trigger telemetry_follows_altered_tables disable; alter table telemetry.events detach partition {oldest};",
    "event triggers disabled, DETACH, enabled": "alter event trigger telemetry_follows_altered_tables disable; alter table telemetry.events detach partition {oldest}; alter event trigger telemetry_follows_altered_tables enable always;",
    "event triggers dropped, DETACH and ATTACH of less": f"drop extension telemetry cascade; alter table telemetry.events detach partition {{oldest}}; delete from {{oldest}} {DELETES}; alter table telemetry.events attach partition {{oldest}} {{month}}; create extension telemetry;",
    "VACUUM FULL of everything": "vacuum full;",
    "VACUUM FULL of partitions and what is derived": "vacuum full {oldest}; vacuum full telemetry.timeline_chunks; vacuum full telemetry.hourly_counts; vacuum full telemetry.cursor_positions;",
    "CLUSTER of partitions and what is derived": "select format('cluster %s using %I', i.indrelid::regclass, c.relname) from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisprimary and i.indrelid in ('{oldest}'::regclass, 'telemetry.timeline_chunks'::regclass, 'telemetry.hourly_counts'::regclass, 'telemetry.timeline_actors'::regclass) \\gexec\n",
    "REINDEX": "reindex schema telemetry; reindex schema telemetry_private;",
    "tables set UNLOGGED and LOGGED": "alter table telemetry.hourly_counts set unlogged; alter table telemetry.hourly_counts set logged; alter table telemetry.timeline_chunks set unlogged; alter table telemetry.timeline_chunks set logged;",
    **{f"DROP of {table}, init()": f"drop table telemetry.{table} cascade; select telemetry.init();" for table in DERIVED},
    **{f"DROP of {table}": f"drop table telemetry.{table} cascade;" for table in DERIVED},
    "a table copied out and in": "create table kept as table telemetry.timeline_chunks; truncate telemetry.timeline_chunks; insert into telemetry.timeline_chunks select * from kept;",
    "a table renamed and a copy in its place": "alter table telemetry.hourly_counts rename to hourly_counts_old; create table telemetry.hourly_counts (like telemetry.hourly_counts_old including all); select telemetry.init();",
    "keys and indexes dropped": "alter table telemetry.events drop constraint events_pkey; drop index telemetry.events_by_name, telemetry.events_by_arrival; alter table telemetry.hourly_counts drop constraint hourly_counts_pkey; alter table telemetry.timeline_chunks drop constraint timeline_chunks_pkey; drop index telemetry.timeline_small_chunks, telemetry.timeline_actors_by_number;",
    "guards taken off": "alter table telemetry.events disable trigger all; alter table telemetry.hourly_counts disable row level security; alter table {oldest} disable row level security; drop trigger append_only_statement on {oldest}; drop policy tenant_reads_own_events on telemetry.events; drop trigger changed_by_functions on telemetry.event_types; alter event trigger telemetry_refuses_strange_triggers disable;",
}
if MAJOR >= 17:
    ACCIDENTS["event_triggers = off, DROP of a partition"] = "set event_triggers = off; drop table {oldest};"

# Of a usual run: one of each kind.
USUAL = """TRUNCATE of hourly_counts|TRUNCATE of timeline_chunks|TRUNCATE of cursor_positions|DELETE from timeline_actors|DELETE of a part of timeline_chunks
a cursor set back|DROP EXTENSION CASCADE, DELETE of all, CREATE EXTENSION|the sequence restarted|the sequence set back|raw INSERT of rows with old ids
triggers disabled, DELETE, enabled|DETACH, DELETE, ATTACH of a partition|event triggers disabled, DROP of a partition|VACUUM FULL of partitions and what is derived
DROP of hourly_counts, init()|DROP of timeline_chunks|keys and indexes dropped|guards taken off"""


def bounds(database, partition):
    return run(database, f"select pg_get_expr(relpartbound, oid) from pg_class where oid = '{partition}'::regclass")


def try_accident(name):
    sql = ACCIDENTS[name]
    with Database("base") as database:
        bring_to(database, "a tail")
        partition = oldest(database)
        for word, value in {"{oldest}": partition, "{month}": bounds(database, partition), "{work}": str(WORK / database)}.items():
            sql = sql.replace(word, value)
        (WORK / database).mkdir()
        said = attempt(database, sql)
        # What an owner can do, and what is refused to him with what to do instead, are both well.
        refused = [line for line in said.splitlines() if "ERROR:" in line]
        problems = check(url(database), 0, "init()" in name or len(name) % 2 == 0)
        report(f"owner: {name}", problems, "said: " + " | ".join(refused[:2]) if refused else "")


# --- with other sessions -------------------------------------------------------------------------

def waiting_detach():
    """DETACH CONCURRENTLY that waits in its second phase, while everything goes on; then it ends."""
    with Database("base") as database:
        bring_to(database, "a tail")
        reader = opened(database, "begin; select count(*) from telemetry.events;")
        detach = opened(database, f"alter table telemetry.events detach partition {oldest(database)} concurrently;", wait=False)
        run(database, "do $$ begin while not exists (select from pg_inherits where inhdetachpending) loop perform pg_sleep(0.01); end loop; end $$;")
        report("owner: DETACH CONCURRENTLY waits for a reader", check(url(database), 0, False))
        closed(reader)
        closed(detach)
        pending = run(database, "select count(*) from pg_inherits where inhdetachpending")
        report("owner: DETACH CONCURRENTLY that waited is over", check(url(database), 0, True) + ([] if pending == "0" else ["problem: still pending"]))


def finished_detach():
    with Database("base") as database:
        bring_to(database, "detach pending")
        report("owner: DETACH CONCURRENTLY cancelled", check(url(database), 0, False))
        pending = run(database, "select inhrelid::regclass from pg_inherits where inhdetachpending")
        run(database, f"alter table telemetry.events detach partition {pending} finalize;")
        report("owner: and finalized", check(url(database), 0, True))


def attached_from_dump():
    """A month that was dumped, dropped, restored, attached: protected at once."""
    for way in ("-Fc", "-Fp"):
        with Database("base") as database:
            bring_to(database, "a tail")
            partition = oldest(database)
            month = bounds(database, partition)
            archive = WORK / f"{database}.month"
            program("pg_dump", way, "-t", partition, "-f", archive, url(database))
            run(database, f"drop table {partition};")
            if way == "-Fc":
                program("pg_restore", "-d", url(database), archive)
            else:
                program("psql", "-Xq", "-f", archive, url(database))
            attempt(database, f"alter table telemetry.events attach partition {partition} {month};")
            problems = [] if bounds(database, partition) else ["problem: it is not attached"]
            said = attempt(database, f"truncate {partition};")
            if "append-only: TRUNCATE refused" not in said:
                problems.append("problem: TRUNCATE of it passes " + said)
            report(f"owner: ATTACH of a partition from a dump ({way})", problems + check(url(database), 550 if not problems else 0, False))


def copied():
    """CREATE DATABASE ... TEMPLATE, and the original goes on by itself."""
    with Database("base") as original:
        bring_to(original, "a tail")
        with Database(original) as copy:
            report("CREATE DATABASE ... TEMPLATE: the copy", check(url(copy), 550, False))
        report("CREATE DATABASE ... TEMPLATE: the original", check(url(original), 550, True))


def opened(database, sql, wait=True):
    session = subprocess.Popen([f"{BIN}/psql", "-Xq", url(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    session.stdin.write(sql + "\n\\echo\n")
    session.stdin.flush()
    if wait:
        session.stdout.readline()
    return session


def closed(session):
    session.stdin.close()
    session.wait()


def safely(attempted, *arguments):
    try:
        attempted(*arguments)
    except Exception as problem:  # one that cannot be tried fails; the others go on
        report(f"owner: {arguments or attempted.__name__}", [f"problem: {type(problem).__name__} {problem}"])


def main():
    wanted = list(ACCIDENTS)
    if os.environ.get("ONLY"):
        wanted = [name for name in wanted if re.search(os.environ["ONLY"], name)]
    elif os.environ.get("FULL") != "yes":
        wanted = [name for line in USUAL.splitlines() for name in line.split("|")]
    checking()
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", 2))) as pool:
        done = [pool.submit(safely, case) for case in (waiting_detach, finished_detach, attached_from_dump, copied) if not os.environ.get("ONLY")]
        done += [pool.submit(safely, try_accident, name) for name in wanted]
        for each in done:
            each.result()
    sys.exit(FAILED.is_set())


main()
