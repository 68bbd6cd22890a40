//! Which events a KPI counts, by its definition.

use crate::error::Error;
use crate::ids::TenantId;
use crate::jsonb;
use crate::jsonb::container::{Item, elements, member, members};
use crate::readers::arguments::{name, names};
use crate::source;
use crate::source::question::Condition;
use uuid::Uuid;

/// A KPI that is made of numbers of events.
pub struct Asked {
    /// Which of those that were asked for it is, counted from 1.
    pub nth: i64,
    /// The one tenant that its definition names.
    pub tenant: Option<TenantId>,
    /// Its rows of a range.
    pub numbers: Vec<Numbers>,
}

/// A row of a KPI: two numbers of events, and what is made of them. n is the second one.
pub struct Numbers {
    pub breakdown_value: Option<String>,
    pub numerator: Events,
    pub denominator: Events,
    column: Column,
    is_complement: bool,
}

/// The events of these names (None: of every name) that meet all of these conditions.
#[derive(Clone, PartialEq)]
pub struct Events {
    pub names: Option<Vec<String>>,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Copy)]
enum Column {
    Ratio,
    Numerator,
    Denominator,
}

impl Asked {
    /// Reads definitions; those whose numbers are not counted by events are left out, and those that are wrong: whoever
    /// asks their function is told why.
    pub fn of_each<'a>(definitions: impl Iterator<Item = Item<'a>>) -> Result<Vec<Asked>, Error> {
        let mut asked = Vec::new();
        for (definition, nth) in definitions.zip(1..) {
            let Item::Container(definition) = definition else { continue };
            match Asked::read(nth, definition) {
                Ok(read) => asked.extend(read),
                Err(Error::UnknownEvent { .. } | Error::BadArgument { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(asked)
    }

    fn read(nth: i64, definition: &[u8]) -> Result<Option<Asked>, Error> {
        let (Some(kind), Some(Item::Container(parameters))) =
            (text(definition, "kind"), member(definition, "parameters"))
        else {
            return Ok(None);
        };
        let known: &[&str] = match kind {
            "event_volume" => &["events"],
            "event_ratio" => {
                &["numerator", "denominator", "numerator_events", "denominator_events", "numerator_filter"]
            }
            "rate_of_errors" => &["error_events", "all_events", "numerator_filter"],
            _ => return Ok(None),
        };
        // Buckets make no difference to a range.
        let is_known = |key: &str, item: Item<'_>| {
            let is_of_known = known.contains(&key) || ["tenant", "filter", "tz", "week_start", "grain"].contains(&key);
            let is_container = matches!(item, Item::Container(_));
            let is_composed = key.ends_with("events") || key.ends_with("filter");
            is_of_known && if is_composed { is_container } else { matches!(item, Item::Text(_)) }
        };
        let mut given = members(parameters).into_iter().flatten().filter(|(_, item)| *item != Item::Null);
        if !given.all(|(key, item)| is_known(key, item)) {
            return Ok(None);
        }
        let column = match (kind, text(definition, "value_column")) {
            ("event_volume", None | Some("events")) => Column::Denominator,
            ("event_ratio", None | Some("ratio")) | ("rate_of_errors", None | Some("rate")) => Column::Ratio,
            ("event_ratio", Some("numerator")) | ("rate_of_errors", Some("errors")) => Column::Numerator,
            ("event_ratio", Some("denominator")) | ("rate_of_errors", Some("events")) => Column::Denominator,
            _ => return Ok(None),
        };
        let (target_for, tenant) = (text(definition, "target_for"), text(parameters, "tenant"));
        let tenant = match tenant.map(Uuid::parse_str) {
            Some(Err(_)) => return Ok(None),
            tenant => tenant.and_then(Result::ok).map(TenantId::from),
        };
        let Some(sides) = sides(kind, parameters)? else { return Ok(None) };
        let is_complement = member(definition, "is_complement") == Some(Item::Boolean(true));
        let of_all = |breakdown_value, numerator, denominator| Numbers {
            breakdown_value,
            numerator,
            denominator,
            column,
            is_complement,
        };
        let numbers = match sides {
            Sides::Both(..) if target_for.is_some() => return Ok(None),
            Sides::Both(numerator, denominator) => vec![of_all(None, numerator, denominator)],
            Sides::ByName(mut names, conditions) => {
                names.sort_unstable();
                names.dedup();
                names.retain(|name| target_for.is_none_or(|target_for| target_for == name));
                let of_name = |name: String| {
                    let events = Events { names: Some(vec![name.clone()]), conditions: conditions.clone() };
                    of_all(Some(name), events.clone(), events)
                };
                names.into_iter().map(of_name).collect()
            }
        };
        Ok(Some(Asked { nth, tenant, numbers }))
    }
}

impl Numbers {
    /// Makes the value; None where there is nothing to divide by.
    pub fn value(&self, numerator: f64, denominator: f64) -> Option<f64> {
        let value = match self.column {
            Column::Ratio => (denominator != 0.0).then(|| numerator / denominator),
            Column::Numerator => Some(numerator),
            Column::Denominator => Some(denominator),
        };
        if self.is_complement { value.map(|value| 1.0 - value) } else { value }
    }
}

enum Sides {
    Both(Events, Events),
    /// The events of each name by themselves.
    ByName(Vec<String>, Vec<Condition>),
}

/// Reads which events are counted, as the function of this kind does; None: not by these parameters. Errors: those of
/// its arguments.
fn sides(kind: &str, parameters: &[u8]) -> Result<Option<Sides>, Error> {
    let mut conditions: Vec<Condition> = condition(parameters, "filter")?.into_iter().collect();
    if kind == "event_volume" {
        let names = names(texts(parameters, "events"))?;
        return Ok(names.map(|names| Sides::ByName(names, conditions)));
    }
    let of_side = |one: &str, many: &str| match (text(parameters, one), texts(parameters, many)) {
        (Some(_), Some(_)) => Ok(None),
        (Some(one), None) => name(Some(one.into())).map(Some),
        (None, many) => names(many).map(Some),
    };
    let (numerator, denominator) = if kind == "event_ratio" {
        (of_side("numerator", "numerator_events")?, of_side("denominator", "denominator_events")?)
    } else {
        let errors = texts(parameters, "error_events");
        (errors.map(|errors| names(Some(errors))).transpose()?, Some(names(texts(parameters, "all_events"))?))
    };
    let (Some(numerator), Some(denominator)) = (numerator, denominator) else { return Ok(None) };
    let numerator_filter = condition(parameters, "numerator_filter")?;
    if numerator.is_none() && denominator.is_none() && numerator_filter.is_none() {
        return Ok(None);
    }
    let denominator = Events { names: denominator, conditions: conditions.clone() };
    conditions.extend(numerator_filter);
    Ok(Some(Sides::Both(Events { names: numerator, conditions }, denominator)))
}

fn text<'a>(object: &'a [u8], key: &str) -> Option<&'a str> {
    if let Some(Item::Text(text)) = member(object, key) { Some(text) } else { None }
}

/// A list of texts; what is no list is none.
fn texts(object: &[u8], key: &str) -> Option<Vec<Option<String>>> {
    let Some(Item::Container(list)) = member(object, key) else { return None };
    let text = |item| match item {
        Item::Null => None,
        Item::Text(text) => Some(text.to_string()),
        other => Some(jsonb::json_of(other)),
    };
    Some(elements(list)?.map(text).collect())
}

fn condition(object: &[u8], key: &str) -> Result<Option<Condition>, Error> {
    let Some(Item::Container(filter)) = member(object, key) else { return Ok(None) };
    source::condition(filter).map(Some)
}
