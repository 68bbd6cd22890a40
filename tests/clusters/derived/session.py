"""Sessions with psql, and the lines that a test prints: what derived.py stands on."""

import select
import subprocess
import threading

FAILED = False


def expect(name, actual, expected):
    """Prints one line of the test, with what differs below it."""
    global FAILED
    if actual == expected:
        print(f"ok - {name}", flush=True)
        return
    FAILED = True
    print(f"not ok - {name}\n    expected: {str(expected)[:2000]}\n    got:      {str(actual)[:2000]}", flush=True)


def failed():
    """Whether an expectation was not met."""
    return FAILED


class Lost(Exception):
    """The server is gone, or has ended the connection."""


class Session:
    """One psql, fed statement by statement. run() waits for the answer, send() and answer() do so apart."""

    ends = 0

    def __init__(self, psql, url, name, settings=()):
        options = " ".join(f"-c {key}={value}" for key, value in settings)
        self.process = subprocess.Popen(
            [psql, "-XqAt", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PGAPPNAME": name, "PGOPTIONS": options, "PGCONNECT_TIMEOUT": "20"},
        )
        self.sqlstate = ""
        self.pid = int(self.run("select pg_backend_pid()"))

    def send(self, sql):
        Session.ends += 1
        self.end = f"end {Session.ends}"
        try:
            self.process.stdin.write(f"{sql}\n;\n\\echo '{self.end}' :SQLSTATE\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError, AttributeError):
            self.close()
            raise Lost("before the question") from None

    def answer(self):
        lines = []
        for line in self.process.stdout:
            if line.startswith(self.end):
                self.sqlstate = line.split()[2]
                return "\n".join(lines)
            lines.append(line.rstrip("\n"))
            if "FATAL:" in line:
                break
        self.close()
        raise Lost("\n".join(lines))

    def has_answered(self):
        """Whether something of an answer has come; only before answer()."""
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def run(self, sql):
        self.send(sql)
        return self.answer()

    def state_of(self, sql):
        """The SQLSTATE that a statement ends with."""
        self.run(sql)
        return self.sqlstate

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin = None
        self.process.stdout.close()


class Worker(threading.Thread):
    """Repeats `turn(session)` over a connection that is made anew whenever it is lost. The test can hold it between
    two turns. Whatever a turn returns is wrong, and kept in `faults`. `is_up`: an event, set while there is a server;
    a server that restarts waits for all who ask whether it is there."""

    def __init__(self, connect, name, turn, pace, is_up):
        super().__init__(daemon=True)
        self.connect, self.name, self.turn, self.pace, self.is_up = connect, name, turn, pace, is_up
        self.free = threading.Lock()
        self.over = threading.Event()
        self.turns, self.faults = 0, []

    def run(self):
        session = None
        while not self.over.is_set():
            with self.free:
                try:
                    session = session or self.connect(self.name)
                    fault = self.turn(session)
                    self.turns += 1
                    if fault:
                        self.faults.append(fault)
                except Lost:
                    session = None
            self.over.wait(self.pace())
            self.is_up.wait()
        if session:
            session.close()
