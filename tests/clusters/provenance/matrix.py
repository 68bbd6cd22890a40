"""Every chosen case of (dump form, restore form, target, state before): the numbers of KPIs, the guards, and whether
everything goes on. FULL=yes: all pairs; ONLY=REGEX: those that match; SEED, CASES: which others than the usual ones."""

import concurrent.futures
import os
import random
import shutil
import sys
import threading
import time

import forms
import orders
from server import FAILED, MAJOR, WORK, Database, attempt, check, checking, program, report, run, script, url
from states import base_of, bring_to, oldest

DUMPING = threading.Lock()


def dump(database, form, format, path):
    options = [option.format(oldest=oldest(database)) for option in forms.DUMPS[form].options]
    jobs = ("-j2",) if format == "d" else ()
    status, said = program("pg_dump", f"-F{format}", *jobs, *options, "-f", path, url(database))
    if status:
        raise RuntimeError(f"pg_dump: {said}")
    return path


def kept_dump(state, form, format):
    """A dump of a state, taken once."""
    with DUMPING:
        path = WORK / f"{state}.{form}.{format}".replace(" ", "_").replace("'", "")
        return path if path.exists() else dump(base_of(state), form, format, path)


def restore(database, archive, form, tool, seed):
    """What restoring said of errors."""
    if tool.format == "p":
        status, said = program("psql", "-XqAt", *tool.options, "-f", archive, url(database))
    else:
        options = [*tool.options, *([] if tool.data_only else form.restore)]
        if "--data-only" in form.options:
            options.append("--data-only")
        runs = [[]]
        if tool.order == "sections":
            runs = [[f"--section={section}"] for section in ("pre-data", "data", "post-data")]
            options = [option for option in options if option != "--data-only"]
        elif tool.order:
            lines = orders.counts_last(archive) if tool.order == "counts last" else orders.any_order(archive, seed)
            listed = WORK / f"{database}.list"
            listed.write_text("\n".join(lines))
            runs = [["-L", listed]]
        status, said = 0, ""
        for each in runs:
            one, more = program("pg_restore", *options, *each, "-d", url(database), archive)
            status, said = status or one, said + more
    return [line for line in said.splitlines() if "ERROR:" in line or "FATAL:" in line or "error:" in line] or ([said[-200:]] if status else [])


def try_case(case, number):
    dumped, tooled, target, state = forms.parts_of(case)
    form, tool = forms.DUMPS[dumped], forms.TOOLS[tooled]
    template = "template0"
    if target.startswith("itself"):
        template = "base"
    elif target in ("installed", "in use"):
        template = "fresh"
    with Database(template) as database:
        archive = None
        if target.startswith("itself"):
            bring_to(database, state)
            archive = dump(database, dumped, tool.format, WORK / database)
            if target == "itself, gone on":
                run(database, script("tail.sql") + "call telemetry.tick(60);")
        elif target == "in use":
            run(database, script("own.sql"))
        source = database if target.startswith("itself") else base_of(state)
        events = int(run(source, "select count(*) from telemetry.events"))
        archive = archive or kept_dump(state, dumped, tool.format)
        errors = []
        for _ in range(2 if target == "empty, twice" else 1):
            errors = restore(database, archive, form, tool, number) or errors
        problems = []
        if form.whole and target == "empty" and not tool.data_only and errors:
            problems.append(f"problem: the restore failed: {' | '.join(errors[:3])}")
        if run(database, "select count(*) from pg_extension where extname = 'telemetry'") == "0":
            said = attempt(database, "create extension telemetry;")
            if "ERROR" in said:
                problems.append("problem: CREATE EXTENSION afterwards: " + said)
        least = events if form.data and target.startswith(("empty", "itself")) and form.extension and not errors else 0
        problems += check(url(database), least, number % 2 == 0)
        report(case, problems, "restore: " + " | ".join(errors[:2]) if errors else "")
        if os.environ.get("KEEP"):
            run("postgres", f'alter database {database} rename to "kept {database}"; create database {database}')
    remove(WORK / database)
    remove(WORK / f"{database}.list")


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def try_safely(case, number):
    try:
        try_case(case, number)
    except Exception as problem:  # a case that cannot be tried fails; the others go on
        report(case, [f"problem: {type(problem).__name__} {problem}"])


def main():
    cases = forms.chosen(MAJOR)
    checking()
    for state in forms.STATES:
        base_of(state)
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", 2))) as pool:
        # A case's number decides what its owner does first and which order is taken, so it must not change with the choice.
        list(pool.map(lambda case: try_safely(case, random.Random(case).randrange(1 << 30)), cases))
    sys.exit(FAILED.is_set())


main()
