-- Demo data: events that an application of a pack might have logged, made from a seed. Twin: src/log/demo_events.rs.

alter function telemetry_private.demo_batches rows 10;

-- The pack's name, where it is installed. `definitions`: what pack_file() says of it, which refuses an unknown name.
create function telemetry_private.installed_pack(pack text, definitions jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from jsonb_to_recordset(definitions) as d (event_name text)
                where not exists (select from telemetry.event_types t where t.event_name = d.event_name and t.pack = installed_pack.pack)) then
        raise exception 'pack "%" is not installed', pack
            using errcode = '42704', hint = format('select telemetry.install_pack(%L);', pack);
    end if;
    return pack;
end
$$;

create function telemetry.generate_demo_events(
    pack text,
    users integer default 100,
    days integer default 28,
    seed integer default 1,
    until timestamptz default null)
returns bigint
language sql
begin atomic
    select coalesce(sum(telemetry_private.import_events(b.batch)), 0)::bigint
      from telemetry_private.installed_pack(pack, telemetry_private.pack_file(pack)) p (name),
           telemetry_private.demo_batches(p.name, users, days, seed, until) b (batch);
end;

comment on function telemetry.generate_demo_events is
'Stores made-up events of an installed pack as import_events() would, and returns how many: for demos, tests and trying KPIs out. users: 1 to 100000, default 100; days: 1 to 3660, default 28; seed: another one plays another story; until: the end of the last day, default the begin of today (UTC). User n is telemetry.as_id(''user-n''), of support_chat one of three tenants, telemetry.as_id(''tenant-1'') to 3; more users leave what the others do as it is. The same arguments give the same events under the same ids, so a second call stores nothing and returns 0. Every event passes the rules of its pack. Errors: 22023 unknown pack or an argument out of range, 42704 the pack is not installed; those of import_events().';
