//! Writes an archive: records are appended, nothing is ever revisited, so a file and a pipe are the same.

use std::io::Write;
use std::mem;

use serde::Serialize;

use super::codec::{Encoded, Encoder};
use super::error::Error;
use super::format::{
    ArchiveId, Codec, DataFormat, Digest, END_LEN, End, Flags, FormatError, Header, Meta, NO_OBJECT, Order,
    RecordType, RootChain, Status, TOC_ENTRIES_MAX, TOC_ENTRY_LEN, TocEntry, leaf,
};

/// zstd level of JSON and TOC records: small against the rows, and read often.
const JSON_LEVEL: i32 = 3;

/// A record, as workers hand it to the writer. The writer adds number, id and digests.
#[derive(Debug)]
pub struct Draft {
    /// What the record is.
    pub record_type: RecordType,
    /// Flags; DATA only.
    pub flags: Flags,
    /// What the rows look like; DATA only.
    pub data_format: DataFormat,
    /// The catalog entry the rows belong to; [`NO_OBJECT`] for other records.
    pub object_id: u32,
    /// Part; DATA only.
    pub part_no: u32,
    /// Frame within the part; DATA only.
    pub frame_no: u32,
    /// Rows that end in this frame.
    pub rows: u32,
    /// What else the header says.
    pub meta: Meta,
    /// The payload.
    pub payload: Encoded,
}

impl Draft {
    /// A JSON record, compressed already.
    pub fn json(record_type: RecordType, payload: Encoded) -> Self {
        Self {
            record_type,
            flags: Flags::NONE,
            data_format: DataFormat::None,
            object_id: NO_OBJECT,
            part_no: 0,
            frame_no: 0,
            rows: 0,
            meta: Meta::default(),
            payload,
        }
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The archive's identity.
    pub root: Digest,
    /// Its id.
    pub archive_id: ArchiveId,
    /// Bytes written.
    pub file_len: u64,
    /// Records, END included.
    pub records: u64,
    /// Rows.
    pub rows: u64,
    /// Raw bytes of the rows.
    pub raw_bytes: u64,
    /// Stored bytes of the rows.
    pub stored_bytes: u64,
}

/// Appends records to `W`. Each is one write of the header and one of the payload, so `W` needs no buffer.
pub struct Writer<W> {
    out: W,
    archive_id: ArchiveId,
    order: Order,
    chain: RootChain,
    /// Encoded entries of the records so far.
    toc: Vec<u8>,
    /// The stored payload of CATALOG, for CATALOG2.
    catalog: Option<Encoded>,
    stored_bytes: u64,
    encoder: Encoder,
    header: Vec<u8>,
}

impl ArchiveId {
    /// A new id.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(|source| Error::Encode { action: "make an archive id", source: source.into() })?;
        Ok(Self::from_bytes(id))
    }
}

impl<W: Write> Writer<W> {
    /// A writer of an archive with this id. Writes nothing yet; the first record must be BEGIN.
    ///
    /// # Errors
    /// When compression cannot be set up.
    pub fn begin(out: W, archive_id: ArchiveId) -> Result<Self, Error> {
        Ok(Self {
            out,
            archive_id,
            order: Order::new(),
            chain: RootChain::new(archive_id),
            toc: Vec::new(),
            catalog: None,
            stored_bytes: 0,
            encoder: Encoder::new(JSON_LEVEL)?,
            header: Vec::new(),
        })
    }

    /// Appends a record and gives back its stored bytes, whose memory can be used again. CATALOG2, TOC and END are
    /// written by [`Writer::finish`].
    ///
    /// # Errors
    /// When the record breaks a rule of the format, or cannot be written. The archive is then lost.
    pub fn append(&mut self, draft: Draft) -> Result<Vec<u8>, Error> {
        if matches!(draft.record_type, RecordType::Catalog2 | RecordType::Toc | RecordType::End) {
            return Err(self.refused(FormatError::Rule("finish writes this record")));
        }
        let stored_len = draft.payload.stored.len() as u64;
        let is_data = draft.record_type == RecordType::Data;
        let meta = draft.meta.encode().map_err(|error| self.refused(error))?;
        let header = Header {
            flags: draft.flags,
            data_format: draft.data_format,
            object_id: draft.object_id,
            part_no: draft.part_no,
            frame_no: draft.frame_no,
            rows: draft.rows,
            meta,
            ..self.header_of(draft.record_type, &draft.payload)
        };
        self.write_record(&header, &draft.payload.stored)?;
        if is_data {
            self.stored_bytes += stored_len;
        }
        if draft.record_type == RecordType::Catalog {
            self.catalog = Some(draft.payload.clone());
        }
        Ok(draft.payload.stored)
    }

