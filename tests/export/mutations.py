"""verify-export finds what was done to the files: one mutation at a time, drawn. MUTATIONS=1000 is the long run."""

import json
import os
import random

from stage import manifest

MUTATIONS = int(os.environ.get("MUTATIONS", "48"))


def mutations(lines, database, courier, place):
    name = "mutated"
    database.register(name, most_rows=300, **{"from": "now"})
    database.log(3000, seed="mutations")
    database.wait_for_frontier()
    lines.expect("exported", courier.export(place, name)[0], 0)
    lines.expect("as it is: nothing is found", courier.verify(place, name, database=False)[0], 0)
    chance = random.Random(7)
    kinds = [lose, double, alter, cut, exchange, rename, lose_document, alter_document, alter_both]
    missed = []
    for number in range(MUTATIONS):
        kind = kinds[number % len(kinds)]
        before = {path: place.read(name, path) for path in place.list(name)}
        kind(chance, place, name)
        if courier.verify(place, name, database=False)[0] != 1:
            missed.append((number, kind.__name__))
        for path in place.list(name):
            if path not in before:
                place.remove(name, path)
        for path, content in before.items():
            place.write(name, path, content)
    lines.expect(f"{MUTATIONS} mutations: each is found", missed, [])
    lines.expect("put back: nothing is found", courier.verify(place, name)[0], 0)
    # Whoever writes the whole manifest anew is found by the database alone.
    rewrite(place, name)
    lines.expect("a chain that was made anew holds in itself", courier.verify(place, name, database=False)[0], 0)
    code, said, _ = courier.verify(place, name)
    lines.expect("and the database knows better", (code, "the database says otherwise" in said), (1, True))
    database.all("select telemetry.drop_export(%s)", name)


def drawn(chance, place, name, count=1):
    return chance.sample([file["path"] for file in manifest(place, name)], count)


def lose(chance, place, name):
    place.remove(name, *drawn(chance, place, name))


def double(chance, place, name):
    path, = drawn(chance, place, name)
    place.write(name, path.replace(".parquet", f"-{chance.randrange(2, 9)}.parquet"), place.read(name, path))


def alter(chance, place, name):
    path, = drawn(chance, place, name)
    content = bytearray(place.read(name, path))
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    place.write(name, path, bytes(content))


def cut(chance, place, name):
    path, = drawn(chance, place, name)
    content = place.read(name, path)
    place.write(name, path, content[:chance.randrange(len(content))])


def exchange(chance, place, name):
    one, other = drawn(chance, place, name, 2)
    first, second = place.read(name, one), place.read(name, other)
    place.write(name, one, second)
    place.write(name, other, first)


def rename(chance, place, name):
    path, = drawn(chance, place, name)
    place.write(name, path.replace("0", "1", 1), place.read(name, path))
    place.remove(name, path)


def documents(place, name):
    return [path for path in place.list(name) if path.startswith("_manifest/0")]


def lose_document(chance, place, name):
    place.remove(name, chance.choice(documents(place, name)))


def alter_document(chance, place, name):
    path = chance.choice(documents(place, name))
    document = json.loads(place.read(name, path))
    file = document["files"][0]
    key = chance.choice(["rows", "bytes", "first_id", "last_id", "sha256", "min_event_ts", "path"])
    file[key] = file[key] + 1 if isinstance(file[key], int) else file[key][:-1] + ("0" if file[key][-1] != "0" else "1")
    place.write(name, path, json.dumps(document).encode())


def alter_both(chance, place, name):
    """A file, and its line in the manifest to match."""
    import hashlib

    path = chance.choice(documents(place, name))
    document = json.loads(place.read(name, path))
    file = document["files"][0]
    content = place.read(name, file["path"]) + b" "
    file["bytes"], file["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    place.write(name, file["path"], content)
    place.write(name, path, json.dumps(document).encode())


def rewrite(place, name):
    import hashlib

    previous = ""
    for path in documents(place, name):
        document = json.loads(place.read(name, path))
        for file in document["files"]:
            file["min_event_ts"] = "2020-01-01T00:00:00.000000Z"
            line = "|".join(str(value) for value in [
                document["export"], document["number"], file["part"], document["after_id"], document["until_id"], file["first_id"], file["last_id"], file["rows"],
                file["bytes"], file["sha256"], file["min_event_ts"], file["max_event_ts"], document["schema_version"], file["path"]])
            previous = file["chain"] = hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()
        place.write(name, path, json.dumps(document).encode())
    latest = json.loads(place.read(name, "_manifest/latest.json"))
    place.write(name, "_manifest/latest.json", json.dumps({**latest, "chain": previous}).encode())
