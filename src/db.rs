//! The only place that speaks SPI (this file), hears of changed relations and asks the session (its children).
//!
//! The text of every statement is this library's, and Rust reads its columns as the types that the text gives them: nothing
//! checks that a second time. What is handed to a statement is checked against the types that it was prepared with, but
//! for the elements of arrays.
//!
//! The statements of the logging path are planned once per backend and kept. They run as the owner of the functions
//! that use them, so row-level security does not apply to them.

pub mod background;
pub mod call;
pub mod catalog;
pub mod clauses;
pub mod commands;
pub mod composite;
pub mod copying;
pub mod distribution;
pub mod plans;
pub mod rights;
pub mod scopes;
pub mod session;
pub mod signals;
pub mod statement;
pub mod stream;
pub mod tokens;
pub mod watch;
pub mod writers;

pub use statement::Statement;

use crate::error::Error;
use crate::jsonb::{self, JsonbArg};
use pgrx::prelude::*;
use pgrx::{FromDatum, IntoDatum};
use scopes::{Connection, LatestSnapshot};
use statement::{MOST_ARGUMENTS, Prepared, STATEMENTS};
use std::cell::Cell;

/// How a statement sees the database, and whether it may write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The statement reads what is committed at this moment (and the transaction's own changes), also under REPEATABLE
    /// READ.
    ReadLatest,
    /// The statement reads what the calling statement sees.
    Read,
    Write,
}

thread_local! {
    static PLANS: [Cell<pg_sys::SPIPlanPtr>; STATEMENTS] = const { [const { Cell::new(std::ptr::null_mut()) }; STATEMENTS] };
}

/// One row of a result, which is there as long as the connection is open that it came from.
pub struct Row<'a> {
    tuple: &'a pg_sys::HeapTupleData,
    description: &'a pg_sys::TupleDescData,
}

/// The types whose values are copies: nothing in them refers to the row that they were read from.
pub trait Owned: FromDatum {}

impl Owned for bool {}
impl Owned for i32 {}
impl Owned for i64 {}
impl Owned for pg_sys::Oid {}
impl Owned for String {}
impl Owned for Vec<String> {}
impl Owned for pgrx::Uuid {}
impl Owned for TimestampWithTimeZone {}

impl Row<'_> {
    /// Gives a column, counted from 1.
    pub fn get<T: Owned>(&self, column: i32) -> Option<T> {
        // SAFETY: statements are of this library, and so are the types that their columns are read as.
        unsafe { T::from_polymorphic_datum(self.datum(column)?, false, pg_sys::InvalidOid) }
    }

    /// Gives a column of type jsonb, without its varlena header.
    pub fn jsonb(&self, column: i32) -> Option<Vec<u8>> {
        // SAFETY: as of get(); what detoasting allocates lives until the connection is closed.
        let value = unsafe { JsonbArg::from_polymorphic_datum(self.datum(column)?, false, pg_sys::InvalidOid) };
        value.map(|value| value.container().to_vec())
    }

    fn datum(&self, column: i32) -> Option<pg_sys::Datum> {
        let mut is_null = false;
        // SAFETY: tuple and description are of one result, alive as long as the row; SPI_getbinval() reads them only,
        // and answers NULL for a column that is not there.
        let datum = unsafe {
            let (tuple, description) = (std::ptr::from_ref(self.tuple), std::ptr::from_ref(self.description));
            pg_sys::SPI_getbinval(tuple.cast_mut(), description.cast_mut(), column, &mut is_null)
        };
        (!is_null).then_some(datum)
    }
}

