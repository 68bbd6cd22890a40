-- uniq(), uniq_exact(): how many different values there are. Twin: src/aggregates/uniq.rs.

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
'About how many different values there are, by HyperLogLog with 16,384 registers: exact up to 1,000 different values, above that with a standard error of 0.81 % (95 of 100 answers are within 1.6 %). The same values give the same answer, in any order, parted in any way, on any machine. value: text and varchar (by their bytes, whatever the collation), uuid, smallint, integer, bigint, date, timestamptz or bytea; NULL is left out. 0 without values. At most 16 KB a group. Errors: 22023 another type: cast it to text.';
comment on aggregate telemetry.uniq_state(anyelement) is
'The sketch behind uniq() as one value of at most 16 KB: merge_states() merges sketches, so that days add up to a month; uniq_of() reads them. The same bytes for the same values. NULL without values. Errors: those of uniq().';
comment on aggregate telemetry.uniq_exact(anyelement) is
'How many different values there are, exactly, as count(distinct value), but in parallel plans too. value: as for uniq(). 0 without values. Memory: the values of a group, each once. Errors: 22023 another type: cast it to text; 54000 different values of more than 1 GB in a group.';
comment on aggregate telemetry.uniq_exact_state(anyelement) is
'The different values behind uniq_exact() as one value: merge_states() merges them, uniq_exact_of() counts them. The same bytes for the same values. NULL without values. Errors: those of uniq_exact().';
comment on function telemetry.uniq_of is
'uniq() of the values that went into a state of uniq_state() or merge_states(). 0 for a NULL state. Errors: 22023 no such state.';
comment on function telemetry.uniq_exact_of is
'uniq_exact() of the values that went into a state of uniq_exact_state() or merge_states(). 0 for a NULL state. Errors: 22023 no such state.';
