//! Admission decides whether an event that a caller sent may be stored. It looks at whose the event is, its size,
//! redaction, the tenant's limits, the rules, ownership and sampling, in this order, and last at the tenant's limit of
//! the day. Every way in (log_event, try_log_event, log_events, import_events, replay_rejections) goes through here.

use crate::access::tenancy::Caller;
use crate::error::Error;
use crate::log::incoming::{Event, Payload};
use crate::log::instant;
use crate::log::ownership::Ownership;
use crate::log::redaction;
use crate::log::sampling;
use crate::log::storing::EventRow;
use crate::log::taxonomy::rules::{self, Argument, Given};
use crate::log::taxonomy::{self, Accepted, Definition, Verdict};
use crate::log::tenants::{self, TenantLimits};
use crate::time;
use crate::violation::{Reason, Violation};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The empty object as jsonb is a header with no members.
static EMPTY_OBJECT: [u8; 4] = 0x2000_0000u32.to_ne_bytes();

/// What becomes of an event.
pub enum Admission<'a> {
    Admitted(Admitted<'a>),
    /// The event is valid, and by its sampling rate not among the stored ones.
    SampledOut,
    Refused(Refused<'a>),
}

#[derive(Clone)]
pub struct Admitted<'a> {
    pub row: EventRow<'a>,
    /// The event as the caller gave it, but redacted: a retry is compared with it.
    pub event: Event<'a>,
    /// What is wrong with the event, which is stored all the same.
    pub warning: Option<Violation>,
    daily_budget: Option<i32>,
    limits: TenantLimits,
    left_out: Option<usize>,
}

impl<'a> Admitted<'a> {
    /// Counts the event against its budget and its tenant's limit, once its event_id has turned out to be new. An event
    /// without an id from its caller cannot be a duplicate: it was counted when it was admitted, so that the rate falls
    /// within a batch.
    pub fn count_new(&self) -> Result<(), Error> {
        if self.event.event_id.is_some() { self.count() } else { Ok(()) }
    }

    fn count(&self) -> Result<(), Error> {
        sampling::count_kept(self.daily_budget, &self.row)?;
        self.limits.count(&self.row.tenant_id)
    }

    /// Returns the same event, which is refused after all.
    pub fn refused(&self, violation: Violation) -> Refused<'a> {
        Refused {
            violation,
            event: self.event.clone(),
            event_version: Some(self.row.event_version),
            tenant_id: self.row.tenant_id,
            user_id: self.row.user_id,
            is_quarantined: false,
            left_out: self.left_out,
        }
    }
}

pub struct Refused<'a> {
    pub violation: Violation,
    /// The event, redacted.
    pub event: Event<'a>,
    /// The version that the event was checked against.
    pub event_version: Option<i16>,
    /// The caller's own tenant, whatever the event claims.
    pub tenant_id: Uuid,
    pub user_id: Option<Uuid>,
    /// The event is kept also where refusing would be an error, because its enforcement mode is `quarantine`.
    pub is_quarantined: bool,
    /// The size of the payload where it is larger than the event or tenant allows, so that it is not kept.
    pub left_out: Option<usize>,
}

/// What is known of an event before it is checked.
struct Arrival<'a> {
    tenant: Result<Uuid, Violation>,
    /// The tenant and the user under whom it is kept where it is refused.
    own_tenant: Uuid,
    own_user: Option<Uuid>,
    limits: TenantLimits,
    definition: Definition,
    size: Size,
    /// The payload as it came. It is checked so and kept as redacted: a rule on an email is met by an email.
    sent: Option<Payload<'a>>,
    /// That it has values which the event may not contain.
    sensitive: Option<Violation>,
}

/// What an event is stored as.
struct Decision<'a> {
    row: EventRow<'a>,
    warning: Option<Violation>,
    daily_budget: Option<i32>,
}

/// What ends the checks of an event early.
enum Stop {
    Refusal(Refusal),
    Failure(Error),
}

struct Refusal {
    violation: Violation,
    event_version: Option<i16>,
    is_quarantined: bool,
}

