//! Turns the arguments of funnel() into what is to be read and looked for.

use super::engine::optional;
use crate::calendar::micros_of;
use crate::db::call::Call;
use crate::error::Error;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::{Jsonb, LARGEST_ARGUMENT, check_argument_size};
use crate::kpi::funnel::engine::{
    Definition, Entry, Exclusion, ExclusionMode, MOST_EXCLUSIONS, MOST_STEPS, Ordering, Ties,
};
use crate::readers::arguments::{self, asked_word};
use crate::readers::breakdown::{self, asked_keys, asked_top_n, gathered};
use crate::readers::name_list;
use crate::readers::scope::{asked_range, asked_tenant};
use crate::source;
use crate::source::question::{Class, Condition, Labels, Question};
use crate::source::unknown_events::refuse_unknown;
use crate::spelling::shown;
use crate::time::DAY;
use serde::de::IgnoredAny;

/// The bit of a label that stands for the first exclusion; the bits before it are those of the steps.
pub const FIRST_EXCLUSION: u32 = MOST_STEPS as u32;

/// A funnel has at most this many conditions, because each is a bit.
const MOST_CONDITIONS: usize = 64;

/// The arguments of funnel(), read and checked.
pub struct Asked {
    pub question: Question,
    pub definition: Definition,
    /// The names of the steps.
    pub names: Vec<String>,
    /// The steps that an actor may leave out, a bit for each.
    pub optional: u32,
    /// Which event's value counts for an actor; None without a breakdown.
    pub attribution: Option<Attribution>,
    /// How many values of the breakdown are shown apart.
    pub most_groups: usize,
    pub count: Count,
}

/// What a funnel counts: actors, each at its furthest step, or entries, which are all journeys that they make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Actors,
    Entries,
}

/// Which event's value of the breakdown counts for an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    FirstTouch,
    LastTouch,
    /// The event of this step decides; steps are counted from 0.
    Step(usize),
    AllSteps,
}

/// A step or an exclusion, as the arguments give it.
struct Element {
    name: String,
    condition: Option<Condition>,
    is_optional: bool,
    after_step: Option<usize>,
    before_step: Option<usize>,
}

impl Asked {
    /// Reads every argument of a funnel but count.
    pub fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let steps = asked_elements(call, "steps")?.ok_or(Error::NullArgument {
            argument: "steps",
            hint: "For example: telemetry.funnel('{signed_up,paid}').",
        })?;
        let exclude = asked_elements(call, "exclude")?.unwrap_or_default();
        let within = asked_window(call)?;
        let (since, until) = asked_range(call)?;
        let definition = asked_definition(call, within, steps.len(), &exclude)?;
        let breakdown = asked_keys(call)?;
        let optional = optional_bits(&steps);
        let is_plain = definition.ordering == Ordering::Ordered && exclude.is_empty() && breakdown.is_none();
        optional::check(optional, is_plain).map_err(|problem| Error::BrokenFunnel { problem })?;
        let (attribution, most_groups) = asked_of_breakdown(call, steps.len(), breakdown.is_some())?;
        let (actor, object_key) = arguments::asked_actor(call)?;
        refuse_unknown(steps.iter().chain(&exclude).map(|element| &element.name))?;
        let names = steps.iter().map(|step| step.name.clone()).collect();
        let (classes, conditions) = classes(steps, exclude, arguments::asked_condition(call, "filter")?)?;
        let is_strict = definition.ordering == Ordering::Strict;
        let question = Question {
            range: since.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX),
            tenant: asked_tenant(call)?,
            actor,
            needs_actors: true,
            needs_arrivals: is_strict || breakdown.is_some(),
            needs_rates: false,
            labels: Labels::Classes { classes, keeps_others: is_strict },
            conditions,
            touches: breakdown,
            groups_by: None,
            matches: arguments::asked_matches(call)?,
            takes_decimals: false,
            needs_value: false,
            subjects: None,
            object_key,
        };
        Ok(Asked { question, definition, names, optional, attribution, most_groups, count: Count::Actors })
    }
}

/// Reads within, in microseconds; default 7 days. Error: 22023 it is in months.
fn asked_window(call: &Call<'_>) -> Result<i64, Error> {
    let within = call.interval("within")?;
    if within.is_some_and(|within| within.months() != 0) {
        return Err(arguments::bad(
            "the window of a funnel cannot be in months or years",
            "They differ in length: give days, as in within => '30 days'.",
        ));
    }
    Ok(within.map_or(7 * DAY, micros_of))
}

