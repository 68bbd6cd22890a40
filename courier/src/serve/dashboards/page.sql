-- The page as the database makes it. $1 to $11 are the fields of its form, of its links and of whoever writes the address.
select telemetry.dashboard_page(
           name => $1, since => nullif($2, '')::timestamptz, until => nullif($3, '')::timestamptz, grain => $4, tz => $5, week_start => $6,
           tenant => nullif($7, '')::uuid, refresh_seconds => nullif($8, '')::integer, first_day => $9, last_day => $10, last => $11)::bytea
