"""The server of this suite, its databases, and the lines that the suite prints. Arguments of every part: the directory of
psql, the connection string of the server up to the database, a directory for dumps."""

import functools
import itertools
import os
import pathlib
import subprocess
import sys
import threading

BIN, SERVER, WORK = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
HERE = pathlib.Path(__file__).parent
MAJOR = int(subprocess.run([f"{BIN}/psql", "--version"], capture_output=True, text=True).stdout.split()[2].split(".")[0])
FAILED = threading.Event()
NUMBERS = itertools.count(1)
PRINTING = threading.Lock()


def url(database):
    return f"{SERVER}/{database}"


def program(name, *arguments, stdin=None):
    """Runs a program of PostgreSQL: its exit status, and all that it said."""
    done = subprocess.run(
        [f"{BIN}/{name}", *map(str, arguments)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def attempt(database, sql, *options):
    """Runs a script to its end, whatever fails in it: all that it said."""
    return program("psql", "-XqAt", *options, url(database), stdin=sql)[1]


def run(database, sql, *options):
    """Runs a script that must not fail."""
    status, said = program("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *options, url(database), stdin=sql)
    if status:
        raise RuntimeError(f"{database}: {said}")
    return said.strip()


class Database:
    """A database that goes when its block ends; made of a template, or empty."""

    def __init__(self, template="template0", prefix="moved"):
        self.name = f"{prefix}_{os.getpid()}_{next(NUMBERS)}"
        run("postgres", f"create database {self.name} template {template}")

    def __enter__(self):
        return self.name

    def __exit__(self, *_):
        run("postgres", f"drop database {self.name} with (force)")


def script(name):
    return (HERE / name).read_text()


def reference():
    """The guards of a fresh installation, as a script that fills expected_guards."""
    with Database("fresh", "reference") as database:
        lines = run(database, script("guards.sql") + "copy (select distinct kind, line from pg_temp.guards()) to stdout;")
    return f"copy expected_guards from stdin;\n{lines}\n\\.\n"


@functools.cache
def checking():
    """The script of a check, with the guards of a fresh installation."""
    return script("guards.sql") + reference() + script("check.sql")


def check(address, events, init_first):
    """What is wrong with a database, one line each; see check.sql."""
    options = ("-v", f"least={events}", "-v", f"init_first={'on' if init_first else 'off'}")
    said = program("psql", "-XqAt", *options, address, stdin=checking())[1]
    # An error of tick() is told once more, with what it says to do.
    told = sum(": tick(): error " in line for line in said.splitlines())
    errors = [line for line in said.splitlines() if line.startswith(("psql:", "ERROR:", "FATAL:"))]
    lines = [line for line in said.splitlines() if line.startswith("problem ")] + errors[told:]
    return lines if said.rstrip().endswith("checked") else lines + ["problem: the check did not end: " + said[-300:]]


def report(name, problems, note=""):
    """One line of the suite, with what is wrong below it."""
    with PRINTING:
        print(f"{'not ok' if problems else 'ok'} - {name}")
        for line in [*problems[:6], *([f"({note})"] if problems and note else [])]:
            print(f"    {line[:300]}")
        sys.stdout.flush()
    if problems:
        FAILED.set()
