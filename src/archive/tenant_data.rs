//! What a tenant left, as JSON lines, a page at a time. Twin: sql/archive/tenant_data.sql, which hands pages out as downloads.
//!
//! The first page has what was defined for the tenant, the last one what was refused, and how many events all pages have together.
//! Everything is read with the caller's rights.

use super::description::{Occurring, columns};
use super::log_rows::Query;
use super::sheet::{FORMAT, Sheet, TooLarge};
use super::user_data::SETTINGS;
use crate::db::stream::{Row, Snapshot, array, stream, uuid};
use crate::db::{Value, session};
use crate::error::Error;
use crate::log::late_arrivals::last_drawn_id;
use crate::log::partitions::{condition, each_window};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT8OID, Oid, TEXTARRAYOID, UUIDOID};
use pgrx::prelude::*;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use uuid::Uuid;

const ALWAYS: std::ops::Range<i64> = i64::MIN..i64::MAX;

const MOST: RangeInclusive<i32> = 1..=1_000_000;
const MOST_BY_DEFAULT: i32 = 100_000;

/// What belongs to a tenant beside its events: the name of a line, and which rows are told. $1 is the tenant.
const OWN_ROWS: [(&str, &str); 6] = [
    ("tenant", "telemetry.tenants r where r.tenant_id operator(pg_catalog.=) $1"),
    ("redaction_policy", "telemetry.redaction_policies r where r.tenant_id operator(pg_catalog.=) $1"),
    ("destination", "telemetry.destinations r where r.tenant_id operator(pg_catalog.=) $1 order by r.name"),
    (
        "kpi",
        "telemetry.kpis r where r.name operator(pg_catalog.=) any (select a.kpi from telemetry.alerts a where a.name operator(pg_catalog.=) any ( \
            select s.alert from telemetry.alert_states s where s.tenant_id operator(pg_catalog.=) $1)) order by r.name",
    ),
    (
        "alert",
        "telemetry.alerts r where r.name operator(pg_catalog.=) any ( \
            select s.alert from telemetry.alert_states s where s.tenant_id operator(pg_catalog.=) $1) order by r.name",
    ),
    (
        "alert_transition",
        "telemetry.alert_transitions r where r.tenant_id operator(pg_catalog.=) $1 order by r.at, r.transition_id",
    ),
];

/// Contract: see the COMMENT on telemetry.tenant_data.
#[pg_extern(stable)]
fn tenant_lines(
    tenant: Option<pgrx::Uuid>,
    after_id: Option<i64>,
    most: Option<i32>,
    until_id: Option<i64>,
) -> Result<Vec<u8>, ErrorReport> {
    let tenant = tenant.ok_or(Error::NullArgument {
        argument: "tenant",
        hint: "In an installation of one tenant it is the nil UUID, 00000000-0000-0000-0000-000000000000.",
    })?;
    let most = most.unwrap_or(MOST_BY_DEFAULT);
    if !MOST.contains(&most) {
        Err(Error::BadArgument {
            problem: format!("most must be {} to {}", MOST.start(), MOST.end()),
            hint: "It is how many events a page has; the last line of each page says with which arguments the next one is asked for.".into(),
        })?;
    }
    let page = Page {
        tenant: Uuid::from_bytes(*tenant.as_bytes()),
        after_id: after_id.unwrap_or(0),
        until_id: until_id.unwrap_or_else(last_drawn_id),
        most: most as usize,
    };
    Ok(session::with_settings(&SETTINGS, || page.lines())?)
}

struct Page {
    tenant: Uuid,
    after_id: i64,
    /// The last event of the last page: what arrives later belongs to no page.
    until_id: i64,
    most: usize,
}

impl Page {
    fn lines(&self) -> Result<Vec<u8>, Error> {
        let mut occurring = Occurring::default();
        let mut events = Sheet::new();
        let (count, next) = self.add_events(&mut events, &mut occurring)?;
        let about = format!(
            "{{\"line\":\"about\",\"format\":\"{FORMAT}\",\"tenant_id\":\"{}\",\"after_id\":{},\"until_id\":{},\"events\":{},\"columns\":{}}}\n",
            self.tenant,
            self.after_id,
            self.until_id,
            occurring.described()?,
            columns()?,
        );
        let mut sheet = Sheet::new();
        sheet.push(about.as_bytes()).map_err(too_large)?;
        if self.after_id <= 0 {
            self.add_definitions(&mut sheet)?;
        }
        sheet.push(events.text()).map_err(too_large)?;
        let mut facts = vec![("events", count.to_string())];
        match next {
            Some(after_id) => {
                facts.push(("next", format!("{{\"after_id\":{after_id},\"until_id\":{}}}", self.until_id)));
            }
            None => {
                let of_tenant =
                    "telemetry.rejections r where r.tenant_id operator(pg_catalog.=) $1 order by r.rejection_id";
                let rejections = self.add_rows(&mut sheet, "rejection", of_tenant)?;
                facts.push(("rejections", rejections.to_string()));
                facts.push(("events_of_all_pages", self.events_of_all_pages()?.to_string()));
                facts.push(("next", "null".into()));
            }
        }
        sheet.end(&facts).map_err(too_large)
    }

