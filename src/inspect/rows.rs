//! The rows of a table in an archive: from its frames to any of the formats.

use std::io::{self, Write};

use super::error::Error;
use super::table_name::find_rows;
use crate::archive::{ArchiveFile, Decoder, Flags, FormatError, Header, RecordType, TocEntry, row_len};
use crate::copy::{BINARY_HEADER, BINARY_TRAILER};
use crate::manifest::{Begin, Catalog, Entry, RowFormat};
use crate::sql::bytes::to_server;
use crate::sql::ident;
use crate::value::{
    Field, Malformed, Type, UserTypes, copy_field, csv_field, json_string, json_value, read_field,
    split_line, text,
};
use crate::version::Version;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// COPY's text format, without the end marker.
    Copy,
    /// COPY's CSV format, with a header.
    Csv,
    /// An object per line.
    Jsonl,
    /// COPY's binary format.
    Binary,
}

/// Memory beyond this is given back after a row.
const KEPT_MAX: usize = 1 << 20;

/// Writes the rows of one table and returns their number. Every frame is checked before its rows are used.
pub(super) fn print(
    archive: &ArchiveFile,
    table: &str,
    format: Format,
    out: &mut impl Write,
) -> Result<u64, Error> {
    let (begin, catalog, late) = (archive.begin()?, archive.catalog()?, archive.late()?);
    archive.check_complete(&catalog, &late)?;
    let entry = find_rows(&begin, &catalog, table)?;
    let columns = columns(entry, &catalog);
    let Some(stored) = entry.data.as_ref().map(|data| data.format) else {
        return Err(Error::TextRows(entry.label.clone()));
    };
    check(entry, stored, &columns, format, &begin)?;
    let version = Version::from_num(begin.source.server_version_num);
    let mut printer = Printer { columns: &columns, format, version, scratch: Vec::new(), rows: 0, out };
    printer.begin().map_err(Error::Output)?;

    let as_stored = matches!((stored, format), (RowFormat::Text, Format::Copy) | (_, Format::Binary));
    let mut frames = Frames::new(archive, entry.id)?;
    while let Some((frame, header)) = frames.next()? {
        if as_stored {
            printer.out.write_all(frame.bytes).map_err(Error::Output)?;
            printer.rows += u64::from(header.rows);
            continue;
        }
        frame.rows(&header, |row| {
            let written = match stored {
                RowFormat::Binary => printer.binary_row(row),
                _ => printer.text_row(row),
            };
            written.map_err(|error| match error.get_ref().is_some_and(|cause| cause.is::<Malformed>()) {
                true => Error::Value { table: entry.label.clone(), row: printer.rows + 1 },
                false => Error::Output(error),
            })
        })?;
    }
    printer.end().map_err(Error::Output)?;
    Ok(printer.rows)
}

/// The columns whose values are in the rows.
fn columns(entry: &Entry, catalog: &Catalog) -> Vec<Field> {
    let types = UserTypes::new(&catalog.types);
    let dumped = entry.columns.iter().filter(|column| column.dumped);
    dumped
        .map(|column| Field { name: column.name.clone(), data_type: types.find(&column.type_name) })
        .collect()
}

/// Refuses what cannot be printed, before anything is.
fn check(
    entry: &Entry,
    stored: RowFormat,
    columns: &[Field],
    format: Format,
    begin: &Begin,
) -> Result<(), Error> {
    match (stored, format) {
        (RowFormat::Text, Format::Binary) => return Err(Error::TextRows(entry.label.clone())),
        (RowFormat::Binary, Format::Copy | Format::Csv | Format::Jsonl) => {
            let opaque = |column: &Field| Some((column.name.clone(), column.data_type.opaque()?.to_owned()));
            if let Some((column, data_type)) = columns.iter().find_map(opaque) {
                return Err(Error::Opaque { column: ident(&column), data_type });
            }
        }
        _ => {}
    }
    // Rows are in the encoding of the database, names in UTF-8: where they differ they cannot stand in one text.
    let encoding = &begin.source.encoding;
    let names = match format {
        Format::Csv | Format::Jsonl if !matches!(encoding.as_str(), "UTF8" | "SQL_ASCII") => columns,
        _ => &[],
    };
    match names.iter().find_map(|column| foreign_name(column, format)) {
        Some(name) => Err(Error::Encoding { name: ident(name), encoding: encoding.clone() }),
        None => Ok(()),
    }
}

/// A name that is not ASCII: of the column, or in JSON of a field within it.
fn foreign_name(column: &Field, format: Format) -> Option<&str> {
    fn within(data_type: &Type) -> Option<&str> {
        match data_type {
            Type::Array(inner) => within(inner),
            Type::Composite(fields) => fields.iter().find_map(|field| foreign_name(field, Format::Jsonl)),
            _ => None,
        }
    }
    match column.name.is_ascii() {
        true if format == Format::Jsonl => within(&column.data_type),
        true => None,
        false => Some(&column.name),
    }
}

/// Prints rows.
struct Printer<'a, W> {
    columns: &'a [Field],
    format: Format,
    version: Version,
    scratch: Vec<u8>,
    rows: u64,
    out: &'a mut W,
}

