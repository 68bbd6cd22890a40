//! Pure: an event as its caller gave it. It is read in place from one element of a batch.

use super::instant;
use crate::jsonb::container::{Item, members};
use crate::spelling;
use crate::violation::{Reason, Violation};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;
use uuid::Uuid;

/// An event as its caller gave it.
#[derive(Debug, Default, Clone)]
pub struct Event<'a> {
    pub event_name: &'a str,
    pub payload: Option<Payload<'a>>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub tenant_id: Option<Uuid>,
    pub source: Option<&'a str>,
    /// The client's time, in microseconds since 2000-01-01 UTC as every time here.
    pub client_ts: Option<i64>,
    /// The event brought a time that cannot be read, and goes without it.
    pub has_unreadable_ts: bool,
    pub seq: Option<i32>,
    pub event_version: Option<i32>,
    pub event_id: Option<Uuid>,
    pub event_ts: i64,
    /// The rate that an import from a sampled source gives.
    pub sample_rate: Option<f32>,
}

/// The jsonb of a payload, without its varlena header.
#[derive(Debug, Clone)]
pub enum Payload<'a> {
    Sent(&'a [u8]),
    /// What redaction made of it.
    Redacted(Rc<[u8]>),
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Payload::Sent(bytes) => bytes,
            Payload::Redacted(bytes) => bytes,
        }
    }
}

/// A name that an element may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    EventName,
    Payload,
    UserId,
    SessionId,
    SubjectId,
    TenantId,
    Source,
    ClientTs,
    Seq,
    EventVersion,
    EventId,
    EventTs,
    SampleRate,
}

impl Argument {
    pub fn name(self) -> &'static str {
        ARGUMENTS.iter().find(|(_, argument)| *argument == self).map_or("", |(name, _)| name)
    }
}

const ARGUMENTS: [(&str, Argument); 13] = [
    ("event_name", Argument::EventName),
    ("payload", Argument::Payload),
    ("user_id", Argument::UserId),
    ("session_id", Argument::SessionId),
    ("subject_id", Argument::SubjectId),
    ("tenant_id", Argument::TenantId),
    ("source", Argument::Source),
    ("client_ts", Argument::ClientTs),
    ("seq", Argument::Seq),
    ("event_version", Argument::EventVersion),
    ("event_id", Argument::EventId),
    ("event_ts", Argument::EventTs),
    ("sample_rate", Argument::SampleRate),
];

/// What an element's names mean: the arguments themselves, and the aliases of the installed packs.
#[derive(Debug, Default)]
pub struct Names {
    aliases: HashMap<String, Argument>,
}

impl Names {
    /// `aliases` pairs another name with an argument. An alias of an unknown argument is left out.
    pub fn new(aliases: impl IntoIterator<Item = (String, String)>) -> Names {
        let known = aliases.into_iter().filter_map(|(alias, argument)| Some((alias, argument_named(&argument)?)));
        Names { aliases: known.collect() }
    }

    pub fn meaning(&self, name: &str) -> Option<Argument> {
        argument_named(name).or_else(|| self.aliases.get(name).copied())
    }

    /// Returns the name of an event that may not be readable otherwise.
    pub fn event_name<'a>(&self, element: &Item<'a>) -> Option<&'a str> {
        let Item::Container(object) = element else { return None };
        members(object)?.find_map(|(name, item)| match item {
            Item::Text(text) if self.meaning(name) == Some(Argument::EventName) => Some(text),
            _ => None,
        })
    }

    /// Returns everything that an event gives as its payload, however often it does.
    pub fn payloads<'a>(&self, element: &Item<'a>) -> impl Iterator<Item = Item<'a>> {
        let object = if let Item::Container(object) = element { members(object) } else { None };
        let members = object.into_iter().flatten();
        members.filter(|(name, _)| self.meaning(name) == Some(Argument::Payload)).map(|(_, item)| item)
    }

    /// Returns the tenant that an event names which may not be readable otherwise.
    pub fn tenant_id(&self, element: &Item<'_>) -> Option<Uuid> {
        let Item::Container(object) = element else { return None };
        members(object)?.find_map(|(name, item)| match item {
            Item::Text(text) if self.meaning(name) == Some(Argument::TenantId) => Uuid::try_parse(text).ok(),
            _ => None,
        })
    }
}

/// The argument of that name.
pub fn argument_named(name: &str) -> Option<Argument> {
    ARGUMENTS.iter().find(|(known, _)| *known == name).map(|(_, argument)| *argument)
}

/// Tells whose clock the event_ts of an element shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// In log_events() the server's `event_ts` counts; what the client calls event_ts is its own clock, client_ts.
    Server,
    /// In import_events() the element's event_ts counts, up to this time.
    Element { until: i64 },
}

