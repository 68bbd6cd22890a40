"""What the package tells its user: the logger telemetry_client."""
from __future__ import annotations

import logging
import threading

logger = logging.getLogger("telemetry_client")


class _Thread(threading.local):
    is_telling = False


thread = _Thread()


def tell(level: int, text: str, *values: object) -> None:
    """Logs. A handler or a filter that raises harms nobody, and what a handler makes us say is not said again: it would not end."""
    if thread.is_telling:
        return
    thread.is_telling = True
    try:
        logger.log(level, text, *values)
    except Exception:
        pass
    finally:
        thread.is_telling = False
