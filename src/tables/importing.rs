//! import_table(): rows of a relation of the application become events of the past. Twin: sql/tables/importing.sql, which knows
//! how far each import is, and commits after each part.
//!
//! Rows are read with the caller's rights and stored with those of the log's owner. A row's tenant, time and id say whether the
//! log has it: so whatever ends an import, the next call stores no row a second time.

mod row_by_row;
mod storing;

use super::chunk::Chunk;
use super::columns::Problem;
use super::mapping::{Mapping, Source};
use super::plan::Plan;
use super::relation::{Heap, Relation};
use crate::db::session::{Failure, Setting};
use crate::db::stream::{Snapshot, array, stream};
use crate::db::{Value, rights, session};
use crate::error::Error;
use crate::jsonb::{self, Sent};
use crate::log::batches::names;
use crate::settings;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{BOOLOID, INT8OID, JSONBOID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use pgrx::prelude::*;
use storing::{Counts, Import};
use uuid::Uuid;

/// A part is about so many rows, unless the caller says how many.
const ROWS_PER_PART: i64 = 100_000;

/// A key is a text that must not depend on who imports: as_id() makes an id of it.
const TEXTS: [Setting; 5] = [
    (c"TimeZone", c"UTC"),
    (c"DateStyle", c"ISO, MDY"),
    (c"IntervalStyle", c"postgres"),
    (c"extra_float_digits", c"1"),
    (c"bytea_output", c"hex"),
];

/// The namespace of imports.
const IMPORTS: Uuid = Uuid::from_u128(0x5e0f_1c1d_7a0a_4f83_9c1e_696d_706f_7274);

impl From<Problem> for Error {
    fn from(Problem { problem, hint }: Problem) -> Error {
        Error::BadArgument { problem, hint }
    }
}

/// Contract: see the COMMENT on telemetry.import_table_part.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn import_part(
    relation: Option<pg_sys::Oid>,
    mapping: Option<Sent>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    most: Option<i32>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<
    TableIterator<
        'static,
        (
            name!(rows_read, i64),
            name!(stored, i64),
            name!(known, i64),
            name!(rejected, i64),
            name!(sampled_out, i64),
            name!(is_finished, bool),
        ),
    >,
    ErrorReport,
> {
    let relation = relation.ok_or(Error::NullArgument {
        argument: "relation",
        hint: "Name a table or view of the application: telemetry.import_table('app.events').",
    })?;
    let mapping = mapping.map(|Sent(mapping)| mapping.bounded()).transpose()?;
    let mapping = mapping.map_or_else(|| "{}".into(), |mapping| jsonb::text(mapping.container()));
    if !settings::ENABLED.get() {
        return Ok(TableIterator::once((0, 0, 0, 0, 0, true)));
    }
    let range = since.map(i64::from).unwrap_or(i64::MIN)..until.map(i64::from).unwrap_or(i64::MAX);
    if range.start >= range.end {
        Err(Error::EmptyRange)?;
    }
    let most = most.map_or(ROWS_PER_PART, |most| i64::from(most.max(1)));
    let (counts, is_finished) = Part::of(relation, &mapping, range)?.run(most, fcinfo)?;
    let Counts { rows_read, stored, known, rejected, sampled_out, .. } = counts;
    Ok(TableIterator::once((rows_read, stored, known, rejected, sampled_out, is_finished)))
}

/// What is to be imported.
struct Part<'a> {
    import_id: Uuid,
    relation: Relation,
    mapping: &'a str,
    plan: Plan,
    unread: Vec<String>,
    range: std::ops::Range<i64>,
}

/// How far an import is.
struct Position {
    table: u32,
    block: i64,
    file: u32,
    /// Rows may be in the log already.
    checks: bool,
    /// Rows were refused before.
    has_rejections: bool,
}

