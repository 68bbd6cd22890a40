//! The values that the functions of an aggregate take and give: its state, which is a bytea that a row changes where it
//! lies, the conditions of a row, and a value of any type.
//!
//! PostgreSQL allows a transition function to change its state in place where it runs for an aggregate, and copies what
//! it returns only where that lies elsewhere. So a row costs what it adds.

use crate::aggregates::conditions::{self, Held, MOST_CONDITIONS};
use crate::aggregates::state::{Fault, Kind, State, View};
use crate::aggregates::values::Value;
use crate::error::Error;
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::AnyElement;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::prelude::*;
use pgrx::{FromDatum, impl_sql_translatable};

/// A bytea that holds a state.
pub struct Kept {
    varlena: *mut pg_sys::varlena,
}

impl Kept {
    /// Makes a state in the memory of the call.
    pub fn new(bytes: &[u8]) -> Kept {
        let size = bytes.len() + pg_sys::VARHDRSZ;
        // SAFETY: the allocation is as large as said, and aligned as any of palloc's.
        unsafe {
            let varlena = pg_sys::palloc(size).cast::<pg_sys::varlena>();
            pgrx::set_varsize_4b(varlena, size as i32);
            let body = varlena.cast::<u8>().add(pg_sys::VARHDRSZ);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), body, bytes.len());
            Kept { varlena }
        }
    }

    pub fn view(&self) -> Result<View<'_>, Fault> {
        // SAFETY: detoasted when it was taken; its memory outlives the call.
        View::read(unsafe { pgrx::varlena_to_byte_slice(self.varlena) })
    }

    /// Reads the state as [`Kept::view`] does, and refuses one of another kind.
    pub fn view_as(&self, wanted: Kind) -> Result<View<'_>, Fault> {
        self.view()?.of(wanted)
    }
}

/// Tells whether the function runs for an aggregate: only then may it change a state where it lies.
pub struct Aggregating {
    is_so: bool,
}

impl Aggregating {
    /// Gives the state after a row, which `work` adds. Error: 22023 the function was called by itself, not by an
    /// aggregate.
    pub fn step(
        &self,
        kept: Option<Kept>,
        work: impl FnOnce(Option<State<'_>>) -> Result<State<'_>, Fault>,
    ) -> Result<Kept, Error> {
        if !self.is_so {
            return Err(Error::BadArgument {
                problem: "the function of an aggregate cannot be called by itself".into(),
                hint: "Call the aggregate, for instance telemetry.window_funnel().".into(),
            });
        }
        let Some(kept) = kept else {
            return Ok(Kept::new(&work(None)?.into_moved().unwrap_or_default()));
        };
        // SAFETY: a varlena with a header of 4 bytes (else it was copied when it was taken) which is the aggregate's own,
        // and nothing else refers to it while the function runs.
        let bytes = unsafe {
            let size = pgrx::varsize_4b(kept.varlena) - pg_sys::VARHDRSZ;
            std::slice::from_raw_parts_mut(kept.varlena.cast::<u8>().add(pg_sys::VARHDRSZ), size)
        };
        Ok(match work(Some(State::kept(bytes)?))?.into_moved() {
            Some(moved) => Kept::new(&moved),
            None => kept,
        })
    }
}

/// The conditions of a row: a boolean[].
pub struct Conditions {
    varlena: *mut pg_sys::varlena,
}

impl Conditions {
    pub fn held(given: Option<Conditions>) -> Result<Held, Error> {
        let hint = || format!("Give 1 to {MOST_CONDITIONS} conditions: event = 'signed_up', event = 'paid', ...");
        let Some(given) = given else {
            return Err(Error::BadArgument { problem: "conditions must not be null".into(), hint: hint() });
        };
        // SAFETY: detoasted when it was taken; its memory outlives the call.
        let array = unsafe { pgrx::varlena_to_byte_slice(given.varlena) };
        conditions::held(array).map_err(|conditions| Error::BadArgument {
            problem: format!("there are {conditions} conditions"),
            hint: hint(),
        })
    }
}

/// Gives what a value is counted as; none for a type whose values cannot be compared by their bytes.
pub fn value_of(element: &AnyElement) -> Option<Value<'_>> {
    value_as(element, element.oid()).or_else(|| {
        // SAFETY: the type of an argument exists. A domain's values are those of the type that it is made of.
        let base = unsafe { pg_sys::getBaseType(element.oid()) };
        if base == element.oid() { None } else { value_as(element, base) }
    })
}

