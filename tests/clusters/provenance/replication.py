"""Moves by logical replication: a publisher with a tail above its cursor, a subscriber made in one of several ways; they are
compared while it follows, and after the switch over, when it goes on by itself."""

import os
import re
import sys
import time

from server import FAILED, Database, attempt, check, checking, program, report, run, url, WORK
from states import bring_to

# What the publisher sends.
PUBLICATIONS = {
    "all tables": "for all tables",
    "events alone": "for table telemetry.events",
    "events through the parent": "for table telemetry.events with (publish_via_partition_root = true)",
    "events and hourly counts": "for table telemetry.events, telemetry.hourly_counts",
    "events and taxonomy": "for table telemetry.events, telemetry.event_types",
    "events and timeline": "for table telemetry.events, telemetry.timeline_chunks, telemetry.timeline_actors, telemetry.timeline_tenants",
}
LOGS = "select telemetry.log_event('opened', '{\"page\": \"page 2\"}', user_id => md5('own')::uuid, tenant_id => '00000000-0000-4000-8000-000000000001') from generate_series(1, 4) \\g /dev/null\n"
# How the subscriber got its tables, and what it does of its own while it follows.
SUBSCRIBERS = {
    "by schema": ("", ""),
    "by schema, ticks": ("", "call telemetry.tick(60);"),
    "by schema, logs": ("", LOGS),
    "by schema, logs and ticks": ("", LOGS + "call telemetry.tick(60);"),
    "by schema, init() before": ("select telemetry.init();", ""),
}
CASES = [
    ("all tables", "by schema"),
    ("events alone", "by schema, ticks"),
    ("events through the parent", "by schema, logs"),
    ("events and hourly counts", "by schema"),
    ("events and taxonomy", "by schema, ticks"),
    ("events and timeline", "by schema, init() before"),
    ("events alone", "by schema, init() before"),
    ("events alone", "by schema, logs"),
    ("events alone", "by schema, logs and ticks"),
    ("all tables", "by schema, logs"),
    ("events and hourly counts", "by schema, ticks"),
    ("events and timeline", "by schema, logs and ticks"),
]
USUAL = CASES[:4]
ANSWERS = "select string_agg(v::text, ' ' order by v.bucket, v.event_name) from telemetry.event_volume(grain => 'week') v;\nselect string_agg(v::text, ' ' order by v.bucket) from telemetry.active_users(grain => 'week') v;\n"
EVENTS = "select count(*) from telemetry.events"


def wait_for(database, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if run(database, f"select {condition}") == "t":
            return
        time.sleep(0.1)
    raise TimeoutError(condition + ": " + run(database, "select string_agg(concat_ws(' ', srrelid::regclass, srsubstate), ', ') from pg_subscription_rel where srsubstate <> 'r'"))


def followed(publisher, slot):
    position = run(publisher, "select pg_current_wal_lsn()")
    wait_for(publisher, f"(select confirmed_flush_lsn >= '{position}' from pg_replication_slots where slot_name = '{slot}')")


def compared(phase, database):
    """auto beside raw on a subscriber that may not be written to; its lag."""
    auto, raw = attempt(database, ANSWERS), attempt(database, "set telemetry.kpi_source = raw;\n" + ANSWERS)
    problems = [] if auto == raw else [f"problem {phase}: auto is not raw: {auto[:150]} / {raw[:150]}"]
    lag = run(database, "select count(*) from telemetry.cursors where lag_events < 0")
    return problems + ([] if lag == "0" else [f"problem {phase}: a lag is negative"])


def try_case(published, subscribed):
    name = f"replication of {published}, subscriber {subscribed}"
    prepared, own = SUBSCRIBERS[subscribed]
    problems = []
    with Database("base", "publisher") as publisher, Database("template0", "subscriber") as subscriber:
        bring_to(publisher, "a tail")
        schema = WORK / f"{publisher}.schema"
        program("pg_dump", "--schema-only", "-f", schema, url(publisher))
        run(subscriber, schema.read_text() + prepared)
        run(publisher, f"create publication moving {PUBLICATIONS[published]};")
        if "taxonomy" not in published and published != "all tables":
            taxonomy = program("pg_dump", "--data-only", "-t", "telemetry.event_types", url(publisher))[1]
            run(subscriber, taxonomy)
        slot = f"slot_{subscriber}"
        run(publisher, f"select pg_create_logical_replication_slot('{slot}', 'pgoutput')")
        run(subscriber, f"create subscription moving connection '{url(publisher)}' publication moving with (create_slot = false, slot_name = '{slot}')")
        try:
            wait_for(subscriber, "not exists (select from pg_subscription_rel where srsubstate <> 'r') and exists (select from pg_subscription_rel)")
            problems += compared("copied", subscriber)
            run(publisher, "call telemetry.tick(60);")
            followed(publisher, slot)
            problems += compared("the publisher has ticked", subscriber)
            run(subscriber, own)
            run(publisher, "select telemetry.log_event('bought', '{\"page\": \"page 1\"}', user_id => md5('late')::uuid, tenant_id => '00000000-0000-4000-8000-000000000001') from generate_series(1, 10) \\g /dev/null\ncall telemetry.tick(60);")
            followed(publisher, slot)
            problems += compared("both went on", subscriber)
            if "tick" in own:
                run(subscriber, "call telemetry.tick(60);")
                problems += compared("the subscriber has ticked", subscriber)
            events = int(run(publisher, EVENTS)) + (4 if own.startswith(LOGS) else 0)
        finally:
            run(subscriber, "drop subscription moving")
        problems += check(url(subscriber), events, "init" in subscribed)
    report(name, problems)


def main():
    checking()
    wanted = CASES if os.environ.get("FULL") == "yes" or os.environ.get("ONLY") else USUAL
    for case in wanted:
        if re.search(os.environ.get("ONLY", ""), ", ".join(case)):
            try:
                try_case(*case)
            except Exception as problem:  # one that cannot be tried fails; the others go on
                report("replication of {}, subscriber {}".format(*case), [f"problem: {type(problem).__name__} {problem}"])
    sys.exit(FAILED.is_set())


main()
