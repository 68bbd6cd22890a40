//! Writes the SQL by which statements look into payloads: at a key path, which src/jsonb/key_path.rs explains, and for
//! a condition.

use super::question::Condition;
use crate::db::Value;
use crate::db::clauses::Arguments;
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use pgrx::pg_sys::{JSONBOID, Oid, TEXTOID};

/// Writes the SQL of the text that `->>` shows of the value at a path: NULL where there is none, or a JSON null.
pub fn text_at<'a>(key: &'a KeyPath, arguments: &mut Arguments<'a>) -> String {
    let own = number(TEXTOID, Value::Text(key.as_str()), arguments);
    match within(key, "->>", arguments) {
        None => format!("e.payload operator(pg_catalog.->>) ${own}"),
        Some(within) => format!(
            "case when e.payload operator(pg_catalog.?) ${own} then e.payload operator(pg_catalog.->>) ${own} else {within} end"
        ),
    }
}

/// Writes the SQL of an event's value of the touched key. Several keys are together a JSON array of their texts, as
/// src/jsonb/keys.rs writes it, and NULL where none has one. Of an array it is the JSON array of its elements' texts, each
/// once, and NULL where it has none; what is no array is its own element.
pub fn value_at<'a>(keys: &'a Keys, arguments: &mut Arguments<'a>) -> String {
    match keys {
        Keys::One(key) => text_at(key, arguments),
        Keys::Several(keys) => {
            let texts: Vec<String> = keys.iter().map(|key| text_at(key, arguments)).collect();
            let has_any: Vec<String> = texts.iter().map(|text| format!("({text}) is not null")).collect();
            let (has_any, texts) = (has_any.join(" or "), texts.join(", "));
            format!("case when {has_any} then cast(pg_catalog.jsonb_build_array({texts}) as pg_catalog.text) end")
        }
        Keys::ElementsOf(key) => {
            let own = number(TEXTOID, Value::Text(key.as_str()), arguments);
            let within = within(key, "->", arguments).unwrap_or("null::pg_catalog.jsonb".into());
            format!(
                "(select case pg_catalog.jsonb_typeof(a.list) when 'null' then null when 'array' then
                    (select cast(pg_catalog.jsonb_agg(distinct t.element) as pg_catalog.text) from pg_catalog.jsonb_array_elements_text(a.list) t (element) where t.element is not null)
                    else cast(pg_catalog.jsonb_build_array(a.list operator(pg_catalog.#>>) '{{}}') as pg_catalog.text) end
                  from (select case when e.payload operator(pg_catalog.?) ${own} then e.payload operator(pg_catalog.->) ${own} else {within} end) a (list))"
            )
        }
    }
}

/// Writes the SQL that says whether there is a value at some of these keys, a JSON null included.
pub fn exists_at_any<'a>(keys: &'a Keys, arguments: &mut Arguments<'a>) -> String {
    let exist: Vec<String> = keys.iter().map(|key| exists_at(key, arguments)).collect();
    format!("({})", exist.join(" or "))
}

/// Writes the SQL that says whether there is a value at a path, a JSON null included.
fn exists_at<'a>(key: &'a KeyPath, arguments: &mut Arguments<'a>) -> String {
    let own = number(TEXTOID, Value::Text(key.as_str()), arguments);
    match within(key, "->", arguments) {
        None => format!("e.payload operator(pg_catalog.?) ${own}"),
        Some(within) => format!("(e.payload operator(pg_catalog.?) ${own} or ({within}) is not null)"),
    }
}

/// Writes the SQL that says whether a payload meets a condition, but for its cohorts.
pub fn meets<'a>(condition: &'a Condition, arguments: &mut Arguments<'a>) -> String {
    let contains = |container: &'a [u8], arguments: &mut Arguments<'a>| {
        format!("e.payload operator(pg_catalog.@>) ${}", number(JSONBOID, Value::Container(container), arguments))
    };
    let mut sql = contains(&condition.container, arguments);
    for at in &condition.contained_at {
        let own = number(TEXTOID, Value::Text(at.key.as_str()), arguments);
        let (as_key, as_path) = (contains(&at.as_key, arguments), contains(&at.as_path, arguments));
        sql += &format!(" and case when e.payload operator(pg_catalog.?) ${own} then {as_key} else {as_path} end");
    }
    if let Some(path) = &condition.path {
        let path = number(TEXTOID, Value::Text(path), arguments);
        sql += &format!(" and e.payload operator(pg_catalog.@@) cast(${path} as pg_catalog.jsonpath)");
    }
    sql
}

/// Writes the SQL of the value within objects, whose last step is an operator. It is not `#>>`, which enters lists.
/// None: the path is a plain key.
fn within<'a>(key: &'a KeyPath, last: &str, arguments: &mut Arguments<'a>) -> Option<String> {
    let mut parts = key.parts()?;
    let name = parts.next_back()?;
    let mut sql = String::from("e.payload");
    for name in parts {
        sql += &format!(" operator(pg_catalog.->) ${}", number(TEXTOID, Value::Text(name), arguments));
    }
    Some(sql + &format!(" operator(pg_catalog.{last}) ${}", number(TEXTOID, Value::Text(name), arguments)))
}

/// Adds an argument and returns its number.
fn number<'a>(kind: Oid, value: Value<'a>, arguments: &mut Arguments<'a>) -> usize {
    arguments.push((kind, value));
    arguments.len()
}