/// Reads an element, where JSON null means absent. A name that means nothing is a violation, since it would be ignored
/// in silence.
pub fn read<'a>(element: Item<'a>, names: &Names, clock: Clock, event_ts: i64) -> Result<Event<'a>, Violation> {
    let Some(members) = (if let Item::Container(container) = element { members(container) } else { None }) else {
        return Err(Violation::new(Reason::NotAnObject, "an event must be a JSON object"));
    };
    let mut event = Event { event_ts, ..Event::default() };
    let mut given = 0u16;
    let mut claimed_ts = None;
    for (name, item) in members {
        let argument = names.meaning(name).ok_or_else(|| {
            Violation::new(Reason::UnknownArgument, format!("\"{}\" is no argument of an event", shown(name)))
        })?;
        if item == Item::Null {
            continue;
        }
        if given & (1 << argument as u16) != 0 {
            return Err(Violation::new(
                Reason::AmbiguousArgument,
                format!("\"{}\" gives an argument that is given already", shown(name)),
            ));
        }
        given |= 1 << argument as u16;
        match argument {
            Argument::EventName => event.event_name = text(name, item)?,
            Argument::Payload => event.payload = Some(Payload::Sent(payload(item)?)),
            Argument::UserId => event.user_id = Some(id(name, item)?),
            Argument::SessionId => event.session_id = Some(id(name, item)?),
            Argument::SubjectId => event.subject_id = Some(id(name, item)?),
            Argument::TenantId => event.tenant_id = Some(id(name, item)?),
            Argument::Source => event.source = Some(text(name, item)?),
            Argument::ClientTs => match time(name, item) {
                Ok(time) => event.client_ts = Some(time),
                Err(_) => event.has_unreadable_ts = true,
            },
            Argument::Seq => event.seq = Some(integer(name, item)?),
            Argument::EventVersion => event.event_version = Some(integer(name, item)?),
            Argument::EventId => event.event_id = Some(id(name, item)?),
            Argument::EventTs => match (time(name, item), clock) {
                (Ok(time), _) => claimed_ts = Some(time),
                (Err(violation), Clock::Element { .. }) => return Err(violation),
                (Err(_), Clock::Server) => event.has_unreadable_ts = true,
            },
            Argument::SampleRate if clock == Clock::Server => {
                return Err(Violation::new(
                    Reason::UnknownArgument,
                    "\"sample_rate\" is an argument of import_events() only",
                ));
            }
            Argument::SampleRate => event.sample_rate = Some(rate(name, item)?),
        }
    }
    if event.event_name.is_empty() {
        return Err(no_event_name());
    }
    match clock {
        Clock::Server => event.client_ts = event.client_ts.or(claimed_ts),
        Clock::Element { until } => event.event_ts = past(claimed_ts, until)?,
    }
    Ok(event)
}

pub fn no_event_name() -> Violation {
    Violation::new(Reason::MissingArgument, "event_name must not be null or empty")
        .with_advice("List the events with telemetry.event_catalog().")
}

const PAST_TIMES: &str =
    "telemetry.import_events() takes times from 1970 to now; check the clock and the time zone of the source.";

/// A time that an imported event may have. Error: there is none, or it is before 1970 or after `until`.
pub fn past(event_ts: Option<i64>, until: i64) -> Result<i64, Violation> {
    match event_ts {
        None => Err(Violation::new(Reason::MissingArgument, "event_ts must not be null")
            .with_advice("telemetry.import_events() takes past events; log a present one with telemetry.log_event().")),
        Some(time) if time > until => {
            Err(Violation::new(Reason::OutOfRange, "event_ts is more than 5 minutes in the future")
                .with_advice(PAST_TIMES))
        }
        Some(time) if time < instant::FIRST => {
            Err(Violation::new(Reason::OutOfRange, "event_ts is before 1970").with_advice(PAST_TIMES))
        }
        Some(time) => Ok(time),
    }
}

/// A payload that is no object is passed on: the rules say what is wrong with it.
fn payload(item: Item<'_>) -> Result<&[u8], Violation> {
    match item {
        Item::Container(container) => Ok(container),
        _ => Err(Violation::new(Reason::PayloadNotObject, "payload must be a JSON object")),
    }
}

fn text<'a>(name: &str, item: Item<'a>) -> Result<&'a str, Violation> {
    if let Item::Text(text) = item { Ok(text) } else { Err(unreadable(name, "a string")) }
}

