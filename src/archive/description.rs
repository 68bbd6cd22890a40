//! What events, their keys and the columns of a line mean, by the taxonomy and the comments on the tables: the first line of an
//! archive says so to whoever has nothing else.

use crate::db::stream::{Snapshot, array, stream};
use crate::error::Error;
use pgrx::pg_sys::TEXTARRAYOID;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Which events occur, each with the keys that its payloads have.
#[derive(Default)]
pub struct Occurring(BTreeMap<String, BTreeSet<String>>);

impl Occurring {
    pub fn add<'a>(&mut self, event_name: &str, keys: impl Iterator<Item = &'a str>) {
        if !self.0.contains_key(event_name) {
            self.0.insert(event_name.into(), BTreeSet::new());
        }
        let Some(known) = self.0.get_mut(event_name) else { return };
        for key in keys {
            if !known.contains(key) {
                known.insert(key.into());
            }
        }
    }

    /// Describes them: {event: {"domain", "description", "keys": {key: its JSON Schema}}}, by the newest version that says
    /// anything. What nobody has described is there without a description.
    pub fn described(self) -> Result<Value, Error> {
        let names: Vec<String> = self.0.keys().cloned().collect();
        let mut described: BTreeMap<String, (Map<String, Value>, Map<String, Value>)> = BTreeMap::new();
        let sql = "select t.event_name, t.domain, t.description, t.properties::pg_catalog.text from telemetry.event_types t \
             where t.event_name operator(pg_catalog.=) any ($1) order by t.event_name, t.event_version";
        stream(sql, &[(TEXTARRAYOID, array(names))], Snapshot::OfStatement, |row| {
            let (about, schemas) = described.entry(row.text(0).unwrap_or_default().into()).or_default();
            for (column, name) in [(1, "domain"), (2, "description")] {
                if let Some(text) = row.text(column) {
                    about.insert(name.into(), text.into());
                }
            }
            if let Ok(Value::Object(properties)) = serde_json::from_str(row.text(3).unwrap_or_default()) {
                schemas.extend(properties);
            }
            Ok(())
        })?;
        let events = self.0.into_iter().map(|(name, keys)| {
            let (mut about, mut schemas) = described.remove(&name).unwrap_or_default();
            let keys = keys.into_iter().map(|key| {
                let schema = schemas.remove(&key).unwrap_or_else(|| Value::Object(Map::new()));
                (key, schema)
            });
            about.insert("keys".into(), Value::Object(keys.collect()));
            (name, Value::Object(about))
        });
        Ok(Value::Object(events.collect()))
    }
}

/// The comments on the columns of the log and of the rejections, as {"event": {column: text}, "rejection": {...}}.
pub fn columns() -> Result<Value, Error> {
    let mut tables: [Map<String, Value>; 2] = Default::default();
    let sql = "select a.attrelid operator(pg_catalog.=) pg_catalog.to_regclass('telemetry.events'), a.attname::pg_catalog.text, \
                pg_catalog.col_description(a.attrelid, a.attnum) \
           from pg_catalog.pg_attribute a \
          where a.attrelid operator(pg_catalog.=) any (array[pg_catalog.to_regclass('telemetry.events'), pg_catalog.to_regclass('telemetry.rejections')]) \
            and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped and a.attname operator(pg_catalog.<>) all ('{caller,is_client}') \
            and pg_catalog.col_description(a.attrelid, a.attnum) is not null \
          order by a.attrelid, a.attnum";
    stream(sql, &[], Snapshot::OfStatement, |row| {
        let table = &mut tables[usize::from(!row.flag(0))];
        table.insert(row.text(1).unwrap_or_default().into(), row.text(2).unwrap_or_default().into());
        Ok(())
    })?;
    let [events, rejections] = tables;
    Ok(serde_json::json!({"event": events, "rejection": rejections}))
}
