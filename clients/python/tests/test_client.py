"""What the user of telemetry_client gets. Run: python -m unittest discover tests"""
from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest import mock
from uuid import UUID

from telemetry_client import AsyncTelemetry, PostgresSender, Refused, RestSender, Telemetry, Unavailable, try_log_event
from telemetry_client import queue as queue_module
from telemetry_client.event import dumps

try:
    import psycopg
except ImportError:
    psycopg = None  # type: ignore[assignment]

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

    def test_a_decimal_keeps_its_digits(self) -> None:
        for digits in ["12345678901234567.89", "-0.10", "1E+2", "0E-7"]:
            self.assertEqual(dumps([Decimal(digits), "1\0", '"\\u00001\\u0000"']), f'[{digits}, "1\\ufffd", "\\"\\\\u00001\\\\u0000\\""]')
        for digits in ["NaN", "sNaN", "-Infinity", "1E+200000", "1E-200000"]:
            with self.assertRaises(ValueError):
                dumps(Decimal(digits))

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
                return {"accepted": 1}

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
            return {"accepted": 1}

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
            return {"accepted": 1}

        telemetry = Telemetry(send=send)
        telemetry.track("tick")
        self.assertFalse(telemetry.flush(0))
        self.assertTrue(is_asked.wait(10))
        self.assertFalse(telemetry.close(0))
        self.assertEqual((telemetry.pending(), telemetry.dropped), (0, 1))
        may_answer.set()

    def test_a_second_close_answers_as_the_first(self) -> None:
        for outcomes, answer in [([OSError()] * 100, False), ([], True)]:
            telemetry = Telemetry(send=Sent(*outcomes))
            telemetry.track("tick")
            timeout = 10 if answer else 0
            self.assertEqual((telemetry.close(timeout), telemetry.close(timeout)), (answer, answer))
            self.assertEqual(telemetry.dropped, 0 if answer else 1)

    def test_an_outage_may_last(self) -> None:
        self.assertLessEqual(queue_module._pause_after(100_000), queue_module.MOST_PAUSE)
        sent = Sent(OSError())
        with Telemetry(send=sent) as telemetry:
            telemetry._failures, telemetry._resume_at = 100_000, time.monotonic() + 3600
            telemetry.track("tick")
            self.assertFalse(telemetry.flush(10))
            self.assertTrue(telemetry.flush(10))
        self.assertEqual((len(sent.batches), telemetry.dropped), (2, 0))

    def test_an_answer_that_is_none_and_an_error_of_any_kind_lose_no_batch(self) -> None:
        class Mute(Refused):
            def __str__(self) -> str:
                raise RuntimeError

        odd: list[Any] = [None, [], "ok", [{"accepted": 1}], {}, {"accepted": None}, SystemExit(), KeyboardInterrupt(), Mute()]

        def send(events: Sequence[str], /) -> Any:
            outcome = odd.pop(0) if odd else {"accepted": len(events)}
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        with Telemetry(send=send) as telemetry:
            telemetry.track("tick")
            for _ in range(8):
                self.assertFalse(telemetry.flush(10))
                self.assertEqual((telemetry.pending(), telemetry.dropped), (1, 0))
            self.assertTrue(telemetry.flush(10))
            self.assertEqual((telemetry.pending(), telemetry.dropped), (0, 1))
            telemetry.track("tock")
            self.assertTrue(telemetry.flush(10))
        self.assertEqual(telemetry.dropped, 1)

    def test_without_a_thread_flush_does_not_wait_and_close_sends(self) -> None:
        sent = Sent()
        telemetry = Telemetry(send=sent)
        with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")):
            for _ in range(60):
                telemetry.track("tick")
            self.assertFalse(telemetry.flush())
            self.assertTrue(telemetry.close(10))
        self.assertEqual([len(batch) for batch in sent.batches], [50, 10])

    @contextmanager
    def logging_by(self, emit: Callable[[logging.LogRecord], Any]) -> Iterator[None]:
        """Each message is given to emit, which may raise."""
        logger = logging.getLogger("telemetry_client")
        with mock.patch.object(logger, "level", logging.DEBUG), mock.patch.object(logger, "propagate", False):
            logger._cache.clear()  # type: ignore[attr-defined]
            logger.addFilter(emit)
            try:
                yield
            finally:
                logger.removeFilter(emit)
                logger._cache.clear()  # type: ignore[attr-defined]

    def test_a_logging_handler_may_track(self) -> None:
        messages: list[str] = []
        are_stuck: list[bool] = []
        the_sender_logged = threading.Event()
        telemetry = Telemetry(send=Sent(*[OSError()] * 100), queue_events=2)

        def emit(record: logging.LogRecord) -> bool:
            name = threading.current_thread().name
            if name == "other" or the_sender_logged.is_set():
                return False
            messages.append(record.getMessage())
            # Another thread that logs does not find the client locked either.
            other = threading.Thread(target=telemetry.track, args=["logged"], name="other", daemon=True)
            other.start()
            other.join(10)
            are_stuck.append(other.is_alive())
            telemetry.track("logged")
            if name == "telemetry":
                are_stuck.append(telemetry.flush())
                the_sender_logged.set()
            return False

        with self.logging_by(emit):
            telemetry.track("odd", {"x": object()})
            telemetry.track("tick")
            telemetry.flush(10)
            self.assertTrue(the_sender_logged.wait(10))
            telemetry.close(0)
        self.assertEqual(messages, [
            "dropped 1 events: TypeError in the event", "dropped 1 events: the queue is full", "2 events wait: OSError"])
        self.assertEqual(are_stuck, [False] * 4)

    def test_a_logging_handler_that_raises_harms_nobody(self) -> None:
        errors: list[BaseException] = [RuntimeError(), SystemExit()]
        sent = Sent(OSError(), Refused("HTTP 403"))

        def emit(record: logging.LogRecord) -> bool:
            raise errors[0]

        with self.logging_by(emit), Telemetry(send=sent) as telemetry:
            telemetry.track("odd", {"x": object()})
            errors.pop(0)
            telemetry.track("tick")
            self.assertFalse(telemetry.flush(10))
            self.assertTrue(telemetry.flush(10))
            telemetry.track("tock")
            self.assertTrue(telemetry.flush(10))
        self.assertEqual((len(sent.batches), telemetry.dropped), (3, 2))

    def test_a_signal_handler_may_track_while_the_lock_is_held(self) -> None:
        sent = Sent()
        telemetry = Telemetry(send=sent)
        former = signal.signal(signal.SIGTERM, lambda *_: telemetry.track("ended"))
        try:
            with telemetry._changed:
                signal.raise_signal(signal.SIGTERM)
        finally:
            signal.signal(signal.SIGTERM, former)
        self.assertTrue(telemetry.close(10))
        self.assertEqual(len(sent.events), 1)

    def test_at_the_exit_all_clients_have_the_same_time(self) -> None:
        dead = [Telemetry(send=Sent(*[OSError()] * 1000), exit_timeout=0.5) for _ in range(10)]
        sent = Sent()
        alive = Telemetry(send=sent, exit_timeout=10)
        for telemetry in [*dead, alive]:
            telemetry.track("tick")
        begin = time.monotonic()
        with mock.patch.object(queue_module, "_CLIENTS", [*dead, alive]):
            queue_module._close_all()
        self.assertLess(time.monotonic() - begin, 4)
        self.assertEqual(([telemetry.dropped for telemetry in dead], alive.dropped, len(sent.events)), ([1] * 10, 0, 1))

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
    return {"accepted": 1}
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

    def test_the_first_event_may_be_one_of_an_exit_handler(self) -> None:
        self.assertEqual(self.output("import atexit\natexit.register(telemetry.track, 'last')"), ["True last"])

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
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
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

    def test_a_redirect_is_not_followed_and_loses_no_batch(self) -> None:
        # The server answers one request: a second one would fail in another way.
        for status in [301, 302, 303, 307, 308]:
            answer = self.ask(status)[2]
            self.assertEqual((type(answer), str(answer)), (Unavailable, f"HTTP {status}"))

    def test_an_answer_has_an_end(self) -> None:
        with mock.patch("telemetry_client.sending.time.monotonic", side_effect=[0, 31]):
            self.assertIsInstance(self.ask(200)[2], Unavailable)


