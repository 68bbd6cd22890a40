//! Reads rows of which up to two things are to be known: the value of a payload key, and that of another key or the
//! user. They are read one by one, with the caller's rights.

use crate::calendar::{Bucket, Calendar, edges};
use crate::db::clauses::{Arguments, Clauses};
use crate::db::stream::{Row, Snapshot, stream};
use crate::error::Error;
use crate::ids::{ActorId, TenantId};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::log::partitions;
use crate::memory::Memory;
use crate::parts;
use crate::readers::scope::Scope;
use crate::source::payload_sql::{meets, text_at, value_at};
use crate::source::{self, Cohorts, Texts};
use foldhash::HashMap;
use std::ops::Range;

/// A question for rows: which of them, and the two things to be known of each.
pub struct Pairs<'a> {
    pub scope: &'a Scope,
    /// The names of the events; None: all.
    pub names: Option<&'a [String]>,
    /// The payload key of the first thing; None: only the second is wanted.
    pub key: Option<&'a KeyPath>,
    pub second: Second<'a>,
}

#[derive(Clone, Copy)]
pub enum Second<'a> {
    Nothing,
    Keys(&'a Keys),
    User,
}

/// The result of a reading beside the rows themselves.
pub struct Read {
    pub buckets: Vec<Bucket>,
    /// The texts of the second thing by number, from 1; for a user its id.
    pub seconds: Vec<String>,
    /// The bytes that these texts take, about.
    pub held: usize,
}

/// A row, as it is handed to the caller.
pub struct Pair<'a> {
    pub bucket: usize,
    pub name: &'a str,
    pub value: Option<&'a str>,
    /// The number of the second thing's text; 0: it has none.
    pub second: u32,
    pub rate: f32,
}

/// The end of a statement, from its FROM on, and its arguments.
type From<'a> = (String, Arguments<'a>);

const ROWS_BETWEEN_CHECKS: usize = 1 << 16;

