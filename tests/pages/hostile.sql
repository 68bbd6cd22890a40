-- Names and values that would like to be something else than text, wherever a page shows one.
\set ON_ERROR_STOP on
create extension telemetry;
create temporary table worst (place serial, text text);
insert into worst (text) values
    ('</script><script>alert(1)</script>'), ('"><img src=x onerror=alert(2)>'), ('''-->]]></style><svg onload=alert(3)>'), ('&lt;b&gt; &amp; &#x3c;'),
    (E'\u202Eright to left\u2066, turned'), ('שלום עולם'), ('مرحبا بالعالم'), (repeat('a long name without an end ', 12)), (repeat('x', 300)),
    (E'line\nbreak\ttab'), ('javascript:alert(4)'), (E'\u001b[31mred\u001b[0m'), (E'e' || repeat(E'\u0301', 40)), ('名前 🙂'), ('${7*7}{{7*7}}'), (' ');
select telemetry.register_event('seen', jsonb_build_object('description', (select string_agg(text, ' ') from worst where place < 7)));
select telemetry.register_event('bought', '{}');
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', case n % 3 when 0 then 'bought' else 'seen' end, 'user_id', telemetry.as_id('user ' || n % 40), 'source', 'web',
                                        'event_ts', '2026-10-01 08:00Z'::timestamptz + n * interval '67 minutes',
                                        'payload', jsonb_build_object('label', w.text, 'amount', case n % 5 when 0 then -n else n * 1.5 end)))
      from generate_series(1, 500) n, worst w where w.place = 1 + n % 16));
call telemetry.tick();
select telemetry.register_kpi(definition ->> 'name', definition - 'name' || jsonb_build_object('question', w.text, 'description', w.text || w.text, 'unit', left(w.text, 40)))
  from jsonb_array_elements('[
    {"name": "by_label", "kind": "event_volume", "parameters": {"events": ["seen"], "breakdown": "label", "top_n": 6, "grain": "week"}, "target": 12},
    {"name": "labels", "kind": "top_values", "parameters": {"payload_key": "label", "events": ["seen"]}},
    {"name": "funnel_by_label", "kind": "funnel", "parameters": {"steps": ["seen", "bought"], "breakdown": "label", "top_n": 3}},
    {"name": "sum_by_label", "kind": "sum_of", "parameters": {"payload_key": "amount", "breakdown": "label", "top_n": 4}, "target": -5},
    {"name": "retained", "kind": "retention", "parameters": {"start_event": "seen", "return_event": "bought", "periods": 3, "grain": "week"}},
    {"name": "ratio_by_label", "kind": "event_ratio", "parameters": {"numerator": "bought", "denominator": "seen", "breakdown": "label", "top_n": 3}, "target": 0.5},
    {"name": "heat", "kind": "activity_heatmap", "parameters": {}}]') with ordinality d (definition, place), worst w
 where w.place = d.place;
select telemetry.register_dashboard('hostile', (select array_agg(name) from telemetry.kpis), (select string_agg(text, ' ') from worst));
