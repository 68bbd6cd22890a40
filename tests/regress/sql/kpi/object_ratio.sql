-- object_ratio(): what became of bookings: how many were kept, and who came back after one was lost.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
\set ON_ERROR_ROLLBACK on
begin;
-- The timeline knows what the denominator's payload says; of the others nothing is asked.
select telemetry.register_event(name, case when name = 'booked' then '{"promoted_properties": ["trainer"]}'::jsonb end) from unnest('{booked,attended,no_show,canceled}'::text[]) name \g /dev/null
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
select bucket::date, in_numerator, in_denominator, ratio, previous_ratio, relative_change, is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week') :both
select bucket::date, in_numerator, in_denominator, ratio, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week', exclude_event => 'canceled') :both
-- Within two days; by trainer; the largest apart.
select bucket::date, in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', within => '2 days') :both
select bucket::date, breakdown_value, in_numerator, in_denominator, ratio, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week', 'trainer') :both
select breakdown_value, in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', 'trainer', 1) :both
select in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', filter => '{"trainer": "uma"}') :both
-- No-shows, and how many of them led to another booking: within 14 days, within one.
select in_numerator, in_denominator, ratio, lost, recovered, recovery_rate from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', recovery_event => 'booked', recovery_from => 'no_show') :both
select lost, recovered, recovery_rate from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-13', 'week', recovery_event => 'booked', recovery_within => '1 day') :both
-- The objects behind it.
select booking, breakdown_value, denominator_at, is_in_numerator, is_lost, is_recovered
  from telemetry.object_ratio_objects('attended', 'booked', '2020-01-06', '2020-01-13', 'week', 'trainer', recovery_event => 'booked', recovery_from => 'no_show')
  join (select distinct booking from seen where booking is not null) b on telemetry.as_id(booking) = subject_id order by 1 :both
-- All time; what is not over, or may still be reached, is not complete; local weeks; months and hours before.
select sum(in_numerator), sum(in_denominator), min(bucket) from telemetry.object_ratio('attended', 'booked', until => '2020-01-20') :both
select is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-13', 'week', within => '100 years') :both
select bucket, in_denominator, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-08', tz => 'America/New_York') :both
select grain, bucket, in_denominator, previous_ratio from unnest('{month,quarter,year}'::text[]) grain, telemetry.object_ratio('attended', 'booked', '2020-01-01', '2020-01-31', grain) :both
select bucket, in_denominator, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-07 11:00', '2020-01-07 12:00', 'hour') :both
select grain, bucket, in_denominator, previous_ratio from unnest('{minute,5 minutes,15 minutes}'::text[]) grain, telemetry.object_ratio('attended', 'booked', '2020-01-07 11:00', '2020-01-07 11:01', grain) :both
select bucket, in_denominator, ratio, previous_ratio, is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-13', '2020-01-20', 'range') :both
select bucket, in_denominator, ratio, previous_ratio from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week') :both
-- A range that cuts its first bucket: the bucket before is whole, the cut part of this one is nowhere.
select bucket, in_denominator, previous_ratio, is_complete from telemetry.object_ratio('attended', 'booked', '2020-01-08', '2020-01-13', 'week') :both

-- From the timeline and the rows above it: also where no user is asked for, nobody had the event, or another name than the
-- denominator's lacks the key; a key that it lacks itself is read from the rows.
call telemetry.tick();
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "attended", "denominator": "booked", "breakdown": "trainer", "filter": {"trainer": "tom"}}');
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "attended", "denominator": "booked", "breakdown": "coupon"}');
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "booked", "denominator": "attended", "breakdown": "trainer"}');
-- An event in place of another that is about something else is found, and made good.
select bool_and(is_equal) from telemetry.verify_derived();
savepoint changed;
alter table telemetry.events disable trigger all;
update telemetry.events set subject_id = telemetry.as_id('b77') where event_name = 'no_show' and user_id is null;
select derived, expected, found, is_equal, problem from telemetry.verify_derived() where not is_equal and derived <> 'provenance';
select telemetry.rebuild_derived() \g /dev/null
select bool_and(is_equal) from telemetry.verify_derived() where derived <> 'provenance';
select in_numerator from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-13', 'week');
rollback to changed;

select * from telemetry.object_ratio('attended', 'booked', top_n => 0);
select * from telemetry.object_ratio('attended', 'booked', within => '-1 day');
select * from telemetry.object_ratio('attended', 'booked', recovery_within => '1 day');
select * from telemetry.object_ratio('attended', 'booked', grain => 'fortnight');
select * from telemetry.object_ratio('attended', 'booked', '2020-01-02', '2020-01-01');

-- No call takes more than telemetry.kpi_memory, from the rows or the timeline.
select sum(telemetry.import_events(batch)) from (select jsonb_agg(jsonb_build_object('event_name', 'booked', 'event_ts', '2020-03-01T00:00:00Z', 'subject_id', telemetry.as_id('m' || n))) as batch from generate_series(1, 30000) n group by n % 3) b;
call telemetry.tick();
select in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-03-01', '2020-03-02');
set local telemetry.kpi_memory = '1MB';
select in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-03-01', '2020-03-02');
set local telemetry.kpi_source = raw;
select in_numerator, in_denominator from telemetry.object_ratio('attended', 'booked', '2020-03-01', '2020-03-02');
rollback;
