"""The database `copied` of a server that was copied whole, or of the one that it was copied from."""

import sys

from server import FAILED, check, report, url

report("pg_basebackup and promotion", check(url("copied"), 550, False))
sys.exit(FAILED.is_set())
