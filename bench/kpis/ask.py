"""ask.py URL EVENTS ROUNDS QUESTIONS DOCUMENT: asks each question of the KPI and of plain SQL in turn, compares the rows,
and writes a table of the medians.
"""

import pathlib
import re
import statistics
import sys
import time

import psycopg

from machine import machine, wait_until_quiet

# A statement of plain SQL that takes longer than so many seconds is asked once.
SLOW = 5.0


def main(url: str, events: str, rounds: str, questions: str, document: str) -> None:
    rows = []
    with connect(url) as kpis, connect(url) as plain:
        version = kpis.execute("show server_version").fetchone()[0].split(" ")[0]
        for name, why, kpi, sql in read(pathlib.Path(questions).read_text()):
            # The first answers, without a clock, fill the caches of both.
            answer, expected = kpis.execute(kpi).fetchall(), timed(plain, sql)
            if not why and normalised(answer) != normalised(expected[1]):
                raise SystemExit(f"{name}: the answers differ:\n{difference(answer, expected[1])}")
            took, taken = [], []
            for number in range(int(rounds)):
                wait_until_quiet()
                took.append(timed(kpis, kpi)[0])
                if number == 0 or expected[0] < SLOW:
                    taken.append(timed(plain, sql)[0])
            rows.append((name, why, statistics.median(took), statistics.median(taken)))
            print(f"{name}: {rows[-1][2] * 1000:.1f} ms, SQL {rows[-1][3] * 1000:.0f} ms", file=sys.stderr, flush=True)
    pathlib.Path(document).write_text(report(rows, int(events), int(rounds), version))


def connect(url: str):
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("set timezone = 'UTC'")
    return connection


def read(text: str):
    """Name, why rows are not compared, the KPI's statement and that of plain SQL."""
    for section in re.split(r"^-- kpi ", text, flags=re.M)[1:]:
        title, body = section.split("\n", 1)
        name, why = re.fullmatch(r"(.*?)(?: \((.*)\))?", title).groups()
        kpi, sql = re.split(r"(?<=;)\n(?=select|with)", body.strip(), maxsplit=1)
        yield name, why, kpi, sql


def timed(connection, sql: str):
    began = time.perf_counter()
    rows = connection.execute(sql).fetchall()
    return time.perf_counter() - began, rows


def normalised(rows) -> list:
    return sorted([str(float(value)) if is_number(value) else str(value) for value in row] for row in rows)


def is_number(value) -> bool:
    return not isinstance(value, (bool, str)) and hasattr(value, "__float__")


def difference(one, other) -> str:
    one, other = normalised(one), normalised(other)
    return f"KPI only: {[row for row in one if row not in other][:5]}\nSQL only: {[row for row in other if row not in one][:5]}"


def report(rows, events: int, rounds: int, version: str) -> str:
    about = machine()
    lines = [
        "# Every KPI against plain SQL",
        f"{events:,} events of 90 days in one tenant, {about['cores']} cores, {about['memory_gib']} GiB, PostgreSQL {version},",
        f"{about['date']}; {'medians of %d calls' % rounds if rounds > 1 else 'one call'} in turn with plain SQL on the same server (4 GB of shared buffers, 256 MB of",
        "work_mem, its parallel workers), which is asked once where it takes more than 5 seconds. telemetry runs in one process. Both",
        "must give the same rows, unless the table says what the SQL does instead. `bench/kpis/run` makes it; the statements are in",
        "`bench/kpis/questions.sql`. Written by `bench/kpis/ask.py`.",
        "",
        "| KPI | telemetry | plain SQL | ratio | the SQL gives |",
        "|---|---:|---:|---:|---|",
    ]
    for name, why, took, taken in rows:
        lines.append(f"| {name} | {shown(took)} | {shown(taken)} | {taken / took:.1f} | {why.removeprefix('SQL: ') if why else 'the same rows'} |")
    return "\n".join(lines) + "\n"


def shown(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    main(*sys.argv[1:])
