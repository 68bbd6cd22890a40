-- What was refused is kept, can be summed up, and replayed after the taxonomy was mended: each at most once.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
select accepted, rejected from telemetry.log_events('[
    {"event_name": "lesson_done", "payload": {"lesson": "joins"}, "seq": 1},
    {"event_name": "lesson_done", "payload": {"lesson": 7}, "seq": 2},
    {"event_name": "lesson_done", "payload": {"lesson": "views"}, "seq": 3, "event_id": "00000000-0000-4000-8000-0000000000e3"},
    "nothing readable"]', 'web');
select reason, event_name, rejections, replayed, sample_message from telemetry.rejection_summary();
select * from telemetry.rejection_summary(until => '2020-01-01');

-- Nothing was mended: all stay.
select * from telemetry.replay_rejections();

-- Mended: the good ones are stored as of their arrival, the others stay.
select telemetry.register_event('lesson_done', '{"required_keys": ["lesson"], "properties": {"lesson": {"type": "string"}}}');
select * from telemetry.replay_rejections('{"event_name": "lesson_done"}');
select * from telemetry.replay_rejections();
select e.seq, e.payload, e.source, e.event_ts = r.rejected_at as is_of_its_arrival, e.event_id = r.rejection_id as has_the_rejections_id, p.outcome
  from telemetry.events e join telemetry.rejections r on r.rejected_at = e.event_ts join telemetry.replays p using (rejection_id)
 order by e.seq;
select reason, event_name, rejections, replayed from telemetry.rejection_summary();
-- Which version of the definition an event was checked against.
select accepted, rejected from telemetry.log_events('[{"event_name": "lesson_done"}]');
select reason, message, event_version from telemetry.rejections where event_version is not null;

-- A client that sent it again in the meantime: the replay finds it in the log.
select accepted, rejected from telemetry.log_events('[{"event_name": "quiz_done", "seq": 9, "event_id": "00000000-0000-4000-8000-0000000000e9"}]');
select telemetry.register_event('quiz_done');
select accepted, rejected, duplicates from telemetry.log_events('[{"event_name": "quiz_done", "seq": 9, "event_id": "00000000-0000-4000-8000-0000000000e9"}]');
select * from telemetry.replay_rejections('{"event_name": "quiz_done"}');
select count(*) from telemetry.events where event_name = 'quiz_done';

-- A quarantined event is a rejection too.
select telemetry.register_event('order_placed', '{"required_keys": ["total"], "enforcement": "quarantine"}');
select telemetry.log_event('order_placed', '{"sum": 7}', event_id => '00000000-0000-4000-8000-0000000000ea');
select telemetry.log_event('order_placed', '{"sum": 7}', event_id => '00000000-0000-4000-8000-0000000000ea');
select telemetry.update_event('order_placed', '{"required_keys": ["sum"]}');
select * from telemetry.replay_rejections('{"event_name": "order_placed"}');
select count(*) from telemetry.events where event_name = 'order_placed';

-- A replay is held to what its caller might: a client's event that only a server may log stays rejected, and so does one
-- in another user's name.
select telemetry.register_event('plan_changed', '{"logged_by": "server"}');
set request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}';
select accepted, rejected from telemetry.log_events('[{"event_name": "plan_changed"}, {"event_name": "quiz_done", "user_id": "00000000-0000-4000-8000-000000000002"}]');
reset request.jwt.claims;
select reason, is_client, user_id, tenant_id from telemetry.rejections where is_client order by rejected_at;
select * from telemetry.replay_rejections('{"event_name": "plan_changed"}');
select * from telemetry.replay_rejections('{"reason": "not_yours"}');

-- Append-only, like the log.
\set ON_ERROR_ROLLBACK on
delete from telemetry.rejections;
update telemetry.replays set outcome = 'stored';
truncate telemetry.rejections;

-- Filters.
select * from telemetry.replay_rejections('{"since": "2020-01-01", "until": "2020-01-02", "tenant_id": "00000000-0000-0000-0000-000000000000"}');
select * from telemetry.replay_rejections('{"rejection_id": "00000000-0000-4000-8000-000000000000"}');
select * from telemetry.replay_rejections('{"colour": "red"}');
select * from telemetry.replay_rejections('[]');
select * from telemetry.replay_rejections('{"since": "yesterday-ish"}');
rollback;
