-- show(): a dashboard or a KPI as rows of text.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select count(telemetry.register_event(name)) as events from unnest('{registered,searched,viewed,booked,cancelled,asked,exposed,failed}'::text[]) name;
-- Four weeks of a small market: 80 people, who come on some days, at some hours, and book one time or another.
create temporary table happened as
    select e.event_name, date_trunc('second', timestamptz '2026-02-02Z' + e.at) as event_ts, telemetry.as_id(p::text) as user_id, e.payload
      from generate_series(0, 79) p,
           lateral (select p * interval '7 hours' + interval '9 hours' as came) c,
           lateral (values ('registered', c.came, '{}'::jsonb),
                           ('exposed', c.came + interval '1 minute', jsonb_build_object('experiment', 'button', 'variant', case when p % 2 = 0 then 'control' else 'green' end)),
                           ('searched', case when p % 10 < 7 then c.came + p * interval '3 minutes' end, jsonb_build_object('city', ('{Berlin,Wien,Köln,Zürich}'::text[])[1 + p % 7 % 4])),
                           ('viewed', case when p % 10 < 6 then c.came + p * interval '3 minutes' + interval '10 seconds' end, '{}'),
                           ('booked', case when p % 10 < 6 and (p % 4 = 1 or p % 6 = 2) then c.came + p * interval '1 hour' end, jsonb_build_object('price', 20 + p % 9, 'trainer', 'trainer ' || p % 3)),
                           ('cancelled', case when p % 10 < 6 and p % 12 = 2 then c.came + p * interval '1 hour' + interval '1 day' end, '{}')) first_day (event_name, at, payload),
           lateral (select first_day.event_name, first_day.at, first_day.payload where first_day.event_name <> 'searched'
                     union all
                    select 'searched', first_day.at + week * interval '6 days 22 hours' + p % 5 * interval '1 hour', first_day.payload
                      from generate_series(0, 3) week where first_day.event_name = 'searched' and (week = 0 or (p + week) % (week + 1) = 0)) e (event_name, at, payload)
     where e.at < interval '28 days';
select telemetry.import_events(jsonb_agg(to_jsonb(h) order by h.event_ts, h.event_name, h.user_id)) as events from happened h;

select count(telemetry.register_kpi(k.key, k.value)) as kpis from jsonb_each('{
    "activation": {"kind": "funnel", "parameters": {"steps": ["registered", "searched", "viewed", "booked"], "within": "7 days"}, "unit": "ratio", "description": "How far people get in their first week."},
    "returning": {"kind": "retention", "parameters": {"start_event": "registered", "return_event": "searched", "grain": "week", "kind": "first_time"}, "unit": "ratio", "description": "Of those who registered in a week, those who searched in the weeks after."},
    "active": {"kind": "active_users", "parameters": {"grain": "day"}, "unit": "actors", "target": 4, "description": "People who did something in the day."},
    "show_rate": {"kind": "event_ratio", "parameters": {"numerator": "cancelled", "denominator": "booked", "grain": "week"}, "is_complement": true, "unit": "ratio", "target": 0.75, "description": "Bookings that were not cancelled."},
    "what_happens": {"kind": "event_volume", "parameters": {"grain": "week"}, "unit": "events", "description": "Events of each kind."},
    "growth": {"kind": "lifecycle", "parameters": {"grain": "week"}, "unit": "actors", "description": "New, returning, resurrected and lost people."},
    "rush_hours": {"kind": "activity_heatmap", "parameters": {}, "unit": "events", "description": "When people are there."},
    "time_to_book": {"kind": "funnel_times", "parameters": {"steps": ["registered", "booked"], "within": "7 days"}, "unit": "actors", "description": "How long it takes to book."},
    "cities": {"kind": "top_values", "parameters": {"payload_key": "city", "events": ["searched"]}, "unit": "events", "description": "Where people look."},
    "green_button": {"kind": "experiment_results", "parameters": {"experiment": "button", "metric_event": "booked", "exposure_event": "exposed"}, "unit": "relative difference", "description": "What the green button changes."},
    "searches_to_come": {"kind": "forecast", "parameters": {"event_name": "searched", "horizon": 7, "seasonality": "none"}, "unit": "events", "description": "Searches of the next week."},
    "turnover": {"kind": "sum_of", "parameters": {"payload_key": "price", "events": ["booked"], "grain": "week"}, "unit": "EUR", "description": "Prices of what was booked."},
    "waiting": {"kind": "queue_state", "parameters": {"opened_events": ["asked"], "closed_events": ["booked"]}, "unit": "items", "description": "Requests that wait."},
    "failures": {"kind": "percentiles", "parameters": {"payload_key": "ms", "events": ["failed"]}, "unit": "milliseconds", "description": "Times of what failed."},
    "supply": {"kind": "market_supply", "parameters": {"table_name": "no.such_table"}, "description": "Open offers."}
}'::jsonb) k;
select telemetry.register_dashboard('market', '{activation,returning,active,show_rate,what_happens,growth,rush_hours,time_to_book,cities,green_button,searches_to_come,turnover,waiting,failures,supply}', 'How the market is doing') as is_new;

