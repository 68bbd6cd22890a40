-- telemetry: one call each.

-- question funnel:
select step, actors
  from telemetry.funnel('["assignment_list_view", "assignment_view", "assignment_apply_click"]',
                        within => '7 days', since => {since}, until => {until})
 order by step;

-- question retention:
select cohort, period, actors
  from telemetry.retention(start_event => null, return_event => null, since => {since}, until => {until},
                           grain => 'week', tz => 'UTC')
 where actors is not null
   and cohort + period * interval '7 days' < {until}
 order by cohort, period;

-- question active_users:
select bucket, actors
  from telemetry.active_users(since => {since}, until => {until}, grain => 'week', tz => 'UTC')
 order by bucket;

-- question apply_rate:
select bucket, numerator, denominator
  from telemetry.event_ratio('assignment_apply_click', 'assignment_view', since => {since}, until => {until},
                             grain => 'week', tz => 'UTC')
 order by bucket;

-- question volume:
select bucket, event_name, events
  from telemetry.event_volume(since => {since}, until => {until}, grain => 'day', tz => 'UTC')
 order by bucket, event_name;