impl Pairs<'_> {
    /// Calls `each` with every row inside the buckets; `each` returns how many bytes the caller holds by then, about.
    /// Errors: 53200 more of these and of different texts than telemetry.kpi_memory holds; those of the calendar.
    pub fn read(
        &self,
        calendar: &Calendar,
        memory: &Memory,
        mut each: impl FnMut(Pair<'_>) -> Result<usize, Error>,
    ) -> Result<Read, Error> {
        if source::is_explaining() {
            source::note_rows(self.count()?);
            return Ok(Read { buckets: Vec::new(), seconds: Vec::new(), held: 0 });
        }
        let is_open = self.scope.since.is_none() || self.scope.until.is_none();
        let mut memory = memory.rest();
        let mut cohorts = Cohorts::of(&self.scope.conditions, self.scope.tenant, &mut memory)?;
        let span = if is_open { parts::span(self.span(&mut cohorts, &mut memory)?) } else { None };
        let buckets = self.scope.buckets(calendar, span)?;
        let edges = edges(&buckets);
        let (mut seconds, mut users) = (Texts::default(), Users::default());
        let (mut rows, mut of_reader) = (0_usize, 0);
        self.each_row(|row| {
            let time = row.big(0).unwrap_or_default();
            let Some(bucket) = edges.bucket_of(time) else { return Ok(()) };
            if !self.is_in_cohorts((row.uuid(5), row.uuid(6)), &mut cohorts, &mut memory)? {
                return Ok(());
            }
            rows += 1;
            if rows.is_multiple_of(ROWS_BETWEEN_CHECKS) {
                memory.check(seconds.memory() + users.memory() + of_reader)?;
            }
            of_reader = each(Pair {
                bucket,
                name: row.text(1).unwrap_or_default(),
                rate: row.real(2).unwrap_or(1.0),
                value: row.text(3),
                second: match self.second {
                    Second::User => row.uuid(4).map_or(0, |id| users.number(id)),
                    _ => row.text(4).map_or(0, |text| seconds.number(text)),
                },
            })?;
            Ok(())
        })?;
        let held = seconds.memory() + users.memory();
        memory.check(held + of_reader)?;
        seconds.texts.extend(users.ids.iter().map(|id| id.uuid().to_string()));
        Ok(Read { buckets, seconds: seconds.texts, held })
    }

    fn each_row(&self, mut each: impl FnMut(&Row<'_>) -> Result<(), Error>) -> Result<(), Error> {
        self.each_window(|(from, mut arguments)| {
            let value = self.key.map_or("null::pg_catalog.text".into(), |key| text_at(key, &mut arguments));
            let second = match self.second {
                Second::Keys(keys) => value_at(keys, &mut arguments),
                Second::User => "e.user_id".into(),
                Second::Nothing => "null::pg_catalog.text".into(),
            };
            let sql = format!(
                "select e.event_ts, e.event_name, e.sample_rate, {value}, {second}, e.tenant_id, e.user_id {from}"
            );
            stream(&sql, &arguments, Snapshot::OfStatement, &mut each)
        })
    }

    /// Tells whether a tenant's user is in all cohorts that the filters ask for.
    fn is_in_cohorts(
        &self,
        (tenant, user): (Option<TenantId>, Option<ActorId>),
        cohorts: &mut Cohorts,
        memory: &mut Memory,
    ) -> Result<bool, Error> {
        if cohorts.is_empty() {
            return Ok(true);
        }
        let tenant = tenant.unwrap_or_default();
        cohorts.name(tenant, memory)?;
        Ok(self.scope.conditions.iter().all(|condition| cohorts.hold(&condition.cohorts, tenant, user)))
    }

    /// Finds the earliest and the latest time of the rows; where cohorts are asked for, user by user.
    fn span(&self, cohorts: &mut Cohorts, memory: &mut Memory) -> Result<Option<(i64, i64)>, Error> {
        let mut span: Option<(i64, i64)> = None;
        self.each_window(|(from, arguments)| {
            let columns = "pg_catalog.min(e.event_ts), pg_catalog.max(e.event_ts)";
            let sql = match cohorts.is_empty() {
                true => format!("select {columns} {from}"),
                false => format!("select {columns}, e.tenant_id, e.user_id {from} group by e.tenant_id, e.user_id"),
            };
            stream(&sql, &arguments, Snapshot::OfStatement, |row| {
                let is_in = cohorts.is_empty() || self.is_in_cohorts((row.uuid(2), row.uuid(3)), cohorts, memory)?;
                if let Some((first, last)) = row.big(0).zip(row.big(1)).filter(|_| is_in) {
                    let (earliest, latest) = span.unwrap_or((first, last));
                    span = Some((earliest.min(first), latest.max(last)));
                }
                Ok(())
            })
        })?;
        Ok(span)
    }

    fn count(&self) -> Result<i64, Error> {
        let mut rows = 0;
        self.each_window(|(from, arguments)| {
            stream(&format!("select pg_catalog.count(*) {from}"), &arguments, Snapshot::OfStatement, |row| {
                rows += row.big(0).unwrap_or_default();
                Ok(())
            })
        })?;
        Ok(rows)
    }

    fn each_window(&self, mut read: impl FnMut(From<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let range = self.scope.since.unwrap_or(i64::MIN)..self.scope.until.unwrap_or(i64::MAX);
        partitions::each_window(vec![range], |window| read(self.from(window)))
    }

    fn from(&self, window: &[Range<i64>]) -> From<'_> {
        let mut clauses = Clauses::after("from telemetry.events e where true");
        clauses.tenant("e", self.scope.tenant);
        clauses.names("e", self.names.map(<[String]>::to_vec));
        let Clauses { mut sql, mut arguments } = clauses;
        for condition in &self.scope.conditions {
            sql += " and ";
            sql += &meets(condition, &mut arguments);
        }
        if matches!(self.second, Second::User) {
            sql += " and e.user_id is not null";
        }
        sql += &partitions::condition(window, &mut arguments);
        (sql, arguments)
    }
}

/// Numbers of users, from 1, in order of appearance.
#[derive(Default)]
struct Users {
    numbers: HashMap<ActorId, u32>,
    ids: Vec<ActorId>,
}

/// The bytes that a user takes, about: its place in the hash table, and its id twice, once as a text.
const USER: usize = 120;

impl Users {
    fn memory(&self) -> usize {
        self.ids.len() * USER
    }

    fn number(&mut self, id: ActorId) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.ids.push(id);
            self.ids.len() as u32
        })
    }
}
