"""load.py URL FILE: the history into PostgreSQL, in the order of the file. For a database that has no events yet.

COPY by the owner, whom the guard allows, into partitions of the same transaction; the indexes are made afterwards, as
they are in telemetry. Prints what it took as JSON.
"""

import json
import os
import sys
import tempfile
import threading
import time

import duckdb
import psycopg

from questions import SINCE, TAIL_UNTIL

COLUMNS = "event_ts, event_id, tenant_id, user_id, session_id, event_name, source, payload"
ROWS = "event_ts, event_id, '00000000-0000-0000-0000-000000000000', user_id, session_id, event_name, source, payload"


def main(url: str, path: str) -> None:
    took = {}
    with psycopg.connect(url) as connection:
        began = time.perf_counter()
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute(
            "select telemetry_private.ensure_partition(at) from generate_series(%s::timestamptz, %s, '1 day') at",
            (SINCE.isoformat() + "Z", TAIL_UNTIL.isoformat() + "Z"),
        )
        indexes = take_indexes(connection)
        took["events"] = copy(connection, path)
        took["copy_seconds"] = time.perf_counter() - began
        for definition in indexes:
            connection.execute(definition)
        connection.commit()
        took["copy_and_indexes_seconds"] = time.perf_counter() - began
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum (analyze) telemetry.events")
        connection.execute("checkpoint")
        took["load_seconds"] = time.perf_counter() - began
        took["heap_bytes"], took["index_bytes"] = connection.execute(
            "select sum(pg_table_size(partition))::bigint, sum(pg_indexes_size(partition))::bigint"
            "  from telemetry_private.partition_bounds()"
        ).fetchone()
    print(json.dumps(took))


def take_indexes(connection) -> list[str]:
    """Drops the indexes of telemetry.events and returns what makes them again."""
    again = []
    for name, constraint, definition in connection.execute(
        "select c.relname, k.conname,"
        "       coalesce(pg_get_constraintdef(k.oid), replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON '))"
        "  from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_constraint k on k.conindid = c.oid"
        " where i.indrelid = 'telemetry.events'::regclass order by k.conname"
    ).fetchall():
        if constraint is None:
            connection.execute(f"drop index telemetry.{name}")
            again.append(definition)
        else:
            connection.execute(f"alter table telemetry.events drop constraint {constraint}")
            again.append(f"alter table telemetry.events add constraint {constraint} {definition}")
    return again


def copy(connection, path: str) -> int:
    """DuckDB turns Parquet into CSV on one core while the server reads it on the other."""
    with tempfile.TemporaryDirectory() as place:
        pipe = os.path.join(place, "events.csv")
        os.mkfifo(pipe)
        writer = threading.Thread(target=write_csv, args=(path, pipe))
        writer.start()
        with open(pipe, "rb") as rows, connection.cursor() as cursor:
            with cursor.copy(f"copy telemetry.events ({COLUMNS}) from stdin (format csv)") as stream:
                while block := rows.read(1 << 20):
                    stream.write(block)
            writer.join()
            return cursor.rowcount


def write_csv(path: str, pipe: str) -> None:
    converter = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
    converter.execute("set timezone = 'UTC'")
    converter.execute(
        f"copy (select {ROWS} from read_parquet('{path}')) to '{pipe}' (format csv, header false)"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
