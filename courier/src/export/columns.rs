//! Pure: the columns of an export, as the database lists them: those of the log, then promoted properties, each with its type.

use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Bool,
    Uuid,
    /// Microseconds since 1970, UTC.
    Time,
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column of the log.
    Log,
    /// A property of the payload, of these events.
    Payload { key: String, events: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub source: Source,
}

/// Reads the list of the database. A type that this courier does not know is an error: it is older than the database.
pub fn read(list: &Value) -> Result<Vec<Column>, String> {
    let columns: Vec<Column> =
        list.as_array().ok_or("the list of columns is none")?.iter().map(column).collect::<Result<_, _>>()?;
    for name in ["ingest_id", "event_ts"] {
        if position(&columns, name).is_none() {
            return Err(format!("the list of columns lacks {name}"));
        }
    }
    Ok(columns)
}

/// Where a column of the log stands in the list.
pub fn position(columns: &[Column], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name && column.source == Source::Log)
}

fn column(item: &Value) -> Result<Column, String> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text("name");
    let kind = match text("type").as_str() {
        "int2" => Kind::Int2,
        "int4" => Kind::Int4,
        "int8" => Kind::Int8,
        "float4" => Kind::Float4,
        "float8" => Kind::Float8,
        "bool" => Kind::Bool,
        "uuid" => Kind::Uuid,
        "timestamptz" => Kind::Time,
        "text" => Kind::Text,
        "json" => Kind::Json,
        other => return Err(format!("the column {name} has the type {other:?}, which this courier does not know")),
    };
    let source = match text("source").as_str() {
        "column" => Source::Log,
        "payload" => Source::Payload {
            key: text("key"),
            events: item
                .get("events")
                .and_then(Value::as_array)
                .map(|events| events.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
        },
        other => return Err(format!("the column {name} comes from {other:?}, which this courier does not know")),
    };
    Ok(Column { name, kind, source })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn as_the_database_lists_them() {
        let list = json!([
            {"name": "ingest_id", "type": "int8", "source": "column"},
            {"name": "event_ts", "type": "timestamptz", "source": "column"},
            {"name": "amount", "type": "float8", "source": "payload", "key": "amount", "events": ["paid"]}
        ]);
        let columns = read(&list).unwrap();
        assert_eq!(columns[2].source, Source::Payload { key: "amount".to_owned(), events: vec!["paid".to_owned()] });
        assert_eq!(position(&columns, "event_ts"), Some(1));
        assert_eq!(position(&columns, "amount"), None);
    }

    #[test]
    fn an_unknown_type_is_named() {
        let list = json!([{"name": "place", "type": "point", "source": "column"}]);
        assert_eq!(
            read(&list),
            Err("the column place has the type \"point\", which this courier does not know".to_owned())
        );
        assert!(read(&json!([])).unwrap_err().contains("ingest_id"));
        assert!(read(&json!({})).is_err());
    }
}
