-- object_ratio() by when objects fall due: show rates of appointments that were moved, lie ahead, or have no time. Right
-- values by plain SQL beside them.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, case when name in ('booked', 'moved') then '{"promoted_properties": ["trainer", "starts_at"]}'::jsonb end) from unnest('{booked,moved,attended,no_show,canceled}'::text[]) name \g /dev/null
select * from telemetry.object_ratio('no_show', 'booked', due_key => 'starts_at');
select * from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-13', 'week', due_key => 'starts_at');

create temp table seen (booking text, who text, name text, at timestamptz, starts_at text, trainer text);
insert into seen values
    -- Booked long before; in another zone; at the last moment of the week, and at the first of the next.
    ('b01', 'ann', 'booked', '2019-11-01 10:00', '2020-01-06T10:00:00Z', 'tom'), ('b01', 'ann', 'attended', '2020-01-06 09:55', null, null),
    ('b02', 'bob', 'booked', '2020-01-02 10:00', '2020-01-06 01:00:00+05:30', 'tom'), ('b02', null, 'no_show', '2020-01-06 00:10', null, null),
    ('b03', 'cyd', 'booked', '2020-01-07 10:00', '2020-01-12T23:59:59.999999Z', 'uma'), ('b03', 'cyd', 'attended', '2020-01-13 00:30', null, null),
    ('b04', 'dee', 'booked', '2020-01-07 10:00', '2020-01-13T00:00:00+00', 'uma'), ('b04', 'dee', 'attended', '2020-01-13 00:01', null, null),
    -- Moved twice, the second time back; the client misses the last one and books again.
    ('b05', 'eve', 'booked', '2020-01-01 10:00', '2020-01-07T10:00:00Z', 'tom'), ('b05', 'eve', 'moved', '2020-01-05 10:00', '2020-01-14T10:00:00Z', 'uma'),
    ('b05', 'eve', 'moved', '2020-01-06 10:00', '2020-01-08T10:00:00Z', null), ('b05', null, 'no_show', '2020-01-08 11:00', null, null), ('b06', 'eve', 'booked', '2020-01-09 10:00', '2020-01-15T10:00:00Z', 'tom'),
    -- Missed, then moved to the next week and kept: the no-show is of a time that is no more.
    ('b07', 'fay', 'booked', '2020-01-01 10:00', '2020-01-07T10:00:00Z', 'tom'), ('b07', 'fay', 'no_show', '2020-01-07 11:00', null, null),
    ('b07', 'fay', 'moved', '2020-01-07 12:00', '2020-01-16T10:00:00Z', null), ('b07', 'fay', 'attended', '2020-01-16 10:00', null, null),
    -- A move that says the same time, or none, changes nothing; one that comes when all is settled neither.
    ('b08', 'gil', 'booked', '2020-01-01 10:00', '2020-01-08T10:00:00Z', 'uma'), ('b08', 'gil', 'no_show', '2020-01-08 11:00', null, null), ('b08', 'gil', 'moved', '2020-01-08 12:00', '2020-01-08 12:00:00+02', null),
    ('b08', 'gil', 'moved', '2020-01-08 13:00', null, null), ('b08', 'gil', 'moved', '2020-01-11 10:00:00.000001', '2020-01-17T10:00:00Z', null), ('b08', 'gil', 'canceled', '2020-01-12 10:00', null, null),
    -- Canceled; canceled, and then moved after all.
    ('b09', 'hal', 'booked', '2020-01-02 10:00', '2020-01-09T10:00:00Z', 'tom'), ('b09', 'hal', 'canceled', '2020-01-08 10:00', null, null),
    ('b10', 'ida', 'booked', '2020-01-02 10:00', '2020-01-09T10:00:00Z', 'tom'), ('b10', 'ida', 'canceled', '2020-01-03 10:00', null, null), ('b10', 'ida', 'moved', '2020-01-04 10:00', '2020-01-10T10:00:00Z', null),
    -- A no-show four days later is too late within three.
    ('b11', 'joe', 'booked', '2020-01-02 10:00', '2020-01-09T10:00:00Z', 'uma'), ('b11', 'joe', 'no_show', '2020-01-13 10:00', null, null),
    -- No time; a time without an offset; a move to one; a number; before the log can hold it.
    ('b12', 'kim', 'booked', '2020-01-07 10:00', null, 'tom'), ('b12', 'kim', 'no_show', '2020-01-08 10:00', null, null),
    ('b13', 'lou', 'booked', '2020-01-07 10:00', '2020-01-08T10:00:00', 'tom'), ('b14', 'max', 'booked', '2020-01-07 10:00', '2020-01-08T10:00:00Z', 'uma'), ('b14', 'max', 'moved', '2020-01-07 11:00', 'next week', null),
    ('b15', 'ned', 'booked', '2020-01-14 10:00', '1579000000', 'tom'), ('b16', 'oda', 'booked', '2020-01-14 11:00', '1969-12-31T23:59:59Z', 'tom'),
    -- Moved, but never booked.
    ('b17', 'pam', 'moved', '2020-01-07 10:00', '2020-01-08T10:00:00Z', 'tom');
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'subject_id', telemetry.as_id(booking),
    'payload', jsonb_strip_nulls(jsonb_build_object('trainer', trainer, 'starts_at', starts_at)))) order by at)) from seen;

