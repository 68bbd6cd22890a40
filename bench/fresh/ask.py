"""ask.py URL PGBENCH SECONDS RATE: asks the five questions in turn, first on a quiet night, then while RATE events a second are logged
and a worker ticks every second; SECONDS each. Prints a table, and what ticks took of a core.

Between two questions it waits a tenth of a second, so that who asks does not keep a core busy alone.
"""

import datetime
import pathlib
import statistics
import subprocess
import sys
import time

import psycopg
from questions import TITLES, ways

HERE = pathlib.Path(__file__).parent
CLIENTS = 4
PAUSE = 0.1


def main(url: str, pgbench: str, seconds: int, rate: int) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    words = {"since": literal(today - datetime.timedelta(90)), "until": literal(today + datetime.timedelta(2))}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("call telemetry.tick(3600)")
        connection.execute("select telemetry.schedule_tick('1 second')")
        try:
            quiet, idle = asked(connection, words, seconds)
            (before,) = connection.execute("select count(*) from telemetry.events where event_ts >= current_date").fetchone()
            (users,) = connection.execute("select count(*) from users").fetchone()
            logging = subprocess.Popen(
                [pgbench, "-n", "-f", str(HERE / "log.sql"), "-D", f"users={users}", "-c", str(CLIENTS), "-R", str(rate), "-T", str(seconds + 10), url],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            time.sleep(5)
            busy, ticking = asked(connection, words, seconds)
            told = logging.communicate()[0]
            (after,) = connection.execute("select count(*) from telemetry.events where event_ts >= current_date").fetchone()
        finally:
            connection.execute("select telemetry.unschedule_tick()")
    if logging.returncode:
        raise SystemExit(f"ask.py: pgbench failed: {told}")
    print(f"{round((after - before) / (seconds + 10))} events a second were logged; ticks took {ticking * 100:.1f} % of a core, and {idle * 100:.1f} % where nothing was logged")
    print("\n| ms | asked | quiet p50 | p95 | busy p50 | p95 | p50 / p50 | p95 / quiet p50 | p95 / p95 |\n| --- |" + " ---: |" * 8)
    for question, title in TITLES.items():
        a, b = quiet[question], busy[question]
        figures = [p(a, 50), p(a, 95), p(b, 50), p(b, 95)]
        ratios = [figures[2] / figures[0], figures[3] / figures[0], figures[3] / figures[1]]
        print(f"| {title} | {len(b)} | " + " | ".join(f"{1000 * x:.2f}" for x in figures) + " | " + " | ".join(f"{x:.2f}" for x in ratios) + " |")


def literal(day: datetime.date) -> str:
    return f"timestamptz '{day} 00:00:00+00'"


def asked(connection, words: dict, seconds: int) -> tuple[dict, float]:
    """question -> seconds of each call; and the share of a core that ticks took meanwhile."""
    took = {question: [] for question in TITLES}
    statements = {question: sql.format(**words) for question, [(_, sql)] in ways("telemetry").items()}
    for sql in statements.values():
        connection.execute(sql).fetchall()
    ticks, began = tick_seconds(connection), time.perf_counter()
    while time.perf_counter() - began < seconds:
        for question, sql in statements.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            connection.execute(sql).fetchall()
            took[question].append(time.perf_counter() - start)
    return took, (tick_seconds(connection) - ticks) / (time.perf_counter() - began)


def tick_seconds(connection) -> float:
    """Processor time of the server's processes that have ended: each tick is one, and nothing else ends meanwhile."""
    (server,) = stat(connection.info.backend_pid)[1:2]
    return sum(int(word) for word in stat(server)[13:15]) / 100


def stat(pid) -> list[str]:
    """What /proc says of a process, behind its name: state, parent, and so on."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()


def p(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
