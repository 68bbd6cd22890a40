-- What guards a relation and what its numbers rest on, one line each; a partition of the log is told as "partition",
-- without its name, so that each can be held beside those of a fresh installation.
create function pg_temp.guards()
returns table (relation text, kind text, line text)
language sql
stable
as $$
    with relations as (
        select c.oid, c.relrowsecurity, c.oid::regclass::text as name,
               case when exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent = to_regclass('telemetry.events') and not i.inhdetachpending) then 'partition'
                    else c.oid::regclass::text end as kind
          from pg_class c
         where c.relnamespace in (to_regnamespace('telemetry'), to_regnamespace('telemetry_private')) and c.relkind in ('r', 'p')
    )
    select r.name, r.kind, 'exists' from relations r
    union all
    select r.name, r.kind, 'row-level security' from relations r where r.relrowsecurity
    union all
    select r.name, r.kind, format('column %s %s not null %s default %s.', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
      from relations r
      join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    union all
    select r.name, r.kind, format('index %s primary %s valid %s', regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \S+ ON (ONLY )?\S+ ', ''), i.indisprimary, i.indisvalid)
      from relations r
      join pg_index i on i.indrelid = r.oid
    union all
    select r.name, r.kind, format('constraint %s', pg_get_constraintdef(c.oid)) from relations r join pg_constraint c on c.conrelid = r.oid and c.contype = 'c'
    union all
    select r.name, r.kind, format('trigger %s enabled %s %s', t.tgname, t.tgenabled, regexp_replace(pg_get_triggerdef(t.oid), ' ON \S+', ''))
      from relations r
      join pg_trigger t on t.tgrelid = r.oid
    union all
    select r.name, r.kind, format('policy %s %s %s', p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid)) from relations r join pg_policy p on p.polrelid = r.oid
    union all
    select s.name, s.name, format('sequence %s', q.seqcache)
      from unnest('{telemetry_private.ingest_id,telemetry_private.chunk_id}'::text[]) s (name)
      join pg_sequence q on q.seqrelid = to_regclass(s.name)
    union all
    select 'the database', 'the database', format('event trigger %s enabled %s', e.evtname, e.evtenabled) from pg_event_trigger e
$$;

create temp table expected_guards (kind text, line text);

create function pg_temp.missing_guards()
returns table (problem text)
language sql
stable
as $$
    with found as materialized (
        select * from pg_temp.guards()
    )
    select format('%s has no %s', r.relation, e.line)
      from (select distinct f.relation, f.kind from found f
             union
            select e.kind, e.kind from expected_guards e where e.kind <> 'partition') r
      join expected_guards e on e.kind = r.kind
     where not exists (select from found f where f.relation = r.relation and f.line = e.line)
     order by 1
$$;
