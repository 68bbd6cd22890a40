"""The chains that end at Alertmanager, with the real programs: an alert of ours, by the courier, to Alertmanager, to a receiver; and
prometheus_rules() in Prometheus, over what metrics() tells, to Alertmanager, to the same receiver."""

import http.server
import os
import pathlib
import re
import subprocess
import threading

import psycopg
from stage import can_connect, free_port, wait_for

TOOLS = pathlib.Path(os.environ.get("COURIER_TOOLS", "/nonexistent"))
# Debian's Alertmanager reads its templates from a folder of the system, which a machine that does not have it gets in a mount
# namespace of this one process.
ALERTMANAGER = 'mount -t tmpfs none /usr/share && mkdir -p /usr/share/prometheus && cp -r "$1/usr/share/prometheus/alertmanager" /usr/share/prometheus/ && shift && exec "$@"'


def monitors(lines, database, receiver, courier):
    if not TOOLS.exists():
        print("# skipped: no Prometheus and Alertmanager in this machine's archive, or they cannot run here: the chains to them", flush=True)
        return
    work = receiver.certificate.parent / "monitors"
    work.mkdir(exist_ok=True)
    programs = []
    try:
        alertmanager = start_alertmanager(work, receiver, programs)
        lines.expect("Alertmanager runs", alertmanager is not None)
        if alertmanager:
            alerts_arrive(lines, database, receiver, courier, alertmanager)
            rules_arrive(lines, database, receiver, courier, alertmanager, work, programs)
    finally:
        for program in programs:
            program.kill()
            program.wait()


def start_alertmanager(work, receiver, programs):
    port = free_port()
    (work / "alertmanager.yml").write_text(f"""
route: {{receiver: ours, group_by: ['...'], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: ours, webhook_configs: [{{url: '{receiver.url("told")}', send_resolved: true}}]}}]
""")
    (work / "alerts").mkdir(exist_ok=True)
    command = [TOOLS / "usr/bin/prometheus-alertmanager", f"--config.file={work}/alertmanager.yml", f"--storage.path={work}/alerts",
               f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    programs.append(subprocess.Popen(["unshare", "-rm", "bash", "-c", ALERTMANAGER, "alertmanager", TOOLS, *command], stdout=subprocess.DEVNULL, stderr=open(work / "alertmanager.log", "w")))
    return f"http://127.0.0.1:{port}" if wait_for(lambda: can_connect(port), 60) else None


def told(receiver, alert, status):
    """What Alertmanager has told the receiver."""
    return [a for request in receiver.requests("told") for a in request.json()["alerts"] if a["labels"]["alertname"] == alert and a["status"] == status]


def alerts_arrive(lines, database, receiver, courier, alertmanager):
    database.destination("monitor", alertmanager, kind="alertmanager")
    database.all("select telemetry.register_alert('seen_at_all', '{\"each_event\": {\"events\": [\"seen\"]}, \"severity\": \"sev1\", \"every\": \"10 seconds\", \"runbook\": \"https://example.com/r\"}')")
    database.log()
    # At the next point of the rule's grid.
    wait_for(lambda: database.one("select telemetry.evaluate_alerts()"))
    courier.once()
    lines.expect("an alert of ours: Alertmanager tells the receiver", wait_for(lambda: told(receiver, "seen_at_all", "firing"), 60))
    alert = (told(receiver, "seen_at_all", "firing") or [{"labels": {}, "annotations": {}}])[0]
    lines.expect("with its labels and its runbook", (alert["labels"].get("severity"), alert["labels"].get("database"), alert["annotations"].get("runbook")), ("sev1", "courier", "https://example.com/r"))
    database.all("update telemetry.deliveries set made_at = made_at - interval '1 minute' where destination = 'monitor' returning 1")
    courier.once()
    database.all("select telemetry.drop_alert('seen_at_all')")
    courier.once()
    lines.expect("when it is over, once more", wait_for(lambda: told(receiver, "seen_at_all", "resolved"), 60))
    lines.expect("said each minute, told once", len(told(receiver, "seen_at_all", "firing")), 1)
    lines.expect("and nothing waits or died", database.status("monitor")[3:5], (0, 0))
    database.drop("monitor")


def rules_arrive(lines, database, receiver, courier, alertmanager, work, programs):
    metrics = Metrics(database.url)
    rules = database.one("select convert_from(telemetry.prometheus_rules(), 'UTF8')")
    # The rules wait for a second here. But Prometheus learns its targets five seconds after it has begun, and a busy machine misses a
    # scrape: until then what it scrapes is missing.
    rules = re.sub(r"for: \d+[smh]", "for: 1s", rules)
    (work / "rules.yml").write_text(re.sub(r"(TelemetryMissing\b(?:(?!alert:).)*?for: )1s", r"\g<1>20s", rules, flags=re.DOTALL))
    port = free_port()
    (work / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 2s, evaluation_interval: 1s}}
rule_files: [{work}/rules.yml]
scrape_configs: [{{job_name: telemetry, static_configs: [{{targets: ['127.0.0.1:{metrics.port}']}}]}}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager.removeprefix("http://")}']}}]}}]}}
""")
    programs.append(subprocess.Popen(
        [TOOLS / "usr/bin/prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb", f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=open(work / "prometheus.log", "w")))
    lines.expect("Prometheus runs with prometheus_rules()", wait_for(lambda: can_connect(port), 60))
    receiver.script("gone", "410", "200")
    database.destination("gone", receiver.url("gone"))
    database.log()
    courier.once()
    lines.expect("a destination is down: Prometheus finds it, Alertmanager tells it", wait_for(lambda: told(receiver, "TelemetryDestinationDown", "firing"), 60))
    alert = (told(receiver, "TelemetryDestinationDown", "firing") or [{"labels": {}, "annotations": {}}])[0]
    lines.expect("with the destination in its summary", alert["annotations"].get("summary"), "The destination gone is down.")
    database.all("select telemetry.resume_destination('gone')")
    courier.once()
    lines.expect("when it is back, once more", wait_for(lambda: told(receiver, "TelemetryDestinationDown", "resolved"), 60))
    lines.expect("the rules that do not hold tell nothing", [alert for alert in ("TelemetryMissing", "TelemetryBroken") if told(receiver, alert, "firing")], [])
    database.drop("gone")
    metrics.close()


class Metrics:
    """Serves what metrics() tells, as PostgREST would."""

    def __init__(self, url):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with psycopg.connect(url) as connection:
                    body = connection.execute("select telemetry.metrics()", binary=True).fetchone()[0]
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(bytes(body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


