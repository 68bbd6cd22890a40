"""measure.py EVENTS ROUNDS URL PARQUET PLACE: asks the five questions of everybody in turn and writes PLACE/results.json.

First everybody answers once without a clock, and ClickHouse and DuckDB find their fastest table and way. Then rounds:
for each question each system once. All answers must be equal; the run fails when they are not. SYSTEMS, a list of names
in the environment, limits it to these.
"""

import json
import os
import pathlib
import sys
import time

from freshness import freshness, read_model
from machine import machine, wait_until_quiet
from peers import TABLES, ClickHouse, DuckDB
from postgres import Postgres
from questions import SINCE, TITLES, UNTIL, normalised, ways

KEYS = ["telemetry", "raw", "seeds", "clickhouse", "duckdb"]
# Rounds of those that take seconds per answer, and from how many events on they have one.
SLOW = {"raw": 3, "seeds": 3}
ONE_ROUND_FROM = 50_000_000


def main(events: int, rounds: int, url: str, parquet: str, place: pathlib.Path) -> None:
    wanted = os.environ.get("SYSTEMS", "").split() or KEYS
    result = {"events": events, "rounds": rounds, "machine": machine(), "ways": {}, "seconds": {}, "answers": {}}
    if "telemetry" in wanted:
        result["read_model"] = read_model(url, events)
    systems = {key: start(key, url, parquet, place) for key in KEYS if key in wanted}
    result["versions"] = sorted({system.version for system in systems.values()})

    asked = {}  # (key, question) -> SQL
    for key, system in systems.items():
        for question in TITLES:
            asked[key, question], result["ways"][f"{key} {question}"] = choose(key, system, question)
            say(f"{system.name}, {TITLES[question]}: {result['ways'][f'{key} {question}']['chosen']}")

    seconds = {pair: [] for pair in asked}
    for number in range(rounds):
        for question in TITLES:
            answers = {}
            for key, system in systems.items():
                if number < rounds_of(key, events, rounds):
                    took, rows = timed(system, asked[key, question])
                    seconds[key, question].append(took)
                    answers[system.name] = normalised(rows)
            compare(question, answers)
            result["answers"][question] = len(next(iter(answers.values())))
        say(f"round {number + 1} of {rounds}")
    result["seconds"] = {f"{key} {question}": values for (key, question), values in seconds.items()}

    if "telemetry" in wanted:
        telemetry = systems["telemetry"]
        result["memory"] = {question: telemetry.peak_memory(asked["telemetry", question]) for question in TITLES}
        result["freshness"] = freshness(url, telemetry, systems.get("raw"), rounds)
    (place / "results.json").write_text(json.dumps(result, indent=1))


def start(key: str, url: str, parquet: str, place: pathlib.Path):
    match key:
        case "telemetry":
            return Postgres("telemetry", url)
        case "raw":
            return Postgres("telemetry, raw rows", url, source="raw")
        case "seeds":
            return Postgres("the seeds' SQL", url)
        case "clickhouse":
            return ClickHouse(place, parquet)
        case "duckdb":
            return DuckDB(place, parquet)


def choose(key: str, system, question: str) -> tuple[str, dict]:
    """The fastest SQL of this system for this question, and every way with its seconds: the best of 3, of 1 for a slow one."""
    file = "telemetry" if key == "raw" else key
    tried = {}
    for label, sql in ways(file)[question]:
        for table in TABLES if "{table}" in sql else [None]:
            name = f"{label}, {table}" if table else label
            full = sql.format(table=table, **system.words(SINCE, UNTIL)) if table else sql.format(**system.words(SINCE, UNTIL))
            tried[name] = [full, timed(system, full)[0]]
    best = min(seconds for _, seconds in tried.values())
    if len(tried) > 1:
        for name, (full, seconds) in tried.items():
            if seconds < min(2.5 * best, 10):
                tried[name][1] = min(seconds, *(timed(system, full)[0] for _ in range(2)))
    chosen = min(tried, key=lambda name: tried[name][1])
    return tried[chosen][0], {"chosen": chosen, "tried": {name: seconds for name, (_, seconds) in tried.items()}}


def timed(system, sql: str) -> tuple[float, list[tuple]]:
    wait_until_quiet()
    began = time.perf_counter()
    rows = system.ask(sql)
    return time.perf_counter() - began, rows


def rounds_of(key: str, events: int, rounds: int) -> int:
    if key in SLOW:
        return 1 if events >= ONE_ROUND_FROM else min(SLOW[key], rounds)
    return rounds


def compare(question: str, answers: dict[str, list[tuple]]) -> None:
    (first, expected), *others = answers.items()
    for name, rows in others:
        if rows != expected:
            different = sorted(set(rows) ^ set(expected))[:6]
            raise SystemExit(f"measure.py: {TITLES[question]}: {first} and {name} disagree, for instance about {different}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], pathlib.Path(sys.argv[5]))
