-- import_table() over rows that PostgreSQL cannot read as the mapping asks: each is refused, and the others are imported.
\set SHOW_CONTEXT never
begin;
create schema app;
select telemetry.register_event('opened', '{}') \g /dev/null

-- JSON that no jsonb holds: half of a pair, a number without end, NUL, and what lies too deep. A backslash before letters is none of these.
create table app.texts (id integer primary key, event_ts timestamptz default '2026-01-05 12:00Z', event_name text default 'opened', payload text);
insert into app.texts (id, payload)
values (1, '{"a": "x"}'), (2, '{"a": "\ud800"}'), (3, '{"a": 1e999999}'), (4, '{"a": "\u0000"}'), (5, repeat('{"a":', 20000) || '1' || repeat('}', 20000)),
       (6, '{"a": "\\u0000"}'), (7, '{"a": "\u00e9", "b": 1e3}'), (8, 'no JSON');
call telemetry.import_table('app.texts');
select rows_read, stored, rejected, reasons from telemetry.import_progress('app.texts');
select payload from telemetry.events where event_id in (select telemetry.as_id('app.texts:' || n) from generate_series(1, 8) n) order by payload::text;

-- A column of json within a payload, a time that has no moment in its zone, a rate beyond all numbers.
create table app.columns (id integer primary key, happened timestamp default '2026-01-05 12:00', event_name text default 'opened', note json, rate numeric default 1);
insert into app.columns (id, note) select n, case n % 700 when 3 then '{"a": "\u0000"}' else '{"a": 1}' end::json from generate_series(1, 3000) n;
update app.columns set happened = '4714-11-24 BC' where id = 10;
update app.columns set rate = 1e-400 where id = 11;
call telemetry.import_table('app.columns', '{"event_ts": {"column": "happened", "time_zone": "America/New_York"}, "payload": ["note"], "sample_rate": "rate"}');
select rows_read, stored, rejected, reasons from telemetry.import_progress('app.columns');
select message, count(*) from telemetry.rejections where message like '%PostgreSQL can read%' group by 1 order by 1;
-- Mended, they are imported, and what was refused is settled.
update app.columns set note = '{}', happened = '2026-01-05 12:00', rate = 1 where note::text like '%u0000%' or id in (10, 11);
call telemetry.import_table('app.columns', '{"event_ts": {"column": "happened", "time_zone": "America/New_York"}, "payload": ["note"], "sample_rate": "rate"}');
select stored, known, rejected from telemetry.import_progress('app.columns');

-- A key is the same whoever imports, in whatever zone and style; keys of several columns do not run into each other.
create table app.times (user_id integer, event_ts timestamptz, event_name text default 'opened', primary key (user_id, event_ts));
insert into app.times values (1, '2026-01-01Z'), (2, '2026-01-02Z');
set local timezone = 'UTC';
call telemetry.import_table('app.times');
set local timezone = 'Europe/Berlin';
set local datestyle = 'SQL, DMY';
call telemetry.import_table('app.times');
set local datestyle = 'ISO, MDY';
select stored, known from telemetry.import_progress('app.times');
create table app.pairs (k1 text, k2 text, event_ts timestamptz default '2026-01-03Z', event_name text default 'opened', primary key (k1, k2));
insert into app.pairs values ('a,b', 'c'), ('a', 'b,c'), ('a\', 'b'), ('a', '\,b');
call telemetry.import_table('app.pairs');
select stored, known from telemetry.import_progress('app.pairs');

-- A domain over a domain holds what its base does; names are for names.
create domain app.note as jsonb;
create domain app.short_note as app.note;
create table app.notes (id integer primary key, event_ts timestamptz default '2026-01-04Z', event_name text default 'opened', payload app.short_note default '{"a": 1}');
insert into app.notes values (1);
call telemetry.import_table('app.notes');
select stored, rejected from telemetry.import_progress('app.notes');
savepoint before;
call telemetry.import_table('app.notes', '{"user_id": {"column": "id", "names": {"1": "x"}}}');
rollback to before;

-- Who may read the columns that it needs, and not the whole table, reads it in one piece.
create role columns_reader;
select telemetry.grant_access('columns_reader', 'admin') \g /dev/null
grant usage on schema app to columns_reader;
create table app.secrets (id integer primary key, event_ts timestamptz default '2026-01-06Z', event_name text default 'opened', secret text);
insert into app.secrets values (1);
grant select (id, event_ts, event_name) on app.secrets to columns_reader;
set local role columns_reader;
call telemetry.import_table('app.secrets');
reset role;
select stored, rejected from telemetry.import_progress('app.secrets');
rollback;
