//! Reads a jsonb argument where it lies: it is detoasted at most, never turned into text to be checked.

pub mod canonical;
pub mod container;
pub mod key_path;
pub mod keys;
pub mod name_list;
pub mod size;

use crate::error::Error;
use container::Item;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{FromDatum, IntoDatum, direct_function_call, impl_sql_translatable};
use std::ffi::{CStr, CString};
use std::marker::PhantomData;

/// A jsonb argument may be at most this large, by [`size::size_of`]: what is larger than any argument needs must not be
/// printed, compiled or compared.
pub const LARGEST_ARGUMENT: usize = 131_072;

/// A definition may be at most this large; the constant below it says how deep it may nest.
const LARGEST_DEFINITION: usize = 65_536;
const DEEPEST_DEFINITION: usize = 64;

/// A jsonb value of PostgreSQL's, which is there as long as 'a. As the argument of a function it is bounded by
/// [`LARGEST_ARGUMENT`].
#[derive(Clone, Copy)]
pub struct JsonbArg<'a> {
    varlena: *mut pg_sys::varlena,
    lifetime: PhantomData<&'a [u8]>,
}

/// A jsonb argument of any size. It holds events, which are kept or refused one by one.
#[derive(Clone, Copy)]
pub struct Sent<'a>(pub JsonbArg<'a>);

/// Refuses what would cost more to compile than any definition is worth. NULL passes.
#[pg_extern(immutable)]
fn check_definition_size(definition: Option<Sent>) -> Result<(), ErrorReport> {
    let Some(Sent(definition)) = definition else { return Ok(()) };
    let container = definition.container();
    if size::size_of(container, LARGEST_DEFINITION) > LARGEST_DEFINITION {
        let problem = format!("the definition has more than {LARGEST_DEFINITION} bytes");
        let hint = "A number counts as many bytes as it prints. Describe what is checked, not every value.".into();
        Err(Error::BadArgument { problem, hint })?;
    }
    if size::is_deeper_than(container, DEEPEST_DEFINITION) {
        let problem = format!("the definition nests deeper than {DEEPEST_DEFINITION} levels");
        let hint = "Flatten it; JSON Schema refers to a part of itself by $defs and $ref.".into();
        Err(Error::BadArgument { problem, hint })?;
    }
    Ok(())
}

impl<'a> JsonbArg<'a> {
    /// Gives the value without its varlena header, which is what `container` and `jsonschema`'s `Jsonb::root` read.
    pub fn container(self) -> &'a [u8] {
        // SAFETY: from_polymorphic_datum() detoasted the value, and whoever made it says that it is there as long as 'a.
        unsafe { pgrx::varlena_to_byte_slice(self.varlena) }
    }

    /// Gives the value itself. Error: 22023 it is larger than any argument needs to be.
    pub fn bounded(self) -> Result<Self, Error> {
        check_argument_size(self.container()).map(|()| self)
    }
}

/// Refuses a value that is larger than any argument needs to be. Error: 22023.
pub fn check_argument_size(container: &[u8]) -> Result<(), Error> {
    if size::size_of(container, LARGEST_ARGUMENT) <= LARGEST_ARGUMENT {
        return Ok(());
    }
    let problem = format!("a JSON argument has more than {LARGEST_ARGUMENT} bytes");
    Err(Error::BadArgument { problem, hint: "A number counts as many bytes as it prints.".into() })
}

/// A jsonb value that Rust owns: its bytes without varlena header.
#[derive(Debug, Clone)]
pub struct Jsonb(pub Vec<u8>);

impl Jsonb {
    /// Reads JSON. PostgreSQL raises its own error where the text is none.
    pub fn parse(json: &str) -> Option<Jsonb> {
        let json = CString::new(json).ok()?;
        // SAFETY: jsonb_in takes a C string and returns a jsonb, which is copied while it is there.
        let value: JsonbArg = unsafe { direct_function_call(pg_sys::jsonb_in, &[Some(json.as_ptr().into())]) }?;
        Some(Jsonb(value.container().to_vec()))
    }
}

