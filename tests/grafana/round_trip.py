"""round_trip.py DASHBOARDS: whether Grafana's own SDK, which drops what it does not know, reads each line of DASHBOARDS, a dashboard
as JSON, and writes the same. What is not said it writes with its default. Of an annotation's query it knows only Grafana's own form:
what a data source puts into it is left to the types.
"""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def differences(path, said, read):
    if isinstance(said, dict) and isinstance(read, dict):
        for key in said:
            if key == "target" and ".annotations.list" in path:
                continue
            yield from differences(f"{path}.{key}", said[key], read.get(key))
    elif isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        for n, (one, other) in enumerate(zip(said, read)):
            yield from differences(f"{path}[{n}]", one, other)
    elif said != read:
        yield f"{path}: {json.dumps(said)[:80]} became {json.dumps(read)[:80]}"


def main():
    register_default_plugins()
    boards = [json.loads(line) for line in open(sys.argv[1], encoding="utf8")]
    for board in boards:
        read = json.loads(JSONEncoder().encode(Dashboard.from_json(json.loads(json.dumps(board)))))
        for difference in differences(board["uid"], board, read):
            print(difference)
    print(f"{len(boards)} dashboards")


main()
