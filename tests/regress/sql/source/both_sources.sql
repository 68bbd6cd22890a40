-- Tools of the next books: one statement, answered from the rows and from the timeline; a person's events by hand.
--
-- KPIs answer the same whether tick() never ran, ran between any two events, or ran to the end; only faster. So a
-- statement that ends with `:both` is run again: from the rows alone, and after each of up to eight ticks that stop
-- somewhere among the events. The notice says that every answer was the same one, which is then shown. Whether what is
-- derived was read at all is seen by spoiling it: then the statement fails, or counts wrong.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
create procedure both_sources(sent text)
language plpgsql
as $$
declare
    statement constant text := regexp_replace(sent, ';\s*call both_sources.*$', '');
    query constant text := format('select coalesce(array_agg(q::text order by q::text), ''{}'') from (%s) q', statement);
    by_rows text[];
    answer text[];
    stop bigint;
    outcome text := 'the same answer each time, from the rows';
begin
    set local telemetry.kpi_source = raw;
    execute query into by_rows;
    set local telemetry.kpi_source = auto;
    begin
        for stop in
            select e.ingest_id
              from (select ingest_id, row_number() over (order by ingest_id) as place, count(*) over () as events
                      from telemetry.events where ingest_id > (select max(position) from telemetry.cursors)) e
             where e.place % greatest(e.events / 8, 1) = 0 or e.place = e.events
             order by 1
        loop
            perform telemetry.tick_unit(stop - c.position) from telemetry.cursors c where c.consumer = 'timeline';
            execute query into answer;
            if answer is distinct from by_rows then
                raise 'rows: %; timeline up to event %: %', by_rows, stop, answer;
            end if;
        end loop;
        while telemetry.tick_unit() > 0 loop
        end loop;
        execute query into answer;
        if answer is distinct from by_rows then
            raise 'rows: %; timeline with all events: %', by_rows, answer;
        end if;
        begin
            perform set_config('telemetry_private.derives', 'on', true); -- or rows would be read
            update telemetry.timeline_chunks set header = '';
            update telemetry.hourly_counts set events = events + 1000;
            execute query into answer;
            if answer is distinct from by_rows then
                outcome := 'both sources agree';
            end if;
        exception
            when data_corrupted then
                outcome := 'both sources agree';
        end;
        -- The ticks of one statement are not those of the next.
        raise sqlstate 'BOTHS';
    exception
        when sqlstate 'BOTHS' then
            raise notice '%', outcome;
    end;
end
$$;
-- A person's events by hand, all of one name, at these times.
create function logs(person text, times timestamptz[], event_name text default 'open', payload jsonb default null) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'event_name', logs.event_name, 'event_ts', t, 'user_id', telemetry.as_id(person), 'payload', logs.payload)))) from unnest(times) t
$$;
\set both '\\; call both_sources(current_query());'

-- Nothing logged yet.
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02') :both
begin;
set local telemetry.enforcement = 'accept';
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'opened', 'event_ts', '2020-01-01T00:00:00Z', 'user_id', telemetry.as_id(n::text)))) from generate_series(1, 20) n;
call telemetry.tick();
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'closed', 'event_ts', '2020-01-01T12:00:00Z', 'user_id', telemetry.as_id(n::text)))) from generate_series(11, 30) n;
select event_name, events from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02') :both
select actors from telemetry.active_users(since => '2020-01-01', until => '2020-01-02') :both
-- What the timeline does not know, rows answer.
select step, actors from telemetry.funnel('["opened", "closed"]', actor => 'session') :both
rollback;
