-- uniq() and uniq_exact() tell how many different values there are. Twin: src/aggregates/uniq.rs.

create aggregate telemetry.uniq(value anyelement) (
    sfunc = telemetry_private.uniq_step,
    stype = bytea,
    sspace = 8192,
    finalfunc = telemetry_private.uniq_of,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.uniq_state(value anyelement) (
    sfunc = telemetry_private.uniq_step,
    stype = bytea,
    sspace = 8192,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.uniq_exact(value anyelement) (
    sfunc = telemetry_private.uniq_exact_step,
    stype = bytea,
    sspace = 8192,
    finalfunc = telemetry_private.uniq_exact_of,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.uniq_exact_state(value anyelement) (
    sfunc = telemetry_private.uniq_exact_step,
    stype = bytea,
    sspace = 8192,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create function telemetry.uniq_of(state bytea default null)
returns bigint
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.uniq_of(state);
end;

create function telemetry.uniq_exact_of(state bytea default null)
returns bigint
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.uniq_exact_of(state);
end;

comment on aggregate telemetry.uniq(anyelement) is
'Estimates how many different values there are, in at most 16 KB a group. It is exact up to 1,000
different values; above that its standard error is 0.81 %, so that 95 of 100 answers are within 1.6
%.

Arguments
  value  a text or varchar (compared by bytes, whatever the collation), uuid, smallint, integer,
         bigint, date, timestamptz or bytea; NULLs are left out
Returns
  the number of different values; 0 without values
Errors
  22023  a value of another type: cast it to text
Notes
  It is HyperLogLog with 16,384 registers. The same values give the same answer in any order, parted
    in any way, on any machine.';
comment on aggregate telemetry.uniq_state(anyelement) is
'Returns the sketch behind uniq() as one value of at most 16 KB. merge_states() merges such states,
so that days add up to a month, and uniq_of() reads them.

Arguments
  value  a value of a type that uniq() takes; NULLs are left out
Returns
  the state, the same bytes for the same values; NULL without values
Errors
  22023  a value of another type: cast it to text';
comment on aggregate telemetry.uniq_exact(anyelement) is
'Counts exactly how many different values there are, as count(distinct value) does, but in parallel
plans too.

Arguments
  value  a value of a type that uniq() takes; NULLs are left out
Returns
  the number of different values; 0 without values
Errors
  22023  a value of another type: cast it to text
  54000  the different values of a group take more than 1 GB
Notes
  It keeps each different value of a group once in memory.';
comment on aggregate telemetry.uniq_exact_state(anyelement) is
'Returns the different values behind uniq_exact() as one value. merge_states() merges such states,
and uniq_exact_of() counts them.

Arguments
  value  a value of a type that uniq() takes; NULLs are left out
Returns
  the state, the same bytes for the same values; NULL without values
Errors
  22023  a value of another type: cast it to text
  54000  the different values of a group take more than 1 GB';
comment on function telemetry.uniq_of is
'Answers uniq() for the values that went into a state.

Arguments
  state  what uniq_state() or merge_states() returned
Returns
  the number of different values; 0 for a NULL state
Errors
  22023  the value is no such state';
comment on function telemetry.uniq_exact_of is
'Answers uniq_exact() for the values that went into a state.

Arguments
  state  what uniq_exact_state() or merge_states() returned
Returns
  the number of different values; 0 for a NULL state
Errors
  22023  the value is no such state';