fn value_as(element: &AnyElement, type_oid: pg_sys::Oid) -> Option<Value<'_>> {
    // SAFETY: the datum is one of the type that the call was planned with, or of a domain over it.
    unsafe {
        Some(match type_oid {
            pg_sys::INT2OID => Value::Number(element.into::<i16>()?.into()),
            pg_sys::INT4OID => Value::Number(element.into::<i32>()?.into()),
            pg_sys::INT8OID => Value::Number(element.into::<i64>()?),
            pg_sys::DATEOID => Value::Date(element.into::<i32>()?),
            pg_sys::TIMESTAMPTZOID => Value::Time(element.into::<i64>()?),
            pg_sys::UUIDOID => Value::Uuid(*element.datum().cast_mut_ptr::<[u8; 16]>()),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Value::Text(bytes_of(element)),
            pg_sys::BYTEAOID => Value::Bytes(bytes_of(element)),
            _ => return None,
        })
    }
}

/// # Safety
/// The datum is a varlena.
unsafe fn bytes_of(element: &AnyElement) -> &[u8] {
    // SAFETY: by the caller; what is not plain is copied into the memory of the call.
    unsafe { pgrx::varlena_to_byte_slice(pg_sys::pg_detoast_datum_packed(element.datum().cast_mut_ptr())) }
}

/// Gives a varlena with a header of 4 bytes, copied only where the datum is not one already.
///
/// # Safety
/// The datum is a varlena.
unsafe fn plain(datum: pg_sys::Datum) -> *mut pg_sys::varlena {
    let varlena = datum.cast_mut_ptr();
    // SAFETY: by the caller.
    unsafe { if pgrx::varatt_is_4b_u(varlena) { varlena } else { pg_sys::pg_detoast_datum(varlena) } }
}

impl FromDatum for Kept {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<Kept> {
        // SAFETY: the datum of a bytea argument is a varlena.
        if is_null { None } else { Some(Kept { varlena: unsafe { plain(datum) } }) }
    }
}

impl FromDatum for Conditions {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<Conditions> {
        // SAFETY: the datum of a boolean[] argument is a varlena.
        if is_null { None } else { Some(Conditions { varlena: unsafe { plain(datum) } }) }
    }
}

impl_sql_translatable!(Kept, "bytea");
impl_sql_translatable!(Conditions, arg_only = "boolean[]");

// SAFETY: the argument of a function declared to take bytea is a bytea.
unsafe impl<'fcx> ArgAbi<'fcx> for Kept {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Kept {
        // SAFETY: as above; Option<Kept> has already looked at NULL.
        unsafe { arg.unbox_arg_using_from_datum() }.expect("a bytea that is not null")
    }
}

// SAFETY: the argument of a function declared to take boolean[] is one.
unsafe impl<'fcx> ArgAbi<'fcx> for Conditions {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Conditions {
        // SAFETY: as above; Option<Conditions> has already looked at NULL.
        unsafe { arg.unbox_arg_using_from_datum() }.expect("an array that is not null")
    }
}

// SAFETY: the datum of a bytea in memory of the call or of the aggregate.
unsafe impl BoxRet for Kept {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        // SAFETY: as above.
        unsafe { fcinfo.return_raw_datum(self.varlena.into()) }
    }
}

// SAFETY: it is no argument of the SQL function.
unsafe impl SqlTranslatable for Aggregating {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Aggregating);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::Skip);
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::Skip));
}

// SAFETY: a virtual argument: it takes nothing from the call's arguments.
unsafe impl<'fcx> ArgAbi<'fcx> for Aggregating {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Aggregating {
        // SAFETY: the call that runs at present; the memory context is not asked for.
        let kind = unsafe {
            let call = pg_sys::FunctionCallInfo::unbox_arg_unchecked(arg);
            pg_sys::AggCheckCallContext(call, std::ptr::null_mut())
        };
        Aggregating { is_so: kind != 0 }
    }

    fn is_virtual_arg() -> bool {
        true
    }
}
