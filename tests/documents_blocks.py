#!/usr/bin/env python3
"""documents_blocks.py PSQL URL PAGE [--write]: whether a page's ```sql blocks print what the page shows.

The blocks run in order, in one session. What a block prints must stand in the ```text block behind it: tables without their
"(3 rows)", but with "(0 rows)", and every notice and error. What may be left out, or shown: the answer of a statement that did
something, one whose columns are all named after volatile functions of telemetry, such as log_event. An answer that is another
one in every run is told by a comment before its block: then its columns must be right, its values may be any.

    <!-- varies: sizes are those of the day -->
    ```sql

Every place where a page differs is a line of output. --write puts the true answers into the page instead.
"""
import os
import re
import subprocess
import sys

RULE = re.compile(r"^-+(\+-+)*$")
FOOTER = re.compile(r"^\(\d+ rows?\)$")
VARIES = re.compile(r"^<!-- varies: .+ -->$")
MARK = "---- block "


class Block:
    """A ```sql block, its place in the lines of the page, and the ```text block behind it."""

    def __init__(self, begin, end, lines):
        self.begin, self.end = begin, end
        self.sql = lines[begin + 1 : end]
        self.varies = begin > 0 and bool(VARIES.match(lines[begin - 1]))
        self.answer = None  # (begin, end) of the ```text block


def blocks_of(lines, complaints):
    blocks, begin, previous = [], None, None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if begin is None:
            begin = number
            continue
        kind = lines[begin][3:]
        if kind == "sql":
            blocks.append(Block(begin, number, lines))
        elif kind == "text" and previous == "sql":
            blocks[-1].answer = (begin, number)
        elif kind == "text":
            complaints.append(f"line {begin + 1}: a ```text block without an ```sql block before it")
        begin, previous = None, kind
    return blocks


def run(psql, url, blocks):
    """What psql printed for each block, as lines. It runs where another zone than the page's would show."""
    script = []
    for number, block in enumerate(blocks):
        script += ["\\echo " + MARK + str(number), *block.sql]
    environment = os.environ | {"PGTZ": "Pacific/Chatham"}
    command = ["stdbuf", "-oL", psql, "-Xq", url]
    output = subprocess.run(command, input="\n".join(script) + "\n", text=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed, current = [[] for _ in blocks], None
    for line in output.stdout.split("\n"):
        if line.startswith(MARK):
            current = printed[int(line.split()[-1])]
        elif current is not None:
            current.append(line.rstrip())
    return printed


class Answer:
    """A table, or a line that psql printed beside tables."""

    def __init__(self, lines, doers=frozenset()):
        self.is_table = len(lines) > 1
        columns = [column.strip() for column in lines[0].split("|")]
        self.may_be_left_out = self.is_table and all(column in doers for column in columns)
        self.is_error = not self.is_table and bool(re.match(r"(ERROR|FATAL|PANIC): ", lines[0]))
        self.columns = columns if self.is_table else None
        # As it is written; rows that are empty, as those of telemetry.show(), are no difference.
        self.text = [line for line in lines if line == "(0 rows)" or not FOOTER.match(line)]
        self.lines = [line for line in self.text if line]


def answers_of(printed, doers):
    answers, beside, table = [], [], None
    for line in printed:
        if table is not None:
            table.append(line)
            if FOOTER.match(line):
                answers.append(Answer(table, doers))
                table = None
        elif RULE.match(line) and beside:
            table = [beside.pop(), line]
            answers += [Answer([other]) for other in beside]
            beside = []
        elif line:
            beside.append(line)
    return answers + [Answer([other]) for other in beside]


def without_values(lines):
    """The columns of each table of a shown answer."""
    return [[column.strip() for column in lines[at - 1].split("|")] for at, line in enumerate(lines) if at and RULE.match(line)]


def differs(block, shown, answers):
    """What is wrong with an answer as it is shown, or None."""
    needed = [answer for answer in answers if not answer.may_be_left_out]
    errors = [answer.lines[0] for answer in needed if answer.is_error and answer.lines[0] not in shown]
    if errors:
        return f"it fails: {errors[0]}"
    if block.varies:
        tables = [answer.columns for answer in needed if answer.is_table]
        return None if not shown or without_values(shown) == tables else f"its columns are {tables}"
    if not shown and needed:
        return f"it prints what no ```text block shows: {needed[0].lines[0]}"
    at = 0
    for answer in answers:
        if shown[at : at + len(answer.lines)] == answer.lines:
            at += len(answer.lines)
        elif not answer.may_be_left_out:
            wrong = [line for line in answer.lines if line not in shown[at:]] or ["(the order is another one)"]
            return f"it prints: {wrong[0]}"
    return None if at == len(shown) else f"it does not print: {shown[at]}"


def rewritten(lines, blocks, printed):
    """The page with true answers. From the end, so that places stay right."""
    for block, answers in reversed(list(zip(blocks, printed))):
        text = []
        for answer in answers:
            if not answer.may_be_left_out:
                text += ([""] if text and answer.is_table else []) + answer.text
        begin, end = block.answer or (block.end + 1, block.end)
        kept = block.varies and block.answer
        if not kept:
            lines[begin : end + 1] = ["```text", *text, "```"] if text else []
    return lines


def main(psql, url, page, write=False):
    with open(page, encoding="utf-8") as file:
        lines = file.read().split("\n")
    complaints = []
    blocks = blocks_of(lines, complaints)
    printed = run(psql, url, blocks)
    names = "select distinct proname from pg_catalog.pg_proc where pronamespace = 'telemetry'::regnamespace and provolatile = 'v'"
    doers = set(subprocess.run([psql, "-XqAt", url, "-c", names], text=True, stdout=subprocess.PIPE, check=True).stdout.split())
    printed = [answers_of(output, doers) for output in printed]
    if write:
        with open(page, "w", encoding="utf-8") as file:
            file.write("\n".join(rewritten(lines, blocks, printed)))
        return
    for block, answers in zip(blocks, printed):
        begin, end = block.answer or (0, 0)
        complaint = differs(block, [line.rstrip() for line in lines[begin + 1 : end] if line.strip()], answers)
        if complaint:
            complaints.append(f"line {block.begin + 1}: {complaint}")
    print("\n".join(complaints), end="\n" if complaints else "")


if __name__ == "__main__":
    main(*sys.argv[1:4], write="--write" in sys.argv[4:])
