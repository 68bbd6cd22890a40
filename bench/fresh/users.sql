-- Users of the last days, who go on: log.sql picks one by number.
create unlogged table users as
    select row_number() over () as n, u.user_id
      from (select distinct e.user_id from telemetry.events e where e.event_ts > now() - interval '8 days' and e.user_id is not null) u;
alter table users add primary key (n);
