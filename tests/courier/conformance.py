"""What every courier must pass, whatever it is written in. `courier.once()` delivers what is due."""

import time

from stage import NEW_SECRET, SECRET, TOKEN, free_port


def conformance(lines, database, receiver, courier):
    for case in (signed, again, rotated, unsigned, secrets_missing, failures, waits, redirected, in_order, by_key, batches, poison, messages):
        case(lines, database, receiver, courier)


def signed(lines, database, receiver, courier):
    database.destination("signed", receiver.url("signed?canary=url"), secret_name="hook")
    text = "ä \U0001f600 \u2028 </script> \" \\ " + "x" * 3000
    event = database.log(user="00000000-0000-4000-8000-0000000000aa", text=text, number=1.10)
    courier.once()
    requests = receiver.requests("signed")
    lines.expect("an event is one request", len(requests), 1)
    request = requests[0]
    lines.expect("its id is the event's", request.id, f"evt_{event}")
    lines.expect("its body is the event", request.json()["data"]["payload"]["text"], text)
    lines.expect("it is JSON", request.headers["content-type"], "application/json")
    lines.expect("the reference library of Python verifies it", request.is_verified_by(SECRET))
    lines.expect("and with another secret does not", request.is_verified_by(NEW_SECRET), False)
    request.body = request.body.replace(b"1.1", b"1.2")
    lines.expect("nor what was altered", request.is_verified_by(SECRET), False)
    courier.once()
    lines.expect("it is not sent twice", len(receiver.requests("signed")), 1)
    lines.expect("the destination is at the end of the log", database.status("signed")[5], 0)
    database.drop("signed")


