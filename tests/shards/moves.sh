# shellcheck shell=bash disable=SC2154
# Moves of tenants from shard to shard, whole and cut off: a part of tests/shards/run, which has the helpers.

# A tenant goes to the other shard and comes back: it logs and asks as before, and all tenants together are the same.
moving() {
    local tenant=00000000-0000-4000-8000-000000000003 source target script all
    source=$(router <<<"select telemetry.shard_of('$tenant')")
    target=$([ "$source" = north ] && echo south || echo north)
    script=$(sed "s/@tenant/$tenant/g" "$HERE/questions.sql")
    router <<<"set role shards_app; select telemetry.log_event('viewed', tenant_id => '$tenant', event_id => 'aaaaaaaa-0000-4000-8000-000000000001')" >/dev/null
    one <<<"set role shards_app; select telemetry.log_event('viewed', tenant_id => '$tenant', event_id => 'aaaaaaaa-0000-4000-8000-000000000001')" >/dev/null
    router <<<"set role shards_admin; select telemetry.set_tenant('$tenant', payload_limit => 5000)" >/dev/null
    all=$(one <"$HERE/over_all.sql" | md5sum)
    for shard in "$target" "$source"; do
        expect "shards: a tenant moves to $shard" "$(router <<<"call telemetry.move_tenant('$tenant', '$shard'); select telemetry.shard_of('$tenant')")" "$shard"
        expect "shards: there it has the answers of one database" "$(router <<<"$script")" "$(one <<<"$script")"
        expect "shards: and all tenants together" "$(router <"$HERE/over_all.sql" | md5sum)" "$all"
        expect "shards: a retry of what it logged elsewhere is recognised, and its limits hold" "$(router <<SQL
set role shards_app;
select (telemetry.log_events('[{"event_name": "viewed", "tenant_id": "$tenant", "event_id": "aaaaaaaa-0000-4000-8000-000000000001"}]')).duplicates;
\\set ON_ERROR_STOP off
\\set VERBOSITY sqlstate
select telemetry.log_event('viewed', jsonb_build_object('plan', repeat('x', 6000)), tenant_id => '$tenant');
SQL
)" "1
ERROR:  22023"
    done
    expect "shards: each move left a receipt where the tenant was" "$(for shard in $source $target; do $shard <<<"select kind, details from telemetry.erasures"; done)" 'erase_tenant|{"moved_to": "'$target'"}
erase_tenant|{"moved_to": "'$source'"}'
    late_events
    receipts_after_a_move
    expect "shards: within a transaction no tenant moves, and nothing is left open" "$(router <<SQL | grep -oE '2D000|^[0-9]+$' | xargs
\\set ON_ERROR_STOP off
\\set VERBOSITY sqlstate
begin;
call telemetry.move_tenant('$tenant', '$target');
rollback;
select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid();
SQL
)" "2D000 0"
}

# The receipt stays where the person was erased, and the router finds it there after the tenant has moved.
receipts_after_a_move() {
    local tenant=00000000-0000-4000-8000-000000000005 user=ffffffff-0000-4000-8000-000000000005 target
    local asked="set role shards_officer; select telemetry.was_erased('$user', '$tenant'), telemetry.was_erased('ffffffff-0000-4000-8000-000000000006', '$tenant')"
    router <<<"set role shards_officer; select telemetry.erase_user('$user', '$tenant')" >/dev/null
    target=$(router <<<"select s.name from telemetry.shards s where s.name <> telemetry.shard_of('$tenant')")
    expect "shards: who was erased before a move is told as erased after it, and nobody else" "$(router <<<"$asked; reset role; call telemetry.move_tenant('$tenant', '$target'); $asked")" "t|f
t|f"
}

# Somebody logs past the router on the shard that a tenant has just left: the event comes along, before it is erased there.
late_events() {
    local tenant=00000000-0000-4000-8000-000000000006 id=aaaaaaaa-0000-4000-8000-000000000006 source target
    source=$(router <<<"select telemetry.shard_of('$tenant')")
    target=$([ "$source" = north ] && echo south || echo north)
    router <<SQL
do \$\$ begin
    execute replace(pg_get_functiondef('telemetry_private.let_calls_go'::regproc), 'so_far.resumed_at :=', \$late\$
        perform telemetry_private.value_of('shards_app', '$source', \$call\$select telemetry.log_event('viewed', tenant_id => '$tenant', event_id => '$id')\$call\$, false);
        so_far.resumed_at :=\$late\$);
end \$\$;
call telemetry.move_tenant('$tenant', '$target');
SQL
    router <"$WORK/router.sql"
    one <<<"set role shards_app; select telemetry.log_event('viewed', tenant_id => '$tenant', event_id => '$id')" >/dev/null
    expect "shards: what is logged past the router meanwhile comes along, and is there once" \
        "$($target <<<"select count(*) from telemetry.events where event_id = '$id'") $($source <<<"select count(*) from telemetry.events where tenant_id = '$tenant'")" "1 0"
}

