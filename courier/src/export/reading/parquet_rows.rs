//! The rows of a Parquet file, a row group at a time. Columns are found by name; one that the file does not have is NULL.

use std::fs::File;

use parquet::column::reader::ColumnReader;
use parquet::data_type::AsBytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, RowGroupReader, SerializedFileReader};

use crate::export::chunk::{Chunk, Filled, Values};
use crate::export::columns::Column;

pub struct ParquetRows {
    reader: SerializedFileReader<File>,
    columns: Vec<Column>,
    next: usize,
}

impl ParquetRows {
    pub fn open(file: File, columns: Vec<Column>) -> Result<ParquetRows, String> {
        let reader = SerializedFileReader::new(file).map_err(told)?;
        Ok(ParquetRows { reader, columns, next: 0 })
    }

    fn group(&self, index: usize) -> Result<Chunk, ParquetError> {
        let group = self.reader.get_row_group(index)?;
        let mut chunk = Chunk::new(&self.columns);
        chunk.rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        for (column, filled) in self.columns.iter().zip(&mut chunk.columns) {
            let at =
                (0..group.num_columns()).find(|at| group.metadata().column(*at).column_path().string() == column.name);
            match at {
                Some(at) => chunk.bytes += read_column(&*group, at, chunk.rows, filled)?,
                None => filled.present = vec![0; chunk.rows],
            }
        }
        Ok(chunk)
    }
}

impl Iterator for ParquetRows {
    type Item = Result<Chunk, String>;

    fn next(&mut self) -> Option<Result<Chunk, String>> {
        let index = self.next;
        self.next += 1;
        (index < self.reader.num_row_groups()).then(|| self.group(index).map_err(told))
    }
}

fn told(error: ParquetError) -> String {
    format!("Parquet: {error}")
}

/// How many bytes it took.
fn read_column(group: &dyn RowGroupReader, at: usize, rows: usize, filled: &mut Filled) -> Result<usize, ParquetError> {
    let present = &mut filled.present;
    match (group.get_column_reader(at)?, &mut filled.values) {
        (ColumnReader::Int32ColumnReader(mut reader), Values::Int(values)) => {
            reader.read_records(rows, Some(present), None, values)?;
            Ok(values.len() * 4)
        }
        (ColumnReader::Int64ColumnReader(mut reader), Values::Long(values)) => {
            reader.read_records(rows, Some(present), None, values)?;
            Ok(values.len() * 8)
        }
        (ColumnReader::FloatColumnReader(mut reader), Values::Float(values)) => {
            reader.read_records(rows, Some(present), None, values)?;
            Ok(values.len() * 4)
        }
        (ColumnReader::DoubleColumnReader(mut reader), Values::Double(values)) => {
            reader.read_records(rows, Some(present), None, values)?;
            Ok(values.len() * 8)
        }
        (ColumnReader::BoolColumnReader(mut reader), Values::Bool(values)) => {
            reader.read_records(rows, Some(present), None, values)?;
            Ok(values.len())
        }
        (ColumnReader::ByteArrayColumnReader(mut reader), Values::Bytes { bytes, ends }) => {
            let mut read = Vec::new();
            reader.read_records(rows, Some(present), None, &mut read)?;
            Ok(append(&read, bytes, ends))
        }
        (ColumnReader::FixedLenByteArrayColumnReader(mut reader), Values::Bytes { bytes, ends }) => {
            let mut read = Vec::new();
            reader.read_records(rows, Some(present), None, &mut read)?;
            Ok(append(&read, bytes, ends))
        }
        _ => Err(ParquetError::General("a column has another type than its manifest says".to_owned())),
    }
}

fn append<T: AsBytes>(read: &[T], bytes: &mut Vec<u8>, ends: &mut Vec<usize>) -> usize {
    for value in read {
        bytes.extend_from_slice(value.as_bytes());
        ends.push(bytes.len());
    }
    bytes.len() + ends.len() * 8
}
