"""The document of bench/kpis: what each KPI took, and what the others took for the same answer, the worst ratio first."""

import pathlib
from dataclasses import dataclass

from machine import machine
from statements import Question, Way

# Smaller runs are printed.
PUBLISHED_FROM = 10_000_000
# Between these README.md tells the two worst ratios.
BEGIN, END = "<!-- bench-kpis: begin (make bench-kpis) -->\n", "<!-- bench-kpis: end -->\n"


@dataclass
class Row:
    """seconds: medians of telemetry and of each engine that was asked and gave the answer. wrong: which answers differ, and how."""

    question: Question
    ways: dict[str, Way]
    seconds: dict[str, float]
    wrong: list[str]

    def ratios(self) -> dict[str, float]:
        ours = self.seconds["telemetry"]
        return {key: taken / ours for key, taken in self.seconds.items() if key != "telemetry"}

    def line(self) -> str:
        return f"{self.question.name}: " + ", ".join(f"{key} {shown(taken)}" for key, taken in self.seconds.items())

    def notes(self) -> str:
        """Which numbers are estimates of their own."""
        within = {}
        for key, way in self.ways.items():
            within.setdefault(way.tolerance, []).append(key)
        return "; ".join(f"{listed(keys)} within {100 * tolerance:g} %" for tolerance, keys in within.items() if tolerance)


NAMES = {"postgresql": "plain SQL", "clickhouse": "ClickHouse", "duckdb": "DuckDB"}


def document(rows: list[Row], engines: dict, events: int, rounds: int, server: str, threads: str) -> str:
    keys = list(engines)
    about = machine()
    versions = ", ".join([server, *(engine.version for key, engine in engines.items() if key != "postgresql")])
    asked = f"Medians of {rounds} rounds" if rounds > 1 else "One round"
    lines = [
        f"# Every KPI beside {listed(keys)}",
        f"{events:,} events of 90 days in one tenant, {about['cores']} cores, {about['memory_gib']} GiB, {about['date']}; {versions}.",
        f"{asked}, in which each answers in turn; who needs more than 5 seconds answers once.",
        "",
        f"telemetry runs on {threads} thread{'s' if threads != '1' else ''} of one process of PostgreSQL; plain SQL on the same server, with 4 GB of",
        "shared buffers, 256 MB of work_mem and parallel workers; ClickHouse and DuckDB within the process that asks, on all",
        f"{about['cores']} cores. These two hold the payload's keys as typed columns, in a table sorted by user and in one sorted by name, and",
        "are asked in several ways: the fastest one on the faster table is measured, and named below. All rows are compared with those of",
        "telemetry, and the run fails when one differs. The last column says where telemetry or the other gives an estimate, and how far apart they may be.",
        "",
        "`bench/kpis/run` makes this page; the statements are in `bench/kpis/*.sql`. In brackets: how many times as long as telemetry. The",
        "worst ratio comes first.",
        "",
        "| KPI | telemetry | " + " | ".join(NAMES[key] for key in keys) + " | estimates |",
        "|---|---:|" + "---:|" * len(keys) + "---|",
    ]
    for row in worst_first(rows):
        cells = [cell(row, key) for key in keys]
        lines.append(f"| {row.question.name} | {shown(row.seconds['telemetry'])} | {' | '.join(cells)} | {row.notes()} |")
    return "\n".join(lines) + "\n" + measured_ways(worst_first(rows), keys)


def cell(row: Row, key: str) -> str:
    return f"{shown(row.seconds[key])} ({times(row.ratios()[key])})" if key in row.seconds else "not asked"


def times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def listed(keys: list[str]) -> str:
    """One name; or one, another and a third."""
    names = [NAMES[key] for key in keys]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def measured_ways(rows: list[Row], keys: list[str]) -> str:
    """Which way and table was the fastest of several, so that nobody has to believe it."""
    lines = ["", "## The ways that were measured", "| KPI | " + " | ".join(NAMES[key] for key in keys if key != "postgresql") + " |"]
    lines.append("|---|" + "---|" * (len(keys) - ("postgresql" in keys)))
    for row in rows:
        cells = [row.ways[key].label if key in row.ways else "" for key in keys if key != "postgresql"]
        lines.append(f"| {row.question.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def worst_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: min(row.ratios().values(), default=float("inf")))


def summary(rows: list[Row], events: int, keys: list[str]) -> str:
    """What README.md says: how many questions, and the two worst."""
    told = []
    for row in worst_first(rows)[:2]:
        key, ratio = min(row.ratios().items(), key=lambda entry: entry[1])
        ours, theirs = shown(row.seconds["telemetry"]), shown(row.seconds[key])
        told.append(f"*{row.question.name}* with {ours} beside {theirs} of {NAMES[key]} ({times(ratio)} times)")
    return (
        f"{len(rows)} questions of all KPIs over {events / 1e6:g} million events, beside {listed(keys)}:\n"
        f"[docs/bench-kpis.md](docs/bench-kpis.md). The two worst are {told[0]}\nand {told[-1]}.\n"
    )


def publish(text: str, target: pathlib.Path, rows: list[Row], events: int, keys: list[str]) -> None:
    """Writes the document, and into README.md its two worst rows."""
    target.write_text(text)
    readme = target.parents[1] / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    readme.write_text(before + BEGIN + summary(rows, events, keys) + END + rest.split(END)[1])
    print(f"written: {target}, {readme}")


def shown(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
