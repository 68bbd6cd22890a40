-- What each of the ten statements says, and what telemetry says: the function, and the pack's KPI by name. Statements
-- leave out buckets without rows, functions show them with 0.
select pg_temp.agree('event volume by day', 'table seed_event_volume',
    format('select bucket, event_name, events from telemetry.event_volume(since => %L, until => %L) where events > 0', :start, :end));
select pg_temp.agree('event volume as a kpi', 'select day, event_type, events::double precision from seed_event_volume',
    format('select bucket, breakdown_value, value from telemetry.kpi(''tutoring_event_volume'', %L, %L, ''day'') where value > 0', :start, :end));

select pg_temp.agree('weekly active tutors', 'table seed_wau',
    format('select bucket, actors from telemetry.active_users(since => %L, until => %L, grain => ''week'', events => ''{assignment_list_view,assignment_view,assignment_apply_click,preferences_update}'') where actors > 0', :start, :end));
select pg_temp.agree('weekly active tutors as a kpi', 'select week, wau::double precision from seed_wau',
    format('select bucket, value from telemetry.kpi(''tutoring_weekly_active_tutors'', %L, %L) where value > 0', :start, :end));

select pg_temp.agree('tuning rate', 'table seed_tuning_rate',
    format('select bucket, numerator, denominator, round(ratio::numeric, 4)
              from telemetry.actor_ratio(''preferences_update'', null, since => %L, until => %L, grain => ''week'', denominator_events => ''{assignment_list_view,assignment_view,assignment_apply_click}'')
             where denominator > 0', :start, :end));
select pg_temp.agree('tuning rate as a kpi', 'select week, tune_rate from seed_tuning_rate',
    format('select bucket, round(value::numeric, 4) from telemetry.kpi(''tutoring_tuning_rate'', %L, %L) where value is not null', :start, :end));

select pg_temp.agree('apply rate', 'select week, coalesce(views, 0), coalesce(apply_clicks, 0), apply_rate from seed_apply_rate',
    format('select bucket, denominator::numeric, numerator::numeric, round(ratio::numeric, 4)
              from telemetry.event_ratio(''assignment_apply_click'', ''assignment_view'', since => %L, until => %L, grain => ''week'') where numerator + denominator > 0', :start, :end));
select pg_temp.agree('apply rate as a kpi', 'select week, apply_rate from seed_apply_rate where apply_rate is not null',
    format('select bucket, round(value::numeric, 4) from telemetry.kpi(''tutoring_apply_rate'', %L, %L) where value is not null', :start, :end));

select pg_temp.agree('dead end rate', 'select week, coalesce(applies, 0), coalesce(no_reply, 0) + coalesce(scams, 0) + coalesce(filled_reports, 0), dead_end_rate from seed_dead_end_rate',
    format('select bucket, denominator::numeric, numerator::numeric, round(ratio::numeric, 4)
              from telemetry.event_ratio(null, ''assignment_apply_click'', since => %L, until => %L, grain => ''week'', numerator_events => ''{assignment_no_reply,assignment_scam_report,assignment_filled_report}'')
             where numerator + denominator > 0', :start, :end));
select pg_temp.agree('dead end rate as a kpi', 'select week, dead_end_rate from seed_dead_end_rate where dead_end_rate is not null',
    format('select bucket, round(value::numeric, 4) from telemetry.kpi(''tutoring_dead_end_rate'', %L, %L) where value is not null', :start, :end));

select pg_temp.agree('market supply', 'table seed_market_supply',
    format('select bucket, created, open, not_open from telemetry.market_supply(since => %L, until => %L) where created > 0', :start, :end));
select pg_temp.agree('market supply as kpis', 'select day, created::double precision, open::double precision from seed_market_supply',
    format('select c.bucket, c.value, o.value from telemetry.kpi(''tutoring_new_assignments'', %L, %L) c join telemetry.kpi(''tutoring_open_assignments'', %1$L, %2$L) o using (bucket) where c.value > 0', :start, :end));

select pg_temp.agree('time to fill', 'table seed_time_to_fill',
    format('select bucket, p50_hours, p90_hours, reports from telemetry.time_to_fill(since => %L, until => %L) where reports > 0', :start, :end));
select pg_temp.agree('time to fill as kpis', 'select week, p50_hours_to_filled_report, p90_hours_to_filled_report from seed_time_to_fill',
    format('select m.bucket, m.value, n.value from telemetry.kpi(''tutoring_time_to_fill_p50'', %L, %L) m join telemetry.kpi(''tutoring_time_to_fill_p90'', %1$L, %2$L) n using (bucket) where m.value is not null', :start, :end));

select pg_temp.agree('extraction outcomes', 'table seed_extraction_outcomes',
    format('select bucket, status, extractions from telemetry.extraction_outcomes(since => %L, until => %L) where extractions > 0', :start, :end));
select pg_temp.agree('extraction outcomes as a kpi', 'select day, status, n::double precision from seed_extraction_outcomes',
    format('select bucket, breakdown_value, value from telemetry.kpi(''tutoring_extraction_outcomes'', %L, %L) where value > 0', :start, :end));

select pg_temp.agree('ingestion runs', 'select day, runs, ok_runs, bad_runs, coalesce(errors, 0), coalesce(scanned, 0), coalesce(inserted, 0), coalesce(updated, 0) from seed_ingestion_runs',
    format('select bucket, runs, ok_runs, bad_runs, errors, scanned, inserted, updated from telemetry.ingestion_run_errors(since => %L, until => %L) where runs > 0', :start, :end));
select pg_temp.agree('ingestion runs as kpis', 'select day, bad_runs::double precision / runs, errors::double precision / scanned from seed_ingestion_runs',
    format('select r.bucket, r.value, e.value from telemetry.kpi(''tutoring_bad_run_rate'', %L, %L) r join telemetry.kpi(''tutoring_ingestion_error_rate'', %1$L, %2$L) e using (bucket) where r.value is not null', :start, :end));

select pg_temp.agree('click through', 'table seed_click_through',
    format('select bucket, assignments_with_clicks, total_clicks from telemetry.click_through(since => %L, until => %L) where assignments_with_clicks > 0', :start, :end));
select pg_temp.agree('click through as a kpi', 'select day, total_clicks::double precision from seed_click_through',
    format('select bucket, value from telemetry.kpi(''tutoring_broadcast_clicks'', %L, %L) where value > 0', :start, :end));

-- The notification funnel that the document asks for, in plain SQL: who clicked within 7 days of any notification.
select pg_temp.agree('notification funnel', format('
        select s.step, count(distinct s.user_id) from (
            select 1 as step, user_id from public.analytics_events where event_type = ''notify_sent'' and event_time >= %L and event_time < %L
            union all
            select 2, c.user_id
              from public.analytics_events s
              join public.analytics_events c on c.user_id = s.user_id and c.event_time between s.event_time and s.event_time + interval ''168 hours''
             where s.event_type = ''notify_sent'' and c.event_type = ''notify_click'' and s.event_time >= %1$L and c.event_time < %2$L and s.event_time < %2$L) s
         group by 1', :start, :end),
    format('select step, actors from telemetry.funnel(''["notify_sent", "notify_click"]'', ''7 days'', %L, %L)', :start, :end));
