//! Events of the log as lines, in order of arrival, with the caller's rights. A statement opens a window of partitions at a time, so
//! lines of several windows are put in order here.

use super::description::Occurring;
use super::event_line::EventLine;
use super::sheet::{Sheet, TooLarge};
use crate::db::Value;
use crate::db::stream::{Row, Snapshot, stream};
use crate::error::Error;
use crate::jsonb::container::members;
use crate::jsonb::text;
use crate::log::partitions::{condition, each_window};
use pgrx::pg_sys::Oid;
use std::ops::Range;
use uuid::Uuid;

/// Which events are read: `condition` is SQL about `e`, the log, with its arguments.
pub struct Query<'a> {
    pub condition: &'a str,
    pub arguments: &'a [(Oid, Value<'a>)],
    pub times: Range<i64>,
    /// How many events at most, those that arrived first.
    pub most: usize,
}

/// The lines that were read.
#[derive(Default)]
pub struct Lines {
    text: Vec<u8>,
    /// Of each line the ingest_id, and where it stands in the text.
    places: Vec<(i64, Range<usize>)>,
}

impl Query<'_> {
    pub fn lines(&self, occurring: &mut Occurring) -> Result<Lines, Error> {
        let mut lines = Lines::default();
        each_window(vec![self.times.clone()], |ranges| {
            let mut arguments = self.arguments.to_vec();
            let times = condition(ranges, &mut arguments);
            let sql = format!(
                "select e.ingest_id, e.event_ts, e.event_id, e.tenant_id, e.user_id, e.session_id, e.subject_id, e.client_ts, e.seq, \
                        e.event_version::pg_catalog.int4, e.event_name, e.source, e.sample_rate, e.payload \
                   from telemetry.events e where {}{times} order by e.ingest_id limit {}",
                self.condition, self.most
            );
            stream(&sql, &arguments, Snapshot::OfStatement, |row| lines.add(row, occurring))
        })?;
        lines.places.sort_by_key(|(ingest_id, _)| *ingest_id);
        lines.places.truncate(self.most);
        Ok(lines)
    }
}

impl Lines {
    fn add(&mut self, row: &Row<'_>, occurring: &mut Occurring) -> Result<(), Error> {
        let begins = self.text.len();
        let container = row.bytes(13).unwrap_or_default();
        let payload = text(container);
        let id = |column| row.uuid::<[u8; 16]>(column).map(Uuid::from_bytes);
        let (event_name, ingest_id) = (row.text(10).unwrap_or_default(), row.big(0).unwrap_or_default());
        EventLine {
            event_ts: row.big(1).unwrap_or_default(),
            ingest_id,
            event_id: id(2).unwrap_or_default(),
            tenant_id: id(3).unwrap_or_default(),
            user_id: id(4),
            session_id: id(5),
            subject_id: id(6),
            client_ts: row.big(7),
            seq: row.integer(8),
            event_version: row.integer(9).unwrap_or_default(),
            event_name,
            source: row.text(11),
            sample_rate: row.real(12),
            payload: &payload,
        }
        .write(&mut self.text);
        occurring.add(event_name, members(container).into_iter().flatten().map(|(key, _)| key));
        self.places.push((ingest_id, begins..self.text.len()));
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn last_id(&self) -> Option<i64> {
        self.places.last().map(|(ingest_id, _)| *ingest_id)
    }

    /// Adds the lines to a sheet, in order.
    pub fn add_to(&self, sheet: &mut Sheet) -> Result<(), TooLarge> {
        self.places.iter().try_for_each(|(_, place)| sheet.push(&self.text[place.clone()]))
    }
}
