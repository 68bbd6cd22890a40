#!/usr/bin/env bash
# Random events in random batches, and a simple model of the rules in SQL that says what must become of each.
# model.sql generates and sends, model_rules.sql is the model, model_outcome.sql sets what came beside what must.
# EVENTS: how many, 30,000 unless set (100,000 by make test-long).
set -euo pipefail
. "$(dirname "$0")/assertions.sh"
HERE=$(dirname "$0")
EVENTS=${EVENTS:-30000}
start model "$MAJOR"
sql model postgres <<<'create database shop'
sql model shop <<<'create extension telemetry'
cat <(echo "\\set events $EVENTS") "$HERE/model.sql" "$HERE/model_rules.sql" "$HERE/model_outcome.sql" | sql model shop

ask() { sql model shop <<<"set search_path = model, pg_catalog; $1"; }

# none NAME QUERY: the property holds of everything; else the first rows that break it are shown.
none() { expect "$1" "$(ask "$2 limit 5")" ""; }

expect "$EVENTS events were sent, and each of the four outcomes is among them" \
    "$(ask "select sum(size), sum(accepted + rejected + duplicates), (select count(distinct must) from outcome) from batch")" "$EVENTS|$EVENTS|4"
expect "retries, conflicts and one id in two tenants are among them, and 20 reasons" \
    "$(ask "select count(*) filter (where must = 'duplicate') > $EVENTS / 100, count(*) filter (where reason = 'conflicting_id') > $EVENTS / 100, count(distinct reason),
                   (select count(*) > $EVENTS / 1000 from (select event_id from telemetry.events group by 1 having count(distinct tenant_id) > 1) i)
              from outcome")" "t|t|20|t"
none "every batch: accepted, rejected and duplicates as the model counts them" \
    "select batch, accepted, rejected, duplicates, m.*
       from batch
       join (select batch, count(*) filter (where must in ('stored', 'sampled_out')) as stored, count(*) filter (where must = 'rejected') as refused,
                    count(*) filter (where must = 'duplicate') as again
               from outcome group by batch) m using (batch)
      where (accepted, rejected, duplicates) is distinct from (stored, refused, again)"
expect "what was left out of stored events is a warning, of many" \
    "$(ask "select count(*) filter (where warning = 'unknown_source') > $EVENTS / 100, count(*) filter (where warning = 'unreadable_argument') > $EVENTS / 2000, (select bool_and(jsonb_array_length(warnings) < 5) from batch)
              from outcome where must = 'stored'")" "t|t|t"
none "every batch: warned of each source and each time that was left out, and of none other" \
    "select batch, warnings, m.*
       from batch,
            lateral (select count(*) filter (where warning = 'unknown_source') as sources, count(*) filter (where warning = 'unreadable_argument') as times
                       from outcome o where o.batch = batch.batch and must = 'stored') m,
            lateral (select coalesce(sum((w->>'count')::integer) filter (where w->>'reason' = 'unknown_source'), 0) as said_sources,
                            coalesce(sum((w->>'count')::integer) filter (where w->>'reason' = 'unreadable_argument'), 0) as said_times
                       from jsonb_array_elements(warnings) w) s
      where (sources, times) is distinct from (said_sources, said_times)"
none "every event: stored, rejected or neither, as the model says" \
    "select n, must, came, reasons, reason, element from outcome where came is distinct from case when must in ('stored', 'rejected') then must end"
none "every accepted event is stored once, as sent but redacted, in its place of the batch" \
    "select n, stored, expected_row from outcome where came = 'stored' and stored is distinct from expected_row"
