"""Runs the calls of docs/requirements.md: python rows.py PSQL URL PAGE SETUP. One line of TAP for each requirement.

The page has a section for each application, which names its pack. A row is a number, what is asked for, and what answers it: a
code span is a call, "is refused: SQLSTATE" behind it says that it must fail so. A call without a verb of SQL in front is a
function of the schema telemetry.
"""

import json
import re
import subprocess
import sys

PSQL, URL, PAGE, SETUP = sys.argv[1:5]
VERBS = ("select", "update", "delete", "create", "insert")
failed = False


def sql(database, statements):
    url = re.sub(r"/postgres(?=$|\?)", f"/{database}", URL)
    command = [PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", url]
    ran = subprocess.run(command, input=statements, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode:
        sys.exit(f"not ok - {database} is set up\n{ran.stderr}")
    return ran.stdout


def say(is_good, title, problem=""):
    global failed
    failed = failed or not is_good
    print(f"{'ok' if is_good else 'not ok'} - {title}" + (f"\n    {problem}" if problem else ""), flush=True)


def sections(page):
    """(title, pack, [(number, requirement, answer)]) of each application."""
    for text in page.split("\n## ")[1:]:
        title = text.split("\n", 1)[0]
        pack = re.search(r"^Pack `(\w+)`", text, re.M)[1]
        yield title, pack, [tuple(cell.strip() for cell in row) for row in re.findall(r"^\| (\d+) \|(.*?)\|(.*)\|$", text, re.M)]


def kind_of(answer):
    return "elsewhere" if answer.startswith("Elsewhere: ") else "not yet" if answer.startswith("Not yet: ") else "answered"


def calls_of(answer):
    """The calls of a row, each with the SQLSTATE by which it must be refused, or None."""
    for span, state in re.findall(r"`([^`]+)`(?: is refused: (\w{5}))?", answer):
        if "(" in span or span.startswith(VERBS):
            yield (span if span.startswith(VERBS) else f"select * from telemetry.{span}"), state or None


# Runs a call, tells how many rows it has or its SQLSTATE and message, and undoes it.
RUN = """
create function pg_temp.outcome(call text) returns text language plpgsql as $$
declare
    counted bigint;
begin
    execute call;
    get diagnostics counted = row_count;
    raise sqlstate 'UNDO0';
exception
    when sqlstate 'UNDO0' then return counted;
    when others then return concat(sqlstate, ' ', sqlerrm);
end $$;
"""


def outcomes(database, calls):
    quoted = (call.replace("'", "''") for call in calls)
    asked = "\n".join(f"select to_json(pg_temp.outcome('{call}'));" for call in quoted)
    return [json.loads(line) for line in sql(database, RUN + asked).splitlines()]


def is_as_said(call, state, outcome):
    if state:
        return outcome.startswith(state + " ")
    # What makes something has no rows.
    return outcome.isdigit() and (int(outcome) > 0 or call.startswith(("create", "update", "delete")))


def main():
    page = open(PAGE).read()
    every = list(sections(page))
    for title, pack, rows in every:
        database = f"requirements_{pack}"
        sql("postgres", f"set client_min_messages = error; drop database if exists {database}; create database {database};")
        sql(database, f"\\set pack {pack}\n\\set QUIET on\n\\o /dev/null\n" + open(SETUP).read())
        asked = [(row, call, state) for row in rows for call, state in calls_of(row[2])]
        found = outcomes(database, [call for _, call, _ in asked])
        wrong = {}
        for (row, call, state), outcome in zip(asked, found):
            if not is_as_said(call, state, outcome):
                wrong.setdefault(row[0], []).append(f"{call}: {outcome}")
        for number, requirement, answer in rows:
            problems = wrong.get(number, [])
            if kind_of(answer) == "answered" and not any(row[0] == number for row, _, _ in asked):
                problems.append("it names no call")
            say(not problems, f"{title} {number}: {requirement}", "\n    ".join(problems))
        kinds = [kind_of(answer) for _, _, answer in rows]
        figures = f"| {title} | {len(rows)} | {kinds.count('answered')} | {kinds.count('not yet')} | {kinds.count('elsewhere')} |"
        say(figures in page, f"{title}: the table of figures has its row", "" if figures in page else figures)
        numbered = [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1))
        say(numbered, f"{title}: rows are numbered from 1")
        sql("postgres", f"drop database {database};")
    kinds = [kind_of(answer) for _, _, rows in every for _, _, answer in rows]
    figures = f"| all | {len(kinds)} | {kinds.count('answered')} | {kinds.count('not yet')} | {kinds.count('elsewhere')} |"
    say(figures in page, "the table of figures adds up", "" if figures in page else figures)
    say(all(is_as_said(*case) == good for case, good in PLANTED), "a call that fails, answers nothing or is not refused would be found")
    sys.exit(failed)


PLANTED = [
    (("select", None, "3"), True),
    (("select", None, "0"), False),
    (("select", None, "42883 no such function"), False),
    (("select", "22023", "1"), False),
    (("select", "22023", "42501 permission denied"), False),
]

main()
