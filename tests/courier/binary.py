"""What telemetry-courier must do beside the conformance: guards, secrets, signals, logs, metrics and the commands for people."""

import base64
import json
import pathlib
import signal
import subprocess
import time
import urllib.request

import psycopg

from stage import HERE, SECRET, TOKEN, free_port, stop, wait_for


def binary(lines, database, receiver, courier):
    for case in (encrypted, guarded, refuses_to_start, files, supabase_vault, rights, tells_nothing, stops, suspended, two_at_once, woken, monitored, commands):
        case(lines, database, receiver, courier)


def encrypted(lines, database, receiver, courier):
    database.destination("encrypted", receiver.tls_url("encrypted"), secret_name="hook")
    database.log()
    courier.call("once", "--allow-private", SSL_CERT_FILE=str(receiver.certificate.parent / "certificate.pem"))
    lines.expect("https to a receiver whose certificate is known", [r.is_verified_by(SECRET) for r in receiver.requests("encrypted")], [True])
    database.drop("encrypted")


def guarded(lines, database, receiver, courier):
    """Nothing is sent to addresses of one's own network; the receiver, which listens on this machine, sees no connection."""
    addresses = (HERE / "addresses.txt").read_text().replace("PORT", str(receiver.port)).splitlines()
    for number, url in enumerate(addresses):
        database.destination(f"guarded_{number}", url, timeout_seconds=2)
    database.log()
    before = len(receiver.requests("")) + len(receiver.requests("latest/meta-data/"))
    courier.call("once")
    wrong = [(url, database.last_failure(f"guarded_{number}")) for number, url in enumerate(addresses)]
    lines.expect(f"{len(addresses)} addresses are blocked", [w for w in wrong if w[1] != (None, "blocked_address")], [])
    lines.expect("and nobody heard of it", len(receiver.requests("")) + len(receiver.requests("latest/meta-data/")) - before, 0)
    for number in range(len(addresses)):
        database.drop(f"guarded_{number}")


def refuses_to_start(lines, database, receiver, courier):
    for what, value in (
        ("too short", "whsec_" + base64.b64encode(b"x" * 23).decode()),
        ("too long", "whsec_" + base64.b64encode(b"x" * 65).decode()),
        ("no base64", "whsec_canary!!"),
        ("three values", f"{SECRET} {SECRET} {SECRET}"),
        ("mixed with a token", f"{SECRET} canary"),
        ("empty", ""),
    ):
        done = courier.call("once", TELEMETRY_SECRET_BAD=value)
        lines.expect(f"a secret that is {what} is refused by name", (done.returncode, "TELEMETRY_SECRET_BAD" in done.stderr), (1, True))
        lines.expect("and its value is not shown", bool(value) and value in done.stderr, False)


def files(lines, database, receiver, courier):
    directory = pathlib.Path(receiver.records).parent / "secrets"
    directory.mkdir(exist_ok=True)
    (directory / "filed").write_text(SECRET + "\n")
    database.destination("filed", receiver.url("filed"), secret_name="filed")
    database.log()
    courier.once("--secrets", str(directory))
    lines.expect("a secret is read from a file", receiver.requests("filed")[0].is_verified_by(SECRET))
    database.drop("filed")
    (directory / "filed").write_text("whsec_c2hvcnQ=")
    done = courier.once("--secrets", str(directory))
    lines.expect("a file with a secret that is too short is refused", (done.returncode, "filed" in done.stderr, "c2hvcnQ" in done.stderr), (1, True, False))


def supabase_vault(lines, database, receiver, courier):
    database.connection.execute("""
        create schema vault;
        create table vault.kept (name text, secret text);
        create view vault.decrypted_secrets as select name, secret as decrypted_secret from vault.kept;
        grant usage on schema vault to courier_role""")
    database.connection.execute("insert into vault.kept values ('vaulted', %s), ('broken', 'whsec_c2hvcnQ=')", [SECRET])
    database.destination("vaulted", receiver.url("vaulted"), secret_name="vaulted")
    database.log()
    done = courier.once("--supabase-vault")
    lines.expect("Supabase's Vault: without the right it says so", (database.last_failure("vaulted")[1], "42501" in done.stderr, SECRET in done.stderr), ("no_secret", True, False))
    database.connection.execute("grant select on vault.decrypted_secrets to courier_role")
    time.sleep(1.3)
    courier.once("--supabase-vault")
    lines.expect("with it the secret of that name signs", [request.is_verified_by(SECRET) for request in receiver.requests("vaulted")], [True])
    database.drop("vaulted")
    database.destination("vaulted", receiver.url("vaulted"), secret_name="broken")
    database.log()
    done = courier.once("--supabase-vault")
    lines.expect("what is no secret there signs nothing", (len(receiver.requests("vaulted")), database.last_failure("vaulted")[1], "c2hvcnQ" in done.stderr), (1, "no_secret", False))
    database.drop("vaulted")
    database.connection.execute("set client_min_messages = error; drop schema vault cascade; reset client_min_messages")


