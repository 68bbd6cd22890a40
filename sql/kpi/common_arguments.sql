-- What the arguments mean that most KPIs take, said once: a COMMENT names them as "common arguments", and help() and the
-- pages of docs/functions put these sentences in.

create function telemetry_private.common_arguments()
returns table (argument text, meaning text)
language sql
immutable
begin atomic
    select c.column1, c.column2
      from (values
        ('since', 'events at or after this moment count; default NULL: from the first event on'),
        ('until', 'events before this moment count; default NULL: all that there are'),
        ('last', 'in place of since: a number and a unit of the calendar, as in 30 days, 12 weeks or 24 hours. The last 30 days are today, as far as it has come, and the 29 days before it; with until they are counted back from there. Where the buckets of grain are wider, the first one is whole'),
        ('grain', 'the width of a bucket, by the clock of tz: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter or year; range: one bucket, from since, or the first event, to until, or now'),
        ('breakdown', 'a payload key (plan) or path (experiment.variant) whose values have rows of their own, as ->> shows them; or several at once, {previousPlan,newPlan}, whose values are together a JSON array such as ["basic", "pro"], with null for a key that an event lacks. Events without any of them belong to NULL; default NULL: no breakdown'),
        ('top_n', 'how many values of breakdown are shown apart, 1 to 1000, those with the most of what is counted in the whole range, equals by value; the others are together under $other, so that nothing is cut silently; default 10'),
        ('actor', 'who is counted: user (default), session, subject or tenant; sessions and subjects are read from rows. An actor is a pair of tenant and id, so that a user of two tenants is two actors; events without the id count for nobody'),
        ('object_key', 'the payload key, or path, that names the subject in place of subject_id (conversationId): its value''s text, a uuid as it is, else as as_id() makes it one. Events without it are about nothing; the actor is then subject'),
        ('tz', 'the time zone whose clock is followed: an IANA name such as Europe/Berlin; default the session''s'),
        ('week_start', 'the first day of a week: monday (default) to sunday'),
        ('tenant', 'the tenant whose events count; default NULL: every tenant that the caller may see'),
        ('filter', 'what the payload of an event must hold to count: values by key or path, comparisons ($gt, $in and others) and cohorts, as in {"plan": "pro", "amount": {"$gte": 10}}; default NULL: anything')
      ) c;
end;
