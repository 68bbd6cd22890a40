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
use crate::log::taxonomy::{self, Verdict};
use crate::log::tenants::{self, Limits};
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
    limits: Limits,
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
        let tenant = self.caller.tenant(event.tenant_id);
        let own_tenant = tenant.as_ref().copied().unwrap_or_else(|_| self.caller.own_tenant());
        // Checked as it came, kept as redacted: a rule on an email is met by an email.
        let checked = event.payload.clone();
        let limits = tenants::limits_of(own_tenant)?;
        let size = Size::of(&event, &limits)?;
        let left_out = size.left_out();
        let sensitive = if size.may_be_stored() { self.redact(&mut event, own_tenant)? } else { None };
        let user = self.caller.user(event.user_id, own_tenant);
        let own_user = self.caller.own_user(own_tenant).or(event.user_id.filter(|_| !self.caller.is_client()));
        let refuse = |event, violation: Violation, event_version, is_quarantined| {
            let (tenant_id, user_id) = (own_tenant, own_user);
            let violation = violation.with_message(redaction::shown);
            let refused = Refused { violation, event, event_version, tenant_id, user_id, is_quarantined, left_out };
            Ok(Admission::Refused(refused))
        };
        let (tenant_id, user_id) = match tenant.and_then(|tenant| Ok((tenant, user?))) {
            Ok(own) => own,
            Err(violation) => return refuse(event, violation, None, false),
        };
        if let Some(violation) = limits.violation(event.event_name, size.payload) {
            return refuse(event, violation, None, false);
        }
        let payload = event.payload.clone().unwrap_or(Payload::Sent(&EMPTY_OBJECT));
        let Ok(wanted_version) = event.event_version.map(i16::try_from).transpose() else {
            let violation = Violation::new(Reason::OutOfRange, "event_version is out of range")
                .with_advice("See the versions in telemetry.event_catalog().");
            return refuse(event, violation, None, false);
        };
        let doubt = without_what_cannot_be_read(&mut event);
        let given = self.given(&event, user_id);
        let is_client = self.caller.is_client();
        let verdict = taxonomy::judge(
            event.event_name,
            checked.as_deref().unwrap_or(&EMPTY_OBJECT),
            wanted_version,
            given,
            is_client,
        )?;
        let (accepted, warning) = match verdict {
            Verdict::Store(accepted) => (accepted, doubt),
            Verdict::StoreWithWarning(accepted, mut violation) => {
                violation.others.extend(doubt.map(|doubt| doubt.message));
                (accepted, Some(violation))
            }
            Verdict::Quarantine(violation, version) => return refuse(event, violation, version, true),
            Verdict::Reject(violation, version) => return refuse(event, violation, version, false),
        };
        let version = Some(accepted.event_version);
        // What was not redacted is not stored, whatever the rules say.
        if !size.may_be_stored() {
            let violation = rules::too_large(event.event_name, size.payload, size.most);
            return refuse(event, violation, version, false);
        }
        if let Some(violation) = sensitive {
            return refuse(event, violation, version, false);
        }
        if is_client && let Some(violation) = self.ownership.violation(&event, tenant_id, user_id)? {
            return refuse(event, violation, version, false);
        }
        let event_id = event.event_id.unwrap_or_else(|| instant::uuid_at(event.event_ts));
        let rate = sampling::rate(&accepted, event.event_name, tenant_id, event.event_ts)?;
        let sampled_by = user_id.or(event.session_id).unwrap_or(event_id);
        if !sampling::share::is_kept(rate, event.event_name, &sampled_by) {
            return Ok(Admission::SampledOut);
        }
        if limits.are_counted() {
            let uncounted = self.uncounted.get(&tenant_id).copied().unwrap_or(0);
            if let Some(violation) = limits.violation_of_the_day(tenant_id, uncounted)? {
                return refuse(event, violation, version, false);
            }
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
            payload,
        };
        let admitted = Admitted { row, event, warning, daily_budget: accepted.daily_budget, limits, left_out };
        if admitted.event.event_id.is_none() {
            admitted.count()?;
        } else if limits.are_counted() {
            *self.uncounted.entry(tenant_id).or_default() += 1;
        }
        Ok(Admission::Admitted(admitted))
    }

    /// Refuses an event for a reason that was found outside of admission.
    pub fn refuse<'a>(&mut self, mut event: Event<'a>, violation: Violation) -> Result<Refused<'a>, Error> {
        let tenant_id = self.caller.tenant(event.tenant_id).unwrap_or_else(|_| self.caller.own_tenant());
        let left_out = Size::of(&event, &tenants::limits_of(tenant_id)?)?.left_out();
        if left_out.is_none() {
            self.redact(&mut event, tenant_id)?;
        }
        let user_id = self.caller.own_user(tenant_id).or(event.user_id.filter(|_| !self.caller.is_client()));
        Ok(Refused { violation, event, event_version: None, tenant_id, user_id, is_quarantined: false, left_out })
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
    fn of(event: &Event<'_>, limits: &Limits) -> Result<Size, Error> {
        let room = taxonomy::room_of(event.event_name)?;
        Ok(Size {
            payload: rules::payload_size(event.payload.as_deref().unwrap_or(&EMPTY_OBJECT)),
            limit: room.limit.min(limits.payload_limit()),
            most: room.most.min(limits.payload_limit()),
        })
    }

    fn left_out(&self) -> Option<usize> {
        (self.payload > self.limit).then_some(self.payload)
    }

    fn may_be_stored(&self) -> bool {
        self.payload <= self.most
    }
}
