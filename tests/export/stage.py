"""What the cases stand on: a database with the extension, places for files, the courier, and the lines that are printed."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import psycopg

ENVIRONMENT = {"PATH": os.environ["PATH"], "TMPDIR": os.environ.get("TMPDIR", "/tmp")}


class Lines:
    """One line per expectation, as the other suites print them."""

    failed = False
    title = ""

    def expect(self, name, actual, expected=True):
        if actual == expected:
            print(f"ok - export, {self.title}: {name}", flush=True)
        else:
            self.failed = True
            print(f"not ok - export, {self.title}: {name}\n    expected {expected!r}\n    actual   {actual!r}"[:4000], flush=True)


class Database:
    """The administrator's connection, and the address for the courier, whose role may do nothing else."""

    def __init__(self, url, courier_url):
        self.url = url
        self.courier_url = courier_url
        self.connection = psycopg.connect(url, autocommit=True)

    def all(self, statement, *arguments):
        cursor = self.connection.execute(statement, arguments or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, statement, *arguments):
        return self.all(statement, *arguments)[0][0]

    def register(self, name, **definition):
        self.all("select telemetry.register_export(%s, %s)", name, json.dumps({"most_age": "0 seconds", **definition}))

    def log(self, count, seed):
        """Events of every shape: with and without ids, texts that need quoting, numbers of all kinds, over three days."""
        self.all_with(
            """
            select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'event_name', (array['seen', 'paid', 'left'])[1 + n %% 3],
                'event_ts', date_trunc('day', now()) - make_interval(days => 1 + n %% 3, secs => -(n * 7919 %% 80000) - n / 1000000.0),
                'event_id', md5(%(seed)s || '/' || n)::uuid,
                'user_id', case when n %% 5 > 0 then md5('user' || n %% 97)::uuid end,
                'session_id', case when n %% 2 > 0 then md5('session' || n / 7)::uuid end,
                'seq', case when n %% 4 = 0 then n end,
                'client_ts', case when n %% 6 = 0 then now() - interval '1 minute' end,
                'payload', case n %% 3
                    when 0 then jsonb_build_object('text', repeat('x', n %% 40) || E'"quoted", \\u00e4\\n\\t\\\\', 'n', n)
                    when 1 then jsonb_build_object('amount', n / 8.0, 'plan', (array['free', 'pro'])[1 + n %% 2])
                    else '{}' end))))
              from generate_series(1, %(count)s) n
            """,
            {"seed": str(seed), "count": count},
        )

    def wait_for_frontier(self):
        """Until what is committed may leave: autovacuum's transactions hold nothing back for long."""
        drawn = self.one("select telemetry_private.drawn_id()")
        assert wait_for(lambda: self.one("select telemetry_private.frontier()") >= drawn)

    def all_with(self, statement, arguments):
        return self.connection.execute(statement, arguments).fetchall()


class Folder:
    """A folder of this machine."""

    name = "folder"
    environment = {}

    def __init__(self, work):
        self.root = pathlib.Path(work) / f"files-{time.monotonic_ns()}"
        self.uri = str(self.root)

    def list(self, export):
        root = self.root / export
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "_staging" not in path.parts)

    def read(self, export, path):
        return (self.root / export / path).read_bytes()

    def write(self, export, path, content):
        (self.root / export / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / export / path).write_bytes(content)

    def remove(self, export, path):
        (self.root / export / path).unlink()

    def clear(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Bucket:
    """A bucket of a server that speaks S3."""

    name = "S3"

    def __init__(self, work):
        import boto3

        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from moto.server import main; import sys; main(sys.argv[1:])", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=open(pathlib.Path(work) / "moto.log", "w"),
        )
        assert wait_for(lambda: can_connect(self.port), 60)
        self.environment = {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "canary-id", "AWS_SECRET_ACCESS_KEY": "canary-secret",
        }
        self.client = boto3.client(
            "s3", endpoint_url=self.environment["AWS_ENDPOINT"], region_name="eu-central-1", aws_access_key_id="canary-id",
            aws_secret_access_key="canary-secret",
        )
        self.client.create_bucket(Bucket="events", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.uri = "s3://events/telemetry"

    def list(self, export):
        prefix = f"telemetry/{export}/"
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="events", Prefix=prefix)
        return sorted(found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", []))

    def read(self, export, path):
        return self.client.get_object(Bucket="events", Key=f"telemetry/{export}/{path}")["Body"].read()

    def write(self, export, path, content):
        self.client.put_object(Bucket="events", Key=f"telemetry/{export}/{path}", Body=content)

    def remove(self, export, path):
        self.client.delete_object(Bucket="events", Key=f"telemetry/{export}/{path}")

    def clear(self):
        self.process.kill()
        self.process.wait()


class Courier:
    def __init__(self, program, database):
        self.program = program
        self.database = database

    def start(self, place, *arguments, database=True):
        environment = {**ENVIRONMENT, **place.environment}
        if database:
            environment["DATABASE_URL"] = self.database.courier_url
        return subprocess.Popen([self.program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, place, *arguments, database=True):
        """Its exit status, what it says and what it logs."""
        process = self.start(place, *arguments, database=database)
        said, logged = process.communicate(timeout=600)
        return process.returncode, said, logged

    def export(self, place, name, *arguments):
        return self.run(place, "export", name, "--to", place.uri, *arguments)

    def verify(self, place, name, database=True):
        return self.run(place, "verify-export", f"{place.uri}/{name}", database=database)

    def compact(self, place, name, *arguments):
        return self.run(place, "compact", f"{place.uri}/{name}", *arguments, database=False)


def manifest(place, name):
    """The files that hold the rows now, as any reader finds them: the pointer, the ranges up to it, and the compactions in force."""
    latest = json.loads(place.read(name, "_manifest/latest.json"))
    held = {}
    for number in range(latest["first"], latest["number"] + 1):
        document = json.loads(place.read(name, f"_manifest/{number:08}.json"))
        held.update({file["path"]: file for file in document["files"]})
    for number in range(1, latest["compactions"] + 1):
        for group in json.loads(place.read(name, f"_manifest/compaction-{number:08}.json"))["groups"]:
            for path in group["replaces"]:
                del held[path]
            held[group["file"]["path"]] = group["file"]
    return sorted(held.values(), key=lambda file: file["first_id"])


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
