//! A call of a function that SQL alone declares: its arguments by name, its answer as rows.
//!
//! Such a function is `#[pg_extern(sql = false)] fn x(call: Call<'_>) -> Answer<(i64, ...)>` and is declared in its
//! twin as LANGUAGE C with the symbol `x_wrapper`. So a list of arguments stands in one place. What that place says is
//! held against what the function does at each call: an argument of another type, a result column of another type and
//! an argument that nobody read are errors, not wrong answers. A user meets them only where the library is newer than
//! the SQL of the extension.

use crate::error::Error;
use crate::jsonb::JsonbArg;
use pgrx::callconv::{Arg, ArgAbi, CallCx, RetAbi};
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlArrayMappingRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::CStr;
use std::marker::PhantomData;

/// The call that runs at present. Its arguments live as long as 'fcx.
pub struct Call<'fcx> {
    function: String,
    arguments: Vec<Argument>,
    /// The types of the result columns, as declared.
    columns: Vec<pg_sys::Oid>,
    lifetime: PhantomData<&'fcx [u8]>,
}

struct Argument {
    name: String,
    type_oid: pg_sys::Oid,
    /// The value; None is NULL.
    value: Option<pg_sys::Datum>,
    was_read: Cell<bool>,
}

/// What a function that takes a [`Call`] returns: its rows, or an error.
pub type Answer<Row> = Result<Table<Row>, ErrorReport>;

/// Rows whose types are those that SQL declares: only [`Call::rows`] makes one.
pub struct Table<Row: 'static>(TableIterator<'static, Row>);

impl<'fcx> Call<'fcx> {
    /// Tells whether the function is declared with an argument of this name.
    pub fn has(&self, name: &str) -> bool {
        self.arguments.iter().any(|argument| argument.name == name)
    }

