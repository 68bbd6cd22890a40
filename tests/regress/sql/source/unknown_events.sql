-- A KPI that is asked for an event that nobody knows: an error with the nearest names, or an event that never happened.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event(name) from unnest('{SIGNED_UP,signed_out,paid,retired,experiment_exposed}'::text[]) name \g /dev/null
select telemetry.deprecate_event('retired', 'paid') \g /dev/null

select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{paid,SIGN_UP}');
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{zzz}');
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{""}');
-- Registered, logged or not; deprecated; no name at all.
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{paid,retired,NULL}');
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{}');
-- An error has an end.
do $$
declare
    message text;
    hint text;
begin
    perform telemetry.funnel(jsonb_build_array(repeat('x', 10000))::text);
exception when invalid_parameter_value then
    get stacked diagnostics message = message_text, hint = pg_exception_hint;
    raise notice '% characters, hint %', length(message), hint;
end $$;

-- Accepted without being registered: known once it is logged, by the rows, then by the hourly counts.
set local telemetry.enforcement = 'accept';
select telemetry.import_events('[{"event_name": "free_form", "event_ts": "2020-01-01T10:00:00Z", "user_id": "00000000-0000-4000-8000-000000000001"}]') \g /dev/null
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{free_form}');
call telemetry.tick();
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{free_form}');
select telemetry.import_events('[{"event_name": "free_verse", "event_ts": "2020-01-01T10:00:00Z", "user_id": "00000000-0000-4000-8000-000000000001"}]') \g /dev/null
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{free_verse}');
-- What is neither registered nor counted yet is not offered.
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{free_vers}');

-- A tenant is told of its own names: not even that another tenant's name is spelled nearly so.
select telemetry.import_events('[{"event_name": "secret_launch", "event_ts": "2020-01-01T10:00:00Z", "tenant_id": "00000000-0000-4000-8000-00000000000a"}]') \g /dev/null
call telemetry.tick();
create role unknown_events_analyst;
select telemetry.grant_access('unknown_events_analyst', 'analyst') \g /dev/null
set local role unknown_events_analyst;
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select telemetry.log_visibility(), count(*) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02', events => '{secret_launch}');
select * from telemetry.event_volume(events => '{secret_lunch}');
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000b';
select * from telemetry.event_volume(events => '{secret_launch}');
select * from telemetry.event_volume(events => '{secret_lunch}');
reset role;
-- Who may not read the taxonomy knows what is in the log.
revoke select on telemetry.event_types from unknown_events_analyst;
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
set local role unknown_events_analyst;
select count(*) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02', events => '{secret_launch}');
select * from telemetry.event_volume(events => '{paid}');
reset role;
reset telemetry.tenant_id;

-- Every argument of every function that takes names of events. What else is required gets a good value.
create function pg_temp.outcome(call text, out code text, out message text, out hint text) language plpgsql as $$
begin
    execute call;
    code := '00000';
exception when others then
    get stacked diagnostics code = returned_sqlstate, message = message_text, hint = pg_exception_hint;
end $$;
create table public.assignments (id uuid, created_at timestamptz);
create temp table calls as
with arguments as (
    select p.oid, p.proname, a.name, format_type(a.type, null) as type, a.place <= p.pronargs - p.pronargdefaults as is_required
      from pg_proc p, unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality a (name, type, place)
     where p.pronamespace = 'telemetry'::regnamespace and p.proretset
),
valued as (
    select a.*,
           a.name ~ '(^|_)(event|events|steps|exclude|numerator|denominator|sequence|anchor|target|opened|closed|recovery_from)$'
               and a.name !~ '_(key|kind|filter)$' and a.type in ('text', 'text[]', 'jsonb') as is_event,
           case a.type when 'text' then quote_literal(case when a.name in ('closed', 'target') then 'paid' when a.name = 'steps' then '["SIGNED_UP","paid"]' when a.name = 'exclude' then '["SIGNED_UP"]' else 'SIGNED_UP' end) when 'text[]' then case a.name when 'closed_events' then '''{paid}''' else '''{SIGNED_UP}''' end when 'jsonb' then '''["SIGNED_UP","paid"]''' end as good,
           case a.type when 'text' then case when a.name in ('steps', 'exclude') then '''{SIGNED_UP,SIGN_UP}''' else '''SIGN_UP''' end when 'text[]' then '''{SIGNED_UP,SIGN_UP}''' when 'jsonb' then '''["SIGNED_UP","SIGN_UP"]''' end as unknown
      from arguments a
)
select v.proname, v.name,
       format('select count(*) from telemetry.%I(%s)', v.proname,
              (select string_agg(format('%I => %s', r.name, case when r.name = v.name then r.unknown else r.good end), ', ')
                 from valued r
                where r.oid = v.oid
                  and (r.is_required or r.name = v.name or r.name in ('payload_key', 'experiment', 'feature_event', 'error_events', 'metric_event')
                       or (v.proname ~ '^object_ratio' and v.name = 'recovery_from' and r.name = 'recovery_event')
                       or (v.proname ~ '^object_ratio' and v.name = 'due_events' and r.name = 'due_key')
                       or (v.proname ~ '^experiment' and v.name = 'denominator_event' and r.name = 'metric_kind')))) as call
  from valued v
 where v.is_event;
update calls set call = replace(call, 'metric_kind => ''SIGNED_UP''', 'metric_kind => ''ratio''');
select c.proname, c.name, o.code, o.message, o.hint from calls c, pg_temp.outcome(c.call) o
 where o.message is distinct from 'unknown event "SIGN_UP"' or o.hint not like 'Did you mean "SIGNED_UP"%' order by 1, 2;
select proname, string_agg(name, ', ' order by name) from calls group by proname order by proname;

-- The setting: such an event never happened.
set telemetry.unknown_events = 'empty';
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-02', events => '{SIGN_UP}');
select c.proname, c.name, o.code, o.message from calls c, pg_temp.outcome(c.call) o where o.code <> '00000' order by 1, 2;
reset telemetry.unknown_events;
set telemetry.unknown_events = 'maybe';
-- Definitions and dashboards raise what their KPIs raise.
select telemetry.register_kpi('sign_ups', '{"kind": "event_volume", "parameters": {"events": ["SIGN_UP"]}}');
select * from telemetry.kpi('sign_ups');
select * from telemetry.explain_kpi('event_volume', '{"events": ["SIGN_UP"]}');
rollback;
