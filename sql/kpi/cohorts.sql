-- Cohorts: groups of users by definition, to be named in any filter. Nothing is stored of who is in one: it is found, with
-- the caller's rights, when a question names it. Twin: src/kpi/cohorts.rs.

create function telemetry_private.init_cohorts()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.cohorts') is null then
        create table telemetry.cohorts (
            cohort      text collate "C" primary key,
            definition  jsonb not null,
            description text,
            created_at  timestamptz not null default now(),
            updated_at  timestamptz not null default now(),
            constraint cohort_is_snake_case check (cohort ~ '^[a-z][a-z0-9_]*$' and octet_length(cohort) <= 63),
            constraint definition_is_object check (jsonb_typeof(definition) = 'object')
        );
        comment on table telemetry.cohorts is 'Definitions of cohorts. Change them with telemetry.register_cohort() and drop_cohort(); see who is in one with cohort_actors().';
        comment on column telemetry.cohorts.cohort is 'Stable name in snake_case, at most 63 bytes: what a filter names under $cohort or $not_cohort.';
        comment on column telemetry.cohorts.definition is 'Events that a member had, or a relation that it stands in: see telemetry.register_cohort().';
    end if;
    perform telemetry_private.protect_catalog('telemetry.cohorts', 'cohort');
end
$$;

create function telemetry_private.register_cohort(cohort text, definition jsonb, description text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    relation text;
    is_new boolean;
begin
    if cohort is null or definition is null then
        raise exception 'cohort and definition must not be null'
            using errcode = '22004', hint = 'For example: telemetry.register_cohort(''buyers'', ''{"events": ["paid"], "at_least": 2}'').';
    end if;
    if cohort !~ '^[a-z][a-z0-9_]*$' or octet_length(cohort) > 63 then
        raise exception 'the name of cohort "%" is not snake_case of at most 63 bytes', left(cohort, 63)
            using errcode = '22023', hint = 'For example: telemetry.register_cohort(''buyers'', ''{"events": ["paid"], "at_least": 2}'').';
    end if;
    perform telemetry_private.check_definition_size(jsonb_build_array(definition, description));
    begin
        relation := telemetry_private.check_cohort(cohort, definition);
    exception
        when invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
            raise exception 'the definition of cohort "%" cannot be used: within is no interval that ends now', cohort
                using errcode = '22007', hint = 'For example: "30 days".';
        -- Not a name at all: "a..b", "a.b.c.d".
        when invalid_name or feature_not_supported or syntax_error then
            raise exception 'there is no table or view "%"', left(definition ->> 'relation', 127)
                using errcode = '42P01', hint = format('Cohort "%s" is read from it: name it with its schema, as in app.subscribers, or make it anew.', cohort);
    end;
    if relation is not null then
        -- With its schema, which this function's search_path does not find by itself, and quoted as it must be.
        definition := definition || jsonb_build_object('relation', relation);
    end if;
    insert into telemetry.cohorts as c (cohort, definition, description) values (cohort, definition, description)
        on conflict (cohort) do update set (definition, description, updated_at) = (excluded.definition, coalesce(excluded.description, c.description), now())
        returning xmax = 0 into is_new;
    return is_new;
end
$$;

create function telemetry_private.drop_cohort(cohort text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.cohorts c where c.cohort = drop_cohort.cohort;
    return found;
end
$$;

create function telemetry.register_cohort(cohort text, definition jsonb, description text default null)
returns boolean
language sql
begin atomic
    select telemetry_private.register_cohort(cohort, definition, description);
end;

create function telemetry.drop_cohort(cohort text)
returns boolean
language sql
begin atomic
    select telemetry_private.drop_cohort(cohort);
end;

create function telemetry.cohort_actors(cohort text, tenant uuid default null)
returns table (tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'cohort_actors_wrapper';

comment on function telemetry.register_cohort is
'Defines a group of users by what they did, or by a table of the application, or changes it. Any
filter of a KPI may then name it.

Arguments
  cohort       its name: snake_case, at most 63 bytes
  definition   either events or a relation, see the notes
  description  what it is for; default NULL: as it was
Returns
  Whether it is new.
Errors
  22004  cohort or definition is NULL
  22023  a name or a definition that cannot be used, an unknown event, a relation without the
         columns
  42P01  there is no such relation
  22007  within is no interval
Notes
  A filter takes, beside keys of the payload, {"$cohort": name}: the user of the event is in it;
    {"$cohort": [names]}: in each of them; {"$not_cohort": ...}: in none of them. Events without a
    user pass $not_cohort.
  By events, as in {"events": ["paid"], "at_least": 2, "within": "30 days"}: event or events are the
    names; where is what their payload must contain; since and until are RFC 3339 times, half-open;
    within is an interval that ends now, in which a day has 24 hours and a month 30 days; at_least
    (default 1) and at_most are how many of the events, as logged. Who never did it: "at_most": 0;
    who did it seldom or never: "at_least": 0 beside at_most: users are those who had any event at
    any time. Who did it for the first time in the range: "first": true in place of at_least and
    at_most; the first event of all history that is so named, and passes where, lies in it.
  By a relation, as in {"relation": "app.subscribers"}: it names a table or view with its schema;
    user_column (default user_id) and tenant_column (default tenant_id, where it has one) are its
    columns of type uuid. A relation without tenants holds in every tenant.
  Who is in a cohort is found whenever it is asked for, with the caller''s rights; nothing is stored.';
comment on function telemetry.drop_cohort is
'Forgets a cohort. Filters that name it raise 22023 from then on.

Arguments
  cohort  its name
Returns
  Whether there was one.';
comment on function telemetry.cohort_actors is
'Who is in a cohort now, as far as the caller may see.

Arguments
  cohort  its name
  tenant  the tenant whose members are asked for; default NULL: every tenant that the caller may see
Columns
  tenant_id  the tenant; NULL for members by a relation that knows no tenants, where tenant is NULL
  actor_id   the user
Errors
  22004  no cohort
  22023  an unknown cohort, one of unknown events, or one whose relation was changed
  42P01  its relation is gone
  42501  its relation is not the caller''s to read, or of nobody that the caller trusts
  53200  there are more members than telemetry.kpi_memory holds
Notes
  There is one row per tenant and user, in their order.';