    /// Adds the events of the page. Returns how many there are, and the last ingest_id where there may be more.
    ///
    /// A tenant may have every event of the log or one in a million, and there is no index by tenant and arrival: ids are
    /// asked for in stretches, each twice as long as the one before, until the page is full. So a stretch is read by
    /// arrival where the tenant is dense, and by tenant where it is not.
    fn add_events(&self, sheet: &mut Sheet, occurring: &mut Occurring) -> Result<(usize, Option<i64>), Error> {
        let condition = "e.tenant_id operator(pg_catalog.=) $1 and e.ingest_id operator(pg_catalog.>) $2 and e.ingest_id operator(pg_catalog.<=) $3";
        let (mut count, mut low, mut stretch) = (0, self.after_id, self.most as i64);
        while low < self.until_id {
            let high = low.saturating_add(stretch).min(self.until_id);
            let arguments =
                [(UUIDOID, uuid(self.tenant.into_bytes())), (INT8OID, Value::Big(low)), (INT8OID, Value::Big(high))];
            let query = Query { condition, arguments: &arguments, times: ALWAYS, most: self.most - count };
            let lines = query.lines(occurring)?;
            lines.add_to(sheet).map_err(too_large)?;
            count += lines.len();
            if count == self.most {
                return Ok((count, lines.last_id().filter(|last| *last < self.until_id)));
            }
            (low, stretch) = (high, stretch.saturating_mul(2));
        }
        Ok((count, None))
    }

    fn add_definitions(&self, sheet: &mut Sheet) -> Result<(), Error> {
        let names = array(self.event_names()?.into_iter().collect::<Vec<_>>());
        let sql = "select pg_catalog.to_jsonb(r)::pg_catalog.text from telemetry.event_types r \
             where r.event_name operator(pg_catalog.=) any ($1) order by r.event_name, r.event_version";
        add(sheet, "event_type", sql, &[(TEXTARRAYOID, names)])?;
        for (kind, rows) in OWN_ROWS {
            self.add_rows(sheet, kind, rows)?;
        }
        Ok(())
    }

    fn add_rows(&self, sheet: &mut Sheet, kind: &str, rows: &str) -> Result<usize, Error> {
        let sql = format!("select pg_catalog.to_jsonb(r)::pg_catalog.text from {rows}");
        add(sheet, kind, &sql, &[(UUIDOID, uuid(self.tenant.into_bytes()))])
    }

    /// The registered names under which the tenant has an event. Each is looked up by an index.
    fn event_names(&self) -> Result<BTreeSet<String>, Error> {
        let mut names = BTreeSet::new();
        self.in_windows(
            |times| {
                format!(
                    "select t.event_name from (select distinct t.event_name from telemetry.event_types t) t \
                      where (select true from telemetry.events e \
                              where e.tenant_id operator(pg_catalog.=) $1 and e.event_name operator(pg_catalog.=) t.event_name \
                                and e.ingest_id operator(pg_catalog.<=) $2{times} limit 1)"
                )
            },
            |row| {
                names.insert(row.text(0).unwrap_or_default().to_string());
            },
        )?;
        Ok(names)
    }

    fn events_of_all_pages(&self) -> Result<i64, Error> {
        let mut count = 0;
        self.in_windows(
            |times| {
                format!(
                    "select pg_catalog.count(*) from telemetry.events e \
                      where e.tenant_id operator(pg_catalog.=) $1 and e.ingest_id operator(pg_catalog.<=) $2{times}"
                )
            },
            |row| count += row.big(0).unwrap_or_default(),
        )?;
        Ok(count)
    }

    /// Asks for the tenant ($1) and ids up to the last one ($2), a window of partitions at a time.
    fn in_windows(&self, sql: impl Fn(&str) -> String, mut each: impl FnMut(&Row<'_>)) -> Result<(), Error> {
        each_window(vec![ALWAYS], |ranges| {
            let mut arguments: Vec<(Oid, Value<'_>)> =
                vec![(UUIDOID, uuid(self.tenant.into_bytes())), (INT8OID, Value::Big(self.until_id))];
            let times = condition(ranges, &mut arguments);
            stream(&sql(&times), &arguments, Snapshot::OfStatement, |row| {
                each(row);
                Ok(())
            })
        })
    }
}

fn add(sheet: &mut Sheet, kind: &str, sql: &str, arguments: &[(Oid, Value<'_>)]) -> Result<usize, Error> {
    let mut count = 0;
    stream(sql, arguments, Snapshot::OfStatement, |row| {
        count += 1;
        sheet.row(kind, row.text(0).unwrap_or_default()).map_err(too_large)
    })?;
    Ok(count)
}

fn too_large(_: TooLarge) -> Error {
    Error::BadArgument {
        problem: "the page has more than 1 GB".into(),
        hint: "Ask for fewer events a page: most => 10000.".into(),
    }
}
