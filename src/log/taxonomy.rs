//! The taxonomy's rules, compiled once per backend and dropped when the taxonomy changes. Twin: sql/log/taxonomy.sql.

pub mod rules;

use crate::db::{self, Access, Statement, Value, watch};
use crate::error::Error;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::jsonb::{self, Sent};
use crate::settings;
use crate::violation::{Reason, Violation};
use foldhash::HashMap;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use rules::{EventType, Given, Mode, PayloadLimits, Rules, Status, schema};
use std::cell::RefCell;
use std::rc::Rc;

/// What a checked event is stored as.
#[derive(Clone, Copy)]
pub struct Accepted {
    pub event_version: i16,
    pub sampling_rate: f32,
    /// The events a day and tenant beyond which the rate falls.
    pub daily_budget: Option<i32>,
}

/// What becomes of an event.
pub enum Verdict {
    Store(Accepted),
    /// The event is stored, and the caller is told what is wrong with it.
    StoreWithWarning(Accepted, Violation),
    /// The event is quarantined; the number is the version that it was checked against.
    Quarantine(Violation, Option<i16>),
    Reject(Violation, Option<i16>),
}

/// The versions of one event, newest first.
type Versions = Rc<Vec<Rules>>;

#[derive(Default)]
struct Compiled {
    generation: u64,
    events: HashMap<String, Versions>,
    sources: Vec<String>,
}

thread_local! {
    /// The taxonomy bounds its size: unknown names are not kept.
    static COMPILED: RefCell<Compiled> = RefCell::default();
}

/// What the taxonomy says of an event at one moment.
pub struct Definition {
    versions: Versions,
    /// Why it cannot be applied; then there are no versions.
    problem: Option<String>,
}

pub fn definition_of(name: &str) -> Result<Definition, Error> {
    match versions_of(name) {
        Ok(versions) => Ok(Definition { versions, problem: None }),
        Err(error @ Error::BrokenDefinition { .. }) => {
            Ok(Definition { versions: Versions::default(), problem: Some(error.message()) })
        }
        Err(error) => Err(error),
    }
}

/// Checks an event against its definition and applies the enforcement mode. `container` is the payload's jsonb.
pub fn judge(
    name: &str,
    Definition { versions, problem }: &Definition,
    container: &[u8],
    wanted_version: Option<i16>,
    given: Given,
    from_client: bool,
) -> Verdict {
    let limits = PayloadLimits { depth: settings::PAYLOAD_DEPTH.get() as usize };
    if let Some(problem) = problem {
        return Verdict::Reject(Violation::new(Reason::InvalidDefinition, problem.clone()), None);
    }
    let check = |rules: &Rules| rules.check(container, given, from_client, &limits);
    let (rules, outcome) = choose(name, versions, wanted_version, from_client, check);
    let accepted = Accepted {
        event_version: rules.map(|rules| rules.event_type.event_version).or(wanted_version).unwrap_or(1),
        sampling_rate: rules.map_or(1.0, |rules| rules.event_type.sampling_rate),
        daily_budget: rules.and_then(|rules| rules.event_type.daily_budget),
    };
    let Err(violation) = outcome else { return Verdict::Store(accepted) };
    let version = rules.map(|rules| rules.event_type.event_version);

    // Whoever may not log an event, may not do so in any mode; and the log holds objects of bounded depth only.
    if !violation.reason.is_enforceable() {
        return Verdict::Reject(violation, version);
    }
    let mode = rules.and_then(|rules| rules.event_type.enforcement).unwrap_or_else(default_mode);
    if mode != Mode::Reject
        && let Err(violation) = keepable(name, container)
    {
        return Verdict::Reject(violation, version);
    }
    match mode {
        Mode::Reject => Verdict::Reject(violation, version),
        Mode::Quarantine => Verdict::Quarantine(violation, version),
        Mode::Warn | Mode::Accept => match rules::check_shape(name, container, &limits) {
            Err(violation) => Verdict::Reject(violation, version),
            Ok(()) if mode == Mode::Warn => Verdict::StoreWithWarning(accepted, violation),
            Ok(()) => Verdict::Store(accepted),
        },
    }
}

