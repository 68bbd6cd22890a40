"""Every dump form, restore form, target and state before, and which of them are tried together."""

import dataclasses
import os
import random
import re


@dataclasses.dataclass(frozen=True)
class Dump:
    options: tuple
    restore: tuple = ()  # what pg_restore is told besides
    tables: bool = True  # whether tables are made
    data: bool = True  # whether all events are in it
    extension: bool = True  # whether the extension is in it
    whole: bool = False  # restores without an error into an empty database
    since: int = 15  # which pg_dump knows it


OLD = "telemetry_private.events_*"  # the oldest month, named when it is dumped
DUMPS = {
    "whole": Dump((), whole=True),
    "inserts": Dump(("--inserts",), whole=True),
    "through the parent": Dump(("--load-via-partition-root",), whole=True),
    "clean": Dump(("--clean", "--if-exists"), ("--clean", "--if-exists"), whole=True),
    "with statistics": Dump(("--statistics",), whole=True, since=18),
    "no timeline": Dump(("--exclude-table-data=telemetry.timeline_*",), whole=True),
    "no hourly counts": Dump(("--exclude-table-data=telemetry.hourly_counts",), whole=True),
    "no cursors": Dump(("--exclude-table-data=telemetry.cursor_positions",), whole=True),
    "no old month's data": Dump(("--exclude-table-data={oldest}",), data=False, whole=True),
    "no old month": Dump(("--exclude-table={oldest}",), data=False),
    "schema only": Dump(("--schema-only",), data=False, whole=True),
    "data only": Dump(("--data-only",), tables=False, extension=False),
    "data only, triggers disabled": Dump(("--data-only", "--disable-triggers"), ("--disable-triggers",), tables=False, extension=False),
    "both schemas alone": Dump(("-n", "telemetry", "-n", "telemetry_private"), extension=False),
    "events alone": Dump(("-t", "telemetry.events", "-t", "telemetry_private.events_*"), extension=False),
}


@dataclasses.dataclass(frozen=True)
class Tool:
    format: str  # of the dump: p plain, c custom, d directory
    options: tuple = ()
    order: str = ""  # how the list of the archive is ordered
    all_or_nothing: bool = False
    data_only: bool = False


TOOLS = {
    "psql": Tool("p"),
    "psql in one transaction": Tool("p", ("--single-transaction", "-v", "ON_ERROR_STOP=1"), all_or_nothing=True),
    "pg_restore": Tool("c"),
    "pg_restore in one transaction": Tool("c", ("--single-transaction",), all_or_nothing=True),
    "pg_restore -j4": Tool("d", ("-j4",)),
    "pg_restore by sections": Tool("c", order="sections"),
    "pg_restore, counts last": Tool("c", order="counts last"),
    "pg_restore, any order": Tool("c", order="random"),
    "pg_restore -j4, any order": Tool("d", ("-j4",), order="random"),
    "pg_restore --data-only": Tool("c", ("--data-only",), data_only=True),
    "pg_restore --data-only --disable-triggers": Tool("c", ("--data-only", "--disable-triggers"), data_only=True),
}
# empty; the extension installed; with events and ticks of its own; the database that was dumped; that again, when it has
# gone on since; an empty one twice.
TARGETS = ("empty", "installed", "in use", "itself", "itself, gone on", "empty, twice")
STATES = ("never ticked", "ticked", "a tail", "tenants", "detach pending")

# What is tried at every run: each has failed once, or is what most people do.
ALWAYS = """
whole, psql, empty, a tail
whole, psql in one transaction, empty, never ticked
whole, pg_restore -j4, empty, tenants
whole, pg_restore in one transaction, empty, detach pending
whole, pg_restore, installed, ticked
whole, pg_restore, itself, a tail
whole, psql, itself, gone on, ticked
whole, pg_restore, empty, twice, ticked
whole, pg_restore by sections, empty, a tail
whole, pg_restore, in use, a tail
whole, pg_restore, counts last, empty, ticked
whole, pg_restore, any order, empty, a tail
data only, psql, installed, ticked
data only, triggers disabled, psql, itself, a tail
data only, pg_restore, in use, a tail
no timeline, pg_restore -j4, empty, ticked
no hourly counts, psql, empty, ticked
no hourly counts, pg_restore -j4, any order, empty, a tail
no cursors, pg_restore, empty, a tail
no old month's data, psql, empty, ticked
no old month, pg_restore, empty, ticked
schema only, psql, empty, ticked
both schemas alone, psql, installed, a tail
both schemas alone, pg_restore, empty, a tail
clean, pg_restore, itself, ticked
clean, psql, in use, tenants
inserts, psql, empty, a tail
events alone, pg_restore, installed, a tail
whole, pg_restore --data-only --disable-triggers, itself, ticked
""".strip().splitlines()


def makes_sense(dump, tool, target, major):
    """Whether a pair says something that another does not."""
    if major < dump.since:
        return False
    if not dump.tables and (tool.data_only or tool.order in ("counts last", "random")):
        return False
    if tool.data_only and (not dump.data or dump.restore or target.startswith("empty")):
        return False
    return not (tool.order == "counts last" and not dump.whole)


def pairs(major):
    return [
        f"{dump}, {tool}, {target}, {state}"
        for dump in DUMPS
        for tool in TOOLS
        for target in TARGETS
        for state in STATES
        if makes_sense(DUMPS[dump], TOOLS[tool], target, major)
    ]


def parts_of(case):
    """The four names of a case, which have commas themselves."""
    for dump in DUMPS:
        for tool in TOOLS:
            for target in TARGETS:
                for state in STATES:
                    if case == f"{dump}, {tool}, {target}, {state}":
                        return dump, tool, target, state
    raise KeyError(case)


def chosen(major):
    """All pairs with FULL=yes; those that match ONLY; else those of ALWAYS, and as many more as CASES says, by SEED."""
    every = pairs(major)
    if os.environ.get("ONLY"):
        return [case for case in every if re.search(os.environ["ONLY"], case)]
    if os.environ.get("FULL") == "yes":
        return every
    rest = [case for case in every if case not in ALWAYS]
    return ALWAYS + random.Random(int(os.environ.get("SEED", 1))).sample(rest, int(os.environ.get("CASES", 12)))
