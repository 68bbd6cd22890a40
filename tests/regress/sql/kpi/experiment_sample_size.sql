-- experiment_sample_size() and experiment_power(): how many actors an experiment needs, and what it finds with those it has.
\set SHOW_CONTEXT never
set extra_float_digits = -3;
-- A share of 20 %, of which a tenth more is to be found; with more power; with a fifth of all in the variant.
select * from telemetry.experiment_sample_size(0.2, 0.1);
select actors from telemetry.experiment_sample_size(0.2, 0.1, power => 0.9);
select control_actors, treatment_actors from telemetry.experiment_sample_size(0.2, 0.25, treatment_share => 0.2);
-- A fall counts like a rise, and costs what it costs.
select actors, difference from telemetry.experiment_sample_size(0.05, -0.2);
-- A mean of 10 with a standard deviation of 3 per actor.
select * from telemetry.experiment_sample_size(10, 0.05, standard_deviation => 3);
-- With 3000 in each group the tenth more is found in less than half of the cases; with those that are needed in 80 %.
select power, difference from telemetry.experiment_power(0.2, 0.1, 3000, 3000);
select round(p.power::numeric, 4) as power from telemetry.experiment_sample_size(0.2, 0.1) s, telemetry.experiment_power(0.2, 0.1, s.control_actors::integer, s.treatment_actors::integer) p;
select power from telemetry.experiment_power(10, 0.05, 566, 566, standard_deviation => 3);

select * from telemetry.experiment_sample_size();
select * from telemetry.experiment_sample_size(0.2);
select * from telemetry.experiment_sample_size(0.2, 0);
select * from telemetry.experiment_sample_size(1.2, 0.1);
select * from telemetry.experiment_sample_size(0.6, 0.8);
select * from telemetry.experiment_sample_size(0.2, 0.1, power => 1);
select * from telemetry.experiment_sample_size(0.2, 0.1, treatment_share => 0);
select * from telemetry.experiment_sample_size(0.2, 0.1, confidence_level => 95);
select * from telemetry.experiment_sample_size(10, 0.1, standard_deviation => -1);
select * from telemetry.experiment_sample_size(0.2, 1e-9);
select * from telemetry.experiment_sample_size('nan', 0.1);
select * from telemetry.experiment_power(0.2, 0.1);
select * from telemetry.experiment_power(0.2, 0.1, 1, 100);
