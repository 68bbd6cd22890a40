"""The three that ask PostgreSQL: telemetry on the timeline, telemetry on the raw rows, and the seeds' SQL.

Each has a connection of its own, so that what one backend keeps in memory is its own.
"""

import threading
import time

import psycopg


class Postgres:
    def __init__(self, name: str, url: str, source: str | None = None):
        self.name = name
        self.url = url
        self.source = source
        self.connection = self.connect()
        self.version = "PostgreSQL " + self.ask("show server_version")[0][0].split(" ")[0]

    def connect(self):
        connection = psycopg.connect(self.url, autocommit=True)
        if self.source:
            connection.execute("load 'telemetry'")
            connection.execute("select set_config('telemetry.kpi_source', %s, false)", (self.source,))
        return connection

    def ask(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def words(self, since, until) -> dict:
        return {"since": f"timestamptz '{since:%Y-%m-%d %H:%M:%S}+00'", "until": f"timestamptz '{until:%Y-%m-%d %H:%M:%S}+00'"}

    def peak_memory(self, sql: str) -> int:
        """Bytes that one call adds to the private memory of a backend that has just begun, at most; sampled."""
        with self.connect() as connection:
            connection.execute("select telemetry.current_tenant()").fetchall()
            pid = connection.info.backend_pid
            before = peak = private_bytes(pid)
            answered = threading.Event()

            def watch():
                nonlocal peak
                while not answered.is_set():
                    peak = max(peak, private_bytes(pid))
                    time.sleep(0.0005)

            watcher = threading.Thread(target=watch)
            watcher.start()
            connection.execute(sql).fetchall()
            answered.set()
            watcher.join()
            return max(peak, private_bytes(pid)) - before


def private_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0
