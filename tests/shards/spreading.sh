# shellcheck shell=bash disable=SC2154
# A tenant whose users are spread over both shards, a part of tests/shards/run, which has the helpers: the busiest one of the random world.
# Its events are copied and erased, and come back through the router; the one database keeps them as they are.

spreading() {
    local tenant
    tenant=$(one <<<"select tenant_id from telemetry.events where user_id is not null and tenant_id::text not like '00000000%' group by 1 order by count(*) desc, 1 limit 1")
    refused_spreads "$tenant"
    spread "$tenant"
    answers_of_spread "$tenant"
    logging_for_spread "$tenant"
    users_of_spread "$tenant"
    a_shard_of_spread_is_stopped "$tenant"
}

refused_spreads() {
    local before="reset role; select telemetry.spread_tenant"
    expect "shards: a tenant is spread over two shards that there are, and only the owner of the router does it" \
        "$(refused 22004 "$before(null)") $(refused 22023 "$before('$1', '{north}')") $(refused 22023 "$before('$1', '{north,north}')") $(refused 42704 "$before('$1', '{north,nowhere}')") $(refused 42501 "select telemetry.spread_tenant('$1')" shards_admin)" \
        "22004 22023 22023 42704 42501"
    expect "shards: one that has events is not spread" "$(refused 55000 "$before('$1')")" 55000
}

spread() {
    local erased
    spread_events "$1"
    erased=$(router <<<"set role shards_officer; select events from telemetry.erase_tenant('$1')")
    expect "shards: once its events are erased it is spread, and the same call again changes nothing" \
        "$(router <<<"select telemetry.spread_tenant('$1'), telemetry.spread_tenant('$1', '{south,north}'); select telemetry.shard_of('$1') is null" | xargs)" "{north,south}|{north,south} t"
    expect "shards: ... over the shards that it was given" "$(refused 55000 "reset role; select telemetry.register_shard('north', false), telemetry.spread_tenant('$1', '{north,south,nowhere}')") $(router <<<"select takes_new_tenants from telemetry.shard_status() where shard = 'north'")" "42704 t"
    expect "shards: its events come back through the router, each of them" "$(router <"$WORK/spread.sql" | paste -sd+ | bc)" "$erased"
    expect "shards: both shards have users of it, and no user is on both" "$(
        for shard in north south; do $shard <<<"select distinct user_id from telemetry.events where tenant_id = '$1' and user_id is not null" >"$WORK/users.$shard"; done
        echo "$(wc -l <"$WORK/users.north") $(wc -l <"$WORK/users.south")" | awk '{ print ($1 > 3 && $2 > 3) }'
        sort "$WORK/users.north" "$WORK/users.south" | uniq -d)" 1
    expect "shards: where they are is known" "$(router <<<"select string_agg(distinct telemetry.shard_of('$1', u::uuid), ' ') from unnest('{$(paste -sd, "$WORK/users.south")}'::text[]) u")" south
    expect "shards: a session without a user is on one" "$(
        for shard in north south; do $shard <<<"select distinct session_id from telemetry.events where tenant_id = '$1' and user_id is null and session_id is not null"; done | sort | uniq -d)" ""
    north <<<"call telemetry.tick()"
}

# spread_events TENANT: its events of the one database, as a script that imports them.
spread_events() {
    sql "$CLUSTER" "$ONE" <<SQL >"$WORK/spread.sql"
select 'set client_min_messages = error; set role shards_admin;';
select format('select telemetry.import_events(%L);', jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', e.event_name, 'event_id', e.event_id, 'tenant_id', e.tenant_id, 'event_ts', e.event_ts, 'user_id', e.user_id, 'session_id', e.session_id,
           'subject_id', e.subject_id, 'source', e.source, 'sample_rate', e.sample_rate)) || jsonb_build_object('payload', e.payload) order by e.ingest_id))
  from telemetry.events e
 where e.tenant_id = '$1'
 group by e.ingest_id / 500 order by e.ingest_id / 500;
SQL
}

answers_of_spread() {
    local kpis
    router <<<"$(questions_of router)" >"$WORK/router.answers"
    expect "shards: with the tenant spread, $QUESTIONS random questions are answered as by one database" "$(differing)" ""
    echo "# $(grep -cP '\terror (0A000|53200)' "$WORK/router.answers") of $QUESTIONS random questions are refused while the users of a tenant are spread"
    # As the owner of a server names it, and as who reads this tenant alone.
    sed "s/^.set when '/&tenant => ''$1'', /; s/^set role .*/set role shards_auditor;/" "$HERE/over_all.sql" | grep -vE 'object_ratio|kpi_status\(null|last =>' >"$WORK/of_spread.sql"
    expect "shards: every other KPI that has parts answers about it as one database" "$(router <"$WORK/of_spread.sql")" "$(one <"$WORK/of_spread.sql")"
    kpis=$(sed "s/^.set when '/&/; s/^set role .*/set role shards_analyst; set telemetry.tenant_id = '$1';/" "$HERE/over_all.sql" | grep -vE 'object_ratio|kpi_status\(null|last =>')
    same "who reads this tenant alone need not name it" "$kpis"
    same "who reads another tenant does not get its numbers" "set role authenticated; set request.jwt.claims = '{\"role\": \"authenticated\", \"sub\": \"u\", \"app_metadata\": {\"tenant_id\": \"00000000-0000-4000-8000-000000000001\"}}'; select sum(events) from telemetry.event_volume(tenant => '$1'); select * from telemetry.funnel('[\"viewed\", \"paid\"]', tenant => '$1')"
    expect "shards: what is asked about sessions, objects and tenants is refused" "$(
        for question in "active_users(actor => 'session')" "active_users(actor => 'tenant')" "session_stats(by => 'session_id')" "object_ratio(numerator => 'paid', denominator => 'viewed', object_key => 'plan')" "user_engagement(last => '7 days')"; do
            refused 0A000 "select * from telemetry.${question%)}, tenant => '$1')" shards_auditor
        done | sort | uniq -c | xargs)" "5 0A000"
    expect "shards: so it is over all tenants, while one is spread" "$(refused 0A000 "select * from telemetry.active_users(actor => 'session')" shards_auditor) $(refused 0A000 "select * from telemetry.object_ratio(numerator => 'paid', denominator => 'viewed', object_key => 'plan')" shards_auditor)" "0A000 0A000"
}

