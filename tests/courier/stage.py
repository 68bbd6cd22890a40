"""What the cases stand on: a database with the extension, a receiver, couriers, and the lines that are printed."""

import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psycopg
import standardwebhooks

HERE = pathlib.Path(__file__).parent
SECRET = "whsec_" + base64.b64encode(b"an old secret of the tests, 32 b").decode()
NEW_SECRET = "whsec_" + base64.b64encode(b"a new secret of the tests").decode()
TOKEN = 'phc_"canary\\token'


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# One for all receivers of a run: Slack's address is a secret, which a courier is told when it starts.
RECEIVER_PORT = free_port()
CHAT = f"http://127.0.0.1:{RECEIVER_PORT}/chat?canary=secret"


class Lines:
    """One line per expectation, as the other suites print them."""

    failed = False
    title = ""

    def expect(self, name, actual, expected=True):
        if actual == expected:
            print(f"ok - {self.title}: {name}", flush=True)
        else:
            self.failed = True
            print(f"not ok - {self.title}: {name}\n    expected {expected!r}\n    actual   {actual!r}"[:4000], flush=True)


class Receiver:
    """receiver.py in a process of its own, which may be killed and comes back at the same port."""

    def __init__(self, work, records=True):
        self.records = work / f"records-{time.monotonic_ns()}" if records else "-"
        self.port, self.tls_port = RECEIVER_PORT, free_port()
        self.certificate = work / "receiver.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=receiver",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
             "-keyout", self.certificate, "-out", work / "certificate.pem"],
            check=True, capture_output=True,
        )
        with open(self.certificate, "a") as both:
            both.write((work / "certificate.pem").read_text())
        self.start()

    def start(self):
        arguments = [str(self.port), self.records, str(self.tls_port), self.certificate]
        self.process = subprocess.Popen([sys.executable, HERE / "receiver.py", *arguments])
        wait_for(lambda: can_connect(self.port))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def tls_url(self, path):
        return f"https://localhost:{self.tls_port}/{path}"

    def script(self, path, *words):
        request = urllib.request.Request(self.url(f"_script/{path}"), json.dumps(words).encode(), method="PUT")
        urllib.request.urlopen(request).read()

    def state(self):
        return json.load(urllib.request.urlopen(self.url("_state")))

    def requests(self, path):
        """What came for a path, in order."""
        found = []
        if self.records.exists():
            for line in self.records.read_text().splitlines():
                request = json.loads(line)
                if request["path"].split("?")[0] == f"/{path}":
                    found.append(Request(request))
        return found


class Request:
    def __init__(self, recorded):
        self.at = recorded["at"]
        self.headers = {name.lower(): value for name, value in recorded["headers"]}
        self.body = base64.b64decode(recorded["body"])
        self.did = recorded["did"]
        self.id = self.headers.get("webhook-id")

    def json(self):
        return json.loads(self.body)

    def is_verified_by(self, secret):
        try:
            standardwebhooks.Webhook(secret).verify(self.body, self.headers)
            return True
        except standardwebhooks.WebhookVerificationError:
            return False


class Database:
    """The administrator's connection, and the address for the courier, whose role may do nothing else."""

    def __init__(self, url, courier_url):
        self.url = url
        self.courier_url = courier_url
        self.connection = psycopg.connect(url, autocommit=True)

    def all(self, statement, *parameters):
        return self.connection.execute(statement, parameters).fetchall()

    def again(self, statement, *parameters):
        """What may be said twice: it is, where the server was killed meanwhile."""
        while True:
            try:
                return self.all(statement, *parameters)
            except psycopg.OperationalError:
                self.connection = connect(self.url, autocommit=True)

    def one(self, statement, *parameters):
        rows = self.all(statement, *parameters)
        return rows[0][0] if rows else None

    def destination(self, name, url, **definition):
        """A new destination that begins now and waits one second at each failure."""
        definition = {"kind": "webhook", "url": url, "retry_after": ["1 second"] * 5, "timeout_seconds": 5, **definition}
        self.all("select telemetry.register_destination(%s, %s::jsonb)", name, json.dumps(definition))

    def log(self, event="seen", user=None, **payload):
        return self.one("select telemetry.log_event(%s, user_id => %s::uuid, payload => %s::jsonb)", event, user, json.dumps(payload))

    def notify(self, name, message):
        """A notification of an alert, as it is put into the outbox. Its id."""
        return self.one(
            "insert into telemetry.deliveries (destination, delivery_id, body, status, made_at, next_attempt_at) "
            "select d.name, 'ntf_' || gen_random_uuid(), telemetry_private.notification_body(row(d.*)::telemetry_private.destination, %s::jsonb), 'retrying', clock_timestamp(), clock_timestamp() "
            "from telemetry.destinations d where d.name = %s returning delivery_id", json.dumps(message), name)

    def status(self, name):
        return self.all("select status, last_status_code, last_error, dead_letters, waiting, lag_events from telemetry.destination_status(%s)", name)[0]

    def last_failure(self, name):
        return self.all("select last_status_code, last_error from telemetry.destination_status(%s)", name)[0]

    def clear(self):
        """Takes out what a part that ended early has left."""
        for (name,) in self.all("select name from telemetry.destinations"):
            self.drop(name)

    def drop(self, name):
        self.all("select telemetry.drop_destination(%s)", name)


class Binary:
    """telemetry-courier."""

    name = "telemetry-courier"

    def __init__(self, program, database):
        self.program = program
        self.database = database

    def environment(self, **more):
        secrets = {"TELEMETRY_SECRET_HOOK": SECRET, "TELEMETRY_SECRET_ROTATED": f"{NEW_SECRET} {SECRET}", "TELEMETRY_SECRET_SERVICE": TOKEN, "TELEMETRY_SECRET_CHAT": CHAT}
        return {"PATH": os.environ["PATH"], "DATABASE_URL": self.database.courier_url, **secrets, **more}

    def call(self, *arguments, timeout=90, **environment):
        return subprocess.run([self.program, *arguments], env=self.environment(**environment), capture_output=True, text=True, timeout=timeout)

    def once(self, *options):
        """Delivers what is due."""
        return self.call("once", "--allow-private", *options)

    def run(self, *options, log=subprocess.DEVNULL, poll="20ms", idle="100ms", **environment):
        return subprocess.Popen(
            [self.program, "run", "--allow-private", "--poll", poll, "--idle", idle, *options],
            env=self.environment(**environment), stderr=log,
        )

    @staticmethod
    def words(said):
        return (said,)

    def close(self):
        pass


def connect(url, **options):
    """A connection, as soon as the server takes one again."""
    for _ in range(600):
        with contextlib.suppress(psycopg.OperationalError):
            return psycopg.connect(url, **options)
        time.sleep(0.1)
    return psycopg.connect(url, **options)


def stop(process, how=signal.SIGTERM, timeout=25):
    process.send_signal(how)
    return process.wait(timeout)


def can_connect(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False