@unittest.skipIf(psycopg is None, "needs psycopg")
class Postgres(unittest.TestCase):
    def sent(self, address: str, outcome: Exception | None) -> tuple[Any, mock.MagicMock, mock.MagicMock]:
        """One batch by a connection that has this outcome: what the sender gave or raised, psycopg.connect(), the connection."""
        connection = mock.MagicMock(closed=False)
        connection.transaction.return_value.__exit__.return_value = False
        cursor = connection.cursor.return_value.__enter__.return_value
        connection.cursor.return_value.__exit__.return_value = False
        cursor.execute.side_effect = outcome
        cursor.execute.return_value.fetchone.return_value = {"accepted": 1}
        with mock.patch.object(psycopg, "connect", return_value=connection) as connect:
            try:
                answer: Any = PostgresSender(address)(['{"event_name": "tick"}'])
            except Exception as error:
                answer = error
        return answer, connect, connection

    def test_what_another_connection_may_take_is_kept(self) -> None:
        for sqlstate in ["25006", "26000", "42P05", "57P01", "57014", "08006", "53300", "40001", "40P01"]:
            error = psycopg.errors.lookup(sqlstate)()
            answer, _, connection = self.sent("", error)
            self.assertIs(answer, error, sqlstate)
            connection.close.assert_called_once_with()
        answer, _, connection = self.sent("", psycopg.errors.lookup("42501")())
        self.assertEqual((type(answer), str(answer)), (Refused, "SQLSTATE 42501"))
        connection.close.assert_not_called()

    def test_nothing_is_prepared_and_each_batch_has_a_limit_of_its_own(self) -> None:
        answer, _, connection = self.sent("", None)
        self.assertEqual(answer, {"accepted": 1})
        cursor = connection.cursor.return_value.__enter__.return_value
        calls = [*connection.execute.call_args_list, *cursor.execute.call_args_list]
        self.assertEqual([call.kwargs["prepare"] for call in calls], [False, False])
        self.assertIn("statement_timeout", connection.execute.call_args.args[0])

    def test_a_dead_connection_is_noticed_unless_the_address_says_when(self) -> None:
        _, connect, _ = self.sent("postgresql://h/d?connect_timeout=3", None)
        given = connect.call_args.kwargs
        self.assertEqual((given["host"], given["connect_timeout"], given["tcp_user_timeout"]), ("h", "3", "30000"))

    def test_an_event_that_cannot_be_sent_does_not_break_the_work(self) -> None:
        from psycopg.rows import tuple_row

        connection = mock.MagicMock()
        payloads: list[dict[str, Any]] = [{"x": float("nan")}, {"x": {1}}]
        for payload in payloads:
            self.assertIsNone(try_log_event(connection, "tick", payload))
        self.assertEqual(connection.mock_calls, [])
        connection.transaction.return_value.__exit__.return_value = False
        connection.cursor.return_value.__exit__.return_value = False
        cursor = connection.cursor.return_value.__enter__.return_value
        cursor.execute.return_value.fetchone.return_value = (UUID(int=1),)
        self.assertEqual(try_log_event(connection, "tick"), UUID(int=1))
        connection.cursor.assert_called_once_with(row_factory=tuple_row)
        cursor.execute.side_effect = psycopg.errors.lookup("22P02")()
        self.assertIsNone(try_log_event(connection, "tick", user_id="abc"))
        self.assertEqual(connection.transaction.return_value.__exit__.call_count, 2)


if __name__ == "__main__":
    unittest.main()
