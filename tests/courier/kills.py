"""Nothing is lost, whatever is killed: couriers by -9, the receiver, the database's sessions, the server (a session by -9, so that it starts
again from its log), answers that never arrive. Beside it four sessions log events, some of which are rolled back.

KILLS=1000 EVENTS=200000 tests/courier/run CLUSTER MAJOR is the long run."""

import contextlib
import os
import random
import signal
import threading
import time

import psycopg

from stage import connect, wait_for

KILLS = int(os.environ.get("KILLS", "12"))
EVENTS = int(os.environ.get("EVENTS", "4000"))
BATCH = 50


def kills(lines, database, receiver, courier, seed=19):
    chance = random.Random(seed)
    names = ("kill_strict", "kill_keyed", "kill_sink")
    # The schedule is longer than most of these outages. What becomes a dead letter all the same is sent again in the end.
    common = {"batch_rows": BATCH, "retry_after": ["1 second"] * 10}
    database.destination("kill_strict", receiver.url("kill_strict"), ordering="strict", secret_name="hook", **common)
    database.destination("kill_keyed", receiver.url("kill_keyed"), ordering="by_key", order_key="user", **common)
    database.destination("kill_sink", receiver.url("kill_sink"), kind="posthog", secret_name="service", **common)
    for name in names:
        receiver.script(name, "drop:97")
    logged, unsure = [], []
    writers = [threading.Thread(target=write, args=(database.url, n, logged, unsure)) for n in range(4)]
    for writer in writers:
        writer.start()
    couriers = [courier.run(), courier.run()]
    done = servers = 0
    while done < KILLS:
        time.sleep(chance.uniform(0.02, 0.4))
        # Of few kills one is of the server too.
        victim = "server" if done == KILLS // 2 else chance.choice(("courier", "courier", "courier", "sessions", "sessions", "receiver", "receiver", "server"))
        if victim == "courier":
            at = chance.randrange(2)
            couriers[at].kill()
            couriers[at].wait()
            couriers[at] = courier.run()
        elif victim == "sessions":
            database.again("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'telemetry-courier'")
        elif victim == "server":
            for (pid,) in database.again("select pid from pg_stat_activity where application_name = 'telemetry-courier' limit 1"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    servers += 1
        else:
            receiver.kill()
            receiver.start()
            for name in names:
                receiver.script(name, "drop:97")
        done += 1
        # A lease of a courier that is gone runs out after a minute; the test does not wait for that each time.
        expire_leases(database)
    for writer in writers:
        writer.join()
    for name in names:
        receiver.script(name, "200")

    database.again("select 1")

    def is_drained():
        expire_leases(database)
        for name in names:
            if database.status(name)[3] > 0:
                database.all("select telemetry.requeue_deliveries(%s)", name)
        return all(database.status(name)[4:] == (0, 0) for name in names)

    lines.expect(f"{done} kills, {servers} of them of the server, {len(logged)} events: everything is delivered in the end", wait_for(is_drained, 300 + EVENTS / 50))
    for process in couriers:
        process.terminate()
        process.wait(25)
    in_log = [str(row[0]) for row in database.all("select event_id from telemetry.events where event_name = 'killed' order by ingest_id")]
    # Of a commit that got no answer nobody knows what became of it.
    lines.expect("the log holds what was committed", sorted(set(in_log) - set(unsure)), sorted(logged))
    for name in names:
        judge(lines, name, receiver.requests(name), in_log, done)
        database.drop(name)


def expire_leases(database):
    """Ends the leases of couriers that are gone, as a minute would."""
    for destination, worker in database.again("select destination, leased_by from telemetry.destination_states where leased_by is not null"):
        try:
            os.kill(int(worker.split("/")[1]), 0)
        except ProcessLookupError:
            database.again(
                "update telemetry.destination_states set leased_until = clock_timestamp() where destination = %s and leased_by = %s returning 1",
                destination, worker,
            )


def judge(lines, name, requests, in_log, kills_done):
    requeued = {event for r in requests if "telemetry-requeued" in r.headers for event in events_of(name, r)}
    if requeued:
        print(f"# {name}: {len(requeued)} events of dead letters were sent again, out of order", flush=True)
    bodies = {}
    unequal = 0
    for request in requests:
        key = request.id
        body = request.body
        unequal += bodies.setdefault(key, body) != body
    lines.expect(f"{name}: equal ids have equal bytes", unequal, 0)
    arrived = [event for r in first_of_each(requests) for event in events_of(name, r)]
    lines.expect(f"{name}: nothing is missing, nothing made up", sorted(set(arrived)), sorted(in_log))
    if name != "kill_keyed":
        in_order = [event for event in arrived if event not in requeued]
        lines.expect(f"{name}: without repetitions it is the log, in order", in_order, [event for event in in_log if event not in requeued])
    else:
        place = {event: at for at, event in enumerate(in_log)}
        by_user = {}
        for request in first_of_each(r for r in requests if r.id.removeprefix("evt_") not in requeued):
            by_user.setdefault(request.json()["data"]["user_id"], []).append(place[request.id.removeprefix("evt_")])
        lines.expect(f"{name}: each key is in order", [user for user, places in by_user.items() if places != sorted(places)], [])
    repeated = len(requests) - len(bodies)
    lines.expect(f"{name}: repetitions ({repeated}) are at most kills and lost answers times a batch", repeated <= (kills_done + len(requests) // 97 + 1) * BATCH)


def events_of(name, request):
    return [e["uuid"] for e in request.json()["batch"]] if name == "kill_sink" else [request.id.removeprefix("evt_")]


def first_of_each(requests):
    seen = set()
    return [r for r in requests if not (r.id in seen or seen.add(r.id))]


def write(url, number, logged, unsure):
    chance = random.Random(number)
    connection = psycopg.connect(url, autocommit=False)
    for n in range(EVENTS // 4):
        events = []
        is_ending = False
        try:
            events = [
                connection.execute(
                    "select telemetry.log_event('killed', user_id => %s::uuid, payload => jsonb_build_object('n', %s::int))",
                    (f"00000000-0000-4000-8000-00000000{chance.randrange(500):04x}", n),
                ).fetchone()[0]
                for _ in range(chance.randrange(1, 3))
            ]
            if chance.random() < 0.1:
                connection.rollback()
            else:
                is_ending = True
                connection.commit()
                logged.extend(str(event) for event in events)
        except psycopg.OperationalError:
            if is_ending:
                unsure.extend(str(event) for event in events)
            connection = connect(url, autocommit=False)
        if KILLS <= 50:
            time.sleep(0.001)
    connection.close()
