-- The functions that a KPI may be defined by: a closed list. A new KPI function joins it by one line here.

-- bucket_column NULL: the function answers for its whole range. bucket_kind: the kind that answers where a grain is given;
-- itself where it has buckets, or may be asked once per bucket, for it looks at no event twice: then no answer is cut at a
-- bucket's end. NULL: what begins in one bucket and ends in the next would be lost, so it is not asked by bucket.
-- breakdown_columns: together they tell the rows of a bucket apart. value_columns: the first is the default.
-- has_previous: dashboard() may ask about two buckets before the range alone; what learns from a range may not be.
create function telemetry.kpi_kinds()
returns table (kind text, bucket_column text, breakdown_columns text[], value_columns text[], bucket_kind text, has_previous boolean)
language sql
immutable
begin atomic
    select k.column1, k.column2, k.column3::text[], k.column4::text[], k.column5, k.column6
      from (values
        ('event_volume', 'bucket', '{event_name}', '{events}', 'event_volume', true),
        ('active_users', 'bucket', '{}', '{actors}', 'active_users', true),
        ('event_ratio', 'bucket', '{}', '{ratio,numerator,denominator}', 'event_ratio', true),
        ('actor_ratio', 'bucket', '{}', '{ratio,numerator,denominator}', 'actor_ratio', true),
        ('object_ratio', 'bucket', '{breakdown_value}', '{ratio,relative_change,in_numerator,in_denominator,lost,recovered,recovery_rate,not_yet_due,undated}', 'object_ratio', true),
        ('retention', 'cohort', '{period}', '{rate,actors,cohort_size}', 'retention', true),
        ('lifecycle', 'bucket', '{status}', '{actors}', 'lifecycle', true),
        ('stickiness', null, '{periods}', '{actors,rate}', 'stickiness', true),
        ('dau_mau', 'bucket', '{}', '{ratio,average_actors,actors}', 'dau_mau', true),
        ('feature_adoption', 'bucket', '{}', '{rate,feature_actors,active_actors,new_adopters,cumulative_adopters}', 'feature_adoption', true),
        ('user_engagement', null, '{tenant_id,actor_id}', '{score,active_days,days_since_last,events}', 'user_engagement', true),
        ('activity_heatmap', null, '{weekday,hour}', '{events,actors}', 'activity_heatmap', true),
        ('top_values', null, '{value}', '{events,actors,share}', 'top_values', true),
        ('funnel', null, '{breakdown_value,step,event_name}', '{rate_from_first,rate_from_previous,actors,avg_seconds,median_seconds,entries}', 'funnel_trend', true),
        ('funnel_trend', 'bucket', '{breakdown_value,step,event_name}', '{rate_from_first,rate_from_previous,actors,entries}', 'funnel_trend', true),
        ('funnel_times', null, '{breakdown_value,bin}', '{actors,from_seconds,until_seconds}', null, true),
        ('time_to_first', 'cohort', '{}', '{seconds,n_reached,n_anchor}', 'time_to_first', true),
        ('time_between', 'bucket', '{}', '{seconds,followed,events}', 'time_between', true),
        ('session_stats', 'bucket', '{}', '{sessions,actors,avg_seconds,median_seconds,avg_events,bounce_rate}', 'session_stats', true),
        ('paths', null, '{step,source_name,target_name}', '{actors,avg_seconds}', null, true),
        ('next_events', null, '{event_name}', '{share,actors}', null, true),
        ('sum_of', 'bucket', '{breakdown_value}', '{value,events,not_numeric}', 'sum_of', true),
        ('avg_of', 'bucket', '{breakdown_value}', '{value,events,not_numeric}', 'avg_of', true),
        ('percentiles', 'bucket', '{breakdown_value,fraction}', '{value,events,not_numeric}', 'percentiles', true),
        ('percentiles_sketched', 'bucket', '{breakdown_value,fraction}', '{value,events,not_numeric}', 'percentiles_sketched', true),
        ('rate_of_errors', 'bucket', '{breakdown_value}', '{rate,errors,events}', 'rate_of_errors', true),
        ('anomalies', 'bucket', '{}', '{score,value,expected}', 'anomalies', false),
        ('forecast', 'bucket', '{}', '{expected,lower,upper}', 'forecast', false),
        ('experiment_results', null, '{variant}', '{relative_difference,mean,actors,p_value,chance_to_win,interval_low,interval_high,srm_p_value}', null, true),
        ('backlog', 'bucket', '{}', '{backlog,opened_events,closed_events}', 'backlog', true),
        ('item_statistics', null, '{subject_id}', '{difficulty,discrimination,sessions,answered,changes,changes_per_answer,median_seconds,marked}', null, true),
        ('market_supply', 'bucket', '{}', '{created,open,not_open}', 'market_supply', true),
        ('time_to_fill', 'bucket', '{}', '{p50_hours,p90_hours,reports}', 'time_to_fill', true),
        ('extraction_outcomes', 'bucket', '{status}', '{extractions}', 'extraction_outcomes', true),
        ('ingestion_run_errors', 'bucket', '{}', '{error_rate,bad_run_rate,runs,ok_runs,bad_runs,errors,scanned,inserted,updated}', 'ingestion_run_errors', true),
        ('click_through', 'bucket', '{}', '{total_clicks,assignments_with_clicks}', 'click_through', true)
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
  has_previous       whether dashboard() asks about the bucket before the range as well';
