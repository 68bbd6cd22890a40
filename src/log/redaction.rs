//! Redaction takes out of an event what must not be stored, before anything is stored, hashed, kept or quoted. Twin:
//! sql/log/redaction.sql, which declares the policies.
//!
//! It is best effort: it finds what has the form of a secret, and no names or addresses.

pub mod policy;
mod values;
pub mod walk;
mod words;

#[cfg(test)]
mod tests;

use crate::access::tenancy::Caller;
use crate::db::{self, Access, Statement, Value, watch};
use crate::error::Error;
use crate::jsonb::{self, Jsonb, JsonbArg};
use crate::log::taxonomy;
use crate::settings;
use foldhash::HashMap;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use policy::Policy;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use uuid::Uuid;

/// What was found in a payload.
pub struct Found {
    /// The payload without what was found.
    pub payload: Vec<u8>,
    pub counts: BTreeMap<String, u32>,
    /// The policy refuses such an event instead of masking.
    pub is_refused: bool,
}

#[derive(Default)]
struct Policies {
    generation: u64,
    /// Whether a tenant has policies of its own. Few have: the others share those for all, which take some 20 kB each.
    own: HashMap<Uuid, bool>,
    by_tenant: HashMap<Option<Uuid>, HashMap<String, Rc<Policy>>>,
    size: usize,
}

/// A backend keeps so many policies, tenants with policies of their own times events; beyond that they are forgotten
/// and read again.
const MOST_POLICIES: usize = 10_000;

/// A backend knows of so many tenants whether they have policies.
const MOST_TENANTS: usize = 100_000;

thread_local! {
    static STANDARD: Policy = Policy::standard();
    static POLICIES: RefCell<Policies> = RefCell::default();
}

/// Redacts a payload as deep as it goes, at any size. Returns None where nothing was found, so that the payload stays
/// as it lies.
pub fn redact(payload: &[u8], event_name: &str, tenant_id: Uuid) -> Result<Option<Found>, Error> {
    if !settings::REDACTION.get() {
        return Ok(None);
    }
    let policy = policy_of(event_name, tenant_id)?;
    if policy.is_off() {
        return Ok(None);
    }
    let Some(redacted) = walk::redact(payload, &policy) else { return Ok(None) };
    let payload = Jsonb::parse(&redacted.text).ok_or(Error::Spi("a redacted payload is no JSON".into()))?;
    Ok(Some(Found { payload: payload.0, counts: redacted.counts, is_refused: policy.rejects() }))
}

/// Redacts a text that is kept outside of a payload, by the standard policy. Returns None where nothing was found.
pub fn redact_text(text: &str, counts: &mut BTreeMap<String, u32>) -> Option<String> {
    if !settings::REDACTION.get() {
        return None;
    }
    let (text, found) = STANDARD.with(|standard| walk::redact_text(text, standard))?;
    add_counts(counts, found);
    Some(text)
}

fn json_of(policy: &[u8]) -> Result<serde_json::Value, Error> {
    serde_json::from_str(&jsonb::text(policy))
        .map_err(|_| Error::BrokenRedaction { problem: "a number is too large, or it nests too deep".into() })
}

/// Redacts a message or a name that is shown or kept, by the standard policy.
pub fn shown(text: String) -> String {
    redact_text(&text, &mut BTreeMap::new()).unwrap_or(text)
}

pub fn add_counts(total: &mut BTreeMap<String, u32>, found: BTreeMap<String, u32>) {
    for (rule, count) in found {
        *total.entry(rule).or_default() += count;
    }
}

