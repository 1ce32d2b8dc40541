//! Finds records in a file: END at its end, a record at an offset, and what is the matter when there is no END.

use std::io;

use super::codec::check_payload;
use super::error::Error;
use super::format::{END_LEN, End, FormatError, HEADER_LEN_MIN, Header, Limits, RecordType};
use super::read_at::ReadAt;

/// Why a record could not be read: the system, or the bytes.
pub(super) enum ReadFailure {
    Io(io::Error),
    Format(FormatError),
}

impl ReadFailure {
    pub(super) fn unwrap(self, at: impl FnOnce(FormatError) -> Error) -> Error {
        match self {
            Self::Io(source) => Error::read(source),
            Self::Format(source) => at(source),
        }
    }
}

impl From<io::Error> for ReadFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FormatError> for ReadFailure {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

/// Reads header and payload of the record at `offset`, which must end by `end`. The payload is not checked yet.
pub(super) fn read_record(
    source: &dyn ReadAt,
    limits: &Limits,
    offset: u64,
    end: u64,
    record: &mut Vec<u8>,
) -> Result<Header, ReadFailure> {
    let header = read_header(source, offset, end, record)?;
    limits.check(&header)?;
    let header_len = record.len();
    if header.stored_len > end - offset - header_len as u64 {
        return Err(FormatError::Rule(CUT_OFF).into());
    }
    record.resize(header_len + header.stored_len as usize, 0);
    source.read_exact_at(&mut record[header_len..], offset + header_len as u64)?;
    Ok(header)
}

/// Reads the header at `offset` into `bytes` and decodes it.
fn read_header(
    source: &dyn ReadAt,
    offset: u64,
    end: u64,
    bytes: &mut Vec<u8>,
) -> Result<Header, ReadFailure> {
    let room = end.saturating_sub(offset);
    let mut prefix = [0; HEADER_LEN_MIN];
    if room < prefix.len() as u64 {
        return Err(FormatError::Rule(CUT_OFF).into());
    }
    source.read_exact_at(&mut prefix, offset)?;
    let len = Header::len_from_prefix(&prefix)?;
    if room < len as u64 {
        return Err(FormatError::Rule(CUT_OFF).into());
    }
    bytes.clear();
    bytes.extend(prefix);
    bytes.resize(len, 0);
    source.read_exact_at(&mut bytes[HEADER_LEN_MIN..], offset + HEADER_LEN_MIN as u64)?;
    Ok(Header::decode(bytes)?)
}

const CUT_OFF: &str = "the record is cut off";

/// END, or why the last bytes of the file are not it.
pub(super) fn read_end(source: &dyn ReadAt) -> Result<Result<(Header, End), FormatError>, Error> {
    let Some(offset) = source.len().checked_sub(END_LEN as u64) else {
        return Ok(Err(FormatError::NoRecord));
    };
    let mut bytes = [0; END_LEN];
    source.read_exact_at(&mut bytes, offset).map_err(Error::read)?;
    Ok(decode_end(&bytes))
}

fn decode_end(bytes: &[u8]) -> Result<(Header, End), FormatError> {
    let header = Header::decode(bytes)?;
    if header.record_type != RecordType::End {
        return Err(FormatError::Rule("the last record is not END"));
    }
    check_payload(&header, &[])?;
    FormatError::equal("raw_xxh3", header.raw_xxh3, xxhash_rust::xxh3::xxh3_64(b""))?;
    let end = End::decode(&header.meta)?;
    Ok((header, end))
}

/// Walks the headers of a file without a valid END, to say what is the matter with it.
pub(super) fn diagnose(source: &dyn ReadAt, end_error: FormatError) -> Error {
    let len = source.len();
    let (mut records, mut rows, mut offset) = (0, 0, 0);
    let mut bytes = Vec::new();
    loop {
        let header = match read_header(source, offset, len, &mut bytes) {
            Ok(header) => header,
            Err(ReadFailure::Io(error)) => return Error::read(error),
            Err(ReadFailure::Format(FormatError::Rule(CUT_OFF))) if records > 0 => {
                return Error::Truncated { records, rows };
            }
            Err(ReadFailure::Format(FormatError::Rule(CUT_OFF))) => return diagnose_head(source),
            Err(ReadFailure::Format(FormatError::NoRecord)) if records == 0 => return Error::NotAnArchive,
            Err(ReadFailure::Format(error)) => return Error::at(records, offset, error),
        };
        let record_end = (offset + bytes.len() as u64).checked_add(header.stored_len);
        let Some(record_end) = record_end.filter(|&record_end| record_end <= len) else {
            return Error::Truncated { records, rows };
        };
        if header.record_type == RecordType::End {
            let error =
                if record_end == len { end_error } else { FormatError::Rule("bytes follow after END") };
            return Error::at(records, offset, error);
        }
        records += 1;
        rows += u64::from(header.rows);
        offset = record_end;
    }
}

/// A file that is shorter than its first record: the beginning of an archive, or something else.
fn diagnose_head(source: &dyn ReadAt) -> Error {
    let mut head = vec![0; source.len().min(HEADER_LEN_MIN as u64) as usize];
    match source.read_exact_at(&mut head, 0) {
        Err(error) => Error::read(error),
        Ok(()) if Header::is_prefix(&head) => Error::Truncated { records: 0, rows: 0 },
        Ok(()) => Error::NotAnArchive,
    }
}
