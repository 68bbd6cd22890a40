"""What the user of telemetry_client gets. Run: python -m unittest discover tests"""
from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
import unittest
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest import mock
from uuid import UUID

from telemetry_client import AsyncTelemetry, Refused, RestSender, Telemetry
from telemetry_client import queue as queue_module

logging.getLogger("telemetry_client").setLevel(logging.CRITICAL)


class Sent:
    """A sender that keeps what it is given. outcomes: of the first calls: an error, or None."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.outcomes = list(outcomes)

    def __call__(self, events: Sequence[str], /) -> dict[str, Any]:
        self.batches.append([json.loads(event) for event in events])
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome
        return {"accepted": len(events), "rejected": 0, "duplicates": 0}

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch]


class Events(unittest.TestCase):
    def track(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        sent = Sent()
        with Telemetry(send=sent) as telemetry:
            telemetry.track(*arguments, **more)
        return sent.events[0]

    def test_an_event_has_its_name_payload_arguments_source_time_and_an_id_of_its_own(self) -> None:
        student = UUID(int=7)
        event = self.track("lesson_started", {"course": "sql"}, user_id=student)
        self.assertEqual(event.pop("client_ts")[-6:], "+00:00")
        UUID(event.pop("event_id"))
        self.assertEqual(event, {
            "event_name": "lesson_started", "payload": {"course": "sql"}, "user_id": str(student), "source": "backend"})

    def test_an_id_that_is_given_stays(self) -> None:
        self.assertEqual(self.track("paid", event_id=UUID(int=1), source="worker")["event_id"], str(UUID(int=1)))

    def test_ids_times_and_decimals_become_json(self) -> None:
        payload = {"id": UUID(int=1), "at": datetime(2026, 1, 20, tzinfo=timezone.utc), "price": Decimal("19.5"), "list": (1, 2)}
        self.assertEqual(self.track("paid", payload)["payload"], {
            "id": str(UUID(int=1)), "at": "2026-01-20T00:00:00+00:00", "price": 19.5, "list": [1, 2]})

    def test_what_postgresql_cannot_store_as_text_does_not_spoil_the_batch(self) -> None:
        self.assertEqual(self.track("typed", {"a\0": "x\ud83d", "whole": "\U0001f600"})["payload"], {
            "a\ufffd": "x\ufffd", "whole": "\U0001f600"})

    def test_a_payload_is_sent_as_it_was_when_it_was_tracked(self) -> None:
        sent, payload = Sent(), {"position": 1}
        with Telemetry(send=sent) as telemetry:
            telemetry.track("moved", payload)
            payload["position"] = 2
        self.assertEqual(sent.events[0]["payload"], {"position": 1})

    def test_track_never_raises_and_counts_what_it_could_not_keep(self) -> None:
        class Broken(dict[str, object]):
            def items(self) -> Any:
                raise RuntimeError

        circular: dict[str, object] = {}
        circular["self"] = circular
        sent = Sent()
        with Telemetry(send=sent) as telemetry:
            payloads: list[dict[str, Any]] = [circular, {"x": float("nan")}, {"x": object()}, Broken(x=1)]
            for payload in payloads:
                telemetry.track("odd", payload)
            telemetry.track("even")
        self.assertEqual((telemetry.dropped, len(sent.events)), (4, 1))
        telemetry.track("late")
        self.assertEqual((telemetry.dropped, telemetry.pending()), (5, 0))


class Queueing(unittest.TestCase):
    def test_at_most_50_events_a_batch(self) -> None:
        sent = Sent()
        with mock.patch.object(queue_module, "FLUSH_AT", 1000), Telemetry(send=sent) as telemetry:
            for n in range(130):
                telemetry.track("tick", {"n": n})
        self.assertEqual([len(batch) for batch in sent.batches], [50, 50, 30])
        self.assertEqual([event["payload"]["n"] for event in sent.events], list(range(130)))

    def test_a_full_batch_and_an_old_event_are_sent_without_a_flush(self) -> None:
        for count, patience in [(queue_module.FLUSH_AT, 3600.0), (1, 0.01)]:
            is_sent = threading.Event()

            def send(events: Sequence[str], /) -> dict[str, Any]:
                is_sent.set()
                return {}

            with mock.patch.object(queue_module, "FLUSH_AFTER", patience), Telemetry(send=send) as telemetry:
                for _ in range(count):
                    telemetry.track("tick")
                self.assertTrue(is_sent.wait(10))

    def test_a_failed_batch_waits_and_is_sent_again_under_the_same_ids(self) -> None:
        sent = Sent(OSError("no network"))
        with Telemetry(send=sent) as telemetry:
            telemetry.track("tick")
            telemetry.track("tock")
            self.assertFalse(telemetry.flush(10))
            self.assertEqual((telemetry.pending(), telemetry.dropped), (2, 0))
            self.assertTrue(telemetry.flush(10))
        self.assertEqual(sent.batches[0], sent.batches[1])

    def test_it_tries_again_by_itself(self) -> None:
        is_sent = threading.Event()
        outcomes = [OSError(), OSError(), None]

        def send(events: Sequence[str], /) -> dict[str, Any]:
            if outcome := outcomes.pop(0):
                raise outcome
            is_sent.set()
            return {}

        with mock.patch.object(queue_module, "FIRST_PAUSE", 0.01), mock.patch.object(queue_module, "FLUSH_AFTER", 0.01):
            with Telemetry(send=send) as telemetry:
                telemetry.track("tick")
                self.assertTrue(is_sent.wait(10))

    def test_a_refused_batch_is_dropped_and_the_next_one_sent(self) -> None:
        sent = Sent(Refused("HTTP 403"))
        with Telemetry(send=sent) as telemetry:
            telemetry.track("first")
            self.assertTrue(telemetry.flush(10))
            telemetry.track("second")
        self.assertEqual((len(sent.batches), telemetry.dropped), (2, 1))

    def test_the_newest_events_wait_and_the_others_are_counted(self) -> None:
        sent = Sent(OSError())
        with Telemetry(send=sent, queue_events=10) as telemetry:
            telemetry.track("tick", {"n": -1})
            telemetry.flush(10)
            for n in range(15):
                telemetry.track("tick", {"n": n})
            self.assertEqual((telemetry.pending(), telemetry.dropped), (10, 6))
        self.assertEqual([event["payload"]["n"] for event in sent.batches[1]], list(range(5, 15)))

    def test_an_event_that_may_have_been_stored_a_week_ago_is_not_sent_again(self) -> None:
        sent = Sent(OSError())
        with Telemetry(send=sent) as telemetry:
            telemetry.track("old")
            telemetry.flush(10)
            with mock.patch.object(queue_module, "MOST_AGE", -1.0):
                self.assertTrue(telemetry.flush(10))
        self.assertEqual((len(sent.batches), telemetry.dropped), (1, 1))

    def test_close_waits_as_long_as_it_is_told(self) -> None:
        telemetry = Telemetry(send=Sent(*[OSError()] * 100))
        telemetry.track("tick")
        self.assertFalse(telemetry.close(0.05))
        self.assertEqual((telemetry.pending(), telemetry.dropped), (0, 1))

    def test_a_batch_that_is_on_its_way_when_the_client_is_closed_is_counted(self) -> None:
        is_asked, may_answer = threading.Event(), threading.Event()

        def send(events: Sequence[str], /) -> dict[str, Any]:
            is_asked.set()
            may_answer.wait(10)
            return {}

        telemetry = Telemetry(send=send)
        telemetry.track("tick")
        self.assertFalse(telemetry.flush(0))
        self.assertTrue(is_asked.wait(10))
        self.assertFalse(telemetry.close(0))
        self.assertEqual((telemetry.pending(), telemetry.dropped), (0, 1))
        may_answer.set()

    def test_threads_share_a_client(self) -> None:
        sent = Sent()
        with Telemetry(send=sent) as telemetry:
            def work(number: int) -> None:
                for n in range(200):
                    telemetry.track("tick", {"n": number * 200 + n})

            threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(sorted(event["payload"]["n"] for event in sent.events), list(range(1600)))

    def test_asyncio(self) -> None:
        sent = Sent(OSError())

        async def program() -> None:
            async with AsyncTelemetry(send=sent) as telemetry:
                telemetry.track("tick")
                self.assertFalse(await telemetry.flush(10))
                self.assertTrue(await telemetry.flush(10))
                telemetry.track("tock")

        asyncio.run(program())
        self.assertEqual([event["event_name"] for event in sent.events], ["tick", "tick", "tock"])


class Processes(unittest.TestCase):
    PROGRAM = """
