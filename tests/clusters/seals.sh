#!/usr/bin/env bash
# What an owner or superuser does to the log is found and named; what is rewritten with all of its seals, by whoever kept a
# checkpoint. tests/clusters/seals.sh MAJOR [ATTACKS]: so many random attacks, 1000 by hand.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")/seals
ATTACKS=${2:-${ATTACKS:-60}}
start seals "$MAJOR"
sql seals postgres <<<'create database shop'
"$BIN/psql" -XqAt -v ON_ERROR_STOP=1 -v events=4700 "$(url seals shop)" <"$HERE/filled.sql"
kept=$(sql seals shop <<<"select telemetry.checkpoint()")
kept_rules=$(sql seals shop <<<"select telemetry.checkpoint('changes')")
verify="select concat_ws(' ', log, what, ok, case when what <> 'checkpoint' then events end) from telemetry.verify_seals(\$\$$kept
\$\$)"
whole='events checkpoint t
events sealed t 4700
changes sealed t 3
erasures sealed t 0'
expect "the log is what was sealed" "$(sql seals shop <<<"$verify" | sed -E 's/^(changes sealed t) .*/\1 3/')" "$whole"

# A copy of the database has the same log.
sql seals postgres <<<'create database copied'
"$BIN/pg_dump" "$(url seals shop)" | "$BIN/psql" -Xq -v ON_ERROR_STOP=1 "$(url seals copied)" >/dev/null
expect "restored from a dump, the log is what was sealed" "$(sql seals copied <<<"$verify" | sed -E 's/^(changes sealed t) .*/\1 3/')" "$whole"
sql seals copied <<<'drop extension telemetry cascade; create extension telemetry' 2>/dev/null
expect "adopted by another extension, the log is what was sealed" "$(sql seals copied <<<"$verify" | sed -E 's/^(changes sealed t) .*/\1 3/')" "$whole"
sql seals copied <<<"set telemetry.seals = on; -- a dump has no settings of a database
select telemetry.log_event('note_read', '{}') \g /dev/null
call telemetry.tick()"
expect "and its seals go on from there" "$(sql seals copied <<<"select concat_ws(' ', what, ok, events) from telemetry.verify_seals(\$\$$kept
\$\$) where log = 'events'")" 'checkpoint t 4700
sealed t 4701'
expect "the newer checkpoint is consistent with the older one" "$(sql seals copied <<<"select cardinality(telemetry.consistency_proof(4700)) > 3")" t

# A partition expires: its events are gone with a receipt, and every proof is what it was.
proofs="select telemetry.consistency_proof(o, n) from (values (700, 1400), (700, 4700), (1400, 4700)) s (o, n); select * from telemetry.inclusion_proof(telemetry.as_id('event 4000'), size => 4700)"
before=$(sql seals copied <<<"$proofs")
partition=$(sql seals copied <<<"select tableoid::regclass from telemetry.events order by event_ts limit 1")
gone=$(sql seals copied <<<"select count(*) from $partition")
sql seals copied <<SQL
begin;
insert into telemetry.erasures (receipt_id, kind, done_by, events) values ('00000000-0000-7000-8000-000000000001', 'expire_events', 'the test', $gone);
select telemetry_private.keep_partition_leaves('00000000-0000-7000-8000-000000000001', '$partition') \g /dev/null
set local telemetry.hold_partitions = off;
drop table $partition;
commit;
SQL
expect "expired with a receipt, the log is what was sealed" "$(sql seals copied <<<"select concat_ws(' ', what, ok, events) from telemetry.verify_seals(\$\$$kept
\$\$) where log = 'events'")" "expired t $gone
checkpoint t 4700
sealed t 4701"
expect "and its proofs are what they were" "$(sql seals copied <<<"$proofs")" "$before"
expect "of most events only the roots of their groups are kept" "$(sql seals copied <<<"select count(*) < 512 from telemetry.kept_leaves")" t

sql seals shop <"$HERE/attacks.sql" >/dev/null
named() { sql seals shop <<<"select attack.found($1, \$\$$kept
\$\$)"; }
id=$(sql seals shop <<<'select attack.id(1000)')
for kind in $(seq 1 23); do
    statement=$(sql seals shop <<<"select attack.flip(1000, $kind)")
    expect "named: ${statement% where*}" "$(named "\$q\$$statement\$q\$")" "events changed $id"
