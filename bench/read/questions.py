"""The five questions, and where the SQL of each system asks them (bench/read/sql)."""

import datetime
import pathlib
import re

TITLES = {
    "funnel": "Funnel of 3 steps within 7 days",
    "retention": "Weekly retention",
    "active_users": "Weekly active users",
    "apply_rate": "Apply rate by week",
    "volume": "Daily volume by name",
}
SINCE = datetime.datetime(2025, 1, 6)
UNTIL = SINCE + datetime.timedelta(days=90)
# Where the freshness measurement puts its tail, so that the 90 days stay as they are for the next run.
TAIL_UNTIL = UNTIL + datetime.timedelta(days=1)


def ways(system: str) -> dict[str, list[tuple[str, str]]]:
    """question -> [(label, SQL)] of sql/<system>.sql, in the order of the file."""
    found = {question: [] for question in TITLES}
    text = (pathlib.Path(__file__).parent / "sql" / f"{system}.sql").read_text()
    for part in re.split(r"^-- question ", text, flags=re.M)[1:]:
        head, sql = part.split("\n", 1)
        question, label = head.split(":", 1)
        found[question].append((label.strip(), sql.strip().rstrip(";")))
    return found


def normalised(rows) -> list[tuple]:
    """Rows that compare equal across systems: times as dates, whole numbers as int; sorted."""
    return sorted(tuple(plain(value) for value in row) for row in rows)


def plain(value):
    if isinstance(value, datetime.datetime | datetime.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, str):
        return int(value) if value.isdigit() else value
    return int(value)
