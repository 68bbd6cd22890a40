-- Open items: what was opened and not closed since, one by one, and how many wait for how long. What backlog() counts from
-- two totals is here told item by item, so that an item that is opened twice is one.

create function telemetry_private.open_items(opened_events text[], closed_events text[], until timestamptz, object_key text, tenant uuid)
returns table (
    tenant_id uuid, item text, event_name text, opened_at timestamptz, last_at timestamptz, openings bigint, seconds_open double precision, payload jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions after until are not opened
rows 100
as $$
#variable_conflict use_column
declare
    at_time constant timestamptz := least(open_items.until, now());
begin
    if cardinality(opened_events) = 0 or cardinality(closed_events) = 0 or opened_events && closed_events then
        raise exception 'open items need two lists of events: what opens an item and what closes one'
            using errcode = '22023', hint = 'For example: telemetry.open_items(''{dlq_item_added}'', ''{dlq_item_resolved}'', object_key => ''dlq_item_id'').';
    end if;
    return query
    with named as (
        select e.tenant_id, e.event_name, e.event_ts, e.ingest_id, e.payload, e.event_name = any (opened_events) as is_opening,
               case when object_key is null then e.subject_id::text
                    when e.payload ? object_key or strpos(object_key, '.') = 0 then e.payload ->> object_key
                    else (select k.value from telemetry.payload_keys(e.payload) k where k.payload_key = object_key) end as item
          from telemetry.events e
         where e.event_name = any (opened_events || closed_events) and (open_items.until is null or e.event_ts < open_items.until) and (open_items.tenant is null or e.tenant_id = open_items.tenant)
    ),
    placed as (
        select n.*, count(*) filter (where not n.is_opening) over in_order as closings
          from named n
         where n.item is not null
        window in_order as (partition by n.tenant_id, n.item order by n.event_ts, n.ingest_id)
    ),
    -- Whatever lies before the last closing of its item is over.
    since_closed as (
        select p.*, max(p.closings) over (partition by p.tenant_id, p.item) as last_closing from placed p
    ),
    opened_last as (
        select s.tenant_id, s.item, (array_agg(s.event_name order by s.event_ts desc, s.ingest_id desc))[1] as event_name, min(s.event_ts) as opened_at,
               max(s.event_ts) as last_at, count(*) as openings, (array_agg(s.payload order by s.event_ts desc, s.ingest_id desc))[1] as payload
          from since_closed s
         where s.closings = s.last_closing and s.is_opening
         group by 1, 2
    )
    select o.tenant_id, o.item, o.event_name, o.opened_at, o.last_at, o.openings, greatest(extract(epoch from at_time - o.opened_at), 0)::double precision, o.payload
      from opened_last o
     order by o.opened_at, o.tenant_id, o.item;
end
$$;

create function telemetry.open_items(
    opened_events text[],
    closed_events text[],
    until timestamptz default null,
    object_key text default null,
    tenant uuid default null)
returns table (
    tenant_id uuid, item text, event_name text, opened_at timestamptz, last_at timestamptz, openings bigint, seconds_open double precision, payload jsonb)
language sql
stable
rows 100
begin atomic
    select i.tenant_id, i.item, i.event_name, i.opened_at, i.last_at, i.openings, i.seconds_open, i.payload
      from telemetry_private.open_items(
               array(select telemetry_private.known_event(n) from unnest(opened_events) n where n is not null),
               array(select telemetry_private.known_event(n) from unnest(closed_events) n where n is not null), until,
               -- The check answers with nothing, or raises the error.
               case when telemetry_private.check_payload_keys(jsonb_build_array(object_key))::text is not null then object_key end, tenant) i;
end;

create function telemetry.queue_state(
    opened_events text[],
    closed_events text[],
    until timestamptz default null,
    object_key text default null,
    tenant uuid default null)
returns table (open_items bigint, oldest_opened_at timestamptz, oldest_seconds double precision, median_seconds double precision, openings bigint)
language sql
stable
rows 1
begin atomic
    select count(*), min(i.opened_at), coalesce(max(i.seconds_open), 0), percentile_cont(0.5) within group (order by i.seconds_open), coalesce(sum(i.openings), 0)::bigint
      from telemetry.open_items(opened_events, closed_events, until, object_key, tenant) i;
end;

comment on function telemetry.open_items is
'What waits at a moment, item by item, oldest first: drafts that failed, jobs that are retried,
dead letters that nobody resolved. An item was opened and not closed since.

Arguments
  opened_events  the events that open an item, or open it once more: {sync_retry}
  closed_events  the events that close it: {sync_ok,sync_dropped}
  until          the moment: events before it count; default now
  object_key     the payload key, or path, whose text names the item (draft_id); default: subject_id
                 names it
  tenant: common arguments
Columns
  tenant_id, item  the item
  event_name       the last event that opened it
  opened_at        when it was opened, first since it was last closed
  last_at          when it was opened last, by a further try for instance
  openings         how often it was opened since it was last closed: the tries
  seconds_open     how old it is at the moment
  payload          that of the last event that opened it
Errors
  22023  a list is empty, an event is in both or unknown; a malformed object_key
Notes
  Events that name no item are left out; an item that was closed and never opened is none.
  All history up to the moment is read, of these events alone. A sampled event may be missing: do
    not sample what opens or closes.';
comment on function telemetry.queue_state is
'How long a queue is at a moment, and how long its oldest item has waited: one row, also where
nothing waits. It is the state of the queue, where backlog() is the balance of its events.

Arguments
  the arguments of open_items()
Columns
  open_items        items that were opened and not closed since
  oldest_opened_at  when the oldest of them was opened; NULL where nothing waits
  oldest_seconds    how long that is ago; 0 where nothing waits
  median_seconds    half of them have waited at least so long; NULL where nothing waits
  openings          how often they were opened together: of retries, the tries
Errors
  the errors of open_items()
Notes
  As a KPI by bucket it is the state at the end of each bucket; of the bucket that is not over, now.';
