//! Tenancy: which tenant and user calls, and whether it is a client or a server role. Twin: sql/access/tenancy.sql.
//!
//! A request with JWT claims (PostgREST sets request.jwt.claims) is a client's unless its role is one of
//! telemetry.server_roles: a client acts for its own user and tenant only. A session without claims is a server.

use crate::db::{distribution, session};
use crate::error::Error;
use crate::settings;
use crate::violation::{Reason, Violation};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::Value;
use std::cell::RefCell;
use std::ffi::CString;
use std::rc::Rc;
use uuid::Uuid;

/// What the claims of a request say.
#[derive(Debug, Default, PartialEq)]
struct Claims {
    is_server: bool,
    subject: Option<String>,
    tenant: Option<Uuid>,
}

/// The present caller.
pub struct Caller {
    claims: Option<Rc<Claims>>,
    /// See [`Caller::named_tenant`]: it is asked for with every event of a batch.
    named_tenant: Option<Uuid>,
}

impl Caller {
    pub fn present() -> Caller {
        Caller::of(present_claims())
    }

    fn of(claims: Option<Rc<Claims>>) -> Caller {
        let mut caller = Caller { claims, named_tenant: None };
        caller.named_tenant = caller.tenant_of_request();
        caller
    }

    /// Returns a caller that stands for whoever logged an event, so that it can be logged again on their behalf.
    pub fn replayed(is_client: bool, tenant: Option<Uuid>, user_id: Option<Uuid>) -> Caller {
        let subject = user_id.map(|id| id.to_string());
        Caller::of(Some(Rc::new(Claims { is_server: !is_client, subject, tenant })))
    }

    /// A server that acts for the same tenant.
    pub fn as_server(&self) -> Caller {
        Caller::replayed(false, self.named_tenant(), None)
    }

    pub fn is_client(&self) -> bool {
        self.claims.as_ref().is_some_and(|claims| !claims.is_server)
    }

    /// Says whether the request has no user: it may log, but in an installation of one tenant it must not read as
    /// everybody.
    fn is_nobody(&self) -> bool {
        self.is_client() && self.claims.as_ref().is_some_and(|claims| claims.subject.is_none())
    }

    /// Returns the tenant that the request itself names by its claims, else, but never for a client, by the setting.
    pub fn named_tenant(&self) -> Option<Uuid> {
        self.named_tenant
    }

    fn tenant_of_request(&self) -> Option<Uuid> {
        let claimed = self.claims.as_ref().and_then(|claims| claims.tenant);
        if claimed.is_some() || self.is_client() {
            return claimed;
        }
        let setting = settings::TENANT_ID.get()?;
        Uuid::parse_str(setting.to_str().ok()?.trim()).ok()
    }

    /// Returns the tenant of an event, which a client cannot choose.
    pub fn tenant(&self, asked: Option<Uuid>) -> Result<Uuid, Violation> {
        let own = self.named_tenant().or_else(default_tenant);
        match (asked, own) {
            (None, None) => Err(Violation::new(Reason::MissingArgument, "tenant_id must not be null").with_advice(
                "Pass tenant_id, or set telemetry.tenant_id, or log with a JWT that has the claim telemetry.tenant_claim.",
            )),
            (None, Some(own)) => Ok(own),
            (Some(asked), own) if !self.is_client() || own == Some(asked) => Ok(asked),
            _ => Err(Violation::new(Reason::NotYours, "tenant_id is not the caller's own")),
        }
    }

    /// Returns the tenant under which a refused event is kept, which is never one that the caller only claims.
    pub fn own_tenant(&self) -> Uuid {
        self.named_tenant().unwrap_or_default()
    }

    /// Returns the user of an event. For a client that is the subject of its JWT and nobody else.
    pub fn user(&self, asked: Option<Uuid>, tenant: Uuid) -> Result<Option<Uuid>, Violation> {
        if !self.is_client() {
            return Ok(asked);
        }
        let own = self.own_user(tenant);
        if asked.is_some() && asked != own {
            return Err(Violation::new(Reason::NotYours, "user_id is not the caller's own"));
        }
        Ok(own)
    }

    /// Returns the user of the caller itself, if its claims name one.
    pub fn own_user(&self, tenant: Uuid) -> Option<Uuid> {
        let subject = self.claims.as_ref()?.subject.as_deref()?;
        Some(id_meant(subject, tenant))
    }
}

