//! Reads an archive in file order, from a pipe. Memory does not grow with the archive, but for its parts.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use serde::de::DeserializeOwned;

use super::codec::{Decoder, check_payload};
use super::error::Error;
use super::format::{
    ArchiveId, Contents, End, FormatError, HEADER_LEN_MIN, Header, Limits, Meta, Order, RecordType,
    RootChain, TOC_ENTRY_LEN, TocEntry, leaf,
};
use super::json;
use super::reader::check_totals;

/// A record whose header and stored payload are as they were written.
#[derive(Clone, Debug)]
pub struct StreamRecord {
    /// Its header.
    pub header: Header,
    /// Its entry, as the table of contents has it.
    pub entry: TocEntry,
}

/// Sequential reader.
///
/// Rows handed out before [`StreamReader::next_record`] has returned `None` are good, but nobody knows yet whether
/// the rest will come: what is built from them is unfinished until then.
pub struct StreamReader<R> {
    input: R,
    limits: Limits,
    order: Order,
    archive_id: ArchiveId,
    chain: RootChain,
    catalog: Option<super::format::Digest>,
    /// SHA-256 over the entries that the table of contents must have, and over those that it has.
    toc_expected: Sha256,
    toc_found: Sha256,
    current: Option<Header>,
    stored: Vec<u8>,
    decoder: Decoder,
    end: Option<End>,
}

impl<R: Read> StreamReader<R> {
    /// A reader of the archive that begins at the next byte of `input`. Reads are large, `input` needs no buffer.
    ///
    /// # Errors
    /// When decompression cannot be set up.
    pub fn new(input: R, limits: Limits) -> Result<Self, Error> {
        let archive_id = ArchiveId::default();
        Ok(Self {
            input,
            limits,
            order: Order::new(),
            archive_id,
            chain: RootChain::new(archive_id),
            catalog: None,
            toc_expected: Sha256::new(),
            toc_found: Sha256::new(),
            current: None,
            stored: Vec::new(),
            decoder: Decoder::new()?,
            end: None,
        })
    }

    /// Reads and checks the next record; TOC and END are checked and not handed out. `None`: the archive is over,
    /// and everything in it was as it was written.
    ///
    /// # Errors
    /// When the input cannot be read, is no archive, ends early, or anything differs.
    pub fn next_record(&mut self) -> Result<Option<StreamRecord>, Error> {
        self.current = None;
        while self.end.is_none() {
            let (seq, offset) = (self.order.next_seq(), self.order.next_offset());
            let (header, header_bytes) = self.read_header()?;
            let at = |error| Error::at(seq, offset, error);
            self.limits.check(&header).map_err(at)?;
            let entry = TocEntry::new(&header, offset, leaf(&header_bytes));
            let of = |error| Error::of(&entry, error);
            self.check_place(&header, &entry).map_err(of)?;
            self.read_payload(&header)?;
            check_payload(&header, &self.stored).map_err(of)?;
            match header.record_type {
                RecordType::Toc => self.check_toc(&header).map_err(of)?,
                RecordType::End => self.check_end(&header).map_err(of)?,
                _ => {
                    self.toc_expected.update(entry.encode());
                    self.current = Some(header.clone());
                    return Ok(Some(StreamRecord { header, entry }));
                }
            }
        }
        Ok(None)
    }

    /// Decompresses the payload of the record that was returned last into `raw`.
    ///
    /// # Errors
    /// When it is damaged.
    ///
    /// # Panics
    /// When no record was returned.
    pub fn decode(&mut self, raw: &mut Vec<u8>) -> Result<(), Error> {
        let header = self.current.as_ref().expect("invariant: a record was returned");
        let (seq, offset) = (header.seq, self.order.next_offset());
        self.decoder.decompress(header, &self.stored, raw).map_err(|error| {
            let start = offset - header.encoded_len() as u64 - header.stored_len;
            Error::of(&TocEntry { seq, ..TocEntry::new(header, start, leaf(&[])) }, error)
        })
    }

