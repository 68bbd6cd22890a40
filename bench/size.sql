-- Bytes per event after the last run, heap and each index.
select format('bytes per event: heap %s, indexes %s (%s)', round(sum(pg_relation_size(p.partition)) / c.events),
              round(sum(pg_indexes_size(p.partition)) / c.events),
              (select string_agg(format('%s %s', kind, bytes), ', ' order by bytes desc)
                 from (select case when i.indisprimary then 'primary key' when pg_get_indexdef(i.indexrelid) ~ 'event_name' then 'by name'
                                   when pg_get_indexdef(i.indexrelid) ~ 'user_id' then 'by user' else 'by session' end as kind,
                              round(sum(pg_relation_size(i.indexrelid)) / max(c2.events)) as bytes
                         from telemetry_private.partition_bounds() b join pg_index i on i.indrelid = b.partition, (select count(*) as events from telemetry.events) c2
                        group by 1) sizes))
  from telemetry_private.partition_bounds() p, (select count(*) as events from telemetry.events) c
 group by c.events;
