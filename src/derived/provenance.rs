//! Provenance: finds whether derived data was made from this very log. Twin: sql/derived/provenance.sql, which tells
//! the faults and their cures.
//!
//! A KPI may read derived data only while they belong to the log beside them. Whether something has parted the two is
//! checked before each KPI: cheaply, because what the catalogs say is remembered until PostgreSQL tells of a change.

use crate::db::catalog::{self, Switch};
use crate::db::watch::{self, DERIVED_NAMES};
use crate::db::{self, Access, Statement, Value, session};
use crate::error::Error;
use crate::log::late_arrivals;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use twox_hash::XxHash3_64;

/// A reason why derived data may not answer for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    Incomplete,
    Unguarded,
    Elsewhere,
    Touched,
    Recount,
    Partitions,
    Sequence,
    Subscription,
    Default,
    Detaching,
}

impl Doubt {
    /// The word by which SQL knows the doubt.
    fn word(self) -> &'static str {
        match self {
            Doubt::Incomplete => "incomplete",
            Doubt::Unguarded => "unguarded",
            Doubt::Elsewhere => "elsewhere",
            Doubt::Touched => "touched",
            Doubt::Recount => "recount",
            Doubt::Partitions => "partitions",
            Doubt::Sequence => "sequence",
            Doubt::Subscription => "subscription",
            Doubt::Default => "default",
            Doubt::Detaching => "detaching",
        }
    }

    /// The text that tells a user why rows are read, and what to do about it.
    pub fn reason(self) -> &'static str {
        match self {
            Doubt::Incomplete => "a table of what is derived is missing: call telemetry.init()",
            Doubt::Unguarded => {
                "a trigger that guards the log or what is derived is missing or switched off: call telemetry.init(), then telemetry.tick()"
            }
            Doubt::Elsewhere => {
                "what is derived was made in another cluster or database, or from other tables: telemetry.tick() makes it anew"
            }
            Doubt::Touched => {
                "what is derived was changed by hand, or the log while its guards were off: telemetry.tick() makes it anew"
            }
            Doubt::Recount => {
                "events were stored past the logging functions, so what is derived may lack them: telemetry.tick() finds out"
            }
            Doubt::Partitions => "a partition came or went since what is derived was made: telemetry.tick() follows",
            Doubt::Sequence => {
                "the sequence telemetry_private.ingest_id is behind the cursor: telemetry.tick() moves it forward"
            }
            Doubt::Subscription => {
                "a subscription writes into the log, past its order of arrival: derived data are made when it is gone"
            }
            Doubt::Default => {
                "a default partition takes events whose own is missing: derived data are made when it is gone, see telemetry.health()"
            }
            Doubt::Detaching => {
                "a partition is being detached: alter table telemetry.events detach partition ... finalize"
            }
        }
    }
}

/// How far a consumer of the log has come, and the doubt, if any, that keeps what it derived from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub position: i64,
    pub doubt: Option<Doubt>,
    /// Whether an event above the position may be there for the present statement. Where nobody drew an id above it, there
    /// is none: an id is drawn before its event is stored, whatever the statement's snapshot is.
    pub has_tail: bool,
}

impl Standing {
    /// Returns where the events above the position lie, as the calling statement sees them. It is the standing of this
    /// consumer.
    pub fn tail(self, consumer: &'static str) -> Result<Vec<Range<i64>>, Error> {
        if self.has_tail { late_arrivals::of_tail(consumer, self.position) } else { Ok(Vec::new()) }
    }
}

/// The facts of the catalogs that provenance depends on, as of a generation of the relation cache.
struct Place {
    generation: u64,
    events: Oid,
    sequence: Oid,
    /// A hash of the cluster, the database and the tables, which tells them from those of a copy; see [`identity`].
    identity: i64,
    /// The partitions of the log, sorted, without those that are being detached; `is_detaching`: there are such.
    partitions: Vec<u32>,
    is_detaching: bool,
    has_default: bool,
    guards: Guards,
    tables: Vec<Oid>,
}

