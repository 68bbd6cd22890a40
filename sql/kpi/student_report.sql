-- Reports of students: how each one learns, and which score is to be expected. Reads the events of the pack exam_prep, and
-- the answer key from a table of the application. Twin: src/kpi/student_report.rs, which predicts.

-- Predicts the score of each student of one tenant; the lists are in one order.
create function telemetry_private.predicted_scores(
    right_answers double precision[],
    questions_answered double precision[],
    questions integer,
    fewest_answers integer,
    confidence_level double precision)
returns table (place integer, predicted double precision, low double precision, high double precision)
language c
immutable
parallel safe
rows 100
as 'MODULE_PATHNAME', 'predicted_scores_wrapper';

-- Counts what each student did. `answer_key` is a table with the columns id and correct_index.
create function telemetry_private.student_counts(answer_key regclass, since timestamptz, until timestamptz, tenant uuid)
returns table (
    tenant_id uuid, user_id uuid, sessions bigint, submitted bigint, last_seen timestamptz, answered bigint, changes bigint, median_seconds double precision,
    pauses bigint, paused_seconds double precision, scored bigint, right_answers bigint, changed_to_right bigint, changed_to_wrong bigint,
    expected_score double precision, early_score double precision, late_score double precision)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
begin
    return query execute format($query$
        with logged as materialized (
            select e.tenant_id, e.user_id, e.session_id, e.subject_id, e.event_name, e.event_ts, e.ingest_id, e.payload
              from telemetry.events e
             where e.event_name in ('SESSION_CREATED', 'SESSION_SUBMITTED', 'QUESTION_VIEWED', 'ANSWER_SELECTED', 'ANSWER_CHANGED', 'PAUSE_BLUR')
               and e.user_id is not null and e.session_id is not null
               and ($1 is null or e.event_ts >= $1) and ($2 is null or e.event_ts < $2) and ($3 is null or e.tenant_id = $3)
        ),
        visited as (
            select l.tenant_id, l.user_id, count(distinct l.session_id) as sessions, count(distinct l.session_id) filter (where l.event_name = 'SESSION_SUBMITTED') as submitted,
                   max(l.event_ts) as last_seen
              from logged l
             group by 1, 2
        ),
        paused as (
            select b.tenant_id, b.user_id, count(*) as pauses, sum(extract(epoch from b.until - b.event_ts))::double precision as paused_seconds
              from (select l.tenant_id, l.user_id, l.event_ts, l.payload ->> 'state' as state, lead(l.event_ts) over in_order as until
                      from logged l
                     where l.event_name = 'PAUSE_BLUR'
                    window in_order as (partition by l.tenant_id, l.user_id, l.session_id order by l.event_ts, l.ingest_id)) b
             where b.state = 'blur'
             group by 1, 2
        ),
        seen as materialized (
            select l.tenant_id, l.user_id, l.session_id, l.subject_id,
                   min(l.event_ts) filter (where l.event_name = 'QUESTION_VIEWED') as viewed_at,
                   min(l.event_ts) filter (where l.event_name = 'ANSWER_SELECTED') as answered_at,
                   count(*) filter (where l.event_name = 'ANSWER_CHANGED') as changes,
                   array_agg(case l.event_name when 'ANSWER_SELECTED' then l.payload -> 'selected_index' else l.payload -> 'to_index' end order by l.event_ts, l.ingest_id)
                       filter (where l.event_name in ('ANSWER_SELECTED', 'ANSWER_CHANGED')) as choices
              from logged l
             where l.event_name in ('QUESTION_VIEWED', 'ANSWER_SELECTED', 'ANSWER_CHANGED') and l.subject_id is not null
             group by 1, 2, 3, 4
        ),
        scored as (
            select s.*, (s.choices[1] = k.correct)::integer as first_score, (s.choices[cardinality(s.choices)] = k.correct)::integer as score
              from seen s left join (%s) k on k.tenant_id = s.tenant_id and k.subject_id = s.subject_id
        ),
        placed as (
            select s.*, (sum(s.score) over of_question - s.score)::double precision / nullif(count(s.score) over of_question - 1, 0) as others,
                   case when s.score is not null then row_number() over in_order end as nth, count(s.score) over (partition by s.tenant_id, s.user_id) as of_student
              from scored s
            window of_question as (partition by s.tenant_id, s.subject_id),
                   in_order as (partition by s.tenant_id, s.user_id, s.score is null order by s.answered_at, s.session_id, s.subject_id)
        ),
        answers as (
            select p.tenant_id, p.user_id, count(p.choices) as answered, sum(p.changes)::bigint as changes,
                   percentile_cont(0.5) within group (order by extract(epoch from p.answered_at - p.viewed_at)::double precision) filter (where p.answered_at >= p.viewed_at) as median_seconds,
                   count(p.score) as scored, sum(p.score)::bigint as right_answers,
                   case when count(p.score) > 0 then count(*) filter (where p.score > p.first_score) end as changed_to_right,
                   case when count(p.score) > 0 then count(*) filter (where p.score < p.first_score) end as changed_to_wrong,
                   avg(p.others) filter (where p.score is not null) as expected_score,
                   avg(p.score) filter (where p.nth <= p.of_student / 2)::double precision as early_score,
                   avg(p.score) filter (where p.nth > p.of_student - p.of_student / 2)::double precision as late_score
              from placed p
             group by 1, 2
        )
        select v.tenant_id, v.user_id, v.sessions, v.submitted, v.last_seen, coalesce(a.answered, 0), coalesce(a.changes, 0), a.median_seconds,
               coalesce(p.pauses, 0), coalesce(p.paused_seconds, 0), coalesce(a.scored, 0), a.right_answers, a.changed_to_right, a.changed_to_wrong, a.expected_score, a.early_score, a.late_score
          from visited v
          left join answers a using (tenant_id, user_id)
          left join paused p using (tenant_id, user_id)
    $query$,
        case when answer_key is null then 'select null::uuid as tenant_id, null::uuid as subject_id, null::jsonb as correct where false'
             when (select a.atttypid from pg_attribute a where a.attrelid = answer_key and a.attname = 'id') = 'uuid'::regtype
                 then format('select x.tenant_id, q.id as subject_id, to_jsonb(q.correct_index) as correct from %s q cross join (select distinct tenant_id from seen) x', answer_key)
             else format('select x.tenant_id, telemetry.as_id(q.id::text, x.tenant_id) as subject_id, to_jsonb(q.correct_index) as correct from %s q cross join (select distinct tenant_id from seen) x', answer_key)
        end) using since, until, tenant;