impl Refusal {
    fn of_version(violation: Violation, event_version: Option<i16>) -> Refusal {
        Refusal { violation, event_version, is_quarantined: false }
    }

    fn of<'a>(self, event: Event<'a>, arrival: &Arrival<'_>) -> Refused<'a> {
        Refused {
            violation: self.violation.with_message(redaction::shown),
            event,
            event_version: self.event_version,
            tenant_id: arrival.own_tenant,
            user_id: arrival.own_user,
            is_quarantined: self.is_quarantined,
            left_out: arrival.size.left_out(),
        }
    }
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Stop {
        Stop::Refusal(Refusal::of_version(violation, None))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failure(error)
    }
}

/// One call: it holds the caller, and what is asked or counted once for all events of the call.
pub struct Intake {
    pub caller: Caller,
    ownership: Ownership,
    /// Admitted events of limited tenants that count only once their event_id is known to be new.
    uncounted: BTreeMap<Uuid, i64>,
    /// How often which redaction rule hit.
    pub redactions: BTreeMap<String, u32>,
}

impl Intake {
    pub fn of(caller: Caller) -> Intake {
        Intake { caller, ownership: Ownership::default(), uncounted: BTreeMap::new(), redactions: BTreeMap::new() }
    }

    pub fn admit<'a>(&mut self, mut event: Event<'a>) -> Result<Admission<'a>, Error> {
        let arrival = self.receive(&mut event)?;
        match self.decide(&mut event, &arrival) {
            Ok(None) => Ok(Admission::SampledOut),
            Ok(Some(decision)) => Ok(Admission::Admitted(self.counted(event, decision, &arrival)?)),
            Err(Stop::Refusal(refusal)) => Ok(Admission::Refused(refusal.of(event, &arrival))),
            Err(Stop::Failure(error)) => Err(error),
        }
    }

    /// Finds out what is known of an event before it is checked, and redacts it.
    fn receive<'a>(&mut self, event: &mut Event<'a>) -> Result<Arrival<'a>, Error> {
        let tenant = self.caller.tenant(event.tenant_id);
        let own_tenant = tenant.as_ref().copied().unwrap_or_else(|_| self.caller.own_tenant());
        let limits = tenants::limits_of(own_tenant)?;
        let definition = taxonomy::definition_of(event.event_name)?;
        let size = Size::of(event, &definition, &limits);
        let sent = event.payload.clone();
        let sensitive = if size.may_be_stored() { self.redact(event, own_tenant)? } else { None };
        let own_user = self.own_user(event, own_tenant);
        Ok(Arrival { tenant, own_tenant, own_user, limits, definition, size, sent, sensitive })
    }

    /// Decides whether an event is stored, in the order that the head of this file tells; None where sampling leaves it out.
    fn decide<'a>(&mut self, event: &mut Event<'a>, arrival: &Arrival<'a>) -> Result<Option<Decision<'a>>, Stop> {
        let tenant_id = arrival.tenant.clone()?;
        let user_id = self.caller.user(event.user_id, tenant_id)?;
        if let Some(violation) = arrival.limits.violation(event.event_name, arrival.size.payload) {
            return Err(violation.into());
        }
        let (accepted, warning) = self.judge(event, arrival, user_id)?;
        let refused = |violation| Err(Stop::Refusal(Refusal::of_version(violation, Some(accepted.event_version))));
        // What was not redacted is not stored, whatever the rules say.
        if !arrival.size.may_be_stored() {
            return refused(rules::too_large(event.event_name, arrival.size.payload, arrival.size.most));
        }
        if let Some(violation) = &arrival.sensitive {
            return refused(violation.clone());
        }
        if self.caller.is_client()
            && let Some(violation) = self.ownership.violation(event, tenant_id, user_id)?
        {
            return refused(violation);
        }
        let event_id = event.event_id.unwrap_or_else(|| instant::uuid_at(event.event_ts));
        let rate = sampling::rate(&accepted, event.event_name, tenant_id, event.event_ts)?;
        let sampled_by = user_id.or(event.session_id).unwrap_or(event_id);
        if !sampling::share::is_kept(rate, event.event_name, &sampled_by) {
            return Ok(None);
        }
        if let Some(violation) = self.violation_of_the_day(&arrival.limits, tenant_id)? {
            return refused(violation);
        }
        let row = EventRow {
            event_ts: event.event_ts,
            event_id,
            tenant_id,
            user_id,
            session_id: event.session_id,
            subject_id: event.subject_id,
            client_ts: event.client_ts,
            seq: event.seq,
            event_version: accepted.event_version,
            event_name: event.event_name,
            source: event.source,
            sample_rate: (rate < 1.0 || event.sample_rate.is_some()).then(|| rate * event.sample_rate.unwrap_or(1.0)),
            payload: event.payload.clone().unwrap_or(Payload::Sent(&EMPTY_OBJECT)),
        };
        Ok(Some(Decision { row, warning, daily_budget: accepted.daily_budget }))
    }

    /// Asks the taxonomy. Returns what the event is stored as, and what is wrong with it all the same.
    fn judge<'a>(
        &self,
        event: &mut Event<'a>,
        arrival: &Arrival<'a>,
        user_id: Option<Uuid>,
    ) -> Result<(Accepted, Option<Violation>), Stop> {
        let Ok(wanted_version) = event.event_version.map(i16::try_from).transpose() else {
            return Err(Violation::new(Reason::OutOfRange, "event_version is out of range")
                .with_advice("See the versions in telemetry.event_catalog().")
                .into());
        };
        let doubt = without_what_cannot_be_read(event);
        let given = self.given(event, user_id);
        let sent = arrival.sent.as_deref().unwrap_or(&EMPTY_OBJECT);
        let from_client = self.caller.is_client();
        match taxonomy::judge(event.event_name, &arrival.definition, sent, wanted_version, given, from_client) {
            Verdict::Store(accepted) => Ok((accepted, doubt)),
            Verdict::StoreWithWarning(accepted, mut violation) => {
                violation.others.extend(doubt.map(|doubt| doubt.message));
                Ok((accepted, Some(violation)))
            }
            Verdict::Quarantine(violation, version) => {
                Err(Stop::Refusal(Refusal { is_quarantined: true, ..Refusal::of_version(violation, version) }))
            }
            Verdict::Reject(violation, version) => Err(Stop::Refusal(Refusal::of_version(violation, version))),
        }
    }

    fn violation_of_the_day(&self, limits: &TenantLimits, tenant_id: Uuid) -> Result<Option<Violation>, Error> {
        if !limits.are_counted() {
            return Ok(None);
        }
        limits.violation_of_the_day(tenant_id, self.uncounted.get(&tenant_id).copied().unwrap_or(0))
    }

    /// Counts an event that is stored, at once where it cannot be a duplicate.
    fn counted<'a>(
        &mut self,
        event: Event<'a>,
        Decision { row, warning, daily_budget }: Decision<'a>,
        arrival: &Arrival<'a>,
    ) -> Result<Admitted<'a>, Error> {
        let limits = arrival.limits;
        let admitted = Admitted { row, event, warning, daily_budget, limits, left_out: arrival.size.left_out() };
        if admitted.event.event_id.is_none() {
            admitted.count()?;
        } else if limits.are_counted() {
            *self.uncounted.entry(admitted.row.tenant_id).or_default() += 1;
        }
        Ok(admitted)
    }

    /// Refuses an event for a reason that was found outside of admission.
    pub fn refuse<'a>(&mut self, mut event: Event<'a>, violation: Violation) -> Result<Refused<'a>, Error> {
        let tenant_id = self.caller.tenant(event.tenant_id).unwrap_or_else(|_| self.caller.own_tenant());
        let definition = taxonomy::definition_of(event.event_name)?;
        let left_out = Size::of(&event, &definition, &tenants::limits_of(tenant_id)?).left_out();
        if left_out.is_none() {
            self.redact(&mut event, tenant_id)?;
        }
        let user_id = self.own_user(&event, tenant_id);
        Ok(Refused { violation, event, event_version: None, tenant_id, user_id, is_quarantined: false, left_out })
    }

    /// Returns the user under whom a refused event is kept, who is never one that a client only claims.
    fn own_user(&self, event: &Event<'_>, own_tenant: Uuid) -> Option<Uuid> {
        self.caller.own_user(own_tenant).or(event.user_id.filter(|_| !self.caller.is_client()))
    }

    /// Replaces the payload by its redacted form. Returns a violation where the event may not contain what was found.
    fn redact(&mut self, event: &mut Event<'_>, tenant_id: Uuid) -> Result<Option<Violation>, Error> {
        let Some(payload) = &event.payload else { return Ok(None) };
        let Some(found) = redaction::redact(payload, event.event_name, tenant_id)? else { return Ok(None) };
        event.payload = Some(Payload::Redacted(found.payload.into()));
        let violation = found.is_refused.then(|| {
            let rules: Vec<&str> = found.counts.keys().map(String::as_str).collect();
            let message =
                format!("event \"{}\": payload has sensitive values ({})", event.event_name, rules.join(", "));
            Violation::new(Reason::SensitiveValue, message)
        });
        redaction::add_counts(&mut self.redactions, found.counts);
        Ok(violation)
    }

    fn given(&self, event: &Event<'_>, user_id: Option<Uuid>) -> Given {
        Given::default()
            .with(Argument::Payload, event.payload.is_some())
            .with(Argument::UserId, user_id.is_some())
            .with(Argument::SessionId, event.session_id.is_some())
            .with(Argument::SubjectId, event.subject_id.is_some())
            .with(Argument::TenantId, event.tenant_id.is_some() || self.caller.named_tenant().is_some())
            .with(Argument::Source, event.source.is_some())
            .with(Argument::ClientTs, event.client_ts.is_some())
            .with(Argument::Seq, event.seq.is_some())
            .with(Argument::EventVersion, event.event_version.is_some())
            .with(Argument::EventId, event.event_id.is_some())
    }
}

