-- Ratios of objects: of what events are about (subject_id: bookings, assignments), how many got further, and who came
-- back where one was lost. Twin: src/kpi/object_ratio.rs.

create function telemetry.object_ratio_objects(
    numerator text default null,
    denominator text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    within interval default null,
    exclude_event text default null,
    recovery_event text default null,
    recovery_from text default null,
    recovery_within interval default null,
    due_key text default null,
    due_events text[] default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, tenant_id uuid, subject_id uuid, user_id uuid, denominator_at timestamptz,
    is_in_numerator boolean, is_lost boolean, is_recovered boolean, due_at timestamptz)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'object_ratio_objects_wrapper';

create function telemetry.object_ratio(
    numerator text default null,
    denominator text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    within interval default null,
    exclude_event text default null,
    recovery_event text default null,
    recovery_from text default null,
    recovery_within interval default null,
    due_key text default null,
    due_events text[] default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, in_numerator bigint, in_denominator bigint, ratio double precision,
    previous_ratio double precision, relative_change double precision, lost bigint, recovered bigint,
    recovery_rate double precision, is_complete boolean, is_other boolean, not_yet_due bigint, undated bigint)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'object_ratio_wrapper';

comment on function telemetry.object_ratio is
'Of the objects (tenant and subject_id: bookings, assignments; or object_key) with an event named denominator in a calendar bucket of [since, until), NULL: all time, those that had one named numerator at or after it (a show rate, a fill rate): never over 1. A name of NULL means every event. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); breakdown: a key of the denominator event''s payload, or a path into it, its top_n values (default 10, at most 1000) with the most objects apart, the others together as $other (is_other, which a value spelled so is not), none under NULL; within: how long after the denominator event the numerator may come, inclusive, NULL: any time, also after until; exclude_event: objects with it after the denominator event are left out (booking_canceled); filter: what the denominator event''s payload must contain; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see. previous_ratio: of the bucket before (grain range: of as long a range before), also for the first one where since is given; relative_change: ratio / previous_ratio - 1. With a recovery_event: lost: objects that had recovery_from (default: numerator; a no_show), by the rules of the numerator; recovered: those whose user had a recovery_event after that, within recovery_within (default 14 days); recovery_rate: NULL where nothing is lost. An object counts once in each bucket with a denominator event. is_complete: the bucket is over, not cut by the range, and within has passed. due_key: the payload key of the time at which an object falls due (starts_at), with date, time and offset as import_events() reads them, from 1970 on. Then an object counts once, in the bucket of that time, however early its event came; within is counted from it, and what comes before it counts as well. The last event that sets a time decides, of the denominator''s and of due_events (booking_rescheduled; a list of names), and what was logged before that event is of no account; one more than within after the time before moves it no more, nor does exclude_event count then, so that what is complete stays. not_yet_due: objects due in the bucket, but after now(); undated: those without a time, or with one that cannot be read, in the bucket of their first denominator event; neither is in the denominator, both are NULL without due_key. object_key: the payload key that names the object in all of these events but recovery_event (conversationId), in place of subject_id: its value''s text, a uuid as it is, else as as_id() makes it one; events without it are about nothing. One row per bucket and breakdown value; ratio NULL without objects; without any event and since NULL none. Sampling is not weighed. Errors: 22023 neither numerator nor denominator, a key with an empty part, a negative interval, recovery arguments without recovery_event, due_events without due_key, top_n out of range, unknown grain, zone or week_start, since not before until.';
comment on function telemetry.object_ratio_objects is
'The objects behind object_ratio(), with the same arguments but top_n: one row per bucket and object, with its value of the breakdown, the user and time of its first denominator event there, whether it is in the numerator, was lost and was recovered (NULL without recovery_event), and due_at, when it falls due (NULL without due_key). Those of not_yet_due and undated are listed too: they are neither in the numerator nor not (NULL), and due_at tells them apart. With an object_key subject_id is the id that it makes. No order. Errors: those of object_ratio().';
