"""The courier that docs/outbound.md prints: the block of Python is run as it stands there."""

import os
import re

import psycopg
from conformance import again, by_key, in_order, rotated, signed, unsigned
from psycopg.rows import dict_row
from sinks import hostile, paced, said_in_slack, secret_elsewhere, told_to_alertmanager
from stage import CHAT, HERE, NEW_SECRET, SECRET


class Document:
    def __init__(self, url):
        os.environ |= {"TELEMETRY_SECRET_HOOK": SECRET, "TELEMETRY_SECRET_ROTATED": f"{NEW_SECRET} {SECRET}", "TELEMETRY_SECRET_CHAT": CHAT}
        text = (HERE.parent.parent / "docs" / "outbound.md").read_text()
        self.module = {"__name__": "document"}
        exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], self.module)
        self.connection = psycopg.connect(url, autocommit=True, row_factory=dict_row, prepare_threshold=None)

    def once(self):
        self.module["deliver"](self.connection)


def document(lines, database, receiver, courier):
    written_by_hand = Document(database.courier_url)
    for case in (signed, again, rotated, unsigned, in_order, by_key, said_in_slack, hostile, paced, secret_elsewhere, told_to_alertmanager):
        case(lines, database, receiver, written_by_hand)
