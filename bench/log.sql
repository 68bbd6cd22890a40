-- One call of log_event().
\set n random(0, 9999)
select telemetry.log_event('ANSWER_CHANGED', '{"position": 3, "from_index": 1, "to_index": 2}', user_id => md5(:n::text)::uuid, session_id => md5(:n::text || 's')::uuid, source => 'web', seq => :n);
