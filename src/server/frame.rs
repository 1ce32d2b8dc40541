//! Rows of a COPY, collected into frames while the messages arrive.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// The format of a COPY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines, each with its newline.
    Text,
    /// `FORMAT binary`.
    Binary,
}

/// Some megabytes of rows, as the server sent them: in text with their newlines; in binary without the signature
/// and the trailer of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The rows' bytes.
    pub bytes: Vec<u8>,
    /// How many rows end in this frame.
    pub rows: u32,
    /// The first row began in the frame before.
    pub continues: bool,
    /// The last row goes on in the next frame.
    pub continued: bool,
    /// Sum, modulo 2^128, of the XXH3-128 of every row that ends in this frame. A row's hash covers all of its
    /// bytes, also those in earlier frames.
    pub hash: u128,
}

/// Buffers that have been used and can be used again. All sessions of a server share one.
#[derive(Clone, Debug, Default)]
pub struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// More than this many idle buffers are not kept.
const IDLE_MAX: usize = 16;

impl Buffers {
    /// An empty buffer, with room if there is a used one.
    pub fn take(&self) -> Vec<u8> {
        self.lock().pop().unwrap_or_default()
    }

    /// Gives a buffer back, so that its memory is used again.
    pub fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut idle = self.lock();
        if idle.len() < IDLE_MAX && buffer.capacity() > 0 {
            idle.push(buffer);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The server's data are not what COPY promises.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Violation {
    #[error("COPY data do not begin with the binary signature")]
    Signature,
    #[error("binary COPY data with flags {0:#x} are not understood")]
    Flags(u32),
    #[error("binary COPY data with a header extension are not understood")]
    Extension,
    #[error("COPY data after the trailer")]
    AfterTrailer,
    #[error("COPY data end without the trailer")]
    NoTrailer,
    #[error("COPY data end within a message")]
    Truncated,
    #[error("a row of text without a newline at its end")]
    NoNewline,
    #[error("a binary row without the number of its fields")]
    ShortRow,
}

/// Signature, flags, length of the header extension (documentation: COPY, "Binary Format").
const HEAD: usize = 19;
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
const TRAILER: [u8; 2] = [0xff, 0xff];

/// Makes frames out of the payloads of CopyData messages.
///
/// The server sends one row per message. In binary, the signature is glued to the first message, and the trailer is
/// a message of its own (glued to the signature when the table is empty).
pub struct Assembler {
    format: Format,
    target: usize,
    /// Most bytes of a frame with the current row.
    limit: usize,
    buffers: Buffers,
    frame: Frame,
    finished: VecDeque<Frame>,
    /// Bytes in those.
    waiting: usize,
    /// Rows in all frames.
    rows: u64,
    /// Where the row being read begins in the current frame.
    row_start: usize,
    /// Payload bytes of the current message that have not come yet.
    left: usize,
    /// Hashes a row that is cut over frames.
    hasher: Option<Box<Xxh3>>,
    /// The head of a binary stream, as far as it has come; complete from the start in text.
    head: [u8; HEAD],
    head_len: usize,
    /// The two bytes of a message that may be the trailer.
    pair: Option<([u8; 2], usize)>,
    /// The current message holds a row.
    in_row: bool,
    trailer: bool,
}

impl fmt::Debug for Assembler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembler").field("rows", &self.rows).field("waiting", &self.finished.len()).finish()
    }
}

impl Assembler {
    /// Frames of at least `target` bytes (the last may be smaller), at most twice as much. Only rows above `target`
    /// are cut, and their frames have exactly that size: it is they that take memory.
    pub fn new(format: Format, target: usize, buffers: Buffers) -> Self {
        Self {
            format,
            target: target.max(1),
            limit: target.max(1),
            buffers,
            frame: Frame::default(),
            finished: VecDeque::new(),
            waiting: 0,
            rows: 0,
            row_start: 0,
            left: 0,
            hasher: None,
            head: [0; HEAD],
            head_len: if format == Format::Binary { 0 } else { HEAD },
            pair: None,
            in_row: false,
            trailer: false,
        }
    }

    /// Bytes of the finished frames that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes that a frame has at least.
    pub fn target(&self) -> usize {
        self.target
    }

