//! Some thousand rows of a relation, read once and kept without an allocation for each, and the events that they are.

use super::plan::{Field, Plan, Read};
use crate::access::tenancy::{Caller, id_meant, id_of};
use crate::db::session::{self, Failure};
use crate::db::stream::Row;
use crate::jsonb::Jsonb;
use crate::log::incoming::{Argument, Event, Payload, out_of_range, past, rate_of, unreadable};
use crate::log::instant;
use crate::time::{EPOCH, SECOND};
use crate::violation::{Reason, Violation};
use serde::de::IgnoredAny;
use uuid::Uuid;

/// A chunk is full with so many rows or bytes.
const MOST_ROWS: usize = 20_000;
const MOST_BYTES: usize = 64 << 20;

#[derive(Clone, Copy)]
enum Cell {
    Null,
    Uuid([u8; 16]),
    Integer(i64),
    Number(f64),
    /// From where to where it stands in the bytes of the chunk.
    Bytes(usize, usize),
}

/// Rows, each with as many cells as its plan has fields.
#[derive(Default)]
pub struct Chunk {
    cells: Vec<Cell>,
    bytes: Vec<u8>,
    rows: usize,
}

impl Chunk {
    pub fn is_full(&self) -> bool {
        self.rows >= MOST_ROWS || self.bytes.len() >= MOST_BYTES
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn clear(&mut self) {
        self.cells.clear();
        self.bytes.clear();
        self.rows = 0;
    }

    pub fn add(&mut self, plan: &Plan, row: &Row<'_>) {
        for (column, field) in plan.fields.iter().enumerate() {
            let cell = match field.read {
                Read::Uuid => row.uuid(column).map(Cell::Uuid),
                Read::Integer | Read::Time => row.big(column).map(Cell::Integer),
                Read::Number => row.double(column).map(Cell::Number),
                Read::Text | Read::Jsonb | Read::Json => row.bytes(column).map(|bytes| {
                    let begins = self.bytes.len();
                    self.bytes.extend_from_slice(bytes);
                    Cell::Bytes(begins, self.bytes.len())
                }),
            };
            self.cells.push(cell.unwrap_or(Cell::Null));
        }
        self.rows += 1;
    }

    fn cell(&self, row: usize, column: usize, plan: &Plan) -> Cell {
        self.cells[row * plan.fields.len() + column]
    }

    fn text(&self, cell: Cell) -> Option<&str> {
        match cell {
            Cell::Bytes(begins, ends) => Some(std::str::from_utf8(&self.bytes[begins..ends]).unwrap_or_default()),
            _ => None,
        }
    }

    /// The event that a row is, with the first fault of what could not be read of it. `event_ts` is that of a plan without one;
    /// a time may lie before `until`.
    pub fn event<'a>(
        &'a self,
        row: usize,
        plan: &'a Plan,
        caller: &Caller,
        event_ts: i64,
        until: i64,
    ) -> (Event<'a>, Option<Violation>) {
        let constants = &plan.constants;
        let mut event = Event {
            event_name: constants.event_name.as_deref().unwrap_or_default(),
            source: constants.source.as_deref(),
            tenant_id: constants.tenant_id,
            user_id: constants.user_id,
            session_id: constants.session_id,
            subject_id: constants.subject_id,
            event_version: constants.event_version,
            sample_rate: constants.sample_rate,
            event_ts,
            ..Event::default()
        };
        let mut fault = None;
        let mut keep = |outcome: Result<(), Violation>| {
            if let Err(violation) = outcome
                && fault.is_none()
            {
                fault = Some(violation);
            }
        };
        // The tenant comes first: ids that are no uuids are ids within it.
        let is_tenant = |field: &Field| field.argument == Argument::TenantId;
        if let Some(column) = plan.fields.iter().position(is_tenant) {
            let own = caller.own_tenant();
            event.tenant_id = self.id(self.cell(row, column, plan), own, "");
        }
        let tenant = caller.tenant(event.tenant_id).unwrap_or_else(|_| caller.own_tenant());
        for (column, field) in plan.fields.iter().enumerate() {
            let cell = self.cell(row, column, plan);
            keep(match field.argument {
                Argument::TenantId => Ok(()),
                Argument::EventTs => {
                    self.time(cell, field).and_then(|time| past(time, until)).map(|time| event.event_ts = time)
                }
                Argument::ClientTs => self.time(cell, field).map(|time| event.client_ts = time),
                _ if matches!(cell, Cell::Null) => Ok(()),
                Argument::EventName => self
                    .text(cell)
                    .map(|text| event.event_name = named(text, field))
                    .ok_or_else(|| unreadable("event_name", "a string")),
                Argument::Source => self
                    .text(cell)
                    .map(|text| event.source = Some(named(text, field)))
                    .ok_or_else(|| unreadable("source", "a string")),
                Argument::UserId => {
                    event.user_id = self.id(cell, tenant, "");
                    Ok(())
                }
                Argument::SessionId => {
                    event.session_id = self.id(cell, tenant, "");
                    Ok(())
                }
                Argument::SubjectId => {
                    event.subject_id = self.id(cell, tenant, "");
                    Ok(())
                }
                Argument::EventId => {
                    event.event_id = self.id(cell, tenant, &plan.id_prefix);
                    Ok(())
                }
                Argument::Seq => integer(cell, "seq").map(|number| event.seq = Some(number)),
                Argument::EventVersion => {
                    integer(cell, "event_version").map(|number| event.event_version = Some(number))
                }
                Argument::SampleRate => match cell {
                    Cell::Number(number) => rate_of(number)
                        .map(|rate| event.sample_rate = Some(rate))
                        .ok_or_else(|| out_of_range("sample_rate")),
                    _ => Ok(()),
                },
                Argument::Payload => self.payload(cell, field).map(|payload| event.payload = Some(payload)),
            });
        }
        (event, fault)
    }

