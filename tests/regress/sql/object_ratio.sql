-- object_ratio(): what became of bookings: how many were kept, and who came back after one was lost.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name) from unnest('{booked,attended,no_show,canceled}'::text[]) name \g /dev/null
select * from telemetry.object_ratio('attended', 'booked');
select * from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week');

create temp table seen (booking text, who text, name text, at timestamptz, trainer text);
insert into seen values
    -- The week before: one of two came.
    ('b01', 'ann', 'booked', '2019-12-30 10:00', 'tom'), ('b01', 'ann', 'attended', '2020-01-07 10:00', null), ('b02', 'bob', 'booked', '2020-01-05 23:59', 'tom'),
    -- This week: ann comes, bob does not and books again after three days, cyd does not and never comes back, dee cancels.
    ('b11', 'ann', 'booked', '2020-01-06 00:00', 'tom'), ('b11', 'ann', 'booked', '2020-01-06 00:05', 'tom'), ('b11', 'ann', 'attended', '2020-01-08 10:00', null),
    ('b12', 'bob', 'booked', '2020-01-07 10:00', 'uma'), ('b12', null, 'no_show', '2020-01-09 10:00', null), ('b21', 'bob', 'booked', '2020-01-12 10:00', 'tom'),
    ('b13', 'cyd', 'booked', '2020-01-07 11:00', 'uma'), ('b13', 'cyd', 'no_show', '2020-01-09 11:00', null), ('b14', 'dee', 'booked', '2020-01-08 10:00', null), ('b14', 'dee', 'canceled', '2020-01-09 10:00', null),
    -- Attended without a booking in sight, and a booking about nothing.
    ('b99', 'eve', 'attended', '2020-01-07 10:00', 'tom'), (null, 'eve', 'booked', '2020-01-07 10:00', 'tom'),
    -- The week after.
    ('b31', 'ann', 'booked', '2020-01-13 10:00', 'tom'), ('b31', 'ann', 'attended', '2020-01-14 10:00', null);
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'subject_id', telemetry.as_id(booking), 'payload', jsonb_build_object('trainer', trainer))))) from seen;

-- Of the bookings of a week, those attended, then or later; the week before lends its ratio to the first.
select bucket::date, in_numerator, in_denominator, ratio, previous_ratio, relative_change, is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week');
select bucket::date, in_numerator, in_denominator, ratio, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week', exclude_event => 'canceled');
-- Within two days; by trainer; the largest apart.
select bucket::date, in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', within => '2 days');
select bucket::date, breakdown_value, in_numerator, in_denominator, ratio, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week', 'trainer');
select breakdown_value, in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', 'trainer', 1);
select in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', filter => '{"trainer": "uma"}');
-- No-shows, and how many of them led to another booking: within 14 days, within one.
select in_numerator, in_denominator, ratio, lost, recovered, recovery_rate from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', recovery_event => 'booked', recovery_from => 'no_show');
select lost, recovered, recovery_rate from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-13', 'week', recovery_event => 'booked', recovery_within => '1 day');
-- The objects behind it.
select booking, breakdown_value, denominator_at, is_in_numerator, is_lost, is_recovered
  from telemetry.object_ratio_objects('attended', 'booked', '2020-01-06', '2020-01-13', 'week', 'trainer', recovery_event => 'booked', recovery_from => 'no_show')
  join (select distinct booking from seen where booking is not null) b on telemetry.as_id(booking) = subject_id order by 1;
-- All time; what is not over, or may still be reached, is not complete; local weeks; months and hours before.
select sum(in_numerator), sum(in_denominator), min(bucket) from telemetry.object_ratio('attended', 'booked', until => '2020-01-20');
select is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', within => '100 years');
select bucket, in_denominator, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-08', tz => 'America/New_York');
select grain, bucket, in_denominator, previous_ratio from unnest('{month,quarter,year}'::text[]) grain, telemetry.object_ratio('attended', 'booked', '2020-01-01', '2020-01-31', grain);
select bucket, in_denominator, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-07 11:00', '2020-01-07 12:00', 'hour');
select grain, bucket, in_denominator, previous_ratio from unnest('{minute,5 minutes,15 minutes}'::text[]) grain, telemetry.object_ratio('attended', 'booked', '2020-01-07 11:00', '2020-01-07 11:01', grain);
select bucket, in_denominator, ratio, previous_ratio, is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-13', '2020-01-20', 'range');
select bucket, in_denominator, ratio, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week');
-- A range that cuts its first bucket: the bucket before is whole, the cut part of this one is nowhere.
select bucket, in_denominator, previous_ratio, is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-08', '2020-01-13', 'week');

select * from telemetry.object_ratio('attended', 'booked', top_n => 0);
select * from telemetry.object_ratio('attended', 'booked', within => '-1 day');
select * from telemetry.object_ratio('attended', 'booked', recovery_within => '1 day');
select * from telemetry.object_ratio('attended', 'booked', grain => 'fortnight');
select * from telemetry.object_ratio('attended', 'booked', '2020-01-02', '2020-01-01');
rollback;