def rights(lines, database, receiver, courier):
    def code(statement):
        with psycopg.connect(database.courier_url, autocommit=True) as connection:
            try:
                connection.execute(statement)
                return "allowed"
            except psycopg.Error as error:
                return error.sqlstate

    lines.expect("its role may claim", code("select * from telemetry.claim_deliveries('rights')"), "allowed")
    forbidden = [
        "select * from telemetry.events", "select * from telemetry.destinations", "select * from telemetry.destination_states",
        "select * from telemetry.deliveries", "select telemetry.log_event('seen')", "select telemetry.register_destination('x', '{}')",
        "select telemetry.requeue_deliveries('x')", "select telemetry.test_destination('x')", "call telemetry.tick()",
    ]
    lines.expect("and nothing else", {statement: code(statement) for statement in forbidden}, dict.fromkeys(forbidden, "42501"))


def tells_nothing(lines, database, receiver, courier):
    receiver.script("quiet", "500", "200")
    database.destination("quiet", receiver.url("quiet?canary=canary-in-url"), secret_name="hook")
    event = database.log(text="canary-in-body")
    done = courier.once()
    lines.expect("a line says destination, id and status", all(word in done.stderr for word in ("destination=quiet", f"evt_{event}", "result=500")))
    shown = [word for word in ("canary", SECRET, SECRET[6:], TOKEN, "127.0.0.1") if word in done.stderr + done.stdout]
    lines.expect("and nothing of url, body or secret", shown, [])
    database.drop("quiet")


def stops(lines, database, receiver, courier):
    receiver.script("stops", "slow:3000", "200")
    database.destination("stops", receiver.url("stops"), timeout_seconds=10)
    for n in range(5):
        database.log(n=n)
    process = courier.run()
    wait_for(lambda: receiver.requests("stops"))
    began = time.monotonic()
    lines.expect("SIGTERM ends it", stop(process), 0)
    lines.expect("after what was out came back", 1.5 < time.monotonic() - began < 20)
    lines.expect("which was settled, and nothing else sent", (len(receiver.requests("stops")), database.status("stops")[5]), (1, 4))
    courier.once()
    ids = [request.id for request in receiver.requests("stops")]
    lines.expect("the next one goes on at once, and sends nothing twice", (len(ids), len(set(ids))), (5, 5))
    database.drop("stops")
    receiver.script("silent", "never")
    database.destination("silent", receiver.url("silent"), timeout_seconds=45)
    database.log()
    process = courier.run()
    wait_for(lambda: receiver.requests("silent"))
    began = time.monotonic()
    lines.expect("SIGTERM ends it within 20 s, though a receiver does not answer", (stop(process), time.monotonic() - began < 20), (0, True))
    database.drop("silent")


def suspended(lines, database, receiver, courier):
    """A courier that wakes up after its lease went to another one."""
    receiver.script("suspended", "slow:1500", "200")
    database.destination("suspended", receiver.url("suspended"), ordering="strict")
    events = [f"evt_{database.log(n=n)}" for n in range(4)]
    sleeper = courier.run()
    wait_for(lambda: receiver.requests("suspended"))
    sleeper.send_signal(signal.SIGSTOP)
    time.sleep(2)
    database.all("update telemetry.destination_states set leased_until = clock_timestamp() where leased_by is not null returning 1")
    courier.once()
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(2)
    stop(sleeper)
    lines.expect(
        "a courier that slept through its lease sends nothing more, and settles nothing",
        ([request.id for request in receiver.requests("suspended")], database.status("suspended")[3:]), (events[:1] + events, (0, 0, 0)),
    )
    database.drop("suspended")