/// An event is not refused for its source or the client's time alone: what cannot be read of them is left out, and a
/// warning says so.
fn without_what_cannot_be_read(event: &mut Event<'_>) -> Option<Violation> {
    let source = event.source.and_then(|source| taxonomy::check_source(source).err());
    let time = if event.client_ts.is_some_and(|time| time::to_rfc3339(time).is_none()) {
        Some(
            Violation::new(Reason::OutOfRange, "client_ts is out of range")
                .with_advice("It is a time between the years 1 and 9999, as the client's clock shows it."),
        )
    } else if event.has_unreadable_ts && event.client_ts.is_none() {
        Some(
            Violation::new(Reason::UnreadableArgument, "client_ts is not a time with a date and an offset")
                .with_advice("For example \"2026-01-31T10:00:00Z\": a date, a time, and an offset from UTC."),
        )
    } else {
        None
    };
    if source.is_some() {
        event.source = None;
    }
    if time.is_some() {
        event.client_ts = None;
    }
    match (source, time) {
        (Some(mut source), time) => {
            source.others.extend(time.map(|time| time.message));
            Some(source)
        }
        (None, time) => time,
    }
    .map(|doubt| doubt.with_message(redaction::shown))
}

/// How large a payload is, and how large it may be.
struct Size {
    payload: usize,
    /// A refused event is kept with its payload up to this size.
    limit: usize,
    most: usize,
}

impl Size {
    fn of(event: &Event<'_>, definition: &Definition, limits: &TenantLimits) -> Size {
        let room = definition.room();
        Size {
            payload: rules::payload_size(event.payload.as_deref().unwrap_or(&EMPTY_OBJECT)),
            limit: room.limit.min(limits.payload_limit()),
            most: room.most.min(limits.payload_limit()),
        }
    }

    fn left_out(&self) -> Option<usize> {
        (self.payload > self.limit).then_some(self.payload)
    }

    fn may_be_stored(&self) -> bool {
        self.payload <= self.most
    }
}
