"""load_more.py URL FILE: as bench/read/load.py, with what its events lack: a duration of each view (up to 100 seconds, drawn
from its id) and the assignment that saves and clicks are about. engines.py gives ClickHouse and DuckDB the same.
"""

import sys

import load

# In DuckDB's SQL, over the Parquet file.
MS = "hash(event_id) % 100000"
SUBJECT = "md5((hash(user_id) % 50000)::varchar || event_ts::date::varchar)::uuid"


def main(url: str, path: str) -> None:
    load.COLUMNS += ", subject_id"
    load.ROWS = f"""
        event_ts, event_id, '00000000-0000-0000-0000-000000000000', user_id, session_id, event_name, source,
        case when event_name = 'assignment_view' then payload[:-2] || ', "ms": ' || ({MS})::varchar || '}}' else payload end,
        case when event_name in ('assignment_save', 'assignment_apply_click') then {SUBJECT} end"""
    load.main(url, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
