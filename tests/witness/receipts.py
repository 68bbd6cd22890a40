"""The receipts of what was erased, as lines of JSON beside the heads."""

import json


def receipts(lines, scene):
    scene.log(100)
    scene.witness()
    kept = lambda: [json.loads(line) for path in scene.files() if path.startswith("receipts/0") for line in scene.read(path).splitlines()]
    of_database = lambda: [json.loads(text) for (text,) in scene.database.all("select r::text from telemetry.erasure_receipts() r")]
    before = len(of_database())
    lines.expect("receipts of before are kept at once", kept(), of_database())
    erase(scene)
    code, _, logged = scene.witness()
    lines.expect("a receipt is kept", (code, "receipts kept receipts=1" in logged, len(kept()), kept()), (0, True, before + 1, of_database()))
    lines.expect("and once", (scene.witness()[0], kept()), (0, of_database()))
    state = scene.read("receipts/latest.json")
    erase(scene)
    erase(scene)
    scene.witness()
    scene.place.write("heads", "receipts/latest.json", state.encode())
    erase(scene)
    lines.expect("a witness that was killed before it said so wrote nothing twice", (scene.witness()[0], kept()), (0, of_database()))
    lines.expect("nothing personal is in them", any(user in json.dumps(kept()) for (user,) in scene.database.all("select distinct user_id::text from telemetry.events where user_id is not null")), False)


def erase(scene):
    scene.database.all("select telemetry.erase_events((select array[min(e.event_id::text)::uuid] from telemetry.events e), 'a test')")
