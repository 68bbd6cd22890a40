"""generate.py EVENTS FILE: a history of 90 days in order of time, written to Parquet. The same for ever: one seed.

50 events per tutor on average, in sessions of about 8 that are seconds to minutes apart. A tutor joins (30 % before the
first day), has sessions at his own rate and is lost some day, a third of them on the first. Sessions are drawn first,
12 million of them for 100 million events; their events are made and sorted day by day, so that memory stays small.
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import tutors

SEED = 20250106
SINCE = np.datetime64("2025-01-06T00:00:00", "us").astype(np.int64)  # a Monday
DAYS = 90
SECOND = 1_000_000
DAY = 86_400 * SECOND
LONGEST = 60  # events of a session
USER, SESSION, EVENT = 1, 2, 3

SCHEMA = pa.schema([
    ("event_ts", pa.timestamp("us", tz="UTC")),
    ("event_id", pa.uuid()),
    ("user_id", pa.uuid()),
    ("user_number", pa.uint32()),
    ("session_id", pa.uuid()),
    ("event_name", pa.dictionary(pa.int8(), pa.string())),
    ("source", pa.dictionary(pa.int8(), pa.string())),
    ("payload", pa.dictionary(pa.int16(), pa.string())),
])


def main(events: int, path: str) -> None:
    random = np.random.default_rng(SEED)
    sessions = draw_sessions(random, events)
    walk = walk_tables()
    lookers = random.random(max(1, events // 50)) < tutors.LOOKERS
    written = 0
    left_over = None  # events of yesterday's sessions that lie after midnight
    bounds = np.searchsorted(sessions["begins"], np.arange(DAYS + 1) * DAY)
    with pq.ParquetWriter(path, SCHEMA, compression="snappy") as writer:
        for day in range(DAYS):
            part = slice(bounds[day], bounds[day + 1])
            made = make_events(random, sessions, part, walk, lookers)
            if left_over is not None:
                made = {key: np.concatenate([left_over[key], made[key]]) for key in made}
            order = np.argsort(made["at"], kind="stable")
            cut = np.searchsorted(made["at"], (day + 1) * DAY, sorter=order) if day < DAYS - 1 else len(order)
            left_over = {key: values[order[cut:]] for key, values in made.items()}
            batch = as_rows({key: values[order[:cut]] for key, values in made.items()}, written)
            writer.write_batch(batch, row_group_size=250_000)
            written += batch.num_rows
    if written != events:
        raise SystemExit(f"generate.py: {written} events instead of {events}")


def draw_sessions(random, events: int) -> dict:
    """Who begins a session when, and of how many events; sorted by time. The sizes add up to `events`."""
    people = max(1, events // 50)
    joined = np.where(random.random(people) < 0.3, 0.0, random.random(people) * DAYS)
    stayed = np.where(random.random(people) < 0.33, 1.0, random.exponential(35.0, people))
    lost = np.minimum(joined + stayed, DAYS)
    rate = random.gamma(2.0, 0.5, people) * (lost - joined)
    expected = np.minimum(rate * (events / people / 8 - 1) / rate.mean(), 300)
    count = 1 + random.poisson(expected)

    user = np.repeat(np.arange(people, dtype=np.uint32), count)
    day = np.floor(joined[user] + random.random(len(user)) * (lost - joined)[user])
    # Two sessions of five on a weekend happen on a weekday instead.
    weekend = (day % 7 >= 5) & (random.random(len(user)) < 0.4)
    day = np.where(weekend, day - day % 7 + random.integers(0, 5, len(user)), day)
    share = np.cumsum(np.array(tutors.HOURS, float) / sum(tutors.HOURS))
    hour = np.minimum(np.searchsorted(share, random.random(len(user))), 23) + random.random(len(user))
    begins = ((np.clip(day, 0, DAYS - 1) * 24 + hour) * 3600 * SECOND).astype(np.int64)
    del day, weekend, hour

    size = np.clip(1 + random.gamma(1.4, 7.5 / 1.4, len(user)), 1, LONGEST).astype(np.int16)
    while (missing := events - int(size.sum(dtype=np.int64))) != 0:
        step = 1 if missing > 0 else -1
        fits = np.flatnonzero((size + step >= 1) & (size + step <= LONGEST))
        size[random.choice(fits, min(abs(missing), len(fits)), replace=False)] += step

    order = np.argsort(begins, kind="stable")
    return {"begins": begins[order], "user": user[order], "size": size[order]}


def walk_tables() -> np.ndarray:
    """For each kind of tutor and each last event (or none, the last row): 65536 next events, as often as they are likely."""
    rows = []
    for looks_only in (False, True):
        for last in [*range(len(tutors.NAMES)), None]:
            chances = dict(tutors.BEGINS if last is None else tutors.NEXT[last])
            if looks_only and tutors.CLICK in chances:
                chances[tutors.VIEW] += chances.pop(tutors.CLICK)
            ends = np.rint(np.cumsum(list(chances.values())) * 65536).astype(int)
            rows.append(np.array(list(chances), np.int8)[np.searchsorted(ends, np.arange(65536), side="right").clip(max=len(chances) - 1)])
    return np.stack(rows)


def make_events(random, sessions: dict, part: slice, walk: np.ndarray, lookers: np.ndarray) -> dict:
    """The events of these sessions, in no order."""
    begins, user, size = (sessions[key][part] for key in ("begins", "user", "size"))
    first = np.concatenate([[0], np.cumsum(size[:-1], dtype=np.int64)]) if len(size) else np.zeros(0, np.int64)
    total = int(size.sum(dtype=np.int64))

    gap = np.clip(np.exp(random.normal(3.2, 1.1, total)), 0.3, 1500) * SECOND
    if total:
        gap[first] = 0
    passed = np.cumsum(gap.astype(np.int64))
    at = np.repeat(begins - (passed[first] if total else 0), size) + passed
    # The last evening ends with the range: its sessions begin earlier by what they would last longer.
    if total:
        too_late = np.maximum(at[first + size - 1] - (DAYS * DAY - 1), 0)
        at -= np.repeat(too_late, size)

    name = np.zeros(total, np.int8)
    kind = lookers[user].astype(np.int64) * (len(tutors.NAMES) + 1)
    last = np.full(len(size), len(tutors.NAMES), np.int64)
    for place in range(int(size.max(initial=0))):
        going = np.flatnonzero(size > place)
        chosen = walk[kind[going] + last[going], random.integers(0, 65536, len(going))]
        name[first[going] + place] = chosen
        last[going] = chosen

    number = np.arange(part.start, part.start + len(size), dtype=np.uint32)
    source = (random.random(len(size)) < tutors.ON_MOBILE).astype(np.int8)
    return {
        "at": at,
        "user": np.repeat(user, size),
        "session": np.repeat(number, size),
        "name": name,
        "source": np.where(name == tutors.NOTIFIED, np.int8(2), np.repeat(source, size)),
        "variant": random.integers(0, tutors.VARIANTS, total, dtype=np.int8),
    }


PAYLOADS = pa.array([tutors.payload(n, v) for n in range(len(tutors.NAMES)) for v in range(tutors.VARIANTS)])


def as_rows(events: dict, written: int) -> pa.RecordBatch:
    at = events["at"] + SINCE
    payload = events["name"].astype(np.int16) * tutors.VARIANTS + events["variant"]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(at, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
            uuids(EVENT, np.arange(written, written + len(at), dtype=np.uint64), at // 1000),
            uuids(USER, events["user"].astype(np.uint64)),
            pa.array(events["user"]),
            uuids(SESSION, events["session"].astype(np.uint64)),
            pa.DictionaryArray.from_arrays(events["name"], pa.array(tutors.NAMES)),
            pa.DictionaryArray.from_arrays(events["source"], pa.array(tutors.SOURCES)),
            pa.DictionaryArray.from_arrays(payload, PAYLOADS),
        ],
        schema=SCHEMA,
    )


def uuids(kind: int, number: np.ndarray, milliseconds: np.ndarray | None = None) -> pa.Array:
    """Deterministic uuids: version 4 in form, or version 7 where a time is given."""
    halves = np.empty((len(number), 2), ">u8")
    with np.errstate(over="ignore"):
        high = scrambled(number * np.uint64(2) + np.uint64(kind << 56))
        low = scrambled(number * np.uint64(2) + np.uint64((kind << 56) + 1))
    version = np.uint64(0x4000)
    if milliseconds is not None:
        version = np.uint64(0x7000)
        high = (milliseconds.astype(np.uint64) << np.uint64(16)) | (high & np.uint64(0xFFFF))
    halves[:, 0] = (high & np.uint64(0xFFFFFFFFFFFF0FFF)) | version
    halves[:, 1] = (low & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    storage = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(number), [None, pa.py_buffer(halves)])
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def scrambled(x: np.ndarray) -> np.ndarray:
    """splitmix64: neighbours become strangers."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
