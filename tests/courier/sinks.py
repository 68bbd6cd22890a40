"""Alerts at Slack and Alertmanager, as every courier must send them. The receivers are our own: they hold a message against the limits that
Slack's documentation names, and read what Alertmanager would be told."""

import datetime
import json
import time

TITLE = "checkout_failures is 20 % of 90, above 5 %, since 10:05 UTC"
HOSTILE = "<!channel> <@U024BE7LH> & <https://evil.example|here> </script>\r\nBcc: x@example.com"


def firing(instances=1, name="web", **more):
    """A message as telemetry makes it of an alert that fires."""
    one = {"fingerprint": "7f2c1c4e-0000-5000-8000-000000000001", "tenant_id": None, "breakdown_value": name, "status": "firing", "since": "2026-03-01T10:05:00.000000Z",
           "until": None, "value": 0.2, "n": 90, "threshold": 0.05, "cause": "threshold"}
    data = {"notification_id": "0", "alert": "checkout_failures", "severity": "sev1", "title": TITLE, "description": "Paying fails.", "runbook": "https://example.com/runbook",
            "labels": {}, "database": "shop", "kpi": "checkout_failures", "unit": "ratio", "fires": "above", "range_seconds": 900, "is_flapping": False, "instances": [one] * instances, "more": 0}
    return {"type": "alert.firing", "timestamp": "2026-03-01T10:05:00.000000Z", "data": data | more}


def sinks(lines, database, receiver, courier):
    for case in (said_in_slack, hostile, large, paced, refused, secret_elsewhere, told_to_alertmanager, alertmanager_is_away, tested):
        case(lines, database, receiver, courier)


def said_in_slack(lines, database, receiver, courier):
    chat(database, receiver)
    database.notify("chat", firing())
    courier.once()
    request = receiver.requests("chat")[-1]
    message = request.json()
    lines.expect("slack: it is sent to the address that is the secret", request.headers["content-type"], "application/json")
    lines.expect("slack: the title is the notification", message["text"], f":red_circle: {TITLE}")
    lines.expect("slack: an instance says how much of how many, since when", [text for text in texts(message) if text.startswith("*web*")],
                 ["*web*: 20 % of 90, above 5 %, since <!date^1772359500^{date_short_pretty} {time}|2026-03-01 10:05 UTC>"])
    lines.expect("slack: a link to the runbook", "<https://example.com/runbook|Runbook>" in texts(message))
    database.drop("chat")


def hostile(lines, database, receiver, courier):
    chat(database, receiver)
    database.notify("chat", firing(name=HOSTILE, title=HOSTILE, description=HOSTILE, runbook=HOSTILE, database=HOSTILE, severity=HOSTILE))
    courier.once()
    message = receiver.requests("chat")[-1].json()
    lines.expect("slack: a name calls nobody and links nowhere", [text for text in texts(message) if any(word in text.replace("<!date^", "") for word in ("<!", "<@", "<h"))], [])
    lines.expect("slack: it is shown as it is", any("&lt;!channel&gt;" in text for text in texts(message)))
    lines.expect("slack: it is within the limits of Block Kit", faults(message), [])
    database.drop("chat")


def large(lines, database, receiver, courier):
    chat(database, receiver)
    database.notify("chat", firing(instances=20, name="n" * 5000, title="t" * 5000, description="d" * 50000, more=10000))
    courier.once()
    message = receiver.requests("chat")[-1].json()
    lines.expect("slack: 20 instances with long names are within the limits of Block Kit", faults(message), [])
    lines.expect("slack: what is left out is counted", any("10,000 more" in text for text in texts(message)))
    database.drop("chat")


def paced(lines, database, receiver, courier):
    chat(database, receiver)
    before = len(receiver.requests("chat"))
    for _ in range(3):
        database.notify("chat", firing())
    until = time.monotonic() + 20
    while len(receiver.requests("chat")) < before + 3 and time.monotonic() < until:
        courier.once()
        time.sleep(0.1)
    times = [request.at for request in receiver.requests("chat")[before:]]
    # A busy machine hands a request to the receiver late, and so nearer to the next one.
    lines.expect("slack: one a second", [later - earlier >= 0.5 for earlier, later in zip(times, times[1:])], [True, True])
    database.drop("chat")


def refused(lines, database, receiver, courier):
    chat(database, receiver)
    receiver.script("chat", "400", "200")
    database.notify("chat", firing())
    courier.once()
    lines.expect("slack: what it refuses is a dead letter at once, and nothing waits", database.status("chat")[1:5], (400, "status", 1, 0))
    receiver.script("chat", "404", "200")
    time.sleep(1.1)
    database.notify("chat", firing())
    courier.once()
    lines.expect("slack: a channel that is gone is an outage, and the message waits", database.status("chat")[1:5], (404, "status", 1, 1))
    database.drop("chat")


def secret_elsewhere(lines, database, receiver, courier):
    before = len(receiver.requests("chat"))
    database.destination("chat", "http://127.0.0.1:1", kind="slack", secret_name="chat")
    database.notify("chat", firing())
    courier.once()
    lines.expect("slack: a secret is not sent to another server than the url names", (len(receiver.requests("chat")) - before, database.last_failure("chat")), (0, (None, "no_secret")))
    database.drop("chat")


