"""Alerts by mail, which telemetry-courier alone sends: to a real mail server that refuses in every way."""

import email
import email.policy
import socket
import threading
import time

from mail_server import PASSWORD, USER, MailServer
from sinks import HOSTILE, TITLE, firing
from stage import free_port


def mail(lines, database, receiver, courier):
    post = Post(lines, database, courier, receiver.certificate.parent / "certificate.pem", receiver.certificate)
    for case in (two_forms, tls_from_the_start, in_the_clear, no_tls, unknown_certificate, wrong_password, later, never_taken, recipients, silent, nobody_listens, blocked, hostile, tested):
        case(post)


class Post:
    def __init__(self, lines, database, courier, root, certificate):
        self.lines, self.database, self.courier, self.root, self.certificate = lines, database, courier, str(root), certificate

    def server(self, **options):
        return MailServer(self.certificate, **options)

    def register(self, url, **more):
        self.database.destination("mail", url, **{"kind": "email", "sender": "Telemetry <telemetry@example.com>", "recipients": ["ops@example.com"], "secret_name": "mail", **more})

    def once(self, *options, **environment):
        return self.courier.call("once", *(options or ("--allow-private",)), **{"SSL_CERT_FILE": self.root, "TELEMETRY_SECRET_MAIL": f"{USER}:{PASSWORD}", **environment})

    def told(self):
        return self.database.last_failure("mail")

    def drop(self, server=None):
        self.database.drop("mail")
        if server:
            server.close()


def read(server):
    return email.message_from_bytes(server.mails[-1][1], policy=email.policy.default)


def two_forms(post):
    server = post.server()
    post.register(server.url())
    delivery = post.database.notify("mail", firing())
    done = post.once()
    message = read(server)
    post.lines.expect("over STARTTLS, with a password", server.logins, [(USER, PASSWORD)])
    post.lines.expect("who, what and when", (message["From"], message["To"], message["Subject"], message["Auto-Submitted"], message["Date"] is not None),
                      ("Telemetry <telemetry@example.com>", "ops@example.com", TITLE, "auto-generated", True))
    post.lines.expect("its id is the notification's", message["Message-ID"], f"<{delivery}@example.com>")
    post.lines.expect("a text and the same as HTML", [part.get_content_type() for part in message.iter_parts()], ["text/plain", "text/html"])
    said = "web: 20 % of 90, above 5 %, since 2026-03-01 10:05 UTC"
    text, html = [part.get_content() for part in message.iter_parts()]
    post.lines.expect("both say how much of how many since when", (f"- {said}" in text, said.replace("web", "<strong>web</strong>") in html), (True, True))
    post.lines.expect("the password is not in the log", PASSWORD in done.stderr + done.stdout, False)
    post.lines.expect("it is delivered", post.database.status("mail")[4], 0)
    post.drop(server)


def tls_from_the_start(post):
    server = post.server(tls="from_the_start")
    post.register(server.url("smtps"))
    post.database.notify("mail", firing())
    post.once()
    post.lines.expect("smtps: over TLS from the start", len(server.mails), 1)
    post.drop(server)


def in_the_clear(post):
    server = post.server(tls="none", wants_password=False)
    post.register(server.url(query="?tls=none"), secret_name=None)
    post.database.notify("mail", firing())
    done = post.once("--in-flight", "1")
    post.lines.expect("in the clear only where it is allowed", (len(server.mails), post.told()), (0, (None, "blocked_address")))
    post.database.all("select telemetry.resume_destination('mail')")
    post.database.all("update telemetry.deliveries set next_attempt_at = now() where destination = 'mail' returning 1")
    post.once()
    post.lines.expect("and then it is sent", len(server.mails), 1)
    post.drop(server)


def no_tls(post):
    server = post.server(tls="none", wants_password=False)
    post.register(server.url())
    post.database.notify("mail", firing())
    post.once()
    post.lines.expect("a server without TLS gets neither mail nor password", (server.mails, server.logins, post.told()), ([], [], (None, "tls")))
    post.drop(server)


def unknown_certificate(post):
    for scheme, tls in (("smtp", "starttls"), ("smtps", "from_the_start")):
        server = post.server(tls=tls)
        post.register(server.url(scheme))
        post.database.notify("mail", firing())
        post.once(SSL_CERT_FILE="/nonexistent")
        post.lines.expect(f"{scheme}: nor does one whose certificate nobody knows", (server.mails, server.logins, post.told()), ([], [], (None, "tls")))
        post.drop(server)


def wrong_password(post):
    server = post.server()
    post.register(server.url())
    post.database.notify("mail", firing())
    post.once(TELEMETRY_SECRET_MAIL="mailer:wrong")
    post.lines.expect("a wrong password is an outage: the mail waits", (post.told(), post.database.status("mail")[4]), ((535, "status"), 1))
    post.drop(server)


