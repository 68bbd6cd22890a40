"""What can be said step by step of ticks: writers that stay open, transactions, cancels, two ticks at once, old snapshots.
Run before the storm, while the cluster is quiet. Arguments: see places.py."""

import sys

from places import PLACES, PRIMARY_IS_UP, Stopped, connect, connect_again, kill, wrong
from session import Lost, expect, failed

TENANTS = ["derived.tenant(1)", "derived.tenant(2)", "derived.tenant(3)"]
LAG = "select consumer, lag_events > 0, held_back_by, held_back_since is not null from telemetry.cursors order by 1"
DONE = "hourly_counts|f||f\ntimeline|f||f"


def log(events=3):
    return f"select 1 from telemetry.log_events(derived.batch('case', 0, {events}, 50, false)) \\g /dev/null\n"


def held(pid, since=True):
    return "\n".join(f"{consumer}|t|{pid}|{'ft'[since]}" for consumer in ("hourly_counts", "timeline"))


def tick(session):
    session.run("set telemetry.tick_patience = 0")
    return session.run("call telemetry.tick()")


def is_right(name, session):
    expect(name, wrong(session, TENANTS), "")


def late_writers(main):
    late, other = connect("late"), connect("other")
    other.run(log())
    expect("a unit that may take none does the rest of a tick alone", main.run("select telemetry.tick_unit(0)") + "\n" + main.run(LAG),
           "0\nhourly_counts|t||f\ntimeline|t||f")
    late.run("begin;" + log(5))
    other.run(log() * 3)
    tick(main)
    expect("a writer that is open holds the cursors back, and they say so", main.run(LAG), held(late.pid))
    is_right("what is committed above the cursor is in every answer", main)
    late.run("commit")
    tick(main)
    expect("a writer that committed late is not lost: the cursors reach the end", main.run(LAG), DONE)
    is_right("its events are derived, once", main)

    late.run("begin;" + log(5))
    main.run("set telemetry.tick_patience = '1min'")
    main.send("call telemetry.tick()")
    expect("nobody waits for a tick that waits for a writer", other.run("set statement_timeout = '5s';" + log()) + other.sqlstate, "00000")
    late.run("commit")
    # The timeline may have looked before the other's event came, which is left to the next tick then.
    expect("a tick goes on when the writer that it waits for has committed", main.answer() + main.run(LAG).split("\n")[0], "hourly_counts|f||f")
    is_right("with what that writer stored", main)

    late.run(f"begin; {log(5)} savepoint s; {log(5)}")
    other.run(log())
    tick(main)
    late.run(f"rollback to s; {log(2)} commit")
    tick(main)
    is_right("what a savepoint took back is not derived, what came after it is", main)
    late.run("begin;" + log(5))
    other.run(log())
    late.run("rollback")
    tick(main)
    expect("a writer that rolled back leaves a gap that nobody waits for", main.run(LAG), DONE)
    is_right("and nothing else", main)

    late.run("begin; analyze telemetry.events")
    other.run(log())
    tick(main)
    expect("what else holds the cursors back is named too: ANALYZE of the log", main.run(LAG), held(late.pid))
    late.run("commit")
    for session in (late, other):
        session.close()


def prepared_writers(main):
    late = connect("late")
    late.run(f"begin; {log(5)} prepare transaction 'late'")
    late.run(log())
    tick(main)
    expect("a prepared transaction holds the cursors back", main.run(LAG.replace("held_back_since is not null", "false")), held("", False))
    kill("server", late, main)
    main = connect_again("main")
    tick(main)
    expect("also after the server was killed", main.run(LAG.replace("held_back_since is not null", "false")), held("", False))
    is_right("and nothing is lost meanwhile", main)
    main.run("commit prepared 'late'")
    tick(main)
    expect("until it is committed", main.run(LAG), DONE)
    is_right("then its events are derived, once", main)
    return main


