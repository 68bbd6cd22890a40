-- The functions that a KPI may be defined by: a closed list. A new KPI function joins it by one line here, and below by its name
-- under the question that it answers.

-- bucket_column NULL: the function answers for its whole range. bucket_kind: the kind that answers where a grain is given;
-- itself where it has buckets, or may be asked once per bucket, for it looks at no event twice: then no answer is cut at a
-- bucket's end. NULL: what begins in one bucket and ends in the next would be lost, so it is not asked by bucket.
-- breakdown_columns: together they tell the rows of a bucket apart. value_columns: the first is the default.
-- count_column: the column that says what the value is of; of a funnel, whose rows have a step, that of its first step.
-- range_row: what answers for a range as one number: bucket, the function, by one bucket or without any; mean of the function's
-- buckets; the last one that is over; or the first one.
-- own_grain: the one by which the function answers without any.
-- keeps_history: the value of a bucket follows from the events in it, or of a funnel in its window, whoever else did what before.
-- has_previous: dashboard() may ask about two buckets before the range alone; what learns from a range may not be.
create function telemetry.kpi_kinds()
returns table (kind text, bucket_column text, breakdown_columns text[], value_columns text[], bucket_kind text, has_previous boolean, count_column text, range_row text, own_grain text, keeps_history boolean)
language sql
immutable
begin atomic
    select k.column1, k.column2, k.column3::text[], k.column4::text[], k.column5, k.column6, k.column7, k.column8, k.column9, k.column10
      from (values
        ('event_volume', 'bucket', '{breakdown_value,event_name}', '{events}', 'event_volume', true, 'events', 'bucket', 'day', true),
        ('active_users', 'bucket', '{breakdown_value}', '{actors}', 'active_users', true, 'actors', 'bucket', 'day', true),
        ('event_ratio', 'bucket', '{breakdown_value}', '{ratio,numerator,denominator}', 'event_ratio', true, 'denominator', 'bucket', 'day', true),
        ('actor_ratio', 'bucket', '{breakdown_value}', '{ratio,numerator,denominator}', 'actor_ratio', true, 'denominator', 'bucket', 'day', true),
        ('object_ratio', 'bucket', '{breakdown_value}', '{ratio,relative_change,in_numerator,in_denominator,lost,recovered,recovery_rate,not_yet_due,undated}', 'object_ratio', true, 'in_denominator', 'bucket', 'day', false),
        ('retention', 'cohort', '{breakdown_value,period}', '{rate,actors,cohort_size}', 'retention', true, 'cohort_size', 'mean', 'day', false),
        ('lifecycle', 'bucket', '{breakdown_value,status}', '{actors}', 'lifecycle', true, 'actors', 'bucket', 'day', false),
        ('stickiness', null, '{periods}', '{actors,rate}', 'stickiness', true, 'actors', 'bucket', 'day', false),
        ('dau_mau', 'bucket', '{}', '{ratio,average_actors,actors}', 'dau_mau', true, 'actors', 'bucket', 'month', true),
        ('feature_adoption', 'bucket', '{}', '{rate,feature_actors,active_actors,new_adopters,cumulative_adopters}', 'feature_adoption', true, 'active_actors', 'bucket', 'day', false),
        ('user_engagement', null, '{tenant_id,actor_id}', '{score,active_days,days_since_last,events}', 'user_engagement', true, 'events', 'bucket', 'day', false),
        ('activity_heatmap', null, '{weekday,hour}', '{events,actors}', 'activity_heatmap', true, 'events', 'bucket', 'day', false),
        ('top_values', null, '{value}', '{events,actors,share}', 'top_values', true, 'events', 'bucket', 'day', false),
        ('funnel', null, '{breakdown_value,step,event_name}', '{rate_from_first,rate_from_previous,actors,avg_seconds,median_seconds,entries}', 'funnel_trend', true, 'actors', 'bucket', 'day', false),
        ('funnel_trend', 'bucket', '{breakdown_value,step,event_name}', '{rate_from_first,rate_from_previous,actors,entries}', 'funnel_trend', true, 'actors', 'bucket', 'day', true),
        ('funnel_times', null, '{breakdown_value,bin}', '{actors,from_seconds,until_seconds}', null, true, 'actors', 'bucket', 'day', false),
        ('time_to_first', 'cohort', '{}', '{seconds,n_reached,n_anchor}', 'time_to_first', true, 'n_reached', 'bucket', 'day', false),
        ('time_between', 'bucket', '{}', '{seconds,followed,events}', 'time_between', true, 'followed', 'bucket', 'day', false),
        ('session_stats', 'bucket', '{breakdown_value}', '{sessions,actors,avg_seconds,median_seconds,avg_events,bounce_rate}', 'session_stats', true, 'sessions', 'bucket', 'day', false),
        ('paths', null, '{step,source_name,target_name}', '{actors,avg_seconds}', null, true, 'actors', 'bucket', 'day', false),
        ('next_events', null, '{event_name}', '{share,actors}', null, true, 'actors', 'bucket', 'day', false),
        ('sum_of', 'bucket', '{breakdown_value}', '{value,events,not_numeric}', 'sum_of', true, 'events', 'bucket', 'day', true),
        ('avg_of', 'bucket', '{breakdown_value}', '{value,events,not_numeric}', 'avg_of', true, 'events', 'bucket', 'day', true),
        ('max_of', 'bucket', '{breakdown_value}', '{value,events,not_numeric}', 'max_of', true, 'events', 'bucket', 'day', true),
        ('min_of', 'bucket', '{breakdown_value}', '{value,events,not_numeric}', 'min_of', true, 'events', 'bucket', 'day', true),
        ('percentiles', 'bucket', '{breakdown_value,fraction}', '{value,events,not_numeric}', 'percentiles', true, 'events', 'bucket', 'day', true),
        ('percentiles_sketched', 'bucket', '{breakdown_value,fraction}', '{value,events,not_numeric}', 'percentiles_sketched', true, 'events', 'bucket', 'day', true),
        ('rate_of_errors', 'bucket', '{breakdown_value}', '{rate,errors,events}', 'rate_of_errors', true, 'events', 'bucket', 'day', true),
        ('anomalies', 'bucket', '{}', '{score,value,expected}', 'anomalies', false, null, 'last', 'day', false),
        ('forecast', 'bucket', '{}', '{expected,lower,upper}', 'forecast', false, null, 'first', 'day', false),
        ('experiment_results', null, '{variant}', '{relative_difference,mean,actors,p_value,chance_to_win,interval_low,interval_high,difference,difference_low,difference_high,standard_error,sequential_p_value,sequential_low,sequential_high,srm_p_value}', null, true, 'actors', 'bucket', 'day', false),
        ('backlog', 'bucket', '{}', '{backlog,opened_events,closed_events}', 'backlog', true, null, 'bucket', 'day', false),
        ('queue_state', null, '{}', '{open_items,oldest_seconds,median_seconds,openings}', 'queue_state', true, 'openings', 'bucket', 'day', false),
        ('student_report', null, '{tenant_id,user_id}', '{predicted_score,predicted_low,predicted_high,score,expected_score,progress,scored,answered,changes_per_answer,median_seconds,pauses,paused_seconds,sessions}', null, true, 'scored', 'bucket', 'day', false),
        ('item_statistics', null, '{subject_id}', '{difficulty,discrimination,sessions,answered,changes,changes_per_answer,median_seconds,marked}', null, true, 'answered', 'bucket', 'day', false),
        ('market_supply', 'bucket', '{}', '{created,open,not_open}', 'market_supply', true, 'created', 'bucket', 'day', false),
        ('time_to_fill', 'bucket', '{}', '{p50_hours,p90_hours,reports}', 'time_to_fill', true, 'reports', 'bucket', 'week', false),
        ('extraction_outcomes', 'bucket', '{status}', '{extractions}', 'extraction_outcomes', true, 'extractions', 'bucket', 'day', false),
        ('ingestion_run_errors', 'bucket', '{}', '{error_rate,bad_run_rate,runs,ok_runs,bad_runs,errors,scanned,inserted,updated}', 'ingestion_run_errors', true, 'runs', 'bucket', 'day', false),
        ('ingestion_alerts', null, '{alert}', '{value,threshold}', 'ingestion_alerts', true, 'n', 'bucket', 'day', false),
        ('click_through', 'bucket', '{}', '{total_clicks,assignments_with_clicks}', 'click_through', true, 'assignments_with_clicks', 'bucket', 'day', false)
      ) k;