# A batch of a server for a spread tenant and another one, with mistakes; clients by their claims.
logging_for_spread() {
    local user=00000000-0000-4000-8000-00000000abcd claims batch
    batch="set client_min_messages = error; set role shards_app;
select o.accepted, o.rejected, o.duplicates, jsonb_pretty(o.rejected_reasons_sample)
  from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', case when k % 9 = 4 then 'unheard' else 'viewed' end, 'tenant_id', case when k % 5 = 0 then '00000000-0000-4000-8000-000000000001' else '$1' end,
           'event_id', md5('spread ' || k)::uuid) || case k % 4 when 0 then '{}' when 1 then jsonb_build_object('session_id', md5('s' || k % 5)::uuid) else jsonb_build_object('user_id', md5('u' || k)::uuid) end order by n)
      from generate_series(1, 60) n, lateral (select n % 50 as k) t)) o;"
    same "a batch over a spread tenant and another one comes to the same" "$batch"
    same "... and the same again to nothing new" "$batch"
    expect "shards: an empty batch and what is none come to the same" "$(router <<<"set role shards_app; set telemetry.tenant_id = '$1'; select telemetry.log_events('[]'), (telemetry.log_events('{}')).rejected")" \
        "$(one <<<"set role shards_app; set telemetry.tenant_id = '$1'; select telemetry.log_events('[]'), (telemetry.log_events('{}')).rejected")"
    for claims in "{\"role\": \"authenticated\", \"sub\": \"$user\", \"app_metadata\": {\"tenant_id\": \"$1\"}}" "{\"role\": \"authenticated\", \"sub\": \"somebody\", \"app_metadata\": {\"tenant_id\": \"$1\"}}"; do
        expect "shards: a client's events are where its user is, one by one and in a batch" "$(router <<SQL
set role authenticated;
set request.jwt.claims = '$claims';
select telemetry.log_event('viewed') is not null, telemetry.log_event('viewed', session_id => '$user') is not null,
       (telemetry.log_events('[{"event_name": "viewed"}, {"event_name": "viewed", "session_id": "$user"}, {"event_name": "viewed", "user_id": "$1"}]')).rejected;
select telemetry.current_tenant(), telemetry.current_user_id() as id \gset
reset role;
reset request.jwt.claims;
select telemetry.shard_of('$1', :'id');
SQL
)" "t|t|1
$(router <<SQL
set role authenticated;
set request.jwt.claims = '$claims';
select telemetry.current_user_id() as id \gset
reset role;
reset request.jwt.claims;
select telemetry.shard_of('$1', :'id');
SQL
)"
    done
    expect "shards: ... and nowhere else" "$( (north <<<"select count(*) from telemetry.events where tenant_id = '$1' and user_id = '$user'"; south <<<"select count(*) from telemetry.events where tenant_id = '$1' and user_id = '$user'") | sort -n | xargs)" "0 4"
}

# What is done to one user is done where the user is.
users_of_spread() {
    local user call
    for user in $(sort "$WORK/users.north" | head -n 1) $(sort "$WORK/users.south" | head -n 1); do
        call="set role shards_officer; select events, counts -> 'events' from telemetry.erase_user('$user', '$1')"
        expect "shards: a user is erased as on one database" "$(router <<<"$call")" "$(one <<<"$call")"
    done
    expect "shards: what concerns all of its users is refused, with where they are" "$(router <<<"set role shards_officer; select telemetry.erase_tenant('$1')" | grep -oE 'They are on the shards .*')" "They are on the shards north, south."
    expect "shards: it does not move, and its shards stay" "$(router <<<"call telemetry.move_tenant('$1', 'south')" | grep -c 'users of this tenant are spread') $(refused 2BP01 "reset role; select telemetry.drop_shard('south')")" "1 2BP01"
    expect "shards: registering a shard again finds all in its place" "$(router <<<"select telemetry.register_shard('north') > 0")" t
}

a_shard_of_spread_is_stopped() {
    local there gone
    there=$(sort "$WORK/users.north" | tail -n 1)
    gone=$(sort "$WORK/users.south" | tail -n 1)
    "$ROOT/scripts/cluster" stop "$SOUTH"
    expect "shards: while a shard is away, events of its users are refused, and those of others stored" \
        "$(refused 08001 "select telemetry.log_event('viewed', user_id => '$gone', tenant_id => '$1')") $(router <<<"set role shards_app; select telemetry.log_event('viewed', user_id => '$there', tenant_id => '$1') is not null")" "08001 t"
    expect "shards: a question about the tenant says which shard is missing" "$(router <<<"set role shards_auditor; select * from telemetry.event_volume(tenant => '$1')" | grep -oE 'the shard "south" cannot be reached' || true)" 'the shard "south" cannot be reached'
    "$ROOT/scripts/cluster" start "$SOUTH" "$MAJOR" --fast 2>/dev/null
}
