"""The small files of a day become one: readers see the same rows, by the manifest, before and after."""

import io

import pyarrow.parquet

from stage import kill, manifest


def compaction(lines, database, courier, place):
    for format in ("parquet", "jsonl", "csv"):
        name = f"compacted_{place.name.lower()}_{format}"
        database.register(name, format=format, partition_by="day", most_rows=200, **{"from": "now"})
        database.log(2000, seed=name)
        database.wait_for_frontier()
        lines.expect(f"{format}: exported", courier.export(place, name)[0], 0)
        before = manifest(place, name)
        rows = ids(place, name, before) if format == "parquet" else total(before)
        killed = courier.start(place, "compact", f"{place.uri}/{name}", database=False)
        kill(killed)
        code, said, logged = courier.compact(place, name)
        lines.expect(f"{format}: compacted, after a kill", code, 0)
        if code:
            print(logged)
        after = manifest(place, name)
        lines.expect(f"{format}: fewer files", len(after) < len(before) / 2)
        lines.expect(f"{format}: the same rows", ids(place, name, after) if format == "parquet" else total(after), rows)
        lines.expect(f"{format}: verified with the database", courier.verify(place, name)[0], 0)
        lines.expect(f"{format}: nothing more to compact", courier.compact(place, name)[1], "0 files became 0\n")
        replaced = {file["path"] for file in before} - {file["path"] for file in after}
        lines.expect(f"{format}: what it replaced is still there", replaced <= set(place.list(name)))
        courier.compact(place, name, "--remove")
        lines.expect(f"{format}: and goes when it is told so", replaced & set(place.list(name)), set())
        lines.expect(f"{format}: verified after that", courier.verify(place, name)[0], 0)
        database.log(300, seed=f"{name} later")
        database.wait_for_frontier()
        lines.expect(f"{format}: the export goes on", (courier.export(place, name)[0], total(manifest(place, name))), (0, 2300))
        database.all("select telemetry.drop_export(%s)", name)


def total(files):
    return sum(file["rows"] for file in files)


def ids(place, name, files):
    found = []
    for file in files:
        table = pyarrow.parquet.read_table(io.BytesIO(place.read(name, file["path"])), columns=["ingest_id", "event_id"])
        numbers = table["ingest_id"].to_pylist()
        assert numbers == sorted(numbers), file["path"]
        found += zip(numbers, table["event_id"].to_pylist())
    return sorted(found)