/// Returns the policy of an event: the standard set, over it the event's attribute, then the tenant's policy for all
/// events, then the one for this event.
fn policy_of(event_name: &str, tenant_id: Uuid) -> Result<Rc<Policy>, Error> {
    let generation = watch::taxonomy_generation();
    POLICIES.with_borrow_mut(|policies| {
        if policies.generation != generation || policies.size > MOST_POLICIES || policies.own.len() > MOST_TENANTS {
            *policies = Policies { generation, ..Policies::default() };
        }
    });
    let whose = has_own_policies(tenant_id)?.then_some(tenant_id);
    let known = POLICIES.with_borrow(|policies| policies.by_tenant.get(&whose)?.get(event_name).cloned());
    if let Some(policy) = known {
        return Ok(policy);
    }
    // Names that are not registered share one policy: whoever makes names up must not fill this memory.
    let own_layer = taxonomy::redaction_of(event_name)?;
    if own_layer.is_none() && !event_name.is_empty() {
        return policy_of("", tenant_id);
    }
    let mut layers: Vec<serde_json::Value> = own_layer.into_iter().collect();
    let arguments = [Value::of(whose.as_ref(), Value::Uuid), Value::Text(event_name)];
    let own = db::run(Statement::RedactionPolicies, &arguments, Access::ReadLatest, |row| {
        row.jsonb(1).map(|policy| json_of(&policy))
    })?;
    layers.extend(own.into_iter().flatten().collect::<Result<Vec<_>, _>>()?);
    let policy = Rc::new(Policy::layered(&layers).map_err(|problem| Error::BrokenRedaction { problem })?);
    POLICIES.with_borrow_mut(|policies| {
        policies.size += 1;
        policies.by_tenant.entry(whose).or_default().insert(event_name.to_string(), Rc::clone(&policy));
    });
    Ok(policy)
}

fn has_own_policies(tenant_id: Uuid) -> Result<bool, Error> {
    if let Some(known) = POLICIES.with_borrow(|policies| policies.own.get(&tenant_id).copied()) {
        return Ok(known);
    }
    let arguments = [Value::Uuid(&tenant_id)];
    let rows = db::run(Statement::HasRedactionPolicies, &arguments, Access::ReadLatest, |row| row.get::<bool>(1))?;
    let has_own = rows.into_iter().flatten().next().unwrap_or(true);
    POLICIES.with_borrow_mut(|policies| policies.own.insert(tenant_id, has_own));
    Ok(has_own)
}

/// Contract: see the COMMENT on telemetry.redact in sql/log/redaction.sql.
#[pg_extern(name = "redact", stable, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn redact_payload(
    payload: Option<JsonbArg>,
    event_name: Option<&str>,
    tenant_id: Option<pgrx::Uuid>,
) -> Result<TableIterator<'static, (name!(redacted, Option<Jsonb>), name!(found, Option<JsonB>))>, ErrorReport> {
    let Some(payload) = payload else { return Ok(TableIterator::once((None, None))) };
    let tenant_id = match tenant_id {
        Some(tenant_id) => {
            let asked = Some(Uuid::from_bytes(*tenant_id.as_bytes()));
            let tenant = Caller::present().tenant(asked);
            tenant.map_err(|violation| Error::Violation { violation, element: None })?
        }
        None => Caller::present().own_tenant(),
    };
    let policy = policy_of(event_name.unwrap_or_default(), tenant_id)?;
    let (redacted, counts) = match walk::redact(payload.container(), &policy) {
        Some(redacted) => (Jsonb::parse(&redacted.text), redacted.counts),
        None => (Some(Jsonb(payload.container().to_vec())), BTreeMap::new()),
    };
    Ok(TableIterator::once((redacted, Some(JsonB(serde_json::json!(counts))))))
}

/// Refuses a policy that could not be applied, where it is written.
#[pg_extern(immutable)]
fn check_redaction(policy: Option<JsonbArg>) -> Result<(), ErrorReport> {
    if let Some(policy) = policy {
        Policy::layered(&[json_of(policy.container())?]).map_err(|problem| Error::BrokenRedaction { problem })?;
    }
    Ok(())
}

/// Returns the names of the value rules in the order in which they are applied, then the standard secret keys.
#[pg_extern(immutable, parallel_safe)]
fn redaction_rules() -> TableIterator<'static, (name!(rule, String), name!(kind, String), name!(version, i32))> {
    let values = values::VALUE_RULES.iter().map(|rule| (rule.to_string(), "value".to_string(), policy::VERSION));
    let keys = policy::SECRET_KEYS.iter().map(|key| (key.to_string(), "key".to_string(), policy::VERSION));
    TableIterator::new(values.chain(keys))
}
