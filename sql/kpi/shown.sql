-- Numbers as people read them. Twin: src/kpi/shown.rs.

create function telemetry.shown(value double precision, unit text default null, n double precision default null)
returns text
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.shown(value, unit, n);
end;

comment on function telemetry.shown is
'Shows a number as people read it: 42.1 %, 23 h 8 min, 1,234,567. KPIs answer in full, for whoever
calculates; this is for whoever looks.

Arguments
  value  the number
  unit   of value, as in telemetry.kpis: ratio and share become percent; relative difference percent
         with its sign; milliseconds, seconds, minutes, hours and days a duration; units of the
         currency has two decimals; any other unit, and NULL (default), is a number of things
  n      of how many it tells; 0: there is nothing to tell of, which is shown as -; default NULL:
         that is not known
Returns
  the text, without the name of a unit that counts things; NULL where value is NULL; - where it is
    no finite number
Notes
  A ratio has one decimal, and up to four where it would look like none or like all.
  A duration has its two largest units: 1 d 2 h, 5 min 23 s; below a minute three digits.
  A number is whole from 1,000 on; below it has up to four digits.';
