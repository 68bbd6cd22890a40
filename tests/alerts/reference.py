"""Judges drawn rules over drawn series by a machine that was written apart from src/alerts/engine.rs, and compares the transitions:
python reference.py PSQL URL SEED RULES.

The machine knows the rules as register_alert() tells them. It looks back over the whole series at each point, and keeps no state
but the status and what was told, where the engine goes from point to point. Each series is given to the engine whole, and cut
into ticks at drawn places, with what the database keeps between two ticks. One line of TAP for each batch.
"""

import json
import random
import subprocess
import sys
from math import sqrt
from statistics import NormalDist

PSQL, URL, SEED, RULES = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
BATCH = 500
MINUTE = 60
drawn = random.Random(SEED)


def draw_rule():
    fires = drawn.choice(["above", "below"])
    threshold = drawn.choice([0.0, 0.05, 0.2, 0.5, 1 - 0.95, 10.0])
    apart = drawn.choice([0, 0, 0.02, 0.1])
    return {
        "fires": fires,
        "threshold": threshold,
        "recovers_at": threshold - apart if fires == "above" else threshold + apart,
        "fires_after": drawn.choice([0, 0, 1, 2, 5]) * MINUTE * 1_000_000,
        "recovers_after": drawn.choice([0, 0, 1, 3, 15]) * MINUTE * 1_000_000,
        "min_count": drawn.choice([None, None, 1, 5, 20]),
        "confidence": drawn.choice([None, None, None, 0.8, 0.95, 0.999]),
        "no_data": drawn.choice(["keep", "fire", "recover"]),
        "is_event": False,
    }


def draw_series(rule):
    """A level that stays a while, around the threshold, with gaps."""
    length = drawn.randrange(1, 200)
    series, level, count, there, step = [], 0.0, 50, True, drawn.choice([1, 1, 5])
    for place in range(length):
        if drawn.random() < 0.25:
            level = drawn.choice([rule["threshold"], rule["recovers_at"], 0.0, 0.05, 0.3, 1.0, drawn.random(), rule["threshold"] * (1 + drawn.choice([1e-12, -1e-12, 1e-7, -1e-7]))])
        if drawn.random() < 0.1:
            count = drawn.choice([0, 1, 4, 5, 19, 20, 1000])
        if drawn.random() < 0.05:
            there = not there
        value = None if drawn.random() < 0.08 or count == 0 else level
        series.append((place * step * MINUTE, value, None if drawn.random() < 0.02 else count, there))
    return series


def beyond(rule, value, limit):
    if abs(value - limit) <= 1e-9 * max(abs(value), abs(limit)):
        return False
    return value > limit if rule["fires"] == "above" else value < limit


def surely(rule, share, n):
    """The share that is just not refused by the score test, towards the good side: by its quadratic equation."""
    above = rule["fires"] == "above"
    if not n:
        return 0.0 if above else 1.0
    p, z = min(max(share, 0.0), 1.0), NormalDist().inv_cdf(rule["confidence"])
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    return max((-b - root) / (2 * a), 0.0) if above else min((-b + root) / (2 * a), 1.0)


def word(rule, value, n):
    """breach, clear, between, or unknown; and why."""
    if value is None:
        return {"keep": "unknown", "fire": "breach", "recover": "clear"}[rule["no_data"]], "no_data"
    if rule["min_count"] is not None and (n is None or n < rule["min_count"]):
        return "unknown", None
    tested = value if rule["confidence"] is None else surely(rule, value, n)
    if beyond(rule, value, rule["threshold"]) and beyond(rule, tested, rule["threshold"]):
        return "breach", "threshold"
    return ("between" if beyond(rule, value, rule["recovers_at"]) else "clear"), "threshold"


def run_since(history, of):
    """Since when the last known words are all `of`: (time, index); what is unknown interrupts nothing."""
    begin = None
    for at, said in reversed(history):
        if said == "unknown":
            continue
        if said != of:
            break
        begin = at
    return begin