/// Reads how steps follow on each other, and checks that they can.
fn asked_definition(call: &Call<'_>, within: i64, steps: usize, exclude: &[Element]) -> Result<Definition, Error> {
    let definition = Definition {
        steps,
        within,
        ordering: asked_word(
            call,
            "ordering",
            &[("ordered", Ordering::Ordered), ("strict", Ordering::Strict), ("unordered", Ordering::Unordered)],
        )?,
        entry: asked_word(call, "entry", &[("latest", Entry::Latest), ("first", Entry::First)])?,
        ties: asked_word(call, "ties", &[("any", Ties::Any), ("strict", Ties::Strict)])?,
        exclusions: exclude
            .iter()
            .map(|element| Exclusion {
                after_step: element.after_step.unwrap_or(1),
                before_step: element.before_step.unwrap_or(steps),
            })
            .collect(),
        exclusion: asked_word(
            call,
            "exclusion",
            &[("drop_from_here", ExclusionMode::DropFromHere), ("drop_actor", ExclusionMode::DropActor)],
        )?,
    };
    definition.check().map_err(|problem| Error::BrokenFunnel { problem })?;
    Ok(definition)
}

/// Marks the steps that an actor may leave out, a bit for each.
fn optional_bits(steps: &[Element]) -> u32 {
    steps.iter().enumerate().fold(0, |bits, (place, step)| bits | u32::from(step.is_optional) << place)
}

/// Reads attribution and top_n. Error: 22023 one of them is given without a breakdown.
fn asked_of_breakdown(
    call: &Call<'_>,
    steps: usize,
    has_breakdown: bool,
) -> Result<(Option<Attribution>, usize), Error> {
    let (given, top_n) = (call.text("attribution")?, asked_top_n(call)?);
    let attribution = attribution(given, steps)?;
    let all = [("attribution", given.is_some()), ("top_n", top_n.is_some())];
    match all.into_iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) if !has_breakdown => Err(breakdown::without(argument)),
        _ => Ok((has_breakdown.then_some(attribution), gathered(top_n.unwrap_or(breakdown::DEFAULT)))),
    }
}

/// Makes the classes of the steps, which the filter holds for, and behind them those of the exclusions; and the conditions that
/// they refer to. Error: 22023 there are too many of these.
fn classes(
    steps: Vec<Element>,
    exclude: Vec<Element>,
    filter: Option<Condition>,
) -> Result<(Vec<Class>, Vec<Condition>), Error> {
    let mut conditions: Vec<Condition> = filter.into_iter().collect();
    let filter: Vec<usize> = (0..conditions.len()).collect();
    let mut classes = vec![Class { names: Some(Vec::new()), conditions: Vec::new() }; FIRST_EXCLUSION as usize];
    for (place, step) in steps.into_iter().enumerate() {
        classes[place] = step.class(filter.clone(), &mut conditions);
    }
    classes.extend(exclude.into_iter().map(|element| element.class(Vec::new(), &mut conditions)));
    if conditions.len() > MOST_CONDITIONS {
        return Err(Error::BrokenFunnel { problem: format!("it has more than {MOST_CONDITIONS} conditions") });
    }
    Ok((classes, conditions))
}

impl Element {
    /// Makes the class of the events that match. `shared` are conditions that hold besides the element's own.
    fn class(self, mut shared: Vec<usize>, conditions: &mut Vec<Condition>) -> Class {
        if let Some(condition) = self.condition {
            let known = conditions.iter().position(|known| *known == condition);
            shared.push(known.unwrap_or_else(|| {
                conditions.push(condition);
                conditions.len() - 1
            }));
        }
        Class { names: Some(vec![self.name]), conditions: shared }
    }
}

