//! Parquet: rows as a file that every reader knows. UUIDs, times in UTC and JSON have their logical types; zstd; statistics and
//! a page index, so that a reader that asks for some ids or times opens some pages.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, FloatType,
    Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::chunk::{Chunk, Filled, Values};
use super::columns::{Column, Kind};

/// The rows of a row group, which is what a writer and a reader hold in memory at once.
pub const MOST_ROWS_IN_A_GROUP: usize = 128 * 1024;

pub struct ParquetFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
}

impl<W: Write + Send> ParquetFile<W> {
    pub fn new(columns: &[Column], out: W) -> Result<ParquetFile<W>, String> {
        let writer =
            SerializedFileWriter::new(out, Arc::new(schema(columns).map_err(told)?), Arc::new(properties(columns)));
        Ok(ParquetFile { writer: writer.map_err(told)? })
    }

    /// One row group of them, ordered by ingest_id as they are.
    pub fn write(&mut self, chunk: Chunk) -> Result<(), String> {
        let mut group = self.writer.next_row_group().map_err(told)?;
        for column in chunk.columns {
            write_column(&mut group, column).map_err(told)?;
        }
        group.close().map_err(told)?;
        Ok(())
    }

    /// How many bytes it has so far.
    pub fn bytes(&self) -> i64 {
        i64::try_from(self.writer.bytes_written()).unwrap_or(i64::MAX)
    }

    pub fn finish(self) -> Result<W, String> {
        self.writer.into_inner().map_err(told)
    }
}

fn told(error: ParquetError) -> String {
    format!("Parquet: {error}")
}

fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let fields = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_, _>>()?;
    Type::group_type_builder("events").with_fields(fields).build()
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Int2 => (Physical::INT32, Some(LogicalType::integer(16, true))),
        Kind::Int4 => (Physical::INT32, None),
        Kind::Int8 => (Physical::INT64, None),
        Kind::Float4 => (Physical::FLOAT, None),
        Kind::Float8 => (Physical::DOUBLE, None),
        Kind::Bool => (Physical::BOOLEAN, None),
        Kind::Uuid => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
    };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .with_length(if column.kind == Kind::Uuid { 16 } else { -1 })
        .build()
}

/// Nothing of the moment and of the machine goes into a file: the same rows give the same bytes.
fn properties(columns: &[Column]) -> WriterProperties {
    let path = |name: &str| ColumnPath::from(name);
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("telemetry-courier ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(MOST_ROWS_IN_A_GROUP))
        .set_statistics_enabled(EnabledStatistics::Page);
    for (index, column) in columns.iter().enumerate() {
        match column.name.as_str() {
            // They only grow: their differences take a byte or two.
            "ingest_id" => {
                let sorted = SortingColumn {
                    column_idx: i32::try_from(index).unwrap_or_default(),
                    descending: false,
                    nulls_first: false,
                };
                builder = builder.set_sorting_columns(Some(vec![sorted]));
                builder = unlisted(builder, path("ingest_id"), Encoding::DELTA_BINARY_PACKED);
            }
            "event_ts" | "client_ts" => builder = unlisted(builder, path(&column.name), Encoding::DELTA_BINARY_PACKED),
            // No two are alike, so that a dictionary would be thrown away.
            "event_id" => builder = unlisted(builder, path("event_id"), Encoding::PLAIN),
            // What a payload holds is nobody's business in a footer.
            "payload" => {
                builder = unlisted(builder, path("payload"), Encoding::PLAIN)
                    .set_column_statistics_enabled(path("payload"), EnabledStatistics::None);
            }
            _ => {}
        }
    }
    builder.build()
}

type Builder = parquet::file::properties::WriterPropertiesBuilder;

fn unlisted(builder: Builder, path: ColumnPath, encoding: Encoding) -> Builder {
    builder.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding)
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: Filled,
) -> Result<(), ParquetError> {
    let present = column.present;
    match column.values {
        Values::Int(values) => write_values::<Int32Type, W>(group, &values, &present),
        Values::Long(values) => write_values::<Int64Type, W>(group, &values, &present),
        Values::Float(values) => write_values::<FloatType, W>(group, &values, &present),
        Values::Double(values) => write_values::<DoubleType, W>(group, &values, &present),
        Values::Bool(values) => write_values::<BoolType, W>(group, &values, &present),
        Values::Bytes { bytes, ends } => {
            let mut start = 0;
            let bytes = Bytes::from(bytes);
            let values = ends.iter().map(|end| ByteArray::from(bytes.slice(std::mem::replace(&mut start, *end)..*end)));
            if column.kind == Kind::Uuid {
                let values: Vec<FixedLenByteArray> = values.map(FixedLenByteArray::from).collect();
                write_values::<FixedLenByteArrayType, W>(group, &values, &present)
            } else {
                write_values::<ByteArrayType, W>(group, &values.collect::<Vec<_>>(), &present)
            }
        }
    }
}

fn write_values<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    present: &[i16],
) -> Result<(), ParquetError> {
    let mut column =
        group.next_column()?.ok_or_else(|| ParquetError::General("more columns than the schema".to_owned()))?;
    column.typed::<T>().write_batch(values, Some(present), None)?;
    column.close()
}
