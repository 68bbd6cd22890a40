#!/usr/bin/env bash
# A hot standby answers every read function, and says clearly that it takes no events.
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
start standby-primary "$MAJOR"
sql standby-primary postgres <<<'create database shop'
sql standby-primary shop <"$HERE/filled.sql"
sql standby-primary shop <"$ROOT/tests/regress/include/every_call.sql" >/dev/null
sql standby-primary shop <<'SQL'
create function attack.digest(call text, out code text, out answered bigint, out digest text) language plpgsql as $$
begin
    code := '00000';
    execute format($q$select count(*), md5(string_agg(j, '' order by j collate "C")) from (select regexp_replace(to_jsonb(q)::text, '"[a-z]+_per_second": [^,}]+', '', 'g') as j from %s q) t$q$, call) into answered, digest;
exception when others then
    code := sqlstate || ' ' || sqlerrm;
end $$;
call telemetry.tick();
SQL

# The standby takes the place of an empty cluster of the same name.
start standby-replica "$MAJOR"
data=$("$ROOT/scripts/cluster" data standby-replica)
"$ROOT/scripts/cluster" stop standby-replica
as_server_user sh -c "rm -rf '$data'/*"
primary=$(url standby-primary postgres)
as_server_user "$BIN/pg_basebackup" -d "$primary" -D "$data" -R -X stream -c fast >/dev/null
cp "$(dirname "$("$ROOT/scripts/cluster" data standby-primary)")/password" "$(dirname "$data")/password"
"$ROOT/scripts/cluster" start standby-replica "$MAJOR" --fast

position=$(sql standby-primary shop <<<'select pg_current_wal_lsn()')
sql standby-replica shop <<SQL
do \$\$ begin
    for attempt in 1..600 loop
        exit when pg_last_wal_replay_lsn() >= '$position';
        perform pg_sleep(0.1);
    end loop;
end \$\$;
SQL
# Every read function of the catalog: how it ends, how many rows it answers, and which; but those whose answer changes by itself.
answers() { sql "$1" shop <<<"select p.proname, a.* from attack.functions p, attack.digest(attack.call(p.oid)) a where p.provolatile <> 'v' and p.proname not in ('health', 'expiry_report', 'metrics', 'metric_samples', 'export_status') order by 1"; }
answers standby-primary >"$WORK/primary"
expect "standby: every read function answers as the primary does" "$(answers standby-replica)" "$(cat "$WORK/primary")"
expect "standby: these were more than 80 functions, most with an answer" "$(awk -F'|' '$2 == "00000" { n++; if ($3 > 0) some++ } END { print (NR > 80), (n == NR), (some > 60) }' "$WORK/primary")" "1 1 1"
for query in \
    "select count(*) from telemetry.events" \
    "select bool_and(is_equal) from telemetry.verify_derived()" \
    "select sum(lag_events) from telemetry.cursors" \
    "select check_name, severity, problem, mend from telemetry.health()" \
    "select labels, value from telemetry.metric_samples() where metric = 'telemetry_health'" \
    "select count(value), count(error) from telemetry.dashboard('tutoring_pipeline', '2024-01-01', '2024-02-01')" \
    "select count(value), count(error) from telemetry.dashboard('mine')"; do
    expect "standby: $query" "$(sql standby-replica shop <<<"$query")" "$(sql standby-primary shop <<<"$query")"
done
expect "standby: is in recovery" "$(sql standby-replica shop <<<'select pg_is_in_recovery()')" t
expect "standby: log_event() is refused" "$("$BIN/psql" -XqAt "$(url standby-replica shop)" -c '\set VERBOSITY sqlstate' -c "select telemetry.log_event('assignment_save')" 2>&1 | tail -n 1)" "ERROR:  25006"
finish