/// The nil UUID stands for the one tenant of a single-tenant installation.
fn default_tenant() -> Option<Uuid> {
    (!settings::MULTI_TENANT.get()).then(Uuid::nil)
}

/// Returns the uuid that a text is, and as_id() of a text that is none.
pub fn id_meant(text: &str, tenant: Uuid) -> Uuid {
    Uuid::parse_str(text).unwrap_or_else(|_| id_of(text, tenant))
}

/// What as_id() makes of a text.
pub fn id_of(text: &str, tenant: Uuid) -> Uuid {
    Uuid::new_v5(&tenant, text.as_bytes())
}

/// What the claims were read from: two requests with the same settings have the same claims.
struct Settings {
    text: CString,
    tenant_claim: CString,
    server_roles: CString,
}

thread_local! {
    /// The last claims that were read, beside what they were read from, because one request logs many events.
    static LAST: RefCell<Option<(Settings, Rc<Claims>)>> = const { RefCell::new(None) };
}

/// Returns None in an ordinary session, which is no request. After a request the setting reads as ''.
fn present_claims() -> Option<Rc<Claims>> {
    let text = session::setting_of(c"request.jwt.claims").filter(|text| !text.is_empty())?;
    // Not by name: that costs every event a search among all settings.
    let tenant_claim = settings::TENANT_CLAIM.get().unwrap_or_default();
    let server_roles = settings::SERVER_ROLES.get().unwrap_or_default();
    LAST.with_borrow_mut(|last| {
        if let Some((read, claims)) = last
            && read.text == text
            && read.tenant_claim == tenant_claim
            && read.server_roles == server_roles
        {
            return Some(Rc::clone(claims));
        }
        let claims = Rc::new(read_claims(
            &text.to_string_lossy(),
            &tenant_claim.to_string_lossy(),
            &server_roles.to_string_lossy(),
        ));
        let read = Settings { text, tenant_claim, server_roles };
        *last = Some((read, Rc::clone(&claims)));
        Some(claims)
    })
}

/// Claims that cannot be read make a client without user and tenant, which fails closed.
fn read_claims(text: &str, tenant_claim: &str, server_roles: &str) -> Claims {
    let Ok(claims) = serde_json::from_str::<Value>(text) else { return Claims::default() };
    let role = claims.get("role").and_then(Value::as_str).unwrap_or_default();
    Claims {
        is_server: server_roles.split(',').any(|server| !role.is_empty() && server.trim() == role),
        subject: claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty()).map(str::to_string),
        tenant: paths(tenant_claim).iter().find_map(|path| tenant_at(&claims, path)),
    }
}

/// What users can edit themselves never names a tenant, whatever the setting says.
const EDITABLE_BY_USERS: [&str; 2] = ["user_metadata", "raw_user_meta_data"];

/// Reads the paths of telemetry.tenant_claim. Commas separate paths and dots their names; a name in double quotes may
/// hold both.
fn paths(setting: &str) -> Vec<Vec<String>> {
    let mut paths = vec![vec![String::new()]];
    let mut is_quoted = false;
    for letter in setting.chars() {
        let Some(path) = paths.last_mut() else { continue };
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => paths.push(vec![String::new()]),
            '.' if !is_quoted => path.push(String::new()),
            _ => path.iter_mut().last().into_iter().for_each(|name| name.push(letter)),
        }
    }
    paths.iter_mut().flatten().for_each(|name| *name = name.trim().to_string());
    paths
}

/// The paths of telemetry.tenant_claim at which a tenant is looked for, in their order.
pub fn claim_paths(setting: &str) -> Vec<Vec<String>> {
    paths(setting).into_iter().filter(|path| !is_editable(path)).collect()
}

fn is_editable(path: &[String]) -> bool {
    path.iter().any(|key| EDITABLE_BY_USERS.contains(&key.as_str()))
}

/// Returns the uuid at a path. Anything else that stands there, also a list of uuids, is no tenant.
fn tenant_at(claims: &Value, path: &[String]) -> Option<Uuid> {
    if is_editable(path) {
        return None;
    }
    let value = path.iter().try_fold(claims, |value, key| value.get(key))?;
    Uuid::parse_str(value.as_str()?).ok()
}