-- A dashboard is one screen: a row a KPI, with its value, its course, whether it meets its target, and what there is to say.
\pset tuples_only
select telemetry.show('market', '2026-02-02', '2026-03-02') :both
-- A KPI is its chart. How far do they get?
select telemetry.show('activation', '2026-02-02', '2026-03-02') :both
-- Do they come back?
select telemetry.show('returning', '2026-02-02', '2026-03-02') :both
-- How many are there? More than 14 buckets are columns; the target is a line.
select telemetry.show('active', '2026-02-02', '2026-03-02') :both
-- Few are bars, and a bucket that is not over is light.
select telemetry.show('show_rate', '2026-02-02', '2026-02-26') :both
-- Several series stand beside each other, or below each other where there are many buckets.
select telemetry.show('what_happens', '2026-02-02', '2026-03-02') :both
select telemetry.show('growth', '2026-02-02', '2026-03-02') :both
select telemetry.show('growth', '2026-02-02', '2026-03-02', 'day');
-- When?
select telemetry.show('rush_hours', '2026-02-02', '2026-03-02') :both
-- How long?
select telemetry.show('time_to_book', '2026-02-02', '2026-03-02') :both
-- Which?
select telemetry.show('cities', '2026-02-02', '2026-03-02') :both
-- Does it work?
select telemetry.show('green_button', '2026-02-02', '2026-03-02') :both
-- What comes?
select telemetry.show('searches_to_come', '2026-02-02', '2026-03-02') :both
-- How much? And as one number.
select telemetry.show('turnover', '2026-02-02', '2026-03-02') :both
select telemetry.show('turnover', '2026-02-02', '2026-03-02', 'range') :both
select telemetry.show('waiting', '2026-02-02', '2026-03-02') :both
-- Nothing yet, and what cannot be answered, are said with the next step.
select telemetry.show('failures', '2026-02-02', '2026-03-02') :both
select telemetry.show('supply', '2026-02-02', '2026-03-02');

-- A terminal without blocks, and a narrow one.
select telemetry.show('market', '2026-02-02', '2026-03-02', ascii => true);
select telemetry.show('activation', '2026-02-02', '2026-03-02', width => 60, ascii => true);
select telemetry.show('cities', '2026-02-02', '2026-03-02', width => 60, ascii => true);
-- All of it: the overview, and below it the charts. Nothing is wider than asked, nothing ends with a space, ascii is ASCII.
\pset tuples_only
select width, ascii, charts, bool_and(char_length(line) <= width) as fits, bool_or(line ~ '\s$') as ends_with_space, bool_or(line ~ '[^ -~]') as has_more_than_ascii, count(*) > 100 as is_long
  from unnest('{60,80,100,200}'::integer[]) width, unnest('{true,false}'::boolean[]) ascii, unnest('{true,false}'::boolean[]) charts,
       lateral telemetry.show('market', '2026-02-02', '2026-03-02', width => width, ascii => ascii, charts => charts) line
 group by 1, 2, 3 order by 1, 2, 3;
-- Before anything happened.
\pset tuples_only
select telemetry.show('market', '2020-01-01', '2020-02-01');
-- The name of a dashboard and of a KPI: the dashboard is shown, by its name, for it has no description.
select telemetry.register_dashboard('returning', '{returning}') \g /dev/null
select telemetry.show('returning', '2026-02-02', '2026-03-02');

-- What clients log cannot drive the terminal: a colour, a title, a turn of direction, a beep, a line, and what is wide.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'searched', 'event_ts', timestamptz '2026-02-03Z' + n * interval '1 hour', 'user_id', telemetry.as_id(n::text), 'payload', jsonb_build_object('city', city))))
  from (values (1, E'\u001b[31mred\u001b[0m'), (2, E'\u001b]0;title\u0007x'), (3, U&'\202Egpj.exe'), (4, E'two\nlines'), (5, '東京都千代田区' || repeat('長', 60)), (6, ''), (7, '<script>alert(1)</script>'), (8, U&'ad\200Bmin')) v (n, city) \g /dev/null
select telemetry.register_kpi('cities', jsonb_build_object('description', E'Where \u001b[2Jpeople\u202e look.')) \g /dev/null
select telemetry.show('cities', '2026-02-02', '2026-03-02');
select telemetry.show('cities', '2026-02-02', '2026-03-02', width => 60, ascii => true);

-- A tenant's events alone.
select telemetry.show('activation', '2026-02-02', '2026-03-02', tenant => '00000000-0000-4000-8000-0000000000aa');

-- What cannot be shown.
select telemetry.show('markt');
select telemetry.show('cites');
select telemetry.show('nothing like it');
select telemetry.show(null);
select telemetry.show('market', width => 59);
select telemetry.show('market', width => 201);
select telemetry.show('market', '2026-02-02', '2026-02-01');
select telemetry.show('market', tz => 'Nowhere');
select count(*) > 0 as null_is_the_default from telemetry.show('market', width => null, ascii => null, charts => null);
rollback;
