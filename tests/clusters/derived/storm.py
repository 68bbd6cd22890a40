"""The storm of derived.sh: writers, tickers and readers at work, while ticks are stopped at every place and killed there
with kill -9, or the whole server is. After each round, and all the while in the answers of the readers: nothing is lost,
nothing double. ROUNDS: how many, 6 unless set; SEED: of the dice. Arguments: see places.py."""

import os
import random
import subprocess
import sys
import time

from places import CLUSTER, PLACES, PRIMARY_IS_UP, PSQL, STANDBY, STANDBY_IS_UP, URL, WAYS, Stopped, connect, connect_again, kill, wrong
from session import Lost, Session, Worker, expect, failed

ROUNDS = int(os.environ.get("ROUNDS", "6"))
SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
DICE = random.Random(SEED)

# --- who is at work --------------------------------------------------------------------------------

SENT = []


class Writer:
    """One writer's turns; it notes what became of every batch."""

    def __init__(self, name, turn):
        self.name, self.batch, self.do = name, 0, turn

    def __call__(self, session):
        self.batch += 1
        events = DICE.randint(1, 12)
        note = [self.name, self.batch, events, "unknown"]
        SENT.append(note)
        output, stored = self.do(session, self.name, self.batch, events)
        if "ERROR" in output:
            return output
        note[2:] = [stored, "stored"] if stored else [events, "nothing"]
        return None


def logs(session, name, batch, events):
    return session.run(f"select accepted from telemetry.log_events(derived.batch('{name}', {batch}, {events}, 300, false))"), events


def imports(session, name, batch, events):
    """Late events; now and then so many users that readers load all numbers."""
    if batch % 40 == 7:
        events = 700
    return session.run(f"select telemetry.import_events(derived.batch('{name}', {batch}, {events}, 2000, true))"), events


def stays_open(session, name, batch, events):
    """Its ids are below those of everybody who logs and commits meanwhile."""
    half = f"begin; select 1 from telemetry.log_events(derived.batch('{name}', {batch}, {events}, 300, false))"
    undone = f"savepoint before; select 1 from telemetry.log_events(derived.batch('{name}', {batch}, 3, 300, false)); rollback to before"
    output = session.run(f"{half}; {undone}" if batch % 2 else half)
    time.sleep(DICE.uniform(0, 0.12))  # how long it stays open
    if batch % 3:
        return output + session.run("commit"), events
    return output + session.run("rollback"), 0


def ticks(session):
    output = session.run("call telemetry.tick(1)")
    return output if session.sqlstate != "00000" else None


def reads(session):
    """Everything in one statement each: what commits meanwhile is in both answers or in none."""
    tenant = f"derived.tenant({DICE.randint(1, 3)})"
    output = session.run("select problem from derived.sums()") + session.run(f"select problem from derived.wrong_answers({tenant})")
    return output or None


def reads_standby(session):
    output = reads(session)
    # A standby may end a query that needs what the primary has vacuumed; it never answers wrongly.
    return None if session.sqlstate == "40001" or (output and "conflict with recovery" in output) else output



def workers():
    def worker(name, turn, least, most):
        return Worker(connect, name, turn, lambda: DICE.uniform(least, most), PRIMARY_IS_UP)

    made = [worker(f"writer {n}", Writer(f"logs {n}", logs), 0.02, 0.1) for n in range(2)]
    made.append(worker("importer", Writer("imports", imports), 0.05, 0.2))
    made += [worker(f"late writer {n}", Writer(f"late {n}", stays_open), 0.05, 0.2) for n in range(2)]
    made += [worker(f"ticker {n}", ticks, 0.02, 0.15) for n in range(2)]
    made.append(worker("reader", reads, 0.1, 0.3))
    made.append(Worker(lambda name: Session(PSQL, URL[STANDBY], name), "standby reader", reads_standby, lambda: 0.5, STANDBY_IS_UP))
    PRIMARY_IS_UP.set()
    STANDBY_IS_UP.set()
    for worker in made:
        worker.start()
    return made


# --- the storm -------------------------------------------------------------------------------------


def one_round(number, place, way, watcher, tickers):
    """Returns the watcher of the next round and what was wrong."""
    faults = []
    for ticker in tickers:
        ticker.free.acquire()
    try:
        stopped = Stopped(place, watcher)
    finally:
        for ticker in tickers:
            ticker.free.release()
    if stopped.reached:
        # The others go on beside it: they log, tick (which leaves the work to the one that has begun it) and read.
        watcher.run("set statement_timeout = '10s'")
        for sql in ("call telemetry.tick(1)", "select 1 from telemetry.log_events(derived.batch('watcher', 1, 3, 50, false))"):
            if watcher.state_of(sql) != "00000":
                faults.append(f"{sql} beside it: {watcher.sqlstate}")
        faults += [found for found in [watcher.run("select problem from derived.sums()")] if found]
    elif place[1] == "nowhere":
        time.sleep(DICE.uniform(0, 0.06))  # any moment of it
    else:
        faults.append("no tick came there")
    kill(way, stopped.session, watcher)
    watcher = connect_again("watcher")
    faults += [found for found in [wrong(watcher, [f"derived.tenant({1 + number % 3})"])] if found]
    return watcher, faults


