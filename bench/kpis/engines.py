"""The engines that every KPI is asked of: PostgreSQL on the server of the benchmark, and ClickHouse and DuckDB in this process,
with all cores, each with its own files, which are loaded once.

ClickHouse and DuckDB get what their users would give them: the payload's keys as columns with a type instead of JSON, the users as
numbers of 32 bits beside their uuids, and every event twice: in the table by_user, sorted by user, and in by_name, sorted by name.
The column position is the order in which the events were logged. It decides between events of one user at one time.
"""

import csv
import hashlib
import io
import os
import pathlib
import shutil

import duckdb
import load_more
import psycopg

TABLES = {"by_user": "user_number, event_ts, position", "by_name": "event_name, event_ts"}
# Columns of few words: LowCardinality in ClickHouse, an enum in DuckDB.
WORDS = ["event_name", "version", "surface", "method", "reason"]
CORES = os.cpu_count()

# What both get, from the events of bench/read in their order; in DuckDB's SQL. A key that an event lacks is NULL.
ROWS = f"""
select event_ts::timestamp as event_ts, file_row_number::uinteger as position, user_number, user_id,
       '00000000-0000-0000-0000-000000000000'::uuid as tenant_id, event_name::varchar as event_name,
       payload ->> '$.version' as version, payload ->> '$.surface' as surface, payload ->> '$.method' as method,
       payload ->> '$.reason' as reason, (payload ->> '$.reply_time_minutes')::uinteger as reply_time_minutes,
       case when event_name = 'assignment_view' then ({load_more.MS})::uinteger end as ms,
       case when event_name in ('assignment_save', 'assignment_apply_click') then {load_more.SUBJECT} end as subject_id
  from read_parquet('{{parquet}}', file_row_number = true)
"""


class PostgreSQL:
    """The statements of questions.sql: of the KPI, or of plain SQL, each on a connection of its own."""

    def __init__(self, url: str, name: str, threads: str | None = None):
        self.name = name
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("set timezone = 'UTC'")
        if threads:
            self.connection.execute("select set_config('telemetry.kpi_threads', %s, false)", (threads,))
        self.version = "PostgreSQL " + self.ask("show server_version")[0][0].split(" ")[0]

    def ask(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()


class ClickHouse:
    name = "ClickHouse"

    def __init__(self, place: pathlib.Path, parquet: pathlib.Path):
        import chdb.session

        self.session = chdb.session.Session(str(files(place) / "clickhouse"))
        self.version = "ClickHouse " + self.ask("select version()")[0][0] + f" (chdb {chdb.__version__})"
        self.ask(f"set max_threads = {CORES}")
        for table, order in TABLES.items():
            self.ask(
                f"create table if not exists {table} (event_ts DateTime64(6, 'UTC'), position UInt32, user_number UInt32, user_id UUID,"
                f" tenant_id UUID, {', '.join(f'{word} LowCardinality(String)' for word in WORDS)}, reply_time_minutes UInt32, ms UInt32,"
                " subject_id UUID)"
                f" engine = MergeTree order by ({order})"
            )
            if self.ask(f"select count() from {table}") == [("0",)]:
                self.ask(f"insert into {table} select * from file('{typed(place, parquet)}', Parquet)")
                self.ask(f"optimize table {table} final")

    def ask(self, sql: str) -> list[tuple]:
        answer = self.session.query(sql, "CSV").bytes().decode()
        return [tuple(None if value == "\\N" else value for value in row) for row in csv.reader(io.StringIO(answer))]


class DuckDB:
    name = "DuckDB"

    def __init__(self, place: pathlib.Path, parquet: pathlib.Path):
        self.connection = duckdb.connect(str(files(place) / "duckdb"), config={"threads": CORES})
        self.version = f"DuckDB {duckdb.__version__}"
        # A timestamp without a zone, in UTC: DuckDB's functions for zones are many times slower.
        self.ask("set timezone = 'UTC'")
        made = {name for (name,) in self.ask("select table_name from duckdb_tables()")}
        for table, order in TABLES.items():
            if table not in made:
                rows = f"read_parquet('{typed(place, parquet)}')"
                for word in WORDS:
                    self.ask(f"create type if not exists {word}s as enum (select distinct {word} from {rows} where {word} is not null order by 1)")
                words = ", ".join(f"{word}::{word}s as {word}" for word in WORDS)
                self.ask(f"create table {table} as select * replace ({words}) from {rows} order by {order}")
        self.ask("checkpoint")

    def ask(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()


def files(place: pathlib.Path) -> pathlib.Path:
    """Where the engines' files are: they are made anew when what makes them changes."""
    made_by = hashlib.sha256(b"".join(pathlib.Path(file).read_bytes() for file in (__file__, load_more.__file__)))
    found = place / f"kpis-{made_by.hexdigest()[:12]}"
    if not found.exists():
        for old in place.glob("kpis-*"):
            shutil.rmtree(old)
        found.mkdir()
    return found


def typed(place: pathlib.Path, parquet: pathlib.Path) -> pathlib.Path:
    """The events with a typed column for each key, made once."""
    file = files(place) / "typed.parquet"
    if not file.exists():
        part = file.with_suffix(".part")
        with duckdb.connect(config={"memory_limit": "4GB"}) as converter:
            converter.execute("set timezone = 'UTC'")
            converter.execute(f"copy ({ROWS.format(parquet=parquet)}) to '{part}' (format parquet)")
        part.rename(file)
    return file