def transactions(main):
    position = "select string_agg(position::text, ' ') from telemetry.cursors"
    before = main.run(log() + position)
    inside = main.run(f"begin; {log()} call telemetry.tick(); select count(*) from telemetry.cursors where lag_events > 0")
    expect("a tick within a transaction takes in what that transaction stored", inside, "0")
    is_right("and its answers are right within it", main)
    main.run("rollback")
    expect("rolled back, it never was", main.run(position), before)
    is_right("and the answers are right again", main)
    main.run(f"begin; {log()} savepoint s; call telemetry.tick(); rollback to s; {log()} select telemetry.tick_unit(1) from generate_series(1, 9) \\g /dev/null\ncommit")
    is_right("a tick in a savepoint that is rolled back, another one after it", main)

    ways = {
        "a function": "create function pg_temp.f() returns bigint language plpgsql as 'begin call telemetry.tick(); return telemetry.tick_unit(); end'; select 1 from pg_temp.f() \\g /dev/null\n",
        "a procedure": "create procedure pg_temp.p() language plpgsql as 'begin call telemetry.tick(); end'; call pg_temp.p();",
        "a procedure with settings": "create procedure pg_temp.q() language plpgsql set work_mem = '4MB' as 'begin call telemetry.tick(); end'; call pg_temp.q();",
        "a block": "do $$ begin call telemetry.tick(); end $$;",
        "a block with an exception handler": "do $$ begin call telemetry.tick(); exception when division_by_zero then null; end $$;",
        "a loop over a query": "do $$ declare r record; begin for r in select 1 from generate_series(1, 3) loop call telemetry.tick(); end loop; end $$;",
        "a session whose default is SERIALIZABLE": "set default_transaction_isolation = 'serializable'; call telemetry.tick(); reset default_transaction_isolation;",
    }
    for name, sql in ways.items():
        main.run(log())
        expect(f"tick from {name}", main.run(sql) + main.run(LAG), DONE)
    main.run(log())
    for level in ("repeatable read", "serializable"):
        for sql in ("call telemetry.tick()", "select telemetry.tick_unit()"):
            main.run(f"begin isolation level {level}")
            expect(f"{sql} in {level}: 25001", main.state_of(sql), "25001")
            main.run("rollback")
    expect("as many ids as a bigint can tell", main.state_of("select telemetry.tick_unit(9223372036854775807)"), "00000")
    is_right("after all of them", main)


def every_place(main):
    """What stops a tick without the server's end."""
    ways = ["cancel", "terminate", "cancel", "terminate", "cancel", "terminate", "statement_timeout"]
    first = {way: [] for way in ways}
    for number, place in enumerate(PLACES[:-1]):
        # A statement_timeout ends before the commit of a plain statement begins.
        way = "cancel" if place[1].startswith("commit") else ways[number % len(ways)]
        stopped = Stopped(place, main, "set statement_timeout = '500ms'" if way == "statement_timeout" else "select 1")
        if not stopped.reached:
            first[way].append(f"{place[0]}: no tick came there")
            continue
        if way != "statement_timeout":
            main.run(f"select pg_{way}_backend({stopped.session.pid})")
        try:
            stopped.session.answer()
            state = stopped.session.sqlstate
        except Lost:
            state = "lost"
        expected = "lost" if way == "terminate" else "57014"
        if state != expected:
            first[way].append(f"{place[0]}: {state}")
        stopped.session.close()
        found = main.run("select problem from derived.sums()")
        if found:
            first[way].append(f"{place[0]}: {found}")
    for way, faults in first.items():
        expect(f"{way}: a tick that ends so leaves nothing behind, wherever it was", faults, [])
    tick(main)
    is_right("the next tick does what they did not", main)


def two_at_once(main):
    for name in ("some new users have numbers", "a unit is about to commit", "the merged chunk is stored"):
        stopped = Stopped(next(place for place in PLACES if place[0] == name), main)
        main.run("set statement_timeout = '5s'")
        position = "select position from telemetry.cursor_positions where consumer = 'timeline'"
        before = main.run(position)
        expect(f"a second tick while {name}: it returns", main.state_of("call telemetry.tick()"), "00000")
        expect(f"a second tick while {name}: the first one's work is left to it", main.run(position), before)
        main.run("set statement_timeout = 0; update derived.gate set is_open = true")
        stopped.session.answer()
        expect(f"a second tick while {name}: the first ends well", stopped.session.sqlstate, "00000")
        main.run("update derived.gate set is_open = false")
        stopped.session.close()
        tick(main)
        is_right(f"a second tick while {name}: nothing is derived twice", main)


def old_snapshots(main):
    reader = connect("reader")
    # So many users above the cursor that their numbers are loaded, and kept for the next call.
    main.run("select telemetry.import_events(derived.batch('case', 0, 3000, 5000, true)) \\g /dev/null\n")
    answers = "select md5(string_agg(a::text, '|' order by question)) from derived.answers(null) a"
    first = reader.run("begin isolation level repeatable read;" + answers)
    for _ in range(12):
        main.run("select telemetry.import_events(derived.batch('case', 0, 700, 5000, true)) \\g /dev/null\ncall telemetry.tick()")
    main.run("select telemetry.rebuild_derived(tenant => derived.tenant(1)) \\g /dev/null\nvacuum telemetry.timeline_chunks, telemetry.hourly_counts, telemetry.timeline_actors, telemetry.cursor_positions")
    expect("a snapshot from before ticks, merges, a rebuild and a VACUUM answers as it did", reader.run(answers), first)
    is_right("and is right in itself", reader)
    reader.run("commit")
    is_right("the same session, with a new snapshot", reader)
    reader.close()


def main():
    PRIMARY_IS_UP.set()
    session = connect("main")
    tick(session)
    late_writers(session)
    session = prepared_writers(session)
    transactions(session)
    two_at_once(session)
    old_snapshots(session)
    every_place(session)
    sys.exit(failed())


main()
