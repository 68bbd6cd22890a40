-- Partitions: by day, week or month, made ahead and on demand, never overlapping, never a DEFAULT.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
begin;
set local time zone 'UTC';
set local telemetry.partitions_back = 10000;
select telemetry.register_event('tick');

-- Months by default; a missing one is made when an event needs it.
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-05-17T10:00:00Z"}, {"event_name": "tick", "event_ts": "2001-06-01T00:00:00Z"}, {"event_name": "tick", "event_ts": "2001-05-31T23:59:59.999999Z"}]');
select partition, since, until from telemetry_private.partition_bounds() where until < '2002-01-01';
select tableoid::regclass as partition, event_ts from telemetry.events order by event_ts;

-- A finer setting fills gaps only: the week and the days that stand beside a month end where it begins.
set local telemetry.partition_interval = 'week';
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-04-28T00:00:00Z"}, {"event_name": "tick", "event_ts": "2001-07-02T00:00:00Z"}]');
set local telemetry.partition_interval = 'day';
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-04-20T23:00:00+02:00"}, {"event_name": "tick", "event_ts": "2001-07-01T12:00:00Z"}]');
select partition, since, until from telemetry_private.partition_bounds() where until < '2002-01-01';

-- A coarser one fills what is left between.
set local telemetry.partition_interval = 'month';
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-04-22T00:00:00Z"}, {"event_name": "tick", "event_ts": "2001-07-20T00:00:00Z"}]');
select partition, since, until from telemetry_private.partition_bounds() where until < '2002-01-01';

-- Bounds are midnights UTC whatever the session's zone, and all events are found.
set local time zone 'Asia/Kolkata';
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-09-30T20:00:00Z"}]');
set local time zone 'UTC';
select partition, since, until from telemetry_private.partition_bounds() where since = '2001-09-01';
select count(*) from telemetry.events;

-- Ahead: what is there is not made again.
select telemetry.create_partitions();
set local telemetry.partitions_ahead = 6;
select telemetry.create_partitions();
select telemetry.create_partitions();

-- A dropped partition is forgotten at once, and made again on demand.
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-06-02T00:00:00Z"}]');
drop table telemetry_private.events_20010601;
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-06-03T00:00:00Z"}]');
select count(*) from telemetry_private.events_20010601;

-- No default partition; a partition lives in the private schema and belongs to the owner of the log.
select count(*) filter (where pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT') as default_partitions,
       bool_and(c.relnamespace = 'telemetry_private'::regnamespace) as all_private,
       bool_and(c.relowner = p.relowner) as same_owner
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
 where i.inhparent = 'telemetry.events'::regclass;
set local telemetry.partition_interval = 'fortnight';
rollback;
