//! Pure: the columns of an export's files, and how they grow. A column is of one type for ever: a key whose registered type
//! changes gets one more column, so that no value is ever cast.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A column name may be this long at most: every warehouse takes it.
const LONGEST_NAME: usize = 120;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub events: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Text,
    Uuid,
    Timestamptz,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A column of the log.
    Column,
    /// The value of a payload key.
    Payload,
}

/// A promoted key of an event, with the JSON Schemas of the event's keys.
#[derive(Debug, Deserialize)]
pub struct Promoted {
    pub event: String,
    pub key: String,
    pub properties: Value,
}

/// Gives the known columns, and behind them those of promoted keys and types that have none yet. Where nothing is known it
/// begins with the columns of the log.
pub fn evolved(known: Vec<Column>, promoted: &[Promoted]) -> Vec<Column> {
    let mut columns = if known.is_empty() { of_the_log() } else { known };
    let mut wanted: BTreeMap<(&str, Kind), BTreeSet<String>> = BTreeMap::new();
    for promoted in promoted {
        let kind = kind_of(&promoted.properties, &promoted.key);
        wanted.entry((&promoted.key, kind)).or_default().insert(promoted.event.clone());
    }
    for ((key, kind), events) in wanted {
        match columns.iter_mut().find(|column| column.key.as_deref() == Some(key) && column.kind == kind) {
            Some(column) => column.events.extend(events),
            None => {
                let name = free_name(key, kind, &columns);
                columns.push(Column { name, kind, source: Source::Payload, key: Some(key.into()), events });
            }
        }
    }
    columns
}

/// Gives the columns of the log in the order of export_rows().
fn of_the_log() -> Vec<Column> {
    const LOG: [(&str, Kind); 14] = [
        ("ingest_id", Kind::Int8),
        ("event_ts", Kind::Timestamptz),
        ("event_id", Kind::Uuid),
        ("tenant_id", Kind::Uuid),
        ("event_name", Kind::Text),
        ("user_id", Kind::Uuid),
        ("session_id", Kind::Uuid),
        ("subject_id", Kind::Uuid),
        ("client_ts", Kind::Timestamptz),
        ("seq", Kind::Int4),
        ("event_version", Kind::Int2),
        ("source", Kind::Text),
        ("sample_rate", Kind::Float4),
        ("payload", Kind::Json),
    ];
    LOG.map(|(name, kind)| Column {
        name: name.into(),
        kind,
        source: Source::Column,
        key: None,
        events: BTreeSet::new(),
    })
    .into()
}

/// Tells the type of a key by its JSON Schema. What may be of several types, or of an unknown one, is kept as JSON.
fn kind_of(properties: &Value, key: &str) -> Kind {
    let schema = properties.get(key).or_else(|| {
        let mut parts = key.split('.');
        let first = properties.get(parts.next()?)?;
        parts.try_fold(first, |schema, part| schema.get("properties")?.get(part))
    });
    let types: BTreeSet<&str> = match schema.and_then(|schema| schema.get("type")) {
        Some(Value::String(name)) => [name.as_str()].into(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => BTreeSet::new(),
    };
    match types.into_iter().collect::<Vec<_>>()[..] {
        ["boolean"] => Kind::Bool,
        ["integer"] => Kind::Int8,
        ["number"] | ["integer", "number"] => Kind::Float8,
        ["string"] => Kind::Text,
        _ => Kind::Json,
    }
}

/// Gives a name that no column has, whatever its case: the key, else the key and its type, else those and a number.
fn free_name(key: &str, kind: Kind, columns: &[Column]) -> String {
    let mut plain: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(LONGEST_NAME).collect();
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        plain.insert_str(0, "key_");
    }
    let typed = format!("{plain}_{}", kind.suffix());
    [plain, typed.clone()]
        .into_iter()
        .chain((2..).map(|n: usize| format!("{typed}_{n}")))
        .find(|name| !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)))
        .unwrap_or(typed)
}