/// Contract: see the COMMENT in sql/access/tenancy.sql.
#[pg_extern(stable, parallel_safe)]
fn current_tenant() -> Result<Option<pgrx::Uuid>, ErrorReport> {
    refuse_unknown_reader()?;
    Ok(readers_tenant().map(|tenant| pgrx::Uuid::from_bytes(tenant.into_bytes())))
}

/// Where Citus has another node ask for rows, that node's session says nothing of who asked first: to take that for the
/// one tenant would show or hide rows in silence.
fn refuse_unknown_reader() -> Result<(), Error> {
    let caller = Caller::present();
    if caller.claims.is_none() && caller.named_tenant().is_none() && distribution::is_for_another_node()? {
        return Err(Error::DistributedRowSecurity);
    }
    Ok(())
}

/// Returns the tenant that the shipped policies let the present caller read, None where they let it read nothing.
pub fn readers_tenant() -> Option<Uuid> {
    let caller = Caller::present();
    caller.named_tenant().or_else(|| if caller.is_nobody() { None } else { default_tenant() })
}

/// Contract: see the COMMENT in sql/access/tenancy.sql.
#[pg_extern(stable, parallel_safe)]
fn current_user_id() -> Result<Option<pgrx::Uuid>, ErrorReport> {
    refuse_unknown_reader()?;
    let caller = Caller::present();
    let tenant = caller.named_tenant().or_else(default_tenant);
    let user_id = tenant.and_then(|tenant| caller.own_user(tenant));
    Ok(user_id.map(|id| pgrx::Uuid::from_bytes(id.into_bytes())))
}

/// Contract: see the COMMENT in sql/access/tenancy.sql.
#[pg_extern(stable, parallel_safe)]
fn as_id(id: Option<&str>, tenant_id: Option<pgrx::Uuid>) -> Option<pgrx::Uuid> {
    let tenant = match tenant_id {
        Some(tenant) => Uuid::from_bytes(*tenant.as_bytes()),
        None => Caller::present().named_tenant().or_else(default_tenant)?,
    };
    Some(pgrx::Uuid::from_bytes(*id_of(id?, tenant).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "00000000-0000-4000-8000-00000000000a";

    fn read(text: &str) -> Claims {
        read_claims(text, "app_metadata.tenant_id", "service_role")
    }

    #[test]
    fn an_authenticated_request_is_a_client_of_its_tenant() {
        let claims =
            read(&format!(r#"{{"role":"authenticated","sub":"u","app_metadata":{{"tenant_id":"{TENANT}"}}}}"#));
        assert_eq!(
            claims,
            Claims { is_server: false, subject: Some("u".into()), tenant: Uuid::parse_str(TENANT).ok() }
        );
    }

    #[test]
    fn a_tenant_that_the_user_can_edit_does_not_count() {
        assert_eq!(
            read(&format!(r#"{{"role":"authenticated","user_metadata":{{"tenant_id":"{TENANT}"}}}}"#)).tenant,
            None
        );
    }

    #[test]
    fn the_first_path_with_a_uuid_names_the_tenant() {
        let text = format!(
            r#"{{"orgs":["{TENANT}"],"app_metadata":{{"tenant_id":"shop"}},"tenant":"{TENANT}","user_metadata":{{"t":"{TENANT}"}}}}"#
        );
        let tenant = |paths: &str| read_claims(&text, paths, "").tenant;
        assert_eq!(tenant("app_metadata.tenant_id, absent, tenant"), Uuid::parse_str(TENANT).ok());
        for paths in ["", "orgs", "orgs.0", "app_metadata", "app_metadata.tenant_id", "user_metadata.t", "tenant.x"] {
            assert_eq!(tenant(paths), None, "{paths}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_client_without_anything() {
        for text in [
            "{",
            "[]",
            "7",
            "null",
            r#"{"role":7,"sub":{},"app_metadata":"x"}"#,
            r#"{"app_metadata":{"tenant_id":"nope"}}"#,
        ] {
            assert_eq!(read(text), Claims::default(), "{text}");
        }
    }

    #[test]
    fn an_empty_role_is_never_a_server() {
        assert!(!read_claims(r#"{"role":""}"#, "t", "").is_server);
        assert!(read_claims(r#"{"role":"worker"}"#, "t", "service_role, worker").is_server);
    }
}