def storm():
    rounds = ROUNDS
    atwork = workers()
    tickers = [worker for worker in atwork if worker.name.startswith("ticker")]
    watcher = connect("watcher")
    faults = {place[0]: [] for place in PLACES}
    killed = {place[0]: [] for place in PLACES}
    order = []
    for number in range(rounds):
        order = order or DICE.sample(PLACES, len(PLACES))
        place = order.pop()
        way = WAYS[(number + number // len(PLACES)) % len(WAYS)]
        try:
            watcher, found = one_round(number, place, way, watcher, tickers)
        except Lost as lost:
            watcher, found = connect_again("watcher"), [f"the connection was lost too early: {lost}"]
        faults[place[0]] += [f"round {number + 1}, {way}: {fault}" for fault in found]
        killed[place[0]].append(way)
    for name, ways in killed.items():
        if ways:
            counted = ", ".join(f"{way} {ways.count(way)}" for way in dict.fromkeys(ways))
            expect(f"kill -9 when {name} ({counted}): nothing is lost, nothing double", faults[name], [])
    return atwork, watcher, rounds


def end(atwork):
    for worker in atwork:
        worker.over.set()
    for worker in atwork:
        worker.join()
        expect(f"{worker.name}: {'every answer was right' if 'reader' in worker.name else 'no error'}", worker.faults[:3], [])
        expect(f"{worker.name}: was at work", worker.turns > 2, True)


def after(watcher):
    """Everything that was answered is in the log and in what is derived, once."""
    watcher.run("call telemetry.tick(60)")
    expect("the last tick reaches the end of the log", watcher.run("select distinct lag_events, lag_seconds, held_back_by from telemetry.cursors"), "0|0|")
    expect("users have numbers without a gap", watcher.run("select problem from derived.wrong_numbers()"), "")
    expect("what is derived is what the log says", wrong(watcher, ["derived.tenant(0)", "derived.tenant(1)", "derived.tenant(2)", "derived.tenant(3)", "null"]), "")
    rows = ", ".join(str(tuple(note)) for note in SENT)
    watcher.run(f"insert into derived.sent values {rows}")
    expect("what was answered is stored, what was rolled back is not, what was not answered is stored whole or not at all", watcher.run("""
        select s.*, l.events from derived.sent s
          left join (select payload->>'writer' as writer, (payload->>'batch')::integer as batch, count(*) as events from telemetry.events group by 1, 2) l using (writer, batch)
         where case s.outcome when 'stored' then l.events is distinct from s.events when 'nothing' then l.events is not null
                    else coalesce(l.events, 0) not in (0, s.events, 700) end
         limit 5"""), "")
    position = watcher.run("select pg_current_wal_lsn()")
    standby = Session(PSQL, URL[STANDBY], "after")
    deadline = time.monotonic() + 60
    while standby.run(f"select pg_last_wal_replay_lsn() >= '{position}'") != "t" and time.monotonic() < deadline:
        time.sleep(0.05)
    expect("and on the standby", wrong(standby, ["null"]), "")
    expect("the standby has all of it", standby.run("select count(*) from telemetry.events"), watcher.run("select count(*) from telemetry.events"))
    expect("small chunks are merged: fewer than eight of a size are left", watcher.run("""
        select tenant_id, band, promoted, floor(log(8, events)), count(*) from telemetry.timeline_chunks where events < 65536 group by 1, 2, 3, 4 having count(*) >= 8"""), "")
    print("# " + watcher.run("""
        select format('%s events, %s chunks of %s tenants, %s users, %s hourly counts', (select count(*) from telemetry.events), count(*), count(distinct tenant_id),
                      (select count(*) from telemetry.timeline_actors), (select count(*) from telemetry.hourly_counts)) from telemetry.timeline_chunks"""))


def main():
    began = time.monotonic()
    print(f"# SEED={SEED}", flush=True)
    atwork, watcher, rounds = storm()
    dump = subprocess.run([f"{os.path.dirname(PSQL)}/pg_dump", "-Fc", "-f", os.environ["DUMP"], URL[CLUSTER]], capture_output=True, text=True)
    expect("a dump is taken in the middle of it", dump.stderr, "")
    end(atwork)
    after(watcher)
    unknown = sum(note[3] == "unknown" for note in SENT)
    turns = ", ".join(f"{worker.name} {worker.turns}" for worker in atwork)
    print(f"# {rounds} rounds in {time.monotonic() - began:.0f} s; turns: {turns}; {len(SENT)} batches, {unknown} without an answer")
    sys.exit(failed())


main()