impl Kind {
    fn suffix(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Int2 | Kind::Int4 | Kind::Int8 => "int",
            Kind::Float4 | Kind::Float8 => "float",
            Kind::Text => "text",
            Kind::Uuid => "uuid",
            Kind::Timestamptz => "time",
            Kind::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn promoted(event: &str, key: &str, kind: Value) -> Promoted {
        Promoted { event: event.into(), key: key.into(), properties: json!({ key: { "type": kind } }) }
    }

    fn names(columns: &[Column]) -> Vec<&str> {
        columns[14..].iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn it_begins_with_the_log() {
        let columns = evolved(vec![], &[]);
        assert_eq!(columns.len(), 14);
        assert_eq!(columns[0].name, "ingest_id");
        assert_eq!(columns[13], Column { name: "payload".into(), kind: Kind::Json, ..columns[13].clone() });
    }

    #[test]
    fn a_type_that_changes_is_one_more_column() {
        let first = evolved(vec![], &[promoted("paid", "amount", json!("number"))]);
        let both = evolved(
            first.clone(),
            &[promoted("paid", "amount", json!("number")), promoted("paid", "amount", json!(["string", "null"]))],
        );
        assert_eq!(names(&both), ["amount", "amount_text"]);
        assert_eq!(both[..15], first[..]);
        // And back again it is the first one.
        assert_eq!(evolved(both.clone(), &[promoted("paid", "amount", json!("number"))]), both);
    }

    #[test]
    fn events_of_one_type_share_a_column() {
        let columns =
            evolved(vec![], &[promoted("paid", "plan", json!("string")), promoted("left", "plan", json!("string"))]);
        assert_eq!(names(&columns), ["plan"]);
        assert_eq!(columns[14].events, BTreeSet::from(["left".into(), "paid".into()]));
    }

    #[test]
    fn names_are_those_of_no_other_column() {
        let columns = evolved(
            vec![],
            &[
                promoted("e", "Source", json!("string")),
                promoted("e", "a.b", json!("integer")),
                promoted("e", "a_b", json!("integer")),
                promoted("e", "a-b", json!("integer")),
                promoted("e", "1st", json!("boolean")),
            ],
        );
        assert_eq!(names(&columns), ["key_1st", "Source_text", "a_b", "a_b_int", "a_b_int_2"]);
    }

    #[test]
    fn types_are_those_of_the_registry() {
        let of = |schema: Value| kind_of(&json!({ "k": schema }), "k");
        assert_eq!(of(json!({ "type": "integer" })), Kind::Int8);
        assert_eq!(of(json!({ "type": ["number", "null", "integer"] })), Kind::Float8);
        assert_eq!(of(json!({ "type": "boolean" })), Kind::Bool);
        assert_eq!(of(json!({ "type": "string", "format": "date-time" })), Kind::Text);
        assert_eq!(of(json!({ "type": ["string", "integer"] })), Kind::Json);
        assert_eq!(of(json!({ "type": "object" })), Kind::Json);
        assert_eq!(of(json!({ "enum": ["a"] })), Kind::Json);
        assert_eq!(of(json!(true)), Kind::Json);
        assert_eq!(kind_of(&json!({}), "k"), Kind::Json);
        let nested = json!({ "experiment": { "properties": { "variant": { "type": "string" } } } });
        assert_eq!(kind_of(&nested, "experiment.variant"), Kind::Text);
    }

    proptest! {
        /// Whatever is registered in whatever order: columns are only added, names are unique, and the same again adds nothing.
        #[test]
        fn it_only_grows(rounds in prop::collection::vec(prop::collection::vec(
            ("[a-c]", "[a-bA-B_.]{1,3}", prop::sample::select(vec!["string", "number", "integer", "boolean", "object"])), 0..6), 1..5)) {
            let mut columns = vec![];
            for round in rounds {
                let round: Vec<_> = round.iter().map(|(event, key, kind)| promoted(event, key, json!(kind))).collect();
                let next = evolved(columns.clone(), &round);
                for (before, after) in columns.iter().zip(&next) {
                    let before: &Column = before;
                    prop_assert_eq!((&before.name, before.kind, &before.key), (&after.name, after.kind, &after.key));
                    prop_assert!(before.events.is_subset(&after.events));
                }
                let unique: BTreeSet<_> = next.iter().map(|column| column.name.to_ascii_lowercase()).collect();
                prop_assert_eq!(unique.len(), next.len());
                prop_assert_eq!(&evolved(next.clone(), &round), &next);
                columns = next;
            }
        }
    }
}
