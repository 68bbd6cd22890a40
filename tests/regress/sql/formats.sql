-- Golden samples: what 0.1.0 stored and handed out, byte for byte. Every later release reads it and says the same of it;
-- docs/releases.md lists the formats.
\set SHOW_CONTEXT never
begin;
set local time zone 'UTC';

-- States of aggregates, version 1. Two conditions that take turns, a minute each, five times.
\set sequence '\'\\x01010200000000003c00000000e77b0e47ea020001000000006e0f1247ea02000200000000f5a21547ea020001000000007c361947ea0200020000000003ca1c47ea020001000000\''
select telemetry.sequence_match_of(:sequence, '(?1)(?2)(?1)') as matched, telemetry.sequence_count_of(:sequence, '(?1)(?2)') as chains,
       telemetry.window_funnel_of(:sequence, '1 hour') as within_an_hour, telemetry.window_funnel_of(:sequence, '30 seconds') as within_half_a_minute;
-- Pages a, b, c, a minute each.
\set nodes '\'\\x01020100000000002d0000000060e80a47ea02000100000001016100e77b0e47ea020000000000010162006e0f1247ea020000000000010163\''
select telemetry.sequence_next_node_of(:nodes, 'forward', 'head') as after_the_first;
-- Two of three conditions were met.
select telemetry.retention_flags_of('\x01030300000000000400000003000000');
-- Three different texts, by their hashes and by themselves; and a sketch of 16,384 registers.
select telemetry.uniq_of('\x01040300000000001800000021c8158346852f1b81ae88882ac9c66e9c5341523ce54d6a') as about,
       telemetry.uniq_exact_of('\x010503000000000015000000067573657220300675736572203106757365722032') as exactly,
       telemetry.uniq_of(decode('010401010000000000400000' || repeat('0302010402010305', 2048), 'hex')) as of_registers;
-- They go on growing, and what is stored today has the same bytes.
select telemetry.uniq_of(telemetry.merge_states(s)) as about
  from (select '\x01040300000000001800000021c8158346852f1b81ae88882ac9c66e9c5341523ce54d6a'::bytea union all select telemetry.uniq_state('user 9'::text)) v (s);
select telemetry.uniq_state('user ' || n % 3) = '\x01040300000000001800000021c8158346852f1b81ae88882ac9c66e9c5341523ce54d6a' as is_the_same from generate_series(1, 6) n;
-- A later version is not mistaken for this one.
select telemetry.uniq_of('\x02040300000000001800000021c8158346852f1b81ae88882ac9c66e9c5341523ce54d6a');
rollback;

begin;
set local time zone 'UTC';
-- The page of an archive, format 1; its columns are shortened.
select * from telemetry.import_export('sample', 1, $page${"line":"about","format":"telemetry archive 1","tenant_id":"00000000-0000-4000-8000-00000000000a","after_id":0,"until_id":2,"events":{"page_read":{"description":"Somebody read a page.","keys":{"page":{}}}},"columns":{}}
{"line":"event_type", "pack": null, "domain": null, "status": "active", "logged_by": "client", "redaction": {}, "created_at": "2026-11-30T00:58:19.796675+00:00", "event_name": "page_read", "properties": {}, "updated_at": "2026-11-30T00:58:19.796675+00:00", "description": "Somebody read a page.", "enforcement": null, "json_schema": null, "replaced_by": null, "daily_budget": null, "event_version": 1, "payload_limit": 4096, "required_keys": [], "sampling_rate": 1, "retention_class": "kept", "required_arguments": [], "promoted_properties": [], "additional_properties": true}
{"line":"event","event_ts":"2026-03-01T00:00:00.000000Z","ingest_id":1,"event_id":"00000000-0000-4000-8000-000000000001","tenant_id":"00000000-0000-4000-8000-00000000000a","user_id":"00000000-0000-4000-8000-0000000000b1","seq":1,"event_name":"page_read","event_version":1,"payload":{"page": "café"}}
{"line":"event","event_ts":"2026-03-01T00:00:01.000000Z","ingest_id":2,"event_id":"00000000-0000-4000-8000-000000000002","tenant_id":"00000000-0000-4000-8000-00000000000a","event_name":"page_read","event_version":1,"source":"web","sample_rate":0.5,"payload":{}}
{"line":"end","events":2,"rejections":0,"events_of_all_pages":2,"next":null,"sha256":"204db97028ae73fa91e3b04fcdcb9c87054c4316402ad6b1515254c97efe195b"}$page$);
select event_ts, ingest_id is not null as has_its_place, event_id, user_id, seq, source, sample_rate, payload from telemetry.events order by event_ts;

-- An id that is made of a text; and the leaf of a row of telemetry.changes in its tree, as Python's hashlib has it.
select telemetry.as_id('user 42'), telemetry_private.record_leaf('changes', '{"a": 1, "b": null}');
rollback;
