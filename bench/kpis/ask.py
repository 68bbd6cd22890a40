"""ask.py URL PLACE EVENTS ROUNDS DOCUMENT: asks each question of the KPI and of every engine in turn, compares the rows, and writes
a table of the medians. ROUNDS 0: compares alone. ENGINES, ONLY (titles, separated by semicolons), KPI_THREADS: see run.
"""

import os
import pathlib
import statistics
import sys
import time

import document as page
from engines import ClickHouse, DuckDB, PostgreSQL
from machine import wait_until_quiet
from statements import Question, Way, difference, normalised, questions

# A statement of another engine that takes longer than so many seconds is asked once.
SLOW = 5.0
KEYS = ["postgresql", "clickhouse", "duckdb"]


def main(url: str, place: pathlib.Path, events: int, rounds: int, target: pathlib.Path) -> None:
    wanted = os.environ.get("ENGINES", "").split() or KEYS
    only = [name.strip() for name in os.environ.get("ONLY", "").split(";") if name.strip()]
    threads = os.environ.get("KPI_THREADS") or "1"
    kpis = PostgreSQL(url, "telemetry", threads)
    engines = {key: start(key, url, place) for key in KEYS if key in wanted}
    known = questions(list(engines))
    if unknown := [*set(wanted).difference(KEYS), *set(only).difference(question.name for question in known)]:
        raise SystemExit(f"ask.py: no engine or title: {', '.join(sorted(unknown))}; the engines are {', '.join(KEYS)}")
    asked = [question for question in known if not only or question.name in only]
    measured = [measure(question, kpis, engines, rounds) for question in asked]
    for key, engine in engines.items():
        print(f"{engine.name}: answers equal: {sum(key in row.ways for row in measured)} of {len(asked)}")
    if wrong := [answer for row in measured for answer in row.wrong]:
        raise SystemExit("\n".join(["the answers differ:", *wrong]))
    if rounds:
        text = page.document(measured, engines, events, rounds, kpis.version, threads)
        print(text)
        if events >= page.PUBLISHED_FROM and len(engines) == len(KEYS) and not only:
            page.publish(text, target, measured, events, list(engines))


def start(key: str, url: str, place: pathlib.Path):
    match key:
        case "postgresql":
            return PostgreSQL(url, "plain SQL")
        case "clickhouse":
            return ClickHouse(place, place / "events.parquet")
        case "duckdb":
            return DuckDB(place, place / "events.parquet")


def measure(question: Question, kpis: PostgreSQL, engines: dict, rounds: int) -> page.Row:
    # The first answers fill the caches, and tell the fastest way of each engine.
    answer = normalised(kpis.ask(question.kpi))
    chosen, firsts, wrong = {}, {}, []
    for key, ways in question.ways.items():
        right = []
        for way in ways:
            took, rows = timed(engines[key], way.statement)
            if told := difference(answer, normalised(rows), way.tolerance):
                wrong.append(f"{question.name}: {engines[key].name}, {way.label}: {told}")
            else:
                right.append((took, way))
        if right:
            firsts[key], chosen[key] = fastest(engines[key], right, rounds)
    seconds = {key: [] for key in ["telemetry", *chosen]}
    for number in range(rounds):
        for key, taken in seconds.items():
            engine, statement = (kpis, question.kpi) if key == "telemetry" else (engines[key], chosen[key].statement)
            if number == 0 or firsts.get(key, 0.0) < SLOW:
                wait_until_quiet()
                taken.append(timed(engine, statement)[0])
    row = page.Row(question, chosen, {key: statistics.median(taken) for key, taken in seconds.items() if taken}, wrong)
    print("\n".join(wrong) or (row.line() if rounds else f"{question.name}: equal"), file=sys.stderr, flush=True)
    return row


def fastest(engine, tried: list[tuple[float, Way]], rounds: int) -> tuple[float, Way]:
    """The best of three of those ways that are not far from the best at once."""
    best = min(took for took, _ in tried)
    again = [
        (min(took, *(timed(engine, way.statement)[0] for _ in range(2))) if rounds and took < min(2.5 * best, SLOW) else took, way)
        for took, way in tried
    ]
    return min(again if len(tried) > 1 else tried, key=lambda entry: entry[0])


def timed(engine, sql: str):
    began = time.perf_counter()
    rows = engine.ask(sql)
    return time.perf_counter() - began, rows


if __name__ == "__main__":
    url, place, events, rounds, target = sys.argv[1:]
    main(url, pathlib.Path(place), int(events), int(rounds), pathlib.Path(target))
