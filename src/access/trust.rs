//! Trust: a KPI or a cohort reads only those relations of the application that run nobody's code with the reader's
//! rights.
//!
//! Whoever reads a view runs its functions. Whoever reads a table runs its row-level policies, the functions of its
//! indexes while it is planned, and the casts of its columns' types. All of these run with the reader's rights, and
//! their owners may change them. So every part of the relation must belong to somebody whom the reader trusts.
//! docs/security.md tells the rule.

use crate::db::Value;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::settings;
use pgrx::pg_sys::TEXTOID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Finds the first part of $1 that belongs to nobody who is trusted, and its owner. $2 holds further owners that are
/// trusted.
const UNTRUSTED: &str = "
    with recursive part (classid, objid) as (
        select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, pg_catalog.to_regclass($1)::pg_catalog.oid
         union
        select n.classid, n.objid
          from part p,
               lateral (
                   select d.refclassid, d.refobjid
                     from pg_catalog.pg_depend d
                    where d.classid operator(pg_catalog.=) p.classid and d.objid operator(pg_catalog.=) p.objid
                      and (d.refclassid operator(pg_catalog.=) any ('{pg_catalog.pg_type,pg_catalog.pg_proc,pg_catalog.pg_operator}'::pg_catalog.regclass[])
                           or d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                              and p.classid operator(pg_catalog.<>) 'pg_catalog.pg_class'::pg_catalog.regclass)
                      -- What a function or a type refers to is its owner's choice.
                      and p.classid operator(pg_catalog.<>) all ('{pg_catalog.pg_type,pg_catalog.pg_proc}'::pg_catalog.regclass[])
                    union all
                   select 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid
                     from pg_catalog.pg_rewrite r
                    where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and r.ev_class operator(pg_catalog.=) p.objid
                      and r.ev_type operator(pg_catalog.=) '1'
                    union all
                   select 'pg_catalog.pg_policy'::pg_catalog.regclass, r.oid
                     from pg_catalog.pg_policy r
                    where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and r.polrelid operator(pg_catalog.=) p.objid
                    union all
                   select 'pg_catalog.pg_constraint'::pg_catalog.regclass, r.oid
                     from pg_catalog.pg_constraint r
                    where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and r.conrelid operator(pg_catalog.=) p.objid
                      and r.contype operator(pg_catalog.=) 'c'
                    union all
                   select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, r.oid
                     from pg_catalog.pg_attrdef r
                     join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) r.adrelid and a.attnum operator(pg_catalog.=) r.adnum
                    where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and r.adrelid operator(pg_catalog.=) p.objid
                      and a.attgenerated operator(pg_catalog.<>) ''
                    union all
                   select 'pg_catalog.pg_class'::pg_catalog.regclass, r.indexrelid
                     from pg_catalog.pg_index r
                    where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and r.indrelid operator(pg_catalog.=) p.objid
                    union all
                   select 'pg_catalog.pg_class'::pg_catalog.regclass, r.inhrelid
                     from pg_catalog.pg_inherits r
                    where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and r.inhparent operator(pg_catalog.=) p.objid
               ) n (classid, objid)
    )
    select pg_catalog.pg_describe_object(p.classid, p.objid, 0), w.rolname::pg_catalog.text
      from part p,
           lateral (
               select c.relowner from pg_catalog.pg_class c
                where p.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid operator(pg_catalog.=) p.objid
                union all
               select f.proowner from pg_catalog.pg_proc f
                where p.classid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass and f.oid operator(pg_catalog.=) p.objid
                union all
               select t.typowner from pg_catalog.pg_type t
                where p.classid operator(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid operator(pg_catalog.=) p.objid
                union all
               select o.oprowner from pg_catalog.pg_operator o
                where p.classid operator(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid operator(pg_catalog.=) p.objid
           ) o (owner)
      join pg_catalog.pg_roles w on w.oid operator(pg_catalog.=) o.owner
     where not w.rolsuper
       and w.rolname operator(pg_catalog.<>) current_user
       and w.rolname::pg_catalog.text operator(pg_catalog.<>) all (pg_catalog.string_to_array(pg_catalog.replace($2, ' ', ''), ','))
       and (exists (select from pg_catalog.pg_roles s where s.rolsuper and s.rolname operator(pg_catalog.=) any (array[current_user, session_user]))
            or not exists (select from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database() and d.datdba operator(pg_catalog.=) w.oid)
               and not exists (select from pg_catalog.pg_namespace s where s.nspname operator(pg_catalog.=) 'telemetry' and s.nspowner operator(pg_catalog.=) w.oid))
     order by 1
     limit 1";

/// Raises 42501 where a part of the relation belongs to somebody whom the caller need not trust.
pub fn refuse_untrusted(relation: &str) -> Result<(), Error> {
    let owners = settings::text(&settings::RELATION_OWNERS).unwrap_or_default();
    let mut untrusted = None;
    let arguments = [(TEXTOID, Value::Text(relation)), (TEXTOID, Value::Text(&owners))];
    stream(UNTRUSTED, &arguments, Snapshot::OfStatement, |row| {
        untrusted = row.text(0).zip(row.text(1)).map(|(part, owner)| (part.to_string(), owner.to_string()));
        Ok(())
    })?;
    untrusted.map_or(Ok(()), |(part, owner)| Err(Error::Untrusted { part, owner }))
}

/// Returns the name of a relation; None where refuse_untrusted() refuses it.
#[pg_extern(stable)]
fn relation_if_trusted(relation: Option<&str>) -> Result<Option<String>, ErrorReport> {
    let Some(relation) = relation else { return Ok(None) };
    match refuse_untrusted(relation) {
        Ok(()) => Ok(Some(relation.to_string())),
        Err(Error::Untrusted { .. }) => Ok(None),
        Err(error) => Err(error)?,
    }
}

/// Returns the name of a relation, unless refuse_untrusted() refuses it.
#[pg_extern(stable)]
fn trusted_relation(relation: Option<&str>) -> Result<Option<String>, ErrorReport> {
    let Some(relation) = relation else { return Ok(None) };
    refuse_untrusted(relation)?;
    Ok(Some(relation.to_string()))
}
