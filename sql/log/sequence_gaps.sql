-- sequence_gaps() finds holes in the sequence numbers of clients: events that a client numbered and the log never got.

create function telemetry.sequence_gaps(
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null)
returns table (
    tenant_id uuid,
    session_id uuid,
    after_seq integer,
    before_seq integer,
    missing bigint,
    after_ts timestamptz,
    before_ts timestamptz)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
#variable_conflict use_column
begin
    -- This refuses a range that is none, in the words of every function with a range.
    perform from telemetry.time_buckets(sequence_gaps.since, sequence_gaps.until, 'year');

    return query
    with arrivals as (
        select e.tenant_id, e.session_id, e.seq, e.event_ts,
               row_number() over (partition by e.tenant_id, e.session_id order by e.event_ts, e.ingest_id) as arrival
          from telemetry.events e
         where e.event_ts >= coalesce(sequence_gaps.since, '-infinity')
           and e.event_ts < coalesce(sequence_gaps.until, 'infinity')
           and e.session_id is not null
           and e.seq is not null
           and (sequence_gaps.tenant is null or e.tenant_id = sequence_gaps.tenant)
    ),
    numbers as (
        select a.tenant_id, a.session_id, a.seq, min(a.event_ts) as first_ts, min(a.arrival) as first_arrival, max(a.arrival) as last_arrival
          from arrivals a
         group by a.tenant_id, a.session_id, a.seq
    ),
    neighbours as (
        -- The frames begin where the partition begins, so that each costs one pass.
        select n.tenant_id, n.session_id, n.seq, n.first_ts,
               lag(n.seq) over ascending as seq_before,
               lag(n.first_ts) over ascending as ts_before,
               min(n.first_arrival) over (ascending rows between unbounded preceding and 1 preceding) as first_below,
               max(n.last_arrival) over (partition by n.tenant_id, n.session_id order by n.seq desc rows unbounded preceding) as last_from_here
          from numbers n
        window ascending as (partition by n.tenant_id, n.session_id order by n.seq)
    )
    select n.tenant_id, n.session_id, n.seq_before, n.seq, n.seq::bigint - n.seq_before - 1, n.ts_before, n.first_ts
      from neighbours n
     where n.seq::bigint - n.seq_before > 1
       -- Otherwise all higher numbers came before all lower ones: the client began again with lower numbers.
       and n.last_from_here > n.first_below
     order by n.tenant_id, n.session_id, n.seq;
end
$$;

comment on function telemetry.sequence_gaps is
'Finds holes in the sequence numbers (seq) that clients give their events: events that a client
numbered and the log never got. There is one row per hole, by tenant, session and number.

Arguments
  since, until, tenant: common arguments
Columns
  tenant_id, session_id  where the hole is
  after_seq, before_seq  the numbers of the events before and behind the hole
  missing                how many numbers are missing; it is at least so many
  after_ts, before_ts    the times of these two events; of the first, where a number came twice
Errors
  22023  since is not before until
Notes
  A number that came twice, or late but within the range, makes no hole. Where every higher number
    came before every lower one the client began again with lower numbers, which is no hole either.
  What a second run of the same numbers fills is not seen, nor what is missing before the first
    number or after the last.
  Events that were sampled out or refused make holes though no client lost them: see sampling_rate
    and daily_budget in telemetry.event_types, and telemetry.rejections. So does an end of the range
    that events crossed out of order.
  Only events with a session_id and a seq are looked at; all of those in the range are read.
  Without holes or events there are no rows.';
