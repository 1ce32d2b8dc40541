//! Payloads: compressed, hashed, and back. One zstd context per worker, used again and again.

use std::io::{self, Write};

use serde::Serialize;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};
use zstd::zstd_safe;

use super::columns;
use super::error::Error;
use super::format::{Codec, Digest, FormatError, Header, Transform, check_frame};

/// A payload, ready to be appended.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The bytes as stored: one zstd frame.
    pub stored: Vec<u8>,
    /// What was done before that.
    pub transform: Transform,
    /// Bytes before both.
    pub raw_len: u64,
    /// XXH3-64 of those.
    pub raw_xxh3: u64,
    /// SHA-256 of `stored`.
    pub sha256: Digest,
}

/// Stored payloads from this size on keep the memory that zstd wrote them to. What zstd may need is much more than what
/// it mostly does: smaller ones are copied, so that what waits for the disk takes no more than it has to.
pub const LARGE: usize = 1 << 20;

/// Compresses payloads, one after the other.
pub struct Encoder {
    level: i32,
    zstd: zstd::bulk::Compressor<'static>,
    scratch: Vec<u8>,
    columns: Vec<u8>,
}

impl Encoder {
    /// An encoder at a zstd level (negative ones are faster still).
    ///
    /// # Errors
    /// When zstd refuses the level.
    pub fn new(level: i32) -> Result<Self, Error> {
        let mut zstd = zstd::bulk::Compressor::new(level).map_err(set_up)?;
        zstd.include_checksum(true).map_err(set_up)?;
        zstd.include_contentsize(true).map_err(set_up)?;
        Ok(Self { level, zstd, scratch: Vec::new(), columns: Vec::new() })
    }

    /// Gives memory to write to, if there is none from an earlier payload.
    pub fn lend(&mut self, take: impl FnOnce() -> Vec<u8>) {
        if self.scratch.capacity() == 0 {
            self.scratch = take();
        }
    }

    /// Compresses and hashes `raw`.
    ///
    /// # Errors
    /// When zstd fails, in practice when memory runs out.
    pub fn encode(&mut self, raw: &[u8]) -> Result<Encoded, Error> {
        let stored = compressed(&mut self.zstd, raw, &mut self.scratch)?;
        Ok(Encoded::new(raw, stored, Transform::None))
    }

    /// The same for tuples of COPY BINARY, which may be stored as columns.
    ///
    /// # Errors
    /// When zstd fails, in practice when memory runs out.
    pub fn encode_tuples(&mut self, raw: &[u8]) -> Result<Encoded, Error> {
        let Some(columns) = columns::split(raw, &mut self.columns) else { return self.encode(raw) };
        let stored = compressed(&mut self.zstd, columns, &mut self.scratch)?;
        Ok(Encoded::new(raw, stored, Transform::Columns))
    }

    /// Compresses and hashes the JSON of a value. It is never in memory as a whole: it is made twice, at first only to
    /// know its length.
    ///
    /// # Errors
    /// When zstd fails, in practice when memory runs out; a value that has no JSON.
    pub fn encode_json(&mut self, value: &impl Serialize) -> Result<Encoded, Error> {
        let mut measure = Measure::default();
        write_json(value, &mut measure)?;
        let mut zstd = zstd::stream::write::Encoder::new(Vec::new(), self.level).map_err(set_up)?;
        zstd.include_checksum(true).map_err(set_up)?;
        zstd.set_pledged_src_size(Some(measure.bytes)).map_err(set_up)?;
        write_json(value, &mut zstd)?;
        let stored = zstd.finish().map_err(compress)?;
        let (raw_len, raw_xxh3) = (measure.bytes, measure.xxh3.digest());
        Ok(Encoded { transform: Transform::None, raw_len, raw_xxh3, sha256: Digest::of(&stored), stored })
    }
}