def reference(rule, series):
    status, history, transitions = "quiet", [], []
    firings, told_firings, told = [], [], False
    flapping = False
    for at, value, n, there in series:
        if not there and status == "quiet":
            # Nobody looks at it.
            history.append((at, "unknown"))
            continue
        said, cause = word(rule, value, n)
        history.append((at, said))
        if said == "unknown":
            continue
        new = status
        if status != "firing":
            if said == "breach":
                waited = at - run_since(history, "breach")
                new = "firing" if waited * 1_000_000 >= rule["fires_after"] else "pending"
            else:
                new = "quiet"
        elif said == "clear":
            # Since it fires: what was clear before does not count.
            waited = at - run_since([(t, s) for t, s in history if t > transitions[-1]["t"]], "clear")
            if waited * 1_000_000 >= rule["recovers_after"]:
                new = "quiet"
        if new == status:
            continue
        notifies = False
        if new == "firing":
            within = [t for t in firings if at - t < 3600]
            flapping = flapping and bool(within)
            flapping = flapping or len(within) >= 5
            notifies = told = not flapping or not told_firings or at - told_firings[-1] >= 3600
            firings.append(at)
            if told:
                told_firings.append(at)
        elif status == "firing":
            notifies, told = told, False
        transitions.append({"t": at, "from": status, "to": new, "value": value, "n": n, "cause": cause, "notifies": notifies})
        status = new
    return transitions


def pieces(series):
    cuts = sorted(drawn.sample(range(len(series) + 1), min(len(series), drawn.randrange(0, 12))))
    bounds = [0, *cuts, len(series)]
    return [series[a:b] for a, b in zip(bounds, bounds[1:]) if b > a]


STATEMENT = """
create function pg_temp.judged(rule jsonb, pieces jsonb) returns jsonb language plpgsql as $$
declare
    piece jsonb; state jsonb; part jsonb; left_over jsonb; made jsonb := '[]';
begin
    for piece in select value from jsonb_array_elements(pieces) loop
        select coalesce(jsonb_agg(jsonb_build_object('t', extract(epoch from j.changed_at - '2026-01-01Z')::bigint, 'from', j.from_status, 'to', j.to_status, 'value', j.value, 'n', j.n, 'cause', j.cause, 'notifies', j.notifies)) filter (where j.changed_at is not null), '[]'),
               jsonb_agg(j.state_left) filter (where j.changed_at is null) -> 0
          into part, left_over
          from (select array_agg(timestamptz '2026-01-01Z' + make_interval(secs => (p ->> 0)::double precision) order by o) as at, array_agg((p ->> 1)::double precision order by o) as numbers,
                       array_agg((p ->> 2)::double precision order by o) as counts, array_agg((p ->> 3)::boolean order by o) as present
                  from jsonb_array_elements(piece) with ordinality e (p, o)) s,
               telemetry_private.judge_alert(rule, state, s.at, s.numbers, s.counts, s.present) j;
        made := made || part;
        -- As the row of telemetry.alert_states would hold it.
        if left_over is not null then
            select to_jsonb(r) into state from jsonb_populate_record(null::telemetry.alert_states, left_over) r;
        end if;
    end loop;
    return made;
end $$;
"""


def judged(cases):
    script = "set timezone = 'Asia/Kathmandu'; set extra_float_digits = 3;" + STATEMENT + "create temporary table cases (place int, rule jsonb, pieces jsonb);\ncopy cases from stdin;\n"
    script += "".join(f"{place}\t{json.dumps(rule)}\t{json.dumps(parts)}\n" for place, (rule, parts) in enumerate(cases))
    script += "\\.\nselect pg_temp.judged(rule, pieces) from cases order by place;\n"
    out = subprocess.run([PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", URL], input=script, text=True, check=True, stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.splitlines()]


def main():
    failed, transitions = 0, 0
    for first in range(0, RULES, BATCH):
        rules = [draw_rule() for _ in range(min(BATCH, RULES - first))]
        drawn_series = [draw_series(rule) for rule in rules]
        expected = [reference(rule, series) for rule, series in zip(rules, drawn_series)]
        whole = judged([(rule, [series]) for rule, series in zip(rules, drawn_series)])
        cut = judged([(rule, pieces(series)) for rule, series in zip(rules, drawn_series)])
        off = [place for place in range(len(rules)) if not whole[place] == expected[place] == cut[place]]
        transitions += sum(map(len, expected))
        failed += len(off)
        print(f"{'not ok' if off else 'ok'} - alerts {first + 1} to {first + len(rules)}: the reference machine, the engine, and the engine cut into ticks agree")
        for place in off[:3]:
            print(json.dumps({"rule": rules[place], "series": drawn_series[place], "expected": expected[place], "whole": whole[place], "cut": cut[place]}))
    print(f"# {RULES - failed} of {RULES} rules, {transitions} transitions")
    sys.exit(1 if failed else 0)


main()
