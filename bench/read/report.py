"""report.py PLACE EVENTS DOCS: the results of a run as DOCS/bench-read.md and .svg, with those of other sizes beside it.

A run of fewer than 10 million events, or not of everybody, is only printed.
"""

import json
import pathlib
import statistics
import sys

from chart import chart, readable
from questions import TITLES

NAMES = {
    "telemetry": "telemetry",
    "raw": "telemetry, raw rows",
    "seeds": "plain SQL",
    "clickhouse": "ClickHouse",
    "duckdb": "DuckDB",
}
PUBLISHED_FROM = 10_000_000


def main(place: pathlib.Path, events: int, docs: pathlib.Path) -> None:
    result = json.loads((place / str(events) / "results.json").read_text())
    if events < PUBLISHED_FROM or len(systems_of(result)) < len(NAMES):
        print(section(result))
        return
    others = [json.loads(path.read_text()) for path in place.glob("*/results.json")]
    results = sorted((r for r in others if r["events"] >= PUBLISHED_FROM and len(systems_of(r)) == len(NAMES)), key=lambda r: r["events"])
    (docs / "bench-read.md").write_text(document(results))
    (docs / "bench-read.svg").write_text(picture(results[0]))
    print(section(result))
    print(f"written: {docs / 'bench-read.md'}, {docs / 'bench-read.svg'}")


def document(results: list[dict]) -> str:
    first = results[0]
    parts = [
        "# The read benchmark",
        "Written by `make bench-read`; do not edit. Five questions, asked of telemetry and of four others in turn in one run, with\n"
        "equal answers. How it works: [bench/README.md](../bench/README.md).",
        f"![{millions(first['events'])} events: seconds per question](bench-read.svg)",
        *(section(result) for result in results),
    ]
    if len(results) > 1:
        parts.append(growth(results[0], results[-1]))
    parts.append(details(first))
    return "\n\n".join(parts) + "\n"


def section(result: dict) -> str:
    """One size: the table, then what the timeline costs."""
    keys = systems_of(result)
    faster = [key for key in ("clickhouse", "duckdb", "seeds") if key in keys and "telemetry" in keys]
    head = ["", *(NAMES[key] for key in keys), *(f"{NAMES[key]} / telemetry" for key in faster)]
    lines = [row(head), row(["---"] + ["---:"] * (len(head) - 1))]
    for question, title in TITLES.items():
        times = {key: median(result, key, question) for key in keys}
        lines.append(row([
            title,
            *(("**%s**" if key == "telemetry" else "%s") % readable(times[key]) for key in keys),
            *(f"{ratio(result, key, question):.1f}" for key in faster),
        ]))
    machine = result["machine"]
    about = (
        f"{machine['cores']} cores, {machine['memory_gib']} GiB; {', '.join(result['versions'])}; {machine['date']}. Medians of "
        + ", ".join(rounds(result, keys))
        + "."
    )
    return "\n\n".join([f"## {millions(result['events'])} events", "\n".join(lines), about, *timeline(result)])


def timeline(result: dict) -> list[str]:
    if "read_model" not in result:
        return []
    model, fresh, memory = result["read_model"], result["freshness"], result["memory"]
    return [
        "\n".join([
            row(["the timeline", ""]),
            row(["---", "---:"]),
            row(["built", f"{model['events_per_second']:,.0f} events/s, one process" if model["events_per_second"] else "in an earlier run"]),
            row(["size", f"{model['bytes_per_event']:.2f} bytes an event"]),
            row(["memory of a call, at most", f"{max(memory.values()) / 2**20:.0f} MiB ({TITLES[max(memory, key=memory.get)].lower()})"]),
            *(
                row([f"{title}, {fresh['tail']:,} events above the cursor", f"{fresh['ratio'][question]:.2f} times"])
                for question, title in TITLES.items()
            ),
            row([f"a tick with {fresh['small']:,} new events", readable(fresh["small_tick_seconds"])]),
        ])
    ]


def growth(small: dict, large: dict) -> str:
    lines = [row(["", f"{millions(large['events'])} / {millions(small['events'])}"]), row(["---", "---:"])]
    for question, title in TITLES.items():
        lines.append(row([title, f"{median(large, 'telemetry', question) / median(small, 'telemetry', question):.1f} times"]))
    return "\n\n".join(["## Growth of telemetry's time", "\n".join(lines)])


def details(result: dict) -> str:
    """Every way that ClickHouse and DuckDB were asked, so that nobody has to believe that the best one was taken."""
    parts = ["## What was tried", f"Seconds at {millions(result['events'])} events before the rounds, the best of three; the fastest one was measured."]
    for key in ("clickhouse", "duckdb"):
        lines = [row(["question", "way, table", "time"]), row(["---", "---", "---:"])]
        for question, title in TITLES.items():
            ways = result["ways"][f"{key} {question}"]
            for name, seconds in sorted(ways["tried"].items(), key=lambda way: way[1]):
                mark = "**%s**" if name == ways["chosen"] else "%s"
                lines.append(row([title, mark % name, readable(seconds)]))
        parts.append(f"<details><summary>{NAMES[key]}</summary>\n\n" + "\n".join(lines) + "\n\n</details>")
    return "\n\n".join(parts)


def picture(result: dict) -> str:
    machine = result["machine"]
    return chart(
        f"Five questions over {millions(result['events'])} events: time to the answer, logarithmic",
        f"{machine['cores']} cores; {', '.join(result['versions'])}; medians of one run; shorter is better",
        [
            (title, [(key, NAMES[key], median(result, key, question)) for key in systems_of(result)])
            for question, title in TITLES.items()
        ],
    )


def systems_of(result: dict) -> list[str]:
    return [key for key in NAMES if f"{key} funnel" in result["seconds"]]


def median(result: dict, key: str, question: str) -> float:
    return statistics.median(result["seconds"][f"{key} {question}"])


def ratio(result: dict, key: str, question: str) -> float:
    """How many times as long as telemetry: of each round, then the median, because the machine drifts."""
    pairs = zip(result["seconds"][f"{key} {question}"], result["seconds"][f"telemetry {question}"])
    return statistics.median(theirs / ours for theirs, ours in pairs)


def rounds(result: dict, keys: list[str]) -> list[str]:
    by_count = {}
    for key in keys:
        by_count.setdefault(len(result["seconds"][f"{key} funnel"]), []).append(NAMES[key])
    return [f"{count} round{'s' if count > 1 else ''} ({', '.join(names)})" for count, names in sorted(by_count.items(), reverse=True)]


def millions(events: int) -> str:
    return f"{events / 1e6:g} million"


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3]))
