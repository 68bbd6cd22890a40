"""pgspot_script.py SCRIPT: pgspot over an install script, statement by statement. Exit status 1: it found something.

pgspot 0.9.4 ends at the first statement that it cannot read and leaves the rest unread. So each is read by itself:
* a pre-parsed body (BEGIN ATOMIC) is read as a quoted one under the search_path that such a body is resolved with here;
* of a PL/pgSQL body that its parser cannot read, only the declaration is read. How many those are is printed.
"""

import re
import sys
from types import SimpleNamespace

from pglast import parse_sql
from pgspot.state import Counter, State
from pgspot.visitors import SQLVisitor

# PostgreSQL allows no SET clause on a procedure that commits; it names everything in full, operators too.
WITHOUT_SEARCH_PATH = ["telemetry.tick(max_seconds double precision)",
                       "telemetry.expire_events(max_seconds double precision)",
                       "telemetry.import_table(relation regclass,mapping jsonb,since timestamptz,until timestamptz)"]

# CREATE OR REPLACE of what a stranger made first. An update script replaces what the extension has; PostgreSQL 15 and later refuse
# an object there that is no member of it.
REPLACED = ["PS002", "PS007", "PS015"]


def main():
    script = open(sys.argv[1], encoding="utf8").read()
    script, pre_parsed = re.subn(
        r"^begin atomic\n(.*?)^end;",
        r"set search_path = pg_catalog, pg_temp\nas $atomic$\n\1$atomic$;",
        script,
        flags=re.DOTALL | re.MULTILINE | re.IGNORECASE,
    )
    script = re.sub(r"^\\", r"-- \\", script, flags=re.MULTILINE)
    options = SimpleNamespace(
        plpgsql=True, ignore=REPLACED if re.search(r"--.+--.+\.sql$", sys.argv[1]) else [], ignore_lang=["c"], summary_only=False, append=False, sql_fn=[],
        proc_without_search_path=WITHOUT_SEARCH_PATH,
    )
    counter = Counter(options)
    counter.sql = script
    state = State(counter)
    statements, unread = 0, []
    for statement in parse_sql(script):
        counter.stmt_location = statement.stmt_location
        statements += 1
        options.plpgsql = True
        try:
            SQLVisitor(state)(statement)
        except Exception:  # pgspot's own parser, which knows not all of PL/pgSQL
            options.plpgsql = False
            unread.append(counter.line_number())
            SQLVisitor(state)(statement)
    print(f"{statements} statements, {pre_parsed} pre-parsed bodies; PL/pgSQL that pgspot cannot read at lines {unread}")
    print(counter)
    sys.exit(0 if counter.is_clean() else 1)


main()