done
other=$(sql seals shop <<<'select attack.id(1500)')
free=$(sql seals shop <<<'select id from attack.other(2, 1000, 1500)')
attack() { sql seals shop <<<"select attack.found((attack.other($1, 1000, 1500)).statement, \$\$$kept
\$\$)"; }
expect "named: an event that was deleted" "$(attack 1)" "events missing $id"
expect "named: an event that was put in among others" "$(attack 2)" "events added $free"
expect "named: an event that was put in under the id of another" "$(attack 3)" "events added $id"
expect "named: two events that changed places" "$(attack 4)" "events out_of_order $id
events out_of_order $other"
expect "named: an event that was moved to another place" "$(attack 5)" "events out_of_order $free"
expect "named: the payload of another event" "$(attack 6)" "events changed $id"
expect "found: a seal that was changed" "$(attack 7)" "events head"
expect "found: what is kept of the tree was changed" "$(attack 9 | sed 's/^events .*/found/' | sort -u)" found
expect "named: a row of telemetry.changes that was changed" "$(attack 10)" "changes changed"
expect "named: a row of telemetry.changes that was deleted" "$(attack 11)" "changes missing"
expect "found: a secret that was changed" "$(attack 12 | sed 's/ .*//' | sort -u)" events
partition=$(sql seals shop <<<"select tableoid::regclass from telemetry.events where ingest_id = $id")
expect "named: a partition that was made anew with a forged event" "$(named "\$q\$
    create temp table kept on commit drop as select * from $partition;
    update kept set payload = '{}' where ingest_id = $id;
    set local telemetry.hold_partitions = off;
    drop table $partition;
    select telemetry_private.ensure_partition(event_ts) from kept limit 1;
    insert into telemetry.events select * from kept\$q\$")" "events changed $id"
expect "$ATTACKS random attacks: each is found, and its event named" "$(sql seals shop <<<"select setseed(0.5) \g /dev/null
select statement, said from attack.storm($ATTACKS, \$\$$kept
\$\$)")" ""
expect "what was taken back left nothing" "$(sql seals shop <<<"$verify" | sed -E 's/^(changes sealed t) .*/\1 3/')" "$whole"

# The honest limit: rewritten with all of its seals, the log is at one with itself, and not with a checkpoint kept elsewhere.
sql seals shop <<<'select attack.rewrite(1000)'
expect "rewritten with its seals, the log alone tells nothing" "$(sql seals shop <<<"select what, ok from telemetry.verify_seals() where log = 'events'")" 'sealed|t'
expect "a checkpoint kept elsewhere tells it" "$(sql seals shop <<<"select what, ok from telemetry.verify_seals(\$\$$kept
\$\$) where log = 'events'")" 'checkpoint|f
sealed|f'
refused() { "$BIN/psql" -XqAt "$(url seals shop)" -c '\set VERBOSITY verbose' -c "select * from telemetry.verify_seals(\$\$$1
\$\$)" 2>&1 | sed -nE 's/^ERROR: +(.*)/\1/p'; }
expect "a checkpoint of another log is refused" "$(refused "example.com/log
$(sed -n 2,3p <<<"$kept")")" "22023: the checkpoint is of another log"
expect "a checkpoint from the future is refused" "$(refused "$(sed '2s/.*/999999/' <<<"$kept")")" "22023: the log events has 4700 sealed entries, and the size of the checkpoint is 999999"
expect "a checkpoint of a size that never was is refused" "$(refused "$(sed '2s/.*/1999/' <<<"$kept")")" "22023: the log events was never sealed at 1999 entries"
expect "a text that is no checkpoint is refused" "$(refused "hello")" "22023: this is no checkpoint: its second line is no size"
expect "a forged root is told" "$(sql seals shop <<<"select what, ok from telemetry.verify_seals(\$\$$(sed '3s/.*/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=/' <<<"$kept_rules")
\$\$) where log = 'changes' and what = 'checkpoint'")" 'checkpoint|f'
finish
