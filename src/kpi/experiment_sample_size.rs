//! How many actors an experiment needs to find a difference, and the chance that it does. Twin:
//! sql/kpi/experiment_sample_size.sql.

mod planning;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::arguments::{asked_confidence, bad};
use pgrx::prelude::*;
use planning::Plan;

/// Contract: see the COMMENT in sql/kpi/experiment_sample_size.sql.
#[pg_extern(sql = false)]
fn experiment_sample_size(call: Call<'_>) -> Answer<(i64, i64, i64, f64)> {
    let plan = asked_plan(&call)?;
    let power = asked_share(&call, "power", 0.8)?;
    let (control, treatment) = plan.sizes(power, asked_share(&call, "treatment_share", 0.5)?);
    // Up to here doubles count without a gap.
    if control + treatment >= (1_u64 << 53) as f64 {
        Err(bad("so small an effect takes more actors than there can be", "Ask for a larger minimum_effect."))?;
    }
    let (control, treatment) = (control as i64, treatment as i64);
    call.rows([(control, treatment, control + treatment, plan.treatment - plan.control)])
}

/// Contract: see the COMMENT in sql/kpi/experiment_sample_size.sql.
#[pg_extern(sql = false)]
fn experiment_power(call: Call<'_>) -> Answer<(f64, f64)> {
    let plan = asked_plan(&call)?;
    let control = asked_actors(&call, "control_actors")?;
    let treatment = asked_actors(&call, "treatment_actors")?;
    call.rows([(plan.power(control, treatment), plan.treatment - plan.control)])
}

fn asked_plan(call: &Call<'_>) -> Result<Plan, Error> {
    let needed = |argument: &'static str| {
        call.number(argument)?.ok_or(Error::NullArgument {
            argument,
            hint: "For a share of 0.2 of which a tenth more is to be found: telemetry.experiment_sample_size(0.2, 0.1).",
        })
    };
    let (control, effect) = (needed("baseline")?, needed("minimum_effect")?);
    let plan = Plan {
        control,
        treatment: control * (1.0 + effect),
        deviation: call.number("standard_deviation")?,
        alpha: 1.0 - asked_confidence(call)?,
    };
    let is_share = |share: f64| share > 0.0 && share < 1.0;
    match plan.deviation {
        Some(deviation) if !(deviation > 0.0 && deviation.is_finite()) => {
            return Err(bad(
                "standard_deviation must be above 0",
                "stddev_samp() over the value of each actor gives it; leave it out for a share.",
            ));
        }
        None if !is_share(control) => {
            return Err(bad("baseline must be a share between 0 and 1", "Of a mean give standard_deviation as well."));
        }
        _ => {}
    }
    if !effect.is_finite() || !plan.treatment.is_finite() || plan.treatment == control {
        return Err(bad(
            "minimum_effect must not be 0",
            "It is relative to baseline: 0.1 is a tenth more, -0.1 a tenth less.",
        ));
    }
    if plan.deviation.is_none() && !is_share(plan.treatment) {
        return Err(bad(
            "minimum_effect leads to a share that is not between 0 and 1",
            "It is relative to baseline: 0.1 is a tenth more.",
        ));
    }
    Ok(plan)
}

fn asked_share(call: &Call<'_>, argument: &str, default: f64) -> Result<f64, Error> {
    let share = call.number(argument)?.unwrap_or(default);
    if share > 0.0 && share < 1.0 {
        Ok(share)
    } else {
        Err(bad(&format!("{argument} must be between 0 and 1"), "0.8 is 80 %."))
    }
}

fn asked_actors(call: &Call<'_>, argument: &'static str) -> Result<f64, Error> {
    let hint = "It is how many actors that variant has: telemetry.experiment_power(0.2, 0.1, 5000, 5000).";
    match call.integer(argument)?.ok_or(Error::NullArgument { argument, hint })? {
        actors if actors >= 2 => Ok(f64::from(actors)),
        _ => Err(bad(&format!("{argument} must be 2 or more"), hint)),
    }
}
