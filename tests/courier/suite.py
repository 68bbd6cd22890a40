"""suite.py URL COURIER_URL WORK COURIER [CASES]: runs the cases of telemetry-courier, the program COURIER, or, where the environment
names an EDGE_FUNCTION, those that examples/supabase/courier.ts must pass as well."""

import os
import pathlib
import sys

from binary import binary
from conformance import conformance
from document import document
from edge import Edge
from kills import kills
from mail import mail
from monitors import monitors
from sinks import sinks
from stage import Binary, Database, Lines, Receiver

PARTS = {"conformance": conformance, "sinks": sinks, "mail": mail, "monitors": monitors, "binary": binary, "document": document, "kills": kills}


def main(url, courier_url, work, program, *parts):
    lines = Lines()
    database = Database(url, courier_url)
    edge = "EDGE_FUNCTION" in os.environ
    courier = Edge(database) if edge else Binary(program, database)
    title = os.environ.get("TITLE", courier.name)
    try:
        for part in parts or (["conformance", "sinks"] if edge else PARTS):
            lines.title = part if part == "document" else f"{title}, {part}"
            database.clear()
            receiver = Receiver(pathlib.Path(work))
            try:
                PARTS[part](lines, database, receiver, courier)
            finally:
                receiver.kill()
    finally:
        courier.close()
    return int(lines.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
