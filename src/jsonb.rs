//! A jsonb argument, read where it lies: detoasted at most, never turned into text.

use pgrx::prelude::*;
use pgrx::{FromDatum, IntoDatum, direct_function_call, impl_sql_translatable};

/// A jsonb value in the memory of the present call.
#[derive(Clone, Copy)]
pub struct JsonbArg {
    varlena: *mut pg_sys::varlena,
}

impl JsonbArg {
    /// The value without its varlena header: what `jsonschema`'s `Jsonb::root` reads.
    pub fn container(&self) -> &[u8] {
        // SAFETY: from_polymorphic_datum() detoasted the value, and its memory lives as long as the call.
        unsafe { pgrx::varlena_to_byte_slice(self.varlena) }
    }

    pub fn datum(self) -> pg_sys::Datum {
        self.varlena.into()
    }

    /// An element of an array; none where it is no array or has fewer.
    pub fn element(self, index: i32) -> Option<JsonbArg> {
        // SAFETY: a jsonb and an int4 are what jsonb_array_element takes.
        unsafe { direct_function_call(pg_sys::jsonb_array_element, &[Some(self.datum()), index.into_datum()]) }
    }

    /// The value of a key; none where it is no object or lacks the key.
    pub fn field(self, key: &str) -> Option<JsonbArg> {
        // SAFETY: a jsonb and a text are what jsonb_object_field takes.
        unsafe { direct_function_call(pg_sys::jsonb_object_field, &[Some(self.datum()), key.into_datum()]) }
    }

    /// The empty object, {}.
    pub fn empty_object() -> JsonbArg {
        // SAFETY: jsonb_build_object_noargs takes no arguments and returns a jsonb.
        unsafe { direct_function_call(pg_sys::jsonb_build_object_noargs, &[]) }
            .expect("jsonb_build_object() returns a value")
    }
}

impl FromDatum for JsonbArg {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<JsonbArg> {
        if is_null {
            return None;
        }
        // SAFETY: the datum of a jsonb argument points to a varlena; what is not plain is copied.
        let varlena = unsafe { pg_sys::pg_detoast_datum(datum.cast_mut_ptr()) };
        Some(JsonbArg { varlena })
    }
}

impl_sql_translatable!(JsonbArg, "jsonb");

// SAFETY: the argument of a function declared to take jsonb is a jsonb.
unsafe impl<'fcx> pgrx::callconv::ArgAbi<'fcx> for JsonbArg {
    unsafe fn unbox_arg_unchecked(arg: pgrx::callconv::Arg<'_, 'fcx>) -> JsonbArg {
        // SAFETY: as above; Option<JsonbArg> has already looked at NULL.
        unsafe { arg.unbox_arg_using_from_datum() }.expect("a jsonb that is not null")
    }
}
