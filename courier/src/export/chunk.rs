//! Pure: some rows, column by column. What is read from the database and from files goes through it, and so does what is written.

use super::columns::{Column, Kind};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Null,
    Integer(i64),
    Float4(f32),
    Float8(f64),
    Bool(bool),
    Uuid([u8; 16]),
    /// A time, in microseconds since 1970.
    Time(i64),
    Text(&'a str),
    Json(&'a str),
}

/// The values of a column that are not NULL, in the order of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Int(Vec<i32>),
    Long(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bool(Vec<bool>),
    /// UUIDs, texts and JSON: one after the other, and where each ends.
    Bytes {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    pub kind: Kind,
    /// 1 for a row that has a value, 0 for NULL: the definition levels of Parquet.
    pub present: Vec<i16>,
    pub values: Values,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    pub columns: Vec<Filled>,
    pub rows: usize,
    /// About how much memory it takes.
    pub bytes: usize,
}

impl Chunk {
    pub fn new(columns: &[Column]) -> Chunk {
        let columns = columns.iter().map(|column| Filled::new(column.kind)).collect();
        Chunk { columns, rows: 0, bytes: 0 }
    }

    /// Adds a row. A cell whose type is not the column's is NULL.
    pub fn push<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        let mut cells = cells.into_iter();
        for column in &mut self.columns {
            self.bytes += column.push(cells.next().unwrap_or(Cell::Null));
        }
        self.rows += 1;
    }

    /// Shows each row in turn.
    pub fn each_row(&self, mut row: impl FnMut(&[Cell<'_>]) -> Result<(), String>) -> Result<(), String> {
        let mut at = vec![0; self.columns.len()];
        let mut cells = Vec::with_capacity(self.columns.len());
        for index in 0..self.rows {
            cells.clear();
            for (column, at) in self.columns.iter().zip(&mut at) {
                if column.present[index] == 1 {
                    cells.push(column.cell(*at));
                    *at += 1;
                } else {
                    cells.push(Cell::Null);
                }
            }
            row(&cells)?;
        }
        Ok(())
    }
}

impl Filled {
    fn new(kind: Kind) -> Filled {
        let values = match kind {
            Kind::Int2 | Kind::Int4 => Values::Int(Vec::new()),
            Kind::Int8 | Kind::Time => Values::Long(Vec::new()),
            Kind::Float4 => Values::Float(Vec::new()),
            Kind::Float8 => Values::Double(Vec::new()),
            Kind::Bool => Values::Bool(Vec::new()),
            Kind::Uuid | Kind::Text | Kind::Json => Values::Bytes { bytes: Vec::new(), ends: Vec::new() },
        };
        Filled { kind, present: Vec::new(), values }
    }

    /// How many bytes it took.
    fn push(&mut self, cell: Cell<'_>) -> usize {
        let taken = match (&mut self.values, cell) {
            (Values::Int(values), Cell::Integer(value)) => {
                i32::try_from(value).ok().map(|value| values.push(value)).map(|()| 4)
            }
            (Values::Long(values), Cell::Integer(value) | Cell::Time(value)) => {
                values.push(value);
                Some(8)
            }
            (Values::Float(values), Cell::Float4(value)) => {
                values.push(value);
                Some(4)
            }
            (Values::Double(values), Cell::Float8(value)) => {
                values.push(value);
                Some(8)
            }
            (Values::Bool(values), Cell::Bool(value)) => {
                values.push(value);
                Some(1)
            }
            (Values::Bytes { bytes, ends }, Cell::Text(text) | Cell::Json(text)) if self.kind != Kind::Uuid => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                Some(text.len() + 8)
            }
            (Values::Bytes { bytes, ends }, Cell::Uuid(id)) if self.kind == Kind::Uuid => {
                bytes.extend_from_slice(&id);
                ends.push(bytes.len());
                Some(24)
            }
            _ => None,
        };
        self.present.push(i16::from(taken.is_some()));
        taken.unwrap_or_default() + 2
    }

    /// The value at this place among those that are not NULL.
    fn cell(&self, at: usize) -> Cell<'_> {
        match &self.values {
            Values::Int(values) => Cell::Integer(i64::from(values[at])),
            Values::Long(values) if self.kind == Kind::Time => Cell::Time(values[at]),
            Values::Long(values) => Cell::Integer(values[at]),
            Values::Float(values) => Cell::Float4(values[at]),
            Values::Double(values) => Cell::Float8(values[at]),
            Values::Bool(values) => Cell::Bool(values[at]),
            Values::Bytes { bytes, ends } => {
                let start = if at == 0 { 0 } else { ends[at - 1] };
                let value = &bytes[start..ends[at]];
                match self.kind {
                    Kind::Uuid => value.try_into().map_or(Cell::Null, Cell::Uuid),
                    Kind::Json => std::str::from_utf8(value).map_or(Cell::Null, Cell::Json),
                    _ => std::str::from_utf8(value).map_or(Cell::Null, Cell::Text),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Source;
    use super::*;

    fn columns(kinds: &[Kind]) -> Vec<Column> {
        kinds.iter().map(|kind| Column { name: format!("{kind:?}"), kind: *kind, source: Source::Log }).collect()
    }

    #[test]
    fn rows_come_out_as_they_went_in() {
        let kinds = [
            Kind::Int8,
            Kind::Int2,
            Kind::Uuid,
            Kind::Text,
            Kind::Json,
            Kind::Bool,
            Kind::Float4,
            Kind::Float8,
            Kind::Time,
        ];
        let rows = [
            vec![
                Cell::Integer(1),
                Cell::Integer(-2),
                Cell::Uuid([7; 16]),
                Cell::Text("a"),
                Cell::Json("{}"),
                Cell::Bool(true),
                Cell::Float4(0.5),
                Cell::Float8(0.1),
                Cell::Time(3),
            ],
            vec![Cell::Null; kinds.len()],
            vec![
                Cell::Integer(2),
                Cell::Null,
                Cell::Null,
                Cell::Text(""),
                Cell::Null,
                Cell::Bool(false),
                Cell::Null,
                Cell::Null,
                Cell::Null,
            ],
        ];
        let mut chunk = Chunk::new(&columns(&kinds));
        rows.iter().for_each(|row| chunk.push(row.iter().copied()));
        let mut index = 0;
        chunk
            .each_row(|row| {
                assert_eq!(row, rows[index]);
                index += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(index, 3);
    }

    #[test]
    fn a_value_of_another_type_is_null() {
        let mut chunk = Chunk::new(&columns(&[Kind::Float8, Kind::Int2]));
        chunk.push([Cell::Text("12"), Cell::Integer(40_000_000_000)]);
        assert_eq!([&chunk.columns[0].present, &chunk.columns[1].present], [&vec![0], &vec![0]]);
    }
}
