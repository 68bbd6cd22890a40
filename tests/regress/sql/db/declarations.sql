-- SQL alone declares a KPI; the library reads the arguments by name and holds what it reads and answers against the
-- declaration. Where the two do not agree, as after half an upgrade, a call ends with an error and never with a wrong answer.
-- Here stickiness() is declared wrongly, each time in another way.
begin;
\set ON_ERROR_ROLLBACK on
set client_min_messages = warning;
create procedure declare(arguments text, columns text) language plpgsql as $$
begin
    drop function if exists wrong;
    execute format('create function wrong(%s) returns table (%s) language c as %L, ''stickiness_wrapper''',
                   arguments, columns, (select probin from pg_proc where oid = 'telemetry.stickiness'::regproc));
end $$;
\set arguments 'events text[] default null, since timestamptz default null, until timestamptz default null, grain text default null, count_as text default null, min_occurrences integer default null, actor text default null, object_key text default null, tz text default null, week_start text default null, tenant uuid default null, filter jsonb default null'
\set columns 'periods integer, actors bigint, rate double precision, is_complete boolean'

-- As it should be: any order of the arguments, any names of the columns.
call declare(:'arguments', 'a integer, b bigint, c double precision, d boolean');
select * from wrong(since => '2020-01-01', until => '2020-01-03');
-- An argument is missing, has another type, or is one that nobody reads.
call declare('since timestamptz default null', :'columns');
select * from wrong();
call declare(replace(:'arguments', 'integer', 'bigint'), :'columns');
select * from wrong();
call declare(:'arguments' || ', top_n integer default null', :'columns');
select * from wrong();
-- A column is missing, is one too many, or has another type.
call declare(:'arguments', 'periods integer, actors bigint');
select * from wrong();
call declare(:'arguments', :'columns' || ', more integer');
select * from wrong();
call declare(:'arguments', replace(:'columns', 'bigint', 'text'));
select * from wrong();
rollback;
