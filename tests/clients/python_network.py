"""The Python client through PostgREST over a wire that breaks, and by a connection whose session is ended: python_network.py DATABASE WIRE API"""
from __future__ import annotations

import subprocess
import sys
import unittest
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import psycopg

from telemetry_client import PostgresSender, Telemetry, log_events, try_log_event

DATABASE, WIRE, API = sys.argv[1:]


class Wire:
    def __enter__(self) -> Wire:
        self.process = subprocess.Popen(["node", WIRE, API], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()
        return self

    def set(self, way: str) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{way}\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def __exit__(self, *_: Any) -> None:
        self.process.communicate("")


def track(telemetry: Telemetry, label: str, first: int, last: int) -> None:
    for n in range(first, last + 1):
        telemetry.track("clicked", {"label": label, "n": n})


def flush(telemetry: Telemetry) -> bool:
    return telemetry.flush(30)


class Network(unittest.TestCase):
    def setUp(self) -> None:
        self.connection = psycopg.connect(DATABASE, autocommit=True)
        self.addCleanup(self.connection.close)

    def stored(self, label: str) -> list[int]:
        query = "select (payload ->> 'n')::int from telemetry.events where payload ->> 'label' = %s order by 1"
        return [n for (n,) in self.connection.execute(query, [label])]

    def test_http_each_event_is_stored_once_whether_the_request_or_the_answer_is_lost(self) -> None:
        with Wire() as wire:
            for way in ["cut", "mute"]:
                with Telemetry(wire.url) as telemetry:
                    label = f"python {way}"
                    track(telemetry, label, 1, 30)
                    self.assertTrue(flush(telemetry))
                    wire.set(way)
                    track(telemetry, label, 31, 105)
                    self.assertFalse(flush(telemetry))
                    wire.set("pass")
                    self.assertTrue(flush(telemetry))
                    self.assertEqual((telemetry.pending(), telemetry.dropped), (0, 0))
                    self.assertEqual(self.stored(label), list(range(1, 106)))

    def test_psycopg_a_session_that_is_ended_is_replaced(self) -> None:
        with Telemetry(send=PostgresSender(f"{DATABASE}?application_name=telemetry_client"), source="worker") as telemetry:
            track(telemetry, "session", 1, 10)
            self.assertTrue(flush(telemetry))
            query = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'telemetry_client'"
            self.assertEqual(self.connection.execute(query).fetchall(), [(True,)])
            track(telemetry, "session", 11, 75)
            # The first try may find out, before anybody asks.
            self.assertTrue(flush(telemetry) or flush(telemetry))
        self.assertEqual(self.stored("session"), list(range(1, 76)))

    def test_psycopg_a_batch_in_a_transaction_is_there_with_it_and_once(self) -> None:
        student = uuid5(NAMESPACE_URL, "https://example.com/students/7")
        events = [{"event_id": uuid5(student, str(n)), "event_name": "clicked", "payload": {"label": "batch", "n": n}} for n in (1, 2, "three")]
        def logged() -> tuple[int, int, int]:
            answer = log_events(self.connection, events, source="worker")
            return answer["accepted"], answer["duplicates"], answer["rejected"]

        with self.connection.transaction(force_rollback=True):
            self.assertEqual(logged(), (2, 0, 1))
        self.assertEqual(self.stored("batch"), [])
        self.assertEqual([logged(), logged()], [(2, 0, 1), (0, 2, 1)])
        self.assertEqual(self.stored("batch"), [1, 2])

    def test_psycopg_an_event_beside_a_business_transaction_does_not_break_it(self) -> None:
        student = uuid5(NAMESPACE_URL, "https://example.com/students/8")
        with self.connection.transaction():
            self.connection.execute("create table public.progress (lesson text)")
            self.assertIsNotNone(try_log_event(self.connection, "clicked", {"label": "beside", "n": 1}, user_id=student))
            self.assertIsNone(try_log_event(self.connection, "clicked", {"label": "beside", "n": "two"}, user_id=student))
            self.assertIsNone(try_log_event(self.connection, "unheard_of"))
            self.connection.execute("insert into public.progress values ('joins')")
        self.assertEqual(self.connection.execute("select count(*) from public.progress").fetchone(), (1,))
        self.assertEqual(self.stored("beside"), [1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
