-- Aliases: the names that applications' envelopes have for the arguments of log_event(), so that a batch may be sent as the
-- application has it. src/log/incoming.rs reads elements by them.

create function telemetry_private.init_aliases()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.event_aliases') is null then
        create table telemetry.event_aliases (
            alias    text collate "C" not null,
            pack     text collate "C" not null default '',
            argument text not null,
            primary key (alias, pack),
            constraint argument_is_known check (argument in ('event_name', 'payload', 'user_id', 'session_id', 'subject_id', 'tenant_id', 'source', 'client_ts', 'seq', 'event_version', 'event_id', 'event_ts'))
        );
        comment on table telemetry.event_aliases is 'Other names that the elements of a batch may have for the arguments of log_event(). A pack brings its own; add_alias() adds one.';
        comment on column telemetry.event_aliases.alias is 'The name that the application uses.';
        comment on column telemetry.event_aliases.pack is 'The pack that brought it; empty: it was added by hand.';
        comment on column telemetry.event_aliases.argument is 'The argument of log_event() that it means; event_ts: a time that the client claims.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.event_aliases', 'alias');
    perform telemetry_private.watch_taxonomy('telemetry.event_aliases');
end
$$;

-- An alias may be brought by several packs, but only with one meaning.
create function telemetry_private.add_alias(alias text, argument text, pack text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    meaning text;
begin
    if alias is null or argument is null then
        raise exception 'alias and argument must not be null'
            using errcode = '22004', hint = 'Call telemetry.add_alias(''trackName'', ''event_name'').';
    end if;
    select a.argument into meaning
      from telemetry.event_aliases a
     where a.alias = add_alias.alias and a.argument <> add_alias.argument;
    if found then
        raise exception 'alias "%" means % already', left(alias, 63), meaning
            using errcode = '23505', hint = 'See telemetry.event_aliases.';
    end if;
    if alias in ('event_name', 'payload', 'user_id', 'session_id', 'subject_id', 'tenant_id', 'source', 'client_ts', 'seq', 'event_version', 'event_id', 'event_ts', 'sample_rate') then
        raise exception '"%" is the name of an argument', alias
            using errcode = '22023', hint = 'It cannot mean another one: choose a name that log_event() does not have.';
    end if;
    insert into telemetry.event_aliases (alias, pack, argument) values (alias, pack, argument) on conflict do nothing;
exception
    when check_violation then
        raise exception 'alias "%" cannot mean "%"', left(alias, 63), left(argument, 63)
            using errcode = '22023', hint = 'It means an argument of telemetry.log_event(), or event_ts.';
end
$$;

create function telemetry.add_alias(alias text, argument text)
returns void
language sql
begin atomic
    select telemetry_private.add_alias(alias, argument, '');
end;

comment on function telemetry.add_alias is
'Lets the elements of log_events() and import_events() use another name for an argument of
log_event(), for instance trackName for event_name.

Arguments
  alias     the name that the application uses
  argument  the argument that it means, or event_ts: the time that the client claims, which becomes
            client_ts, and in an import event_ts
Errors
  22004  an argument is NULL
  22023  there is no such argument, or the alias is the name of one
  23505  the alias means another argument already
Notes
  All sessions know the alias once the transaction commits.';
