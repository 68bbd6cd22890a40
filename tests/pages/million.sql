-- Of each dashboard: the median of five calls of dashboard() and of dashboard_page(), in ms, and the page's size.
create function pg_temp.median_ms(call text) returns integer language plpgsql as $$
declare
    begun timestamptz;
    times double precision[];
begin
    for n in 1..5 loop
        begun := clock_timestamp();
        execute call;
        times := times || extract(epoch from clock_timestamp() - begun)::double precision * 1000;
    end loop;
    return (select percentile_cont(0.5) within group (order by t) from unnest(times) t);
end
$$;
select d.name, pg_temp.median_ms(format('select count(*) from telemetry.dashboard(%L, until => %L)', d.name, :'until')),
       pg_temp.median_ms(format('select telemetry.dashboard_page(%L, until => %L)', d.name, :'until')), length(telemetry.dashboard_page(d.name, until => :'until'))
  from telemetry.dashboards d
 order by d.name;
