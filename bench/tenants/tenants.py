"""Who asks, and how long it takes: what the measurements of bench/tenants have in common."""

import json
import statistics
import time

import psycopg

# Tenants by rank of size: the largest, some of the middle, and small ones, of whom each asks in turn.
LARGE, MIDDLE, SMALL = [1], list(range(50, 150)), list(range(4000, 9999, 7))


def connect(url: str):
    connection = psycopg.connect(url, autocommit=True)
    # Every statement is planned as PostgREST's first call of a connection is.
    connection.prepare_threshold = None
    # What is stored by INSERT gets new ids, as if the logging functions stored it.
    connection.execute("set telemetry_private.derives = 'on'")
    return connection


def ids(connection) -> dict[int, str]:
    return {rank: str(tenant) for rank, tenant in connection.execute("select rank, tenant_id from size").fetchall()}


def claims(tenant: str) -> str:
    return json.dumps({"role": "authenticated", "sub": "ann", "app_metadata": {"tenant_id": tenant}})


def ask(connection, sql: str, tenant: str | None) -> tuple[float, list]:
    """Milliseconds and rows of a statement as a tenant's own request, in a transaction as PostgREST has it; None: the owner."""
    with connection.transaction():
        if tenant:
            connection.execute("set local role authenticated")
            connection.execute("select set_config('request.jwt.claims', %s, true)", (claims(tenant),))
        began = time.perf_counter()
        rows = connection.execute(sql).fetchall()
        return (time.perf_counter() - began) * 1000, rows


def percentile(taken: list[float], share: float) -> float:
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]


def median(taken: list[float]) -> float:
    return statistics.median(taken)


def table(*columns: str) -> None:
    row(*columns)
    print("|" + "|".join(["---"] + ["---:"] * (len(columns) - 1)) + "|", flush=True)


def row(*cells) -> None:
    print("| " + " | ".join(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True)


def memory(connection) -> tuple[float, float]:
    """MB of the backend: resident beyond what it shares, and in PostgreSQL's memory contexts."""
    process = connection.info.backend_pid
    with open(f"/proc/{process}/status") as lines:
        kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
    contexts = connection.execute("select sum(total_bytes)::bigint from pg_backend_memory_contexts").fetchone()[0]
    return kilobytes / 1024, contexts / 1024 / 1024