/// A value that a statement takes. By-reference ones are borrowed: nothing is copied for the call.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Null,
    Time(i64),
    Uuid(&'a uuid::Uuid),
    Oid(pg_sys::Oid),
    Text(&'a str),
    Flag(bool),
    Small(i16),
    Integer(i32),
    Big(i64),
    Real(f32),
    /// A jsonb value without its varlena header, which is copied for the call.
    Container(&'a [u8]),
    /// A bytea, which is copied for the call.
    Bytes(&'a [u8]),
    Array(pg_sys::Datum),
}

impl<'a> Value<'a> {
    /// Makes a value of what is there, and NULL of none.
    pub fn of<T>(value: Option<T>, kind: impl FnOnce(T) -> Value<'a>) -> Value<'a> {
        value.map_or(Value::Null, kind)
    }

    /// Gives the type of the value; none for NULL and for arrays.
    pub fn type_oid(self) -> Option<pg_sys::Oid> {
        match self {
            Value::Null | Value::Array(_) => None,
            Value::Time(_) => Some(pg_sys::TIMESTAMPTZOID),
            Value::Uuid(_) => Some(pg_sys::UUIDOID),
            Value::Oid(_) => Some(pg_sys::OIDOID),
            Value::Text(_) => Some(pg_sys::TEXTOID),
            Value::Flag(_) => Some(pg_sys::BOOLOID),
            Value::Small(_) => Some(pg_sys::INT2OID),
            Value::Integer(_) => Some(pg_sys::INT4OID),
            Value::Big(_) => Some(pg_sys::INT8OID),
            Value::Real(_) => Some(pg_sys::FLOAT4OID),
            Value::Container(_) => Some(pg_sys::JSONBOID),
            Value::Bytes(_) => Some(pg_sys::BYTEAOID),
        }
    }

    /// Tells whether the value may stand for an argument of that type.
    pub fn fits(self, kind: pg_sys::Oid) -> bool {
        self.type_oid().is_none_or(|own| own == kind)
    }

    pub fn datum(self) -> Option<pg_sys::Datum> {
        match self {
            Value::Null => None,
            // Microseconds since 2000-01-01 UTC, as PostgreSQL keeps them.
            Value::Time(micros) => Some(pg_sys::Datum::from(micros)),
            Value::Oid(oid) => oid.into_datum(),
            Value::Uuid(id) => Some(pg_sys::Datum::from(id.as_bytes().as_ptr())),
            Value::Text(text) => text.into_datum(),
            Value::Flag(flag) => flag.into_datum(),
            Value::Small(number) => number.into_datum(),
            Value::Integer(number) => number.into_datum(),
            Value::Big(number) => number.into_datum(),
            Value::Real(number) => number.into_datum(),
            Value::Bytes(bytes) => bytes.into_datum(),
            Value::Container(bytes) => Some(jsonb::datum_of(bytes)),
            Value::Array(datum) => Some(datum),
        }
    }
}

/// Runs a statement and hands each row to `read`; returns what `read` made of them.
pub fn run<T>(
    statement: Statement,
    arguments: &[Value<'_>],
    access: Access,
    mut read: impl FnMut(&Row<'_>) -> T,
) -> Result<Vec<T>, Error> {
    let mut results = Vec::new();
    perform(statement, arguments, access, |row| results.push(read(row)))?;
    Ok(results)
}

/// Runs a statement that writes; returns how many rows it wrote.
pub fn execute(statement: Statement, arguments: &[Value<'_>]) -> Result<u64, Error> {
    perform(statement, arguments, Access::Write, |_| ())
}

fn perform(
    statement: Statement,
    arguments: &[Value<'_>],
    access: Access,
    mut take: impl FnMut(&Row<'_>),
) -> Result<u64, Error> {
    let mut nulls = [b' ' as std::ffi::c_char; MOST_ARGUMENTS];
    let mut values = [pg_sys::Datum::from(0); MOST_ARGUMENTS];
    let Prepared { types, .. } = statement.prepared();
    if arguments.len() != types.len() || !types.iter().zip(arguments).all(|(kind, value)| value.fits(*kind)) {
        return Err(Error::Spi(format!("{statement:?} takes other arguments")));
    }
    for (n, argument) in arguments.iter().enumerate() {
        match argument.datum() {
            Some(datum) => values[n] = datum,
            None => nulls[n] = b'n' as std::ffi::c_char,
        }
    }
    let _connection = Connection::open()?;
    // Dropped before the connection.
    let _snapshot = if access == Access::ReadLatest { LatestSnapshot::push() } else { None };
    // SAFETY: the connection is open until this returns. The plan was prepared with these argument types.
    unsafe {
        let plan = plan_of(statement)?;
        // The snapshot is the active one, not a new one: an INSERT looks at nothing that a new one would show, and
        // taking one costs every concurrent session.
        check(pg_sys::SPI_execute_snapshot(
            plan,
            values.as_mut_ptr(),
            nulls.as_ptr(),
            pg_sys::GetActiveSnapshot(),
            std::ptr::null_mut(),
            access != Access::Write,
            true,
            0,
        ))?;
        let rows = pg_sys::SPI_processed;
        if let Some(table) = pg_sys::SPI_tuptable.as_ref() {
            for n in 0..table.numvals as usize {
                take(&Row { tuple: &**table.vals.add(n), description: &*table.tupdesc });
            }
        }
        Ok(rows)
    }
}

/// # Safety
/// Within an open SPI connection.
unsafe fn plan_of(statement: Statement) -> Result<pg_sys::SPIPlanPtr, Error> {
    let kept = PLANS.with(|plans| plans[statement as usize].get());
    if !kept.is_null() {
        return Ok(kept);
    }
    let Prepared { types, sql, is_kept } = statement.prepared();
    // SAFETY: the text is a C string and the types are as many as said; SPI_keepplan moves the plan to memory that
    // lasts as long as the backend.
    unsafe {
        let plan = pg_sys::SPI_prepare(sql.as_ptr(), types.len() as i32, types.as_ptr().cast_mut());
        if plan.is_null() {
            let status = pg_sys::SPI_result;
            return Err(Error::Spi(format!("SPI_prepare: {status}")));
        }
        if is_kept {
            check(pg_sys::SPI_keepplan(plan))?;
            PLANS.with(|plans| plans[statement as usize].set(plan));
        }
        Ok(plan)
    }
}

/// Forgets the plan of a statement, so that it is planned anew next time: a rule of its table may have come or gone.
pub fn forget(statement: Statement) {
    let plan = PLANS.with(|plans| plans[statement as usize].replace(std::ptr::null_mut()));
    if !plan.is_null() {
        // SAFETY: a kept plan that nothing refers to any more.
        unsafe { pg_sys::SPI_freeplan(plan) };
    }
}

fn check(status: i32) -> Result<(), Error> {
    if status < 0 { Err(Error::Spi(format!("SPI status {status}"))) } else { Ok(()) }
}