def two_at_once(lines, database, receiver, courier):
    database.destination("shared", receiver.url("shared"))
    database.destination("shared_sink", receiver.url("shared_sink"), kind="posthog", secret_name="service", batch_rows=20)
    couriers = [courier.run() for _ in range(2)]
    events = [f"evt_{database.log(n=n)}" for n in range(300)]
    wait_for(lambda: database.status("shared")[5] == 0 and database.status("shared_sink")[5] == 0)
    for process in couriers:
        stop(process)
    lines.expect("two couriers: in order, nothing twice", [r.id for r in receiver.requests("shared")], events)
    uuids = [f"evt_{e['uuid']}" for r in receiver.requests("shared_sink") for e in r.json()["batch"]]
    lines.expect("batches too", uuids, events)
    database.drop("shared")
    database.drop("shared_sink")


def woken(lines, database, receiver, courier):
    """A message of a destination that wakes is sent long before the courier would ask."""
    database.destination("woken", receiver.url("woken"), sends="messages", wakes=True)
    said = receiver.certificate.parent / "woken.log"
    with open(said, "w") as log:
        process = subprocess.Popen([courier.program, "run", "--allow-private", "--poll", "10min"], env=courier.environment(), stderr=log)
    listens = lambda times: said.read_text().count("listens") >= times
    try:
        lines.expect("it listens", wait_for(lambda: listens(1)))
        database.all("select telemetry.enqueue('woken', '{}')")
        lines.expect("a message wakes it", wait_for(lambda: len(receiver.requests("woken")) == 1))
        database.all("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'telemetry-courier'")
        lines.expect("it listens again where its connection was lost", wait_for(lambda: listens(2)))
        database.all("select telemetry.enqueue('woken', '{}')")
        lines.expect("and is woken again", wait_for(lambda: len(receiver.requests("woken")) == 2))
    finally:
        stop(process)
    database.drop("woken")


def monitored(lines, database, receiver, courier):
    port = free_port()
    receiver.script("monitored", "500", "200")
    database.destination("monitored", receiver.url("monitored?canary=1"))
    database.log()
    process = courier.run("--metrics", f"127.0.0.1:{port}")

    def get(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return None, ""

    wait_for(lambda: 'outcome="delivered"' in get("/metrics")[1])
    text = get("/metrics")[1]
    for line in (
        'telemetry_courier_requests_total{destination="monitored",result="server_error"} 1',
        'telemetry_courier_requests_total{destination="monitored",result="delivered"} 1',
        'telemetry_courier_settled_total{destination="monitored",outcome="delivered"} 1',
    ):
        lines.expect(f"metrics: {line}", line in text)
    lines.expect("metrics hold no url", "canary" in text, False)
    lines.expect("it is healthy", get("/health"), (200, "ok\n"))
    lines.expect("and serves nothing else", get("/")[0], 404)
    stop(process)
    database.drop("monitored")


def commands(lines, database, receiver, courier):
    database.destination("tried", receiver.url("tried"), secret_name="hook")
    done = courier.call("test", "tried", "--allow-private", DATABASE_URL=database.url)
    lines.expect("test says what became of it", (done.returncode, done.stdout), (0, "200: delivered\n"))
    lines.expect("and sends a test message", receiver.requests("tried")[0].json()["type"], "telemetry.test")
    receiver.script("tried", "410")
    done = courier.call("test", "tried", "--allow-private", DATABASE_URL=database.url)
    lines.expect("and says where it was refused", (done.returncode, done.stdout.startswith("410: ")), (1, True))
    done = courier.call("test", "tried", "--allow-private")
    lines.expect("the courier's own role may not", (done.returncode, "42501" in done.stderr), (1, True))
    done = courier.call("check", "--allow-private")
    lines.expect("check is content", (done.returncode, "not ok" in done.stdout), (0, False))
    lines.expect("it shows no secret", SECRET in done.stdout or TOKEN in done.stdout, False)
    done = courier.call("check", DATABASE_URL=database.url)
    lines.expect("without --allow-private it names the address", (done.returncode, "not ok  destination tried: address" in done.stdout), (1, True))
    done = courier.call("check", DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing?sslmode=disable")
    lines.expect("no database is said", (done.returncode, "not ok  database" in done.stdout), (1, True))
    done = courier.call("check", DATABASE_URL="postgres://u@h/d?sslmode=prefer")
    lines.expect("an sslmode that promises nothing is refused", (done.returncode, "sslmode" in done.stderr), (1, True))
    database.drop("tried")
