-- Daily budgets: how many events of a tenant were kept today. Twin: src/log/sampling.rs, which lets the rate fall.
--
-- One row of the count stands for `events` kept ones and is written by one event in as many, so that no session waits
-- for another; the sum is right to about 3 % at the budget.

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
        comment on table telemetry.kept_counts is 'How many events of a daily budget or of a tenant''s daily limit were kept; sums count, see sampling_rates() and tenant_usage().';
        comment on column telemetry.kept_counts.event_name is 'Empty: all events of a tenant that has a daily limit, see tenant_usage().';
        comment on column telemetry.kept_counts.day is 'In UTC.';
        comment on column telemetry.kept_counts.event_id is 'The event that wrote the row.';
        comment on column telemetry.kept_counts.events is 'For how many kept events the row stands.';
    end if;
    alter table telemetry.kept_counts enable row level security;
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
'The probability with which an event is kept when so many of the day were kept already: 1 below the budget, halved at the budget and again by each further quarter of it, at least 1/1024. NULL without a budget; kept NULL: 0.';

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
'Of every tenant and event with a daily budget: how many were kept on that day (UTC; NULL: today; right to about 3 %), the budget, the event''s own rate, and the rate at which it is kept now. Each quarter of the budget beyond it halves the rate, down to 1/1024. No rows where nothing with a budget was logged.';