/// The state of the triggers that guard the log and the derived data. Of several guards the weakest decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Guards {
    Whole,
    /// A trigger is enabled, but not always, as after pg_restore --disable-triggers; or it is missing.
    Weak,
    /// Somebody switched a trigger off on purpose.
    Off,
}

thread_local! {
    static PLACE: RefCell<Option<Rc<Place>>> = const { RefCell::new(None) };
}

/// Says how far a consumer's derived data reach and whether the present statement may trust them. Until the end of the
/// transaction no partition comes or goes. At position 0 nothing is derived, so nothing is doubted.
pub fn standing(consumer: &str) -> Result<Standing, Error> {
    match place()? {
        Some(place) => standing_in(&place, consumer),
        None => Ok(Standing { position: 0, doubt: Some(Doubt::Incomplete), has_tail: true }),
    }
}

fn standing_in(place: &Place, consumer: &str) -> Result<Standing, Error> {
    let mut known = Vec::with_capacity(place.partitions.len());
    let (mut position, mut furthest, mut noted_until) = (None, 0, 0);
    let (mut is_elsewhere, mut is_touched, mut must_recount, mut is_subscribed) = (false, false, false, false);
    db::run(Statement::Provenance, &[], Access::Read, |row| {
        if let Some(partition) = row.get::<Oid>(6) {
            known.push(partition.to_u32());
        } else if let Some(relation) = row.get::<Oid>(7) {
            is_subscribed |= place.is_ours(relation);
        } else if let Some(last_id) = row.get::<i64>(8) {
            noted_until = last_id;
        } else {
            if row.get::<String>(1).as_deref() == Some(consumer) {
                position = row.get::<i64>(2);
            }
            furthest = furthest.max(row.get::<i64>(3).unwrap_or_default());
            let made_in = row.get::<i64>(4).unwrap_or_default();
            is_touched |= made_in == 0;
            is_elsewhere |= made_in != 0 && made_in != place.identity;
            must_recount |= row.get::<bool>(5).unwrap_or_default();
        }
    })?;
    let position = position.unwrap_or_default();
    known.sort_unstable();
    let drawn = catalog::last_value(place.sequence);
    let doubts = [
        (place.guards != Guards::Whole, Doubt::Unguarded),
        (is_subscribed, Doubt::Subscription),
        (place.has_default, Doubt::Default),
        (is_elsewhere, Doubt::Elsewhere),
        (is_touched, Doubt::Touched),
        (known != place.partitions, Doubt::Partitions),
        (furthest > 0 && drawn < furthest, Doubt::Sequence),
        (must_recount, Doubt::Recount),
        (place.is_detaching, Doubt::Detaching),
    ];
    let doubt = doubts.into_iter().find_map(|(holds, doubt)| holds.then_some(doubt));
    // Late arrivals are noted up to the highest id where ids come from elsewhere. Who may not read the log is told so by
    // the statement that reads its tail.
    let is_whole =
        position > 0 && doubt.is_none() && drawn.max(noted_until) <= position && catalog::may_read(place.events);
    Ok(Standing { position, doubt, has_tail: !is_whole })
}

impl Place {
    fn is_ours(&self, relation: Oid) -> bool {
        relation == self.events
            || self.tables.contains(&relation)
            || self.partitions.binary_search(&relation.to_u32()).is_ok()
    }
}

