"""What people do wrong, and what they are told; a service that is stopped; keys that no line shows."""

import pathlib
import signal
import tempfile

from stage import manifest, wait_for


def mistakes(lines, database, courier, place):
    name = f"mistaken_{place.name.lower()}"
    code, _, logged = courier.export(place, "nobody")
    lines.expect("an export that is not registered is named", (code, 'export "nobody"' in logged), (1, True))
    code, _, logged = courier.run(place, "export", "../etc", "--to", place.uri)
    lines.expect("a name is no way out of the folder", (code, "is no name of an export" in logged), (1, True))
    code, _, logged = courier.run(place, "export", name, "--to", "gopher://there/x")
    lines.expect("an address that is none", (code, "s3://bucket/folder" in logged), (1, True))
    code, _, logged = courier.verify(place, name)
    lines.expect("nothing to verify yet", (code, "nothing is published there" in logged), (1, True))

    database.register(name, **{"from": "now"})
    database.log(100, seed=f"{name} 1")
    database.wait_for_frontier()
    file_name = database.all("select file_name, number from telemetry.claim_export(%s, 'test')", name)[0][0].split("/")[1]
    database.all("update telemetry.export_states set leased_by = null, leased_until = null where export = %s", name)
    place.write(name, file_name, b"something else")
    code, _, logged = courier.export(place, name)
    lines.expect("a file of another content stops it, and stays", (code, "nothing is overwritten" in logged, place.read(name, file_name)), (1, True, b"something else"))
    place.remove(name, file_name)
    lines.expect("taken away, it goes on", courier.export(place, name)[0], 0)

    service = courier.start(place, "export", name, "--to", place.uri, "--every", "50ms")
    database.log(100, seed=f"{name} 2")
    lines.expect("a service writes what comes", wait_for(lambda: sum(file["rows"] for file in manifest(place, name)) == 200, 60))
    service.send_signal(signal.SIGTERM)
    said, logged = service.communicate(timeout=30)
    lines.expect("and ends when it is told so", service.returncode, 0)
    lines.expect("no key is in a line", [word for word in ("canary-id", "canary-secret", "postgres://") if word in said + logged], [])

    database.log(100, seed=f"{name} 3")
    database.wait_for_frontier()
    code, _, logged = courier.run(place, "export", name, "--to", f"{place.uri}-elsewhere")
    lines.expect("another place does not have the earlier files, and says so", (code, "was exported and is not here" in logged), (1, True))
    lines.expect("the first place goes on", courier.export(place, name)[0], 0)

    if place.name == "S3":
        keys_of_secrets(lines, database, courier, place, name)
    database.all("select telemetry.drop_export(%s)", name)


def keys_of_secrets(lines, database, courier, place, name):
    environment = place.environment
    place.environment = {key: value for key, value in environment.items() if "KEY" not in key}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for secret, value in (("aws_access_key_id", "canary-id"), ("aws_secret_access_key", "canary-secret")):
                pathlib.Path(folder, secret).write_text(value)
            database.log(10, seed="keys")
            database.wait_for_frontier()
            code, said, _ = courier.export(place, name, "--secrets", folder)
            lines.expect("keys may be secrets in files", (code, said), (0, f"{name}: 1 ranges, 10 events\n"))
    finally:
        place.environment = environment
