"""kpis.py URL CALLS [ALONE_SMALL ALONE_MIDDLE ALONE_LARGE]: each KPI as tenants of three sizes ask it in turn on one
connection, beside plain SQL under the same role, and beside the KPI over a log that holds one such tenant alone. The
answers of the KPI and of the log alone are compared.
"""

import sys
import time

import psycopg

from tenants import LARGE, MIDDLE, SMALL, ask, connect, ids, median, memory, percentile, row, table

YEAR = "'2025-01-01', '2026-01-01'"
IN_YEAR = "event_ts >= '2025-01-01' and event_ts < '2026-01-01'"

# Name, the KPI, and a part of the same by plain SQL.
QUESTIONS = [
    ("event_volume", f"select * from telemetry.event_volume(since => {YEAR}, until => 'week')",
     f"select date_trunc('week', event_ts), event_name, count(*) from telemetry.events where {IN_YEAR} group by 1, 2"),
    ("active_users", f"select * from telemetry.active_users(since => {YEAR}, until => 'week')",
     f"select date_trunc('week', event_ts), count(distinct user_id) from telemetry.events where {IN_YEAR} group by 1"),
    ("funnel", f"""select * from telemetry.funnel('["searched", "opened", "bought"]', '7 days', {YEAR})""",
     f"""select count(*), count(o), count(b) from (select user_id, min(event_ts) as s from telemetry.events where event_name = 'searched' and {IN_YEAR} group by 1) s
         left join lateral (select min(event_ts) as o from telemetry.events e where e.user_id = s.user_id and event_name = 'opened' and event_ts > s and event_ts < s + interval '7 days') o on true
         left join lateral (select min(event_ts) as b from telemetry.events e where e.user_id = s.user_id and event_name = 'bought' and event_ts > o and event_ts < s + interval '7 days') b on true"""),
    ("retention", f"select * from telemetry.retention('viewed', 'viewed', {YEAR}, 'month')",
     f"""with active as materialized (select distinct date_trunc('month', event_ts) as month, user_id from telemetry.events where event_name = 'viewed' and {IN_YEAR})
         select a.month, b.month, count(*) from active a join active b using (user_id) where b.month >= a.month group by 1, 2"""),
    ("dau_mau", f"select * from telemetry.dau_mau(since => {YEAR})",
     f"select date_trunc('month', event_ts), count(distinct user_id), count(distinct (user_id, date_trunc('day', event_ts))) from telemetry.events where {IN_YEAR} group by 1"),
    ("event_ratio", f"select * from telemetry.event_ratio('bought', 'viewed', since => {YEAR}, until => 'week')",
     f"select date_trunc('week', event_ts), count(*) filter (where event_name = 'bought'), count(*) from telemetry.events where event_name in ('bought', 'viewed') and {IN_YEAR} group by 1"),
    ("percentiles", f"select * from telemetry.percentiles('ms', events => '{{viewed}}', since => '2025-01-01', until => '2026-01-01', grain => 'month')",
     f"select date_trunc('month', event_ts), percentile_cont('{{0.5,0.95}}'::float8[]) within group (order by (payload ->> 'ms')::float8) from telemetry.events where event_name = 'viewed' and {IN_YEAR} group by 1"),
    ("top_values", "select * from telemetry.top_values('ms', events => '{viewed}', since => '2025-01-01', until => '2026-01-01')",
     f"select payload ->> 'ms', count(*) from telemetry.events where event_name = 'viewed' and {IN_YEAR} group by 1 order by 2 desc limit 10"),
    ("session_stats", f"select * from telemetry.session_stats({YEAR}, 'month')",
     f"select date_trunc('month', event_ts), count(distinct session_id) from telemetry.events where {IN_YEAR} group by 1"),
    ("rate_of_errors", f"select * from telemetry.rate_of_errors('{{failed}}', since => '2025-01-01', until => '2026-01-01', grain => 'week')",
     f"select date_trunc('week', event_ts), count(*) filter (where event_name = 'failed'), count(*) from telemetry.events where {IN_YEAR} group by 1"),
    ("event_volume of all time", "select * from telemetry.event_volume(until => '2026-01-01', grain => 'month')",
     "select date_trunc('month', event_ts), event_name, count(*) from telemetry.events where event_ts < '2026-01-01' group by 1, 2"),
    ("a name nobody knows", "select telemetry.event_volume(events => '{viewd}')", None),
]


def main(url: str, calls: str, *alone: str) -> None:
    with connect(url) as connection, connect(url) as plain:
        known = ids(connection)
        logs = [connect(of_one) for of_one in alone]
        before = memory(connection)
        for (size, ranks, single), log in zip(
            [("small", SMALL, SMALL[len(SMALL) // 2]), ("middle", MIDDLE, 100), ("largest", LARGE, 1)], logs or [None] * 3
        ):
            tenants = [known[rank] for rank in ranks]
            print(f"\nA {size} tenant's own request; milliseconds\n")
            table("KPI", "p50", "p99", "plain SQL p50", "ratio", "a log of it alone p50", "ratio")
            for name, kpi, sql in QUESTIONS:
                measure(name, kpi, sql, connection, plain, log, tenants, known[single], int(calls) // (1 if len(ranks) > 1 else 10))
        after = memory(connection)
        print(f"\nMemory of the connection, MB: before {before[0]:.1f} (contexts {before[1]:.1f}), after {after[0]:.1f} ({after[1]:.1f})")


def measure(name, kpi, sql, connection, plain, log, tenants, single, calls) -> None:
    taken, by_sql, by_log = [], [], []
    if log and sql and sorted(map(str, ask(connection, kpi, single)[1])) != sorted(map(str, ask(log, kpi, single)[1])):
        raise SystemExit(f"{name}: a log of the tenant alone answers otherwise")
    for call in range(calls):
        tenant = tenants[call % len(tenants)]
        taken.append(timed(connection, kpi, tenant))
        if sql and call % 5 == 0:
            by_sql.append(timed(plain, sql, tenant))
        if log:
            by_log.append(timed(log, kpi, single))
    middle = median(taken)
    row(name, middle, percentile(taken, 0.99), median(by_sql) if by_sql else "", median(by_sql) / middle if by_sql else "",
        median(by_log) if by_log else "", middle / median(by_log) if by_log else "")


def timed(connection, sql: str, tenant: str) -> float:
    """Also of what fails, as an unknown name does."""
    began = time.perf_counter()
    try:
        return ask(connection, sql, tenant)[0]
    except psycopg.errors.InvalidParameterValue:
        return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(*sys.argv[1:])