def told_to_alertmanager(lines, database, receiver, courier):
    path = "api/v2/alerts"
    database.destination("monitor", receiver.url(""), kind="alertmanager", tenant_id="00000000-0000-4000-8000-0000000000ff")
    courier.once()
    lines.expect("alertmanager: nothing fires of a tenant, nothing is said of it", receiver.requests(path), [])
    database.drop("monitor")
    database.destination("monitor", receiver.url(""), kind="alertmanager")
    with Fires(database) as fires:
        courier.once()
        # Other alerts may fire as well, such as those about destinations that other cases left down.
        told = lambda: next(alert for alert in receiver.requests(path)[-1].json() if alert["labels"]["alertname"] == "seen_often")
        alert = told()
        ahead = time_of(alert["endsAt"]) - datetime.datetime.now(datetime.timezone.utc)
        lines.expect("alertmanager: labels tell which", alert["labels"],
                     {"alertname": "seen_often", "severity": "sev1", "breakdown": "web", "database": "courier", "team": "pay"})
        lines.expect("alertmanager: annotations tell what", (alert["annotations"]["summary"], alert["annotations"]["runbook"]), ("seen_often, web", "https://example.com/r"))
        lines.expect("alertmanager: it ends by itself in three minutes", 150 < ahead.total_seconds() <= 180)
        count = len(receiver.requests(path))
        courier.once()
        lines.expect("alertmanager: within a minute it is not said again", len(receiver.requests(path)), count)
        database.all("update telemetry.deliveries set made_at = made_at - interval '1 minute' where destination = 'monitor' returning 1")
        courier.once()
        lines.expect("alertmanager: after a minute it is", len(receiver.requests(path)), count + 1)
        fires.recover()
        courier.once()
        alert = told()
        lines.expect("alertmanager: what recovered is said at once, with the time when it did", (alert["labels"]["alertname"], alert["endsAt"] == fires.recovered_at), ("seen_often", True))
        lines.expect("alertmanager: all of it is one row", database.one("select count(*) from telemetry.deliveries where destination = 'monitor'"), 1)
    database.drop("monitor")


def alertmanager_is_away(lines, database, receiver, courier):
    path = "api/v2/alerts"
    database.destination("monitor", receiver.url(""), kind="alertmanager", retry_after=["1 second"])
    receiver.script(path, "503", "200")
    with Fires(database):
        courier.once()
        lines.expect("alertmanager: away, it is tried again soon", database.last_failure("monitor"), (503, "status"))
        time.sleep(1.3)
        courier.once()
        # Other alerts may have recovered before, and those keep the time when they did.
        first, second = [alert["endsAt"] for request in receiver.requests(path)[-2:] for alert in request.json() if alert["labels"]["alertname"] == "seen_often"]
        lines.expect("alertmanager: a retry says what fires then", time_of(second) > time_of(first))
    database.drop("monitor")


def tested(lines, database, receiver, courier):
    chat(database, receiver)
    database.destination("monitor", receiver.url(""), kind="alertmanager")
    for name in ("chat", "monitor"):
        database.all("select telemetry.test_destination(%s)", name)
    courier.once()
    lines.expect("slack: a test says that it is one", receiver.requests("chat")[-1].json()["text"], ":large_blue_circle: This is a test of the destination chat")
    lines.expect("alertmanager: so does its own", "telemetry_test" in [alert["labels"]["alertname"] for request in receiver.requests("api/v2/alerts") for alert in request.json()])
    database.drop("chat")
    database.drop("monitor")


def chat(database, receiver):
    receiver.script("chat", "200")
    database.destination("chat", receiver.url("").rstrip("/"), kind="slack", secret_name="chat")


class Fires:
    """An alert that fires, as evaluate_alerts() leaves it."""

    def __init__(self, database):
        self.database = database

    def __enter__(self):
        run = self.database.all
        run("select telemetry.register_alert('seen_often', '{\"each_event\": {\"events\": [\"seen\"]}, \"severity\": \"sev1\", \"labels\": {\"team\": \"pay\"}, \"runbook\": \"https://example.com/r\"}')")
        run("insert into telemetry.alert_states (fingerprint, alert, tenant_id, breakdown_value, status, since) "
            "values ('7f2c1c4e-0000-5000-8000-000000000001', 'seen_often', '00000000-0000-0000-0000-000000000000', 'web', 'firing', now() - interval '1 minute') returning 1")
        return self

    def recover(self):
        self.database.all("update telemetry.alert_states set status = 'quiet', since = now() where alert = 'seen_often' returning 1")
        self.recovered_at = self.database.one(
            "insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, from_status, to_status, cause, severity) "
            "values (now(), '7f2c1c4e-0000-5000-8000-000000000001', 'seen_often', '00000000-0000-0000-0000-000000000000', 'web', 'firing', 'quiet', 'event', 'sev1') "
            "returning telemetry_private.message_time(at)")

    def __exit__(self, *_):
        self.database.all("delete from telemetry.alert_states where alert = 'seen_often' returning 1")
        self.database.all("select telemetry.drop_alert('seen_often')")


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def texts(value):
    """Every text of a message of Slack's."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for member in value.values() if not isinstance(member, str) for text in texts(member)]
    return [text for element in value for text in texts(element)] if isinstance(value, list) else []


def faults(message):
    """What Slack would refuse: https://docs.slack.dev/reference/block-kit/blocks."""
    found = []
    if not 1 <= len(message["text"]) <= 40000:
        found.append("text")
    if len(message["blocks"]) > 50:
        found.append(f"{len(message['blocks'])} blocks")
    for block in message["blocks"]:
        kind = block["type"]
        if kind == "header":
            if block["text"]["type"] != "plain_text" or not 1 <= len(block["text"]["text"]) <= 150:
                found.append(json.dumps(block)[:200])
        elif kind == "section":
            if block["text"]["type"] != "mrkdwn" or not 1 <= len(block["text"]["text"]) <= 3000:
                found.append(json.dumps(block)[:200])
        elif kind == "context":
            if not 1 <= len(block["elements"]) <= 10 or not all(1 <= len(element["text"]) <= 3000 for element in block["elements"]):
                found.append(json.dumps(block)[:200])
        else:
            found.append(kind)
    return found
