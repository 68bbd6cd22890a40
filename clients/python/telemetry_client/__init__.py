"""Events to telemetry, the PostgreSQL extension: queued, sent in batches, retried, each counted once.

    telemetry = Telemetry("https://api.example.com", headers={"Authorization": f"Bearer {token}"})
    telemetry.track("lesson_completed", {"course": "sql", "lesson": "joins"}, user_id=student)
"""
from telemetry_client.client import AsyncTelemetry, Telemetry
from telemetry_client.postgres import PostgresSender, log_events, try_log_event
from telemetry_client.sending import Refused, RestSender, Unavailable

__all__ = ["AsyncTelemetry", "PostgresSender", "Refused", "RestSender", "Telemetry", "Unavailable", "log_events", "try_log_event"]
__version__ = "0.1.0"