-- By hand: week of the 6th: b01, b03, b05 (no-show), b08 (no-show), b09, b10, b11; b12, b13, b14 have no time. Of the 13th:
-- b04, b06, b07; b15, b16. Of December 30: b02 alone, at 19:30 UTC on Sunday.
select bucket::date, in_numerator, in_denominator, ratio, previous_ratio, undated, not_yet_due, is_complete
  from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-20', 'week', within => '3 days', due_key => 'starts_at', due_events => '{moved}') :both
-- The same by plain SQL: the last time that was set (no move after it was settled), and what came after that.
with said as (
    select e.subject_id, e.event_ts as set_at, e.payload ->> 'starts_at' as text,
           case when e.payload ->> 'starts_at' ~ '^20\d\d-\d\d-\d\d[T ].*(Z|[+]\d\d)' then (e.payload ->> 'starts_at')::timestamptz end as due_at
      from telemetry.events e where e.event_name in ('booked', 'moved') and e.payload ? 'starts_at'
), changes as (
    select s.*, lag(s.due_at) over (partition by s.subject_id order by s.set_at) as before from said s
), due as (
    select distinct on (c.subject_id) c.* from changes c
     where c.before is null or c.due_at is null or (c.due_at <> c.before and c.set_at <= c.before + interval '3 days')
     order by c.subject_id, c.set_at desc
)
select date_trunc('week', coalesce(d.due_at, b.booked_at))::date as bucket,
       count(*) filter (where d.due_at is not null and exists (select from telemetry.events n where n.event_name = 'no_show' and n.subject_id = b.subject_id and n.event_ts between d.set_at and d.due_at + interval '3 days')) as in_numerator,
       count(d.due_at) as in_denominator, count(*) - count(d.due_at) as undated
  from (select subject_id, min(event_ts) as booked_at from telemetry.events where event_name = 'booked' group by 1) b left join due d using (subject_id)
 group by 1 order by 1;
-- All time: nothing is lost. Every booking is counted, canceled ones left out, or has no time.
select bucket::date, in_numerator, in_denominator, undated, not_yet_due from telemetry.object_ratio('no_show', 'booked', null, '2020-01-20', 'week', within => '3 days', exclude_event => 'canceled', due_key => 'starts_at', due_events => '{moved}') where in_denominator + undated > 0 :both
select sum(in_denominator + undated) = (select count(distinct booking) from seen where name = 'booked') as reconciles from telemetry.object_ratio('no_show', 'booked', due_key => 'starts_at', due_events => '{moved}') :both
-- Without due_events the first times hold; without within all that came later counts.
select bucket::date, in_numerator, in_denominator, undated from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-20', 'week', due_key => 'starts_at') :both
select bucket::date, in_numerator, in_denominator, undated from telemetry.object_ratio('attended', 'booked', '2020-01-06', '2020-01-20', 'week', due_key => 'starts_at', due_events => '{moved}') :both
-- Days of another zone: b02's 1:00 in India is a day of its own there. A range of one bucket, with the one before it.
select bucket, in_numerator, in_denominator from telemetry.object_ratio('no_show', 'booked', '2020-01-05 18:30Z', '2020-01-07 18:30Z', within => '3 days', due_key => 'starts_at', due_events => '{moved}', tz => 'Asia/Kolkata') :both
select in_numerator, in_denominator, previous_ratio, undated, is_complete from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-13', 'range', within => '3 days', due_key => 'starts_at', due_events => '{moved}') :both
-- By trainer, who is the one of the booking; of one trainer's.
select bucket::date, breakdown_value, in_numerator, in_denominator, undated, is_other from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-20', 'week', 'trainer', within => '3 days', due_key => 'starts_at', due_events => '{moved}') :both
select bucket::date, in_numerator, in_denominator, undated from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-20', 'week', filter => '{"trainer": "uma"}', within => '3 days', due_key => 'starts_at', due_events => '{moved}') :both
-- Who came back after a no-show.
select bucket::date, lost, recovered, recovery_rate from telemetry.object_ratio('no_show', 'booked', '2020-01-06', '2020-01-20', 'week', within => '3 days', recovery_event => 'booked', due_key => 'starts_at', due_events => '{moved}') :both
-- The objects behind it.
select booking, bucket::date, denominator_at, due_at, is_in_numerator, is_lost, is_recovered
  from telemetry.object_ratio_objects('no_show', 'booked', '2020-01-06', '2020-01-20', 'week', within => '3 days', recovery_event => 'booked', exclude_event => 'canceled', due_key => 'starts_at', due_events => '{moved}')
  join (select distinct booking from seen) b on telemetry.as_id(booking) = subject_id order by 1 :both

