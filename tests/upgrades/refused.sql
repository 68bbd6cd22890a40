select telemetry.try_log_event('nobody_knows_this') is null;
