"""Ticks at the same time, and ticks that are killed: each change of an alert is told once. python ticks.py PSQL URL."""

import subprocess
import sys

PSQL, URL = sys.argv[1], sys.argv[2]
failed = False


class Session:
    """A session of psql that stays open."""

    def __init__(self):
        self.process = subprocess.Popen([PSQL, "-XqAt", URL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self, statement):
        """The answer in lines; None where the session ended."""
        try:
            self.process.stdin.write(f"{statement};\n\\echo that is all\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        lines = []
        for line in self.process.stdout:
            if line == "that is all\n":
                return lines
            lines.append(line.rstrip("\n"))
        return None


def expect(name, actual, expected):
    global failed
    is_so = actual == expected
    failed = failed or not is_so
    print(f"{'ok' if is_so else 'not ok'} - {name}" + ("" if is_so else f"\n    expected {expected!r}\n    actual   {actual!r}"), flush=True)


def fail_at(minute):
    watcher.ask(f"select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'failed', 'event_ts', timestamptz '2024-05-06 10:00:30Z' + {minute} * interval '1 minute')))")


def tick(session, minute):
    return session.ask(f"select telemetry.evaluate_alerts(timestamptz '2024-05-06 10:01Z' + {minute} * interval '1 minute')")


def told():
    """How many messages there are, how often a transition is told at most, and how many that are to be told were not."""
    return watcher.ask("""
        select concat_ws(' ', (select count(*) from telemetry.notifications where kind in ('firing', 'recovered')),
            (select coalesce(max(count), 0) from (select count(*) from telemetry.notifications n, unnest(n.transition_ids) t group by t) c),
            (select count(*) from telemetry.alert_transitions t where t.notifies and not exists (select from telemetry.notifications n where t.transition_id = any (n.transition_ids))),
            (select count(*) from telemetry.deliveries))""")


watcher, one, other = Session(), Session(), Session()
watcher.ask("select telemetry.register_event('failed')")
watcher.ask("""select telemetry.register_kpi('failures', '{"kind": "event_volume", "parameters": {"events": ["failed"]}, "target": 0, "target_is": "at_most"}')""")
watcher.ask("""select telemetry.register_alert('fails', '{"kpi": "failures", "within": "1 minute", "severity": "sev1"}')""")
watcher.ask("""select telemetry.register_destination('ops', '{"kind": "webhook", "url": "https://example.com", "sends": "alerts", "group_within": "0", "digest_at": "none"}')""")
watcher.ask("select telemetry.drop_alert(name) from telemetry.alerts where name like 'ingestion%'")
watcher.ask("update telemetry.alert_rounds set evaluated_until = '2024-05-06 10:00Z'")

fail_at(0)
one.ask("begin")
expect("a tick finds a firing", tick(one, 0), ["1"])
expect("another tick at the same time does nothing", tick(other, 0), ["0"])
expect("nothing is told before the tick commits", told(), ["0 0 0 0"])
# Killed in the middle: nothing happened.
pid = one.ask("select pg_backend_pid()")[0]
watcher.ask(f"select pg_terminate_backend({pid}, 10000)")
expect("a tick that is killed tells nobody", told(), ["0 0 0 0"])
expect("the next tick finds the firing", tick(other, 0), ["1"])
expect("and tells it once", told(), ["1 1 0 1"])
# A rule is dropped while a tick runs: it waits, and its end is told after the firing.
one = Session()
one.ask("begin")
tick(one, 1)
dropper = subprocess.Popen([PSQL, "-XqAt", URL, "-c", "select telemetry.drop_alert('fails')"], stdout=subprocess.DEVNULL)
waits = "select count(*) from pg_stat_activity where query like '%drop_alert%' and wait_event_type = 'Lock' and pid <> pg_backend_pid()"
while watcher.ask(waits) != ["1"] and dropper.poll() is None:
    pass
expect("dropping a rule waits for the tick", dropper.poll(), None)
one.ask("commit")
dropper.wait()
tick(other, 2)
expect("what was over is told once, and not again when its rule is dropped", told(), ["2 1 0 2"])
sys.exit(failed)