fn id(name: &str, item: Item<'_>) -> Result<Uuid, Violation> {
    let id = match item {
        Item::Text(text) => Uuid::try_parse(text).ok(),
        _ => None,
    };
    id.ok_or_else(|| {
        unreadable(name, "a uuid").with_advice("Send a uuid: telemetry.as_id() makes one of any other id.")
    })
}

fn time(name: &str, item: Item<'_>) -> Result<i64, Violation> {
    instant::parse(text(name, item)?).ok_or_else(|| unreadable(name, "a time with a date and an offset"))
}

fn integer(name: &str, item: Item<'_>) -> Result<i32, Violation> {
    let Item::Number(number) = item else { return Err(unreadable(name, "an integer")) };
    let number = number.as_i64().ok_or_else(|| unreadable(name, "an integer"))?;
    i32::try_from(number).map_err(|_| out_of_range(name))
}

/// An event that stands for more than a million others says nothing.
const SMALLEST_RATE: f64 = 1e-6;

fn rate(name: &str, item: Item<'_>) -> Result<f32, Violation> {
    let Item::Number(number) = item else { return Err(out_of_range(name)) };
    rate_of(number.as_f64()).ok_or_else(|| out_of_range(name))
}

/// The rate that a number is, if it is one.
pub fn rate_of(number: f64) -> Option<f32> {
    (SMALLEST_RATE..=1.0).contains(&number).then_some(number as f32)
}

pub fn unreadable(name: &str, wanted: &str) -> Violation {
    Violation::new(Reason::UnreadableArgument, format!("{} is not {wanted}", shown(name)))
}

pub fn out_of_range(name: &str) -> Violation {
    Violation::new(Reason::OutOfRange, format!("{} is out of range", shown(name)))
}

fn shown(name: &str) -> String {
    spelling::shown(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::container::elements;
    use jsonschema_value::jsonb::encode::encode;
    use serde_json::{Value, json};

    fn read_one(element: Value, check: impl FnOnce(Result<Event<'_>, Violation>)) {
        let batch = encode(&json!([element]));
        let names = Names::new([("event_type", "event_name"), ("meta", "payload")].map(|(a, b)| (a.into(), b.into())));
        let item = elements(&batch).and_then(|mut items| items.next()).expect("one element");
        check(read(item, &names, Clock::Server, 7));
    }

    fn reason(element: Value) -> Option<Reason> {
        let mut reason = None;
        read_one(element, |event| reason = event.err().map(|violation| violation.reason));
        reason
    }

    #[test]
    fn an_envelope_is_understood_through_its_aliases() {
        read_one(
            json!({"event_type": "a", "meta": {"k": 1}, "seq": 3, "event_ts": "2000-01-01T00:00:01Z", "user_id": null}),
            |event| {
                let event = event.expect("a good event");
                assert_eq!((event.event_name, event.seq, event.event_ts), ("a", Some(3), 7));
                assert_eq!(event.client_ts, Some(1_000_000), "a client's event_ts is its own clock");
                assert!(event.payload.is_some() && event.user_id.is_none());
            },
        );
    }

    #[test]
    fn a_time_that_cannot_be_read_does_not_cost_the_event() {
        for element in [json!({"event_name": "a", "client_ts": "yesterday"}), json!({"event_name": "a", "event_ts": 7})]
        {
            read_one(element, |event| {
                let event = event.expect("a good event");
                assert!(event.has_unreadable_ts && event.client_ts.is_none());
            });
        }
    }

    #[test]
    fn each_fault_has_its_reason() {
        assert_eq!(reason(json!("text")), Some(Reason::NotAnObject));
        assert_eq!(reason(json!([])), Some(Reason::NotAnObject));
        assert_eq!(reason(json!({})), Some(Reason::MissingArgument));
        assert_eq!(reason(json!({"event_name": null})), Some(Reason::MissingArgument));
        assert_eq!(reason(json!({"event_name": 7})), Some(Reason::UnreadableArgument));
        assert_eq!(reason(json!({"event_name": "a", "user_id": "joe"})), Some(Reason::UnreadableArgument));
        assert_eq!(reason(json!({"event_name": "a", "seq": 1.5})), Some(Reason::UnreadableArgument));
        assert_eq!(reason(json!({"event_name": "a", "seq": 3_000_000_000i64})), Some(Reason::OutOfRange));
        assert_eq!(reason(json!({"event_name": "a", "payload": "text"})), Some(Reason::PayloadNotObject));
        assert_eq!(reason(json!({"event_name": "a", "event_type": "a"})), Some(Reason::AmbiguousArgument));
        assert_eq!(reason(json!({"event_name": "a", "sample_rate": 0.5})), Some(Reason::UnknownArgument));
        assert_eq!(reason(json!({"event_name": "a", "sent_at": 1})), Some(Reason::UnknownArgument));
    }
}
