"""How events reach log_events() by a connection of PostgreSQL. Needs psycopg 3, which the extra "postgres" brings."""
from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from telemetry_client.event import dumps
from telemetry_client.log import tell
from telemetry_client.sending import Answer, Refused

if TYPE_CHECKING:
    import psycopg

# How long a dead connection goes unnoticed, in seconds and in milliseconds: where the address does not say it.
CONNECTION = {
    "connect_timeout": "10", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "4", "tcp_user_timeout": "30000",
}
# Errors that end with another connection, though psycopg does not call them operational: a standby (after a failover), and statements
# that a pooler has made invalid. The classes: connection, rollback, resources, the operator.
TEMPORARY = ("25006", "26000", "42P05", "08", "40", "53", "57")


class PostgresSender:
    """Sends batches by a connection of its own, which is opened when it is needed and again after it broke. A statement that
    takes 30 seconds is broken off, unless the session has a statement_timeout.

    address: what psycopg.connect() takes.
    """

    def __init__(self, address: str) -> None:
        # psycopg is missed here, and a bad address too, and not by the thread that sends.
        from psycopg.conninfo import conninfo_to_dict

        self._address: dict[str, Any] = {**CONNECTION, **conninfo_to_dict(address)}
        self._connection: psycopg.Connection[Any] | None = None
        self._process = os.getpid()

    def __call__(self, events: Sequence[str], /) -> Answer:
        import psycopg

        if self._process != os.getpid():
            # The connection is the parent's. psycopg does not close it from here.
            self._connection, self._process = None, os.getpid()
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(**self._address, autocommit=True)
            # For the transaction only: behind a pooler the session is not ours.
            limit = "select set_config('statement_timeout', '30s', true) where current_setting('statement_timeout') = '0'"
            with self._connection.transaction():
                self._connection.execute(limit, prepare=False)
                return _log(self._connection, f"[{', '.join(events)}]", None)
        except psycopg.Error as error:
            is_operational = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
            if is_operational or (error.sqlstate or "").startswith(TEMPORARY):
                self.close()
                raise
            # Its message may quote what was sent.
            raise Refused(f"SQLSTATE {error.sqlstate}") from None

    def close(self) -> None:
        """Closes the connection, until a batch is sent again."""
        connection, self._connection = self._connection, None
        if connection is not None and self._process == os.getpid():
            connection.close()


def log_events(connection: psycopg.Connection[Any], events: Sequence[Mapping[str, object]], source: str | None = None) -> Answer:
    """Logs a batch in the transaction of the connection, and returns what became of it: accepted, rejected, duplicates.

    An event is a mapping with the names of log_event()'s arguments. source is that of events that name none.
    """
    return _log(connection, dumps(list(events)), source)


def try_log_event(
    connection: psycopg.Connection[Any], event_name: str, payload: Mapping[str, object] | None = None, **arguments: object
) -> UUID | None:
    """Logs one event beside the application's work, in its transaction; None says that it was not stored, and breaks nothing: an
    error goes to the logger, and back to a savepoint.

    arguments: those of log_event(), by name.
    """
    from psycopg import Error, sql
    from psycopg.pq import TransactionStatus
    from psycopg.rows import tuple_row

    given = [sql.SQL("{} => %s").format(sql.Identifier(name)) for name in arguments]
    query = sql.SQL("select telemetry.try_log_event({})").format(sql.SQL(", ").join([sql.SQL("%s"), sql.SQL("%s::jsonb"), *given]))
    try:
        values = [event_name, dumps(payload or {}), *arguments.values()]
        with connection.cursor(row_factory=tuple_row) as cursor:
            if not connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
                cursor.execute("select 1")  # begins the caller's transaction; transaction() would end it, too
            with connection.transaction():
                row = cursor.execute(query, values).fetchone()
        stored: UUID | None = row[0] if row else None
        return stored
    except Exception as error:
        # Its message may quote the event.
        reason = f"SQLSTATE {error.sqlstate}" if isinstance(error, Error) and error.sqlstate else type(error).__name__
        tell(logging.WARNING, "an event was not stored: %s", reason)
        return None


def _log(connection: psycopg.Connection[Any], events: str, source: str | None) -> Answer:
    from psycopg.rows import dict_row

    # A pooler may give the next batch another session, which has no statement prepared.
    query = "select accepted, rejected, duplicates, rejected_reasons_sample from telemetry.log_events(%s::jsonb, source => %s)"
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, [events, source], prepare=False).fetchone() or {}
