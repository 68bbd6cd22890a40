-- Retention classes say how long events are kept. An event names its class; without one it is kept for ever.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_retention_class('error_log', '90 days', 'Errors.');
select telemetry.register_event('page_failed', '{"retention_class": "error_log"}'), telemetry.register_event('page_viewed');
select event_name, retention_class from telemetry.event_catalog() order by 1;

-- Registering a class again changes it, for the events that are there too; what it is for stays where nothing is said.
select telemetry.register_retention_class('error_log', '60 days');
select name, keep, description from telemetry.retention_classes order by name;

-- The class of an event is that of its newest definition.
select telemetry.update_event('page_viewed', '{"retention_class": "error_log"}');
select event_name, retention_class, keep from telemetry_private.expiring_events('2026-03-15 12:00Z') order by 1;
-- An event is due once the day in which its time was up is over; with less than a day to keep, the hour.
select telemetry_private.due_before('60 days', '2026-03-15 12:34Z') as days, telemetry_private.due_before('1 month', '2026-03-31 12:34Z') as months,
       telemetry_private.due_before('3 hours', '2026-03-15 12:34Z') as hours;

-- A class that is not registered is refused, and its names are told.
select telemetry.register_event('page_closed', '{"retention_class": "err_log"}');
select telemetry.update_event('page_viewed', '{"retention_class": "forever"}');
-- The time is positive, and sane.
select telemetry.register_retention_class('nothing', '0 days');
select telemetry.register_retention_class('nothing', '-1 day');
select telemetry.register_retention_class('nothing', '1 month -31 days');
select telemetry.register_retention_class('nothing', '1001 years');
select telemetry.register_retention_class('Bad Name', '1 day');
select telemetry.register_retention_class(null, '1 day');
select telemetry.register_retention_class('kept', '1 day');

-- A class that is used stays.
select telemetry.drop_retention_class('error_log');
select telemetry.update_event('page_viewed', '{"retention_class": null}'), telemetry.update_event('page_failed', '{"retention_class": "kept"}');
select telemetry.drop_retention_class('error_log');
select telemetry.drop_retention_class('error_log');
select telemetry.drop_retention_class(null);
select name from telemetry.retention_classes;
-- Each change is kept.
select name, change, before, after from telemetry.changes where kind = 'retention_class' order by change_id;

-- Packs bring the classes that their documents name: coaching keeps log records 30 days, errors 90 days and logins a year.
select telemetry.install_pack('coaching');
select name, keep, pack, description from telemetry.retention_classes where pack is not null order by keep;
select retention_class, count(*), (array_agg(event_name order by event_name))[1:7] as events from telemetry.event_types where pack = 'coaching' group by 1 order by 1;
-- Of the other packs everything stays; where some of it is technical, it has a class of its own, which one call gives a time.
select telemetry.install_pack(p) from unnest('{exam_prep,tutoring,support_chat,learning}'::text[]) p;
select t.pack, t.retention_class, c.keep, count(*) from telemetry.event_types t join telemetry.retention_classes c on c.name = t.retention_class
 where t.pack <> 'coaching' group by 1, 2, 3 order by 1, 2;
-- A class that is there already stays as it is, whatever the pack says.
select telemetry.uninstall_pack('coaching');
select name from telemetry.retention_classes where pack = 'coaching';
select telemetry.register_retention_class('error_log', '1 year', 'Ours.');
select telemetry.install_pack('coaching');
select name, keep, pack from telemetry.retention_classes where name = 'error_log';
rollback;
