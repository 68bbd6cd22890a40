"""One event as JSON text, such as log_events() takes."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from uuid import UUID, uuid4

# jsonb takes no NUL and no half of a surrogate pair: one of them would make the whole batch unreadable.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# A Decimal on its way through json, which knows no number of so many digits: between two NULs, which no other text has.
_NUMBER = re.compile(r'"\\u0000([^"\\]+)\\u0000"')
MOST_DIGITS = 4300  # of a Decimal, as Python has it for int; the database refuses a batch with far larger ones


def event_text(event_name: str, payload: Mapping[str, object] | None, arguments: Mapping[str, object]) -> str:
    """The event with an id of its own and the time of now. Raises TypeError or ValueError where it is no JSON."""
    event = {name: value for name, value in arguments.items() if value is not None}
    event.setdefault("event_id", uuid4())
    event.setdefault("client_ts", datetime.now(timezone.utc))
    return dumps({"event_name": event_name, "payload": payload or {}, **event})


def dumps(value: object) -> str:
    """JSON that jsonb can store. NaN and infinity are no JSON, and raise ValueError."""
    return _NUMBER.sub(r"\1", json.dumps(_storable(value), default=_plain, allow_nan=False))


def _storable(value: object) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return value


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):  # datetime is one
        return value.isoformat()
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS or len(value.as_tuple().digits) > MOST_DIGITS:
            raise ValueError("the Decimal is no number of JSON, or too long")
        return f"\0{value}\0"
    raise TypeError(f"{type(value).__name__} is no JSON")
