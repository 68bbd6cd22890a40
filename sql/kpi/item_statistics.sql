-- Item statistics of an exam: how questions are answered, how difficult they are, and how well they tell strong sessions
-- from weak ones. Reads the events of the pack exam_prep, and the answer key from a table of the application.

create function telemetry_private.item_statistics(answer_key regclass, since timestamptz, until timestamptz, tenant uuid)
returns table (
    tenant_id uuid, subject_id uuid, sessions bigint, answered bigint, changes bigint, changes_per_answer double precision,
    median_seconds double precision, marked bigint, difficulty double precision, discrimination double precision)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
begin
    return query execute format($query$
        with seen as materialized (
            select e.tenant_id, e.session_id, e.subject_id,
                   min(e.event_ts) filter (where e.event_name = 'QUESTION_VIEWED') as viewed_at,
                   min(e.event_ts) filter (where e.event_name = 'ANSWER_SELECTED') as answered_at,
                   count(*) filter (where e.event_name = 'ANSWER_CHANGED') as changes,
                   coalesce(bool_or(e.payload -> 'marked' = 'true') filter (where e.event_name = 'MARK_FOR_REVIEW_TOGGLED'), false) as is_marked,
                   (array_agg(case e.event_name when 'ANSWER_SELECTED' then e.payload -> 'selected_index' else e.payload -> 'to_index' end order by e.event_ts desc, e.ingest_id desc)
                        filter (where e.event_name in ('ANSWER_SELECTED', 'ANSWER_CHANGED')))[1] as choice
              from telemetry.events e
             where e.event_name in ('QUESTION_VIEWED', 'ANSWER_SELECTED', 'ANSWER_CHANGED', 'MARK_FOR_REVIEW_TOGGLED')
               and e.subject_id is not null and e.session_id is not null
               and ($1 is null or e.event_ts >= $1) and ($2 is null or e.event_ts < $2) and ($3 is null or e.tenant_id = $3)
             group by 1, 2, 3
        ),
        scored as (
            select s.*, (s.choice = k.correct)::integer as score
              from seen s left join (%s) k on k.tenant_id = s.tenant_id and k.subject_id = s.subject_id
        ),
        compared as (
            select s.*, count(s.score) over of_session - 1 as others,
                   (sum(s.score) over of_session - s.score)::double precision / nullif(count(s.score) over of_session - 1, 0) as rest
              from scored s
            window of_session as (partition by s.tenant_id, s.session_id)
        )
        select c.tenant_id, c.subject_id, count(*), count(c.choice), sum(c.changes)::bigint, sum(c.changes)::double precision / nullif(count(c.choice), 0),
               percentile_cont(0.5) within group (order by extract(epoch from c.answered_at - c.viewed_at)::double precision) filter (where c.answered_at >= c.viewed_at),
               count(*) filter (where c.is_marked), avg(c.score)::double precision, corr(c.score, c.rest order by c.session_id)
          from compared c
         group by 1, 2
         order by 1, 2
    $query$,
        case when answer_key is null then 'select null::uuid as tenant_id, null::uuid as subject_id, null::jsonb as correct where false'
             when (select a.atttypid from pg_attribute a where a.attrelid = answer_key and a.attname = 'id') = 'uuid'::regtype
                 then format('select x.tenant_id, q.id as subject_id, to_jsonb(q.correct_index) as correct from %s q cross join (select distinct tenant_id from seen) x', answer_key)
             else format('select x.tenant_id, telemetry.as_id(q.id::text, x.tenant_id) as subject_id, to_jsonb(q.correct_index) as correct from %s q cross join (select distinct tenant_id from seen) x', answer_key)
        end) using since, until, tenant;
end
$$;

create function telemetry.item_statistics(
    table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null,
    last text default null)
returns table (
    tenant_id uuid, subject_id uuid, sessions bigint, answered bigint, changes bigint, changes_per_answer double precision,
    median_seconds double precision, marked bigint, difficulty double precision, discrimination double precision)
language sql
stable
rows 100
begin atomic
    select i.tenant_id, i.subject_id, i.sessions, i.answered, i.changes, i.changes_per_answer, i.median_seconds, i.marked, i.difficulty, i.discrimination
      from telemetry.period(since, until, 'range', null, null, last) r,
           telemetry_private.item_statistics(
               case when table_name is not null then telemetry_private.trusted_relation(telemetry_private.checked_table(table_name, '{id,correct_index}', 'item_statistics')::text)::regclass end,
               r.range_since, r.range_until, tenant) i;
end;

comment on function telemetry.item_statistics is
'How the questions of an exam are answered, how difficult they are, and how well they tell strong
sessions from weak ones. It reads the events of the pack exam_prep; a question is their subject_id.

Arguments
  table_name  a table or view of the answer key, with the columns id (the subject_id, or what
              as_id() was given) and correct_index, read with the caller''s rights; default NULL:
              difficulty and discrimination are not told
  since, until, last, tenant: common arguments
Columns
  tenant_id, subject_id  the question
  sessions               sessions that saw or answered it
  answered               sessions that answered it
  changes                changes of answers
  changes_per_answer     changes / answered; NULL where nobody answered
  median_seconds         from the first view to the first answer
  marked                 sessions that marked it for review
  difficulty             the share of sessions whose last answer is right: p of the classical test
                         theory, higher is easier
  discrimination         the correlation of being right with the share of the session''s other
                         answers that are right (corrected point-biserial); NULL where nothing
                         varies
Errors
  22023  a column is missing
  42P01  there is no such table
  42501  the caller may not read it, or would run code of somebody that it does not trust
Notes
  Sampling is not weighed. Without such events there is no row.';
