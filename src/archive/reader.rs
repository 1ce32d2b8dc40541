//! Reads an archive in any order, from many threads at once.

use std::path::Path;

use serde::de::{DeserializeOwned, IgnoredAny};

use super::codec::{Decoder, check_payload};
use super::complete::{self, Gap};
use super::error::Error;
use super::format::{
    ArchiveId, Contents, Digest, END_LEN, End, FormatError, HEADER_LEN_MIN, Header, Limits, Meta, Order,
    RecordType, RootChain, TOC_ENTRY_LEN, TocEntry, leaf, stored_len_max,
};
use super::json::{self, Use};
use super::locate::{diagnose, read_end, read_record};
use super::read_at::ReadAt;
use super::store::Input;
use crate::manifest::{Begin, Catalog, Late};

/// An archive whose end, table of contents and root are known to be good. Methods can be called from many threads.
pub struct ArchiveFile {
    source: Box<dyn ReadAt>,
    limits: Limits,
    archive_id: ArchiveId,
    end: End,
    toc: Vec<TocEntry>,
    contents: Contents,
}

impl ArchiveFile {
    /// Opens an archive and checks all that can be checked without its payloads: END, table of contents, root, and
    /// every header against its leaf.
    ///
    /// # Errors
    /// When the file cannot be read, is no archive, is truncated, damaged, or of a newer version.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, Error> {
        Self::from_source(Box::new(Input::open(path)?), limits)
    }

    /// [`ArchiveFile::open`] for anything that can be read at any place.
    ///
    /// # Errors
    /// As [`ArchiveFile::open`].
    pub fn from_source(source: Box<dyn ReadAt>, limits: Limits) -> Result<Self, Error> {
        let mut archive = Self::open_tail(source, limits)?;
        archive.check_headers()?;
        Ok(archive)
    }

    /// Checks END, table of contents and root; the headers of other records are not read yet.
    pub(crate) fn open_tail(source: Box<dyn ReadAt>, limits: Limits) -> Result<Self, Error> {
        match read_end(source.as_ref())? {
            Ok((header, end)) => Self::read_toc(source, limits, &header, end),
            Err(why) => Err(diagnose(source.as_ref(), why)),
        }
    }

    fn read_toc(
        source: Box<dyn ReadAt>,
        limits: Limits,
        end_header: &Header,
        end: End,
    ) -> Result<Self, Error> {
        let len = source.len();
        let end_offset = len - END_LEN as u64;
        let at_end = |error| Error::at(end.records, end_offset, error);
        FormatError::equal("file_len", end.file_len, len).map_err(at_end)?;
        FormatError::equal("record number", end_header.seq, end.records).map_err(at_end)?;
        FormatError::at_most("records", end.records, limits.records_max).map_err(at_end)?;
        if end.records > len / HEADER_LEN_MIN as u64 {
            return Err(at_end(FormatError::Rule("END counts more records than the file can hold")));
        }
        let toc_end = end.toc_offset.checked_add(end.toc_bytes);
        if toc_end != Some(end_offset) {
            return Err(at_end(FormatError::Rule("the table of contents does not lie before END")));
        }

        // TOC records do not list themselves; their number follows from how many records they list.
        let mut order = Order::new();
        let mut chain = RootChain::new(end_header.archive_id);
        let mut toc = Vec::new();
        let mut toc_records = Vec::new();
        let mut decoder = Decoder::new()?;
        let (mut record, mut raw) = (Vec::new(), Vec::new());
        let mut offset = end.toc_offset;
        while offset < end_offset {
            let seq = end.records.min(toc.len() as u64 + toc_records.len() as u64);
            let at = |error| Error::at(seq, offset, error);
            let header = read_record(source.as_ref(), &limits, offset, end_offset, &mut record)
                .map_err(|error| error.unwrap(at))?;
            let (header_bytes, stored) = record.split_at(header.encoded_len());
            if header.record_type != RecordType::Toc || header.archive_id != end_header.archive_id {
                return Err(at(FormatError::Rule("the record is not a TOC of this archive")));
            }
            decoder.decode(&header, stored, &mut raw).map_err(at)?;
            if raw.is_empty() || raw.len() % TOC_ENTRY_LEN != 0 {
                return Err(at(FormatError::Rule("the TOC record has a broken entry")));
            }
            let (entries, _) = raw.as_chunks::<TOC_ENTRY_LEN>();
            for entry in entries {
                // Entries tile the file up to the TOC, so their number is bounded by its length.
                let entry = TocEntry::decode(toc.len() as u64, entry).map_err(at)?;
                if entry.record_type == RecordType::Toc || entry.record_type == RecordType::End {
                    return Err(at(FormatError::Rule("the TOC lists a record that it must not list")));
                }
                order.push(&entry).map_err(|error| Error::of(&entry, error))?;
                if order.next_offset() > end.toc_offset {
                    return Err(at(FormatError::Rule("the TOC lists more than there is")));
                }
                chain.push(&entry.leaf);
                toc.push(entry);
            }
            toc_records.push(TocEntry::new(&header, offset, leaf(header_bytes)));
            offset += record.len() as u64;
        }

        for entry in &toc_records {
            order.push(entry).map_err(|error| Error::at(order.next_seq(), entry.offset, error))?;
            chain.push(&entry.leaf);
        }
        order.push(&TocEntry::new(end_header, end_offset, leaf(&[]))).map_err(at_end)?;
        check_totals(&end, &order, &chain).map_err(at_end)?;
        let archive_id = end_header.archive_id;
        Ok(Self { source, limits, archive_id, end, toc, contents: order.into_contents() })
    }

    /// Checks every header against its leaf and its entry, and takes over the ranges of the parts.
    fn check_headers(&mut self) -> Result<(), Error> {
        let mut catalog = None;
        let mut bytes = Vec::new();
        for entry in &self.toc {
            bytes.resize(entry.header_len as usize, 0);
            self.source.read_exact_at(&mut bytes, entry.offset).map_err(Error::read)?;
            let header = self.check_header(entry, &bytes).map_err(|error| Error::of(entry, error))?;
            match header.record_type {
                RecordType::Catalog => catalog = Some(header.payload_sha256),
                RecordType::Catalog2 if catalog != Some(header.payload_sha256) => {
                    return Err(Error::of(entry, FormatError::Rule("the two catalogs differ")));
                }
                RecordType::Data if header.frame_no == 0 => {
                    let meta = Meta::decode(RecordType::Data, &header.meta)
                        .map_err(|error| Error::of(entry, error))?;
                    if let Some(part) = self.contents.get_mut(&(entry.object_id, entry.part_no)) {
                        part.set_range(&meta);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Decodes the header of `entry` if it is the one that was written.
    fn check_header(&self, entry: &TocEntry, bytes: &[u8]) -> Result<Header, FormatError> {
        if leaf(bytes) != entry.leaf {
            return Err(FormatError::Checksum("record header"));
        }
        let header = Header::decode(bytes)?;
        self.limits.check(&header)?;
        if header.archive_id != self.archive_id {
            return Err(FormatError::Rule("the record belongs to another archive"));
        }
        FormatError::equal("record number", header.seq, entry.seq)?;
        if TocEntry::new(&header, entry.offset, entry.leaf) != *entry {
            return Err(FormatError::Rule("header and table of contents differ"));
        }
        Ok(header)
    }

    /// The archive's id.
    pub fn archive_id(&self) -> ArchiveId {
        self.archive_id
    }

    /// Its totals, status and root (its identity).
    pub fn end(&self) -> &End {
        &self.end
    }

    /// Every record before the table of contents, in file order.
    pub fn toc(&self) -> &[TocEntry] {
        &self.toc
    }

    /// The parts of every object with rows.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The record BEGIN. Refuses an archive with features that must be known to read it.
    ///
    /// # Errors
    /// When its payload is damaged, or a feature is unknown.
    pub fn begin(&self) -> Result<Begin, Error> {
        let begin = self.json(RecordType::Begin)?;
        json::check_features(&begin, Use::Read)?;
        Ok(begin)
    }

    /// The record CATALOG.
    ///
    /// # Errors
    /// When its payload is damaged.
    pub fn catalog(&self) -> Result<Catalog, Error> {
        self.json(RecordType::Catalog)
    }

    /// The record LATE.
    ///
    /// # Errors
    /// When its payload is damaged.
    pub fn late(&self) -> Result<Late, Error> {
        self.json(RecordType::Late)
    }

    fn json<T: DeserializeOwned>(&self, record_type: RecordType) -> Result<T, Error> {
        let entry = self
            .toc
            .iter()
            .find(|entry| entry.record_type == record_type)
            .expect("invariant: the order of records was checked");
        self.json_at(entry)
    }

    /// Reads and parses a JSON record of [`ArchiveFile::toc`].
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or is not what it should be.
    pub fn json_at<T: DeserializeOwned>(&self, entry: &TocEntry) -> Result<T, Error> {
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        self.read_frame(entry, &mut Decoder::new()?, &mut stored, &mut raw)?;
        json::parse_json(&raw).map_err(|error| Error::of(entry, error))
    }

    /// Reads a record of [`ArchiveFile::toc`], checks header and payload, and decompresses the payload into `raw`.
    /// Both buffers are the caller's, to be used again.
    ///
    /// # Errors
    /// When it cannot be read or is damaged; `raw` must not be used then.
    pub fn read_frame(
        &self,
        entry: &TocEntry,
        decoder: &mut Decoder,
        stored: &mut Vec<u8>,
        raw: &mut Vec<u8>,
    ) -> Result<Header, Error> {
        let header = self.check_record(entry, stored)?;
        decoder
            .decompress(&header, &stored[header.encoded_len()..], raw)
            .map_err(|error| Error::of(entry, error))?;
        Ok(header)
    }

    /// Reads a record into `record` (header, then payload) and checks both, without decompressing.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn check_record(&self, entry: &TocEntry, record: &mut Vec<u8>) -> Result<Header, Error> {
        // Entries tile the file, so this is at most its length; the limit on raw_len bounds it again.
        let max = self.limits.frame_len_max.max(self.limits.json_len_max);
        FormatError::at_most("raw_len", entry.raw_len, max).map_err(|error| Error::of(entry, error))?;
        if entry.stored_len > stored_len_max(entry.raw_len) {
            return Err(Error::of(
                entry,
                FormatError::Rule("the payload is stored in more bytes than it can need"),
            ));
        }
        record.resize(entry.record_len() as usize, 0);
        self.source.read_exact_at(record, entry.offset).map_err(Error::read)?;
        let (header_bytes, payload) = record.split_at(entry.header_len as usize);
        let check = || {
            let header = self.check_header(entry, header_bytes)?;
            check_payload(&header, payload)?;
            Ok(header)
        };
        check().map_err(|error| Error::of(entry, error))
    }

    /// Checks the payloads of all records that hold no rows. A restore calls this before its first write.
    ///
    /// # Errors
    /// With the first damaged record.
    pub fn check_non_data(&self) -> Result<(), Error> {
        let mut decoder = Decoder::new()?;
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        // Frames without rows are never read again.
        let unread = |entry: &&TocEntry| entry.record_type != RecordType::Data || entry.raw_len == 0;
        for entry in self.toc.iter().filter(unread) {
            let header = self.check_record(entry, &mut stored)?;
            if entry.record_type.is_json() {
                let payload = &stored[header.encoded_len()..];
                let check = decoder
                    .decompress(&header, payload, &mut raw)
                    .and_then(|()| json::parse_json::<IgnoredAny>(&raw).map(drop));
                check.map_err(|error| Error::of(entry, error))?;
            }
        }
        Ok(())
    }

    /// Checks that the parts are what catalog and totals promise.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with the first gap.
    pub fn check_complete(&self, catalog: &Catalog, late: &Late) -> Result<(), Error> {
        match self.gaps(catalog, late).into_iter().next() {
            None => Ok(()),
            Some(gap) => Err(Error::Incomplete(gap)),
        }
    }

    /// All differences between the parts, and what catalog and totals promise.
    pub fn gaps(&self, catalog: &Catalog, late: &Late) -> Vec<Gap> {
        complete::gaps(&self.contents, catalog, late)
    }
}

/// What END says against what was seen before it.
pub(super) fn check_totals(end: &End, order: &Order, chain: &RootChain) -> Result<(), FormatError> {
    // `order` has seen END itself, the chain has not.
    FormatError::equal("records", end.records, order.next_seq() - 1)?;
    FormatError::equal("file_len", end.file_len, order.next_offset())?;
    FormatError::equal("rows", end.rows, order.rows())?;
    FormatError::equal("raw_bytes", end.raw_bytes, order.raw_bytes())?;
    if end.root == chain.root() { Ok(()) } else { Err(FormatError::Checksum("root")) }
}

/// The archive's identity, for messages.
impl std::fmt::Debug for ArchiveFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let root: Digest = self.end.root;
        f.debug_struct("ArchiveFile").field("root", &root).field("records", &self.end.records).finish()
    }
}
