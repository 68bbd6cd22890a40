"""The queue and the thread that sends it."""
from __future__ import annotations

import atexit
import logging
import os
import random
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from telemetry_client.event import event_text
from telemetry_client.log import tell, thread as this_thread
from telemetry_client.sending import Refused, RestSender, Send, Unavailable

FLUSH_AT = 50  # events
FLUSH_AFTER = 2.0  # seconds
BATCH_EVENTS = 50  # what log_events() takes from a client
BATCH_BYTES = 1_000_000
FIRST_PAUSE = 1.0  # seconds
MOST_PAUSE = 60.0  # seconds
MOST_AGE = 6 * 86_400.0  # seconds; the database knows an id again for 7 days


@dataclass(frozen=True)
class _Waiting:
    text: str
    since: float


class Queue:
    """Queues events and sends them in batches, by a thread of its own. Nothing here raises or makes the caller wait, but
    flush() and close(), which wait as long as they are told.

    An event carries an id, so that one that is sent twice counts once, and it stays in the queue until the database has answered.
    What waits at the exit of the program is sent then. Threads may share a client. A process that is forked has a queue of its own,
    which begins empty.

    url, headers: of PostgREST, for instance https://PROJECT.supabase.co/rest/v1; headers may be a function where a token changes
    send: instead of them, for instance PostgresSender("postgresql://...")
    source: of events that name none
    queue_events: so many wait at most; the oldest are dropped, and counted in `dropped`
    exit_timeout: how long the exit of the program waits for what is not sent, in seconds
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        send: Send | None = None,
        source: str | None = "backend",
        queue_events: int = 10_000,
        exit_timeout: float = 5,
    ) -> None:
        if send is None:
            if url is None:
                raise ValueError("a client needs the url of PostgREST, or send")
            send = RestSender(url, headers)
        self._send = send
        self._source = source
        self._queue_events = queue_events
        self._exit_timeout = exit_timeout
        self._begin()
        _CLIENTS.add(self)

    def _begin(self) -> None:
        """The state of a process: nothing waits, and no thread runs."""
        self._queue: deque[_Waiting] = deque()
        # A signal's handler may call track() where the same thread holds the lock.
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._is_starting = False
        # What is to be logged once the lock is free: a handler may call track(), or hold a lock of its own.
        self._notes: deque[tuple[Any, ...]] = deque()
        # Counts of events: queued so far, done so far (answered or dropped), and up to which somebody asked for a flush.
        self._queued = self._done = self._wanted = 0
        # Counts of flushes that were asked for, and up to which one the last failure answers.
        self._asked = self._failed = 0
        self._failures = 0
        self._resume_at = 0.0
        self._is_closing = self._is_closed = self._is_sent = False
        self.dropped = 0

    def track(
        self,
        event_name: str,
        payload: Mapping[str, object] | None = None,
        *,
        user_id: UUID | str | None = None,
        session_id: UUID | str | None = None,
        subject_id: UUID | str | None = None,
        tenant_id: UUID | str | None = None,
        source: str | None = None,
        event_version: int | None = None,
        event_id: UUID | str | None = None,
    ) -> None:
        """Queues an event. With a user's token leave user_id out: it is the token's sub. event_id: one that is made from what
        happened (uuid5) lets a job that may run twice log once."""
        try:
            text = event_text(event_name, payload, {
                "user_id": user_id, "session_id": session_id, "subject_id": subject_id, "tenant_id": tenant_id,
                "source": source or self._source, "event_version": event_version, "event_id": event_id,
            })
        except Exception as error:  # whatever the caller's objects raise
            with self._changed:
                self._drop(1, f"{type(error).__name__} in the event")
        else:
            self._add(text)
        self._tell()

    def _add(self, text: str) -> None:
        with self._changed:
            if self._is_closing:
                self._drop(1, "the client is closed")
                return
            self._queue.append(_Waiting(text, time.monotonic()))
            self._queued += 1
            self._limit()
            self._start()
            # The thread looks at the clock by itself; it is woken for the first event and for a full batch.
            if len(self._queue) in (1, FLUSH_AT):
                self._changed.notify_all()

    def _flush(self, timeout: float | None) -> bool:
        with self._changed:
            last = self._queued
            if self._done >= last:
                return True
            self._wanted = last
            self._asked += 1
            mine = self._asked
            if not self._start():
                return False
            self._changed.notify_all()
            if threading.current_thread() is self._thread:  # a handler of logging; the thread does not wait for itself
                return False
            self._changed.wait_for(lambda: self._done >= last or self._failed >= mine, timeout)
            return self._done >= last

    def _close(self, timeout: float | None) -> bool:
        until = time.monotonic() + (self._exit_timeout if timeout is None else timeout)
        if threading.current_thread() is self._thread:
            until = 0.0
        sends_here = False
        with self._changed:
            self._is_closing = True
        while not self._flush(max(until - time.monotonic(), 0)) and until > time.monotonic():
            if self._thread is None:  # a program that ends starts no threads, from Python 3.12 on
                sends_here = True
                self._send_some()
            if self._failures:
                time.sleep(max(min(until - time.monotonic(), _pause_after(self._failures)), 0))
        with self._changed:
            if not self._is_closed:
                self._is_closed = True
                self._is_sent = self._done >= self._queued
                self._queue.clear()
                # Also those that are on their way: whether they arrive, nobody hears any more.
                if not self._is_sent:
                    self._give_up(self._queued - self._done, "the client was closed")
                self._changed.notify_all()
            thread = self._thread
        if sends_here:
            self._close_sender()
        elif self._is_sent and thread is not None and thread is not threading.current_thread():
            thread.join(max(min(until - time.monotonic(), 1), 0))
        self._tell()
        return self._is_sent

    def pending(self) -> int:
        """How many events are not answered yet."""
        with self._changed:
            return self._queued - self._done

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_closed and (pause := self._pause()) != 0:
                    self._changed.wait(pause)
                if self._is_closed:
                    break
            self._send_some()
        self._close_sender()

    def _send_some(self) -> None:
        with self._changed:
            asked = self._asked
            batch = self._take()
        failure = self._deliver(batch) if batch else None
        with self._changed:
            self._settle(batch, failure, asked)
            self._changed.notify_all()
        self._tell()

    def _deliver(self, batch: Sequence[_Waiting]) -> BaseException | None:
        """Whatever goes wrong is returned: the batch is in nobody's hands but these."""
        try:
            answer = self._send([event.text for event in batch])
            if not isinstance(answer, Mapping) or not isinstance(answer.get("accepted"), int):
                return Unavailable("the answer is none of log_events()")
            if rejected := answer.get("rejected"):
                reasons = answer.get("rejected_reasons_sample")
                self._note(logging.WARNING, "%s of %d events rejected: %s", rejected, len(batch), reasons)
        except BaseException as error:
            return error
        return None

    def _close_sender(self) -> None:
        """A sender may hold a connection."""
        try:
            if close := getattr(self._send, "close", None):
                close()
        except Exception as error:
            tell(logging.DEBUG, "%s when the sender was closed", type(error).__name__)

    def _note(self, level: int, text: str, *values: object) -> None:
        if not this_thread.is_telling:  # by a handler; see tell()
            self._notes.append((level, text, *values))

    def _tell(self) -> None:
        """Logs what was noted. Called without the lock."""
        try:
            while self._notes and not this_thread.is_telling:
                tell(*self._notes.popleft())
        except IndexError:  # another thread was faster
            pass
        except BaseException:  # a handler that exits; the thread that sends goes on
            if threading.current_thread() is not self._thread:
                raise

    # What follows is called with the lock held.

    def _start(self) -> bool:
        if self._is_starting or self._thread is not None and self._thread.is_alive():
            return True
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._is_starting = True
        try:
            self._thread.start()
        except RuntimeError as error:  # the program ends, or has no threads left
            self._thread = None
            self._note(logging.INFO, "events wait: %s", error)
            return False
        finally:
            self._is_starting = False
        _close_with_process()
        return True

    def _settle(self, batch: list[_Waiting], failure: BaseException | None, asked: int) -> None:
        if self._is_closed:
            return
        if failure is None or isinstance(failure, Refused):
            self._failures = 0
            if failure is None:
                self._done += len(batch)
            else:
                self._give_up(len(batch), failure)
            return
        self._failures += 1
        self._resume_at = time.monotonic() + _pause_after(self._failures)
        self._failed = asked
        self._queue.extendleft(reversed(batch))
        self._limit()
        # Told once, not at each try. Other errors may quote what was sent.
        reason = failure if isinstance(failure, Unavailable) else type(failure).__name__
        self._note(logging.WARNING if self._failures == 1 else logging.DEBUG, "%d events wait: %s", len(self._queue), reason)

    def _pause(self) -> float | None:
        """How long the thread waits; None until it is woken."""
        if not self._queue:
            return None
        now = time.monotonic()
        if self._failures:
            # Whoever flushes does not wait for the next try.
            return 0 if self._asked > self._failed and self._done < self._wanted else max(self._resume_at - now, 0)
        if self._done < self._wanted or len(self._queue) >= FLUSH_AT:
            return 0
        return max(self._queue[0].since + FLUSH_AFTER - now, 0)

    def _take(self) -> list[_Waiting]:
        oldest = time.monotonic() - MOST_AGE
        while self._queue and self._queue[0].since < oldest:
            self._queue.popleft()
            self._give_up(1, "too old")
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < BATCH_EVENTS:
            size += len(self._queue[0].text)
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._queue.popleft())
        return batch

    def _limit(self) -> None:
        excess = 0
        while len(self._queue) > self._queue_events:
            self._queue.popleft()
            excess += 1
        if excess:
            self._give_up(excess, "the queue is full")

    def _give_up(self, count: int, reason: object) -> None:
        """Of events that were queued."""
        self._done += count
        self._drop(count, reason)

    def _drop(self, count: int, reason: object) -> None:
        self.dropped += count
        self._note(logging.WARNING, "dropped %d events: %s", count, reason)


