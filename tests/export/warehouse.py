"""The statements of docs/warehouse.md, as they stand there: DuckDB's answers are those of the database's own functions, every reader
counts alike before and after a compaction, and sqlglot reads what is for Snowflake and BigQuery."""

import io
import pathlib
import re
import tempfile
from contextlib import redirect_stdout

import duckdb
import sqlglot

PAGE = pathlib.Path(__file__).parent.parent.parent / "docs" / "warehouse.md"
BLOCK = re.compile(r"<!-- (\w+)(?:: (\w+))? -->\n```\w+\n(.*?)```", re.DOTALL)


def warehouse(lines, database, courier, place):
    blocks = BLOCK.findall(PAGE.read_text())
    name = "warehouse"
    database.register(name, partition_by="day", most_rows=1000)
    database.log(3000, seed="warehouse")
    database.wait_for_frontier()
    lines.expect("exported", courier.export(place, name)[0], 0)
    for moment in ("as exported", "compacted"):
        if moment == "compacted":
            lines.expect("compacted", courier.compact(place, name)[0], 0)
        questions(lines, database, place, blocks, moment)
        readers(lines, database, place, blocks, moment)
    for dialect in ("snowflake", "bigquery"):
        text = next(body for kind, _, body in blocks if kind == dialect)
        parsed = [statement for statement in sqlglot.parse(text, dialect=dialect) if statement and not isinstance(statement, sqlglot.exp.Command)]
        lines.expect(f"{dialect}: its parser reads every statement", len(parsed), text.count(";"))
    database.all("select telemetry.drop_export(%s)", name)


def questions(lines, database, place, blocks, moment):
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    answers = {}
    for kind, title, body in blocks:
        if kind == "duckdb":
            body = body.replace("/data/telemetry", str(place.root))
            for statement in body.strip().removesuffix(";").split(";\n"):
                answer = connection.execute(statement)
            if title:
                answers[title] = answer.fetchall()
    span = "since => '2000-01-01', until => now()"
    lines.expect(f"{moment}, DuckDB: volume", answers["volume"], database.all(
        f"select bucket at time zone 'UTC', event_name, events::bigint from telemetry.event_volume({span}, grain => 'day', tz => 'UTC') where events > 0 order by 1, 2"))
    lines.expect(f"{moment}, DuckDB: active users", answers["active"], database.all(
        f"select bucket at time zone 'UTC', actors from telemetry.active_users({span}, grain => 'day', tz => 'UTC') where actors > 0 order by 1"))
    lines.expect(f"{moment}, DuckDB: funnel", list(answers["funnel"][0]), [row[0] for row in database.all(
        f"select actors from telemetry.funnel('{{seen,paid,left}}', {span}) order by step")])


def readers(lines, database, place, blocks, moment):
    in_log = database.all("select event_name, count(*) from telemetry.events group by 1 order by 1")
    with tempfile.TemporaryDirectory() as work:
        module = {}
        for kind, title, body in blocks:
            if kind != "python":
                continue
            body = body.replace("/data/telemetry", str(place.root)).replace("/data/", f"{work}/")
            with redirect_stdout(io.StringIO()):
                exec(body, module)
            if title:
                lines.expect(f"{moment}, {title}", ANSWER[title](module["answer"]), sum(count for _, count in in_log) if title == "iceberg" else in_log)


ANSWER = {
    "polars": lambda frame: frame.rows(),
    "pyarrow": lambda table: list(zip(table["event_name"].to_pylist(), table["count_all"].to_pylist())),
    "chdb": lambda answer: [(name.strip('"'), int(count)) for name, count in (line.split(",") for line in str(answer).strip().splitlines())],
    "iceberg": lambda rows: rows,
}
