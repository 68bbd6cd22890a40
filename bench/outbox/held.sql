-- The same while another session holds its snapshot, so that every version of a state stays: small batches, part by part.
\set ON_ERROR_STOP on
call drain('small', 8, 250);
call drain('small', 8, 250);
call drain('small', 8, 250);
call drain('small', 8, 250);
select c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) as size from pg_class c
 where c.relnamespace = 'telemetry'::regnamespace and c.relname in ('outbound_frontier', 'destination_states', 'deliveries', 'delivery_hours') order by 1;
