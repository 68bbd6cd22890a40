"""examples/supabase/courier.ts under Deno, before a PostgREST that stands for Supabase's."""

import os
import subprocess
import time
import urllib.request

from stage import CHAT, NEW_SECRET, SECRET, TOKEN, can_connect, free_port, wait_for


class Edge:
    name = "edge function"

    def __init__(self, database):
        self.port = free_port()
        environment = {
            "PATH": os.environ["PATH"], "HOME": os.environ["EDGE_WORK"], "SUPABASE_URL": os.environ["EDGE_API"],
            "SUPABASE_SERVICE_ROLE_KEY": os.environ["EDGE_KEY"], "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{self.port}", "TELEMETRY_ALLOW_PRIVATE": "yes",
            "TELEMETRY_SECRET_HOOK": SECRET, "TELEMETRY_SECRET_ROTATED": f"{NEW_SECRET} {SECRET}", "TELEMETRY_SECRET_SERVICE": TOKEN, "TELEMETRY_SECRET_CHAT": CHAT,
        }
        self.process = subprocess.Popen(
            [os.environ["EDGE_DENO"], "run", "--no-prompt", "--allow-net", "--allow-env", "--no-remote", os.environ["EDGE_FUNCTION"]],
            env=environment, stdout=open(os.path.join(os.environ["EDGE_WORK"], "edge.log"), "a"), stderr=subprocess.STDOUT,
        )
        wait_for(lambda: can_connect(self.port), 60)

    def once(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", b"{}", {"authorization": f"Bearer {os.environ['EDGE_KEY']}"})
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.read()

    @staticmethod
    def words(said):
        """fetch() does not tell a certificate from a connection."""
        return {"tls": ("tls", "connect", "reset")}.get(said, (said,))

    def close(self):
        self.process.kill()
        self.process.wait()
