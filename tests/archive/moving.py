"""moving.py PSQL FROM TO RESTORED COURIER SEED USERS: moves a log from one database to another, by pages and by files of an export, and
compares them; prints TAP."""
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile

PSQL, LEFT, ARRIVED, RESTORED, COURIER, SEED, USERS = sys.argv[1:]
PACKS = ["tutoring", "coaching", "exam_prep", "support_chat", "learning"]
END = "2026-11-01"
PAGE = 4000


def run(url, sql, **variables):
    """What psql prints of a statement, row by row; variables are its own."""
    given = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    done = subprocess.run([PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", *given, url], input=sql, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"not ok - {done.stderr.strip()}")
    return done.stdout


def lines_of(text):
    """Lines end with a line feed and nothing else: a text may hold the other separators of Unicode."""
    return [line for line in text.split("\n") if line]


def rows(url, sql):
    return [json.loads(line) for line in lines_of(run(url, f"select to_jsonb(r) from ({sql}) r"))]


def check(is_so, title, shown=""):
    print(f"{'ok' if is_so else 'not ok'} - {title}")
    if not is_so and shown:
        print("#", str(shown)[:2000])


def archive(text):
    """The lines of an archive, once its last one has proved those before it."""
    body = text[:text.rindex('{"line":"end"')]
    lines = [json.loads(line) for line in lines_of(text)]
    assert hashlib.sha256(body.encode()).hexdigest() == lines[-1]["sha256"], "an archive that is not whole"
    assert sum(line["line"] == "event" for line in lines) == lines[-1]["events"]
    return lines


def download(call):
    return run(LEFT, f"select convert_from(telemetry.{call}, 'UTF8')").rstrip("\n") + "\n"


def as_logged(line):
    """An event of an archive as to_jsonb() gives its row."""
    return {key: value for key, value in line.items() if key != "line"}


def everything(url, what):
    return run(url, f"set time zone 'UTC'; {what}")


def fill():
    for pack in PACKS:
        run(LEFT, f"select telemetry.install_pack('{pack}'); select telemetry.generate_demo_events('{pack}', 40, 21, 7, '{END}')")
    # What the demo does not have: every column, hard texts and numbers, times that are equal.
    run(LEFT, r"""
        select telemetry.register_event('moved', '{"description": "Made for this test."}');
        select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'moved', 'event_ts', timestamptz '2026-10-20 10:00Z' + n / 5 * interval '1 microsecond', 'event_id', telemetry.as_id('moved ' || n),
                   'user_id', telemetry.as_id('user-' || n % 7), 'session_id', telemetry.as_id('s' || n % 3), 'subject_id', telemetry.as_id('o' || n % 4), 'source', 'web', 'seq', n - 50,
                   'client_ts', '2026-10-20T09:00:00.000001Z', 'sample_rate', 0.1 * (n % 9 + 1),
                   'payload', jsonb_build_object('text', E'"\\\u2028\U0001F600\n\t', 'n', n::numeric / 7, 'large', 12345678901234567890, 'small', 1e-20, 'nested', jsonb_build_array(1.50, null, '{}'::jsonb), '', n)) order by n))
          from generate_series(1, 100) n;
        call telemetry.tick();""")


def move():
    """Brings every tenant's pages; one is cut short first, as by a kill, and one comes twice."""
    tenants = [row["tenant_id"] for row in rows(LEFT, "select distinct tenant_id from telemetry.events order by 1")]
    stored = known = pages = 0
    for tenant in tenants:
        number, following = 0, {}
        while following is not None:
            number += 1
            text = download(f"tenant_data('{tenant}', {following.get('after_id', 'null')}, {PAGE}, {following.get('until_id', 'null')})")
            lines = archive(text)
            following = lines[-1]["next"]
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(text)
                file.flush()
                call = f"\\set rows `cat {file.name}`\n"
                statement = f"select i.* from telemetry.import_export('{tenant}', {number}, :'rows') i"
                if pages == 1:
                    run(ARRIVED, f"{call} begin; {statement}; rollback;")
                    half = "\n".join(line for line in lines_of(text)[:len(lines) // 2] if not line.startswith('{"line":"about"') and '"line":"event"' in line)
                    file.seek(0)
                    file.truncate()
                    file.write(half)
                    file.flush()
                    run(ARRIVED, f"{call} select i.* from telemetry.import_export('{tenant}', {number}, :'rows', more => true) i;")
                    file.seek(0)
                    file.truncate()
                    file.write(text)
                    file.flush()
                new, old, erased, was_there = run(ARRIVED, f"{call} {statement};").strip().split("|")
                again = run(ARRIVED, f"{call} {statement};").strip()
            if again != f"0|{int(new) + int(old)}|0|t" or (erased, was_there) != ("0", "f"):
                check(False, "a page that comes twice adds nothing", (new, old, erased, was_there, again))
            stored, known, pages = stored + int(new), known + int(old), pages + 1
            if following is None:
                in_all = sum(row["n"] for row in rows(LEFT, f"select count(*) as n from telemetry.events where tenant_id = '{tenant}'"))
                if lines[-1]["events_of_all_pages"] != in_all:
                    check(False, "the last page says how many events there are in all pages", tenant)
    return len(tenants), pages, stored, known


def compare_logs(to, order, title):
    log = f"select md5(string_agg((to_jsonb(e) - 'ingest_id')::text, E'\\n' order by {order})) || ' ' || count(*) from telemetry.events e"
    left, arrived = everything(LEFT, log), everything(to, log)
    check(left == arrived, title, (left, arrived))
    taxonomy = "select md5(string_agg((to_jsonb(t) - '{created_at,updated_at}'::text[])::text, E'\\n' order by event_name, event_version)) from telemetry.event_types t where event_name in (select event_name from telemetry.events)"
    check(everything(LEFT, taxonomy) == everything(to, taxonomy), "the definitions of its events came along")


def answer_of(url, kpi):
    """The rows of a KPI, sorted; of one that needs a table of the application, what it says of that."""
    sql = f"set time zone 'UTC'; select to_jsonb(k) from telemetry.kpi('{kpi}', '2026-10-01', '{END}') k"
    done = subprocess.run([PSQL, "-XqAt", url], input=sql, text=True, capture_output=True)
    return sorted(lines_of(done.stdout)) or [done.stderr.split("\n")[0]]


def compare_kpis(to, when):
    kpis = [row["name"] for row in rows(LEFT, "select name from telemetry.kpis order by 1")]
    differing, filled = [], 0
    for name in kpis:
        left, arrived = answer_of(LEFT, name), answer_of(to, name)
        filled += any('"value": ' in line and '"value": null' not in line for line in left)
        if left != arrived:
            differing.append((name, left[:2], arrived[:2]))
    check(not differing and filled > len(kpis) / 2, f"{when}: all {len(kpis)} KPIs of the packs are equal to the digit, {filled} of them with numbers", differing[:3])


def compare_users():
    users = [row["user_id"] for row in rows(LEFT, "select distinct user_id from telemetry.events where user_id is not null order by 1")]
    wrong, events = [], 0
    for user in random.Random(int(SEED)).sample(users, min(int(USERS), len(users))):
        lines = archive(download(f"user_data('{user}')"))
        got = [as_logged(line) for line in lines if line["line"] == "event"]
        sql = f"""select e.* from telemetry.events e where user_id = '{user}' order by ingest_id"""
        wanted = [json.loads(line) for line in lines_of(everything(LEFT, f"""
            select jsonb_strip_nulls(to_jsonb(r) - 'payload') || jsonb_build_object('payload', r.payload, 'event_ts', to_char(r.event_ts, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                   || case when r.client_ts is null then '{{}}' else jsonb_build_object('client_ts', to_char(r.client_ts, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) end
              from ({sql}) r"""))]
        described = lines[0]["events"]
        events += len(got)
        if got != wanted or {line["event_name"] for line in got} != set(described) or any(set(line["payload"]) - set(described[line["event_name"]]["keys"]) for line in got):
            wrong.append(user)
    check(not wrong and events > 0, f"the copies of {USERS} drawn users, {events} events, are what plain SQL says, and each event and key is described", wrong)


def compare_derived(to):
    for pack in PACKS:
        run(to, f"select telemetry.install_pack('{pack}')")
    compare_kpis(to, "from the rows")
    run(to, "call telemetry.tick()")
    unequal = rows(to, "select * from telemetry.verify_derived() where not is_equal")
    checked = rows(to, "select count(*) as n from telemetry.verify_derived()")[0]["n"]
    check(not unequal and checked > 0, f"verify_derived() compares {checked} things, and all are equal", unequal)
    compare_kpis(to, "from what is derived")


def bring_classes(to):
    """How long events are kept is each database's own to say: an import brings none of that."""
    run(to, run(LEFT, "select format('select telemetry.register_retention_class(%L, %L, %L);', name, keep, description) from telemetry.retention_classes"))


def courier(url, *words):
    done = subprocess.run([COURIER, *words], env={"DATABASE_URL": url}, text=True, capture_output=True)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def restore(folder):
    """Exports the log as Parquet and as JSON lines, and reads both into an empty database."""
    taxonomy = folder / "taxonomy.json"
    taxonomy.write_text(run(LEFT, "select jsonb_agg(t) from telemetry.event_types t"))
    for export in ("parquet", "jsonl"):
        run(LEFT, f"""select telemetry.register_export('{export}', '{{"format": "{export}", "most_rows": 5000, "most_age": "0 seconds", "promoted": true}}')""")
        code, said, error = courier(LEFT, "export", export, "--to", str(folder))
        check(code == 0, f"the log is exported as {export}", error)
    parquet, jsonl = str(folder / "parquet"), str(folder / "jsonl")
    total = rows(LEFT, "select count(*) as n from telemetry.events")[0]["n"]
    code, said, error = courier(RESTORED, "import", parquet)
    check(code != 0 and "are not registered here" in error, "an import says which events are not registered", (said, error))
    code, said, error = courier(RESTORED, "import", parquet, "--taxonomy", str(taxonomy))
    check(code == 0 and said.startswith(f"{total} events stored, 0 were there"), "every event of the Parquet files is stored", (said, error))
    compare_logs(RESTORED, "ingest_id", "a restored log has each event once, in the order of arrival, equal in every column")
    code, said, error = courier(RESTORED, "import", parquet)
    check(code == 0 and said.startswith("0 events stored, 0 were there"), "files that were imported are known by their number and hash", (said, error))
    code, said, error = courier(RESTORED, "import", jsonl, "--as", "again")
    check(code == 0 and said.startswith(f"0 events stored, {total} were there"), "the JSON lines of the same log hold the same events", (said, error))
    manifest = folder / "parquet" / "_manifest" / "00000001.json"
    manifest.write_text(manifest.read_text().replace('"first_id": 1,', '"first_id": 2,'))
    code, said, error = courier(RESTORED, "import", parquet, "--as", "changed")
    check(code != 0 and "the manifest was changed" in error, "a manifest that was changed is refused", (said, error))
    compare_derived(RESTORED)
    bring_back(jsonl, total)


def bring_back(folder, total):
    """Erases the person with the most events, and reads the files from before once more."""
    person = rows(RESTORED, "select tenant_id, user_id, count(*) as n from telemetry.events where user_id is not null group by 1, 2 order by 3 desc, 2 limit 1")[0]
    run(RESTORED, f"select telemetry.erase_user('{person['user_id']}', tenant => '{person['tenant_id']}')")
    others, erased = total - person["n"], person["n"]
    code, said, error = courier(RESTORED, "import", folder, "--as", "after_erasure")
    check(code == 0 and said.startswith(f"0 events stored, {others} were there, {erased} were erased there and left out"),
          "files from before an erasure do not bring the person back", (said, error))
    code, said, error = courier(RESTORED, "import", folder, "--as", "wanted", "--with-erased")
    check(code == 0 and said.startswith(f"{erased} events stored, {others} were there, 0 were erased"), "but where it is asked for they do", (said, error))


fill()
bring_classes(RESTORED)
bring_classes(ARRIVED)
if pathlib.Path(COURIER).exists():
    with tempfile.TemporaryDirectory() as folder:
        restore(pathlib.Path(folder))
tenants, pages, stored, known = move()
compare_logs(ARRIVED, "tenant_id, ingest_id", f"{tenants} tenants came by {pages} pages: each event is there once, in its tenant's order of arrival, equal in every column")
total = rows(LEFT, "select count(*) as n from telemetry.events")[0]["n"]
check(stored + known == total and known > 0, "what a killed import had stored was known to the next one", (stored, known, total))
compare_derived(ARRIVED)
compare_users()
