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
pub(super) enum Violation {
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
pub(super) struct Assembler {
    format: Format,
    target: usize,
    buffers: Buffers,
    frame: Frame,
    finished: VecDeque<Frame>,
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
    /// Frames of at least `target` bytes (the last may be smaller), at most twice as much.
    pub(super) fn new(format: Format, target: usize, buffers: Buffers) -> Self {
        Self {
            format,
            target: target.max(1),
            buffers,
            frame: Frame::default(),
            finished: VecDeque::new(),
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

    /// How many finished frames wait.
    pub(super) fn waiting(&self) -> usize {
        self.finished.len()
    }

    /// The next finished frame.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        self.finished.pop_front()
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// A message with a payload of `len` bytes begins.
    pub(super) fn begin(&mut self, len: usize) -> Result<(), Violation> {
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
        self.pair = (self.format == Format::Binary && len == TRAILER.len()).then_some(([0; 2], 0));
        // In binary a row has at least the number of its fields; text has at least the newline.
        self.in_row = len > 0 || self.format == Format::Text;
    }

    /// The next piece of the payload; never more than what [`begin`](Self::begin) announced.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
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
            let room = (2 * self.target).saturating_sub(self.frame.bytes.len());
            if room == 0 {
                self.cut();
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if self.frame.bytes.capacity() == 0 {
                self.frame.bytes = self.buffers.take();
            }
            self.frame.bytes.extend_from_slice(now);
            if let Some(hasher) = &mut self.hasher {
                hasher.update(now);
            }
            bytes = later;
        }
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
        self.finished.push_back(std::mem::take(&mut self.frame));
    }

    /// The server says that the COPY is complete (CopyDone).
    pub(super) fn end(&mut self) -> Result<(), Violation> {
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
