"""tail.py URL ROUNDS: KPIs while 100,000 events lie above the cursor, of which the tenants that ask have ten each."""

import sys

from kpis import QUESTIONS
from tenants import MIDDLE, SMALL, LARGE, ask, connect, ids, median, percentile, row, table

ARRIVE = """
insert into telemetry.events (event_ts, event_id, tenant_id, user_id, event_name, source, payload)
select timestamptz '2025-12-31 20:00Z' + n * interval '100 milliseconds', gen_random_uuid(), z.tenant_id, md5('user ' || z.rank || ' ' || n % 3)::uuid,
       'viewed', 'web', '{"plan": "free", "ms": 7}'
  from generate_series(1, 100000) n
  join size z on z.rank = 1 + n % (select count(*) from size)
"""


def main(url: str, rounds: str) -> None:
    with connect(url) as connection, connect(url) as asking:
        known = ids(connection)
        questions = [q for q in QUESTIONS if q[0] in ("event_volume", "active_users", "funnel", "event_ratio")]
        before = {}
        for at in ("before", "after"):
            for name, kpi, _ in questions:
                for size, ranks in (("small", SMALL), ("middle", MIDDLE), ("largest", LARGE)):
                    taken = [ask(asking, kpi, known[ranks[n % len(ranks)]])[0] for n in range(int(rounds))]
                    if at == "before":
                        before[name, size] = median(taken)
                    else:
                        row(name, size, before[name, size], median(taken), percentile(taken, 0.99))
            if at == "before":
                connection.execute(ARRIVE)
                print("\n100,000 events above the cursor, ten of each tenant; milliseconds\n")
                table("KPI", "tenant", "without, p50", "with, p50", "with, p99")


if __name__ == "__main__":
    main(*sys.argv[1:])
