"""suite.py URL WITNESS_URL WORK COURIER JUDGE [PARTS]: runs the cases of `telemetry-courier witness` and `verify-log`."""

import sys

from auditing import auditing
from cosigning import cosigning
from heads import heads
from kills import kills
from attacks import attacks
from receipts import receipts
from stage import Bucket, Folder, Lines, Scene

PARTS = {"heads": heads, "attacks": attacks, "cosigning": cosigning, "receipts": receipts, "kills": kills, "auditing": auditing}
IN_A_BUCKET_TOO = {"heads"}


def main(url, witness_url, work, program, judge, *parts):
    lines = Lines()
    for part in parts or PARTS:
        for kind in [Folder, Bucket] if part in IN_A_BUCKET_TOO else [Folder]:
            lines.title = f"{part}, {kind.name}" if part in IN_A_BUCKET_TOO else part
            scene = Scene(url, witness_url, work, program, judge, kind(work))
            try:
                PARTS[part](lines, scene)
            finally:
                scene.clear()
    return int(lines.failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
