"""The client as programs have it: with calls that wait, and for asyncio."""
from __future__ import annotations

import asyncio
from types import TracebackType

from telemetry_client.queue import Queue


class Telemetry(Queue):
    """A client whose flush() and close() wait. As a context it is closed at its end."""

    def flush(self, timeout: float | None = None) -> bool:
        """Sends what waits. True when all of it is answered; False after the timeout in seconds, or when it could not be sent and
        waits for the next try."""
        return self._flush(timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Takes no more events, and sends what waits, as long as the timeout allows; by default as long as exit_timeout. True when
        all of it is answered."""
        return self._close(timeout)

    def __enter__(self) -> Telemetry:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncTelemetry(Queue):
    """A client for asyncio: flush() and close() are awaited, track() is a plain call. What sends is a thread here too, so that the
    event loop never waits, and nothing is bound to a loop."""

    async def flush(self, timeout: float | None = None) -> bool:
        """Sends what waits, as flush() of Telemetry does."""
        return await asyncio.to_thread(self._flush, timeout)

    async def close(self, timeout: float | None = None) -> bool:
        """Takes no more events, and sends what waits, as close() of Telemetry does."""
        return await asyncio.to_thread(self._close, timeout)

    async def __aenter__(self) -> AsyncTelemetry:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
