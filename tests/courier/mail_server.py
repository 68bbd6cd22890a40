"""A mail server that refuses as it is told, in a thread of the suite: aiosmtpd, with STARTTLS or with TLS from the start, with passwords
or without."""

import logging
import ssl
import time
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from stage import free_port

# It tells of every handshake that a case makes fail.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module="aiosmtpd")

USER, PASSWORD = "mailer", "canary-password"


class MailServer:
    """tls: starttls, from_the_start or none."""

    def __init__(self, certificate, tls="starttls", wants_password=True):
        self.mails = []
        self.recipients = []
        self.logins = []
        self.answers = []
        self.port = free_port()
        context = None
        if tls != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        options = {"hostname": "127.0.0.1", "port": self.port, "authenticator": self.authenticate, "auth_required": wants_password}
        if tls == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        elif tls == "from_the_start":
            options |= {"ssl_context": context, "auth_require_tls": False}
        self.controller = Controller(self, **options)
        self.controller.start()

    def url(self, scheme="smtp", query=""):
        return f"{scheme}://localhost:{self.port}{query}"

    def close(self):
        self.controller.stop()

    def authenticate(self, server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == (USER, PASSWORD), handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 OK"
        self.mails.append((time.time(), envelope.content))
        self.recipients.append(list(envelope.rcpt_tos))
        return answer