# How long what is left out was may differ by the padding of its numbers, up to three bytes each: within a batch PostgreSQL
# pads by where they lie.
length="coalesce((regexp_match(%s::text, 'left out: ([0-9]+)'))[1]::integer, 0)"
# shellcheck disable=SC2059
none "every rejected event is kept once, as sent but redacted, with its reason, tenant and caller" \
    "select n, reasons, reason, kept, expected_row, element from outcome where came = 'rejected' and (reason <> all (reasons)
        or regexp_replace(kept::text, '(left out: )[0-9]+', '\\1', 'g') is distinct from regexp_replace(expected_row::text, '(left out: )[0-9]+', '\\1', 'g')
        or abs($(printf "$length" kept) - $(printf "$length" expected_row)) > 12)"
expect "of some the payload is left out, of some that cannot be read the element; others of those are larger than their payload may be" \
    "$(ask "select count(*) filter (where is_readable and to_keep->>'payload' ~ '^.left out') > $EVENTS / 2000, count(*) filter (where not is_readable and to_keep #>> '{}' ~ '^.left out') > $EVENTS / 1000,
                   count(*) filter (where not is_readable and event_name = 'note' and jsonb_typeof(to_keep) = 'object' and size(element) > 160) > $EVENTS / 2000
              from outcome where came = 'rejected'")" "t|t|t"
none "no row of the log or of the rejections is of no event" \
    "select to_jsonb(e) from telemetry.events e where not exists (select from outcome o where o.event_row = e.event_ts and o.stored_id = e.event_id)
     union all
     select to_jsonb(r) from telemetry.rejections r where not exists (select from outcome o where o.rejection_id = r.rejection_id)"
none "an event_id is stored once in a tenant, of clients once a user, however often it was sent" \
    "select x.tenant_id, judged.owner, v.event_id, count(*) from outcome x join judged using (n) join telemetry.events v on (v.event_ts, v.event_id) = (x.event_row, x.stored_id) group by 1, 2, 3 having count(*) > 1"
none "what a client sent is in its own tenant and of its own user, stored or rejected" \
    "select n, tenant, row_user from outcome join caller c using (caller)
      where c.is_client and came is not null and (tenant, row_user) is distinct from (coalesce(c.tenant_id, '00000000-0000-0000-0000-000000000000'), c.user_id)"
expect "an analyst of a tenant sees all of its tenant's events and no other's" "$(cat <(echo "\\set events $EVENTS") - <<'SQL' | sql model shop
select model.id('tenant', 1) as tenant \gset
select count(*) as own from telemetry.events where tenant_id = :'tenant' \gset
create role shop_analyst;
select telemetry.grant_access('shop_analyst', 'analyst') \g /dev/null
select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', :'tenant'))::text, false) \g /dev/null
set role shop_analyst;
select count(*) > :events / 100, count(*) = :own, bool_and(tenant_id = :'tenant') from telemetry.events;
SQL
)" "t|t|t"
none "redacted values are nowhere: not in the log, the rejections, the accounting" \
    "select e::text from telemetry.events e where e::text ~ 'joe[0-9]*@|hunter2|secret-nick'
     union all
     select r::text from telemetry.rejections r where r::text ~ 'joe[0-9]*@|hunter2' or r.event_name = 'masked' and r::text ~ 'secret-nick'
     union all
     select c::text from telemetry.ingestion_calls c where c::text ~ 'joe[0-9]*@|hunter2|secret-nick'"
none "a sampled event: all of a user's or none" \
    "select user_id from outcome where event_name = 'sampled' and must in ('stored', 'sampled_out') group by 1 having count(distinct came) + count(distinct must) not in (1, 2)"
expect "a sampled event: about half of the users" \
    "$(ask "select count(distinct user_id) filter (where came = 'stored') * 1.0 / count(distinct user_id) between 0.25 and 0.75
              from outcome where event_name = 'sampled' and must in ('stored', 'sampled_out')")" t
none "every call is accounted for" \
    "select batch, b.size, c.events from batch b left join telemetry.ingestion_calls c on c.xmin = b.xid
      where (b.size, b.accepted, b.rejected, b.duplicates) is distinct from (c.events, c.accepted, c.rejected, c.duplicates)"
finish
