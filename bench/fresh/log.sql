-- One event of a user who is there already, as an application logs it.
\set n random(1, :users)
\set what random(1, 10)
select telemetry.log_event(case when :what <= 5 then 'assignment_view' when :what <= 8 then 'assignment_list_view' else 'assignment_apply_click' end, case when :what <= 5 then '{"surface": "website", "version": "3.1", "list_position": 4}'::jsonb when :what <= 8 then '{"surface": "website", "version": "3.1"}' else '{"method": "one_click", "surface": "website", "version": "3.1"}' end, user_id => (select u.user_id from users u where u.n = :n), session_id => md5(:n::text)::uuid, source => 'web');
