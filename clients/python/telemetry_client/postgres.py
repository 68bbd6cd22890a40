"""How events reach log_events() by a connection of PostgreSQL. Needs psycopg 3, which the extra "postgres" brings."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from telemetry_client.event import dumps
from telemetry_client.sending import Answer, Refused

if TYPE_CHECKING:
    import psycopg


class PostgresSender:
    """Sends batches by a connection of its own, which is opened when it is needed and again after it broke.

    address: what psycopg.connect() takes.
    """

    def __init__(self, address: str) -> None:
        import psycopg  # noqa: F401  It is missed here, and not by the thread that sends.

        self._address = address
        self._connection: psycopg.Connection[Any] | None = None
        self._process = os.getpid()

    def __call__(self, events: Sequence[str], /) -> Answer:
        import psycopg

        if self._process != os.getpid():
            # The connection is the parent's. psycopg does not close it from here.
            self._connection, self._process = None, os.getpid()
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._address, autocommit=True, connect_timeout=10)
            return _log(self._connection, f"[{', '.join(events)}]", None)
        except psycopg.Error as error:
            if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
                self.close()
                raise
            # Its message may quote what was sent.
            raise Refused(f"SQLSTATE {error.sqlstate}") from None

    def close(self) -> None:
        """Closes the connection, until a batch is sent again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def log_events(connection: psycopg.Connection[Any], events: Sequence[Mapping[str, object]], source: str | None = None) -> Answer:
    """Logs a batch in the transaction of the connection, and returns what became of it: accepted, rejected, duplicates.

    An event is a mapping with the names of log_event()'s arguments. source is that of events that name none.
    """
    return _log(connection, dumps(list(events)), source)


def try_log_event(
    connection: psycopg.Connection[Any], event_name: str, payload: Mapping[str, object] | None = None, **arguments: object
) -> UUID | None:
    """Logs one event beside the application's work, in its transaction; None says that it was not stored, and breaks nothing.

    arguments: those of log_event(), by name.
    """
    from psycopg import sql

    given = [sql.SQL("{} => %s").format(sql.Identifier(name)) for name in arguments]
    query = sql.SQL("select telemetry.try_log_event({})").format(sql.SQL(", ").join([sql.SQL("%s"), sql.SQL("%s::jsonb"), *given]))
    row = connection.execute(query, [event_name, dumps(payload or {}), *arguments.values()]).fetchone()
    stored: UUID | None = row[0] if row and not isinstance(row, Mapping) else None
    return stored


def _log(connection: psycopg.Connection[Any], events: str, source: str | None) -> Answer:
    from psycopg.rows import dict_row

    query = "select accepted, rejected, duplicates, rejected_reasons_sample from telemetry.log_events(%s::jsonb, source => %s)"
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, [events, source]).fetchone() or {}