    pub fn text(&self, name: &str) -> Result<Option<&'fcx str>, Error> {
        self.value(name, pg_sys::TEXTOID)
    }

    pub fn texts(&self, name: &str) -> Result<Option<Vec<Option<String>>>, Error> {
        self.value(name, pg_sys::TEXTARRAYOID)
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        self.value(name, pg_sys::BOOLOID)
    }

    pub fn flags(&self, name: &str) -> Result<Option<Vec<Option<bool>>>, Error> {
        self.value(name, pg_sys::BOOLARRAYOID)
    }

    pub fn integer(&self, name: &str) -> Result<Option<i32>, Error> {
        self.value(name, pg_sys::INT4OID)
    }

    pub fn number(&self, name: &str) -> Result<Option<f64>, Error> {
        self.value(name, pg_sys::FLOAT8OID)
    }

    pub fn numbers(&self, name: &str) -> Result<Option<Vec<Option<f64>>>, Error> {
        self.value(name, pg_sys::FLOAT8ARRAYOID)
    }

    pub fn time(&self, name: &str) -> Result<Option<TimestampWithTimeZone>, Error> {
        self.value(name, pg_sys::TIMESTAMPTZOID)
    }

    pub fn times(&self, name: &str) -> Result<Option<Vec<Option<TimestampWithTimeZone>>>, Error> {
        self.value(name, pg_sys::TIMESTAMPTZARRAYOID)
    }

    pub fn interval(&self, name: &str) -> Result<Option<Interval>, Error> {
        self.value(name, pg_sys::INTERVALOID)
    }

    pub fn uuid(&self, name: &str) -> Result<Option<pgrx::Uuid>, Error> {
        self.value(name, pg_sys::UUIDOID)
    }

    pub fn uuids(&self, name: &str) -> Result<Option<Vec<Option<pgrx::Uuid>>>, Error> {
        self.value(name, pg_sys::UUIDARRAYOID)
    }

    /// Reads a jsonb argument. Error: 22023 a value that is larger than any argument needs to be.
    pub fn jsonb(&self, name: &str) -> Result<Option<JsonbArg<'fcx>>, Error> {
        self.value::<JsonbArg<'fcx>>(name, pg_sys::JSONBOID)?.map(JsonbArg::bounded).transpose()
    }

    /// Reads a jsonb argument of any size, of a function that the extension's own SQL alone calls.
    pub fn long_jsonb(&self, name: &str) -> Result<Option<JsonbArg<'fcx>>, Error> {
        self.value(name, pg_sys::JSONBOID)
    }

    /// Makes the answer of rows. Error: XX000 where the declaration has another number of columns, one of another type,
    /// or an argument that was not read.
    pub fn rows<Row>(self, rows: impl IntoIterator<Item = Row> + 'static) -> Answer<Row>
    where
        TableIterator<'static, Row>: SqlTranslatable,
    {
        let made = columns_of::<Row>();
        if made.as_deref() != Some(&self.columns) {
            let columns = made.map_or(0, |made| made.len());
            Err(self
                .drift(format!("is not declared with the {columns} result columns that it has, or with other types")))?;
        }
        if let Some(unread) = self.arguments.iter().find(|argument| !argument.was_read.get()) {
            Err(self.drift(format!("does not know its argument \"{}\"", unread.name)))?;
        }
        Ok(Table(TableIterator::new(rows)))
    }

    fn value<T: FromDatum>(&self, name: &str, type_oid: pg_sys::Oid) -> Result<Option<T>, Error> {
        let Some(argument) = self.arguments.iter().find(|argument| argument.name == name) else {
            return Err(self.drift(format!("is declared without its argument \"{name}\"")));
        };
        if argument.type_oid != type_oid {
            return Err(self.drift(format!("is declared with another type of its argument \"{name}\"")));
        }
        argument.was_read.set(true);
        let Some(value) = argument.value else { return Ok(None) };
        // SAFETY: the value of an argument that is declared with this type and is not NULL. What borrows from it is given out
        // by the functions above, none of which lets it live longer than 'fcx.
        Ok(unsafe { T::from_polymorphic_datum(value, false, type_oid) })
    }

    fn drift(&self, problem: String) -> Error {
        Error::Drift { function: self.function.clone(), problem }
    }
}

/// The types that a row is stored with; None where one of them is not known here.
fn columns_of<Row>() -> Option<Vec<pg_sys::Oid>>
where
    TableIterator<'static, Row>: SqlTranslatable,
{
    let Ok(ReturnsRef::Table(columns)) = TableIterator::<'static, Row>::RETURN_SQL else { return None };
    columns.iter().map(|column| type_of(*column)).collect()
}

fn type_of(column: SqlMappingRef) -> Option<pg_sys::Oid> {
    Some(match column {
        SqlMappingRef::As("bool") => pg_sys::BOOLOID,
        SqlMappingRef::As("INT") => pg_sys::INT4OID,
        SqlMappingRef::As("bigint") => pg_sys::INT8OID,
        SqlMappingRef::As("double precision") => pg_sys::FLOAT8OID,
        SqlMappingRef::As("TEXT") => pg_sys::TEXTOID,
        SqlMappingRef::As("uuid") => pg_sys::UUIDOID,
        SqlMappingRef::As("jsonb") => pg_sys::JSONBOID,
        SqlMappingRef::As("timestamp with time zone") => pg_sys::TIMESTAMPTZOID,
        SqlMappingRef::Array(SqlArrayMappingRef::As("TEXT")) => pg_sys::TEXTARRAYOID,
        SqlMappingRef::Array(SqlArrayMappingRef::As("double precision")) => pg_sys::FLOAT8ARRAYOID,
        SqlMappingRef::Array(SqlArrayMappingRef::As("timestamp with time zone")) => pg_sys::TIMESTAMPTZARRAYOID,
        _ => return None,
    })
}

