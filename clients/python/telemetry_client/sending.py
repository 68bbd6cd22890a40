"""How a batch reaches log_events() by HTTP, and which failures are worth another try."""
from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

Answer = Mapping[str, Any]
"""What log_events() answers: accepted, rejected, duplicates, rejected_reasons_sample."""


class Send(Protocol):
    """Sends a batch, whose events are JSON texts, and returns the answer. Refused: it would be refused again. Any other error, and
    an answer without a number `accepted`: it is sent again."""

    def __call__(self, events: Sequence[str], /) -> Answer: ...


class Refused(Exception):
    """The whole batch was refused, and the same batch would be again."""


class Unavailable(Exception):
    """The server could not answer; the same batch may be taken later."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: followed, it would be a GET, and might show the token to another host."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


class RestSender:
    """Posts to PostgREST. headers: a mapping, or a function that returns one where a token changes. timeout: of the connection, and
    of each silence, in seconds; the answer may take three times as long."""

    def __init__(
        self, url: str, headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None, timeout: float = 10
    ) -> None:
        self._url = f"{url.rstrip('/')}/rpc/log_events"
        self._headers: Mapping[str, str] | Callable[[], Mapping[str, str]] = headers or {}
        self._timeout = timeout

    def __call__(self, events: Sequence[str], /) -> Answer:
        own = self._headers() if callable(self._headers) else self._headers
        # An object around the array: PostgREST reads a body's keys as the names of the arguments.
        body = f'{{"events": [{", ".join(events)}]}}'.encode()
        headers = {"Content-Type": "application/json", "Content-Profile": "telemetry", **own}
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        try:
            until = time.monotonic() + 3 * self._timeout
            with _OPENER.open(request, timeout=self._timeout) as response:
                text = b""
                while part := response.read1(65_536):
                    text += part
                    if time.monotonic() > until:
                        raise Unavailable("the answer takes too long")
                answer: Answer = json.loads(text)
                return answer
        except urllib.error.HTTPError as error:
            with error:
                # After 401 the next try has a new token. A redirect may come from a network that wants a login.
                is_temporary = error.code in (401, 408, 429) or error.code < 400 or error.code >= 500
                raise (Unavailable if is_temporary else Refused)(f"HTTP {error.code}") from None
