-- Of each dashboard: the medians of seven calls of dashboard() and of dashboard_page(), in turn, in ms, and the page's size.
create function pg_temp.medians_ms(calls text[]) returns integer[] language plpgsql as $$
declare
    begun timestamptz;
    times jsonb := '[]';
begin
    for n in 1..7 loop
        for place in 1..cardinality(calls) loop
            begun := clock_timestamp();
            execute calls[place];
            times := times || jsonb_build_object('place', place, 'ms', extract(epoch from clock_timestamp() - begun) * 1000);
        end loop;
    end loop;
    return (select array_agg(m.ms order by m.place)
              from (select t.place, percentile_cont(0.5) within group (order by t.ms)::integer as ms
                      from jsonb_to_recordset(times) t (place integer, ms double precision) group by t.place) m);
end
$$;
select d.name, m.ms[1], m.ms[2], length(telemetry.dashboard_page(d.name, until => :'until'))
  from telemetry.dashboards d,
       lateral pg_temp.medians_ms(array[format('select count(*) from telemetry.dashboard(%L, until => %L)', d.name, :'until'),
                                        format('select telemetry.dashboard_page(%L, until => %L)', d.name, :'until')]) m (ms)
 order by d.name;