/// Gives an object without one of its members.
pub fn without(object: &[u8], key: &str) -> Vec<u8> {
    // SAFETY: jsonb_delete takes a jsonb and a text and returns a jsonb; the value is an object, which it accepts.
    let rest: Option<JsonbArg> =
        unsafe { direct_function_call(pg_sys::jsonb_delete, &[Some(datum_of(object)), key.into_datum()]) };
    rest.map_or_else(|| object.to_vec(), |rest| rest.container().to_vec())
}

/// Gives the JSON text of a container.
pub fn text(container: &[u8]) -> String {
    // SAFETY: JsonbToCString reads the container behind the varlena header, which is aligned as any of palloc's, and
    // returns a palloc'd C string.
    unsafe {
        let root = datum_of(container).cast_mut_ptr::<u8>().add(pg_sys::VARHDRSZ);
        let text = pg_sys::JsonbToCString(std::ptr::null_mut(), root.cast(), container.len() as i32);
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}

/// Copies a container with a varlena header into the memory of the call.
pub fn datum_of(container: &[u8]) -> pg_sys::Datum {
    let size = container.len() + pg_sys::VARHDRSZ;
    // SAFETY: the allocation is as large as said, and aligned as any of palloc's.
    unsafe {
        let varlena = pg_sys::palloc(size).cast::<pg_sys::varlena>();
        pgrx::set_varsize_4b(varlena, size as i32);
        let body = varlena.cast::<u8>().add(pg_sys::VARHDRSZ);
        std::ptr::copy_nonoverlapping(container.as_ptr(), body, container.len());
        varlena.into()
    }
}

/// Gives the JSON text of a value within a container.
pub fn json_of(item: Item<'_>) -> String {
    match item {
        Item::Null => "null".into(),
        Item::Boolean(value) => value.to_string(),
        Item::Number(number) => number.text(),
        Item::Text(text) => serde_json::Value::from(text).to_string(),
        Item::Container(container) => text(container),
    }
}

impl From<key_path::NoPath> for Error {
    fn from(key_path::NoPath { problem, hint }: key_path::NoPath) -> Error {
        Error::BadArgument { problem, hint: hint.into() }
    }
}

impl FromDatum for JsonbArg<'_> {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<Self> {
        if is_null {
            return None;
        }
        // SAFETY: the datum of a jsonb argument points to a varlena; what is not plain is copied.
        let varlena = unsafe { pg_sys::pg_detoast_datum(datum.cast_mut_ptr()) };
        Some(JsonbArg { varlena, lifetime: PhantomData })
    }
}

impl IntoDatum for Jsonb {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        Some(datum_of(&self.0))
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::JSONBOID
    }
}

impl_sql_translatable!(JsonbArg<'_>, "jsonb");
impl_sql_translatable!(Jsonb, "jsonb");

// SAFETY: the argument of a function declared to take jsonb is a jsonb.
unsafe impl<'fcx> pgrx::callconv::ArgAbi<'fcx> for JsonbArg<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: pgrx::callconv::Arg<'_, 'fcx>) -> JsonbArg<'fcx> {
        // SAFETY: as above; Option<JsonbArg> has already looked at NULL.
        let value: JsonbArg<'fcx> = unsafe { arg.unbox_arg_using_from_datum() }.expect("a jsonb that is not null");
        if let Err(error) = value.bounded() {
            ErrorReport::from(error).report(PgLogLevel::ERROR);
        }
        value
    }
}

impl FromDatum for Sent<'_> {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, kind: pg_sys::Oid) -> Option<Self> {
        // SAFETY: as the caller says.
        unsafe { JsonbArg::from_polymorphic_datum(datum, is_null, kind) }.map(Sent)
    }
}

impl_sql_translatable!(Sent<'_>, "jsonb");

// SAFETY: as of JsonbArg.
unsafe impl<'fcx> pgrx::callconv::ArgAbi<'fcx> for Sent<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: pgrx::callconv::Arg<'_, 'fcx>) -> Sent<'fcx> {
        // SAFETY: as above.
        unsafe { arg.unbox_arg_using_from_datum() }.expect("a jsonb that is not null")
    }
}

// SAFETY: a jsonb in the memory of the call.
unsafe impl pgrx::callconv::BoxRet for Jsonb {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut pgrx::callconv::FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        // SAFETY: as above.
        unsafe { fcinfo.return_raw_datum(datum_of(&self.0)) }
    }
}
