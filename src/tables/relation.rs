//! What a relation of the application is made of, read from the catalog with the caller's rights.

use super::columns::{Column, Columns, Kind};
use crate::db::Value;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use pgrx::pg_sys::{OIDOID, Oid};

/// A table that rows lie in: the relation itself, one of its partitions, or a table that inherits from it.
#[derive(Debug, Clone)]
pub struct Heap {
    pub oid: u32,
    /// Its name with its schema, as SQL.
    pub name: String,
    /// The file that it lies in: another one after VACUUM FULL or TRUNCATE.
    pub file: u32,
    pub blocks: i64,
    pub rows_per_block: i64,
}

/// A relation that rows are read from.
pub struct Relation {
    /// Its name with its schema, as SQL.
    pub name: String,
    pub columns: Columns,
    /// Where its rows lie, if they can be read block by block; empty for a view, a foreign table, and where row-level security
    /// decides what the caller sees: then it is read in one piece.
    pub heaps: Vec<Heap>,
}

const HEAPS: &str = "with recursive tree (oid) as ( \
            select $1 union all \
            select i.inhrelid from pg_catalog.pg_inherits i join tree t on i.inhparent operator(pg_catalog.=) t.oid) \
     select c.oid::pg_catalog.int8, \
            pg_catalog.format('%I.%I', n.nspname, c.relname), \
            coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::pg_catalog.int8, \
            coalesce(pg_catalog.pg_relation_size(c.oid) operator(pg_catalog./) \
                pg_catalog.current_setting('block_size')::pg_catalog.int8, 0), \
            case when c.relpages operator(pg_catalog.>) 0 and c.reltuples operator(pg_catalog.>) 0 \
                 then pg_catalog.ceil(c.reltuples operator(pg_catalog./) c.relpages)::pg_catalog.int8 else 64 end, \
            c.relkind operator(pg_catalog.=) any ('{r,m}'::pg_catalog.\"char\"[]) and coalesce(a.amname operator(pg_catalog.=) 'heap', false) \
            and pg_catalog.has_table_privilege(c.oid, 'select') and not pg_catalog.row_security_active(c.oid) \
       from tree t join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) t.oid \
       join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace \
       left join pg_catalog.pg_am a on a.oid operator(pg_catalog.=) c.relam \
      where c.relkind operator(pg_catalog.<>) 'p' or pg_catalog.row_security_active(c.oid) \
      order by c.oid";

const COLUMNS: &str = "select a.attname::pg_catalog.text, coalesce(b.typname, t.typname)::pg_catalog.text, \
            coalesce(b.typcategory, t.typcategory)::pg_catalog.text, \
            coalesce(a.attnum operator(pg_catalog.=) any (k.conkey), false), \
            a.attgenerated operator(pg_catalog.=) 'v' \
       from pg_catalog.pg_attribute a \
       join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) a.atttypid \
       left join lateral ( \
            with recursive base (oid, typbasetype, typname, typcategory) as ( \
                select t.oid, t.typbasetype, t.typname, t.typcategory union all \
                select n.oid, n.typbasetype, n.typname, n.typcategory \
                  from base p join pg_catalog.pg_type n on n.oid operator(pg_catalog.=) p.typbasetype) \
            select p.typname, p.typcategory from base p where p.typbasetype operator(pg_catalog.=) 0::pg_catalog.oid) b on true \
       left join pg_catalog.pg_constraint k on k.conrelid operator(pg_catalog.=) a.attrelid and k.contype operator(pg_catalog.=) 'p' \
      where a.attrelid operator(pg_catalog.=) $1 and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped order by a.attnum";

const NAME: &str = "select pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind::pg_catalog.text, \
            n.nspname operator(pg_catalog.=) any ('{telemetry,telemetry_private}'::pg_catalog.name[]) \
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace \
      where c.oid operator(pg_catalog.=) $1";

/// The columns of a relation and its primary key.
pub fn columns_of(relation: Oid) -> Result<Columns, Error> {
    let mut columns = Columns::default();
    stream(COLUMNS, &[(OIDOID, Value::Oid(relation))], Snapshot::OfStatement, |row| {
        let text = |column| row.text(column).unwrap_or_default().to_owned();
        let column = Column { name: text(0), kind: Kind::of(&text(1), &text(2)), is_virtual: row.flag(4) };
        if row.flag(3) {
            columns.key.push(column.name.clone());
        }
        columns.all.push(column);
        Ok(())
    })?;
    Ok(columns)
}

/// The name of a relation with its schema, as SQL; None where there is no such relation.
pub fn name_of(relation: Oid) -> Result<Option<String>, Error> {
    let mut name = None;
    stream(NAME, &[(OIDOID, Value::Oid(relation))], Snapshot::OfStatement, |row| {
        name = row.text(0).map(str::to_owned);
        Ok(())
    })?;
    Ok(name)
}

impl Relation {
    /// Error: 42P01 there is no such relation, 22023 it is one of telemetry's own or nothing that has rows.
    pub fn of(relation: Oid) -> Result<Relation, Error> {
        let this = || [(OIDOID, Value::Oid(relation))];
        let mut found = None;
        stream(NAME, &this(), Snapshot::OfStatement, |row| {
            let text = |column| row.text(column).unwrap_or_default().to_owned();
            found = Some((text(0), text(1), row.flag(2)));
            Ok(())
        })?;
        let Some((name, kind, is_ours)) = found else {
            return Err(Error::MissingRelation {
                name: relation.to_u32().to_string(),
                hint: "Name a table or view of the application, with its schema.".into(),
            });
        };
        if is_ours || !["r", "p", "v", "m", "f"].contains(&kind.as_str()) {
            return Err(Error::BadArgument {
                problem: format!("{name} is no table or view of the application"),
                hint: "Name a relation that has rows, outside of the schemas of telemetry.".into(),
            });
        }
        let mut heaps = Vec::new();
        let mut is_one_piece = false;
        stream(HEAPS, &this(), Snapshot::OfStatement, |row| {
            is_one_piece |= !row.flag(5);
            heaps.push(Heap {
                oid: row.big(0).unwrap_or_default() as u32,
                name: row.text(1).unwrap_or_default().into(),
                file: row.big(2).unwrap_or_default() as u32,
                blocks: row.big(3).unwrap_or_default(),
                rows_per_block: row.big(4).unwrap_or_default().max(1),
            });
            Ok(())
        })?;
        if is_one_piece {
            heaps.clear();
        }
        Ok(Relation { name, columns: columns_of(relation)?, heaps })
    }
}
