-- Daily budgets: telemetry.kept_counts says how many events of a tenant were kept today. Twin: src/log/sampling.rs,
-- which lets the rate fall.
--
-- One row of the count stands for `events` kept ones and is written by one event in as many, so that no session waits
-- for another. The sum is right to about 3 % at the budget.

create function telemetry_private.init_sampling()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.kept_counts') is null then
        create table telemetry.kept_counts (
            tenant_id  uuid not null,
            event_name text collate "C" not null,
            day        date not null,
            event_id   uuid not null,
            events     integer not null,
            primary key (tenant_id, event_name, day, event_id)
        );
        comment on table telemetry.kept_counts is 'How many events were kept that have a daily budget or whose tenant has a daily limit. The sum of its rows counts: see sampling_rates() and tenant_usage().';
        comment on column telemetry.kept_counts.event_name is 'The event; empty: all events of a tenant with a daily limit, see tenant_usage().';
        comment on column telemetry.kept_counts.day is 'The day in UTC.';
        comment on column telemetry.kept_counts.event_id is 'The event that wrote the row.';
        comment on column telemetry.kept_counts.events is 'How many kept events the row stands for.';
    end if;
    perform telemetry_private.set_row_security('telemetry.kept_counts');
    if not exists (select from pg_policy where polrelid = 'telemetry.kept_counts'::regclass and polname = 'tenant_reads_own_counts') then
        create policy tenant_reads_own_counts on telemetry.kept_counts for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
end
$$;

create function telemetry.budget_rate(kept bigint, daily_budget integer)
returns real
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.budget_rate(kept, daily_budget);
end;

comment on function telemetry.budget_rate is
'Computes the probability with which an event with a daily budget is kept: 1 below the budget,
halved at the budget and again by each further quarter of it, and never less than 1/1024.

Arguments
  kept          how many events of the day were kept already; NULL counts as 0
  daily_budget  the budget, events a day and tenant
Returns
  the probability; NULL without a budget';

create function telemetry.sampling_rates(day date default null)
returns table (tenant_id uuid, event_name text, kept bigint, daily_budget integer, sampling_rate real, present_rate real)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select k.tenant_id, k.event_name, sum(k.events)::bigint, t.daily_budget, t.sampling_rate,
           t.sampling_rate * telemetry.budget_rate(sum(k.events)::bigint, t.daily_budget)
      from telemetry.kept_counts k
      join lateral (select t.daily_budget, t.sampling_rate
                      from telemetry.event_types t
                     where t.event_name = k.event_name and t.daily_budget is not null
                     order by t.status <> 'active', t.event_version desc
                     limit 1) t on true
     where k.day = coalesce(sampling_rates.day, (now() at time zone 'UTC')::date)
     group by k.tenant_id, k.event_name, t.daily_budget, t.sampling_rate
     order by k.tenant_id, k.event_name
$$;

comment on function telemetry.sampling_rates is
'Shows how far the daily budgets are used up, and at which rates events are kept now. There is one
row per tenant and event with a budget that was logged on the day.

Arguments
  day    a day in UTC; NULL: today
Columns
  tenant_id      the tenant
  event_name     the event
  kept           how many events were kept on that day, right to about 3 %
  daily_budget   the budget of the event, events a day and tenant
  sampling_rate  the rate that the event has by itself
  present_rate   the rate at which it is kept when so many are kept already: each quarter of the
                 budget beyond it halves the rate, down to 1/1024
Notes
  There are no rows where nothing with a budget was logged.';
