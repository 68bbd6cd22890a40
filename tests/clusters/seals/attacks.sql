-- What a superuser may do to the log, each in a subtransaction that is taken back.
create schema attack;
-- The guards are off: what is left is to be seen afterwards.
do $$
declare
    target regclass;
begin
    for target in
        select 'telemetry.events'::regclass union all select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'telemetry.events'::regclass
         union all select format('telemetry.%I', t)::regclass from unnest('{seals,seal_pages,seal_leaves,changes}'::text[]) t
    loop
        execute format('alter table only %s disable trigger user', target);
    end loop;
end
$$;

-- What verify_seals() finds wrong after a statement: what, and of which entry.
create function attack.found(statement text, checkpoint text default null)
returns setof text
language plpgsql
as $$
declare
    found text[];
begin
    begin
        execute statement;
        select array_agg(concat_ws(' ', v.log, v.what, case v.first_id when v.last_id then v.first_id::text else v.first_id || '-' || v.last_id end) order by v.what, v.first_id)
          into found
          from telemetry.verify_seals(found.checkpoint) v
         where not v.ok and v.what <> 'sealed';
        raise exception using errcode = 'P0999';
    exception
        when sqlstate 'P0999' then
            null;
    end;
    return query select unnest(found);
end
$$;

-- The n-th sealed event.
create function attack.id(place integer)
returns bigint
language sql
stable
as $$
    select e.ingest_id from telemetry.events e order by e.ingest_id offset place - 1 limit 1
$$;

-- A change of each column of an event.
create function attack.flip(place integer, kind integer)
returns text
language sql
stable
as $$
    select format('update telemetry.events set %s where ingest_id = %s', (array[
        'event_ts = event_ts + interval ''1 microsecond''', 'event_ts = event_ts - interval ''20 days''', 'event_id = gen_random_uuid()',
        'tenant_id = ''00000000-0000-4000-8000-00000000000a''', 'user_id = gen_random_uuid()',
        'user_id = case when user_id is null then telemetry.as_id(''user 1'') end', 'session_id = gen_random_uuid()', 'session_id = null',
        'subject_id = gen_random_uuid()', 'subject_id = null', 'client_ts = client_ts + interval ''1 microsecond''', 'client_ts = null',
        'seq = seq + 1', 'seq = null', 'event_version = 2', 'event_name = ''note_shared''', 'source = null', 'source = ''web''', 'sample_rate = 0.5',
        'payload = payload || ''{"length": -1}''', 'payload = payload - ''share''', 'payload = ''{}''', 'payload = payload || ''{"more": null}'''])[kind],
        attack.id(place))
$$;
create function attack.flips() returns integer language sql immutable as 'select 23';

-- The n-th of the attacks on an order, a row or what is kept of the tree. `id` is the event that must be named, where it is one.
create function attack.other(kind integer, place integer, another integer, out statement text, out id bigint)
language plpgsql
stable
as $$
declare
    one constant bigint := attack.id(place);
    second constant bigint := attack.id(another);
    columns constant text := 'event_ts, event_id, tenant_id, user_id, session_id, subject_id, client_ts, seq, event_version, event_name, source, sample_rate, payload';
