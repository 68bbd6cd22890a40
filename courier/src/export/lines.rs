//! JSON lines and CSV. The same rows give the same bytes: keys in the order of columns, times in UTC with six digits.

use std::io::Write;

use chrono::{DateTime, SecondsFormat};

use super::chunk::{Cell, Chunk};
use super::columns::Column;

/// One object a line. Every column has its key, with null where there is nothing.
pub fn write_json(columns: &[Column], chunk: &Chunk, out: &mut dyn Write) -> Result<(), String> {
    let keys: Vec<String> = columns.iter().map(|column| format!("{}:", quoted_json(&column.name))).collect();
    let mut line = String::new();
    chunk.each_row(|row| {
        line.clear();
        for (index, (key, cell)) in keys.iter().zip(row).enumerate() {
            line.push(if index == 0 { '{' } else { ',' });
            line.push_str(key);
            match cell {
                Cell::Null => line.push_str("null"),
                Cell::Text(text) => line.push_str(&quoted_json(text)),
                Cell::Uuid(_) | Cell::Time(_) => {
                    line.push('"');
                    push_plain(&mut line, cell);
                    line.push('"');
                }
                _ => push_plain(&mut line, cell),
            }
        }
        line.push_str("}\n");
        out.write_all(line.as_bytes()).map_err(|error| error.to_string())
    })
}

/// The first line of a CSV file: the names of columns.
pub fn write_csv_header(columns: &[Column], out: &mut dyn Write) -> Result<(), String> {
    let names: Vec<String> = columns.iter().map(|column| quoted_csv(&column.name)).collect();
    out.write_all(format!("{}\n", names.join(",")).as_bytes()).map_err(|error| error.to_string())
}

/// As COPY writes it: nothing for NULL, "" for the empty text, which the crate csv would write alike.
pub fn write_csv(chunk: &Chunk, out: &mut dyn Write) -> Result<(), String> {
    let mut line = String::new();
    chunk.each_row(|row| {
        line.clear();
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                line.push(',');
            }
            match cell {
                Cell::Text(text) | Cell::Json(text) => line.push_str(&quoted_csv(text)),
                _ => push_plain(&mut line, cell),
            }
        }
        line.push('\n');
        out.write_all(line.as_bytes()).map_err(|error| error.to_string())
    })
}

fn push_plain(line: &mut String, cell: &Cell<'_>) {
    use std::fmt::Write as _;
    // Writing to a String does not fail.
    let _ = match cell {
        Cell::Null => Ok(()),
        Cell::Integer(value) => write!(line, "{value}"),
        Cell::Float4(value) => write!(line, "{value}"),
        Cell::Float8(value) => write!(line, "{value}"),
        Cell::Bool(value) => write!(line, "{value}"),
        Cell::Uuid(id) => write!(line, "{}", uuid(id)),
        Cell::Time(micros) => write!(line, "{}", time(*micros)),
        Cell::Text(text) | Cell::Json(text) => line.write_str(text),
    };
}

/// RFC 3339 in UTC, as the database's JSON reads it. Beyond the years of chrono: NULL's text, which no event has.
pub fn time(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
        .unwrap_or_default()
}

fn uuid(id: &[u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(*id));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn quoted_json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn quoted_csv(text: &str) -> String {
    if text.is_empty() || text.contains(['"', ',', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::{Kind, Source};
    use super::*;

    fn written(write: impl Fn(&[Column], &Chunk, &mut Vec<u8>)) -> String {
        let kinds = [Kind::Int8, Kind::Time, Kind::Uuid, Kind::Text, Kind::Json, Kind::Float8];
        let columns: Vec<Column> =
            kinds.iter().map(|kind| Column { name: format!("{kind:?}"), kind: *kind, source: Source::Log }).collect();
        let mut chunk = Chunk::new(&columns);
        chunk.push([
            Cell::Integer(1),
            Cell::Time(1_700_000_000_000_001),
            Cell::Uuid([0xab; 16]),
            Cell::Text("a\"b,\n"),
            Cell::Json("{\"k\": 1}"),
            Cell::Float8(0.1),
        ]);
        chunk.push([Cell::Integer(2), Cell::Null, Cell::Null, Cell::Text(""), Cell::Null, Cell::Float8(3.0)]);
        let mut out = Vec::new();
        write(&columns, &chunk, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_lines() {
        let lines = written(|columns, chunk, out| write_json(columns, chunk, out).unwrap());
        assert_eq!(
            lines,
            concat!(
                r#"{"Int8":1,"Time":"2023-11-14T22:13:20.000001Z","Uuid":"abababab-abab-abab-abab-abababababab","#,
                r#""Text":"a\"b,\n","Json":{"k": 1},"Float8":0.1}"#,
                "\n",
                r#"{"Int8":2,"Time":null,"Uuid":null,"Text":"","Json":null,"Float8":3}"#,
                "\n"
            )
        );
    }

    #[test]
    fn csv() {
        let lines = written(|columns, chunk, out| {
            write_csv_header(columns, out).unwrap();
            write_csv(chunk, out).unwrap();
        });
        assert_eq!(
            lines,
            "Int8,Time,Uuid,Text,Json,Float8\n\
             1,2023-11-14T22:13:20.000001Z,abababab-abab-abab-abab-abababababab,\"a\"\"b,\n\",\"{\"\"k\"\": 1}\",0.1\n\
             2,,,\"\",,3\n"
        );
    }
}
