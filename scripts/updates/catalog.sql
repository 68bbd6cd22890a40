-- What the extension is in this database, one JSON object a line: everything that an update has to bring about. Two databases that
-- give the same lines behave alike.
--
-- kind, name   what it is, and how it is called
-- place        the order in which it was made; it is not compared
-- create       the statement that makes it; NULL: there is no such statement, or a person has to write it
-- shape        what cannot be replaced: where it differs, the object is dropped and made anew
-- properties   everything else of it
-- needs        the members that it cannot be without, as "kind name"
-- comments     by what COMMENT ON calls them
-- privileges   by role; the owner is "owner"
--
-- Of tables of data, which are no members, each column, key, index, trigger and policy is an object of its own. Partitions are
-- left out: what they are made of is the log's, and health() compares them.
set search_path = pg_catalog;
set datestyle = iso;

with extension as (
    select e.oid, e.extowner, e.extconfig, n.nspname, e.extrelocatable
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'telemetry'
),
members as (
    select d.classid, d.objid from pg_depend d join extension e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
     where d.deptype = 'e'
),
schemas as (
    select n.oid, n.nspname, n.nspacl, n.nspowner from pg_namespace n where n.nspname in ('telemetry', 'telemetry_private')
),
relations as (
    select c.*, exists (select from members m where m.classid = 'pg_class'::regclass and m.objid = c.oid) as is_member
      from pg_class c join schemas s on s.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'S', 'v', 'm', 'f') and not c.relispartition
),
-- Any object by the name that this file gives to it. A row type stands for its table, an array for its element.
names as (
    select 'pg_proc'::regclass::oid as classid, p.oid as objid, 'routine ' || p.oid::regprocedure as name
      from pg_proc p join schemas s on s.oid = p.pronamespace
     union all
    select 'pg_type'::regclass, t.oid,
           case when c.relkind in ('r', 'p') then 'table ' || c.oid::regclass when c.relkind = 'v' then 'view ' || c.oid::regclass else 'type ' || coalesce(element.oid, t.oid)::regtype end
      from pg_type t
      join schemas s on s.oid = t.typnamespace
      left join pg_type element on element.typarray = t.oid
      left join pg_class c on c.oid = coalesce(element.typrelid, t.typrelid) and c.relkind <> 'c'
     union all
    select 'pg_class'::regclass, r.oid, case when r.relkind in ('r', 'p') then 'table ' when r.relkind = 'v' then 'view ' else 'relation ' end || r.oid::regclass from relations r
     union all
    select 'pg_event_trigger'::regclass, t.oid, 'event trigger ' || quote_ident(t.evtname) from pg_event_trigger t
),
needed as (
    select d.classid, d.objid, d.refclassid, d.refobjid from pg_depend d where d.deptype in ('n', 'a')
     union all
    -- A view needs what its rule needs.
    select 'pg_class'::regclass, w.ev_class, d.refclassid, d.refobjid
      from pg_depend d join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
     where d.deptype = 'n'
     union all
    -- A composite type needs what its columns need.
    select 'pg_type'::regclass, c.reltype, d.refclassid, d.refobjid
      from pg_depend d join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid and c.relkind = 'c'
),
needs as (
    select n.classid, n.objid, jsonb_agg(distinct named.name order by named.name) as names
      from needed n
      join names own on own.classid = n.classid and own.objid = n.objid
      join names named on named.classid = n.refclassid and named.objid = n.refobjid
      join members m on m.classid = n.refclassid and m.objid = n.refobjid
     where named.name <> own.name
     group by 1, 2
),
acls (classid, objid, acl, owner) as (
    select 'pg_proc'::regclass::oid, p.oid, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner from pg_proc p join schemas s on s.oid = p.pronamespace
     union all
    select 'pg_type'::regclass, t.oid, coalesce(t.typacl, acldefault('T', t.typowner)), t.typowner from pg_type t join schemas s on s.oid = t.typnamespace
     union all
    select 'pg_class'::regclass, r.oid, coalesce(r.relacl, acldefault(case r.relkind when 'S' then 's'::"char" else 'r' end, r.relowner)), r.relowner from relations r
     union all
    select 'pg_namespace'::regclass, s.oid, coalesce(s.nspacl, acldefault('n', s.nspowner)), s.nspowner from schemas s
),
privileges as (
    select a.classid, a.objid, jsonb_object_agg(x.role, x.list) as by_role
      from acls a,
           lateral (select case acl.grantee when a.owner then 'owner' when 0 then 'public' else acl.grantee::regrole::text end as role,
                           string_agg(acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end, ', ' order by acl.privilege_type) as list
                      from aclexplode(a.acl) acl group by 1) x
     group by 1, 2
),
objects (kind, name, classid, objid, is_member, "create", shape, properties) as (
    select 'routine', p.oid::regprocedure::text, 'pg_proc'::regclass::oid, p.oid, true,
           case when p.prokind = 'a' then
               case when a.aggkind = 'n' and a.aggmtransfn = 0 then format('create or replace aggregate %I.%I(%s) (%s)', s.nspname, p.proname,
                   case when p.pronargs = 0 then '*' else pg_get_function_arguments(p.oid) end,
                   concat_ws(', ', 'sfunc = ' || a.aggtransfn, 'stype = ' || a.aggtranstype::regtype, 'sspace = ' || a.aggtransspace,
                             'finalfunc = ' || nullif(a.aggfinalfn::oid, 0)::regproc, case when a.aggfinalextra then 'finalfunc_extra' end,
                             'finalfunc_modify = ' || case a.aggfinalmodify when 'r' then 'read_only' when 's' then 'shareable' else 'read_write' end,
                             'combinefunc = ' || nullif(a.aggcombinefn::oid, 0)::regproc, 'serialfunc = ' || nullif(a.aggserialfn::oid, 0)::regproc,
                             'deserialfunc = ' || nullif(a.aggdeserialfn::oid, 0)::regproc, 'initcond = ' || quote_literal(a.agginitval),
                             'sortop = ' || nullif(a.aggsortop, 0)::regoper,
                             'parallel = ' || case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end)) end
               else pg_get_functiondef(p.oid) end,
           -- The number of defaults may grow, but a routine that loses one cannot be replaced.
           jsonb_build_array(p.prokind, pg_get_function_result(p.oid), pg_get_function_identity_arguments(p.oid), p.proargnames, p.proargmodes, p.pronargdefaults, a.aggtranstype::regtype, a.aggkind),
           jsonb_build_object('owned', p.proowner = e.extowner, 'aggregate', to_jsonb(a) - '{aggfnoid,aggtransfn,aggfinalfn,aggcombinefn,aggserialfn,aggdeserialfn,aggmtransfn,aggminvtransfn,aggmfinalfn,aggtranstype,aggmtranstype,aggsortop}'::text[])
      from extension e
      join members m on m.classid = 'pg_proc'::regclass
      join pg_proc p on p.oid = m.objid
      join schemas s on s.oid = p.pronamespace
      left join pg_aggregate a on a.aggfnoid = p.oid
     union all
    select 'type', t.oid::regtype::text, 'pg_type'::regclass, t.oid, true,
           case t.typtype when 'e' then format('create type %s as enum (%s)', t.oid::regtype, (select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder) from pg_enum l where l.enumtypid = t.oid))
                          when 'c' then format('create type %s as (%s)', t.oid::regtype,
                              (select string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attcollation <> y.typcollation then ' collate ' || a.attcollation::regcollation end), ', ' order by a.attnum)
                                 from pg_attribute a join pg_type y on y.oid = a.atttypid where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))
                          when 'd' then format('create domain %s as %s%s', t.oid::regtype, format_type(t.typbasetype, t.typtypmod),
                              (select string_agg(format(' constraint %I %s', c.conname, pg_get_constraintdef(c.oid)), '' order by c.conname) from pg_constraint c where c.contypid = t.oid)) end,
           jsonb_build_array(t.typtype), jsonb_build_object('owned', t.typowner = e.extowner, 'labels', (select jsonb_agg(l.enumlabel order by l.enumsortorder) from pg_enum l where l.enumtypid = t.oid))
      from extension e
      join members m on m.classid = 'pg_type'::regclass
      join pg_type t on t.oid = m.objid
      left join pg_class c on c.oid = t.typrelid
     where t.typtype <> 'b' and coalesce(c.relkind, 'c') = 'c'
     union all
    select 'view', r.oid::regclass::text, 'pg_class'::regclass, r.oid, true,
           format('create or replace view %s%s as %s', r.oid::regclass, ' with (' || array_to_string(r.reloptions, ', ') || ')', rtrim(pg_get_viewdef(r.oid), ';')),
           (select jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum) from pg_attribute a where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped),
           jsonb_build_object('owned', r.relowner = e.extowner)
      from extension e, relations r where r.relkind = 'v' and r.is_member
     union all
    select 'event trigger', quote_ident(t.evtname), 'pg_event_trigger'::regclass, t.oid, true,
           format('create event trigger %I on %I%s execute function %s', t.evtname, t.evtevent,
               ' when tag in (' || (select string_agg(quote_literal(tag), ', ') from unnest(t.evttags) tag) || ')', t.evtfoid::regprocedure),
           jsonb_build_array(t.evtevent, t.evttags, t.evtfoid::regprocedure), jsonb_build_object('enabled', t.evtenabled)
      from members m join pg_event_trigger t on m.classid = 'pg_event_trigger'::regclass and t.oid = m.objid
     union all
    -- Members of other kinds, which nothing here can make.
    select i.type, i.identity, m.classid, m.objid, true, null, jsonb_build_array(i.type), '{}'::jsonb
      from members m, lateral pg_identify_object(m.classid, m.objid, 0) i
     where m.classid not in ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_class'::regclass, 'pg_event_trigger'::regclass)
     union all
    select case r.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end, r.oid::regclass::text, 'pg_class'::regclass, r.oid, r.is_member, null, jsonb_build_array(r.relkind),
           jsonb_build_object('member', r.is_member, 'persistence', r.relpersistence, 'row security', r.relrowsecurity, 'forced', r.relforcerowsecurity, 'options', r.reloptions, 'replica identity', r.relreplident,
               'partition key', pg_get_partkeydef(r.oid), 'owned', r.relowner = e.extowner,
               'sequence', (select to_jsonb(q) - 'seqrelid' from pg_sequence q where q.seqrelid = r.oid))
      from extension e, relations r where r.relkind <> 'v' or not r.is_member
     union all
    select 'column', format('%s.%I', r.oid::regclass, a.attname), 'pg_class'::regclass, r.oid, r.is_member,
           format('alter table %s add column %I %s%s%s%s', r.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
               case when a.attcollation <> t.typcollation then ' collate ' || a.attcollation::regcollation end, case when a.attnotnull then ' not null' end, ' default ' || pg_get_expr(d.adbin, d.adrelid)),
           jsonb_build_array('column'), jsonb_build_object('identity', a.attidentity, 'generated', a.attgenerated, 'storage', a.attstorage, 'compression', a.attcompression,
               -- Debian's PostgreSQL 15 counts the versions of a column there.
               'options', (select array_agg(o) from unnest(a.attoptions) o where o !~ '^pg_attver='))
      from relations r
      join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
     where r.relkind in ('r', 'p')
     union all
    select 'constraint', format('%I of %s', c.conname, r.oid::regclass), 'pg_constraint'::regclass, c.oid, r.is_member, format('alter table %s add constraint %I %s', r.oid::regclass, c.conname, pg_get_constraintdef(c.oid)),
           jsonb_build_array('constraint'), jsonb_build_object('validated', c.convalidated)
      from relations r join pg_constraint c on c.conrelid = r.oid and c.contype <> 'n'
     union all
    select 'index', i.indexrelid::regclass::text, 'pg_class'::regclass, i.indexrelid, r.is_member, pg_get_indexdef(i.indexrelid), jsonb_build_array('index'), jsonb_build_object('valid', i.indisvalid, 'primary', i.indisprimary)
      from relations r join pg_index i on i.indrelid = r.oid
     union all
    select 'trigger', format('%I of %s', t.tgname, r.oid::regclass), 'pg_trigger'::regclass, t.oid, r.is_member, pg_get_triggerdef(t.oid), jsonb_build_array('trigger'), jsonb_build_object('enabled', t.tgenabled)
      from relations r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
     union all
    select 'policy', format('%I of %s', p.polname, r.oid::regclass), 'pg_policy'::regclass, p.oid, r.is_member, null, jsonb_build_array('policy'),
           jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive, 'roles', p.polroles::regrole[]::text, 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
      from relations r join pg_policy p on p.polrelid = r.oid
     union all
    select 'schema', quote_ident(s.nspname), 'pg_namespace'::regclass, s.oid, false, null, jsonb_build_array('schema'), jsonb_build_object('owned', s.nspowner = e.extowner) from extension e, schemas s
     union all
    select 'extension', 'telemetry', 'pg_extension'::regclass, e.oid, false, null, jsonb_build_array('extension'),
           jsonb_build_object('schema', e.nspname, 'relocatable', e.extrelocatable, 'dumped tables', e.extconfig::regclass[]::text) from extension e
),
comments as (
    select o.kind, o.name, d.description
      from objects o
      left join pg_description d on d.classoid = o.classid and d.objoid = o.objid
           and d.objsubid = case when o.kind = 'column' then (select a.attnum from pg_attribute a where a.attrelid = o.objid and o.name = format('%s.%I', a.attrelid::regclass, a.attname)) else 0 end
     where o.kind <> 'extension'
)
select jsonb_build_object('kind', o.kind, 'name', o.name, 'place', o.objid::bigint, 'member', o.is_member, 'create', o."create", 'shape', o.shape, 'properties', o.properties,
           'needs', coalesce(n.names, '[]'), 'comment', c.description, 'privileges', case when o.kind not in ('column', 'index') then p.by_role end,
           -- What the caller of a changed view or composite type sees of its columns.
           'column comments', (select jsonb_object_agg(a.attname, d.description) from pg_attribute a join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = a.attrelid and d.objsubid = a.attnum
                                where a.attrelid = case o.kind when 'view' then o.objid when 'type' then (select t.typrelid from pg_type t where t.oid = o.objid) end))
  from objects o
  left join needs n on n.classid = o.classid and n.objid = o.objid and o.kind in ('routine', 'type', 'view', 'event trigger')
  left join privileges p on p.classid = o.classid and p.objid = o.objid
  left join comments c on c.kind = o.kind and c.name = o.name
 order by o.kind, o.name;
