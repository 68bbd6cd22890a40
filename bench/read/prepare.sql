-- The database of the benchmark: telemetry, and the pack whose names the events have.
create extension telemetry;
select telemetry.install_pack('tutoring');
