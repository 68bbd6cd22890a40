"""States that a database is in before it is dumped or broken."""

import functools
import subprocess

from server import BIN, attempt, run, script, url


def bring_to(database, state):
    """From what base.sql made to one of the states."""
    if state == "never ticked":
        return
    if state == "tenants":
        run(database, script("tenants.sql").replace("DATABASE", database))
    run(database, "call telemetry.tick(60)")
    if state != "ticked":
        run(database, script("tail.sql"))
    if state == "detach pending":
        leave_detach_pending(database)


def leave_detach_pending(database):
    """DETACH CONCURRENTLY, cancelled while it waits in its second phase for one who reads the log."""
    reader = subprocess.Popen(
        [f"{BIN}/psql", "-Xq", url(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    reader.stdin.write("begin;\nselect count(*) from telemetry.events;\n\\echo\n")
    reader.stdin.flush()
    reader.stdout.readline()
    attempt(database, f"set statement_timeout = '300ms';\nalter table telemetry.events detach partition {oldest(database)} concurrently;")
    reader.stdin.close()
    reader.wait()
    pending = run(database, "select count(*) from pg_inherits where inhdetachpending and inhparent = 'telemetry.events'::regclass")
    assert pending == "1", pending


def oldest(database):
    return run(database, "select partition from telemetry_private.partition_bounds() order by since limit 1")


@functools.cache
def base_of(state):
    """A database of a state, to take dumps of."""
    name = "state_" + state.replace(" ", "_")
    run("postgres", f"create database {name} template base")
    bring_to(name, state)
    return name
