"""ticks.py URL EVENTS ROUNDS: what a tick costs that finds so many new events of half of the tenants, and one that finds
one, and what the derived tables hold.
"""

import sys
import time

from tenants import connect, median, row, table

ARRIVE = """
insert into telemetry.events (event_ts, event_id, tenant_id, user_id, event_name, source, payload)
select timestamptz '2026-01-01 00:00Z' + n * interval '1 millisecond', gen_random_uuid(), z.tenant_id, md5('user ' || z.rank || ' ' || n %% 3)::uuid,
       'viewed', 'web', '{"plan": "free", "ms": 7}'
  from generate_series(1, %(events)s) n
  join size z on z.rank = 1 + n * 7919 %% greatest(%(tenants)s / 2, 1) * 2
"""



def main(url: str, events: str, rounds: str) -> None:
    with connect(url) as connection:
        sizes(connection)
        tenants = connection.execute("select count(*) from size").fetchone()[0]
        print("\nTicks; seconds, medians\n")
        table("new events", "of tenants", "seconds", "rows of derived tables written, last", "WAL, MB, last")
        for new in (int(events), 1, 0):
            taken, wal = [], 0
            for _ in range(int(rounds)):
                arrivals = connection.execute(ARRIVE, {"events": new, "tenants": tenants}).rowcount
                before = written(connection)
                since = connection.execute("select pg_current_wal_insert_lsn()").fetchone()[0]
                began = time.perf_counter()
                connection.execute("call telemetry.tick(3600)")
                taken.append(time.perf_counter() - began)
                wal = connection.execute("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s) / 1024 / 1024", (since,)).fetchone()[0]
            row(f"{arrivals:,}", f"{min(arrivals, max(tenants // 2, 1)):,}", median(taken), written(connection) - before, float(wal))


def written(connection) -> int:
    connection.execute("select pg_stat_force_next_flush()")
    return connection.execute(
        "select sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint from pg_stat_user_tables"
        " where relname in ('timeline_chunks', 'timeline_actors', 'timeline_tenants', 'hourly_counts')"
    ).fetchone()[0]


def sizes(connection) -> None:
    print("\nWhat is derived\n")
    table("table", "rows", "MB with indexes", "bytes of rows an event")
    events = connection.execute("select count(*) from telemetry.events").fetchone()[0]
    for name in ("timeline_chunks", "timeline_actors", "timeline_tenants", "hourly_counts"):
        rows = connection.execute(f"select count(*) from telemetry.{name}").fetchone()[0]
        size = connection.execute("select pg_total_relation_size(%s::regclass)", (f"telemetry.{name}",)).fetchone()[0]
        held = connection.execute(f"select sum(pg_column_size(t.*))::float8 from telemetry.{name} t").fetchone()[0]
        row(name, f"{rows:,}", size / 1024 / 1024, held / events)
    row("events", f"{events:,}", *connection.execute(
        "select (sum(pg_total_relation_size(partition)) / 1024 / 1024)::float8, (sum(pg_relation_size(partition)) / %s)::float8"
        "  from telemetry_private.partition_bounds()", (events,)).fetchone())


if __name__ == "__main__":
    main(*sys.argv[1:])