end
$$;

create function telemetry.student_report(
    student uuid default null,
    table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    questions integer default null,
    fewest_answers integer default null,
    confidence_level double precision default null,
    tenant uuid default null,
    last text default null)
returns table (
    tenant_id uuid, user_id uuid, sessions bigint, submitted bigint, last_seen timestamptz, answered bigint, changes bigint, changes_per_answer double precision,
    changed_to_right bigint, changed_to_wrong bigint, median_seconds double precision, pauses bigint, paused_seconds double precision,
    scored bigint, score double precision, expected_score double precision, progress double precision,
    predicted_score double precision, predicted_low double precision, predicted_high double precision)
language sql
stable
rows 100
begin atomic
    with counted as (
        select c.*, row_number() over (partition by c.tenant_id order by c.user_id) as place
          from telemetry.period(since, until, 'range', last => last) r,
               telemetry_private.student_counts(
                   case when table_name is not null then telemetry_private.trusted_relation(telemetry_private.checked_table(table_name, '{id,correct_index}', 'student_report')::text)::regclass end,
                   r.range_since, r.range_until, tenant) c
    ),
    predicted as (
        select t.tenant_id, p.place, p.predicted, p.low, p.high
          from (select c.tenant_id, array_agg(c.right_answers::double precision order by c.place) as right_answers, array_agg(c.scored::double precision order by c.place) as scored
                  from counted c
                 group by c.tenant_id) t
         cross join lateral telemetry_private.predicted_scores(t.right_answers, t.scored, questions, fewest_answers, confidence_level) p
    )
    select c.tenant_id, c.user_id, c.sessions, c.submitted, c.last_seen, c.answered, c.changes, c.changes::double precision / nullif(c.answered, 0),
           c.changed_to_right, c.changed_to_wrong, c.median_seconds, c.pauses, c.paused_seconds,
           c.scored, case when c.scored >= coalesce(fewest_answers, 10) then c.right_answers::double precision / c.scored end,
           case when c.scored >= coalesce(fewest_answers, 10) then c.expected_score end,
           case when c.scored / 2 >= coalesce(fewest_answers, 10) then c.late_score - c.early_score end,
           p.predicted, p.low, p.high
      from counted c
      join predicted p on p.tenant_id = c.tenant_id and p.place = c.place
     where student is null or c.user_id = student
     order by c.tenant_id, c.user_id;
end;

comment on function telemetry.student_report is
'How each student learns, and which score is to be expected: progress, pauses, changed answers, time
per question, and a prediction with its interval. It reads the events of the pack exam_prep; a
question is their subject_id.

Arguments
  student           the user_id of one student; default NULL: all
  table_name        a table or view of the answer key, with the columns id (the subject_id, or what
                    as_id() was given) and correct_index, read with the caller''s rights; default
                    NULL: what is right is not known, and no score is told
  since, until, last, tenant: common arguments
  questions         how many questions the exam has of which the score is predicted, 1 to 1000;
                    default 20
  fewest_answers    scores of fewer answers are not told: they would say more about chance than
                    about the student; default 10
  confidence_level  with which probability the score lies in its interval; default 0.95
Columns
  tenant_id, user_id      the student
  sessions, submitted     sessions with events of the student, and those of them that were submitted
  last_seen               the last such event
  answered                questions answered; one that is answered in two sessions counts twice
  changes                 changes of answers
  changes_per_answer      changes / answered; NULL where nothing was answered
  changed_to_right        answers that were wrong at first and right at last; NULL without a key
  changed_to_wrong        answers that were right at first and wrong at last; NULL without a key
  median_seconds          from the first view of a question to its first answer
  pauses, paused_seconds  how often the window lost the focus, and for how long until it came back
  scored                  answered questions that the key knows: the n of all that follows
  score                   the share of them whose last answer is right
  expected_score          the share that the other students got right of the same questions: below
                          score where the student is better than they are
  progress                the score of the later half of the answers less that of the earlier half;
                          NULL where a half has fewer than fewest_answers
  predicted_score         the share of right answers to be expected
  predicted_low, predicted_high  the interval in which the score of an exam of so many questions
                          lies with that probability at least
Errors
  22023  a column is missing; a number out of range
  42P01  there is no such table
  42501  the caller may not read it, or would run code of somebody that it does not trust
Notes
  The model is the beta-binomial one of test scores (Keats and Lord 1962, Lord 1965): a score from
    few answers is drawn towards that of all students of the tenant, by as much as they differ
    (moments after Kleinman 1973). With fewer than ten students that have enough answers each is
    judged by the own answers alone.
  It takes the exam for as difficult as what was answered, and the student for as able as in the
    range: for a student who makes progress give a later since.
  Sampling is not weighed. Where there is no such event there is no row.';
