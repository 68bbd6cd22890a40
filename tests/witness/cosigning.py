"""A witness of somebody else, as c2sp.org/tlog-witness says, which signs too: written here with a library of its own."""

import base64
import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stage import head, is_consistent, signers


class Other:
    def __init__(self, log_key):
        self.log_key = log_key
        self.private = Ed25519PrivateKey.generate()
        self.name = "witness.example/w1"
        public = b"\4" + self.private.public_key().public_bytes_raw()
        self.identity = hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4]
        self.key = f"{self.name}+{self.identity.hex()}+{base64.b64encode(public).decode()}"
        self.seen = {}
        self.statuses = []
        self.forges = False
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                status, kind, answer = other.add_checkpoint(body) if self.path == "/w/add-checkpoint" else (404, "text/plain", "")
                other.statuses.append(status)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.argument = f"{self.key},http://127.0.0.1:{self.server.server_port}/w"

    def add_checkpoint(self, body):
        proof, _, note = body.partition("\n\n")
        old, *proof = proof.split("\n")
        if signers(note, self.log_key) != [self.log_key.split("+")[0]]:
            return 403, "text/plain", ""
        origin, (size, root) = note.split("\n")[0], head(note)
        before, before_root = self.seen.get(origin, (0, None))
        if old != f"old {before}":
            return 409, "text/x.tlog.size", f"{before}\n"
        if not is_consistent(before, before_root, size, root, [base64.b64decode(one) for one in proof]):
            return 422, "text/plain", ""
        self.seen[origin] = size, root
        at = int(time.time())
        text = note.partition("\n\n")[0] + "\n"
        signature = self.private.sign(f"cosignature/v1\ntime {at}\n{text}{'x' if self.forges else ''}".encode())
        line = base64.b64encode(self.identity + at.to_bytes(8, "big") + signature).decode()
        return 200, "text/plain", f"\u2014 unknown.example AAAAAAAA\n\u2014 {self.name} {line}\n"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def cosigning(lines, scene):
    other = Other(scene.key)
    both = ["example.com/telemetry", other.name]
    arguments = ["--allow-private", "--witness", other.argument, "--log", "events"]
    latest = lambda: signers(scene.read("events/latest.checkpoint"), scene.key, other.key)

    scene.log(300)
    lines.expect("a witness signs the first head", (scene.witness(*arguments)[0], latest(), other.statuses), (0, both, [200]))
    scene.log(100)
    lines.expect("and the next by its proof", (scene.witness(*arguments)[0], latest(), other.statuses[1:]), (0, both, [200]))
    size = scene.size()
    lines.expect("the head of that size has both signatures", signers(scene.heads()[size], scene.key, other.key), both)
    scene.log(100)
    scene.witness("--log", "events")
    scene.log(100)
    lines.expect("one that missed a head says where it is, and is told from there", (scene.witness(*arguments)[0], latest(), other.statuses[2:]), (0, both, [409, 200]))

    gone = Other(scene.key)
    gone.stop()
    scene.log(100)
    code, _, logged = scene.witness("--allow-private", "--witness", gone.argument, "--log", "events")
    lines.expect("one that is away keeps no head from being signed", (code, "it was not reached: connect" in logged, latest()), (0, True, both[:1]))
    lines.expect("it is asked again, though nothing is new", (scene.witness(*arguments)[0], latest()), (0, both))
    other.forges = True
    scene.log(100)
    code, _, logged = scene.witness(*arguments)
    lines.expect("a signature that is none is not taken", (code, "forged" in logged, latest()), (0, True, both[:1]))
    code, _, logged = scene.witness("--witness", other.argument, "--log", "events")
    lines.expect("private addresses are asked where that is allowed", (code, "--allow-private" in logged), (1, True))
    other.stop()
