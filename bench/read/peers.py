"""ClickHouse and DuckDB in this process, each with its own files, loaded once from the Parquet file.

Each gets four tables of the columns that the questions read: sorted by user and by time, users as uuids and, in its
favour, as numbers of 32 bits. A question is measured on the table, and in the way, that was fastest.
"""

import csv
import io
import pathlib

import chdb.session
import duckdb

from questions import SINCE

TABLES = ["by_user_uuid", "by_time_uuid", "by_user_number", "by_time_number"]
FIRST_MICROSECOND = int((SINCE - SINCE.replace(year=1970, month=1, day=1)).total_seconds()) * 1_000_000
WEEK = 7 * 86_400 * 1_000_000


class ClickHouse:
    name = "ClickHouse"

    def __init__(self, place: pathlib.Path, parquet: str):
        self.session = chdb.session.Session(str(place / "clickhouse"))
        self.version = "ClickHouse " + self.ask("select version()")[0][0] + f" (chdb {chdb.__version__})"
        for table in TABLES:
            user, key = ("UUID", "user_id") if table.endswith("uuid") else ("UInt32", "user_number")
            order = "(user_id, event_ts)" if table.startswith("by_user") else "(event_ts, user_id)"
            self.ask(
                f"create table if not exists {table}"
                f" (event_ts DateTime64(6, 'UTC'), user_id {user}, event_name LowCardinality(String)) engine = MergeTree order by {order}"
            )
            if self.ask(f"select count() from {table}") == [("0",)]:
                self.ask(f"insert into {table} select event_ts, {key}, event_name from file('{parquet}', Parquet)")
                self.ask(f"optimize table {table} final")

    def ask(self, sql: str) -> list[tuple]:
        return [tuple(row) for row in csv.reader(io.StringIO(self.session.query(sql, "CSV").bytes().decode()))]

    def words(self, since, until) -> dict:
        return {
            "since": f"toDateTime64('{since:%Y-%m-%d %H:%M:%S}', 6, 'UTC')",
            "until": f"toDateTime64('{until:%Y-%m-%d %H:%M:%S}', 6, 'UTC')",
            "week": f"intDiv(toUnixTimestamp64Micro(event_ts) - {FIRST_MICROSECOND}, {WEEK})",
        }


class DuckDB:
    name = "DuckDB"

    def __init__(self, place: pathlib.Path, parquet: str):
        file = place / "duckdb"
        self.connection = duckdb.connect(str(file))
        self.version = f"DuckDB {duckdb.__version__}"
        # A timestamp without a zone, in UTC: DuckDB's functions for zones are many times slower.
        self.connection.execute("set timezone = 'UTC'")
        made = {name for (name,) in self.ask("select table_name from duckdb_tables()")}
        for table in TABLES:
            if table not in made:
                key = "user_id" if table.endswith("uuid") else "user_number"
                order = "order by 2, 1" if table.startswith("by_user") else ""
                self.ask(
                    f"create table {table} as select event_ts::timestamp as event_ts, {key} as user_id, event_name"
                    f"  from read_parquet('{parquet}') {order}"
                )
        self.ask("checkpoint")

    def ask(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def words(self, since, until) -> dict:
        return {
            "since": f"timestamp '{since:%Y-%m-%d %H:%M:%S}'",
            "until": f"timestamp '{until:%Y-%m-%d %H:%M:%S}'",
            "week": f"(epoch_us(event_ts) - {FIRST_MICROSECOND}) // {WEEK}",
        }
