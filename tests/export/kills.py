"""A courier is killed at drawn points, again and again, while events are logged: what is published is at every moment a beginning of
the log, and in the end all of it, each event once. KILLS=500 is the long run."""

import hashlib
import io
import os
import random
import time

import pyarrow.parquet

from stage import kill, manifest

KILLS = int(os.environ.get("KILLS", "14"))


def kills(lines, database, courier, place, seed=20):
    name = f"killed_{place.name.lower()}"
    before = database.one("select coalesce(max(ingest_id), 0) from telemetry.events")
    database.register(name, partition_by="day", most_rows=400, **{"from": "now"})
    chance = random.Random(seed)
    # How long a run takes that nobody kills: kills are drawn from somewhat more than that.
    database.log(400, seed=f"{name} first")
    database.wait_for_frontier()
    began = time.monotonic()
    lines.expect("a run that nobody kills", courier.export(place, name)[0], 0)
    longest = (time.monotonic() - began) * 1.1
    found = {"before the end": 0, "committed and not published": 0, "files and not committed": 0}
    holds = True
    for count in range(KILLS):
        database.log(150, seed=f"{name} {count}")
        process = courier.start(place, "export", name, "--to", place.uri)
        time.sleep(chance.uniform(0, longest))
        found["before the end"] += process.poll() is None
        kill(process)
        committed = database.all("select path from telemetry.export_files where export = %s", name)
        published = manifest(place, name)
        files = {path for path in place.list(name) if not path.startswith("_manifest/")}
        found["committed and not published"] += len(committed) > len(published)
        found["files and not committed"] += len(files) > len(committed)
        if holds and is_beginning_of_the_log(database, place, name, published, before, whole=count % 20 == 0) is not True:
            holds = False
    lines.expect(f"{KILLS} kills: what is published is a beginning of the log", holds)
    print(f"# {name}: " + ", ".join(f"{number} {what}" for what, number in found.items()))
    database.wait_for_frontier()
    code, said, logged = courier.export(place, name)
    lines.expect("afterwards the rest is exported", code, 0)
    if code:
        print(logged)
    published = manifest(place, name)
    lines.expect("each event once, as the log has it", is_beginning_of_the_log(database, place, name, published, before, whole=True))
    lines.expect("all of them", sum(file["rows"] for file in published), 400 + 150 * KILLS)
    lines.expect("no file that a reader would take by mistake", [path for path in place.list(name) if not path.startswith("_manifest/")],
                 sorted(file["path"] for file in published))
    code, said, _ = courier.verify(place, name, database=False)
    lines.expect("verified", (code, said if code else ""), (0, ""))
    database.all("select telemetry.drop_export(%s)", name)


def is_beginning_of_the_log(database, place, name, published, before, whole):
    """By ingest_id, and by the hash of id and payload."""
    last = max(file["last_id"] for file in published)
    if not whole:
        return database.one("select count(*) from telemetry.events where ingest_id > %s and ingest_id <= %s", before, last) == sum(file["rows"] for file in published)
    rows = []
    for file in published:
        table = pyarrow.parquet.read_table(io.BytesIO(place.read(name, file["path"])), columns=["ingest_id", "payload"])
        rows += zip(table["ingest_id"].to_pylist(), table["payload"].to_pylist())
    rows = sorted((number, hashlib.sha256(str(payload).encode()).hexdigest()) for number, payload in rows)
    return rows == database.all(
        "select ingest_id, encode(sha256(convert_to(payload::text, 'UTF8')), 'hex') from telemetry.events where ingest_id > %s and ingest_id <= %s order by 1", before, last
    ) or "another one"