end;

comment on function telemetry.kpi_kinds is
'Which functions a KPI of register_kpi() may be defined by, and how kpi() reads their answers.

Columns
  kind               the function
  bucket_column      the column that becomes the bucket of kpi(); NULL: the function answers for its
                     whole range
  breakdown_columns  the columns that tell the rows of a bucket apart
  value_columns      the columns that may be the value, the first one by default; of a column that
                     is a list, its first element
  bucket_kind        the kind that answers where a grain is given: itself, asked once per bucket
                     where it has none of its own; of a funnel funnel_trend; NULL: none, for what
                     begins in one bucket and ends in the next would be lost
  has_previous       whether dashboard() asks about the bucket before the range as well
  count_column       the column that says what the value is of, n of kpi(): of a funnel that of its
                     first step; NULL: none
  range_row          what answers for a range as one number: bucket: the function, with one bucket
                     or none; mean: all buckets together; last: the last one that is over; first:
                     the first one
  own_grain          the grain by which the function answers where none is given
  keeps_history      whether a KPI of this kind may have keep_history: what happened before a bucket
                     or is about single people does not matter to it';

-- Which KPI functions answer what together, with those that belong to them: the first topics of help() and pages of
-- docs/functions; sql/help/topics.sql has the others.
create function telemetry_private.kpi_topics()
returns table (page text, topic text, functions text[])
language sql
immutable
begin atomic
    select t.column1, t.column2, t.column3::text[]
      from (values
        ('volume', 'How much happens?', '{event_volume,event_ratio,activity_heatmap,backlog,queue_state,open_items}'),
        ('activity', 'How many are active?', '{active_users,lifecycle,stickiness,dau_mau,user_engagement}'),
        ('usage', 'Who uses what?', '{actor_ratio,feature_adoption,top_values}'),
        ('funnels', 'How far do they get?', '{funnel,funnel_trend,funnel_times}'),
        ('retention', 'Do they come back?', '{retention}'),
        ('paths', 'What do they do next?', '{paths,next_events,user_sessions,session_stats,time_to_first,time_between,session_timeline,request_timeline}'),
        ('numbers', 'How long, how much, how bad?', '{percentiles,percentiles_sketched,sum_of,avg_of,max_of,min_of,rate_of_errors,object_ratio,object_ratio_objects,item_statistics,student_report}'),
        ('experiments', 'Does it work?', '{assign_variant,experiment_sample_size,experiment_power,experiment_results,experiment_actors}'),
        ('forecasts', 'Is that normal, and what comes?', '{compare_periods,anomalies,anomalies_of,forecast,forecast_kpi,forecast_of}'),
        ('application', 'KPIs over tables of the application', '{market_supply,time_to_fill,extraction_outcomes,ingestion_run_errors,click_through}')
      ) t;
end;