def again(lines, database, receiver, courier):
    receiver.script("again", "500", "200")
    database.destination("again", receiver.url("again"), secret_name="hook")
    database.log()
    courier.once()
    lines.expect("a 500 is told with its status", database.last_failure("again"), (500, "status"))
    time.sleep(1.2)
    courier.once()
    first, second = receiver.requests("again")
    lines.expect("the second attempt has the same id and bytes", (first.id, first.body), (second.id, second.body))
    lines.expect("and a time of its own", int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"]))
    lines.expect("and verifies", second.is_verified_by(SECRET))
    database.drop("again")


def rotated(lines, database, receiver, courier):
    database.destination("rotated", receiver.url("rotated"), secret_name="rotated")
    database.log()
    courier.once()
    request = receiver.requests("rotated")[0]
    lines.expect("while a secret is changed, both verify", [request.is_verified_by(NEW_SECRET), request.is_verified_by(SECRET)], [True, True])
    database.drop("rotated")


def unsigned(lines, database, receiver, courier):
    database.destination("unsigned", receiver.url("unsigned"))
    database.log()
    courier.once()
    lines.expect("without a secret it is sent unsigned", "webhook-signature" in receiver.requests("unsigned")[0].headers, False)
    database.drop("unsigned")


def secrets_missing(lines, database, receiver, courier):
    for name in ("unknown", "service"):
        database.destination("no_secret", receiver.url("no_secret"), secret_name=name)
        database.log()
        courier.once()
        lines.expect(f"with the secret {name} nothing is sent", (receiver.requests("no_secret"), database.last_failure("no_secret")[1]), ([], "no_secret"))
        database.drop("no_secret")


def failures(lines, database, receiver, courier):
    for word, said in (("never", "timeout"), ("reset", "reset"), ("half", "reset")):
        receiver.script(word, word)
        database.destination("failing", receiver.url(word), timeout_seconds=1)
        database.log()
        courier.once()
        lines.expect(f"{word} is told as {said}", database.last_failure("failing"), (None, said))
        database.drop("failing")
    for what, url, said in (
        ("a port that nobody listens to", f"http://127.0.0.1:{free_port()}/", "connect"),
        ("a name that there is not", "http://nobody.invalid/", "connect"),
        ("a certificate of nobody's", receiver.tls_url("failing"), "tls"),
    ):
        database.destination("failing", url)
        database.log()
        courier.once()
        told = database.last_failure("failing")[1]
        lines.expect(f"{what} is told as {said}", told if told not in courier.words(said) else said, said)
        database.drop("failing")
    for word in ("short", "endless"):
        receiver.script(word, word)
        database.destination("status_stands", receiver.url(word))
        database.log()
        began = time.monotonic()
        courier.once()
        lines.expect(f"a 200 whose body is {word} delivers", database.status("status_stands")[5], 0)
        lines.expect("and is not waited for", time.monotonic() - began < 5)
        database.drop("status_stands")


def waits(lines, database, receiver, courier):
    receiver.script("waits", "retry:600", "200")
    database.destination("waits", receiver.url("waits"))
    database.log()
    courier.once()
    seconds = database.one("select extract(epoch from next_attempt_at - clock_timestamp()) from telemetry.destination_status('waits')")
    lines.expect("Retry-After is waited for", 580 < seconds <= 720)
    database.drop("waits")


def redirected(lines, database, receiver, courier):
    receiver.script("redirects", f"redirect:{receiver.url('elsewhere')}")
    database.destination("redirects", receiver.url("redirects"))
    database.log()
    courier.once()
    lines.expect("a redirect is not followed", (database.last_failure("redirects"), receiver.requests("elsewhere")), ((302, "redirected"), []))
    database.drop("redirects")


def in_order(lines, database, receiver, courier):
    receiver.script("strict", *["200"] * 7, "503", *["200"] * 9, "reset", "200")
    database.destination("strict", receiver.url("strict"), ordering="strict")
    events = [f"evt_{database.log(n=n)}" for n in range(40)]
    deliver_all(database, courier, "strict")
    got = [request.id for request in receiver.requests("strict")]
    lines.expect("strict: in order, and what failed is sent again before what is behind it", got, events[:8] + events[7:17] + events[16:])
    database.drop("strict")


def by_key(lines, database, receiver, courier):
    users = [f"00000000-0000-4000-8000-0000000000{n:02x}" for n in range(5)]
    receiver.script("keyed", "poison:canary-of-key-3")
    database.destination("keyed", receiver.url("keyed"), ordering="by_key", order_key="user", retry_after=["1 second"])
    sent = []
    for n in range(60):
        user = n % 5
        poison = "canary-of-key-3" if n == 13 else ""
        sent.append((user, database.log(user=users[user], n=n, poison=poison)))
    deliver_all(database, courier, "keyed")
    requests = receiver.requests("keyed")
    for user in range(5):
        wanted = [f"evt_{event}" for key, event in sent if key == user]
        got = [request.id for request in requests if request.json()["data"]["user_id"] == users[user]]
        if user == 3:
            at = wanted.index(f"evt_{sent[13][1]}")
            lines.expect("by_key: what is behind a poisonous event of its key waits for it", once(got), wanted)
            lines.expect("by_key: and it was tried again", got.count(wanted[at]), 2)
        else:
            lines.expect(f"by_key: key {user} is in order and once", got, wanted)
    lines.expect("by_key: the poisonous event is the one dead letter", database.status("keyed")[3], 1)
    database.drop("keyed")


def batches(lines, database, receiver, courier):
    for kind in ("posthog", "segment"):
        database.destination(kind, receiver.url(kind), kind=kind, secret_name="service", batch_rows=10)
        events = [str(database.log(n=n)) for n in range(25)]
        courier.once()
        requests = receiver.requests(kind)
        name = "uuid" if kind == "posthog" else "messageId"
        lines.expect(f"{kind}: every event, in batches", [e[name] for r in requests for e in r.json()["batch"]], events)
        if kind == "posthog":
            lines.expect("posthog: the key is in the body", {r.json()["api_key"] for r in requests}, {TOKEN})
        else:
            lines.expect("segment: the key is the user", len({r.headers["authorization"] for r in requests}), 1)
        database.drop(kind)


def poison(lines, database, receiver, courier):
    receiver.script("poison", "poison:canary-of-poison")
    database.destination("poison", receiver.url("poison"), kind="posthog", secret_name="service", batch_rows=100)
    events = [str(database.log(text="canary-of-poison" if n == 61 else "")) for n in range(100)]
    for _ in range(20):
        courier.once()
    requests = receiver.requests("poison")
    accepted = [e["uuid"] for r in requests if b"canary-of-poison" not in r.body for e in r.json()["batch"]]
    lines.expect("a poisonous event among 100: the others once, in order", accepted, events[:61] + events[62:])
    lines.expect("found by at most 1 + 2 ceil(log2 100) requests", len(requests) <= 15)
    lines.expect("and it is a dead letter", database.status("poison")[3], 1)
    database.drop("poison")


def messages(lines, database, receiver, courier):
    database.destination("messages", receiver.url("messages"), sends="messages", secret_name="hook")
    database.all("select telemetry.enqueue('messages', '{\"contact\": 17}')")
    courier.once()
    requests = receiver.requests("messages")
    lines.expect("a message of the application's own is sent", [r.json() for r in requests], [{"contact": 17}])
    lines.expect("and verifies", requests[0].is_verified_by(SECRET))
    database.drop("messages")


def deliver_all(database, courier, name, seconds=60):
    """Until nothing waits; the tests' destinations wait a second after a failure."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        courier.once()
        status = database.status(name)
        if status[4] == 0 and status[5] == 0:
            return
        time.sleep(0.3)


def once(ids):
    """Each where it came last: what was sent again counts once."""
    return [id for at, id in enumerate(ids) if id not in ids[at + 1 :]]