impl Encoded {
    fn new(raw: &[u8], stored: Vec<u8>, transform: Transform) -> Self {
        let raw_len = raw.len() as u64;
        Self { transform, raw_len, raw_xxh3: xxh3_64(raw), sha256: Digest::of(&stored), stored }
    }

    /// No bytes, not compressed.
    pub(super) fn nothing() -> Self {
        Self::new(&[], Vec::new(), Transform::None)
    }
}

/// One-shot compression knows the size beforehand and writes it into the frame.
fn compressed(
    zstd: &mut zstd::bulk::Compressor<'static>,
    bytes: &[u8],
    scratch: &mut Vec<u8>,
) -> Result<Vec<u8>, Error> {
    scratch.clear();
    scratch.reserve(zstd_safe::compress_bound(bytes.len()));
    zstd.compress_to_buffer(bytes, scratch).map_err(compress)?;
    Ok(match scratch.len() {
        LARGE.. => std::mem::take(scratch),
        _ => scratch.to_vec(),
    })
}

fn set_up(source: io::Error) -> Error {
    Error::Encode { action: "set up compression", source }
}

fn compress(source: io::Error) -> Error {
    Error::Encode { action: "compress", source }
}

/// serde_json writes a few bytes at a time.
fn write_json(value: &impl Serialize, out: &mut impl Write) -> Result<(), Error> {
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    serde_json::to_writer(&mut out, value).map_err(|error| compress(error.into()))?;
    out.flush().map_err(compress)
}

/// Counts and hashes what is written.
#[derive(Default)]
struct Measure {
    bytes: u64,
    xxh3: Xxh3,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.xxh3.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks and decompresses payloads, one after the other.
pub struct Decoder {
    zstd: zstd::bulk::Decompressor<'static>,
    columns: Vec<u8>,
}

impl Decoder {
    /// A decoder.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new() -> Result<Self, Error> {
        let zstd = zstd::bulk::Decompressor::new()
            .map_err(|source: io::Error| Error::Encode { action: "set up decompression", source })?;
        Ok(Self { zstd, columns: Vec::new() })
    }

    /// Checks that `stored` is the payload that `header` describes, and decompresses it into `raw`, whose old
    /// content is dropped and whose memory is used again. The reader has checked `header.raw_len` against its limits.
    ///
    /// # Errors
    /// When any check fails; `raw` is then empty.
    pub fn decode(&mut self, header: &Header, stored: &[u8], raw: &mut Vec<u8>) -> Result<(), FormatError> {
        check_payload(header, stored)?;
        self.decompress(header, stored, raw)
    }

    /// [`Decoder::decode`] without SHA-256, for a payload that [`check_payload`] has accepted.
    pub(super) fn decompress(
        &mut self,
        header: &Header,
        stored: &[u8],
        raw: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        raw.clear();
        if header.codec == Codec::Zstd {
            let content_len = check_frame(stored)?;
            match header.transform {
                Transform::None => FormatError::equal("zstd content size", content_len, header.raw_len)?,
                // Columns are only made where they are not more.
                Transform::Columns => {
                    FormatError::at_most("zstd content size", content_len, header.raw_len)?;
                }
            }
            if zstd_safe::find_frame_compressed_size(stored).ok() != Some(stored.len()) {
                return Err(FormatError::Rule("the payload is not exactly one zstd frame"));
            }
            let raw_len = usize::try_from(header.raw_len).map_err(|_| ADDRESS_SPACE)?;
            let content = match header.transform {
                Transform::None => &mut *raw,
                Transform::Columns => &mut self.columns,
            };
            content.clear();
            content.reserve_exact(content_len as usize);
            let done = self.zstd.decompress_to_buffer(stored, content);
            if done.ok().map(|len| len as u64) != Some(content_len) {
                raw.clear();
                return Err(FormatError::Rule("the payload does not decompress"));
            }
            if header.transform == Transform::Columns && columns::join(&self.columns, raw_len, raw).is_err() {
                raw.clear();
                return Err(FormatError::Rule("the payload is not columns of so many bytes of rows"));
            }
        }
        if xxh3_64(raw) != header.raw_xxh3 {
            raw.clear();
            return Err(FormatError::Checksum("decompressed payload"));
        }
        Ok(())
    }
}