    /// A uuid as it is, and as_id() of anything else.
    fn id(&self, cell: Cell, tenant: Uuid, prefix: &str) -> Option<Uuid> {
        match cell {
            Cell::Uuid(bytes) => Some(Uuid::from_bytes(bytes)),
            Cell::Bytes(..) => self.text(cell).filter(|text| !text.is_empty()).map(|text| match prefix {
                "" => id_meant(text, tenant),
                _ => Uuid::parse_str(text).unwrap_or_else(|_| id_of(&format!("{prefix}{text}"), tenant)),
            }),
            _ => None,
        }
    }

    fn time(&self, cell: Cell, field: &Field) -> Result<Option<i64>, Violation> {
        match (cell, field.read) {
            (Cell::Null, _) => Ok(None),
            (Cell::Integer(number), Read::Integer) => {
                let unix = number.checked_mul(SECOND / field.per_second);
                let time = unix.and_then(|unix| unix.checked_sub(EPOCH));
                time.map(Some).ok_or_else(|| out_of_range(field.argument.name()))
            }
            (Cell::Integer(time), _) => Ok(Some(time)),
            _ => match self.text(cell).and_then(instant::parse) {
                Some(time) => Ok(Some(time)),
                None => Err(unreadable(field.argument.name(), "a time with a date and an offset")),
            },
        }
    }

    fn payload(&self, cell: Cell, field: &Field) -> Result<Payload<'_>, Violation> {
        let wrong = || Violation::new(Reason::PayloadNotObject, "payload must be a JSON object");
        let Cell::Bytes(begins, ends) = cell else { return Err(wrong()) };
        let bytes = &self.bytes[begins..ends];
        if field.read == Read::Jsonb {
            return if is_container(bytes) { Ok(Payload::Sent(bytes)) } else { Err(wrong()) };
        }
        let text = self.text(cell).unwrap_or_default();
        let is_json = text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok();
        let payload = match is_json {
            false => None,
            // What is JSON may be no jsonb, for which PostgreSQL raises an error.
            true if may_be_no_jsonb(text) => match session::in_subtransaction(|| Ok(Jsonb::parse(text))) {
                Ok(payload) => payload,
                Err(Failure::Raised(error)) if !session::is_of_a_value(&error) => error.rethrow(),
                Err(_) => None,
            },
            true => Jsonb::parse(text),
        };
        payload.map(|Jsonb(bytes)| Payload::Redacted(bytes.into())).ok_or_else(wrong)
    }
}

/// Whether a JSON text has what jsonb may refuse: NUL and halves of pairs, which are escaped, numbers with an exponent of five digits, and
/// what is so long or so deep that it has to be tried.
fn may_be_no_jsonb(text: &str) -> bool {
    const LONG: usize = 5_000;
    const DEEP: usize = 500;
    let bytes = text.as_bytes();
    let is_suspicious = |at: usize| match (bytes[at - 1], bytes[at]) {
        (b'\\', b'u') => matches!(bytes[at + 1..], [b'0', b'0', b'0', b'0', ..] | [b'd' | b'D', ..]),
        (b'0'..=b'9', b'e' | b'E') => {
            let digits = bytes[at + 1..].iter().skip_while(|byte| matches!(byte, b'+' | b'-'));
            digits.take_while(|byte| byte.is_ascii_digit()).count() >= 5
        }
        _ => false,
    };
    text.len() > LONG
        || bytes.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() > DEEP
        || (1..bytes.len()).any(is_suspicious)
}

/// Whether a jsonb is an object or an array, not a single value: as `incoming` tells them apart.
fn is_container(bytes: &[u8]) -> bool {
    const SCALAR: u32 = 0x1000_0000;
    bytes.first_chunk().is_some_and(|header| u32::from_ne_bytes(*header) & SCALAR == 0)
}

fn named<'a>(text: &'a str, field: &'a Field) -> &'a str {
    if field.names.is_empty() { text } else { field.names.get(text).map_or(text, String::as_str) }
}

fn integer(cell: Cell, name: &str) -> Result<i32, Violation> {
    match cell {
        Cell::Integer(number) => i32::try_from(number).map_err(|_| out_of_range(name)),
        _ => Err(unreadable(name, "an integer")),
    }
}

#[cfg(test)]
mod tests {
    use super::may_be_no_jsonb;

    #[test]
    fn what_jsonb_may_refuse_is_tried() {
        let deep = "{\"a\":".repeat(600);
        let long = "x".repeat(6_000);
        for text in ["\\u0000", "\\ud800", "\\uDEAD", "\\\\u0000", "1e99999", "1E-16384", "2.5e+100000", &deep, &long] {
            assert!(may_be_no_jsonb(text), "{text}");
        }
        for text in ["", "e", "u0000", "\\u00e9", "1e3", "1e9999", "0a9e4-b7e", "{\"a\": [1, 2]}"] {
            assert!(!may_be_no_jsonb(text), "{text}");
        }
    }
}
