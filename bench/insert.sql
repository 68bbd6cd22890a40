-- What log.sql is measured against: the same row by a plain INSERT.
\set n random(0, 9999)
insert into plain (event_ts, event_id, tenant_id, user_id, session_id, seq, event_version, event_name, source, payload) values (clock_timestamp(), gen_random_uuid(), '00000000-0000-0000-0000-000000000000', md5(:n::text)::uuid, md5(:n::text || 's')::uuid, :n, 1, 'ANSWER_CHANGED', 'web', '{"position": 3, "from_index": 1, "to_index": 2}');
