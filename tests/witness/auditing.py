"""An export and a head that was signed, compared without a database; and exports of a log that was rewritten before."""

import json

from stage import disarm

FORMATS = ("parquet", "jsonl")

# A superuser whose triggers are off. Each one changes one more event, of another group of 256.
CHANGES = {
    "a payload": "update telemetry.events set payload = payload || '{\"amount\": 1}' where ingest_id = %s",
    "a name": "update telemetry.events set event_name = 'forged' where ingest_id = %s",
    "a user": "update telemetry.events e set user_id = (select min(o.user_id::text)::uuid from telemetry.events o where o.user_id <> e.user_id) where ingest_id = %s",
    "a time": "update telemetry.events set event_ts = event_ts + interval '1 microsecond' where ingest_id = %s",
    "a session": "update telemetry.events set session_id = gen_random_uuid() where ingest_id = %s",
    "an event that is gone": "delete from telemetry.events where ingest_id = %s",
}


def auditing(lines, scene):
    scene.log(len(CHANGES) * 256 + 300)
    rewritten = scene.copy()
    scene.witness()
    checkpoint, audit = scene.work / "march.checkpoint", scene.work / "audit.jsonl"
    checkpoint.write_text(scene.read("events/latest.checkpoint"))
    hand_out(scene, audit)

    def verify(name, handed=audit, signed=checkpoint, key=scene.key):
        code, said, logged = scene.run("verify-log", f"{scene.place.uri}/{name}", "--checkpoint", str(signed), "--key", key, "--audit", str(handed))
        return code, said + logged

    for form in FORMATS:
        export(scene, scene.database, f"log_{form}", form)
        code, said = verify(f"log_{form}")
        lines.expect(f"{form}: the export is the log that was signed", (code, f"{scene.size()} entries are what was signed" in said), (0, True))
    size = scene.size()

    ids = [scene.database.one("select ingest_id from telemetry.events where user_id is not null order by ingest_id offset %s limit 1", 100 + 220 * n) for n in range(len(CHANGES))]
    disarm(rewritten)
    for place, ((what, change), row) in enumerate(zip(CHANGES.items(), ids)):
        rewritten.all(change, row)
        name = f"rewritten_{place}"
        export(scene, rewritten, name, FORMATS[place % 2])
        code, said = verify(name)
        lines.expect(f"{what}: the row is named", (code, all(str(changed) in said for changed in ids[: place + 1])), (1, True))
        lines.expect(f"{what}: and no other", said.count("not ok"), place + 1)

    mistakes(lines, scene, verify, checkpoint, audit)

    erased = [event for (event,) in scene.database.all("select event_id::text from telemetry.events order by ingest_id offset 40 limit 3")]
    scene.database.all("select telemetry.erase_events(%s::uuid[], 'a test')", erased)
    later = scene.work / "later.jsonl"
    hand_out(scene, later)
    code, said = verify("log_parquet", later)
    lines.expect("after an erasure the export of before is still the log", (code, f"{size} entries are what was signed" in said), (0, True))
    export(scene, scene.database, "after_erasure", "parquet")
    code, said = verify("after_erasure", later)
    gone = scene.database.one("select count(distinct ingest_id) from telemetry.kept_leaves")
    lines.expect("and one of after it too", (code, f"{gone} of them are not in the export" in said), (0, True))
    code, said = verify("after_erasure", audit)
    lines.expect("but nothing is gone without a leaf that the database kept", (code, "changed, added or taken out" in said), (1, True))


def mistakes(lines, scene, verify, checkpoint, audit):
    code, said = verify("nothing_here")
    lines.expect("no export there", (code, "nothing is published there" in said), (1, True))
    other = scene.work / "other_key"
    key = scene.run("witness-key", "example.com/telemetry", str(other))[1].strip()
    code, said = verify("log_jsonl", key=key)
    lines.expect("a key that did not sign", (code, "no known key signed it" in said), (1, True))
    forged = scene.work / "forged.checkpoint"
    forged.write_text(checkpoint.read_text().replace("\n", "/forged\n", 1))
    code, said = verify("log_jsonl", signed=forged)
    lines.expect("a head that was changed", (code, "forged, or the text was changed" in said), (1, True))
    canary = scene.work / "canary.jsonl"
    canary.write_text(audit.read_text() + '{"canary": 1}\n')
    code, said = verify("log_jsonl", handed=canary)
    lines.expect("a line that is none is not shown", (code, "is none of telemetry.audit_secrets()" in said, "canary\"" in said), (1, True, False))
    without = scene.work / "without.jsonl"
    without.write_text("".join(line + "\n" for line in audit.read_text().splitlines() if "secret" not in json.loads(line)))
    code, said = verify("log_jsonl", handed=without)
    lines.expect("without the secrets no payload is believed", (code, "have no secret" in said), (1, True))
    scene.log(300)
    scene.witness()
    newer = scene.work / "newer.checkpoint"
    newer.write_text(scene.read("events/latest.checkpoint"))
    code, said = verify("log_jsonl", signed=newer)
    lines.expect("what was handed out before the head", (code, "ask for it again" in said), (1, True))
    now = scene.work / "now.jsonl"
    hand_out(scene, now)
    code, said = verify("log_jsonl", signed=newer, handed=now)
    lines.expect("an export that is behind the head", (code, "export further" in said or "taken out" in said), (1, True))


def hand_out(scene, path):
    path.write_text("".join(f"{line}\n" for (line,) in scene.database.all("select a::text from telemetry.audit_secrets() a")))


def export(scene, database, name, form):
    database.register(name, format=form)
    database.wait_for_frontier()
    code, said, logged = scene.run("export", name, "--to", scene.place.uri, url=database.courier_url)
    assert code == 0, logged
