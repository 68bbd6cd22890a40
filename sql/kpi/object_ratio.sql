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
    filter jsonb default null,
    last text default null)
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
    filter jsonb default null,
    last text default null)
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
'Which share of bookings, assignments or other objects with one event also had another one, per day
or other calendar bucket: a show rate, a fill rate. It is never over 1.

Arguments
  numerator        the event that an object must have at or after that of the denominator; default
                   NULL: every event
  denominator      the event that the objects have; default NULL: every event
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant: common arguments
  within           how long after the denominator event the numerator may come, inclusive; default
                   NULL: any time, also after until
  exclude_event    objects with this event after the denominator event are left out
                   (booking_canceled); default NULL
  recovery_event   the event that makes up for a loss, of the same user; default NULL: losses are
                   not told
  recovery_from    the event that is a loss (no_show), by the rules of the numerator; default the
                   numerator
  recovery_within  how long after the loss a recovery_event may come; default 14 days
  filter           what the denominator event''s payload must hold; default NULL: anything
  due_key          the payload key of the time at which an object falls due (starts_at), with date,
                   time and offset as import_events() reads them, from 1970 on; default NULL
  due_events       names of further events that set that time (booking_rescheduled); default NULL:
                   none
  object_key       the payload key that names the object in all of these events but recovery_event
                   (conversationId), in place of subject_id: its value''s text, a uuid as it is, else
                   as as_id() makes it one; events without it are about nothing; default NULL:
                   subject_id
Columns
  bucket                        the start of the bucket
  breakdown_value               the value; NULL without breakdown, and of objects without one
  in_numerator, in_denominator  how many objects of each side
  ratio                         in_numerator / in_denominator; NULL without objects
  previous_ratio                that of the bucket before, of the first one too where since is
                                given; of grain range that of as long a range before
  relative_change               ratio / previous_ratio - 1
  lost                          with recovery_event: objects that had recovery_from
  recovered                     those of them whose user had a recovery_event after that
  recovery_rate                 recovered / lost; NULL where nothing is lost
  is_complete                   whether the bucket is over and not cut by since or until, and within
                                has passed
  is_other                      whether the row is $other, all values that are not shown apart; a
                                value of the log that is spelled $other is not
  not_yet_due                   objects that fall due in the bucket, but after now(); they are not
                                in the denominator; NULL without due_key
  undated                       objects without such a time, or with one that cannot be read, in the
                                bucket of their first denominator event; they are not in the
                                denominator; NULL without due_key
Errors
  22023  neither numerator nor denominator; a key with an empty part; a negative interval; recovery
         arguments without recovery_event; due_events without due_key; top_n is out of range; an
         unknown grain, zone, week_start or event; since is not before until
Notes
  The breakdown goes by the payload of the denominator event. The values that are shown apart have
    the most objects.
  An object is a tenant and a subject_id, or what object_key names. It counts once in each bucket
    with a denominator event.
  With due_key an object counts once, in the bucket of its due time, however early its event came.
    within is counted from that time, and what comes before it counts as well.
  The last event that sets a time decides, of the denominator''s and of due_events; what was logged
    before that event is of no account. An event more than within after the time before does not
    move it any more, nor does exclude_event count then, so that what is complete stays.
  There is one row per bucket and value, and none where since is NULL and there is no event.
    Sampling is not weighed.';
comment on function telemetry.object_ratio_objects is
'The objects behind object_ratio(): one row per bucket and object.

Arguments
  the arguments of object_ratio() but top_n
Columns
  bucket                   the start of the bucket
  breakdown_value          the object''s value
  tenant_id, subject_id    the object; with object_key subject_id is the id that it makes
  user_id, denominator_at  the user and the time of its first denominator event in the bucket
  is_in_numerator          whether it is in the numerator; NULL of those that are not yet due or
                           undated, which due_at tells apart
  is_lost, is_recovered    whether it was lost and recovered; NULL without recovery_event
  due_at                   when it falls due; NULL without due_key, and of undated ones
Errors
  the errors of object_ratio()
Notes
  The rows have no order.';