/// Reads the facts from the catalogs, or takes the remembered ones. None where a table is missing.
fn place() -> Result<Option<Rc<Place>>, Error> {
    let (Some(events), Some(sequence)) =
        (catalog::relation(c"telemetry", c"events"), catalog::relation(c"telemetry_private", c"ingest_id"))
    else {
        return Ok(None);
    };
    catalog::lock_for_reading(events);
    // Taken before anything is read: a change that comes in meanwhile makes what was read stale, not current.
    let generation = watch::visibility_generation();
    if let Some(place) = PLACE.with_borrow(Option::clone)
        && place.generation == generation
    {
        return Ok(Some(place));
    }
    let tables: Vec<Oid> = DERIVED_NAMES.iter().filter_map(|name| catalog::relation(c"telemetry", name)).collect();
    if tables.len() < DERIVED_NAMES.len() {
        return Ok(None);
    }
    let (mut partitions, mut is_detaching, mut has_default) = (Vec::new(), false, false);
    let mut guards = guards(events, &tables);
    let (_, is_latest) = session::with_latest_snapshot(|| {
        db::run(Statement::Partitions, &[Value::Oid(events)], Access::Read, |row| {
            let [is_pending, is_off, is_guarded, is_default] =
                [2, 3, 4, 5].map(|column| row.get::<bool>(column).unwrap_or_default());
            if is_pending {
                is_detaching = true;
                return;
            }
            // It has no bounds, so what is derived from it could not be told from what is not.
            has_default |= is_default;
            partitions.extend(row.get::<Oid>(1).map(Oid::to_u32));
            if is_off {
                guards = Guards::Off;
            } else if !is_guarded {
                guards = guards.max(Guards::Weak);
            }
        })
    })?;
    partitions.sort_unstable();
    let place = Rc::new(Place {
        generation,
        events,
        sequence,
        identity: identity(events, &tables),
        partitions,
        is_detaching,
        has_default,
        guards,
        tables,
    });
    // An older snapshot's answer holds for its statement alone.
    PLACE.set(is_latest.then(|| Rc::clone(&place)));
    Ok(Some(place))
}

/// A hash of the cluster, the database and the tables. It is never 0, which stands for doubt.
fn identity(events: Oid, tables: &[Oid]) -> i64 {
    let mut bytes = catalog::system_identifier().to_le_bytes().to_vec();
    for oid in [session::database(), events].iter().chain(tables) {
        bytes.extend(oid.to_u32().to_le_bytes());
    }
    (XxHash3_64::oneshot(&bytes) as i64).max(i64::MIN + 1) | 1
}

fn guards(events: Oid, tables: &[Oid]) -> Guards {
    let of_log = [(events, c"append_only"), (events, c"append_only_statement")];
    let of_tables = tables.iter().map(|table| (*table, c"changed_by_functions"));
    let switches = of_log.into_iter().chain(of_tables).map(|(table, name)| match catalog::trigger_of(table, name) {
        Switch::Always => Guards::Whole,
        Switch::Sometimes | Switch::Missing => Guards::Weak,
        Switch::Disabled => Guards::Off,
    });
    switches.max().unwrap_or(Guards::Whole)
}

/// Returns the doubt about derived data, for settle_derived(); no row where there is none. may_mend: whether the
/// extension may mend it, as it may not where somebody switched a guard off.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn derived_doubt()
-> Result<TableIterator<'static, (name!(doubt, String), name!(may_mend, bool), name!(reason, String))>, ErrorReport> {
    let place = place()?;
    let doubt = match &place {
        Some(place) => standing_in(place, "timeline")?.doubt,
        None => Some(Doubt::Incomplete),
    };
    let is_off = place.is_some_and(|place| place.guards == Guards::Off);
    let may_mend =
        !matches!(doubt, Some(Doubt::Incomplete | Doubt::Subscription | Doubt::Default | Doubt::Detaching)) && !is_off;
    let row = doubt.map(|doubt| (doubt.word().to_string(), may_mend, doubt.reason().to_string()));
    Ok(TableIterator::new(row))
}

/// The identity that cursor_positions.made_in has for derived data that are made here; NULL where a table is missing.
#[pg_extern(volatile)]
fn derived_identity() -> Result<Option<i64>, ErrorReport> {
    let tables: Vec<Oid> = DERIVED_NAMES.iter().filter_map(|name| catalog::relation(c"telemetry", name)).collect();
    let events = catalog::relation(c"telemetry", c"events").filter(|_| tables.len() == DERIVED_NAMES.len());
    Ok(events.map(|events| identity(events, &tables)))
}

/// The last ingest_id that was drawn, 0 where none was.
#[pg_extern(volatile)]
fn drawn_id() -> i64 {
    catalog::relation(c"telemetry_private", c"ingest_id").map_or(0, catalog::last_value)
}

/// Makes every backend look at the partitions' guards again: PostgreSQL tells by itself only of a change of the log.
#[pg_extern(volatile)]
fn announce_altered_partition() {
    watch::announce_events_change();
}
