"""What is asked: questions.sql, and the statements of ClickHouse and DuckDB beside it, by the same titles."""

import datetime
import pathlib
import re
import uuid
from dataclasses import dataclass, field

from engines import TABLES

HERE = pathlib.Path(__file__).parent
# What clickhouse.sql and duckdb.sql abbreviate. The range is 90 days in UTC and begins on a Monday; {week} is the Monday of an event
# and {number} how many weeks after the first one it is, by arithmetic on microseconds, faster than the functions for it.
FIRST, WEEK = 1736121600000000, 7 * 86_400 * 1_000_000
WORDS = {
    "clickhouse": {
        "since": "toDateTime64('2025-01-06 00:00:00', 6, 'UTC')",
        "until": "toDateTime64('2025-04-06 00:00:00', 6, 'UTC')",
        "number": f"intDiv(toUnixTimestamp64Micro(event_ts) - {FIRST}, {WEEK})",
        "week": f"(toDate('2025-01-06') + 7 * intDiv(toUnixTimestamp64Micro(event_ts) - {FIRST}, {WEEK}))",
    },
    "duckdb": {
        "since": "timestamp '2025-01-06'",
        "until": "timestamp '2025-04-06'",
        "number": f"((epoch_us(event_ts) - {FIRST}) // {WEEK})::integer",
        "week": f"(date '2025-01-06' + 7 * ((epoch_us(event_ts) - {FIRST}) // {WEEK})::integer)",
    },
}


@dataclass
class Way:
    """One formulation on one table. Its rows must be the KPI's, the numbers within the tolerance."""

    label: str
    statement: str
    tolerance: float


@dataclass
class Question:
    """What is asked of the KPI, and by engine the ways of asking the same."""

    name: str
    kpi: str
    ways: dict[str, list[Way]] = field(default_factory=dict)


def questions(engines: list[str]) -> list[Question]:
    found = {}
    for name, _, what, body in sections("questions.sql"):
        kpi, sql = re.split(r"(?<=;)\n(?=select|with)", body, maxsplit=1)
        found[name] = Question(name, kpi)
        if "postgresql" in engines:
            found[name].ways["postgresql"] = [Way("", sql, tolerance((what or "").removeprefix("SQL: ")))]
    for engine in WORDS:
        for name, label, what, body in sections(f"{engine}.sql") if engine in engines else ():
            found[name].ways.setdefault(engine, []).extend(ways(engine, label or "", tolerance(what or ""), body.rstrip(";")))
    return list(found.values())


def sections(file: str):
    """Of each "-- kpi NAME: WAY (WHAT)": the three, the last two of which may be absent, and the statements below."""
    for section in re.split(r"^-- kpi ", (HERE / file).read_text(), flags=re.MULTILINE)[1:]:
        title, body = section.split("\n", 1)
        yield *re.fullmatch(r"(.*?)(?:: (.*?))?(?: \((.*)\))?", title).groups(), body.strip()


def tolerance(what: str) -> float:
    if what and not (told := re.fullmatch(r"within ([0-9.]+) %", what)):
        raise SystemExit(f"statements.py: ({what}) is not (within N %)")
    return float(told[1]) / 100 if what else 0.0


def ways(engine: str, label: str, within: float, statement: str):
    for word, expression in WORDS[engine].items():
        statement = statement.replace("{" + word + "}", expression)
    for table in TABLES if "{table}" in statement else [""]:
        name, asked = ", ".join(filter(None, [label, table])), statement.replace("{table}", table)
        yield Way(name, asked, within)
        if engine == "clickhouse" and table == "by_user" and "group by user_number" in asked:
            # It aggregates while it reads, because the table has that order.
            yield Way(f"{name}, in order", f"{asked} settings optimize_aggregation_in_order = 1", within)


def normalised(rows) -> list[list]:
    """Rows that compare equal across engines, sorted: numbers as such, whatever they are written as; times in UTC."""
    return sorted(([plain(value) for value in row] for row in rows), key=str)


def plain(value):
    match value:
        case None | float():
            return value if value is None else number(value)
        case datetime.datetime():
            value = value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
        case datetime.date() | uuid.UUID() | str():
            pass
        case _:
            return number(value)
    text = re.sub(r"( 00:00:00)?(\.0+)?$", "", str(value))
    try:
        return number(text)
    except ValueError:
        return text


def number(value) -> float | int:
    """Nine figures: engines add up floating-point numbers in different orders."""
    exact = float(value)
    return int(exact) if exact.is_integer() else float(f"{exact:.9g}")


def difference(one: list, other: list, within: float = 0.0) -> str:
    """Empty where the normalised rows are the same."""
    if one == other or within and len(one) == len(other) and all(near(*rows, within) for rows in zip(one, other)):
        return ""
    missing = [row for row in one[:1000] if row not in other]
    more = [row for row in other[:1000] if row not in one]
    return f"{len(one)} rows, {len(other)} rows; only the KPI's: {missing[:4]}; only the other's: {more[:4]}"


def near(one: list, other: list, within: float) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) <= within * abs(a) if isinstance(a, int | float) and isinstance(b, int | float) else a == b
        for a, b in zip(one, other)
    )