begin
    id := one;
    case kind
        when 1 then statement := format('delete from telemetry.events where ingest_id = %s', one);
        when 2 then
            -- Among the ids that nobody has.
            id := (select min(n) from generate_series(1, (select max(e.ingest_id) from telemetry.events e)) n where not exists (select from telemetry.events e where e.ingest_id = n)) + another % 5;
            statement := format('insert into telemetry.events (ingest_id, %s) select %s, %s from telemetry.events where ingest_id = %s',
                                columns, id, replace(columns, 'event_id', 'gen_random_uuid()'), one);
        when 3 then
            statement := format('insert into telemetry.events (ingest_id, %s) select ingest_id, %s from telemetry.events where ingest_id = %s',
                                columns, replace(columns, 'event_id', 'gen_random_uuid()'), one);
        when 4 then statement := format('update telemetry.events set ingest_id = %s - ingest_id where ingest_id in (%s, %s)', one + second, one, second);
        when 5 then
            id := (select min(n) from generate_series(1, (select max(e.ingest_id) from telemetry.events e)) n where not exists (select from telemetry.events e where e.ingest_id = n)) + another % 5;
            statement := format('update telemetry.events set ingest_id = %s where ingest_id = %s', id, one);
        when 6 then statement := format('update telemetry.events e set payload = (select o.payload from telemetry.events o where o.ingest_id = %s) where e.ingest_id = %s', second, one);
        when 7 then
            id := null;
            statement := format('update telemetry.seals set root = sha256(root) where log = ''events'' and size = (select s.size from telemetry.seals s where s.log = ''events'' order by s.size offset %s limit 1)', place % (select count(*) from telemetry.seals s where s.log = 'events'));
        when 8 then
            id := null;
            statement := format('update telemetry.seal_pages set groups = set_byte(groups, %s, 255 - get_byte(groups, %s))', place % 1408, place % 1408);
        when 9 then
            id := null;
            statement := format('update telemetry_private.seal_states set tail = set_byte(tail, %s, 255 - get_byte(tail, %s)) where log = ''events''', t.place, t.place)
                from (select 12 + other.place % (octet_length(s.tail) - 200) as place from telemetry_private.seal_states s where s.log = 'events') t;
        when 10 then
            id := null;
            statement := format('update telemetry.changes set changed_by = changed_by || ''x'' where change_id = (select c.change_id from telemetry.changes c order by c.change_id offset %s limit 1)', place % (select count(*) from telemetry.changes));
        when 11 then
            id := null;
            statement := format('delete from telemetry.changes where change_id = (select c.change_id from telemetry.changes c order by c.change_id offset %s limit 1)', place % (select count(*) from telemetry.changes));
        when 12 then
            id := null;
            statement := format('update telemetry_private.person_keys k set secret = sha256(k.secret) from (select e.tenant_id, coalesce(e.user_id, ''00000000-0000-0000-0000-000000000000'') as user_id from telemetry.events e where e.ingest_id = %s) e where k.tenant_id = e.tenant_id and k.user_id = e.user_id', one);
    end case;
end
$$;
create function attack.others() returns integer language sql immutable as 'select 12';

-- Random attacks. Returns those that are not found, or whose event is not named.
create function attack.storm(attacks integer, checkpoint text)
returns table (statement text, said text[])
language plpgsql
as $$
declare
    sealed constant integer := (select s.size from telemetry.seals s where s.log = 'events' order by s.size desc limit 1);
    attack record;
    place integer;
begin
    for n in 1..attacks loop
        place := 1 + floor(random() * sealed);
        if random() < 0.5 then
            select attack.flip(place, 1 + floor(random() * attack.flips())::integer) as statement, attack.id(place) as id into attack;
        else
            select o.statement, o.id into attack
              from attack.other(1 + floor(random() * attack.others())::integer, place, 1 + (place + floor(random() * (sealed - 2))::integer) % sealed) o;
        end if;
        said := array(select f from attack.found(attack.statement, checkpoint) f);
        if cardinality(said) = 0 or attack.id is not null and not exists (select from unnest(said) f where f ~ format('^events [a-z_]+ %s$', attack.id)) then
            statement := attack.statement;
            return next;
        end if;
    end loop;
end
$$;

-- What an owner who knows how can do: rewrites an event and makes all seals anew. Only who kept a checkpoint sees it.
create function attack.rewrite(place integer)
returns void
language plpgsql
as $$
begin
    execute attack.flip(place, 20);
    delete from telemetry.seals where log = 'events';
    truncate telemetry.seal_pages;
    update telemetry_private.seal_states set "position" = 0, tail = '', drawn_since = null where log = 'events';
    while telemetry_private.seal_unit(250000) > 0 loop
    end loop;
end
$$;
