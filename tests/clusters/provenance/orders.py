"""Orders in which an archive's items can be restored: what pg_restore -j may choose by itself."""

import random
import re

from server import program

LAST = ("ACL", "EVENT TRIGGER", "REFRESH MATERIALIZED VIEW", "DEFAULT ACL")
DATA = ("TABLE DATA", "SEQUENCE SET", "STATISTICS DATA")
POST = ("INDEX", "CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "POLICY", "ROW SECURITY", "INDEX ATTACH", "RULE", "PUBLICATION", "EVENT TRIGGER")


class Item:
    def __init__(self, line, needs):
        self.line, self.needs = line, needs
        self.number = int(line.split(";")[0])
        rest = line.split(";")[1].split(None, 2)[2]
        self.kind = next((kind for kind in sorted(DATA + POST + LAST, key=len, reverse=True) if rest.startswith(kind + " ")), "TABLE")
        self.about = rest[len(self.kind) :].split()[1:]  # name of the relation, and of the item


def items_of(archive):
    said = program("pg_restore", "--list", "--verbose", archive)[1]
    items = []
    for line in said.splitlines():
        if re.match(r"\d+;", line):
            items.append(Item(line, []))
        elif match := re.match(r";\s+depends on: ([\d ]+)", line):
            items[-1].needs = [int(number) for number in match[1].split()]
    return items


def any_order(archive, seed):
    """What makes tables first, then data and what comes after in any order in which each item has what it needs."""
    items = items_of(archive)
    dice = random.Random(seed)
    first = [item for item in items if item.kind not in DATA + POST + LAST]
    last = [item for item in items if item.kind in LAST]
    rest = [item for item in items if item not in first and item not in last]
    names = {item.number: item for item in rest}
    # As pg_restore has it: an index needs the rows of its table, not the table alone.
    rows = {need: item.number for item in rest if item.kind == "TABLE DATA" for need in item.needs}
    needs = {item.number: {rows.get(need, need) for need in item.needs} - {item.number} for item in rest}
    ordered = []
    while names:
        ready = [number for number in names if not needs[number] & names.keys()]
        number = dice.choice(ready or list(names))
        ordered.append(names.pop(number))
    return [item.line for item in first + ordered + last]


def counts_last(archive):
    """All data but that of the hourly counts, then the keys of the log, then those counts, then the rest."""
    items = items_of(archive)

    def place(item):
        late = item.kind == "TABLE DATA" and "hourly_counts" in item.line
        keys = item.kind in ("CONSTRAINT", "INDEX", "INDEX ATTACH") and "events" in item.line
        return 0 if item.kind not in POST + LAST and not late else 1 if keys else 2 if late else 3

    return [item.line for item in sorted(items, key=place)]