impl<W: Write> Printer<'_, W> {
    fn begin(&mut self) -> io::Result<()> {
        match self.format {
            Format::Binary => self.out.write_all(BINARY_HEADER),
            Format::Csv => {
                for (at, column) in self.columns.iter().enumerate() {
                    self.out.write_all(if at > 0 { b"," } else { b"" })?;
                    csv_field(Some(&to_server(&column.name)), self.columns.len() == 1, self.out)?;
                }
                self.out.write_all(b"\n")
            }
            Format::Copy | Format::Jsonl => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if self.format == Format::Binary {
            self.out.write_all(BINARY_TRAILER)?;
        }
        self.out.flush()
    }

    /// A tuple of COPY BINARY.
    fn binary_row(&mut self, row: &[u8]) -> io::Result<()> {
        let (count, mut rest) = row.split_first_chunk().ok_or(Malformed)?;
        if usize::from(u16::from_be_bytes(*count)) != self.columns.len() {
            return Err(Malformed.into());
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        for (at, column) in self.columns.iter().enumerate() {
            let (len, after) = rest.split_first_chunk().ok_or(Malformed)?;
            rest = after;
            let value = match i32::from_be_bytes(*len) {
                -1 => None,
                len => {
                    let len = usize::try_from(len).map_err(|_| Malformed)?;
                    let (bytes, after) = rest.split_at_checked(len).ok_or(Malformed)?;
                    rest = after;
                    Some(match column.data_type {
                        // Long ones are not copied.
                        Type::Text | Type::Json => bytes,
                        _ => {
                            scratch.clear();
                            text(&column.data_type, bytes, self.version, &mut scratch)?;
                            &scratch
                        }
                    })
                }
            };
            self.field(at, value)?;
        }
        if scratch.capacity() <= KEPT_MAX {
            self.scratch = scratch;
        }
        self.end_row()
    }

    /// A line of COPY text.
    fn text_row(&mut self, row: &[u8]) -> io::Result<()> {
        let fields = split_line(row.strip_suffix(b"\n").unwrap_or(row), self.columns.len());
        if fields.len() != self.columns.len() {
            return Err(Malformed.into());
        }
        for (at, field) in fields.into_iter().enumerate() {
            self.field(at, read_field(field).as_deref())?;
        }
        self.end_row()
    }

    fn field(&mut self, at: usize, value: Option<&[u8]>) -> io::Result<()> {
        let separator: &[u8] = match (self.format, at) {
            (Format::Jsonl, 0) => b"{",
            (_, 0) => b"",
            (Format::Copy, _) => b"\t",
            _ => b",",
        };
        self.out.write_all(separator)?;
        match self.format {
            Format::Copy => copy_field(value, self.out),
            Format::Csv => csv_field(value, self.columns.len() == 1, self.out),
            Format::Jsonl => {
                let column = &self.columns[at];
                json_string(&to_server(&column.name), self.out)?;
                self.out.write_all(b":")?;
                match value {
                    Some(text) => json_value(&column.data_type, text, self.out),
                    None => self.out.write_all(b"null"),
                }
            }
            // As stored.
            Format::Binary => Ok(()),
        }
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.rows += 1;
        self.out.write_all(match (self.format, self.columns.is_empty()) {
            (Format::Jsonl, true) => b"{}\n",
            (Format::Jsonl, false) => b"}\n",
            _ => b"\n",
        })
    }
}

/// The frames of an object, part by part.
struct Frames<'a> {
    archive: &'a ArchiveFile,
    records: std::vec::IntoIter<&'a TocEntry>,
    decoder: Decoder,
    stored: Vec<u8>,
    raw: Vec<u8>,
    /// The beginning of a row that goes on in the next frame.
    open: Vec<u8>,
}

/// A frame that was checked.
struct Frame<'a> {
    record: &'a TocEntry,
    bytes: &'a [u8],
    open: &'a mut Vec<u8>,
}

impl<'a> Frames<'a> {
    fn new(archive: &'a ArchiveFile, object_id: u32) -> Result<Self, Error> {
        let own =
            |record: &&TocEntry| record.record_type == RecordType::Data && record.object_id == object_id;
        let mut records: Vec<&TocEntry> = archive.toc().iter().filter(own).collect();
        records.sort_by_key(|record| (record.part_no, record.frame_no));
        Ok(Self {
            archive,
            records: records.into_iter(),
            decoder: Decoder::new()?,
            stored: Vec::new(),
            raw: Vec::new(),
            open: Vec::new(),
        })
    }

    fn next(&mut self) -> Result<Option<(Frame<'_>, Header)>, Error> {
        let Some(record) = self.records.next() else { return Ok(None) };
        let header = self.archive.read_frame(record, &mut self.decoder, &mut self.stored, &mut self.raw)?;
        Ok(Some((Frame { record, bytes: &self.raw, open: &mut self.open }, header)))
    }
}

impl Frame<'_> {
    /// Hands out each row that ends in this frame.
    fn rows(self, header: &Header, mut row: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let continues = header.flags.has(Flags::CONTINUES);
        // Nothing ends here: looked at once, when it does.
        if header.rows == 0 && continues {
            self.open.extend(self.bytes);
            return Ok(());
        }
        let mut joined = std::mem::take(self.open);
        if !joined.is_empty() {
            joined.extend(self.bytes);
        }
        let mut rest = if joined.is_empty() { self.bytes } else { &joined };
        let mut rows = 0;
        while let Some(len) = row_len(header.data_format, rest).map_err(|error| self.damaged(error))? {
            row(&rest[..len])?;
            rest = &rest[len..];
            rows += 1;
        }
        if rows != header.rows || rest.is_empty() == continues {
            return Err(self.damaged(FormatError::Rule("the rows are not those that the header promises")));
        }
        self.open.extend(rest);
        Ok(())
    }

    fn damaged(&self, error: FormatError) -> Error {
        crate::archive::Error::of(self.record, error).into()
    }
}
