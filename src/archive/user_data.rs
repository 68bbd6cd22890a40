//! What a person left in the log, as JSON lines. Twin: sql/archive/user_data.sql, which hands them out as a download.
//!
//! Events are read with the caller's rights. Rejections are too where the caller may read that table; a role of the level own_events
//! may not, and gets those of its own user, as it does of the log.

use super::description::{Occurring, columns};
use super::log_rows::Query;
use super::sheet::{FORMAT, Sheet, TooLarge};
use crate::access::tenancy::{Caller, readers_tenant};
use crate::calendar::finite_range;
use crate::db::session::{self, Setting};
use crate::db::stream::{Snapshot, stream, uuid};
use crate::db::{Value, rights};
use crate::error::Error;
use crate::time::to_rfc3339;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{Oid, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use pgrx::prelude::*;
use uuid::Uuid;

/// What is handed out, and what is not, for whoever reads the first line.
const SCOPE: &str = "the events that the user did, and what of them was refused; not events of others in which the user is \
    the subject or is named";

/// What the text of a row depends on: the same rows are the same lines whoever asks.
pub const SETTINGS: [Setting; 3] =
    [(c"TimeZone", c"UTC"), (c"IntervalStyle", c"postgres"), (c"extra_float_digits", c"1")];

/// Contract: see the COMMENT on telemetry.user_data.
#[pg_extern(stable)]
fn user_lines(
    user_id: Option<pgrx::Uuid>,
    tenant: Option<pgrx::Uuid>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<Vec<u8>, ErrorReport> {
    let native = |id: pgrx::Uuid| Uuid::from_bytes(*id.as_bytes());
    let (since, until) = finite_range(since.map(Into::into), until.map(Into::into))?;
    let asked = Asked {
        user_id: user_id.map(native).ok_or(Error::NullArgument {
            argument: "user_id",
            hint: "Without it the copy is of the user whose request it is; this request has none.",
        })?,
        tenant: tenant.map(native),
        since,
        until,
    };
    Ok(session::with_settings(&SETTINGS, || asked.lines(fcinfo))?)
}

struct Asked {
    user_id: Uuid,
    tenant: Option<Uuid>,
    since: Option<i64>,
    until: Option<i64>,
}

impl Asked {
    fn lines(&self, fcinfo: pg_sys::FunctionCallInfo) -> Result<Vec<u8>, Error> {
        let mut occurring = Occurring::default();
        let mut arguments = vec![(UUIDOID, uuid(self.user_id.into_bytes()))];
        let mut condition = String::from("e.user_id operator(pg_catalog.=) $1");
        if let Some(tenant) = self.tenant {
            arguments.push((UUIDOID, uuid(tenant.into_bytes())));
            condition.push_str(" and e.tenant_id operator(pg_catalog.=) $2");
        }
        let times = self.since.unwrap_or(i64::MIN)..self.until.unwrap_or(i64::MAX);
        let query = Query { condition: &condition, arguments: &arguments, times, most: usize::MAX >> 1 };
        let events = query.lines(&mut occurring)?;
        let mut rejections = Sheet::new();
        let rejected = self.add_rejections(&mut rejections, fcinfo)?;

        let time = |time: Option<i64>| serde_json::json!(time.and_then(to_rfc3339)).to_string();
        let about = format!(
            "{{\"line\":\"about\",\"format\":\"{FORMAT}\",\"user_id\":\"{}\",\"tenant_id\":{},\"since\":{},\"until\":{},\
             \"holds\":\"{SCOPE}\",\"events\":{},\"columns\":{}}}\n",
            self.user_id,
            serde_json::json!(self.tenant.map(|id| id.to_string())),
            time(self.since),
            time(self.until),
            occurring.described()?,
            columns()?,
        );
        let mut sheet = Sheet::new();
        let gathered = sheet.push(about.as_bytes()).and_then(|()| events.add_to(&mut sheet));
        let ended = gathered
            .and_then(|()| sheet.push(rejections.text()))
            .and_then(|()| sheet.end(&[("events", events.len().to_string()), ("rejections", rejected.to_string())]));
        ended.map_err(too_large)
    }

    fn add_rejections(&self, sheet: &mut Sheet, fcinfo: pg_sys::FunctionCallInfo) -> Result<usize, Error> {
        if may_read_rejections()? {
            return self.rejections_of(self.tenant, sheet);
        }
        match readers_tenant() {
            Some(own)
                if Caller::present().own_user(own) == Some(self.user_id)
                    && self.tenant.is_none_or(|tenant| tenant == own) =>
            {
                rights::as_function_owner(fcinfo, || self.rejections_of(Some(own), sheet))
            }
            _ => Ok(0),
        }
    }

    /// A rejection is a person's by the request that brought the event; where a server brought it, by the event itself. What a
    /// client claims in an event is nobody else's.
    fn rejections_of(&self, tenant: Option<Uuid>, sheet: &mut Sheet) -> Result<usize, Error> {
        let name = self.user_id.to_string();
        let mut arguments: Vec<(Oid, Value<'_>)> =
            vec![(UUIDOID, uuid(self.user_id.into_bytes())), (TEXTOID, Value::Text(&name))];
        let mut sql = String::from(
            "select pg_catalog.to_jsonb(r)::pg_catalog.text \
               from (select r.rejection_id, r.rejected_at, r.tenant_id, r.reason, r.message, r.event_name, r.event_version, r.user_id, r.event \
                       from telemetry.rejections r \
                      where (r.user_id operator(pg_catalog.=) $1 \
                             or r.user_id is null and not r.is_client and r.event operator(pg_catalog.->>) 'user_id' operator(pg_catalog.=) $2)",
        );
        let times = [("tenant_id", "=", None), ("rejected_at", ">=", self.since), ("rejected_at", "<", self.until)];
        for (column, operator, time) in times {
            let value = match (time, tenant) {
                (Some(time), _) => (TIMESTAMPTZOID, Value::Time(time)),
                (None, Some(tenant)) if column == "tenant_id" => (UUIDOID, uuid(tenant.into_bytes())),
                _ => continue,
            };
            arguments.push(value);
            sql.push_str(&format!(" and r.{column} operator(pg_catalog.{operator}) ${}", arguments.len()));
        }
        sql.push_str(" order by r.rejection_id) r");
        let mut count = 0;
        stream(&sql, &arguments, Snapshot::OfStatement, |row| {
            count += 1;
            sheet.row("rejection", row.text(0).unwrap_or_default()).map_err(too_large)
        })?;
        Ok(count)
    }
}

fn may_read_rejections() -> Result<bool, Error> {
    let mut may = false;
    stream(
        "select pg_catalog.has_table_privilege('telemetry.rejections', 'select')",
        &[],
        Snapshot::OfStatement,
        |row| {
            may = row.flag(0);
            Ok(())
        },
    )?;
    Ok(may)
}

fn too_large(_: TooLarge) -> Error {
    Error::BadArgument {
        problem: "the copy has more than 1 GB".into(),
        hint: "Fetch it in parts: since and until are the ends of one, by the time of the events.".into(),
    }
}