# A move is ended at each of its statements, by the end of the session that moves or of its connections. Then the tenant logs and is
# asked, and the same call again ends the move.
killed_moves() {
    local tenant=00000000-0000-4000-8000-000000000004 events all point victim target ended=0 found=""
    for shard in north south; do $shard <<<"call telemetry.tick(); select telemetry.checkpoint()" >"$WORK/$shard.checkpoint"; done
    erased_meanwhile
    events=$(router <<<"set role shards_auditor; select sum(events) from telemetry.event_volume(tenant => '$tenant')")
    all=$(router <<<"set role shards_auditor; select sum(events) from telemetry.event_volume()")
    target=$(router <<<"select telemetry.shard_of('$tenant')")
    for point in $(seq 1 "$KILLS"); do
        victim=$([ $((point % 5)) = 0 ] && echo 'its connections' || echo 'the mover')
        target=$([ "$target" = north ] && echo south || echo north)
        router <<<"select arm('move', $point, '$victim')" >"$WORK/point"
        router <<<"call telemetry.move_tenant('$tenant', '$target')" >"$WORK/killed" || true
        events=$((events + 1))
        all=$((all + 1))
        router >"$WORK/found" <<SQL || true
select disarm();
set role shards_auditor;
select sum(events) + 1 from telemetry.event_volume(tenant => '$tenant');
reset role;
set role shards_app;
select telemetry.log_event('viewed', tenant_id => '$tenant', event_id => md5('killed $point')::uuid) is not null;
reset role;
set role shards_auditor;
select sum(events) from telemetry.event_volume(tenant => '$tenant');
\\set ON_ERROR_STOP off
\\set VERBOSITY sqlstate
select sum(events) from telemetry.event_volume();
\\set ON_ERROR_STOP on
reset role;
call telemetry.move_tenant('$tenant', '$target');
select telemetry.shard_of('$tenant');
set role shards_auditor;
select sum(events) from telemetry.event_volume(tenant => '$tenant');
select sum(events) from telemetry.event_volume();
SQL
        [ ! -s "$WORK/killed" ] || ended=$((ended + 1))
        [ "$(sed 's/^ERROR:  55000$/'"$all"'/' "$WORK/found" | xargs)" = "$events t $events $all $target $events $all" ] ||
            found+="$point, $(<"$WORK/point"), $victim: $(xargs <"$WORK/found"), expected $events t $events $all $target $events $all"$'\n'
    done
    expect "shards: a move that is ended at any of its statements, $KILLS times, loses nothing and doubles nothing" "$found" ""
    expect "shards: nearly each of them was ended" "$((ended * 10 >= KILLS * 8))" 1
    expect "shards: the tenant is on one shard alone" "$({ north <<<"select count(*) > 0 from telemetry.events where tenant_id = '$tenant'"; south <<<"select count(*) > 0 from telemetry.events where tenant_id = '$tenant'"; } | sort | xargs)" "f t"
    expect "shards: what is derived and the seals are whole on both" "$(for shard in north south; do
        $shard <<<"call telemetry.tick(); select bool_and(is_equal) from telemetry.verify_derived(); select bool_and(ok) from telemetry.verify_seals('$(<"$WORK/$shard.checkpoint")
')"
    done | xargs)" "t t t t"
}

# A move is cut off when the new shard has everything. Who is erased there until it is ended is not brought again.
erased_meanwhile() {
    local tenant=00000000-0000-4000-8000-000000000007 user target
    target=$([ "$(router <<<"select telemetry.shard_of('$tenant')")" = north ] && echo south || echo north)
    user=$(one <<<"select user_id from telemetry.events where tenant_id = '$tenant' order by user_id limit 1")
    router <<<"select arm('move', 2, 'the mover')" >/dev/null
    router <<<"call telemetry.move_tenant('$tenant', '$target')" >/dev/null || true
    expect "shards: who is erased before a move that was cut off is ended stays erased" "$(router <<SQL
select disarm();
select moving_to from telemetry.tenant_placement where tenant_id = '$tenant';
set role shards_officer;
select events > 0 from telemetry.erase_user('$user', '$tenant', 'asked for');
reset role;
call telemetry.move_tenant('$tenant', '$target');
SQL
for shard in north south; do $shard <<<"select count(*) from telemetry.events where user_id = '$user' and tenant_id = '$tenant'"; done)" "
$target
t
0
0"
    # What comes later compares with the one database.
    one <<<"select telemetry.erase_user('$user', '$tenant', 'asked for')" >/dev/null
}
