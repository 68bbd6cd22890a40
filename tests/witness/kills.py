"""A witness that is killed at drawn points, while events come in: never two heads of a size, and each one begins the next."""

import base64
import os
import random
import time

from stage import head, is_consistent, kill, signers

KILLS = int(os.environ.get("KILLS", 15))


def duration(scene):
    scene.log(1)
    began = time.monotonic()
    scene.witness()
    return time.monotonic() - began


def kills(lines, scene):
    draw = random.Random(20261129)
    scene.log(50)
    whole = min(duration(scene) for _ in range(3))
    killed = 0
    for _ in range(KILLS):
        scene.log(draw.randint(1, 40))
        process = scene.start(*scene.arguments())
        time.sleep(draw.uniform(0, 1) * whole)
        killed += process.poll() is None
        kill(process)
    lines.expect(f"of {KILLS} some were killed at work", killed > 0)
    lines.expect("the next one goes on", scene.witness()[0], 0)
    kept = scene.heads()
    latest = scene.read("events/latest.checkpoint")
    lines.expect("the last head is that of the log", head(latest)[0], scene.size())
    lines.expect("and the newest that is kept", kept[max(kept)], latest)
    lines.expect("every head is signed", [signers(note, scene.key) for note in kept.values()], [["example.com/telemetry"]] * len(kept))
    sizes = [*kept]
    ties = [
        is_consistent(old, head(kept[old])[1], new, head(kept[new])[1],
                      [base64.b64decode(one) for one in scene.database.one("select telemetry.consistency_proof(%s, %s, 'events')", old, new)])
        for old, new in zip(sizes, sizes[1:])
    ]
    lines.expect("each is the beginning of the next", ties, [True] * (len(sizes) - 1))
    lines.expect("nothing was refused", [path for path in scene.files() if "refused" in path], [])