// SAFETY: it stands for all arguments of the function; SQL that nobody generates from it declares them.
unsafe impl SqlTranslatable for Call<'_> {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Call<'_>);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::Skip);
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::Skip));
}

// SAFETY: a virtual argument, made of the call itself.
unsafe impl<'fcx> ArgAbi<'fcx> for Call<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Call<'fcx> {
        // SAFETY: the call that runs at present, whose function is in the catalog; the names are copied while its row is held,
        // and as many values were given as the function has arguments.
        unsafe {
            let call = pg_sys::FunctionCallInfo::unbox_arg_unchecked(arg);
            let oid = (*(*call).flinfo).fn_oid;
            let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, oid.into());
            if row.is_null() {
                pgrx::error!("cache lookup failed for function {}", oid.to_u32());
            }
            let (mut types, mut names, mut modes) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
            let all = pg_sys::get_func_arg_info(row, &mut types, &mut names, &mut modes) as usize;
            let function =
                CStr::from_ptr((*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_proc>()).proname.data.as_ptr());
            let function = function.to_string_lossy().into_owned();
            let (mut arguments, mut columns) = (Vec::with_capacity(all), Vec::new());
            let values = (*call).args.as_slice((*call).nargs as usize);
            for n in 0..all {
                let type_oid = *types.add(n);
                if !modes.is_null() && matches!(*modes.add(n) as u8, b't' | b'o') {
                    columns.push(type_oid);
                } else if let Some(value) = values.get(arguments.len()) {
                    let name = if names.is_null() {
                        String::new()
                    } else {
                        CStr::from_ptr(*names.add(n)).to_string_lossy().into()
                    };
                    let value = (!value.isnull).then_some(value.value);
                    arguments.push(Argument { name, type_oid, value, was_read: Cell::new(false) });
                }
            }
            pg_sys::ReleaseSysCache(row);
            Call { function, arguments, columns, lifetime: PhantomData }
        }
    }

    fn is_virtual_arg() -> bool {
        true
    }
}

// SAFETY: as of Call.
unsafe impl<Row> SqlTranslatable for Table<Row> {
    const TYPE_IDENT: &'static str = "telemetry::db::call::Table";
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Err(ArgumentError::Table);
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::Skip));
}

// SAFETY: each as pgrx's TableIterator does it, whose rows these are.
unsafe impl<Row: RetAbi> RetAbi for Table<Row> {
    type Item = Row;
    type Ret = <TableIterator<'static, Row> as RetAbi>::Ret;

    unsafe fn check_fcinfo_and_prepare(call: pg_sys::FunctionCallInfo) -> CallCx {
        // SAFETY: by the caller.
        unsafe { TableIterator::<'static, Row>::check_fcinfo_and_prepare(call) }
    }

    fn to_ret(self) -> Self::Ret {
        self.0.to_ret()
    }

    unsafe fn box_ret_in_fcinfo(call: pg_sys::FunctionCallInfo, ret: Self::Ret) -> pg_sys::Datum {
        // SAFETY: by the caller.
        unsafe { TableIterator::<'static, Row>::box_ret_in_fcinfo(call, ret) }
    }

    unsafe fn move_into_fcinfo_fcx(self, call: pg_sys::FunctionCallInfo) {
        // SAFETY: by the caller.
        unsafe { self.0.move_into_fcinfo_fcx(call) }
    }

    unsafe fn fill_fcinfo_fcx(&self, _: pg_sys::FunctionCallInfo) {}

    unsafe fn ret_from_fcinfo_fcx(call: pg_sys::FunctionCallInfo) -> Self::Ret {
        // SAFETY: by the caller.
        unsafe { TableIterator::<'static, Row>::ret_from_fcinfo_fcx(call) }
    }

    unsafe fn finish_call_fcinfo(call: pg_sys::FunctionCallInfo) {
        // SAFETY: by the caller.
        unsafe { TableIterator::<'static, Row>::finish_call_fcinfo(call) }
    }
}