def _pause_after(failures: int) -> float:
    # Programs that lost one server must not come back to it together.
    # The exponent has an end: 2 ** 1024 is no float.
    return float(min(FIRST_PAUSE * 2 ** min(max(failures - 1, 0), 30), MOST_PAUSE) * random.uniform(0.5, 1))


_CLIENTS: weakref.WeakSet[Queue] = weakref.WeakSet()
_closes_in: int | None = None


def _close_all() -> None:
    """All clients have the same time, and send side by side: one that cannot send costs the others nothing."""
    begin = time.monotonic()
    clients = sorted(_CLIENTS, key=lambda client: client._exit_timeout)
    for client in clients:
        client._flush(0)
    for client in clients:
        client._close(max(begin + client._exit_timeout - time.monotonic(), 0))


def _close_with_process() -> None:
    """A process that multiprocessing made ends without atexit: it calls the finalizers of multiprocessing alone."""
    global _closes_in
    util = sys.modules.get("multiprocessing.util")
    if _closes_in == os.getpid() or util is None or sys.modules["multiprocessing.process"].parent_process() is None:
        return
    _closes_in = os.getpid()
    util.Finalize(None, _close_all, exitpriority=10)


def _begin_all() -> None:
    for client in list(_CLIENTS):
        client._begin()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_all)