const ADDRESS_SPACE: FormatError = FormatError::Rule("the payload is larger than the address space");

/// Checks length and SHA-256 of a payload, without decompressing it.
///
/// # Errors
/// When they are not what the header says.
pub(super) fn check_payload(header: &Header, stored: &[u8]) -> Result<(), FormatError> {
    FormatError::equal("stored_len", stored.len() as u64, header.stored_len)?;
    if Digest::of(stored) == header.payload_sha256 { Ok(()) } else { Err(FormatError::Checksum("payload")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::{ArchiveId, DataFormat, Flags, NO_OBJECT, RecordType};

    fn header(encoded: &Encoded) -> Header {
        Header {
            record_type: RecordType::Note,
            flags: Flags::NONE,
            codec: Codec::Zstd,
            transform: encoded.transform,
            data_format: DataFormat::None,
            archive_id: ArchiveId::default(),
            seq: 0,
            stored_len: encoded.stored.len() as u64,
            raw_len: encoded.raw_len,
            raw_xxh3: encoded.raw_xxh3,
            payload_sha256: encoded.sha256,
            object_id: NO_OBJECT,
            part_no: 0,
            frame_no: 0,
            rows: 0,
            meta: Vec::new(),
        }
    }

    fn resealed(mut encoded: Encoded, change: impl FnOnce(&mut Vec<u8>)) -> Encoded {
        change(&mut encoded.stored);
        encoded.sha256 = Digest::of(&encoded.stored);
        encoded
    }

    #[test]
    fn payloads_round_trip_and_buffers_are_used_again() {
        let (mut encoder, mut decoder) = (Encoder::new(1).unwrap(), Decoder::new().unwrap());
        let mut raw = Vec::new();
        for text in [&b""[..], b"a", &[b'x'; 100_000]] {
            let encoded = encoder.encode(text).unwrap();
            decoder.decode(&header(&encoded), &encoded.stored, &mut raw).unwrap();
            assert_eq!(raw, text);
        }
    }

    #[test]
    fn wrong_payloads_are_refused() {
        let mut decoder = Decoder::new().unwrap();
        let mut raw = Vec::new();
        let good = Encoder::new(1).unwrap().encode(&[b'x'; 5000]).unwrap();
        let mut refuse = |encoded: &Encoded, header: &Header| {
            assert!(decoder.decode(header, &encoded.stored, &mut raw).is_err());
            assert!(raw.is_empty());
        };
        let changed = Encoded { stored: [&good.stored[..], b"x"].concat(), ..good.clone() };
        refuse(&changed, &header(&good));
        let trailing = resealed(good.clone(), |stored| stored.push(0));
        refuse(&trailing, &header(&trailing));
        let twice = resealed(good.clone(), |stored| stored.extend(stored.clone()));
        refuse(&twice, &header(&twice));
        let cut = resealed(good.clone(), |stored| stored.truncate(stored.len() - 1));
        refuse(&cut, &header(&cut));
        // Everything right but the raw hash, as after a fault of the encoder's memory.
        refuse(&good, &Header { raw_xxh3: good.raw_xxh3 ^ 1, ..header(&good) });
    }

    #[test]
    fn a_bomb_is_refused_before_memory_is_taken() {
        let bomb = Encoder::new(1).unwrap().encode(&vec![0; 32 << 20]).unwrap();
        assert!(bomb.stored.len() < 4096);
        let mut raw = Vec::new();
        let lying = Header { raw_len: 1000, ..header(&bomb) };
        let refused = Decoder::new().unwrap().decode(&lying, &bomb.stored, &mut raw);
        assert_eq!(
            refused,
            Err(FormatError::Field { field: "zstd content size", found: 32 << 20, expected: 1000 })
        );
        assert_eq!(raw.capacity(), 0);
    }
}
