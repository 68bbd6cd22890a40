-- Feature adoption: which share of active users used a feature, and how many ever did. Twin: src/kpi/feature_adoption.rs.

create function telemetry.feature_adoption(
    feature_event text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    feature_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, active_actors bigint, feature_actors bigint, rate double precision, new_adopters bigint, cumulative_adopters bigint, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'feature_adoption_wrapper';

create function telemetry.feature_adoption_actors(
    feature_event text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    feature_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid, used_feature boolean, is_new_adopter boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'feature_adoption_actors_wrapper';

comment on function telemetry.feature_adoption is
'How a feature is taken up, per calendar bucket of [since, until), NULL: all time. feature_event: the event of its use; feature_filter: what the payload of that event must contain, besides filter, which holds for all events; events: names that are activity, NULL all (using the feature is activity as well). active_actors: distinct users active in the bucket; feature_actors: those of them who used the feature; rate: their share, NULL where nobody was active, never over 1; new_adopters: those whose first use ever lies in the bucket, over all history, not only the range; cumulative_adopters: who ever used it until the end of the bucket. The share alone, of any two events, is actor_ratio(feature_event, null), which does not read what precedes the range. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see. An actor is a (tenant, user) pair; events without a user count for nobody. is_complete: the bucket is over and not cut by the range. Without any event and since NULL no row. Errors: 22004 no feature_event; 22023 unknown grain, zone or week_start, since not before until; 53200 more buckets than telemetry.kpi_memory holds.';
comment on function telemetry.feature_adoption_actors is
'The actors behind feature_adoption(), with the same arguments: one row per bucket and active actor; whether it used the feature in it, and whether for the first time ever. Cumulative adopters are the new ones of all buckets up to one, with since NULL. No order. Errors: those of feature_adoption(), 53200 a list larger than telemetry.kpi_memory.';
