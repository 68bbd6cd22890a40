-- The reference: what help() prints, and that each COMMENT has the form that help() and docs/functions read. The form is
-- described in src/help/comment.rs.
\set SHOW_CONTEXT never
\a
\t
create temporary view topics as select * from telemetry_private.kpi_topics() union all select * from telemetry_private.function_topics();

-- Every argument and every column of the catalog is described, and nothing else; headings, width and sentences are right.
-- This lists who breaks it.
select f.r ->> 'name' as function, p.problem
  from jsonb_array_elements(telemetry_private.reference(
           telemetry_private.function_facts(),
           (select jsonb_object_agg(c.argument, c.meaning) from telemetry_private.common_arguments() c),
           (select jsonb_agg(to_jsonb(t)) from topics t)) -> 'functions') f (r),
       jsonb_array_elements_text(f.r -> 'faults') p (problem)
 order by 1, 2;

-- Every function stands in one topic; no topic names what is not there.
select p.proname from pg_proc p
 where p.pronamespace = 'telemetry'::regnamespace
   and (select count(*) from topics t, unnest(t.functions) f (name) where f.name in (p.proname, regexp_replace(p.proname, '_actors$', ''))) <> 1;
select f.name from topics t, unnest(t.functions) f (name)
 where not exists (select from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proname = f.name);

-- A common argument is one of several functions.
select c.argument from telemetry_private.common_arguments() c
 where (select count(*) from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and c.argument = any (p.proargnames)) < 2;

-- A function's name as it is called: its syntax in the order of the catalog, common arguments in words.
select telemetry.help('telemetry.event_volume()');
-- A twin says what the other function says.
select telemetry.help('anomalies_of');
-- Without a name all functions by their questions.
select h.line from telemetry.help() with ordinality h (line, place) where h.place <= 8 and h.line !~ '^ {8}' order by h.place;
select count(*) = (select count(*) from pg_proc p where p.pronamespace = 'telemetry'::regnamespace)
  from telemetry.help() h (line) where h.line ~ '^  [a-z]';
select max(length(h.line)) <= 100 from unnest('{funnel,object_ratio,experiment_results,log_event,health}'::text[]) f (name), telemetry.help(f.name) h (line);
-- A name that is none.
select telemetry.help('funel');
\echo :LAST_ERROR_SQLSTATE
select telemetry.help('zzz');

-- The COMMENT is the source: another one is another help.
begin;
comment on function telemetry.as_id is 'Wrong';
select telemetry.help('AS_ID');
comment on function telemetry.as_id is
'How an id becomes a uuid.

Arguments
  name  what it is
  the arguments of funnel() but steps
Column
  id  x
Errors
  none  here';
select p.problem
  from jsonb_array_elements(telemetry_private.reference(telemetry_private.function_facts(), '{}', '[]') -> 'functions') f (r),
       jsonb_array_elements_text(f.r -> 'faults') p (problem)
 where f.r ->> 'name' = 'as_id'
 order by 1;
rollback;

-- Whoever may ask may read what it asks.
create role asker;
select telemetry.grant_access('asker', 'analyst');
set role asker;
select h.line from telemetry.help('as_id') h (line) limit 1;
reset role;
select telemetry.revoke_access('asker');
drop role asker;
