//! Turns the arguments of experiment_results() into what is to be read and compared.

use crate::db::call::Call;
use crate::error::Error;
use crate::ids::TenantId;
use crate::jsonb::Jsonb;
use crate::jsonb::container::{Item, members};
use crate::jsonb::key_path::KeyPath;
use crate::kpi::experiment::statistics::{DEFAULT_ACTORS, Kind, Method};
use crate::readers::arguments::{self, asked_condition, asked_key, asked_text, asked_word, bad};
use crate::readers::scope::{asked_range, asked_tenant};
use crate::source;
use crate::source::question::{Class, Condition};
use crate::source::unknown_events::refuse_unknown;
use crate::time::DAY;

/// The arguments of experiment_results() and experiment_actors(), read and checked.
pub struct Asked {
    pub since: i64,
    pub until: i64,
    pub tenant: Option<TenantId>,
    pub kind: Kind,
    /// How many microseconds before an exposure CUPED looks at; 0 where there is no CUPED.
    pub looks_back: i64,
    pub exposure_event: String,
    pub variant_key: KeyPath,
    /// The conditions on the payload of an exposure, once for each spelling of the experiment: that spelling, and the
    /// exposure filter.
    pub exposures: Vec<Vec<Condition>>,
    pub metric_event: String,
    pub denominator_event: Option<String>,
    pub filter: Option<Condition>,
    /// The key whose values are numbers; the two fields below it say of which events.
    pub touches: Option<KeyPath>,
    pub value_is_touched: bool,
    pub denominator_is_touched: bool,
}

impl Asked {
    /// Reads every argument that both functions have.
    pub fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let (since, until) = asked_range(call)?;
        let experiment = call.text("experiment")?.ok_or(Error::NullArgument {
            argument: "experiment",
            hint: "For example: telemetry.experiment_results('new_checkout', 'purchase').",
        })?;
        let metric_event = asked_text(call, "metric_event")?.ok_or(Error::NullArgument {
            argument: "metric_event",
            hint: "The event that the experiment should make more of: telemetry.experiment_results('new_checkout', 'purchase').",
        })?;
        let kind = asked_word(
            call,
            "metric_kind",
            &[("proportion", Kind::Proportion), ("mean", Kind::Mean), ("ratio", Kind::Ratio)],
        )?;
        let days = call.integer("cuped_days")?.unwrap_or(0);
        let (value_key, denominator_key) = (asked_text(call, "value_key")?, asked_text(call, "denominator_key")?);
        let denominator_event = asked_text(call, "denominator_event")?;
        let refuse = |problem: &str, hint: &str| Err(Error::BadArgument { problem: problem.into(), hint: hint.into() });
        if kind == Kind::Proportion && value_key.is_some() {
            return refuse(
                "a proportion has no value_key",
                "It asks who had the event; metric_kind => 'mean' asks how much.",
            );
        }
        if kind == Kind::Ratio && denominator_event.is_none() {
            return refuse("a ratio needs a denominator_event", "For example: denominator_event => 'session_started'.");
        }
        if kind != Kind::Ratio && (denominator_event.is_some() || denominator_key.is_some()) {
            return refuse("only a ratio has a denominator", "Leave it out, or say metric_kind => 'ratio'.");
        }
        if !(0..=365).contains(&days) {
            return refuse("cuped_days must be from 0 to 365", "14 days before the exposure are usual.");
        }
        if let (Some(value), Some(denominator)) = (&value_key, &denominator_key)
            && value != denominator
        {
            return refuse(
                "value_key and denominator_key must be the same key",
                "Leave one of them out to count its events instead.",
            );
        }
        let exposure_event = asked_text(call, "exposure_event")?.unwrap_or_else(|| "experiment_exposed".into());
        refuse_unknown([&exposure_event, &metric_event].into_iter().chain(&denominator_event))?;
        let exposure_filter = asked_condition(call, "exposure_filter")?;
        let key_or =
            |argument, default: &str| Ok::<_, Error>(asked_key(call, argument)?.unwrap_or(KeyPath::kept(default)));
        let key = key_or("experiment_key", "experiment")?;
        let exposures =
            spellings(&key, experiment).into_iter().map(|of| [of].into_iter().chain(exposure_filter.clone()).collect());
        Ok(Asked {
            since: since.unwrap_or(i64::MIN),
            until: until.unwrap_or(i64::MAX),
            tenant: asked_tenant(call)?,
            kind,
            looks_back: i64::from(days) * DAY,
            exposure_event,
            variant_key: key_or("variant_key", "variant")?,
            exposures: exposures.collect(),
            metric_event,
            denominator_event,
            filter: asked_condition(call, "filter")?,
            value_is_touched: value_key.is_some(),
            denominator_is_touched: denominator_key.is_some(),
            touches: arguments::key(value_key.or(denominator_key))?,
        })
    }
}

