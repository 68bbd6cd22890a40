"""What the cases stand on: a database that is sealed, a witness with its key, and what others say of what it signed."""

import base64
import hashlib
import importlib.util
import json
import pathlib
import shutil
import subprocess
import time

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_place = pathlib.Path(__file__).resolve().parent.parent / "export" / "stage.py"
_spec = importlib.util.spec_from_file_location("export_stage", _place)
export_stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(export_stage)
Bucket, Folder, kill, wait_for, free_port, can_connect = (
    getattr(export_stage, name) for name in ("Bucket", "Folder", "kill", "wait_for", "free_port", "can_connect")
)

REFUSED = 3


class Lines:
    """One line per expectation, as the other suites print them."""

    failed = False
    title = ""

    def expect(self, name, actual, expected=True):
        if actual == expected:
            print(f"ok - witness, {self.title}: {name}", flush=True)
        else:
            self.failed = True
            print(f"not ok - witness, {self.title}: {name}\n    expected {expected!r}\n    actual   {actual!r}"[:4000], flush=True)


class Scene:
    """A database, a place for heads, and a key."""

    def __init__(self, url, witness_url, work, program, judge, place):
        self.url, self.witness_url, self.program, self.judge, self.place = url, witness_url, program, judge, place
        self.work = pathlib.Path(work) / f"scene-{time.monotonic_ns()}"
        self.work.mkdir()
        self.database = export_stage.Database(url, witness_url)
        self.copies = []
        self.secrets = self.work / "secrets"
        self.secrets.mkdir()
        self.key = self.run("witness-key", "example.com/telemetry", str(self.secrets / "witness_key"))[1].strip()

    def run(self, *arguments, url=None, environment=None):
        """Its exit status, what it says and what it logs."""
        process = self.start(*arguments, url=url, environment=environment)
        said, logged = process.communicate(timeout=300)
        return process.returncode, said, logged

    def start(self, *arguments, url=None, environment=None):
        known = {**export_stage.ENVIRONMENT, **self.place.environment, "DATABASE_URL": url or self.witness_url, **(environment or {})}
        return subprocess.Popen([self.program, *arguments], env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def arguments(self, *more, folder="heads", secrets=None):
        return ["witness", "--to", f"{self.place.uri}/{folder}", "--secrets", str(secrets or self.secrets), *more]

    def witness(self, *more, folder="heads", secrets=None, url=None):
        return self.run(*self.arguments(*more, folder=folder, secrets=secrets), url=url)

    def log(self, count, database=None):
        """Events of every shape, sealed."""
        database = database or self.database
        database.log(count, seed=time.monotonic_ns())
        database.wait_for_frontier()
        self.seal(database)

    def seal(self, database=None):
        (database or self.database).all("call telemetry.tick()")

    def size(self, log="events", database=None):
        return int((database or self.database).one("select telemetry.checkpoint(%s)", log).split("\n")[1])

    def copy(self):
        """The database as it is now, as whoever has a backup of it can bring it back: a connection for the administrator, and the
        address for the witness."""
        name = f"witness_copy_{time.monotonic_ns()}"
        own = self.url.rsplit("/", 1)[1]
        self.database.connection.close()
        with psycopg.connect(f"{self.url.rsplit('/', 1)[0]}/postgres", autocommit=True) as maker:
            assert wait_for(lambda: made(maker, f"create database {name} template {own}"), 60)
            settings = maker.execute("select unnest(setconfig) from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where datname = %s and setrole = 0", [own])
            for setting, value in [text.split("=", 1) for (text,) in settings.fetchall()]:
                maker.execute(f"alter database {name} set {setting} = '{value}'")
        self.copies.append(name)
        self.database = export_stage.Database(self.url, self.witness_url)
        urls = [f"{url.rsplit('/', 1)[0]}/{name}" for url in (self.url, self.witness_url)]
        return export_stage.Database(*urls)

    def read(self, path, folder="heads"):
        return self.place.read(folder, path).decode()

    def files(self, folder="heads"):
        return self.place.list(folder)

    def heads(self, log="events", folder="heads"):
        """The heads of a log by their size."""
        found = {}
        for path in self.files(folder):
            if path.startswith(f"{log}/0") and path.endswith(".checkpoint"):
                found[int(path.split("/")[1].split(".")[0])] = self.read(path, folder)
        return dict(sorted(found.items()))

    def clear(self):
        self.place.clear()
        self.database.connection.close()
        shutil.rmtree(self.work, ignore_errors=True)
        with psycopg.connect(f"{self.url.rsplit('/', 1)[0]}/postgres", autocommit=True) as maker:
            for name in self.copies:
                maker.execute(f"drop database if exists {name} with (force)")


def disarm(database):
    """What a superuser does first: the guards of the log and of its seals are off."""
    tables = database.all(
        """select r::text from unnest('{telemetry.events,telemetry.seals,telemetry.seal_pages}'::regclass[]) r
           union all select inhrelid::regclass::text from pg_inherits where inhparent = 'telemetry.events'::regclass"""
    )
    for (table,) in tables:
        database.all(f"alter table only {table} disable trigger user")


def made(maker, statement):
    try:
        maker.execute(statement)
        return True
    except psycopg.errors.ObjectInUse:
        return False


def signers(note, *keys):
    """The names of the keys that signed it, by a library of its own."""
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    found = []
    for key in keys:
        name, identity, public = key.split("+", 2)
        kind, public = base64.b64decode(public)[0], base64.b64decode(public)[1:]
        assert hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).hexdigest()[:8] == identity
        for line in lines.splitlines():
            dash, signer, signature = line.split(" ")
            signature = base64.b64decode(signature)
            if dash != "\u2014" or signer != name or signature[:4].hex() != identity:
                continue
            message, signature = text.encode(), signature[4:]
            if kind == 4:
                message = f"cosignature/v1\ntime {int.from_bytes(signature[:8], 'big')}\n{text}".encode()
                signature = signature[8:]
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
                found.append(name)
            except InvalidSignature:
                found.append(f"forged {name}")
    return found


def is_consistent(old_size, old_root, new_size, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old_size == 0 or old_size == new_size:
        return not proof and (old_size == 0 or old_root == new_root)
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    one = other = path.pop(0)
    node = lambda left, right: hashlib.sha256(b"\1" + left + right).digest()
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            one, other = node(step, one), node(step, other)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            other = node(other, step)
        place, last = place >> 1, last >> 1
    return one == old_root and other == new_root and last == 0


def head(note):
    """The size and the root of a checkpoint."""
    _, size, root = note.split("\n")[:3]
    return int(size), base64.b64decode(root)


def ask_judge(scene, notes, consistency, inclusion):
    """What Go's packages say."""
    asked = json.dumps({"Key": scene.key, "Notes": notes, "Consistency": consistency, "Inclusion": inclusion})
    return subprocess.run([scene.judge], input=asked, capture_output=True, text=True, timeout=60).stdout.strip()
