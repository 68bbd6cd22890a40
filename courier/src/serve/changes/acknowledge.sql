-- $1 the fingerprint, $2 the note. No row: it is not firing, or not the caller's to see.
select telemetry.acknowledge_alert(s.fingerprint, $2)::text
  from telemetry.alert_states s
 where s.fingerprint = nullif($1, '')::uuid and s.status = 'firing'
