//! A stream between the client library and the server that takes COPY out of the flow.
//!
//! The library hands out COPY data one message, that is one row, at a time; at a hundred bytes per row that costs
//! more than everything else the client does. The tap sits above TLS, follows the framing of the messages, moves the
//! payload of CopyData straight from a large read buffer into frames, and writes outgoing CopyData straight from the
//! caller's buffers. The library sees an ordinary simple query: CommandComplete, ReadyForQuery, errors.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::relay::{Mode, Outgoing, Shared, State};

/// Bytes per read.
const READ: usize = 256 * 1024;

/// When so many finished frames wait for the caller, nothing more is read.
pub(super) const WAITING_MAX: usize = 2;

/// Below so many queued bytes the sender is woken.
pub(super) const QUEUE_LOW: usize = 512 * 1024;

/// A stream with COPY taken out.
#[derive(Debug)]
pub(super) struct Tap<S> {
    inner: S,
    relay: Shared,
    /// What has been read; `start..end` has not been looked at.
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    at: At,
    header: [u8; 5],
    writing: Option<Outgoing>,
}

/// Where in the flow of messages the tap is.
#[derive(Clone, Copy, Debug)]
enum At {
    /// In a header, of which so many bytes are there.
    Header(usize),
    /// In a message that is passed on: bytes of the header and of the body still to go.
    Pass { header: usize, body: usize },
    /// In a CopyData whose payload is collected.
    Collect(usize),
    /// In a message that nobody needs.
    Skip(usize),
}

/// Why the routing of read bytes stopped.
enum Stop {
    /// All read bytes are used, or the library's buffer is full.
    Done,
    /// The caller has to take frames first.
    Full,
}

impl<S> Tap<S> {
    pub(super) fn new(inner: S, relay: Shared) -> Self {
        Self {
            inner,
            relay,
            buffer: vec![0; READ].into_boxed_slice(),
            start: 0,
            end: 0,
            at: At::Header(0),
            header: [0; 5],
            writing: None,
        }
    }

    /// Moves what has been read to where it belongs.
    fn route(&mut self, cx: &Context<'_>, out: &mut ReadBuf<'_>) -> io::Result<Stop> {
        let relay = self.relay.clone();
        let mut state = relay.lock();
        loop {
            let bytes = &self.buffer[self.start..self.end];
            match self.at {
                At::Header(have) => {
                    if bytes.is_empty() {
                        return Ok(Stop::Done);
                    }
                    let n = bytes.len().min(5 - have);
                    self.header[have..][..n].copy_from_slice(&bytes[..n]);
                    self.start += n;
                    self.at =
                        if have + n == 5 { begin(self.header, &mut state)? } else { At::Header(have + n) };
                }
                At::Pass { header: 0, body: 0 } | At::Collect(0) | At::Skip(0) => self.at = At::Header(0),
                At::Pass { header: 0, body } => {
                    let n = bytes.len().min(body).min(out.remaining());
                    if n == 0 {
                        return Ok(Stop::Done);
                    }
                    out.put_slice(&bytes[..n]);
                    self.start += n;
                    self.at = At::Pass { header: 0, body: body - n };
                }
                At::Pass { header, body } => {
                    let n = header.min(out.remaining());
                    if n == 0 {
                        return Ok(Stop::Done);
                    }
                    out.put_slice(&self.header[5 - header..][..n]);
                    self.at = At::Pass { header: header - n, body };
                }
                At::Collect(left) => {
                    let n = bytes.len().min(left);
                    if n == 0 {
                        return Ok(Stop::Done);
                    }
                    if let Mode::Out(copy) = &mut state.mode {
                        if copy.assembler.waiting() >= WAITING_MAX {
                            state.tap_waits(cx);
                            return Ok(Stop::Full);
                        }
                        copy.assembler.push(&bytes[..n]).map_err(protocol)?;
                        if copy.assembler.waiting() > 0 {
                            state.wake_caller();
                        }
                    }
                    self.start += n;
                    self.at = At::Collect(left - n);
                }
                At::Skip(left) => {
                    let n = bytes.len().min(left);
                    if n == 0 {
                        return Ok(Stop::Done);
                    }
                    self.start += n;
                    self.at = At::Skip(left - n);
                }
            }
        }
    }
}

