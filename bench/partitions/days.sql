-- Daily partitions, :days of them up to today, as a log has them that has run so long.
set timezone = 'UTC';
create procedure pg_temp.make_days(days integer)
language plpgsql
as $$
declare
    since timestamptz;
    name text;
begin
    for place in reverse days .. 1 loop
        since := date_trunc('day', now()) - place * interval '1 day';
        name := to_char(since, '"events_"YYYYMMDD');
        continue when telemetry_private.partition_at(since) is not null;
        perform telemetry_private.make_partition(name);
        perform set_config('telemetry_private.makes_partition', 'on', false);
        execute format('alter table telemetry.events attach partition telemetry_private.%I for values from (%L) to (%L)', name, since, since + interval '1 day');
        perform telemetry_private.protect_partition(format('telemetry_private.%I', name)::regclass);
        if place % 50 = 0 then
            commit;
        end if;
    end loop;
end
$$;
call pg_temp.make_days(:days);
