"""PyArrow, DuckDB, ClickHouse and Polars read the same files alike: counts, sums and types."""

import io

import chdb
import duckdb
import polars
import pyarrow.dataset
import pyarrow.parquet

from stage import manifest

NUMBERS = "count(*), count(distinct event_id), sum(ingest_id), count(user_id), sum(amount), count(seq), sum(seq)"


def readers(lines, database, courier, place):
    name = "read_by_many"
    before = database.one("select coalesce(max(ingest_id), 0) from telemetry.events")
    database.register(name, promoted=True, most_rows=1500, **{"from": "now"})
    database.log(4000, seed="readers")
    database.wait_for_frontier()
    lines.expect("exported", courier.export(place, name)[0], 0)
    files = [str(place.root / name / file["path"]) for file in manifest(place, name)]
    in_log = database.all(
        f"""select {NUMBERS}, extract(epoch from min(event_ts))::numeric * 1000000, extract(epoch from max(event_ts))::numeric * 1000000
              from (select *, case when event_name = 'paid' then (payload ->> 'amount')::float8 end as amount from telemetry.events where ingest_id > %s) e""",
        before,
    )[0]
    expected = [float(value) for value in in_log]
    listed = ", ".join(f"'{file}'" for file in files)
    lines.expect("DuckDB", [float(value) for value in duckdb.sql(
        f"select {NUMBERS}, epoch_us(min(event_ts)), epoch_us(max(event_ts)) from read_parquet([{listed}])").fetchall()[0]], expected)
    lines.expect("DuckDB, types", dict(duckdb.sql(f"select column_name, column_type from (describe from read_parquet([{listed}]))").fetchall()), {
        "ingest_id": "BIGINT", "event_ts": "TIMESTAMP WITH TIME ZONE", "event_id": "UUID", "tenant_id": "UUID", "event_name": "VARCHAR", "user_id": "UUID",
        "session_id": "UUID", "subject_id": "UUID", "client_ts": "TIMESTAMP WITH TIME ZONE", "seq": "INTEGER", "event_version": "SMALLINT",
        "source": "VARCHAR", "sample_rate": "FLOAT", "payload": "JSON", "amount": "DOUBLE", "plan": "VARCHAR"})
    rows = " union all ".join(f"select event_id, ingest_id, user_id, amount, seq, event_ts from file('{file}', Parquet)" for file in files)
    answer = chdb.query(f"select {NUMBERS}, toUnixTimestamp64Micro(min(event_ts)), toUnixTimestamp64Micro(max(event_ts)) from ({rows})", "CSV")
    lines.expect("ClickHouse", [float(value.strip('"')) for value in str(answer).strip().split(",")], expected)
    frame = polars.read_parquet(files)
    lines.expect("Polars", [float(value) for value in [
        frame.height, frame["event_id"].n_unique(), frame["ingest_id"].sum(), frame["user_id"].count(), frame["amount"].sum(), frame["seq"].count(), frame["seq"].sum(),
        frame["event_ts"].min().timestamp() * 1000000, frame["event_ts"].max().timestamp() * 1000000]], expected)
    table = pyarrow.dataset.dataset(files).to_table()
    lines.expect("PyArrow", [float(value) for value in [
        table.num_rows, len(set(table["event_id"].to_pylist())), sum(table["ingest_id"].to_pylist()), table.num_rows - table["user_id"].null_count,
        sum(value for value in table["amount"].to_pylist() if value is not None), table.num_rows - table["seq"].null_count,
        sum(value for value in table["seq"].to_pylist() if value is not None),
        min(table["event_ts"].to_pylist()).timestamp() * 1000000, max(table["event_ts"].to_pylist()).timestamp() * 1000000]], expected)
    about = pyarrow.parquet.ParquetFile(io.BytesIO(place.read(name, manifest(place, name)[0]["path"]))).metadata
    first = about.row_group(0).column(0)
    lines.expect("sorted by ingest_id, with statistics and a page index",
                 (about.row_group(0).sorting_columns[0].column_index, first.statistics.has_min_max, first.has_column_index, first.has_offset_index, first.compression),
                 (0, True, True, True, "ZSTD"))
    lines.expect("nothing of a payload in the footer", b"quoted" in place.read(name, manifest(place, name)[0]["path"])[-about.serialized_size - 8:], False)
    database.all("select telemetry.drop_export(%s)", name)
