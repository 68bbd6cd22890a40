-- Which file each table and index is in: another one, and it was written anew.
select c.oid::regclass, pg_relation_filenode(c.oid) from pg_class c
 where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and c.relkind in ('r', 'i');
