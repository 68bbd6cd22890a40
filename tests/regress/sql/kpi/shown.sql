-- Numbers as people read them: shown() gives a text for whoever looks. What calculates takes the number itself.
set datestyle = iso;
\pset null '(null)'
select value, unit, telemetry.shown(value, unit)
  from (values (0.42063492063492064, 'ratio'), (0.5, 'ratio'), (0.0003, 'share'), (0.9996, 'ratio'), (1, 'ratio'), (0, 'ratio'),
               (0.153, 'relative difference'), (-0.034, 'relative difference'),
               (2023.6499999999999, 'milliseconds'), (890.9399999999999, 'milliseconds'), (0.42, 'milliseconds'),
               (83275.990235, 'seconds'), (59.99, 'seconds'), (90, 'seconds'), (323.63595974, 'hours'), (400, 'days'),
               (1234567, 'events'), (12.5, 'events'), (63.357058360670834, 'score'), (1234.5, 'units of the currency'),
               (1234567.891, null), (null, 'ratio'), ('NaN', 'ratio'), ('infinity', 'seconds')) v (value, unit);
-- Of nothing there is no rate.
select telemetry.shown(null, 'ratio', 0) as of_nothing, telemetry.shown(0, 'ratio', 0) as of_nothing_either, telemetry.shown(0.5, 'ratio', 2) as of_two, telemetry.shown(null, 'ratio', 2) as unknown;
-- An index and a generated column may have it.
select provolatile, proparallel from pg_proc where oid = 'telemetry.shown'::regproc;
