"""measure.py URL COURIER [EVENTS]: events a second from the log to a receiver on this machine, signed, by one courier. URL is a fresh
database with the extension, as an administrator sees it. Prints one line for each form of delivery, with the processor time that
courier, server and receiver took for each event: on a machine that others use too, that is what can be compared."""

import os
import pathlib
import resource
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "courier"))
from stage import Binary, Database, Receiver


def measure(database, receiver, courier, title, count, destinations):
    for name, definition in destinations.items():
        database.destination(name, receiver.url(name), **{"secret_name": "hook", "timeout_seconds": 30, **definition})
    log(database, count)
    before = times(database, receiver)
    began = time.monotonic()
    while courier.once("--in-flight", os.environ.get("IN_FLIGHT", "16")).returncode == 0:
        if max(row[0] for row in database.all("select lag_events from telemetry.destination_status()")) == 0:
            break
    seconds = time.monotonic() - began
    sent = count * len(destinations)
    busy = [f"{(after - earlier) / sent * 1e6:.0f} us {name}" for name, after, earlier in zip(("courier", "server", "receiver"), times(database, receiver), before)]
    print(f"{title}: {sent} in {seconds:.1f} s, {sent / seconds:,.0f} a second; of processor time each {', '.join(busy)}", flush=True)
    for name in destinations:
        database.drop(name)


def times(database, receiver):
    """Seconds of processor time: of couriers that ended, of sessions that ended, of the receiver."""
    courier = resource.getrusage(resource.RUSAGE_CHILDREN)
    postmaster = database.one("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")
    return courier.ru_utime + courier.ru_stime, ticks(postmaster)[2] + ticks(postmaster)[3], sum(ticks(receiver.process.pid)[:2])


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:15]]


def log(database, count):
    database.all(
        "select count(telemetry.log_event('seen', user_id => telemetry.as_id('user ' || n %% 1000, '00000000-0000-4000-8000-000000000000'), "
        "payload => jsonb_build_object('plan', 'pro', 'n', n, 'page', '/course/' || n %% 100))) from generate_series(1, %s) n",
        count,
    )
    database.connection.execute("call telemetry.tick(600)")


def main(url, program, events="200000"):
    events = int(events)
    database = Database(url, url)
    database.all("select telemetry.register_event('seen')")
    receiver = Receiver(pathlib.Path(tempfile.mkdtemp()), records=False)
    courier = Binary(program, database)
    sink = {"kind": "posthog", "secret_name": "service", "batch_rows": 500}
    try:
        measure(database, receiver, courier, "webhooks, strict", events // 10, {"strict": {"ordering": "strict"}})
        measure(database, receiver, courier, "webhooks, by_key", events // 10, {"keyed": {"ordering": "by_key", "order_key": "user"}})
        measure(database, receiver, courier, "batches of 500, one destination", events, {"sink": sink})
        measure(database, receiver, courier, "batches of 500, eight destinations", events // 4, {f"sink_{n}": sink for n in range(8)})
    finally:
        receiver.kill()


main(*sys.argv[1:])
