"""The cluster of derived.sh, the places where a tick can be stopped, and how it is killed there. Arguments of whoever
imports this: psql, scripts/cluster, cluster, major, database, standby, options of the cluster..."""

import os
import signal
import subprocess
import sys
import threading
import time

from session import Lost, Session

PSQL, CLUSTER_SCRIPT, CLUSTER, MAJOR, DATABASE, STANDBY, *OPTIONS = sys.argv[1:]
# Set while the servers take connections.
PRIMARY_IS_UP, STANDBY_IS_UP = threading.Event(), threading.Event()
BAIT, STRANGER = "telemetry.import_events(derived.bait(false))", "telemetry.import_events(derived.bait(true))"

# Where a tick is killed: what it is about to do or has done, the trigger that stops it there, at which passing.
PLACES = [
    ("a partition is about to be made", "ddl_command_start create table", 1, BAIT),
    ("a partition is made, not yet attached", "ddl_command_end create table", 1, BAIT),
    ("a partition is attached", "ddl_command_end alter table", 2, BAIT),
    ("the timeline has looked how far it may go", "after update cursor_positions timeline looks", 1, BAIT),
    ("a tenant is about to be new", "before insert timeline_tenants", 1, STRANGER),
    ("a tenant is new", "after insert timeline_tenants", 1, STRANGER),
    ("the first new user is about to get a number", "before insert timeline_actors", 1, BAIT),
    ("some new users have numbers", "before insert timeline_actors", 5, BAIT),
    ("the new users of a tenant have numbers", "after insert timeline_actors statement", 1, BAIT),
    ("how many users a tenant has is written down", "after update timeline_tenants", 1, BAIT),
    ("the first chunk is about to be stored", "before insert timeline_chunks", 1, BAIT),
    ("the first chunk is stored", "after insert timeline_chunks", 1, BAIT),
    ("the third chunk is about to be stored", "before insert timeline_chunks", 3, BAIT),
    ("the third chunk is stored", "after insert timeline_chunks", 3, BAIT),
    ("the timeline's cursor is about to move", "before update cursor_positions timeline moves", 1, BAIT),
    ("the timeline's cursor has moved", "after update cursor_positions timeline moves", 1, BAIT),
    ("the hourly counts have looked how far they may go", "after update cursor_positions hourly_counts looks", 1, BAIT),
    ("the first hourly count is about to be added", "before insert hourly_counts", 1, BAIT),
    ("some hourly counts are added", "before insert hourly_counts", 5, BAIT),
    ("an hourly count is about to grow", "before update hourly_counts", 1, BAIT),
    ("all hourly counts are added", "after insert hourly_counts statement", 1, BAIT),
    ("the hourly counts' cursor is about to move", "before update cursor_positions hourly_counts moves", 1, BAIT),
    ("the hourly counts' cursor has moved", "after update cursor_positions hourly_counts moves", 1, BAIT),
    ("a unit is about to commit", "commit update cursor_positions hourly_counts moves", 1, BAIT),
    ("a unit is committed, the next begins", "before update cursor_positions timeline looks", 2, "two units"),
    ("the first small chunk is about to go", "before delete timeline_chunks", 1, "small chunks"),
    ("some small chunks are gone", "before delete timeline_chunks", 5, "small chunks"),
    ("all small chunks are gone", "after delete timeline_chunks statement", 1, "small chunks"),
    ("the merged chunk is about to be stored", "before insert timeline_chunks merged", 1, "small chunks"),
    ("the merged chunk is stored", "after insert timeline_chunks merged", 1, "small chunks"),
    ("a merge is about to commit", "commit delete timeline_chunks", 1, "small chunks"),
    ("the hourly counts are gone for a rebuild", "after delete hourly_counts statement", 1, "rebuild"),
    ("the chunks are gone for a rebuild", "after delete timeline_chunks statement", 1, "rebuild"),
    ("some chunks are rebuilt", "after insert timeline_chunks merged", 3, "rebuild"),
    ("a rebuild is about to commit", "commit insert timeline_chunks merged", 1, "rebuild"),
    ("any moment", "nowhere", 1, BAIT),
]
WAYS = ["backend", "backend", "server", "backend", "backend", "immediate", "backend"]