impl<'a> Part<'a> {
    fn of(relation: pg_sys::Oid, text: &'a str, range: std::ops::Range<i64>) -> Result<Part<'a>, Error> {
        let relation = Relation::of(relation)?;
        let value = serde_json::from_str(text).map_err(|_| Error::Spi("a jsonb is no JSON".into()))?;
        let mapping = Mapping::read(&value, &relation.columns, &*names()?)?;
        for (_, source) in &mapping.arguments {
            if let Source::Column(from) = source
                && let Some(zone) = &from.time_zone
                && !session::is_time_zone(zone)
            {
                return Err(Error::UnknownTimeZone { name: crate::spelling::shown(zone) });
            }
        }
        let plan = Plan::of(&mapping, &relation.columns, &format!("{}:", relation.name))?;
        let unread = Plan::unread(&mapping, &relation.columns);
        let said = format!("{}\n{text}\n{}\n{}", relation.name, range.start, range.end);
        Ok(Part { import_id: Uuid::new_v5(&IMPORTS, said.as_bytes()), relation, mapping: text, plan, unread, range })
    }

    /// Imports about `most` rows from where the last part ended; tells what became of them, and whether it was the last part.
    fn run(&self, most: i64, fcinfo: pg_sys::FunctionCallInfo) -> Result<(Counts, bool), Error> {
        let position = rights::as_function_owner(fcinfo, || self.begin())?;
        let heap = self.next_heap(&position);
        let begins =
            heap.filter(|heap| heap.oid == position.table && heap.file == position.file).map_or(0, |_| position.block);
        // Where rows lie otherwise than when they were read, what is read again is known.
        let moved = heap.is_some_and(|heap| heap.oid == position.table && heap.file != position.file);
        let ends = heap.map_or(i64::MAX, |heap| begins + (most / heap.rows_per_block).max(1));
        let is_last_of_heap = heap.is_none_or(|heap| ends >= heap.blocks);
        let mut import = Import::of(
            &self.plan,
            &self.relation.name,
            self.range.clone(),
            position.checks || moved,
            position.has_rejections,
        );
        match heap {
            Some(heap) => {
                let ends = (!is_last_of_heap).then_some(ends);
                let began = import.clone();
                match session::in_subtransaction(|| self.read(Some((heap, begins, ends)), &mut import, fcinfo)) {
                    Ok(()) => (),
                    // A row that cannot be read is looked for: the others are imported.
                    Err(Failure::Raised(error)) if session::is_of_a_value(&error) => {
                        import = began;
                        self.read_row_by_row(heap, begins, ends, &mut import, fcinfo)?;
                    }
                    Err(failure) => return Err(failure.raise()),
                }
            }
            None if self.relation.heaps.is_empty() => self.read(None, &mut import, fcinfo)?,
            None => (),
        }
        let is_finished =
            heap.is_none_or(|heap| is_last_of_heap && !self.relation.heaps.iter().any(|other| other.oid > heap.oid));
        let at = heap.map(|heap| (heap, if is_last_of_heap { heap.blocks.max(begins) } else { ends }));
        rights::as_function_owner(fcinfo, || self.end(&import, at, begins, is_finished))?;
        Ok((import.counts, is_finished))
    }

    /// Imports the rows of blocks of a table, or of the whole relation.
    fn read(
        &self,
        blocks: Option<(&Heap, i64, Option<i64>)>,
        import: &mut Import<'_>,
        fcinfo: pg_sys::FunctionCallInfo,
    ) -> Result<(), Error> {
        let (heap, begins, ends) = blocks.map_or((None, 0, None), |(heap, begins, ends)| (Some(heap), begins, ends));
        let sql = self.sql(heap, begins, ends);
        let arguments =
            [(TIMESTAMPTZOID, Value::Time(self.range.start)), (TIMESTAMPTZOID, Value::Time(self.range.end))];
        let arguments = if self.compares_times() { &arguments[..] } else { &[] };
        let mut chunk = Chunk::default();
        session::with_settings(&TEXTS, || {
            stream(&sql, arguments, Snapshot::OfStatement, |row| {
                chunk.add(&self.plan, row);
                if chunk.is_full() {
                    rights::as_function_owner(fcinfo, || import.take(&chunk))?;
                    chunk.clear();
                }
                Ok(())
            })
        })?;
        rights::as_function_owner(fcinfo, || import.take(&chunk))
    }

    /// The table that the next part is of.
    fn next_heap(&self, position: &Position) -> Option<&Heap> {
        let heaps = &self.relation.heaps;
        let present = heaps.iter().find(|heap| heap.oid == position.table);
        match present {
            Some(heap) if heap.file != position.file || position.block < heap.blocks => Some(heap),
            _ => heaps.iter().find(|heap| heap.oid > position.table),
        }
    }

    fn compares_times(&self) -> bool {
        self.plan.time.is_some() && (self.range.start > i64::MIN || self.range.end < i64::MAX)
    }

    fn sql(&self, heap: Option<&Heap>, begins: i64, ends: Option<i64>) -> String {
        let mut conditions = if heap.is_some() { within(begins, ends) } else { Vec::new() };
        if let Some(time) = self.plan.time.as_ref().filter(|_| self.compares_times()) {
            // Whatever has no time is read, and refused.
            conditions.push(format!(
                "coalesce({time} operator(pg_catalog.>=) $1 and {time} operator(pg_catalog.<) $2, true)"
            ));
        }
        let from = heap.map_or_else(|| self.relation.name.clone(), |heap| format!("only {}", heap.name));
        let condition =
            if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) };
        format!("select {} from {from} as new{condition}", self.plan.selected)
    }

    /// Says how far this import is; a part of the same import in another session ends first.
    fn begin(&self) -> Result<Position, Error> {
        let time = |time: i64| if time == i64::MIN || time == i64::MAX { Value::Null } else { Value::Time(time) };
        let mapping = jsonb::Jsonb::parse(self.mapping);
        let arguments = [
            (UUIDOID, Value::Uuid(&self.import_id)),
            (TEXTOID, Value::Text(&self.relation.name)),
            (JSONBOID, Value::of(mapping.as_ref(), |mapping| Value::Container(&mapping.0))),
            (TIMESTAMPTZOID, time(self.range.start)),
            (TIMESTAMPTZOID, time(self.range.end)),
            (INT8OID, Value::Big(self.relation.heaps.iter().map(|heap| heap.blocks).sum())),
            (TEXTARRAYOID, array(self.unread.clone())),
        ];
        let sql = "select b.at_table, b.at_block, b.at_file, b.checks, b.has_rejections \
             from telemetry_private.begin_import_part($1, $2, $3, $4, $5, $6, $7) b";
        let mut position = Position { table: 0, block: 0, file: 0, checks: true, has_rejections: false };
        stream(sql, &arguments, Snapshot::Latest, |row| {
            let number = |column| row.big(column).unwrap_or_default();
            position = Position {
                table: number(0) as u32,
                block: number(1),
                file: number(2) as u32,
                checks: row.flag(3),
                has_rejections: row.flag(4),
            };
            Ok(())
        })?;
        Ok(position)
    }

    fn end(&self, import: &Import<'_>, at: Option<(&Heap, i64)>, begins: i64, is_finished: bool) -> Result<(), Error> {
        let Counts { rows_read, stored, known, rejected, sampled_out, .. } = import.counts;
        let reasons = serde_json::json!(import.counts.reasons);
        let reasons = jsonb::Jsonb::parse(&reasons.to_string());
        let blocks = at.map_or(0, |(_, block)| block - begins);
        let number = |number: i64| (INT8OID, Value::Big(number));
        let arguments = [
            (UUIDOID, Value::Uuid(&self.import_id)),
            number(at.map_or(0, |(heap, _)| i64::from(heap.oid))),
            number(at.map_or(0, |(_, block)| block)),
            number(at.map_or(0, |(heap, _)| i64::from(heap.file))),
            number(blocks),
            (BOOLOID, Value::Flag(import.checks)),
            (BOOLOID, Value::Flag(is_finished)),
            number(rows_read),
            number(stored),
            number(known),
            number(rejected),
            number(sampled_out),
            (JSONBOID, Value::of(reasons.as_ref(), |reasons| Value::Container(&reasons.0))),
        ];
        let sql =
            "select from telemetry_private.end_import_part($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) e";
        stream(sql, &arguments, Snapshot::Latest, |_| Ok(()))
    }
}

/// The conditions that a row lies in these blocks; without an end in all that follow.
fn within(begins: i64, ends: Option<i64>) -> Vec<String> {
    let mut conditions = vec![format!("new.ctid operator(pg_catalog.>=) '({begins},0)'::pg_catalog.tid")];
    conditions.extend(ends.map(|ends| format!("new.ctid operator(pg_catalog.<) '({ends},0)'::pg_catalog.tid")));
    conditions
}
