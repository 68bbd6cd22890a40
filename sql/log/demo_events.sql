-- Demo data are events that an application of a pack might have logged, made from a seed. Twin: src/log/demo_events.rs.

alter function telemetry_private.demo_batches rows 10;

-- Returns the name of a pack that is installed, and raises an error otherwise. `definitions` is what pack_file()
-- returns for it, which refuses an unknown name.
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
'Stores made-up events of an installed pack, for demonstrations, tests and trying KPIs out. It
stores them as import_events() does, and every event passes the rules of its pack.

Arguments
  pack   the pack, which must be installed
  users  how many users there are: 1 to 100000, default 100; with more users, what the first ones do
         stays the same
  days   how many days they are at it: 1 to 3660, default 28
  seed   a whole number, default 1; another seed plays another story
  until  the end of the last day; NULL: the begin of today (UTC)
Returns
  how many events were stored; 0 where a call with the same arguments was made before
Errors
  22023  an unknown pack; an argument out of its range
  42704  the pack is not installed
  22004, 22023, 22P02, 23505, 23514, 42501  what import_events() raises
Notes
  User n has the id telemetry.as_id(''user-n''). In support_chat each user belongs to one of three
    tenants, telemetry.as_id(''tenant-1'') to telemetry.as_id(''tenant-3'').
  The same arguments give the same events under the same ids.';
