-- The release that is played before this one: what it had otherwise. It is run at the end of its install script. What
-- by_hand.sql undoes, no tool does.

-- A body, what a function costs, an aggregate's state.
do $$
begin
    execute replace(pg_get_functiondef('telemetry.rejection_summary'::regproc), 'order by 3 desc, 1, 2', 'order by 3');
end
$$;
alter function telemetry_private.health_of_server() cost 7 volatile;
create or replace aggregate telemetry.uniq(value anyelement) (
    sfunc = telemetry_private.uniq_step, stype = bytea, sspace = 4096, finalfunc = telemetry_private.uniq_of,
    combinefunc = telemetry_private.combine_states, parallel = safe);

-- A function that was not there yet, and one that is there no more.
drop function telemetry.client_types;
create function telemetry.old_answer(question text)
returns integer
language sql
set search_path = pg_catalog, pg_temp
as 'select 42';
revoke all on function telemetry.old_answer from public;

-- Other columns of a function, which two more stand on: one with fewer columns itself, one not there yet.
drop function telemetry_private.health() cascade;
create function telemetry_private.health()
returns table (check_name text, severity text, problem text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$ select null::text, null::text, null::text where false $$;
create function telemetry.health()
returns table (check_name text, severity text, problem text)
language sql
stable
begin atomic
    select h.check_name, h.severity, h.problem from telemetry_private.health() h;
end;
comment on function telemetry.health is 'Tells what is wrong.';
revoke all on function telemetry.health, telemetry_private.health from public;

-- A view without the column in its middle.
drop view telemetry.delivery_counts;
create view telemetry.delivery_counts with (security_invoker = true) as
    select c.destination, c.outcome, c.deliveries
      from telemetry_private.delivery_counts(telemetry.log_visibility(), telemetry.current_tenant()) c;

-- Nobody keeps what default privileges of the database gave of these, as at the end of every install script.
do $$
declare
    target text;
    grantee text;
begin
    for target, grantee in
        select o.target, case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
          from (select format('routine %s', p.oid::regprocedure), p.proacl, p.proowner
                  from pg_proc p where p.oid in ('telemetry.health'::regproc, 'telemetry_private.health'::regproc, 'telemetry.old_answer'::regproc)
                 union all
                select 'telemetry.delivery_counts', c.relacl, c.relowner from pg_class c where c.oid = 'telemetry.delivery_counts'::regclass) o (target, acl, owner),
               lateral aclexplode(o.acl) acl
         where acl.grantee <> o.owner
    loop
        execute format('revoke all on %s from %s', target, grantee);
    end loop;
end
$$;

-- An event trigger that looked at less, comments, privileges.
drop event trigger telemetry_holds_partitions;
create event trigger telemetry_holds_partitions on ddl_command_start when tag in ('DROP TABLE') execute function telemetry_private.hold_partitions();
alter event trigger telemetry_holds_partitions enable always;
comment on function telemetry.funnel is 'Counts.';
grant execute on function telemetry.as_id to public;
revoke execute on function telemetry.log_visibility from public;

-- Tables, which a restore makes itself: one that was not there, an index and a trigger that were not, and what a person has to write.
do $$
begin
    if to_regclass('telemetry.events') is null then
        return;
    end if;
    comment on column telemetry.events.source is 'Whence.';
    drop table telemetry.delivery_hours;
    drop index telemetry.changes_by_name;
    drop trigger truncation_recorded on telemetry.cohorts;
    alter table telemetry.exports drop column updated_at;
    alter table telemetry.rejections add column note text;
    alter table telemetry.changes drop constraint change_is_known, add constraint change_is_known check (change <> '');
    drop policy tenant_reads_own_silences on telemetry.silences;
    create policy tenant_reads_own_silences on telemetry.silences for select using (tenant_id is not null);
end
$$;
