"""Each format holds what the log holds, row by row, by readers that have nothing to do with us."""

import csv
import hashlib
import io
import json
import uuid

import pyarrow.parquet

from stage import manifest

LOG = """
    select ingest_id::text, to_char(event_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event_id::text, event_name, user_id::text, session_id::text,
           to_char(client_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), seq::text, source, payload::text,
           case when event_name = 'paid' then (payload ->> 'amount')::float8 end, case when event_name = 'paid' then payload ->> 'plan' end
      from telemetry.events e where ingest_id > %s order by e.ingest_id
"""
COLUMNS = ("ingest_id", "event_ts", "event_id", "event_name", "user_id", "session_id", "client_ts", "seq", "source", "payload", "amount", "plan")


def formats(lines, database, courier, place):
    before = database.one("select coalesce(max(ingest_id), 0) from telemetry.events")
    names = {}
    for format in ("parquet", "jsonl", "csv"):
        for partition in (None, "day"):
            name = f"{place.name.lower()}_{format}_{partition or 'whole'}"
            names[name] = format
            database.register(name, format=format, partition_by=partition, promoted=True, most_rows=1000, **{"from": "now"})
    database.log(2500, seed=f"formats {place.name}")
    database.wait_for_frontier()
    in_log = [list(row) for row in database.all(LOG, before)]
    for name, format in names.items():
        code, said, logged = courier.export(place, name)
        lines.expect(f"{name}: exported", (code, said), (0, f"{name}: 3 ranges, 2500 events\n"))
        if code:
            print(logged)
            continue
        files = manifest(place, name)
        rows = sorted((row for file in files for row in READ[format](place.read(name, file["path"]))), key=lambda row: int(row[0]))
        lines.expect(f"{name}: the rows of the log", rows == in_log or difference(rows, in_log))
        lines.expect(f"{name}: sizes and hashes as the manifest says", [
            (len(place.read(name, file["path"])), hashlib.sha256(place.read(name, file["path"])).hexdigest()) for file in files
        ], [(file["bytes"], file["sha256"]) for file in files])
        lines.expect(f"{name}: files of days", {file["path"].split("/")[0][:4] for file in files}, {"day=" if name.endswith("day") else "0000"})
        lines.expect(f"{name}: verified with the database", courier.verify(place, name)[0], 0)
        lines.expect(f"{name}: verified without it", courier.verify(place, name, database=False)[0], 0)
        lines.expect(f"{name}: nothing more is due", courier.export(place, name)[1], f"{name}: 0 ranges, 0 events\n")
    for name in names:
        database.all("select telemetry.drop_export(%s)", name)


def difference(rows, in_log):
    return next(((row, other) for row, other in zip(rows, in_log) if row != other), (len(rows), len(in_log)))


def of_parquet(content):
    for row in pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist():
        def text(name):
            value = row[name]
            if value is None:
                return None
            if name.endswith("_ts"):
                return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if name.endswith("_id") and name != "ingest_id":
                return str(uuid.UUID(bytes=value)) if isinstance(value, bytes) else str(value)
            return value if isinstance(value, float) else str(value)
        yield [text(name) for name in COLUMNS]


def of_json_lines(content):
    for line in content.decode().splitlines():
        raw = line
        row = json.loads(raw)
        # The payload is the text of the database: it is cut out, not written anew.
        start = raw.index('"payload":') + len('"payload":')
        end = start + json.JSONDecoder().raw_decode(raw[start:])[1]
        row["payload"] = raw[start:end]
        yield [str(value) if isinstance(value, int) else value for value in ((float(row[name]) if name == "amount" and row[name] is not None else row[name]) for name in COLUMNS)]


def of_csv(content):
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    header = next(rows)
    for cells in rows:
        row = dict(zip(header, (cell or None for cell in cells)))
        row["amount"] = None if row["amount"] is None else float(row["amount"])
        yield [row[name] for name in COLUMNS]


READ = {"parquet": of_parquet, "jsonl": of_json_lines, "csv": of_csv}
