"""48 hours, an hour at a time: a clock that the test moves, a run each hour, and a courier that is killed in each. No hole, no double."""

import random
import time

from stage import kill, manifest

HOURS = 48
CLOCK = "create or replace function telemetry_private.outbound_clock() returns timestamptz language sql volatile set search_path = pg_catalog, pg_temp as $$ select {} $$"


def hours(lines, database, courier, place):
    name = "hourly"
    chance = random.Random(48)
    before = database.one("select coalesce(max(ingest_id), 0) from telemetry.events")
    database.register(name, most_age="1 hour", **{"from": "now"})
    start = database.one("select date_trunc('hour', now())")
    try:
        for hour in range(HOURS):
            database.all(CLOCK.format(f"timestamptz '{start.isoformat()}' + interval '{hour} hours 5 seconds'"))
            database.log(100, seed=f"hour {hour}")
            process = courier.start(place, "export", name, "--to", place.uri)
            time.sleep(chance.uniform(0, 0.15))
            kill(process)
            database.wait_for_frontier()
            code, _, logged = courier.export(place, name)
            if code:
                lines.expect(f"hour {hour}: exported after a kill", logged, "")
        published = manifest(place, name)
        held = sum(file["rows"] for file in published)
        in_log = database.one("select count(*) from telemetry.events where ingest_id > %s", before)
        # A kill between the range's end and its files leaves what came later for the next hour.
        behind = database.one("select count(*) from telemetry.events where ingest_id > %s", max(file["last_id"] for file in published))
        lines.expect(f"{HOURS} hours: what is there is the log, but for the last hour", (held + behind, behind <= 100), (in_log, True))
        database.all(CLOCK.format(f"timestamptz '{start.isoformat()}' + interval '{HOURS} hours 5 seconds'"))
        courier.export(place, name)
        lines.expect("an hour later: each event once", sum(file["rows"] for file in manifest(place, name)), in_log)
        lines.expect("a range an hour, or one more", HOURS <= len({file["path"] for file in manifest(place, name)}) <= HOURS + 1)
        code, said, _ = courier.verify(place, name)
        lines.expect("verified with the database", (code, said if code else ""), (0, ""))
    finally:
        database.all(CLOCK.format("clock_timestamp()"))
        database.all("select telemetry.drop_export(%s)", name)
