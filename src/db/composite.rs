//! The answer of a function that SQL declares to return one row of a named type, as `src/db/call.rs` makes it of those
//! that return a table.
//!
//! A function in SQL around one that returns a table would be planned anew in each statement that calls it, which costs
//! more than a few events.

use super::Value;
use crate::error::Error;
use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::impl_sql_translatable;
use pgrx::prelude::*;

/// A row in the memory of the call.
pub struct Composite(pg_sys::Datum);

impl Composite {
    /// Makes the answer of `function`, which runs at present. Error: XX000 where it is declared to return another type.
    pub fn of(call: pg_sys::FunctionCallInfo, function: &str, values: &[Value<'_>]) -> Result<Composite, Error> {
        let mut nulls: Vec<bool> = Vec::with_capacity(values.len());
        let mut datums: Vec<pg_sys::Datum> = Vec::with_capacity(values.len());
        // SAFETY: PostgreSQL called us with this call; the description is a copy, and the values are held against it.
        unsafe {
            let mut description = std::ptr::null_mut();
            let kind = pg_sys::get_call_result_type(call, std::ptr::null_mut(), &mut description);
            let fits = kind == pg_sys::TypeFuncClass::TYPEFUNC_COMPOSITE && {
                let columns = pgrx::PgTupleDesc::from_pg_unchecked(description);
                let fits = |(n, value): (usize, &Value<'_>)| {
                    columns.get(n).is_some_and(|column| !column.attisdropped && value.fits(column.atttypid))
                };
                columns.len() == values.len() && values.iter().enumerate().all(fits)
            };
            if !fits {
                let problem = "is declared to return another type".into();
                return Err(Error::Drift { function: function.into(), problem });
            }
            for value in values {
                let datum = value.datum();
                nulls.push(datum.is_none());
                datums.push(datum.unwrap_or(pg_sys::Datum::from(0)));
            }
            let tuple = pg_sys::heap_form_tuple(description, datums.as_mut_ptr(), nulls.as_mut_ptr());
            Ok(Composite(pg_sys::HeapTupleHeaderGetDatum((*tuple).t_data)))
        }
    }
}

impl_sql_translatable!(Composite, "record");

// SAFETY: a row in the memory of the call, of the type that the function is declared to return.
unsafe impl BoxRet for Composite {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        // SAFETY: as above.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}
