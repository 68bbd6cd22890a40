"""operators.py URL ROUNDS: what owners and tenants ask of the whole installation."""

import sys
import time

import psycopg

from kpis import IN_YEAR, YEAR
from tenants import LARGE, MIDDLE, SMALL, ask, connect, ids, median, row, table


def main(url: str, rounds: str) -> None:
    with connect(url) as connection:
        known = ids(connection)
        print("\nOf all tenants, by the owner; milliseconds\n")
        table("question", "telemetry", "plain SQL", "ratio")
        for name, sql, plain in [
            ("event_volume", f"select * from telemetry.event_volume(since => {YEAR}, until => 'week')",
             f"select date_trunc('week', event_ts), event_name, count(*) from telemetry.events where {IN_YEAR} group by 1, 2"),
            ("active_users", f"select * from telemetry.active_users(since => {YEAR}, until => 'week')",
             f"select date_trunc('week', event_ts), count(distinct (tenant_id, user_id)) from telemetry.events where {IN_YEAR} group by 1"),
            ("funnel", f"""select * from telemetry.funnel('["searched", "opened", "bought"]', '7 days', {YEAR})""", None),
            ("a name nobody knows", "select telemetry.event_volume(events => '{viewd}')", None),
            ("tenant_usage", "select * from telemetry.tenant_usage()", None),
            ("verify_derived", "select * from telemetry.verify_derived()", None),
        ]:
            times(connection, name, sql, plain, None, int(rounds))
        for size, rank in (("largest", LARGE[0]), ("middle", MIDDLE[0]), ("small", SMALL[0])):
            tenant = known[rank]
            print(f"\nOf a {size} tenant; milliseconds\n")
            table("question", "asked by the owner", "by the tenant", "ratio")
            for name, sql in [
                ("event_volume", f"select * from telemetry.event_volume(since => {YEAR}, until => 'week', tenant => '{tenant}')"),
                ("active_users", f"select * from telemetry.active_users(since => {YEAR}, until => 'week', tenant => '{tenant}')"),
                ("funnel", f"""select * from telemetry.funnel('["searched", "opened", "bought"]', '7 days', {YEAR}, tenant => '{tenant}')"""),
                ("tenant_usage", "select * from telemetry.tenant_usage()"),
                ("ingestion_stats", f"select * from telemetry.ingestion_stats({YEAR}, 'month', tenant => '{tenant}')"),
                ("ingestion_alerts", f"select * from telemetry.ingestion_alerts('2025-12-31', '2026-01-01', tenant => '{tenant}')"),
                ("drift_report", f"select * from telemetry.drift_report('2025-12-25', '2026-01-01', tenant => '{tenant}')"),
                ("verify_derived", f"select * from telemetry.verify_derived(tenant => '{tenant}')"),
            ]:
                by_owner = [ask(connection, sql, None)[0] for _ in range(int(rounds))]
                by_tenant = [ask(connection, sql, tenant)[0] for _ in range(int(rounds))]
                row(name, median(by_owner), median(by_tenant), median(by_tenant) / median(by_owner))


def times(connection, name, sql, plain, tenant, rounds) -> None:
    taken, by_sql = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        try:
            ask(connection, sql, tenant)
        except psycopg.errors.InvalidParameterValue:
            pass
        taken.append((time.perf_counter() - began) * 1000)
    if plain:
        by_sql = [ask(connection, plain, tenant)[0]]
    row(name, median(taken), median(by_sql) if by_sql else "", median(by_sql) / median(taken) if by_sql else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