    /// The next finished frame.
    pub fn pop(&mut self) -> Option<Frame> {
        let frame = self.finished.pop_front()?;
        self.waiting -= frame.bytes.len();
        Some(frame)
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// A message with a payload of `len` bytes begins.
    ///
    /// # Errors
    /// When the data are not what COPY promises.
    pub fn begin(&mut self, len: usize) -> Result<(), Violation> {
        if self.trailer {
            return Err(Violation::AfterTrailer);
        }
        self.left = len;
        if self.head_len == HEAD {
            self.begin_row(len);
        }
        if len == 0 { self.end_message() } else { Ok(()) }
    }

    fn begin_row(&mut self, len: usize) {
        self.row_start = self.frame.bytes.len();
        self.limit = if len > self.target { self.target } else { 2 * self.target };
        self.pair = (self.format == Format::Binary && len == TRAILER.len()).then_some(([0; 2], 0));
        // In binary a row has at least the number of its fields; text has at least the newline.
        self.in_row = len > 0 || self.format == Format::Text;
    }

    /// The next piece of the payload; never more than what [`begin`](Self::begin) announced.
    ///
    /// # Errors
    /// As there.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        debug_assert!(bytes.len() <= self.left, "the caller splits at message ends");
        self.left -= bytes.len();
        if self.head_len < HEAD {
            let n = bytes.len().min(HEAD - self.head_len);
            self.head[self.head_len..][..n].copy_from_slice(&bytes[..n]);
            self.head_len += n;
            bytes = &bytes[n..];
            if self.head_len == HEAD {
                self.check_head()?;
                self.begin_row(bytes.len() + self.left);
            }
        }
        if !bytes.is_empty() {
            match &mut self.pair {
                Some((pair, have)) => {
                    pair[*have..][..bytes.len()].copy_from_slice(bytes);
                    *have += bytes.len();
                }
                None => self.append(bytes),
            }
        }
        if self.left == 0 { self.end_message() } else { Ok(()) }
    }

    fn check_head(&self) -> Result<(), Violation> {
        let word = |at: usize| {
            u32::from_be_bytes([self.head[at], self.head[at + 1], self.head[at + 2], self.head[at + 3]])
        };
        if &self.head[..11] != SIGNATURE {
            return Err(Violation::Signature);
        }
        // Bit 16 announces OIDs, which no supported server sends; the other bits above it are critical by definition.
        match (word(11), word(15)) {
            (flags, _) if flags >> 16 != 0 => Err(Violation::Flags(flags)),
            (_, 0) => Ok(()),
            _ => Err(Violation::Extension),
        }
    }

    fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.limit.saturating_sub(self.frame.bytes.len());
            if room == 0 {
                self.cut();
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if self.frame.bytes.capacity() == 0 {
                self.frame.bytes = self.buffers.take();
            }
            self.reserve(now.len());
            self.frame.bytes.extend_from_slice(now);
            if let Some(hasher) = &mut self.hasher {
                hasher.update(now);
            }
            bytes = later;
        }
    }

    /// Makes room for so many bytes more. Doubled until it is full, a frame would take twice its size: most exceed the
    /// target by less than a row.
    fn reserve(&mut self, more: usize) {
        let bytes = &mut self.frame.bytes;
        let (len, capacity) = (bytes.len(), bytes.capacity());
        if more <= capacity - len {
            return;
        }
        let enough = self.target + self.target / 64;
        let wanted =
            if len + more <= enough { (2 * capacity).max(len + more).min(enough) } else { self.limit };
        bytes.reserve_exact(wanted.max(len + more) - len);
    }

    /// The frame is full and the row is not at its end.
    fn cut(&mut self) {
        if self.hasher.is_none() {
            let mut hasher = Box::new(Xxh3::new());
            hasher.update(&self.frame.bytes[self.row_start..]);
            self.hasher = Some(hasher);
        }
        self.frame.continued = true;
        self.close();
        self.frame.continues = true;
        self.row_start = 0;
    }

    fn end_message(&mut self) -> Result<(), Violation> {
        if !self.in_row {
            return Ok(());
        }
        self.in_row = false;
        match self.pair.take() {
            Some((TRAILER, _)) => {
                self.trailer = true;
                return Ok(());
            }
            Some((pair, _)) => self.append(&pair),
            None => {}
        }
        // Of a row that was cut, at least one byte is in this frame.
        let row = &self.frame.bytes[self.row_start..];
        match self.format {
            Format::Text if row.last() != Some(&b'\n') => return Err(Violation::NoNewline),
            Format::Binary if row.len() < 2 && self.hasher.is_none() => return Err(Violation::ShortRow),
            _ => {}
        }
        let hash = match self.hasher.take() {
            Some(hasher) => hasher.digest128(),
            None => xxh3_128(row),
        };
        self.frame.hash = self.frame.hash.wrapping_add(hash);
        self.frame.rows += 1;
        self.rows += 1;
        if self.frame.bytes.len() >= self.target {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        self.waiting += self.frame.bytes.len();
        self.finished.push_back(std::mem::take(&mut self.frame));
    }

    /// The server says that the COPY is complete (CopyDone).
    ///
    /// # Errors
    /// When it is not.
    pub fn end(&mut self) -> Result<(), Violation> {
        if self.left > 0 {
            return Err(Violation::Truncated);
        }
        if self.format == Format::Binary && !self.trailer {
            return Err(Violation::NoTrailer);
        }
        if !self.frame.bytes.is_empty() {
            self.close();
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The payloads of the CopyData messages that carry these rows, as the server makes them.
    pub(in crate::server) fn payloads(format: Format, rows: &[Vec<u8>]) -> Vec<Vec<u8>> {
        if format == Format::Text {
            return rows.to_vec();
        }
        let mut payloads = rows.to_vec();
        payloads.push(TRAILER.to_vec());
        let head = [&SIGNATURE[..], &[0; 8]].concat();
        payloads[0].splice(0..0, head);
        payloads
    }

    /// Rows of a format: text ends with a newline, binary begins with a number of fields.
    pub(in crate::server) fn rows(format: Format) -> impl Strategy<Value = Vec<Vec<u8>>> {
        let row = prop::collection::vec(any::<u8>(), 0..60).prop_map(move |mut row| {
            match format {
                Format::Text => row.push(b'\n'),
                Format::Binary => drop(row.splice(0..0, [0, 3])),
            }
            row
        });
        prop::collection::vec(row, 0..20)
    }

    pub(in crate::server) fn format() -> impl Strategy<Value = Format> {
        prop_oneof![Just(Format::Text), Just(Format::Binary)]
    }

    /// What must hold of the frames of `rows`.
    pub(in crate::server) fn check(frames: &[Frame], rows: &[Vec<u8>], target: usize) {
        let mut at = rows.iter();
        let mut pending = Vec::new();
        for (i, frame) in frames.iter().enumerate() {
            let last = i + 1 == frames.len();
            assert!(frame.bytes.len() <= 2 * target, "{} bytes", frame.bytes.len());
            assert!(last || frame.bytes.len() >= target, "a small frame before the end");
            assert_eq!(frame.continues, i > 0 && frames[i - 1].continued);
            assert!(!(last && frame.continued));
            pending.extend_from_slice(&frame.bytes);
            let mut hash = 0_u128;
            for _ in 0..frame.rows {
                let row = at.next().expect("no more rows than were sent");
                assert_eq!(&pending[..row.len()], row);
                pending.drain(..row.len());
                hash = hash.wrapping_add(xxh3_128(row));
            }
            assert_eq!(frame.hash, hash);
            assert_eq!(frame.continued, !pending.is_empty());
        }
        assert!(pending.is_empty() && at.next().is_none(), "all rows have come");
    }

    fn assemble(
        format: Format,
        target: usize,
        payloads: &[Vec<u8>],
        piece: usize,
    ) -> Result<Vec<Frame>, Violation> {
        let mut assembler = Assembler::new(format, target, Buffers::default());
        for payload in payloads {
            assembler.begin(payload.len())?;
            for piece in payload.chunks(piece) {
                assembler.push(piece)?;
            }
        }
        assembler.end()?;
        Ok(std::iter::from_fn(|| assembler.pop()).collect())
    }

    proptest! {
        #[test]
        fn frames_hold_exactly_the_rows(
            (format, rows) in format().prop_flat_map(|f| (Just(f), rows(f))),
            target in 1_usize..120,
            piece in 1_usize..70,
        ) {
            let frames = assemble(format, target, &payloads(format, &rows), piece);
            check(&frames.expect("valid"), &rows, target);
        }

        #[test]
        fn nothing_panics(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)) {
            let _ = assemble(Format::Binary, 10, &messages, 7);
            let _ = assemble(Format::Text, 10, &messages, 7);
        }
    }

    #[test]
    fn an_empty_table_has_no_frame() {
        assert_eq!(assemble(Format::Text, 10, &[], 9), Ok(vec![]));
        assert_eq!(assemble(Format::Binary, 10, &payloads(Format::Binary, &[]), 9), Ok(vec![]));
    }

    #[test]
    fn a_row_without_columns_is_not_the_trailer() {
        let rows = vec![vec![0, 0]; 3];
        let frames = assemble(Format::Binary, 100, &payloads(Format::Binary, &rows), 1).expect("valid");
        assert_eq!((frames.len(), frames[0].rows, frames[0].bytes.len()), (1, 3, 6));
    }

    #[test]
    fn what_is_not_copy_data_is_refused() {
        let good = payloads(Format::Binary, &[vec![0, 1, 5]]);
        let mut wrong = good.clone();
        wrong[0][3] = b'X';
        assert_eq!(assemble(Format::Binary, 10, &wrong, 64), Err(Violation::Signature));
        wrong = good.clone();
        wrong[0][12] = 1;
        assert_eq!(assemble(Format::Binary, 10, &wrong, 64), Err(Violation::Flags(0x1_0000)));
        wrong = good.clone();
        wrong[0][18] = 4;
        assert_eq!(assemble(Format::Binary, 10, &wrong, 64), Err(Violation::Extension));
        assert_eq!(assemble(Format::Binary, 10, &good[..1], 64), Err(Violation::NoTrailer));
        wrong = good.clone();
        wrong.push(vec![0, 1]);
        assert_eq!(assemble(Format::Binary, 10, &wrong, 64), Err(Violation::AfterTrailer));
        wrong = good;
        wrong.insert(1, vec![7]);
        assert_eq!(assemble(Format::Binary, 10, &wrong, 64), Err(Violation::ShortRow));
        assert_eq!(assemble(Format::Text, 10, &[b"abc".to_vec()], 64), Err(Violation::NoNewline));
        assert_eq!(assemble(Format::Text, 10, &[b"a\n".to_vec(), vec![]], 64), Err(Violation::NoNewline));
    }

    #[test]
    fn buffers_are_used_again() {
        let buffers = Buffers::default();
        buffers.give(Vec::with_capacity(1000));
        assert!(buffers.take().capacity() >= 1000);
        assert_eq!(buffers.take().capacity(), 0);
    }
}
