-- Late arrivals: the table says which stretches of the past got events of which ids. So whoever looks for events above
-- a cursor opens the partitions of the last days and these, and not all of them. Twin: src/log/late_arrivals.rs.
--
-- Invariant: an event above a cursor's position is at most two days older than the moment since which all ids above that
-- position were drawn, or it lies in a row of this table that was stored in its own transaction.

create function telemetry_private.init_late_arrivals()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.late_arrivals') is null then
        create table telemetry.late_arrivals (
            arrival_id uuid primary key default gen_random_uuid(),
            since      timestamptz not null,
            until      timestamptz not null,
            first_id   bigint not null,
            last_id    bigint not null,
            constraint times_are_in_order check (since < until),
            constraint ids_are_in_order check (first_id <= last_id)
        );
        comment on table telemetry.late_arrivals is 'The stretches of time that got events which were more than a day old, by imports and replays, until tick() is past them. It holds no event and no tenant.';
        comment on column telemetry.late_arrivals.since is 'Where the partition that got the events begins; -infinity where it has no begin.';
        comment on column telemetry.late_arrivals.until is 'Where that partition ends, exclusive.';
        comment on column telemetry.late_arrivals.first_id is 'No ingest_id of these events is lower.';
        comment on column telemetry.late_arrivals.last_id is 'No ingest_id of these events is higher.';
    end if;
    perform telemetry_private.set_row_security('telemetry.late_arrivals');
    if not exists (select from pg_policy where polrelid = 'telemetry.late_arrivals'::regclass and polname = 'readers_see_late_arrivals') then
        create policy readers_see_late_arrivals on telemetry.late_arrivals for select using (first_id is not null);
    end if;
end
$$;

-- Notes events that came by another way than the logging functions, for instance with a partition that was attached.
create function telemetry_private.note_late_arrivals(since timestamptz, until timestamptz, first_id bigint, last_id bigint)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into telemetry.late_arrivals (since, until, first_id, last_id) values (since, until, first_id, last_id)
$$;