-- What a call reads: the timeline where the key is promoted in the events that set it, else the rows of those that do not.
call telemetry.tick();
select source, chunks > 0 as has_chunks, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "no_show", "denominator": "booked", "due_key": "starts_at", "due_events": ["moved"]}');
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "no_show", "denominator": "booked", "due_key": "ends_at", "due_events": ["moved"]}');
select source, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "no_show", "denominator": "booked", "due_key": "starts_at", "due_events": ["attended"]}');

-- Today: what is due at now() counts, what is due later does not yet, and is no part of a range without an end.
savepoint present;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'booked', 'event_ts', now() - interval '1 hour', 'subject_id', telemetry.as_id('n' || n), 'payload', jsonb_build_object('starts_at', now() + due, 'trainer', 'tim'))))
  from unnest('{-30 minutes,0 minutes,1 microsecond,1 hour,400 days}'::interval[]) with ordinality u (due, n);
select in_denominator, not_yet_due, undated, is_complete from telemetry.object_ratio('no_show', 'booked', now() - interval '40 minutes', now() + interval '2 hours', 'range', due_key => 'starts_at') :both
select sum(in_denominator) as due, max(bucket) <= now() as ends_now from telemetry.object_ratio('no_show', 'booked', now() - interval '40 minutes', due_key => 'starts_at', filter => '{"trainer": "tim"}') :both
select sum(in_denominator) as due, sum(not_yet_due) as ahead from telemetry.object_ratio('no_show', 'booked', null, now() + interval '500 days', 'year', due_key => 'starts_at', filter => '{"trainer": "tim"}') :both
-- A day is complete when it is over and so is the wait for what comes late; without a wait when it is over.
select place, a.is_complete, b.is_complete as is_over, c.is_complete as is_waited_for
  from telemetry.object_ratio('no_show', 'booked', date_trunc('day', now()) - interval '2 days', date_trunc('day', now()) + interval '1 day', 'day', within => '1 day', due_key => 'starts_at') with ordinality a (bucket, breakdown_value, n, d, r, p, c, l, re, rr, is_complete, is_other, ny, u, place)
  join telemetry.object_ratio('no_show', 'booked', date_trunc('day', now()) - interval '2 days', date_trunc('day', now()) + interval '1 day', 'day', due_key => 'starts_at') b using (bucket)
  join telemetry.object_ratio('no_show', 'booked', date_trunc('day', now()) - interval '2 days', date_trunc('day', now()) + interval '1 day', 'day', within => '100 years', due_key => 'starts_at') c using (bucket) order by 1;
rollback to present;

-- The pack's show rates, and a KPI of one's own.
select telemetry.install_pack('coaching') > 0 as installed;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'subject_id', telemetry.as_id(booking), 'payload', payload)))
  from (values ('c1', 'ann', 'booking_scheduled', '2020-02-03 10:00Z'::timestamptz, '{"starts_at": "2020-02-11T10:00:00Z", "trainer_id": "t1"}'::jsonb), ('c2', 'bob', 'booking_scheduled', '2020-02-03 11:00Z', '{"starts_at": "2020-02-12T10:00:00Z", "trainer_id": "t1"}'),
               ('c2', 'bob', 'no_show', '2020-02-12 11:00Z', '{}'), ('c3', 'cyd', 'booking_scheduled', '2020-02-03 12:00Z', '{"starts_at": "2020-02-12T12:00:00Z", "trainer_id": "t2"}'),
               ('c3', 'cyd', 'booking_rescheduled', '2020-02-04 12:00Z', '{"starts_at": "2020-02-19T12:00:00+01:00"}'), ('c4', 'dee', 'booking_scheduled', '2020-02-03 13:00Z', '{"trainer_id": "t2"}'), ('c5', 'bob', 'booking_scheduled', '2020-02-13 10:00Z', '{"starts_at": "2020-02-20T10:00:00Z"}')) v (booking, who, name, at, payload);
select kpi, bucket::date, breakdown_value, value, previous_value, is_complete, error from telemetry.dashboard('coaching_show_rate', '2020-02-03', '2020-02-24') where kpi <> 'coaching_bookings';
select telemetry.register_kpi('bookings_ahead', '{"kind": "object_ratio", "parameters": {"numerator": "no_show", "denominator": "booking_scheduled", "object_key": "booking_id", "due_key": "starts_at", "due_events": ["booking_rescheduled"]}, "value_column": "not_yet_due"}') as is_new;
select bucket::date, value from telemetry.kpi('bookings_ahead', '2020-02-10', '2020-02-12');

select * from telemetry.object_ratio('no_show', 'booked', due_events => '{moved}');
select * from telemetry.object_ratio('no_show', 'booked', due_key => 'starts_at', due_events => '{mvoed}');
select * from telemetry.object_ratio('no_show', 'booked', due_key => 'starts_at', due_events => '{}');
rollback;
