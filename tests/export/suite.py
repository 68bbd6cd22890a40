"""suite.py URL COURIER_URL WORK COURIER [PARTS]: runs the cases of `telemetry-courier export`."""

import sys

from compaction import compaction
from formats import formats
from hours import hours
from kills import kills
from mistakes import mistakes
from mutations import mutations
from readers import readers
from stage import Bucket, Courier, Database, Folder, Lines
from warehouse import warehouse

PARTS = {"formats": formats, "readers": readers, "warehouse": warehouse, "compaction": compaction, "mistakes": mistakes, "mutations": mutations, "hours": hours, "kills": kills}
IN_A_BUCKET_TOO = {"formats", "compaction", "mistakes", "kills"}


def main(url, courier_url, work, program, *parts):
    lines = Lines()
    database = Database(url, courier_url)
    courier = Courier(program, database)
    database.all("select telemetry.register_event('seen')")
    database.all("select telemetry.register_event('left')")
    database.all(
        """select telemetry.register_event('paid', '{"properties": {"amount": {"type": "number"}, "plan": {"type": "string"}},
           "promoted_properties": ["amount", "plan"]}')"""
    )
    for part in parts or PARTS:
        for kind in [Folder, Bucket] if part in IN_A_BUCKET_TOO else [Folder]:
            lines.title = f"{part}, {kind.name}" if part in IN_A_BUCKET_TOO else part
            place = kind(work)
            try:
                PARTS[part](lines, database, courier, place)
            finally:
                place.clear()
    return int(lines.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
