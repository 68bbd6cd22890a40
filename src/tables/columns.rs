//! Pure: the columns of a relation of the application, and how a definition refers to them.

use crate::spelling::shown;
use serde_json::Value;

/// Why a definition cannot be used, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub problem: String,
    pub hint: String,
}

impl Problem {
    pub fn new(problem: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { problem: problem.into(), hint: hint.into() }
    }
}

/// What a column holds, as far as an argument of an event cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Text,
    Integer,
    Number,
    Time,
    /// A time without a time zone, or a date.
    LocalTime,
    Jsonb,
    Json,
    Other,
}

impl Kind {
    /// `type_name` is the base type's, `category` its typcategory.
    pub fn of(type_name: &str, category: &str) -> Kind {
        match (type_name, category) {
            ("uuid", _) => Kind::Uuid,
            ("int2" | "int4" | "int8", _) => Kind::Integer,
            ("float4" | "float8" | "numeric", _) => Kind::Number,
            ("timestamptz", _) => Kind::Time,
            ("timestamp" | "date", _) => Kind::LocalTime,
            ("jsonb", _) => Kind::Jsonb,
            ("json", _) => Kind::Json,
            (_, "S" | "E") => Kind::Text,
            _ => Kind::Other,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// It is computed whenever it is read.
    pub is_virtual: bool,
}

/// Which row of a change a column is of. A relation that is imported has new rows only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    #[default]
    New,
    Old,
}

impl Side {
    pub fn alias(self) -> &'static str {
        match self {
            Side::New => "new",
            Side::Old => "old",
        }
    }
}

/// A column of one of the two rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reference {
    pub side: Side,
    pub column: String,
}

impl Reference {
    pub fn new(column: &str) -> Reference {
        Reference { side: Side::New, column: column.into() }
    }

    #[cfg(test)]
    pub fn old(column: &str) -> Reference {
        Reference { side: Side::Old, column: column.into() }
    }
}

/// Where a member of a payload comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    Column(Reference),
    Constant(Value),
    Object(Vec<(String, Member)>),
    /// A column of a row that is not there: what was, of an INSERT.
    Nothing,
}

/// The columns that a definition may refer to.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    pub all: Vec<Column>,
    /// The columns of the primary key; empty where there is none.
    pub key: Vec<String>,
    /// insert, update or delete; None where a relation is imported.
    pub operation: Option<&'static str>,
}

impl Columns {
    pub fn has(&self, name: &str) -> bool {
        self.all.iter().any(|column| column.name == name)
    }

    pub fn kind(&self, reference: &Reference) -> Kind {
        self.all.iter().find(|column| column.name == reference.column).map_or(Kind::Other, |column| column.kind)
    }

    /// A column by its name. Of a change it may say whether what was (`old.`) or what is (`new.`) is meant; without that it
    /// is what is, and what was of a DELETE. Error: there is no such column, or no such row.
    pub fn reference(&self, name: &str) -> Result<Reference, Problem> {
        match self.member(name)? {
            Member::Column(reference) => Ok(reference),
            _ => Err(Problem::new(
                format!("\"{}\" has no value here", shown(name)),
                "An INSERT has no old row, and a DELETE no new one.",
            )),
        }
    }

    /// What a member of a payload refers to.
    pub fn member(&self, name: &str) -> Result<Member, Problem> {
        let usual = if self.operation == Some("delete") { Side::Old } else { Side::New };
        if self.has(name) {
            return Ok(Member::Column(Reference { side: usual, column: name.into() }));
        }
        if let Some(operation) = self.operation {
            if name == "tg_op" {
                return Ok(Member::Constant(Value::from(operation)));
            }
            for side in [Side::New, Side::Old] {
                let column = name.strip_prefix(side.alias()).and_then(|rest| rest.strip_prefix('.'));
                if let Some(column) = column.filter(|column| self.has(column)) {
                    let missing = if side == Side::New { "delete" } else { "insert" };
                    let reference = Reference { side, column: column.into() };
                    return Ok(if operation == missing { Member::Nothing } else { Member::Column(reference) });
                }
            }
        }
        let hint = self.all.iter().take(20).map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        Err(Problem::new(format!("there is no column \"{}\"", shown(name)), format!("The columns are: {hint}.")))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn columns(all: &[(&str, Kind)], operation: Option<&'static str>) -> Columns {
        let all =
            all.iter().map(|(name, kind)| Column { name: (*name).into(), kind: *kind, is_virtual: false }).collect();
        Columns { all, key: vec!["id".into()], operation }
    }

    /// The event table of a tutoring marketplace.
    pub fn events() -> Columns {
        let all = [
            ("id", Kind::Integer),
            ("event_type", Kind::Text),
            ("event_time", Kind::Time),
            ("user_id", Kind::Uuid),
            ("meta", Kind::Jsonb),
            ("plan", Kind::Text),
            ("logged at", Kind::LocalTime),
        ];
        columns(&all, None)
    }

    /// A table of subscriptions, of which a change is seen.
    pub fn audit(operation: &'static str) -> Columns {
        columns(&[("id", Kind::Uuid), ("plan", Kind::Text), ("price", Kind::Number)], Some(operation))
    }

    #[test]
    fn a_type_is_known_by_its_base() {
        assert_eq!(Kind::of("int8", "N"), Kind::Integer);
        assert_eq!(Kind::of("varchar", "S"), Kind::Text);
        assert_eq!(Kind::of("mood", "E"), Kind::Text);
        assert_eq!(Kind::of("bool", "B"), Kind::Other);
    }
}