import os, sys, multiprocessing
from telemetry_client import Telemetry
def send(events):
    os.write(1, ("".join(f"{os.getpid() == main} {event.split(chr(34))[3]}\\n" for event in events)).encode())
    return {}
main = os.getpid()
telemetry = Telemetry(send=send)
"""

    def output(self, program: str) -> list[str]:
        # From 3.12 on Python warns of any fork beside a thread.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", self.PROGRAM + program]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(run.stderr, "")
        return sorted(run.stdout.splitlines())

    def test_what_waits_at_the_exit_is_sent(self) -> None:
        self.assertEqual(self.output("telemetry.track('tick')"), ["True tick"])

    def test_a_fork_has_a_queue_of_its_own_and_sends_at_its_exit(self) -> None:
        program = "telemetry.track('before')\nchild = os.fork()\ntelemetry.track('in_parent' if child else 'in_child')\nif child: os.waitpid(child, 0)"
        self.assertEqual(self.output(program), ["False in_child", "True before", "True in_parent"])

    def test_a_worker_of_multiprocessing_sends_at_its_exit(self) -> None:
        program = """
telemetry.track('before')
worker = multiprocessing.get_context('fork').Process(target=telemetry.track, args=('in_worker',))
worker.start()
worker.join()
"""
        self.assertEqual(self.output(program), ["False in_worker", "True before"])

    def test_a_program_ends_though_nothing_gets_through(self) -> None:
        program = "telemetry = Telemetry(url='http://127.0.0.1:1', exit_timeout=0.1)\ntelemetry.track('tick')"
        run = subprocess.run([sys.executable, "-c", self.PROGRAM + program], capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stderr.splitlines()[-1]), (0, "dropped 1 events: the client was closed"))


class Rest(unittest.TestCase):
    def ask(self, status: int) -> tuple[dict[str, Any], dict[str, str], Any]:
        """One batch to a server that answers so: what it was sent, and what the sender gave or raised."""
        seen: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.extend([json.loads(self.rfile.read(int(self.headers["Content-Length"]))), dict(self.headers), self.path])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"accepted": 1}')

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            sender = RestSender(f"http://127.0.0.1:{server.server_port}/", lambda: {"Authorization": "Bearer two"})
            try:
                answer: Any = sender(['{"event_name": "tick"}'])
            except Exception as error:
                answer = error
            thread.join()
        self.assertEqual(seen[2], "/rpc/log_events")
        return seen[0], seen[1], answer

    def test_an_object_with_the_array_in_it_is_posted_to_the_schema_telemetry(self) -> None:
        body, headers, answer = self.ask(200)
        self.assertEqual((body, answer), ({"events": [{"event_name": "tick"}]}, {"accepted": 1}))
        self.assertEqual((headers["Authorization"], headers["Content-Profile"]), ("Bearer two", "telemetry"))

    def test_what_would_be_refused_again_is_told_apart(self) -> None:
        for status, is_refused in [(400, True), (403, True), (413, True), (401, False), (429, False), (503, False)]:
            self.assertEqual(isinstance(self.ask(status)[2], Refused), is_refused, status)


if __name__ == "__main__":
    unittest.main()