/// Makes the conditions that a key has a text, or the number or truth value that is shown as that text.
pub fn spellings(key: &KeyPath, text: &str) -> Vec<Condition> {
    let literal =
        serde_json::from_str(text).ok().filter(|value: &serde_json::Value| value.is_number() || value.is_boolean());
    let values = [Some(serde_json::Value::from(text)), literal].into_iter().flatten();
    values
        .filter_map(|value| Jsonb::parse(&serde_json::json!({ key.as_str(): value }).to_string()))
        .map(|object| source::contains(&object.0))
        .collect()
}

/// The conditions of a question, and the classes that they make.
#[derive(Clone, Default)]
pub struct Classes {
    pub classes: Vec<Class>,
    pub conditions: Vec<Condition>,
}

/// There are at most this many labels and conditions, because each is a bit.
const MOST: usize = 64;

impl Classes {
    /// Adds a class and gives its bit. Error: 22023 where there are too many.
    pub fn add(&mut self, name: &str, conditions: impl IntoIterator<Item = Condition>) -> Result<u64, Error> {
        let mut places = Vec::new();
        for condition in conditions {
            let known = self.conditions.iter().position(|known| *known == condition);
            places.push(known.unwrap_or(self.conditions.len()));
            if known.is_none() {
                self.conditions.push(condition);
            }
        }
        self.classes.push(Class { names: Some(vec![name.to_string()]), conditions: places });
        if self.classes.len() > MOST || self.conditions.len() > MOST {
            return Err(Error::BadArgument {
                problem: "the experiment has too many variants".into(),
                hint: "Is variant_key the payload key that names the variant?".into(),
            });
        }
        Ok(1 << (self.classes.len() - 1))
    }
}

/// Reads the argument method.
pub fn method_of(call: &Call<'_>) -> Result<Method, Error> {
    asked_word(call, "method", &[("frequentist", Method::Frequentist), ("bayesian", Method::Bayesian)])
}

/// Reads the argument expected_actors. Error: 22023 fewer than two.
pub fn expected_actors_of(call: &Call<'_>) -> Result<f64, Error> {
    match call.integer("expected_actors")?.unwrap_or(DEFAULT_ACTORS) {
        actors if actors >= 2 => Ok(f64::from(actors)),
        _ => Err(bad(
            "expected_actors must be 2 or more",
            "It is how many actors two variants are to have when the experiment is decided; telemetry.experiment_sample_size() tells.",
        )),
    }
}

/// Reads the argument split: the variants and their shares.
pub fn split_of(call: &Call<'_>) -> Result<Option<Vec<(String, f64)>>, Error> {
    let Some(given) = call.jsonb("split")? else { return Ok(None) };
    let broken = || Error::BadArgument {
        problem: "split must be an object of variants and positive numbers".into(),
        hint: "For example: split => '{\"control\": 0.5, \"treatment\": 0.5}'.".into(),
    };
    let mut shares = Vec::new();
    for (variant, share) in members(given.container()).ok_or_else(broken)? {
        match share {
            Item::Number(share) if share.as_f64() > 0.0 && share.as_f64().is_finite() => {
                shares.push((variant.to_string(), share.as_f64()));
            }
            _ => return Err(broken()),
        }
    }
    Ok(Some(shares))
}
