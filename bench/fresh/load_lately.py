"""load_lately.py URL FILE: as bench/read/load.py, with the 90 days moved so that they end with yesterday."""

import datetime
import sys

import load
from questions import UNTIL


def main(url: str, path: str) -> None:
    days = datetime.timedelta((datetime.datetime.now(datetime.UTC).date() - UNTIL.date()).days)
    load.SINCE += days
    load.TAIL_UNTIL += days
    load.ROWS = load.ROWS.replace("event_ts", f"event_ts + to_days({days.days})", 1)
    load.main(url, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
