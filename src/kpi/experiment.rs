//! Experiments tell what a variant changed, against the control group. `gathering` finds who was exposed and what they
//! did, `statistics` compares the groups. Twin: sql/kpi/experiment.sql.

mod adding;
mod definition;
mod bands;
mod gathering;
mod matching;
mod precise;
mod statistics;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::memory::Memory;
use crate::parts;
use crate::readers::arguments::asked_confidence;
use crate::readers::listing::uuid;
use adding::ByVariant;
use definition::{Asked, expected_actors_of, method_of, split_of};
use gathering::gather;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use statistics::{Comparison, Method, Outcome, estimates, mismatch};
use std::collections::BTreeSet;

/// Contract: see the COMMENT in sql/kpi/experiment.sql.
#[pg_extern(sql = false)]
fn experiment_results(
    call: Call<'_>,
) -> Answer<(
    String,
    bool,
    i64,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    bool,
    i64,
    i64,
)> {
    let (method, confidence, split) = (method_of(&call)?, asked_confidence(&call)?, split_of(&call)?);
    let control = call.text("control")?.unwrap_or("control").to_string();
    let expected = expected_actors_of(&call)?;
    let asked = Asked::of(&call)?;
    let mut exposed = ByVariant::of(&gather(&asked)?);
    if let Some(of_all_logs) = parts::exchange("outcomes", || exposed.clone())? {
        exposed = of_all_logs;
    }
    if parts::is_giving() {
        // Whether the variants are those of the split, and control is one, is known of all logs together.
        return call.rows([]);
    }
    Memory::of_call().check(exposed.actors().saturating_mul(size_of::<Outcome>()))?;
    let ByVariant { mut variants, in_several } = exposed;
    let names = shown(variants.keys().collect(), &control, split.as_deref())?;
    let (mut groups, mut not_numeric) = (Vec::new(), Vec::new());
    for name in &names {
        let of_name = variants.remove(name).unwrap_or_default();
        groups.push(of_name.outcomes.into_list());
        not_numeric.push(of_name.not_numeric);
    }
    let variants = names;
    let found = estimates(&mut groups, asked.kind, asked.looks_back > 0);
    let counts: Vec<u64> = groups.iter().map(|group| group.len() as u64).collect();
    let share = |variant: &String| split.as_ref().map_or(1.0, |split| share_of(split, variant).unwrap_or(0.0));
    let srm = mismatch(&counts, &variants.iter().map(share).collect::<Vec<_>>());
    let mut rows = Vec::with_capacity(variants.len());
    for (place, variant) in variants.into_iter().enumerate() {
        let is_control = place == 0;
        let compared = if is_control { Comparison::default() } else { found.compare(place, method, confidence) };
        let absolute = if is_control { None } else { found.absolute(place, method, confidence) };
        let looks_always = !is_control && method == Method::Frequentist;
        let sequential = if looks_always { found.sequential(place, confidence, expected) } else { None };
        rows.push((
            variant,
            is_control,
            counts[place] as i64,
            found.groups[place].mean,
            compared.difference,
            compared.interval.map(|interval| interval.0),
            compared.interval.map(|interval| interval.1),
            absolute.map(|absolute| absolute.difference),
            absolute.and_then(|absolute| absolute.interval).map(|interval| interval.0),
            absolute.and_then(|absolute| absolute.interval).map(|interval| interval.1),
            absolute.and_then(|absolute| absolute.standard_error),
            compared.p_value,
            compared.chance_to_win,
            sequential.map(|sequential| sequential.p_value),
            sequential.map(|sequential| sequential.interval.0),
            sequential.map(|sequential| sequential.interval.1),
            srm.map(|srm| srm.0),
            srm.is_some_and(|srm| srm.1),
            in_several,
            not_numeric[place],
        ));
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/experiment.sql.
#[pg_extern(sql = false)]
fn experiment_actors(
    call: Call<'_>,
) -> Answer<(Option<String>, pgrx::Uuid, pgrx::Uuid, TimestampWithTimeZone, f64, f64, f64, f64, i64)> {
    let gathered = gather(&Asked::of(&call)?)?;
    let listed = gathered.listed(|actor| (actor.variant, actor.exposed_at, actor.outcome, actor.not_numeric))?;
    let mut rows = Vec::with_capacity(listed.len());
    for (tenant, actor, (variant, exposed_at, outcome, not_numeric)) in listed {
        let variant = variant.map(|variant| gathered.variants[variant].clone());
        let (tenant, actor, exposed_at) = (uuid(tenant), uuid(actor), timestamp(exposed_at)?);
        rows.push((
            variant,
            tenant,
            actor,
            exposed_at,
            outcome.value,
            outcome.denominator,
            outcome.before,
            outcome.denominator_before,
            not_numeric,
        ));
    }
    call.rows(rows)
}

/// Finds the variants that get a row: control, then those seen and those of the split. Errors: 22023 control or split
/// do not fit what was seen.
fn shown<'a>(
    mut names: BTreeSet<&'a String>,
    control: &'a String,
    split: Option<&'a [(String, f64)]>,
) -> Result<Vec<String>, Error> {
    if let Some(split) = split {
        if names.iter().any(|name| share_of(split, name).is_none()) {
            return Err(Error::BadArgument {
                problem: "actors were exposed to a variant that split does not name".into(),
                hint: "telemetry.experiment_actors() lists the variants with their actors.".into(),
            });
        }
        names.extend(split.iter().map(|(name, _)| name));
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    if !names.remove(control) {
        return Err(Error::BadArgument {
            problem: "nobody was exposed to the control variant".into(),
            hint: "Name it: control => '...'; telemetry.experiment_actors() lists the variants with their actors."
                .into(),
        });
    }
    Ok([control].into_iter().chain(names).cloned().collect())
}

fn share_of(split: &[(String, f64)], variant: &str) -> Option<f64> {
    split.iter().find(|(name, _)| name == variant).map(|(_, share)| *share)
}
