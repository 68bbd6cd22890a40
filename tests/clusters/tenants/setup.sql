-- 1,000 tenants whose events several sessions write at once: the tools of ../tenants.sh, beside those of
-- tests/regress/include/every_call.sql, whose events are those of a tenant of their own.
create schema tenants;
create role authenticated;
select telemetry.grant_access('authenticated', 'writer'), telemetry.grant_access('authenticated', 'analyst') \g /dev/null
grant usage on schema attack, tenants to authenticated;
grant select on attack.things to authenticated;
alter default privileges in schema tenants grant all on tables to authenticated;

create function tenants.id(n integer) returns uuid language sql immutable as $$ select md5('tenant ' || n)::uuid $$;

-- Events from..until of the story, the same whoever writes them: of random tenants and users, of which two tenants may
-- have one; some hundred tenants have many, most a few.
create function tenants.batch(from_n integer, until_n integer) returns jsonb language sql immutable as $$
    select jsonb_agg(jsonb_build_object(
               'event_name', ('{seen,asked,answered}'::text[])[1 + get_byte(h, 0) % 3],
               'event_ts', timestamptz '2024-01-01 00:00Z' + (get_byte(h, 1) * 256 + get_byte(h, 2)) * interval '79 seconds' + n * interval '1 microsecond',
               'tenant_id', tenants.id(case when get_byte(h, 3) < 128 then get_byte(h, 4) % 100 else (get_byte(h, 4) * 256 + get_byte(h, 5)) % 1000 end),
               'user_id', md5('user' || get_byte(h, 6) % 20)::uuid, 'session_id', md5('session' || get_byte(h, 6) % 20 || get_byte(h, 1) / 8)::uuid,
               'subject_id', md5('subject' || get_byte(h, 7) % 5)::uuid, 'seq', n,
               'payload', jsonb_build_object('n', get_byte(h, 8) % 13, 'k', 'v' || get_byte(h, 9) % 4, 'experiment', 'e1',
                                             'variant', ('{a,b}'::text[])[1 + get_byte(h, 6) % 2]))
           order by n)
      from generate_series(from_n, until_n) n, lateral (select decode(md5('event ' || n), 'hex')) d (h)
$$;

-- The reading functions that a tenant can ask, with the place of their argument `tenant`, if they have one.
create view tenants.functions as
    select f.oid, f.proname, array_position(p.proargnames[1:p.pronargs], 'tenant') as tenant_place
      from attack.functions f join pg_proc p using (oid)
     where f.provolatile = 's' and p.proname not in ('current_tenant', 'current_user_id', 'tenant_usage', 'as_id', 'log_visibility', 'explain_kpi', 'kpi_parts', 'kpi_of_parts', 'verify_derived', 'redact', 'ingestion_alerts', 'metric_samples', 'metrics', 'prometheus_rules', 'grafana_dashboard', 'dashboard_page', 'kpi_chart', 'user_data', 'tenant_data', 'was_erased', 'erasure_receipts', 'health', 'health_summary', 'import_progress', 'tracked_tables', 'expiry_report', 'destination_status', 'export_status', 'export_manifest', 'verify_export', 'checkpoint', 'consistency_proof', 'inclusion_proof', 'verify_seals', 'audit_secrets', 'routing_script', 'placed_tenants', 'registry_digest', 'reads_only', 'alert_status', 'notification_history');

-- One session takes every request in turn, as a pooler's connection does: `who` asks as PostgREST would.
create procedure tenants.become(who uuid) language plpgsql as $$
begin
    perform set_config('role', case when who is null then 'none' else 'authenticated' end, true),
            set_config('request.jwt.claims', case when who is null then '' else jsonb_build_object('role', 'authenticated', 'sub', 'x', 'app_metadata', jsonb_build_object('tenant_id', who))::text end, true);
end $$;

create table tenants.answer (tenant uuid, asked text, source text, proname text, code text, answer text);

-- Every function, asked by those tenants in turn, with one prepared statement for all of them.
create procedure tenants.ask(asked text, tenants uuid[], source text) language plpgsql as $$
declare
    line record;
    t uuid;
    code text;
    answer text;
