"""What the owner of the database can do, and an older backup: the witness signs none of it, and keeps both heads."""

import json

from stage import REFUSED, disarm


def attacks(lines, scene):
    scene.log(600)
    older = scene.copy()
    fork = scene.copy()
    scene.log(400)
    lines.expect("the log is signed", scene.witness()[0], 0)
    signed = scene.read("events/latest.checkpoint")

    def refused(name, copy, why):
        code, _, logged = scene.witness("--log", "events", url=copy.courier_url)
        found = [path for path in scene.files() if path.startswith("events/refused/")]
        lines.expect(f"{name}: it is refused and said", (code, why in logged), (REFUSED, True))
        lines.expect(f"{name}: the last head stays", scene.read("events/latest.checkpoint"), signed)
        evidence = [json.loads(scene.read(path)) for path in found]
        checkpoint = copy.one("select telemetry.checkpoint()")
        lines.expect(f"{name}: both heads are kept", sum(one["signed"] == signed and one["found"] == checkpoint and why in one["why"] for one in evidence), 1)

    refused("an older backup", older, "it was restored from an older backup")
    scene.log(700, older)
    refused("an older backup that went on", older, "was never sealed at")
    code, _, logged = scene.witness("--log", "events", "--every", "10ms", url=older.courier_url)
    lines.expect("a service ends with it too", (code, len([path for path in scene.files() if "refused" in path])), (REFUSED, 2))
    scene.log(400, fork)
    refused("other events, as many", fork, "it was rewritten")
    scene.log(100, fork)
    refused("other events, and more", fork, "do not begin with the")

    rewritten = scene.copy()
    rewrite(rewritten)
    lines.expect("rewritten with its seals: the database itself finds nothing", rewritten.one("select count(*) from telemetry.verify_seals() v where not v.ok"), 0)
    lines.expect("but by the head that was signed it does", rewritten.one("select count(*) > 0 from telemetry.verify_seals(%s) v where not v.ok", signed))
    refused("rewritten with its seals", rewritten, "it was rewritten")

    lines.expect("the log itself is signed on", scene.witness()[0], 0)
    scene.log(10)
    lines.expect("and further", (scene.witness()[0], scene.read("events/latest.checkpoint") != signed), (0, True))


def rewrite(database):
    """A superuser changes a row, and seals everything anew."""
    disarm(database)
    database.all("update telemetry.events set payload = '{}' where ingest_id = (select max(ingest_id) - 100 from telemetry.events)")
    database.all("delete from telemetry.seals where log = 'events'")
    database.all("delete from telemetry.seal_pages")
    database.all("update telemetry_private.seal_states set tail = '', position = 0, drawn_since = null where log = 'events'")
    database.all("do $$ begin while telemetry_private.seal_unit(100000) > 0 loop end loop; end $$")
