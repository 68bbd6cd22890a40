"""logging_calls.py URL CALLS: log_event() and log_events() by a server role, in loops inside the server, of one tenant and
of many in turn, none of them limited and one in twenty.
"""

import sys

from tenants import connect, median, memory, row, table

LOOP = """
create or replace function logged(calls integer, tenants uuid[], batch integer) returns double precision language plpgsql as $$
declare
    since timestamptz := clock_timestamp();
    batches constant jsonb[] := case when batch > 1 then array(
        select jsonb_agg(jsonb_build_object('event_name', 'viewed', 'tenant_id', t, 'user_id', '00000000-0000-4000-8000-0000000000a1', 'payload', '{"plan": "free", "ms": 7}'::jsonb))
          from (select tenants[1 + n % cardinality(tenants)] as t, n / batch as b from generate_series(0, calls - 1) n) e group by b order by b) end;
begin
    since := clock_timestamp();
    if batch > 1 then
        for n in 1 .. calls / batch loop
            perform telemetry.log_events(batches[n]);
        end loop;
    else
        for n in 1 .. calls loop
            perform telemetry.log_event('viewed', '{"plan": "free", "ms": 7}', tenant_id => tenants[1 + n % cardinality(tenants)], user_id => '00000000-0000-4000-8000-0000000000a1');
        end loop;
    end if;
    return extract(epoch from clock_timestamp() - since) * 1e6 / calls;
end $$
"""


def main(url: str, calls: str) -> None:
    with connect(url) as connection:
        connection.execute(LOOP)
        everybody = [r[0] for r in connection.execute("select tenant_id from size order by rank").fetchall()]
        print("\nlog_event() and log_events(), 100 events a batch, in a loop; microseconds an event\n")
        table("tenants", "log_event", "log_events", "memory of a new connection, MB", "after, MB", "contexts before", "after")
        measure(url, "one", everybody[-1:], int(calls))
        measure(url, f"{len(everybody):,} in turn", everybody, int(calls))
        connection.execute(
            "select telemetry.set_tenant(tenant_id, events_per_day => 1000000, payload_limit => 4000) from size where rank % 20 = 0"
        )
        measure(url, f"{len(everybody):,} in turn, one in 20 limited", everybody, int(calls))
        connection.execute("select telemetry.set_tenant(tenant_id, events_per_day => -1, payload_limit => -1) from size where rank % 20 = 0")


def measure(url: str, name: str, tenants: list, calls: int) -> None:
    singles, batches = [], []
    with connect(url) as connection:
        connection.execute("select telemetry.try_log_event('viewed', '{}', tenant_id => %s)", (tenants[0],))
        before = memory(connection)
        for _ in range(3):
            for batch, taken in ((1, singles), (100, batches)):
                with connection.transaction(force_rollback=True):
                    taken.append(connection.execute("select logged(%s, %s, %s)", (calls, tenants, batch)).fetchone()[0])
        after = memory(connection)
    row(name, median(singles), median(batches), before[0], after[0], before[1], after[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