    /// Parses the payload of the JSON record that was returned last.
    ///
    /// # Errors
    /// When it is damaged, or not what the record should hold.
    ///
    /// # Panics
    /// When no record was returned.
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        let mut raw = Vec::new();
        self.decode(&mut raw)?;
        let header = self.current.as_ref().expect("invariant: a record was returned");
        let offset = self.order.next_offset() - header.encoded_len() as u64 - header.stored_len;
        json::parse_json(&raw).map_err(|error| Error::at(header.seq, offset, error))
    }

    /// The stored payload of the record that was returned last.
    pub fn stored(&self) -> &[u8] {
        &self.stored
    }

    /// The parts seen so far; all of them when the archive is over.
    pub fn contents(&self) -> &Contents {
        self.order.contents()
    }

    /// The archive's id; all zero before the first record.
    pub fn archive_id(&self) -> ArchiveId {
        self.archive_id
    }

    /// Totals and root, when the archive is over.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    fn check_place(&mut self, header: &Header, entry: &TocEntry) -> Result<(), FormatError> {
        if header.seq == 0 && self.order.next_seq() == 0 {
            self.archive_id = header.archive_id;
            self.chain = RootChain::new(header.archive_id);
        }
        if header.archive_id != self.archive_id {
            return Err(FormatError::Rule("the record belongs to another archive"));
        }
        self.order.push(entry)?;
        match header.record_type {
            RecordType::Catalog => self.catalog = Some(header.payload_sha256),
            RecordType::Catalog2 if self.catalog != Some(header.payload_sha256) => {
                return Err(FormatError::Rule("the two catalogs differ"));
            }
            RecordType::Data if header.frame_no == 0 => {
                self.order.set_range(entry, &Meta::decode(RecordType::Data, &header.meta)?);
            }
            _ => {}
        }
        if header.record_type != RecordType::End {
            self.chain.push(&entry.leaf);
        }
        Ok(())
    }

    fn check_toc(&mut self, header: &Header) -> Result<(), FormatError> {
        let mut raw = Vec::new();
        self.decoder.decompress(header, &self.stored, &mut raw)?;
        if raw.is_empty() || raw.len() % TOC_ENTRY_LEN != 0 {
            return Err(FormatError::Rule("the TOC record has a broken entry"));
        }
        self.toc_found.update(&raw);
        Ok(())
    }

    fn check_end(&mut self, header: &Header) -> Result<(), FormatError> {
        FormatError::equal("raw_xxh3", header.raw_xxh3, xxhash_rust::xxh3::xxh3_64(b""))?;
        let end = End::decode(&header.meta)?;
        check_totals(&end, &self.order, &self.chain)?;
        if self.toc_found.clone().finalize() != self.toc_expected.clone().finalize() {
            return Err(FormatError::Rule("the table of contents does not list the records that are there"));
        }
        let mut more = [0];
        match read_full(&mut self.input, &mut more) {
            Ok(0) => {}
            _ => return Err(FormatError::Rule("bytes follow after END")),
        }
        self.end = Some(end);
        Ok(())
    }

    fn read_header(&mut self) -> Result<(Header, Vec<u8>), Error> {
        let (seq, offset) = (self.order.next_seq(), self.order.next_offset());
        let mut prefix = [0; HEADER_LEN_MIN];
        let found = read_full(&mut self.input, &mut prefix).map_err(Error::read)?;
        if seq == 0 && !Header::is_prefix(&prefix[..found]) {
            return Err(Error::NotAnArchive);
        }
        if found < prefix.len() {
            return Err(self.truncated());
        }
        let len = Header::len_from_prefix(&prefix).map_err(|error| Error::at(seq, offset, error))?;
        let mut bytes = prefix.to_vec();
        bytes.resize(len, 0);
        let found = read_full(&mut self.input, &mut bytes[HEADER_LEN_MIN..]).map_err(Error::read)?;
        if found < len - HEADER_LEN_MIN {
            return Err(self.truncated());
        }
        let header = Header::decode(&bytes).map_err(|error| Error::at(seq, offset, error))?;
        Ok((header, bytes))
    }

    /// Memory grows with what arrives, not with what the header promises.
    fn read_payload(&mut self, header: &Header) -> Result<(), Error> {
        self.stored.clear();
        let input = self.input.by_ref().take(header.stored_len);
        let found = { input }.read_to_end(&mut self.stored).map_err(Error::read)?;
        if (found as u64) < header.stored_len { Err(self.truncated_in(header)) } else { Ok(()) }
    }

    fn truncated(&self) -> Error {
        Error::Truncated { records: self.order.next_seq(), rows: self.order.rows() }
    }

    /// The order has counted the record whose payload is cut off.
    fn truncated_in(&self, header: &Header) -> Error {
        Error::Truncated {
            records: self.order.next_seq() - 1,
            rows: self.order.rows() - u64::from(header.rows),
        }
    }
}

/// Reads until `buffer` is full or the input ends.
fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