/// How large payloads of an event may be, by [`rules::payload_size`].
#[derive(Clone, Copy)]
pub struct Room {
    /// A refused event is kept with its payload up to this size: the limit of the most generous version of its
    /// definition, or of the setting where it has none.
    pub limit: usize,
    /// No larger payload is stored in any mode of enforcement.
    pub most: usize,
}

impl Definition {
    pub fn room(&self) -> Room {
        let versions = &self.versions;
        let limit = versions.iter().map(|rules| rules.event_type.payload_limit).max();
        let limit = limit.unwrap_or_else(|| settings::PAYLOAD_LIMIT.get() as usize);
        let forgives = |mode: Option<Mode>| matches!(mode.unwrap_or_else(default_mode), Mode::Warn | Mode::Accept);
        let is_forgiven = if versions.is_empty() {
            forgives(None)
        } else {
            versions.iter().any(|rules| forgives(rules.event_type.enforcement))
        };
        Room { limit, most: if is_forgiven { rules::LARGEST_PAYLOAD } else { limit } }
    }
}

/// Returns the version that an event is held to: the one that it names, else the newest active one that it meets. Where
/// it meets none that is the newest active one, with what is wrong.
fn choose<'a>(
    name: &str,
    versions: &'a [Rules],
    wanted: Option<i16>,
    from_client: bool,
    check: impl Fn(&Rules) -> Result<(), Violation>,
) -> (Option<&'a Rules>, Result<(), Violation>) {
    let Some(newest) = versions.first() else {
        return (None, Err(unknown(name)));
    };
    if let Some(wanted) = wanted {
        return match versions.iter().find(|rules| rules.event_type.event_version == wanted) {
            Some(rules) => (Some(rules), check(rules)),
            None => {
                let unknown =
                    Violation::new(Reason::UnknownVersion, format!("event \"{name}\" has no version {wanted}"));
                (None, newest.may_be_logged(from_client).and(Err(unknown)))
            }
        };
    }
    let mut first_failure = None;
    for rules in versions.iter().filter(|rules| rules.event_type.status == Status::Active) {
        match check(rules) {
            Ok(()) => return (Some(rules), Ok(())),
            Err(violation) => first_failure = first_failure.or(Some((rules, violation))),
        }
    }
    match first_failure {
        Some((rules, violation)) => (Some(rules), Err(violation)),
        None => (Some(newest), check(newest)),
    }
}

/// Refuses what no mode keeps, not even in quarantine: a name that no event can have, and a payload that no definition
/// can allow.
fn keepable(name: &str, container: &[u8]) -> Result<(), Violation> {
    if name.is_empty() || name.len() > rules::LONGEST_NAME {
        return Err(unknown(name));
    }
    let size = rules::payload_size(container);
    if size > rules::LARGEST_PAYLOAD {
        return Err(rules::too_large(name, size, rules::LARGEST_PAYLOAD));
    }
    Ok(())
}

fn unknown(name: &str) -> Violation {
    let shown: String = name.chars().take(80).collect();
    Violation::new(Reason::UnknownEvent, format!("event \"{shown}\" is not registered"))
}

/// The sources are loaded with the first definition of a generation: definition_of() was asked before.
pub fn check_source(source: &str) -> Result<(), Violation> {
    if COMPILED.with_borrow(|compiled| compiled.sources.iter().any(|known| known == source)) {
        return Ok(());
    }
    // Not shown: what is stored all the same is warned of, and warnings are logged.
    Err(Violation::new(Reason::UnknownSource, "source is unknown"))
}

fn default_mode() -> Mode {
    match settings::ENFORCEMENT.get() {
        settings::Enforcement::Reject => Mode::Reject,
        settings::Enforcement::Quarantine => Mode::Quarantine,
        settings::Enforcement::Warn => Mode::Warn,
        settings::Enforcement::Accept => Mode::Accept,
    }
}

