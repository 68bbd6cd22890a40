-- What a statement takes: the processor time of this backend, by the kernel's clock of 10 ms, the WAL of the server, and the rows that
-- this transaction wrote.
create function processor_ms() returns bigint language sql volatile as $$
    select sum(s.part::bigint) * 10 from (select string_to_array(pg_read_file('/proc/self/stat'), ' ') as parts) p, unnest(p.parts[14:15]) s (part)
$$;
create function rows_written() returns bigint language sql volatile as $$
    select coalesce(sum(t.n_tup_ins + t.n_tup_upd + t.n_tup_del), 0)::bigint from pg_stat_xact_all_tables t
$$;
create procedure measure(what text, statement text, runs integer) language plpgsql as $$
declare
    began bigint; clock timestamptz; lsn pg_lsn; rows bigint; load text := split_part(pg_read_file('/proc/loadavg'), ' ', 1);
begin
    for run in 1..runs loop
        if to_regclass('rounds') is not null then
            update telemetry.alert_rounds set evaluated_until = (select r.until - interval '1 minute' from rounds r);
            commit;
        end if;
        clock := clock_timestamp(); began := processor_ms(); lsn := pg_current_wal_insert_lsn(); rows := rows_written();
        execute statement;
        rows := rows_written() - rows;
        commit;
        raise notice '% (call % of this connection): % ms of processor time, % ms by the clock at load %, % bytes of WAL, % rows written', what, run,
            processor_ms() - began, round(extract(epoch from clock_timestamp() - clock) * 1000), load, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), lsn), rows;
    end loop;
end
$$;
