"""load_more.py URL FILE: as bench/read/load.py, with what its events lack: a duration of each view (up to 100 seconds, drawn
from its id) and the assignment that saves and clicks are about.
"""

import sys

import load

load.COLUMNS += ", subject_id"
load.ROWS = """
    event_ts, event_id, '00000000-0000-0000-0000-000000000000', user_id, session_id, event_name, source,
    case when event_name = 'assignment_view' then payload[:-2] || ', "ms": ' || (hash(event_id) % 100000)::varchar || '}' else payload end,
    case when event_name in ('assignment_save', 'assignment_apply_click') then md5((hash(user_id) % 50000)::varchar || event_ts::date::varchar)::uuid end"""
load.main(*sys.argv[1:])