    /// Appends a JSON record: BEGIN, CATALOG, LATE, STATISTICS or NOTE.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn append_json(&mut self, record_type: RecordType, value: &impl Serialize) -> Result<(), Error> {
        if !record_type.is_json() {
            return Err(self.refused(FormatError::Rule("the record is not JSON")));
        }
        let payload = self.encoder.encode_json(value)?;
        self.append(Draft::json(record_type, payload))?;
        Ok(())
    }

    /// Bytes written so far.
    pub fn position(&self) -> u64 {
        self.order.next_offset()
    }

    /// Writes CATALOG2, TOC and END, and flushes. The caller still has to make the file durable.
    ///
    /// # Errors
    /// When LATE was not written, a part is unfinished, or writing fails.
    pub fn finish(mut self, status: Status) -> Result<(W, Finished), Error> {
        let Some(catalog) = self.catalog.take() else {
            return Err(self.refused(FormatError::Rule("the archive has no CATALOG")));
        };
        let header = self.header_of(RecordType::Catalog2, &catalog);
        self.write_record(&header, &catalog.stored)?;
        drop(catalog);

        let toc_offset = self.order.next_offset();
        let toc = mem::take(&mut self.toc);
        for entries in toc.chunks(TOC_ENTRIES_MAX * TOC_ENTRY_LEN) {
            let payload = self.encoder.encode(entries)?;
            let header = self.header_of(RecordType::Toc, &payload);
            self.write_record(&header, &payload.stored)?;
        }

        let end_offset = self.order.next_offset();
        let end = End {
            toc_offset,
            toc_bytes: end_offset - toc_offset,
            records: self.order.next_seq(),
            file_len: end_offset + END_LEN as u64,
            rows: self.order.rows(),
            raw_bytes: self.order.raw_bytes(),
            status,
            root: self.chain.root(),
        };
        let nothing = Encoded::nothing();
        let header =
            Header { codec: Codec::None, meta: end.encode(), ..self.header_of(RecordType::End, &nothing) };
        self.write_record(&header, &[])?;
        self.out.flush().map_err(Error::write)?;
        let finished = Finished {
            root: end.root,
            archive_id: self.archive_id,
            file_len: end.file_len,
            records: end.records + 1,
            rows: end.rows,
            raw_bytes: end.raw_bytes,
            stored_bytes: self.stored_bytes,
        };
        Ok((self.out, finished))
    }

    /// The header of a record that belongs to no object.
    fn header_of(&self, record_type: RecordType, payload: &Encoded) -> Header {
        Header {
            record_type,
            flags: Flags::NONE,
            codec: Codec::Zstd,
            transform: payload.transform,
            data_format: DataFormat::None,
            archive_id: self.archive_id,
            seq: self.order.next_seq(),
            stored_len: payload.stored.len() as u64,
            raw_len: payload.raw_len,
            raw_xxh3: payload.raw_xxh3,
            payload_sha256: payload.sha256,
            object_id: NO_OBJECT,
            part_no: 0,
            frame_no: 0,
            rows: 0,
            meta: Vec::new(),
        }
    }

    fn write_record(&mut self, header: &Header, stored: &[u8]) -> Result<(), Error> {
        self.header.clear();
        let mut bytes = mem::take(&mut self.header);
        header.encode(&mut bytes).map_err(|error| self.refused(error))?;
        let entry = TocEntry::new(header, self.order.next_offset(), leaf(&bytes));
        self.order.push(&entry).map_err(|error| self.refused(error))?;
        self.out.write_all(&bytes).map_err(Error::write)?;
        self.out.write_all(stored).map_err(Error::write)?;
        if !matches!(header.record_type, RecordType::Toc | RecordType::End) {
            self.toc.extend(entry.encode());
        }
        self.chain.push(&entry.leaf);
        self.header = bytes;
        Ok(())
    }

    fn refused(&self, source: FormatError) -> Error {
        Error::Refused { record: self.order.next_seq(), source }
    }
}
