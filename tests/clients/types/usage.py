"""Calls that the types of all packs must let pass, and mistakes that they must refuse: mypy complains of an ignored error that is
none."""
from uuid import UUID

from events import ALIASES, EventName, LessonCompleted, Track
from telemetry_client import AsyncTelemetry, Telemetry

telemetry = Telemetry("https://api.example.com")
track: Track = telemetry.track
asynchronous: Track = AsyncTelemetry("https://api.example.com").track

track("lesson_completed", {"course": "sql", "lesson": "joins"})
asynchronous("lesson_completed", {"course": "sql", "lesson": "joins"}, user_id=UUID(int=7))
track("user_signed_up")
payload: LessonCompleted = {"course": "sql", "lesson": "joins"}
track("lesson_completed", payload, source="worker")
name: EventName = "lesson_completed"
argument: str = ALIASES["event_type"]

track("lesson_complete", {"course": "sql", "lesson": "joins"})  # type: ignore[call-overload]
track("lesson_completed", {"course": "sql"})  # type: ignore[call-overload]
track("lesson_completed")  # type: ignore[call-overload]
track("lesson_completed", {"course": "sql", "lesson": 7})  # type: ignore[call-overload]
track("user_signed_up", {"methd": "mail"})  # type: ignore[call-overload]
track("user_signed_up", users_id=UUID(int=7))  # type: ignore[call-overload]

track("odd", {"class": 'a"b', "any": 1, "a-b": None, "list": ["x", {"None": None}], "map": {"a": 1}, "__private": "x", "str": "s"})
track("odd", {"class": None, "any": 1})  # type: ignore[call-overload]
track("ODD", {})
track("ODD", {"x": 1})  # type: ignore[call-overload]
track("none")