/// Decides what happens to the message that begins with `header`.
fn begin(header: [u8; 5], state: &mut State) -> io::Result<At> {
    let [tag, len @ ..] = header;
    let len = u32::from_be_bytes(len);
    // The length counts itself; the server's memory allows no message above a gigabyte.
    if !(4..=i32::MAX as u32).contains(&len) || !tag.is_ascii_alphanumeric() {
        return Err(protocol(format!("a message of type {tag:#04x} with length {len}")));
    }
    let body = len as usize - 4;
    let pass = At::Pass { header: 5, body };
    let State { mode, started, .. } = state;
    Ok(match (tag, mode) {
        (b'H', Mode::Out(_) | Mode::Discard) | (b'G', Mode::In(_)) if !*started => {
            *started = true;
            state.wake_caller();
            At::Skip(body)
        }
        (b'd', Mode::Out(copy)) if *started && !copy.done => {
            copy.assembler.begin(body).map_err(protocol)?;
            At::Collect(body)
        }
        (b'c', Mode::Out(copy)) if *started && !copy.done => {
            copy.assembler.end().map_err(protocol)?;
            copy.done = true;
            state.wake_caller();
            At::Skip(body)
        }
        (b'd' | b'c', Mode::Discard) if *started => At::Skip(body),
        // Any other message of a COPY is one that nobody asked for: `COPY` in a batch, or the wrong direction.
        (b'd' | b'c' | b'G' | b'H' | b'W', _) => {
            return Err(protocol(format!("unexpected COPY message of type '{}'", char::from(tag))));
        }
        (b'E', Mode::In(copy)) => {
            copy.end();
            state.wake_caller();
            pass
        }
        (b'C', Mode::Out(_) | Mode::In(_)) if !*started => {
            state.earlier += 1;
            pass
        }
        (b'Z', Mode::In(copy)) if *started && copy.abandoned => {
            state.mode = Mode::Off;
            pass
        }
        (b'Z', Mode::Discard) if *started => {
            state.mode = Mode::Off;
            pass
        }
        _ => pass,
    })
}

fn protocol(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = out.filled().len();
        loop {
            let stop = this.route(cx, out)?;
            if out.filled().len() > before || out.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if let Stop::Full = stop {
                return Poll::Pending;
            }
            this.relay.lock().tap_waits(cx);
            let mut buffer = ReadBuf::new(&mut this.buffer);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut buffer))?;
            (this.start, this.end) = (0, buffer.filled().len());
            if this.end == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Tap<S> {
    /// Writes the COPY messages that wait.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.writing.is_none() {
                let mut state = self.relay.lock();
                state.tap_waits(cx);
                let Mode::In(copy) = &mut state.mode else { return Poll::Ready(Ok(())) };
                let Some(message) = copy.pop() else { return Poll::Ready(Ok(())) };
                if copy.queued() <= QUEUE_LOW {
                    state.wake_caller();
                }
                self.writing = Some(message);
            }
            let Some(message) = &mut self.writing else { continue };
            let pieces =
                [io::IoSlice::new(&message.header[message.header_sent..]), io::IoSlice::new(&message.body)];
            let written = if pieces[0].is_empty() {
                ready!(Pin::new(&mut self.inner).poll_write(cx, &message.body))?
            } else {
                ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, &pieces))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_header = written.min(5 - message.header_sent);
            message.header_sent += of_header;
            bytes::Buf::advance(&mut message.body, written - of_header);
            if message.header_sent == 5 && message.body.is_empty() {
                self.writing = None;
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // The library's messages must not land within one of ours.
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<S> Drop for Tap<S> {
    fn drop(&mut self) {
        let mut state = self.relay.lock();
        state.closed = true;
        state.wake_caller();
    }
}
