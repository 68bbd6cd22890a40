select telemetry.kpi_chart(
           name => $1, since => nullif($2, '')::timestamptz, until => nullif($3, '')::timestamptz, grain => $4, tz => $5, week_start => $6,
           tenant => nullif($7, '')::uuid, first_day => $8, last_day => $9, last => $10)::bytea
