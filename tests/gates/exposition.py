"""exposition.py TEXT SAMPLES: whether Prometheus' own parser reads in TEXT, an answer of metrics(), the rows of
metric_samples() in SAMPLES. What passes with the clock is compared by name and labels only.
"""

import json
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

PASSES = re.compile("seconds|recent|alert|size|lag")


def main():
    text = open(sys.argv[1], encoding="utf8", newline="").read()
    rows = json.load(open(sys.argv[2], encoding="utf8"))
    read = []
    for family in text_string_to_metric_families(text):
        # The parser takes _total off the name of a counter's family, and leaves it to its samples.
        read += [key(s.name, family.type, s.labels, s.value, family.documentation) for s in family.samples]
    said = [key(r["metric"], r["metric_type"], r["labels"], r["value"], r["help"]) for r in rows]
    if read != said:
        sys.exit(f"read and not said: {set(read) - set(said)}; said and not read: {set(said) - set(read)}")
    print(f"the same, {sum(name == 'telemetry_events' for name, *_ in read)} events")


def key(name, kind, labels, value, help_text):
    return name, kind, json.dumps(labels, sort_keys=True), None if PASSES.search(name) else value, help_text


main()