/// Reads a list of steps or exclusions, which is a list of names, {a,b}, or a JSON array. It is a text to SQL, so that
/// both may be written; PostgREST makes such a text of an array that a client sends.
fn asked_elements(call: &Call<'_>, argument: &'static str) -> Result<Option<Vec<Element>>, Error> {
    let Some(text) = call.text(argument)? else { return Ok(None) };
    if text.len() > LARGEST_ARGUMENT {
        let problem = format!("{argument} has more than {LARGEST_ARGUMENT} bytes");
        return Err(Error::BadArgument { problem, hint: "Ask for fewer steps, with shorter conditions.".into() });
    }
    let json = match name_list::parse(text) {
        _ if serde_json::from_str::<IgnoredAny>(text).is_ok() => Jsonb::parse(text),
        Some(names) => Jsonb::parse(&serde_json::Value::from(names).to_string()),
        None => None,
    };
    json.as_ref().map_or(Ok(()), |json| check_argument_size(&json.0))?;
    let items = json.as_ref().and_then(|json| elements(&json.0)).ok_or_else(|| Error::BadArgument {
        problem: format!("{argument} is neither a list of names nor a JSON array"),
        hint: "For example: '{signed_up,paid}', or '[\"signed_up\", {\"event\": \"paid\", \"where\": {\"plan\": \"pro\"}}]'.".into(),
    })?;
    read_elements(items, argument).map(Some)
}

fn read_elements<'a>(
    items: impl ExactSizeIterator<Item = Item<'a>>,
    argument: &'static str,
) -> Result<Vec<Element>, Error> {
    let bad = |problem: String, hint: &str| Error::BadArgument { problem, hint: hint.into() };
    let most = if argument == "steps" { MOST_STEPS } else { MOST_EXCLUSIONS };
    if items.len() > most {
        return Err(Error::BrokenFunnel { problem: format!("{argument} has more than {most} elements") });
    }
    let mut read = Vec::new();
    for (place, item) in items.enumerate() {
        let place = place + 1;
        let neither = || {
            bad(
                format!("element {place} of {argument} is neither a name nor {{\"event\": name, \"where\": object}}"),
                "For example: {\"event\": \"paid\", \"where\": {\"plan\": \"pro\"}}.",
            )
        };
        let mut element =
            Element { name: String::new(), condition: None, is_optional: false, after_step: None, before_step: None };
        match item {
            Item::Text(name) => element.name = name.into(),
            Item::Container(object) => {
                let mut has_name = false;
                for (key, value) in members(object).ok_or_else(neither)? {
                    match (key, value) {
                        ("event", Item::Text(name)) => (element.name, has_name) = (name.into(), true),
                        ("where", Item::Container(object)) if members(object).is_some() => {
                            element.condition = Some(source::condition(object)?);
                        }
                        ("optional", value) if argument == "steps" => {
                            let Item::Boolean(is_optional) = value else {
                                return Err(bad(
                                    format!("element {place} of {argument}: optional must be true or false"),
                                    "For example: {\"event\": \"invited\", \"optional\": true}.",
                                ));
                            };
                            element.is_optional = is_optional;
                        }
                        ("event" | "where", _) => return Err(neither()),
                        ("after_step" | "before_step", value) if argument == "exclude" => {
                            let step = match value {
                                Item::Number(number) => number.as_i64().filter(|n| (0..1_000).contains(n)),
                                _ => None,
                            };
                            let step = step.ok_or_else(|| {
                                bad(
                                    format!("element {place} of {argument}: after_step and before_step must be the numbers of steps"),
                                    "Steps are counted from 1.",
                                )
                            })?;
                            let which =
                                if key == "after_step" { &mut element.after_step } else { &mut element.before_step };
                            *which = Some(step as usize);
                        }
                        (key, _) => {
                            return Err(bad(
                                format!("element {place} of {argument} has an unknown key \"{}\"", shown(key)),
                                "The keys are event, where, of a step optional (true or false), and of an exclusion after_step and before_step.",
                            ));
                        }
                    }
                }
                if !has_name {
                    return Err(neither());
                }
            }
            _ => return Err(neither()),
        }
        read.push(element);
    }
    Ok(read)
}

fn attribution(given: Option<&str>, steps: usize) -> Result<Attribution, Error> {
    let given = given.unwrap_or("first_touch");
    let step = given.strip_prefix("step ").and_then(|number| number.parse::<usize>().ok());
    match (given, step) {
        ("first_touch", _) => Ok(Attribution::FirstTouch),
        ("last_touch", _) => Ok(Attribution::LastTouch),
        ("all_steps", _) => Ok(Attribution::AllSteps),
        (_, Some(step)) if (1..=steps).contains(&step) => Ok(Attribution::Step(step - 1)),
        _ => Err(Error::UnknownWord {
            argument: "attribution",
            word: shown(given),
            known: format!("first_touch, last_touch, step 1 to step {steps}, all_steps"),
        }),
    }
}
