"""The timeline itself: how fast it is built, how large it is, what a tail above the cursor costs, and a small tick."""

import statistics
import time

import psycopg

from machine import wait_until_quiet
from postgres import Postgres
from questions import SINCE, TAIL_UNTIL, TITLES, UNTIL, normalised, ways

TAIL = 100_000
SMALL = 10_000
TICKS = 5

# The newest events of the 90 days once more, a day long, after them.
APPEND = """
insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, event_name, source, payload)
select %(until)s::timestamptz + (event_ts - date_trunc('day', event_ts)), gen_random_uuid(), tenant_id, user_id, session_id,
       event_name, source, payload
  from telemetry.events
 where event_ts < %(until)s
 order by event_ts desc
 limit %(events)s
"""


def read_model(url: str, events: int) -> dict:
    """Builds the timeline. Where it is built already (REUSE), its size alone is news."""
    with psycopg.connect(url, autocommit=True) as connection:
        (built,) = connection.execute("select exists (select from telemetry.timeline_chunks)").fetchone()
        seconds = tick(connection)
        connection.execute("vacuum (analyze) telemetry.timeline_chunks")
        (size,) = connection.execute("select pg_total_relation_size('telemetry.timeline_chunks')").fetchone()
        return {"events_per_second": None if built else events / seconds, "bytes": size, "bytes_per_event": size / events}


def freshness(url: str, telemetry: Postgres, raw: Postgres | None, rounds: int) -> dict:
    with psycopg.connect(url, autocommit=True) as connection:
        without = ask_all(telemetry, rounds)
        append(connection, TAIL)
        with_tail = ask_all(telemetry, rounds)
        if raw:
            for question, (_, rows) in ask_all(raw, 1).items():
                if rows != with_tail[question][1]:
                    raise SystemExit(f"freshness.py: {TITLES[question]}: with a tail, timeline and raw rows disagree")
        absorbed = tick(connection)
        small = []
        for _ in range(TICKS):
            append(connection, SMALL)
            small.append(tick(connection))
    return {
        "tail": TAIL,
        "ratio": {question: with_tail[question][0] / without[question][0] for question in TITLES},
        "seconds": {question: with_tail[question][0] for question in TITLES},
        "tail_tick_seconds": absorbed,
        "small": SMALL,
        "small_tick_seconds": statistics.median(small),
    }


def ask_all(system: Postgres, rounds: int) -> dict:
    """question -> (median seconds, answer), over the 90 days and the day after them."""
    answers = {}
    for question, [(_, sql)] in ways("telemetry").items():
        full = sql.format(**system.words(SINCE, TAIL_UNTIL))
        rows = system.ask(full)
        seconds = []
        for _ in range(rounds):
            wait_until_quiet()
            began = time.perf_counter()
            rows = system.ask(full)
            seconds.append(time.perf_counter() - began)
        answers[question] = (statistics.median(seconds), normalised(rows))
    return answers


def append(connection, events: int) -> None:
    # Rows with new ids, as the logging functions store them.
    connection.execute("set telemetry_private.derives = 'on'")
    connection.execute(APPEND, {"until": UNTIL.isoformat() + "Z", "events": events})


def tick(connection) -> float:
    began = time.perf_counter()
    connection.execute("call telemetry.tick(3600)")
    return time.perf_counter() - began