begin
    perform set_config('telemetry.kpi_source', source, true), set_config('plan_cache_mode', 'force_generic_plan', true);
    for line in select * from tenants.functions loop
        deallocate all;
        execute 'prepare question as select array_agg(q::text order by q::text)::text from ' || attack.call(line.oid) || ' q';
        foreach t in array tenants || tenants[1:3] loop
            call tenants.become(t);
            begin
                execute 'execute question' into answer;
                code := '00000';
            exception when others then
                get stacked diagnostics code = returned_sqlstate, answer = message_text;
            end;
            call tenants.become(null);
            insert into tenants.answer values (t, asked, source, line.proname, code, answer);
        end loop;
    end loop;
end $$;

-- The same by the owner: with the argument `tenant`.
create procedure tenants.ask_as_owner(asked text, tenants uuid[], source text) language plpgsql as $$
declare
    line record;
    t uuid;
    got record;
begin
    perform set_config('telemetry.kpi_source', source, true);
    for line in select * from tenants.functions where tenant_place is not null loop
        foreach t in array tenants loop
            got := attack.answer(attack.call(line.oid, line.tenant_place, t::text));
            begin
                execute 'select array_agg(q::text order by q::text)::text from ' || attack.call(line.oid, line.tenant_place, t::text) || ' q' into got.answer;
            exception when others then
                null;
            end;
            insert into tenants.answer values (t, asked, source, line.proname, got.code, got.answer);
        end loop;
    end loop;
end $$;

-- Who asks without a tenant, with what a request may claim; TENANT: another's. Each function says what it says to a tenant
-- without events, also where the other tenant is named as an argument.
create table tenants.claim (claims text);
insert into tenants.claim values
    ('{}'), ('null'), ('7'), ('""'), ('{'), ('{"role": "authenticated"}'), ('{"role": "authenticated", "user_metadata": {"tenant_id": "TENANT"}}'),
    ('{"role": "authenticated", "app_metadata": "TENANT"}'), ('{"app_metadata": {"tenant_id": "TENANT"}'), ('{"role": "authenticated", "tenant_id": "TENANT"}'),
    ('{"app_metadata.tenant_id": "TENANT"}'), ('[{"app_metadata": {"tenant_id": "TENANT"}}]'), ('{"role": "authenticated", "app_metadata": {"tenant_id": ["TENANT"]}}'),
    ('{"role": "authenticated", "app_metadata": {"tenant_id": "TENANT''; --"}}'), ('{"role": "authenticated", "app_metadata": {"tenant_id": "TENANT", "tenant_id": ""}}'),
    ('{"role": "authenticated", "app_metadata": {"tenant_id": "*"}}'), ('{"role": "authenticated", "app_metadata": {"tenant_id": null}}'),
    ('{"role": "authenticated", "app_metadata": {"TENANT_ID": "TENANT"}}'), ('{"role": "authenticated", "sub": "TENANT", "app_metadata": {}}'),
    ('{"role": "authenticated", "app_metadata": {"tenant_id": {"": "TENANT"}}}'), (' '), (repeat('[', 10000)), ('{"role": "authenticated", "app_metadata": {"tenant_id": "' || repeat('0', 100000) || '"}}');

create function tenants.told(call text, claims text, setting text) returns text language plpgsql as $$
declare
    answer text;
begin
    perform set_config('role', 'authenticated', true), set_config('request.jwt.claims', claims, true), set_config('telemetry.tenant_id', setting, true);
    begin
        execute 'select array_agg(q::text order by q::text)::text from ' || call || ' q' into answer;
    exception when others then
        answer := sqlstate || sqlerrm;
    end;
    perform set_config('role', 'none', true), set_config('request.jwt.claims', '', true);
    return answer;
end $$;

create function tenants.leaks(other uuid) returns table (claims text, call text, told text) language sql as $$
    select left(c.claims, 100), left(f.call, 100), left(t.told, 200)
      from (select attack.call(oid) as call from tenants.functions
             union all select attack.call(oid, tenant_place, other::text) from tenants.functions where tenant_place is not null
             union all select 'telemetry.' || r from unnest('{events,rejections,replays,ingestion_calls,kept_counts,hourly_counts,timeline_tenants,timeline_actors,timeline_chunks}'::text[]) r) f,
           lateral (select tenants.told(f.call, jsonb_build_object('role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', md5('nobody')::uuid))::text, '') as expected) e,
           tenants.claim c,
           lateral (select tenants.told(f.call, replace(c.claims, 'TENANT', other::text), other::text) as told) t
     where t.told is distinct from e.expected
$$;
