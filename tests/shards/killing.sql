-- Ways to end a move, or a call that logs, at each statement of it on the router: the session is ended, or its connections to the
-- shard `north` are.
create table originals as
    select f.what, f.place as of_what, p.proname, p.prosrc, pg_get_functiondef(p.oid) as definition
      from (values ('move', '{let_calls_go,erase_source,stop_calls,begin_move,copy_pages,copy_rows}'::text[]), ('call', '{together,value_of}')) w (what, functions),
           lateral (select w.what, u.name, u.place from unnest(w.functions) with ordinality u (name, place)) f
      join pg_proc p on p.pronamespace = 'telemetry_private'::regnamespace and p.proname = f.name;
-- A statement ends in the last line of it; those of the handler of errors do not count.
create table points as
    select o.what, o.proname, l.place, row_number() over (partition by o.what order by o.of_what, l.place) as point
      from originals o, regexp_split_to_table(o.prosrc, '\n') with ordinality l (line, place)
     where l.line ~ ';$' and l.line !~ '^\s*(end|return|exit|using)\M|''rollback'''
       and l.place > (select min(b.place) from regexp_split_to_table(o.prosrc, '\n') with ordinality b (line, place) where b.line = 'begin')
       and l.place < coalesce((select min(b.place) from regexp_split_to_table(o.prosrc, '\n') with ordinality b (line, place) where b.line ~ '^ *exception$'), 1000);
create function disarm() returns void language plpgsql as $$
declare
    o originals;
begin
    for o in select * from originals loop
        execute o.definition;
    end loop;
end
$$;
create function arm(what text, at integer, victim text) returns text language plpgsql as $$
declare
    p points;
    o originals;
    kills constant text := case victim
        when 'the mover' then 'perform pg_terminate_backend(pg_backend_pid());'
        else 'perform pg_terminate_backend(a.pid) from pg_stat_activity a where a.usename = ''telemetry_router''; perform pg_sleep(0.01);' end;
begin
    perform disarm();
    select * into strict p from points x where x.what = arm.what and x.point = 1 + (at - 1) % (select count(*) from points y where y.what = arm.what);
    select * into strict o from originals where proname = p.proname;
    execute replace(o.definition, o.prosrc, (
        select string_agg(case when l.place = p.place then l.line || ' ' || kills else l.line end, E'\n' order by l.place)
          from regexp_split_to_table(o.prosrc, '\n') with ordinality l (line, place)));
    return format('%s in line %s', p.proname, p.place);
end
$$;