def later(post):
    server = post.server()
    server.answers = ["451 4.7.1 come back later"]
    post.register(server.url())
    post.database.notify("mail", firing())
    post.once()
    post.lines.expect("451 is told with its code", post.told(), (451, "status"))
    time.sleep(1.3)
    post.once()
    first, second = [email.message_from_bytes(content) for _, content in server.mails]
    post.lines.expect("the second attempt is the same mail", (first["Message-ID"], first.get_payload()[0].get_payload()), (second["Message-ID"], second.get_payload()[0].get_payload()))
    post.lines.expect("with a date of its own", first["Date"] != second["Date"])
    post.drop(server)


def never_taken(post):
    server = post.server()
    server.answers = ["554 5.7.1 this looks like spam"]
    post.register(server.url())
    for _ in range(2):
        post.database.notify("mail", firing())
    post.once()
    post.lines.expect("a mail that is refused for good is a dead letter at once, the next one is sent", (post.told(), post.database.status("mail")[3:5], len(server.mails)), ((None, "rejected"), (1, 0), 2))
    post.drop(server)


def recipients(post):
    server = post.server()
    post.register(server.url(), recipients=["gone@example.com", "ops@example.com", "dev@example.com"])
    post.database.notify("mail", firing())
    done = post.once()
    post.lines.expect("who left does not keep the others from it", server.recipients, [["ops@example.com", "dev@example.com"]])
    post.lines.expect("the log says so, and names nobody", ("refused=1 code=550" in done.stderr, "gone@" in done.stderr), (True, False))
    post.database.drop("mail")
    post.register(server.url(), recipients=["gone@example.com"])
    post.database.notify("mail", firing())
    post.once()
    post.lines.expect("where nobody is left, it waits", (post.told(), post.database.status("mail")[4]), ((550, "status"), 1))
    post.drop(server)


def silent(post):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        post.register(f"smtp://localhost:{listener.getsockname()[1]}", timeout_seconds=1)
        post.database.notify("mail", firing())
        began = time.monotonic()
        post.once()
        post.lines.expect("a server that says nothing is told as timeout", (post.told(), time.monotonic() - began < 10), ((None, "timeout"), True))
        post.drop()
        # The connection that was left waits in the queue.
        listener.accept()[0].close()
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        post.register(f"smtp://localhost:{listener.getsockname()[1]}", timeout_seconds=5)
        post.database.notify("mail", firing())
        post.once()
        post.lines.expect("one that hangs up is told as reset", post.told(), (None, "reset"))
        post.drop()


def nobody_listens(post):
    post.register(f"smtp://localhost:{free_port()}")
    post.database.notify("mail", firing())
    post.once()
    post.lines.expect("a port that nobody listens to is told as connect", post.told(), (None, "connect"))
    post.drop()


def blocked(post):
    server = post.server()
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
        post.register(f"smtp://{host}:{server.port}")
        post.database.notify("mail", firing())
        post.once("--in-flight", "1")
        post.lines.expect(f"{host} is blocked, and nobody heard of it", (server.logins, server.mails, post.told()), ([], [], (None, "blocked_address")))
        post.database.drop("mail")
    server.close()


def hostile(post):
    server = post.server()
    post.register(server.url())
    post.database.notify("mail", firing(name=HOSTILE, title=HOSTILE, description=HOSTILE, runbook="javascript:alert(1)"))
    post.once()
    message = read(server)
    html = [part.get_content() for part in message.iter_parts()][1]
    post.lines.expect("a title adds no header", (message["Bcc"], server.recipients), (None, [["ops@example.com"]]))
    post.lines.expect("a name is no markup, and a runbook no script", any(word in html for word in ("<!channel", "</script>", "href")), False)
    post.drop(server)


def tested(post):
    server = post.server()
    post.register(server.url())
    environment = {"SSL_CERT_FILE": post.root, "TELEMETRY_SECRET_MAIL": f"{USER}:{PASSWORD}", "DATABASE_URL": post.database.url}
    done = post.courier.call("test", "mail", "--allow-private", **environment)
    post.lines.expect("test says what became of it", (done.returncode, done.stdout, read(server)["Subject"]), (0, "250: delivered\n", "This is a test of the destination mail"))
    done = post.courier.call("check", "--allow-private", **environment)
    post.lines.expect("check judges server and secret", [line for line in done.stdout.splitlines() if "destination mail" in line],
                      ["ok      destination mail: address: localhost is private", "ok      destination mail: secret: mail, token of a service"])
    post.drop(server)