fn versions_of(name: &str) -> Result<Versions, Error> {
    // Taken before anything is read: a change that comes in meanwhile makes what was read stale, not current.
    let generation = watch::taxonomy_generation();
    let kept = COMPILED.with_borrow_mut(|compiled| {
        if compiled.generation != generation {
            *compiled = Compiled { generation, ..Compiled::default() };
        }
        compiled.events.get(name).cloned()
    });
    if let Some(versions) = kept {
        return Ok(versions);
    }
    let sources = db::run(Statement::Sources, &[], Access::ReadLatest, |row| row.get::<String>(1).unwrap_or_default())?;
    let versions = Rc::new(load(name)?);
    COMPILED.with_borrow_mut(|compiled| {
        compiled.sources = sources;
        if !versions.is_empty() {
            compiled.events.insert(name.to_string(), Rc::clone(&versions));
        }
    });
    Ok(versions)
}

fn load(name: &str) -> Result<Vec<Rules>, Error> {
    rows_of(name)?
        .iter()
        .map(|row| Rules::compile(read(row)?))
        .collect::<Result<_, String>>()
        .map_err(|problem| Error::BrokenDefinition { event_name: name.to_string(), problem })
}

/// The versions of an event as JSON, newest first.
fn rows_of(name: &str) -> Result<Vec<String>, Error> {
    let rows = db::run(Statement::Definitions, &[Value::Text(name)], Access::ReadLatest, |row| {
        row.jsonb(1).map(|row| jsonb::text(&row))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

fn read(row: &str) -> Result<EventType, String> {
    serde_json::from_str(row).map_err(|problem| fault(&problem))
}

/// Leaves out the place in the row's text, which means nothing to whoever registered the definition.
fn fault(problem: &serde_json::Error) -> String {
    let text = problem.to_string();
    text.split(" at line ").next().unwrap_or_default().to_string()
}

/// Looks at what was just written, then compiles it, so that a broken definition is refused where it is registered.
#[pg_extern(volatile)]
fn check_definition(event_name: &str) -> Result<(), ErrorReport> {
    let newest = rows_of(event_name)?.into_iter().next();
    newest
        .map_or(Ok(()), |row| check_schemas(&read(&row)?))
        .map_err(|problem| Error::BrokenDefinition { event_name: event_name.to_string(), problem })?;
    load(event_name)?;
    Ok(())
}

/// Refuses payload keys of which one could not be named by an argument of a KPI: those of a list, or the parameters of a
/// KPI that name some.
#[pg_extern(immutable)]
fn check_payload_keys(keys: Option<Sent>) -> Result<(), ErrorReport> {
    let container = keys.map(|Sent(keys)| keys.container());
    let check_list = |list: &[u8]| {
        for item in elements(list).into_iter().flatten() {
            if let Item::Text(key) = item {
                KeyPath::parse(key).map_err(Error::from)?;
            }
        }
        Ok::<_, ErrorReport>(())
    };
    container.map_or(Ok(()), check_list)?;
    for (parameter, item) in container.and_then(members).into_iter().flatten() {
        match item {
            Item::Text(keys) if parameter == "breakdown" => drop(Keys::of_breakdown(keys).map_err(Error::from)?),
            Item::Text(key) => drop(KeyPath::parse(key).map_err(Error::from)?),
            Item::Container(list) => check_list(list)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_schemas(event_type: &EventType) -> Result<(), String> {
    let mut seen = schema::Seen::default();
    schema::check_each(&event_type.properties, "properties", &mut seen)?;
    event_type.json_schema.as_ref().map_or(Ok(()), |schema| schema::check(schema, "json_schema", &mut seen))
}

/// Returns the redaction attribute of an event's newest version, so that asking for an old one does not avoid it.
pub fn redaction_of(name: &str) -> Result<Option<serde_json::Value>, Error> {
    match versions_of(name) {
        Ok(versions) => Ok(versions.first().map(|rules| rules.event_type.redaction.clone())),
        // What cannot be compiled is refused later; it must not be kept unredacted.
        Err(Error::BrokenDefinition { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fires after every statement that changes a table of the taxonomy.
#[pg_trigger]
fn taxonomy_changed<'a>(
    _trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, PgTriggerError> {
    watch::announce_taxonomy_change();
    Ok(None)
}
