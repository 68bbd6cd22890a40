//! Rejections, logged again one by one: each is claimed first, so that two sessions never replay the same.

use crate::access::tenancy::Caller;
use crate::db::session::{self, Failure};
use crate::db::{self, Statement, Value};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::jsonb::container::{Item, elements, members};
use crate::log::accounting::Tally;
use crate::log::admission::{Admission, Intake};
use crate::log::batches::{claims, names};
use crate::log::idempotency::Claim;
use crate::log::incoming::{self, Clock, Event, Names};
use crate::log::{instant, storing};
use crate::settings;
use pgrx::check_for_interrupts;
use std::collections::HashMap;
use uuid::Uuid;

/// How many were stored, were in the log already, and are still rejected.
pub fn replay_rows(rejections: JsonbArg) -> Result<Tally, Error> {
    let batch = elements(rejections.container()).ok_or(Error::NotABatch)?;
    let names = names()?;
    let mut tally = Tally::default();
    for rejection in batch {
        check_for_interrupts!();
        // Each in a subtransaction: one that storage refuses does not hold back the others.
        let outcome = match session::in_subtransaction(|| replay_row(rejection, &names)) {
            Ok(outcome) => outcome,
            Err(Failure::Ours(error)) => return Err(error),
            Err(Failure::Raised(error)) => {
                session::sqlstate(error);
                Replay::StillRejected
            }
        };
        match outcome {
            Replay::Stored | Replay::SampledOut => tally.accepted += 1,
            Replay::Duplicate => tally.duplicates += 1,
            Replay::StillRejected => tally.rejected += 1,
            Replay::ByAnother => (),
        }
    }
    Ok(tally)
}

/// What became of a rejection.
enum Replay {
    Stored,
    SampledOut,
    /// The event_id was in the log meanwhile.
    Duplicate,
    StillRejected,
    /// Another session has replayed it.
    ByAnother,
}

fn replay_row(rejection: Item<'_>, names: &Names) -> Result<Replay, Error> {
    let Some(Rejection { rejection_id, tenant_id, caller, event }) = replayable(rejection, names)? else {
        return Ok(Replay::StillRejected);
    };
    let mut intake = Intake::of(caller);
    let own_id = event.event_id.is_some();
    // Without an id of its own it is stored under the rejection's: the same, however often it is replayed.
    let event = Event { event_id: Some(event.event_id.unwrap_or(rejection_id)), ..event };
    let (admitted, outcome) = match intake.admit(event)? {
        Admission::Refused(_) => return Ok(Replay::StillRejected),
        Admission::SampledOut => (None, Replay::SampledOut),
        Admission::Admitted(admitted) => {
            let claim =
                if own_id { claims::claim(&[(0, admitted.clone())], &intake.caller, false)?[0] } else { Claim::New };
            match claim {
                Claim::Conflict => return Ok(Replay::StillRejected),
                Claim::Duplicate | Claim::OfAUser => (None, Replay::Duplicate),
                Claim::New => (Some(admitted), Replay::Stored),
            }
        }
    };
    let label = match outcome {
        Replay::SampledOut => "sampled_out",
        Replay::Duplicate => "duplicate",
        _ => "stored",
    };
    let row = [Value::Uuid(&rejection_id), Value::Uuid(&tenant_id), Value::Time(session::clock()), Value::Text(label)];
    if db::execute(Statement::ClaimReplay, &row)? == 0 {
        return Ok(Replay::ByAnother);
    }
    if let Some(admitted) = admitted {
        storing::insert_event(&admitted.row)?;
        admitted.count_new()?;
    }
    Ok(outcome)
}

/// A row of telemetry.rejections: its event as of its arrival, and the caller who logged it.
struct Rejection<'a> {
    rejection_id: Uuid,
    tenant_id: Uuid,
    caller: Caller,
    event: Event<'a>,
}

/// Returns None where the event itself could not be read.
fn replayable<'a>(rejection: Item<'a>, names: &Names) -> Result<Option<Rejection<'a>>, Error> {
    let fault = |what: &str| Error::Spi(format!("a rejection without {what}"));
    let Item::Container(container) = rejection else { return Err(fault("columns")) };
    let row: HashMap<&str, Item<'a>> = members(container).ok_or_else(|| fault("columns"))?.collect();
    let text = |column: &str| match row.get(column) {
        Some(Item::Text(text)) => Some(*text),
        _ => None,
    };
    let id = |column: &str| text(column).and_then(|text| Uuid::try_parse(text).ok());
    let rejection_id = id("rejection_id").ok_or_else(|| fault("rejection_id"))?;
    let tenant_id = id("tenant_id").ok_or_else(|| fault("tenant_id"))?;
    let rejected_at = text("rejected_at").and_then(instant::parse).ok_or_else(|| fault("rejected_at"))?;
    let is_client = row.get("is_client") != Some(&Item::Boolean(false));
    // Under the nil UUID is also what a multi-tenant installation refused for want of a tenant.
    let tenant = Some(tenant_id).filter(|tenant| !tenant.is_nil() || !settings::MULTI_TENANT.get());
    let caller = Caller::replayed(is_client, tenant, id("user_id"));
    let event = row.get("event").map(|event| incoming::read(*event, names, Clock::Server, rejected_at));
    let event = event.and_then(Result::ok);
    Ok(event.map(|event| Rejection { rejection_id, tenant_id, caller, event }))
}
