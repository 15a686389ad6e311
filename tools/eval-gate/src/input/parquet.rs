//! Parquet files, as texts: the same cells that a CSV file of the same table has.

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;

/// The first bytes of every Parquet file.
const MAGIC: &[u8] = b"PAR1";

/// A Parquet file in memory.
pub(super) struct Parquet {
    reader: SerializedFileReader<Bytes>,
    pub(super) names: Vec<String>,
}

/// Whether bytes say that they are Parquet.
pub(super) fn is_parquet(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl Parquet {
    /// Reads the footer.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, ParquetError> {
        let reader = SerializedFileReader::new(Bytes::from(bytes))?;
        let schema = reader.metadata().file_metadata().schema();
        let names = schema
            .get_fields()
            .iter()
            .map(|field| field.name().to_owned());
        Ok(Self {
            names: names.collect(),
            reader,
        })
    }

    /// Some columns as CSV, every cell in quotes.
    pub(super) fn as_csv(&self, columns: &[String]) -> Result<Vec<u8>, ParquetError> {
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut out = Vec::new();
        let mut cells = vec![String::new(); names.len()];
        let write = |cells: &[String], out: &mut Vec<u8>| {
            for (place, cell) in cells.iter().enumerate() {
                out.extend_from_slice(if place > 0 { b",\"" } else { b"\"" });
                out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            }
            out.push(b'\n');
        };
        write(columns, &mut out);
        let mut at = None;
        self.cells(
            &names,
            |error| error,
            |row, place, cell| {
                if at.is_some_and(|at| at != row) {
                    write(&cells, &mut out);
                }
                at = Some(row);
                cell.clone_into(&mut cells[place]);
                Ok(())
            },
        )?;
        if at.is_some() {
            write(&cells, &mut out);
        }
        Ok(out)
    }

    /// Calls `each(row, place in wanted, cell)` for every cell of some columns; a missing cell is empty. Returns
    /// how many rows there are.
    pub(super) fn cells<E>(
        &self,
        wanted: &[&str],
        fail: impl Fn(ParquetError) -> E,
        mut each: impl FnMut(usize, usize, &str) -> Result<(), E>,
    ) -> Result<usize, E> {
        let schema = self.reader.metadata().file_metadata().schema();
        let known = schema.get_fields().iter();
        let fields = known.filter(|field| wanted.contains(&field.name()));
        let projection = Type::group_type_builder(schema.name())
            .with_fields(fields.cloned().collect())
            .build()
            .map_err(&fail)?;
        let rows = self.reader.get_row_iter(Some(projection)).map_err(&fail)?;
        let mut count = 0;
        for (at, row) in rows.enumerate() {
            let row = row.map_err(&fail)?;
            for (name, field) in row.get_column_iter() {
                let text = text(name, field).map_err(&fail)?;
                for (place, _) in wanted
                    .iter()
                    .enumerate()
                    .filter(|(_, known)| *known == name)
                {
                    each(at, place, &text)?;
                }
            }
            count = at + 1;
        }
        Ok(count)
    }
}

/// A cell as CSV would have it.
fn text(name: &str, field: &Field) -> Result<String, ParquetError> {
    Ok(match field {
        Field::Null => String::new(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(value) => value.to_string(),
        Field::Short(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        // NaN is how data frames write a missing number.
        Field::Float(value) if value.is_nan() => String::new(),
        Field::Double(value) if value.is_nan() => String::new(),
        Field::Float(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        Field::Str(value) => value.trim().to_owned(),
        Field::Bytes(value) => {
            let text = std::str::from_utf8(value.data());
            text.map_err(|_| unsupported(name))?.trim().to_owned()
        }
        _ => return Err(unsupported(name)),
    })
}

fn unsupported(name: &str) -> ParquetError {
    ParquetError::General(format!(
        "the column `{name}` holds no numbers, texts or yes and no"
    ))
}