def url(cluster=CLUSTER):
    return subprocess.run([CLUSTER_SCRIPT, "url", cluster, DATABASE], check=True, capture_output=True, text=True).stdout.strip()


URL = {CLUSTER: url(), STANDBY: url(STANDBY)}


def connect(name):
    return Session(PSQL, URL[CLUSTER], name)


class Stopped:
    """A session whose tick has come to a place, and waits there. None comes: reached is False."""

    def __init__(self, place, watcher, before="select 1"):
        _, trigger, nth, bait = place
        self.session = connect("victim")
        self.reached = False
        across = "on" if "next begins" in place[0] else ""
        self.session.run(f"set derived.nth = {nth}; set derived.across = '{across}'; set telemetry.tick_patience = '5s'")
        if "partition" in place[0]:
            self.session.run("set telemetry.partitions_ahead = 4")
        for _ in range(40):
            if bait == "rebuild":
                self.session.run("set derived.passed = ''")
            else:
                self.session.run(f"select {BAIT if bait in ('small chunks', 'two units') else bait} \\g /dev/null\nset derived.passed = ''")
            self.session.run(f"set derived.place = '{trigger}'; {before}")
            # A chunk of every event, which one of the ticks then merges.
            ticks = "select count(telemetry.tick_unit(1)) from generate_series(1, 17)"
            # A tick begins a second one only after 250,000 ids.
            units = "do $$ begin for n in 1..2 loop perform telemetry.tick_unit(); commit; end loop; end $$"
            commands = {"rebuild": "select telemetry.rebuild_derived()", "small chunks": ticks, "two units": units}
            self.session.send(commands.get(bait, "call telemetry.tick(5)"))
            if trigger == "nowhere":
                return
            while watcher.run(f"select wait_event = 'PgSleep' from pg_stat_activity where pid = {self.session.pid}") != "t":
                if self.session.has_answered():
                    self.session.answer()
                    self.session.run("set derived.place = ''; set statement_timeout = 0")
                    break
                time.sleep(0.003)
            else:
                self.reached = True
                return


def is_up(session):
    try:
        session.run("select 1")
        return True
    except Lost:
        return False


def wait_for_the_end(session):
    """Until a connection from before the kill is lost: from then on a new one is one to the server after it."""
    while is_up(session):
        time.sleep(0.002)


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("PPid:"))
    except OSError:
        return None  # it has ended


def kill(way, victim, watcher):
    data = subprocess.run([CLUSTER_SCRIPT, "data", CLUSTER], check=True, capture_output=True, text=True).stdout.strip()
    with open(f"{data}/postmaster.pid", encoding="ascii") as file:
        postmaster = int(file.readline())
    # Only what this cluster has started.
    assert os.path.realpath(f"/proc/{postmaster}/cwd") == os.path.realpath(data) and parent_of(victim.pid) == postmaster
    PRIMARY_IS_UP.clear()
    children = [pid for pid in os.listdir("/proc") if pid.isdigit() and parent_of(pid) == postmaster]
    os.kill(*{"backend": (victim.pid, signal.SIGKILL), "server": (postmaster, signal.SIGKILL), "immediate": (postmaster, signal.SIGQUIT)}[way])
    wait_for_the_end(victim)
    wait_for_the_end(watcher)
    if way != "backend":
        # Without a postmaster they end when they look for it; until then no server starts.
        while any(os.path.exists(f"/proc/{pid}/exe") for pid in children):
            time.sleep(0.01)
        started = subprocess.run([CLUSTER_SCRIPT, "start", CLUSTER, MAJOR, *OPTIONS], capture_output=True, text=True)
        assert started.returncode == 0, started.stderr
        URL[CLUSTER] = url()


def connect_again(name):
    """To a server that restarts."""
    session = connected(name)
    PRIMARY_IS_UP.set()
    return session


def connected(name):
    deadline = time.monotonic() + 60
    while True:
        try:
            return connect(name)
        except Lost:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def wrong(session, tenants):
    found = session.run("select problem from derived.sums()") + session.run("select * from telemetry.verify_derived() where is_equal is distinct from true")
    return found + "".join(session.run(f"select problem from derived.wrong_answers({tenant})") for tenant in tenants)
