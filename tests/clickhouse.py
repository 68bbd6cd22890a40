"""Puts random questions to ClickHouse and to telemetry's aggregates of the same names, and compares the answers.

Not a part of `make test`: it needs `pip install chdb psycopg`. clickhouse.py URL [SEED], where the database at URL has
the extension; it makes and drops a table clickhouse_rows. Times differ within a group, and no pattern puts a condition
on time first, last, or beside `.*`: ClickHouse leaves those open. A funnel's conditions exclude each other: there a row
serves several steps of ClickHouse's, one of ours.
"""

import random
import sys
import tempfile

import chdb
import psycopg

GROUPS = 400
AT = "to_timestamp(1700000000 + t)"
FUNNELS = (["c = 0", "c = 1", "c = 2"], ["c = 3", "c < 3", "c = 4"], ["c = 0"])
SEQUENCES = (["c = 0", "c = 1", "c = 2"], ["c = 0", "c < 2", "c > 1"])
CHAINS = (["name = 'n1'"], ["name = 'n1'", "name = 'n2'"], ["c < 3", "c < 3", "c < 4"])
LOOKING = (
    ("forward", "head"),
    ("forward", "first_match"),
    ("forward", "last_match"),
    ("backward", "tail"),
    ("backward", "first_match"),
    ("backward", "last_match"),
)


def main(url, seed):
    random.seed(seed)
    rows = [row for group in range(GROUPS) for row in rows_of(group)]
    random.shuffle(rows)
    with psycopg.connect(url, autocommit=True) as connection, tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)
        file.flush()
        connection.execute("create table clickhouse_rows (g int, t int, c int, name text)")
        asked = list(questions())
        try:
            with connection.cursor().copy("copy clickhouse_rows from stdin") as copy:
                for row in rows:
                    copy.write_row(row)
            differences = sum(compare(connection, file.name, *question) for question in asked)
        finally:
            connection.execute("drop table clickhouse_rows")
    print(f"{'ok' if differences == 0 else 'not ok'} - {GROUPS * len(asked)} answers, {differences} differ")
    return differences


def rows_of(group):
    times = random.sample(range(60), random.randint(1, 14))
    return [(group, time, random.randint(0, 4), f"n{random.randint(0, 3)}") for time in times]


def questions():
    """In ClickHouse's words, and in telemetry's."""
    for conditions in FUNNELS:
        asked = ", ".join(conditions)
        for within in (0, 3, 10, 60):
            yield f"windowFunnel({within})(at, {asked})", f"telemetry.window_funnel('{within} s', {AT}, {asked})"
    for conditions in SEQUENCES:
        asked = ", ".join(conditions)
        yield f"retention({asked})", f"array_to_json(telemetry.retention_flags({asked}))::text"
        for _ in range(120):
            pattern = random_pattern()
            yield (
                f"sequenceMatch('{pattern}')(at, {asked})",
                f"telemetry.sequence_match('{pattern}', {AT}, {asked})::int",
            )
            yield f"sequenceCount('{pattern}')(at, {asked})", f"telemetry.sequence_count('{pattern}', {AT}, {asked})"
    for direction, base in LOOKING:
        for base_condition in ("c < 4", "c = 0", "name = 'n1'"):
            for conditions in CHAINS:
                asked = ", ".join([base_condition] + conditions)
                yield (
                    f"sequenceNextNode('{direction}', '{base}')(at, name, {asked})",
                    f"telemetry.sequence_next_node('{direction}', '{base}', {AT}, name, {asked})",
                )
    yield "uniqExact(name)", "telemetry.uniq_exact(name)"
    yield "uniq(name)", "telemetry.uniq(name)"


def random_pattern():
    pattern, events = "", random.randint(1, 4)
    for event in range(events):
        pattern += random.choice(["(?1)", "(?2)", "(?3)", "(?1)", "(?2)", "."])
        if event + 1 < events:
            time = f"(?t{random.choice(['<=', '<', '>=', '>', '=='])}{random.randint(0, 15)})"
            pattern += random.choice(["", "", ".*", time])
    return pattern


def compare(connection, path, theirs, ours):
    source = f"file('{path}', 'CSV', 'g Int32, t Int32, c Int32, name String')"
    found = str(
        chdb.query(
            "set allow_experimental_funnel_functions = 1;"
            f"select {theirs} from (select *, toDateTime(1700000000 + t, 'UTC') as at from {source}) group by g order by g format TSV"
        )
    )
    expected = ["" if line == r"\N" else line for line in found.rstrip("\n").split("\n")]
    rows = connection.execute(f"select {ours} from clickhouse_rows group by g order by g").fetchall()
    actual = ["" if answer is None else str(answer) for (answer,) in rows]
    differing = [pair for pair in zip(expected, actual, strict=True) if pair[0] != pair[1]]
    if differing:
        print(f"not ok - {theirs}: {len(differing)} differ, first {differing[0]}")
    return len(differing)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1) else 0)
