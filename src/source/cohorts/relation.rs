//! Reads the members of a cohort from a table or view of the application, with the caller's rights.

use super::{ID, Members};
use crate::access::trust::refuse_untrusted;
use crate::db::Value;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::ids::TenantId;
use crate::memory::Memory;
use crate::source::cohorts::definition::Relation;
use pgrx::pg_sys::TEXTOID;

/// Reads the members. Errors: 42P01 no such relation, 22023 it lacks a column or that is no uuid, 42501 the caller may
/// not read it, or need not trust it.
pub fn members(cohort: &str, relation: &Relation, tenant: Option<TenantId>, memory: &Memory) -> Result<Members, Error> {
    let Found { name, user, of_tenant } = find(cohort, relation)?;
    refuse_untrusted(&name)?;
    let knows_tenants = of_tenant.is_some();
    let of_tenant = of_tenant.map_or("null::pg_catalog.uuid".into(), |column| format!("r.{column}"));
    let sql = format!("select r.{user}, {of_tenant} from {name} r where r.{user} is not null");
    let mut members = Members::default();
    let mut rows = 0;
    stream(&sql, &[], Snapshot::OfStatement, |row| {
        let (Some(user), of_tenant) = (row.uuid(0), row.uuid(1)) else { return Ok(()) };
        let is_new = match of_tenant {
            Some(of) if tenant.is_some_and(|asked| asked != of) => false,
            Some(of) => members.tenants.entry(of).or_default().ids.insert(user),
            // A row of no tenant is in none.
            None if knows_tenants => false,
            None => members.everywhere.insert(user),
        };
        rows += usize::from(is_new);
        if rows.is_multiple_of(65_536) { memory.check(rows * ID) } else { Ok(()) }
    })?;
    Ok(members)
}

/// A relation and its columns, quoted.
pub struct Found {
    pub name: String,
    user: String,
    /// The column of the tenant; None: the relation knows no tenants.
    of_tenant: Option<String>,
}

/// Finds the relation and its columns. Errors: those of members() but for the rights.
pub fn find(cohort: &str, relation: &Relation) -> Result<Found, Error> {
    let sql = "select c.oid::pg_catalog.regclass::pg_catalog.text, a.columns[1], a.columns[2]
           from pg_catalog.pg_class c,
                lateral (select array[min(quote_ident(a.attname)) filter (where a.attname operator(pg_catalog.=) $2::name),
                                      min(quote_ident(a.attname)) filter (where a.attname operator(pg_catalog.=) $3::name)]
                           from pg_catalog.pg_attribute a
                          where a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.>) 0
                            and not a.attisdropped
                            and a.atttypid operator(pg_catalog.=) 'pg_catalog.uuid'::pg_catalog.regtype) a (columns)
          where c.oid operator(pg_catalog.=) pg_catalog.to_regclass($1)
            and c.relkind operator(pg_catalog.=) any ('{r,p,v,m,f}')";
    let tenant_column = relation.tenant_column.as_deref().unwrap_or("tenant_id");
    let arguments = [&relation.name[..], &relation.user_column, tenant_column].map(|text| (TEXTOID, Value::Text(text)));
    let mut found = None;
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        found = row
            .text(0)
            .map(|name| (name.to_string(), row.text(1).map(str::to_string), row.text(2).map(str::to_string)));
        Ok(())
    })?;
    let lacks = |column: &str| Error::BadArgument {
        problem: format!("the relation of cohort \"{cohort}\" has no column \"{column}\" of type uuid"),
        hint: "Name the columns by user_column and tenant_column; a view may give telemetry.as_id(id) as user_id."
            .into(),
    };
    let (name, user, of_tenant) = found.ok_or_else(|| Error::MissingRelation {
        name: relation.name.chars().take(127).collect(),
        hint: format!(
            "Cohort \"{cohort}\" is read from it: name it with its schema, as in app.subscribers, or make it anew."
        ),
    })?;
    let user = user.ok_or_else(|| lacks(&relation.user_column))?;
    if let (Some(column), None) = (&relation.tenant_column, &of_tenant) {
        return Err(lacks(column));
    }
    Ok(Found { name, user, of_tenant })
}
