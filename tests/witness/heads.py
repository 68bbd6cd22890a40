"""The first head, the next one, what is asked for too much, and what was done to the folder."""

import base64
import pathlib
import signal
import stat
import urllib.request

import psycopg

from stage import ask_judge, can_connect, free_port, head, is_consistent, signers, wait_for

PROOF = "select telemetry.consistency_proof(%s, %s, 'events')"


def heads(lines, scene):
    secret = scene.secrets / "witness_key"
    lines.expect("the key is its owner's alone", stat.S_IMODE(secret.stat().st_mode), 0o600)
    lines.expect("a key is not overwritten", scene.run("witness-key", "example.com/telemetry", str(secret))[0], 1)
    code, said, logged = scene.run("witness-key", "a name", str(scene.work / "other"))
    lines.expect("a name with a space is none", (code, "has no space" in logged), (1, True))

    scene.log(700)
    code, said, logged = scene.witness()
    size = scene.size()
    lines.expect("the first head is signed", (code, "signed, as the first head" in logged), (0, True))
    first = scene.read("events/latest.checkpoint")
    lines.expect("it is the database's own text", first.split("\n\n")[0] + "\n", scene.database.one("select telemetry.checkpoint()"))
    lines.expect("and has 200 bytes, or a few more", len(first.encode()) < 300)
    lines.expect("another library verifies the signature", signers(first, scene.key), ["example.com/telemetry"])
    code, said, logged = scene.witness()
    lines.expect("nothing new", (code, "nothing new log=events" in logged, scene.read("events/latest.checkpoint")), (0, True, first))

    for count in (1, 90, 300):
        scene.log(count)
        lines.expect(f"{count} events later it is signed again", scene.witness()[0], 0)
    kept = scene.heads()
    lines.expect("every head is kept under its size", [size, scene.size()] == [*kept][:: len(kept) - 1] and len(kept) == 4)
    lines.expect("and says that size", [head(note)[0] for note in kept.values()], [*kept])
    proofs = {(old, new): scene.database.one(PROOF, old, new) for old in kept for new in kept if old < new}
    consistent = [
        is_consistent(old, head(kept[old])[1], new, head(kept[new])[1], [base64.b64decode(one) for one in proof]) for (old, new), proof in proofs.items()
    ]
    lines.expect("each head is proved to be the beginning of every later one", consistent, [True] * 6)
    if scene.place.name == "folder":
        judged(lines, scene, kept, proofs)
        rights(lines, scene)
        service(lines, scene)
    mistakes(lines, scene)


def judged(lines, scene, kept, proofs):
    if not pathlib.Path(scene.judge).exists():
        print("# skipped: no Go of this Debian: its packages for notes and logs have not judged heads and proofs")
        return
    sizes = [*kept]
    consistency = [{"Old": sizes.index(old), "New": sizes.index(new), "Proof": proof} for (old, new), proof in proofs.items()]
    inclusion = []
    for place, size in enumerate(sizes):
        asked = "select p.leaf_index, p.leaf, p.path from (select e.event_id from telemetry.events e order by e.ingest_id limit 5) e, telemetry.inclusion_proof(e.event_id, size => %s) p"
        for index, leaf, proof in scene.database.all(asked, size):
            inclusion.append({"Note": place, "Index": index, "Leaf": leaf, "Proof": proof})
    lines.expect("Go's own packages find every note, every tie and every event", ask_judge(scene, [*kept.values()], consistency, inclusion),
                 f"{len(sizes)} notes, {len(consistency)} consistent, {len(inclusion)} included")


def rights(lines, scene):
    scene.database.all("drop role if exists nobody_here")
    scene.database.all("create role nobody_here login password 'x'")
    host = scene.witness_url.split("@")[1]
    code, _, logged = scene.witness(url=f"postgres://nobody_here:x@{host}")
    lines.expect("a role without the level is told so", (code, "42501" in logged), (1, True))
    scene.database.all("drop role nobody_here")
    with psycopg.connect(scene.witness_url, autocommit=True) as connection:
        refused = 0
        for statement in ("select * from telemetry.events", "select telemetry.audit_secrets()", "select telemetry.log_event('seen')"):
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                refused += 1
    lines.expect("the role of the witness reads no event and no secret", refused, 3)


def service(lines, scene):
    port = free_port()
    process = scene.start(*scene.arguments("--every", "50ms", "--metrics", f"127.0.0.1:{port}"))
    asked = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10).read().decode()
    assert wait_for(lambda: can_connect(port))
    scene.log(60)
    size = scene.size()
    lines.expect("a service signs what comes, and says how far it is", wait_for(lambda: f'telemetry_witness_size{{log="events"}} {size}\n' in asked("metrics")))
    lines.expect("it is well, and has refused nothing", ("ok\n" == asked("health"), 'telemetry_witness_refused{log="events"} 0\n' in asked("metrics")), (True, True))
    process.send_signal(signal.SIGTERM)
    said, logged = process.communicate(timeout=30)
    lines.expect("and ends when it is told so", process.returncode, 0)
    lines.expect("no key and no address is in a line", [word for word in ("PRIVATE+KEY", "postgres://") if word in said + logged], [])


def mistakes(lines, scene):
    latest = scene.read("events/latest.checkpoint")
    other = scene.work / "other"
    other.mkdir()
    code, _, logged = scene.witness(secrets=other)
    lines.expect("without a key", (code, "witness-key makes one" in logged), (1, True))
    (other / "witness_key").write_text("a-token-of-something-else")
    code, _, logged = scene.witness(secrets=other)
    lines.expect("what is no key is not shown", (code, "a-token" in logged, "the form of a key" in logged), (1, False, True))
    (other / "witness_key").unlink()
    scene.run("witness-key", "example.com/telemetry", str(other / "witness_key"))
    code, _, logged = scene.witness(secrets=other)
    lines.expect("another key of the same name goes on with nothing", (code, "no known key signed it" in logged, "--trust" in logged), (1, True, True))
    lines.expect("and where the one before is named it does", scene.witness("--trust", scene.key, secrets=other)[0], 0)
    lines.expect("nothing was signed anew for that", scene.read("events/latest.checkpoint"), latest)

    size = latest.split("\n")[1]
    scene.place.write("heads", "events/latest.checkpoint", latest.replace(f"\n{size}\n", f"\n{int(size) - 1}\n", 1).encode())
    code, _, logged = scene.witness()
    lines.expect("a last head that was changed is not believed", (code, "a signature on it is forged, or the text was changed" in logged), (1, True))
    scene.place.remove("heads", "events/latest.checkpoint")
    code, _, logged = scene.witness()
    lines.expect("one that is missing is no first time", (code, "is missing though events/0" in logged), (1, True))
    scene.place.write("heads", "events/latest.checkpoint", latest.encode())
    lines.expect("put back, it goes on", scene.witness()[0], 0)
    evidence = [path for path in scene.files() if "refused" in path]
    lines.expect("a mistake is no evidence", evidence, [])
    lines.expect("the key is nowhere in the folder", any((scene.secrets / "witness_key").read_text().strip()[-40:] in scene.read(path) for path in scene.files()), False)
