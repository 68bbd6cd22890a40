-- How many actors an experiment needs, and what those can find that it has. Twin: src/kpi/experiment_sample_size.rs.

create function telemetry.experiment_sample_size(
    baseline double precision default null,
    minimum_effect double precision default null,
    power double precision default null,
    confidence_level double precision default null,
    standard_deviation double precision default null,
    treatment_share double precision default null)
returns table (control_actors bigint, treatment_actors bigint, actors bigint, difference double precision)
language c
immutable
parallel safe
rows 1
as 'MODULE_PATHNAME', 'experiment_sample_size_wrapper';

create function telemetry.experiment_power(
    baseline double precision default null,
    minimum_effect double precision default null,
    control_actors integer default null,
    treatment_actors integer default null,
    confidence_level double precision default null,
    standard_deviation double precision default null)
returns table (power double precision, difference double precision)
language c
immutable
parallel safe
rows 1
as 'MODULE_PATHNAME', 'experiment_power_wrapper';

comment on function telemetry.experiment_sample_size is
'How many actors an experiment needs to find a difference that is at least so large.

Arguments
  baseline            what control has: the share of actors, or the mean of a number
  minimum_effect      the smallest difference that must not be missed, relative to baseline: 0.1 is
                      a tenth more, -0.1 a tenth less
  power               the chance that such a difference is found; default 0.8
  confidence_level    as of experiment_results(); default 0.95
  standard_deviation  of the number of one actor, within a variant; default NULL: baseline is a
                      share
  treatment_share     the share of the actors that get the variant, the others being control;
                      default 0.5
Columns
  control_actors, treatment_actors  how many each group needs
  actors                            both together
  difference                        minimum_effect in the unit of baseline
Errors
  22004  no baseline or no minimum_effect
  22023  a share that is not between 0 and 1; a minimum_effect of 0; a standard_deviation that is
         not above 0; an effect that takes more actors than there can be
Notes
  Shares: Fleiss, Levin and Paik 2003, section 4.2. Means: the normal approximation with the same
    deviation in both (Chow, Shao and Wang 2008, section 3.2). Both tests are two-sided and look
    once, at the end; always-valid intervals need more actors.';
comment on function telemetry.experiment_power is
'How likely an experiment with so many actors finds a difference.

Arguments
  control_actors, treatment_actors  how many actors each group has
  the arguments of experiment_sample_size() but power and treatment_share
Columns
  power       the chance that the difference is found
  difference  minimum_effect in the unit of baseline
Errors
  22004  no baseline, minimum_effect, control_actors or treatment_actors
  22023  fewer than two actors in a group; a share that is not between 0 and 1; a minimum_effect of
         0; a standard_deviation that is not above 0
Notes
  The formulas of experiment_sample_size(), solved for power.';
