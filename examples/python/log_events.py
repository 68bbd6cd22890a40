"""Events from Python with psycopg 3: a batch, and one event beside a business transaction.

    python3 log_events.py postgresql://...        needs: create extension telemetry; install_pack('learning')
"""
import sys
import uuid

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

STUDENT = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.com/students/7")


def log_events(connection, events, source="worker"):
    """Stores what is valid, and says in numbers what became of the rest. A repeated call stores nothing twice."""
    query = """
        select accepted, rejected, duplicates, rejected_reasons_sample
          from telemetry.log_events(%s, source => %s)"""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, (Jsonb(events), source)).fetchone()


def lesson_event(event_name, lesson, **payload):
    """The id is made from what happened, so that a job that runs again sends the same event, not a second one."""
    return {
        "event_id": str(uuid.uuid5(STUDENT, f"{event_name} {lesson}")),
        "event_name": event_name,
        "user_id": str(STUDENT),
        "payload": {"course": "sql", "lesson": lesson, **payload},
    }


def complete_lesson(connection, lesson):
    """The application's work commits whatever becomes of the event; None says that it was not stored."""
    with connection.transaction():
        connection.execute("insert into pg_temp.progress values (%s, %s)", (STUDENT, lesson))
        return connection.execute(
            "select telemetry.try_log_event('lesson_completed', %s, user_id => %s)",
            (Jsonb({"course": "sql", "lesson": lesson}), STUDENT),
        ).fetchone()[0]


def main(address):
    with psycopg.connect(address, autocommit=True) as connection:
        events = [
            lesson_event("lesson_started", "joins"),
            lesson_event("lesson_started", 7),  # rejected: a lesson is a string
        ]
        answer = log_events(connection, events)
        print("accepted {accepted}, rejected {rejected}, duplicates {duplicates}".format(**answer))
        for sample in answer["rejected_reasons_sample"]:
            print(f"rejected: element {sample['element']}: {sample['message']}")
        # Stands for a table of the application.
        connection.execute("create temporary table progress (student uuid, lesson text)")
        print("lesson completed, event", "stored" if complete_lesson(connection, "joins") else "not stored")


main(sys.argv[1])
