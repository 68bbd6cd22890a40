//! Rows that PostgreSQL cannot read as a mapping asks for, such as a json that no jsonb can hold. One of them would end an import: here it is
//! found and refused as any other row, and those around it are imported.

use super::{Heap, Import, Part, TEXTS, within};
use crate::db::rights;
use crate::db::session::{self, Failure};
use crate::db::stream::{Snapshot, array, stream};
use crate::error::Error;
use crate::log::incoming::unreadable;
use crate::tables::chunk::Chunk;
use pgrx::pg_sys::{self, TEXTARRAYOID};

/// So many rows are read again at once; those that fail in halves.
const ROWS: usize = 1_000;

impl Part<'_> {
    /// Imports the rows of these blocks, and refuses those that cannot be read.
    pub(super) fn read_row_by_row(
        &self,
        heap: &Heap,
        begins: i64,
        ends: Option<i64>,
        import: &mut Import<'_>,
        fcinfo: pg_sys::FunctionCallInfo,
    ) -> Result<(), Error> {
        let mut places: Vec<String> = Vec::new();
        let sql = format!(
            "select new.ctid::pg_catalog.text from only {} as new where {}",
            heap.name,
            within(begins, ends).join(" and ")
        );
        stream(&sql, &[], Snapshot::OfStatement, |row| {
            places.extend(row.text(0).map(str::to_owned));
            Ok(())
        })?;
        let mut waiting: Vec<&[String]> = places.chunks(ROWS).rev().collect();
        while let Some(rows) = waiting.pop() {
            match self.gathered(heap, rows, &self.plan.columns) {
                Ok(chunk) => rights::as_function_owner(fcinfo, || import.take(&chunk))?,
                Err(Failure::Raised(error)) if session::is_of_a_value(&error) => match rows.len() {
                    1 => self.refuse_row(heap, rows, import, fcinfo)?,
                    count => {
                        let (first, second) = rows.split_at(count / 2);
                        waiting.extend([second, first]);
                    }
                },
                Err(failure) => return Err(failure.raise()),
            }
        }
        Ok(())
    }

    /// Reads rows, which are named by their places.
    fn gathered(&self, heap: &Heap, rows: &[String], columns: &[String]) -> Result<Chunk, Failure> {
        let sql = format!(
            "select {} from only {} as new where new.ctid operator(pg_catalog.=) any ($1::pg_catalog.tid[])",
            columns.join(", "),
            heap.name
        );
        let mut chunk = Chunk::default();
        session::in_subtransaction(|| {
            session::with_settings(&TEXTS, || {
                stream(&sql, &[(TEXTARRAYOID, array(rows.to_vec()))], Snapshot::OfStatement, |row| {
                    chunk.add(&self.plan, row);
                    Ok(())
                })
            })
        })?;
        Ok(chunk)
    }

    /// Refuses a row, with what can be read of it.
    fn refuse_row(
        &self,
        heap: &Heap,
        row: &[String],
        import: &mut Import<'_>,
        fcinfo: pg_sys::FunctionCallInfo,
    ) -> Result<(), Error> {
        let mut columns = self.plan.columns.clone();
        let mut unread = "a column";
        for (place, field) in self.plan.fields.iter().enumerate() {
            let alone: Vec<String> = (0..columns.len())
                .map(|other| if other == place { columns[place].clone() } else { "null".into() })
                .collect();
            match self.gathered(heap, row, &alone) {
                Ok(_) => (),
                Err(Failure::Raised(error)) if session::is_of_a_value(&error) => {
                    columns[place] = "null".into();
                    unread = field.argument.name();
                }
                Err(failure) => return Err(failure.raise()),
            }
        }
        let chunk = self.gathered(heap, row, &columns).map_err(Failure::raise)?;
        let violation = unreadable(unread, "a value that PostgreSQL can read as one of that argument");
        rights::as_function_owner(fcinfo, || import.refuse_all(&chunk, &violation))
    }
}
