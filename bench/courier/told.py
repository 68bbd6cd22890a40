"""told.py URL PROGRAM EVENTS: how long after the commit of a SEV1 event its alert is at the receiver, with a courier that polls every
200 ms and nobody who ticks. Each event is an incident of its own. Prints percentiles."""

import base64
import json
import pathlib
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "courier"))
from stage import Binary, Database, Receiver, stop, wait_for


def told(receiver):
    """When each incident was told first, by its number."""
    found = {}
    for line in receiver.records.read_text().splitlines() if receiver.records.exists() else []:
        request = json.loads(line)
        message = json.loads(base64.b64decode(request["body"]))
        for instance in message["data"].get("instances", []):
            found.setdefault(instance["breakdown_value"], request["at"])
    return found


def main(url, program, events="100"):
    database = Database(url, url)
    database.all("select telemetry.register_event('failed')")
    receiver = Receiver(pathlib.Path(tempfile.mkdtemp()))
    database.destination("pager", receiver.url("pager"), sends="alerts", secret_name="hook", group_within="0", digest_at="none")
    database.all(
        "select telemetry.register_alert('sev1', %s::jsonb)",
        json.dumps({"each_event": {"events": ["failed"], "filter": {"severity": "SEV1"}, "fingerprint": ["service"]}, "severity": "sev1", "max_instances": 1000}),
    )
    courier = Binary(program, database).run(poll="200ms", idle="200ms")
    logged = {}
    try:
        time.sleep(2)
        for n in range(int(events)):
            database.log("failed", severity="SEV1", service=f"service {n}")
            logged[f"service {n} / failed"] = time.time()
            time.sleep(random.uniform(0.3, 0.7))
        wait_for(lambda: len(told(receiver)) == len(logged))
        came = told(receiver)
    finally:
        stop(courier)
        receiver.kill()
    took = sorted((came[service] - at) * 1000 for service, at in logged.items() if service in came)
    ends = statistics.quantiles(took, n=100)
    print(f"{len(took)} of {len(logged)} incidents told: p50 {ends[49]:.0f} ms, p90 {ends[89]:.0f} ms, p99 {ends[98]:.0f} ms, at most {took[-1]:.0f} ms")


main(*sys.argv[1:])
