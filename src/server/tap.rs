//! A stream between the client library and the server that takes COPY out of the flow.
//!
//! The library hands out COPY data one message, that is one row, at a time; at a hundred bytes per row that costs
//! more than everything else the client does. The tap sits above TLS, follows the framing of the messages, moves the
//! payload of CopyData straight from a large read buffer into frames, and writes outgoing CopyData straight from the
//! caller's buffers. The library sees an ordinary simple query: CommandComplete, ReadyForQuery, errors.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::relay::{Mode, Outgoing, Shared, State};

/// Bytes per read.
const READ: usize = 256 * 1024;

/// How long the session's thread stays away from a socket that it has emptied while rows come. The socket holds some
/// 200 KiB, for which the server needs longer; what it sends meanwhile wakes nobody, and is read at once.
const PAUSE: Duration = Duration::from_micros(150);

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
    /// The server takes nothing any more. Why it has gone may still be on its way to us, so the reading goes on to its
    /// end, and what should be written is dropped.
    deaf: bool,
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
            deaf: false,
        }
    }

    /// Rows are coming.
    fn collects(&self) -> bool {
        matches!(&self.relay.lock().mode, Mode::Out(out) if out.is_running())
    }

    /// Moves what has been read to where it belongs.
    fn route(&mut self, cx: &Context<'_>, out: &mut ReadBuf<'_>) -> io::Result<Stop> {
        let relay = self.relay.clone();
        let mut state = relay.lock();
        state.full = false;
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
                    if let Mode::Out(out) = &mut state.mode {
                        if out.is_full() {
                            state.tap_waits(cx);
                            state.full = true;
                            return Ok(Stop::Full);
                        }
                        if let Some(assembler) = out.running() {
                            assembler.push(&bytes[..n]).map_err(protocol)?;
                            if assembler.waiting() > 0 {
                                state.wake_caller();
                            }
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
    if tag == b'Z' {
        state.asked = false;
    }
    let State { mode, started, complete, .. } = state;
    Ok(match (tag, mode) {
        (b'H', Mode::Out(out)) if out.expects() => {
            out.begin(*complete);
            *started = true;
            At::Skip(body)
        }
        (b'H', Mode::Discard) => {
            *started = true;
            At::Skip(body)
        }
        (b'G', Mode::In(copies)) if copies.expects() => {
            copies.begun.push(*complete);
            *started = true;
            state.wake_caller();
            At::Skip(body)
        }
        (b'd', Mode::Out(out)) if out.is_running() => {
            out.running().map_or(Ok(()), |assembler| assembler.begin(body)).map_err(protocol)?;
            At::Collect(body)
        }
        (b'c', Mode::Out(out)) if out.is_running() => {
            out.end().map_err(protocol)?;
            state.wake_caller();
            At::Skip(body)
        }
        (b'd' | b'c', Mode::Discard) if *started => At::Skip(body),
        // Any other message of a COPY is one that nobody asked for: `COPY` in a batch, or the wrong direction.
        (b'd' | b'c' | b'G' | b'H' | b'W', _) => {
            return Err(protocol(format!("unexpected COPY message of type '{}'", char::from(tag))));
        }
        (b'E', Mode::In(copies)) if *started => {
            copies.end();
            state.wake_caller();
            pass
        }
        (b'C', _) => {
            *complete += 1;
            pass
        }
        // The end of an earlier statement whose answer nobody waited for.
        (b'Z', _) if !*started => {
            *complete = 0;
            pass
        }
        (b'Z', Mode::Out(out)) => {
            out.answered = true;
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
            match Pin::new(&mut this.inner).poll_read(cx, &mut buffer) {
                Poll::Ready(read) => read?,
                Poll::Pending => {
                    if this.collects() {
                        std::thread::sleep(PAUSE);
                    }
                    return Poll::Pending;
                }
            }
            (this.start, this.end) = (0, buffer.filled().len());
            this.relay.lock().moved += 1;
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
                if self.deaf {
                    copy.end();
                    state.wake_caller();
                    return Poll::Ready(Ok(()));
                }
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
                ready!(Pin::new(&mut self.inner).poll_write(cx, &message.body))
            } else {
                ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, &pieces))
            };
            let written = match written {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => written,
                Err(error) if is_gone(&error) => {
                    self.deaf = true;
                    self.writing = None;
                    continue;
                }
                Err(error) => return Poll::Ready(Err(error)),
            };
            self.relay.lock().moved += 1;
            let of_header = written.min(5 - message.header_sent);
            message.header_sent += of_header;
            bytes::Buf::advance(&mut message.body, written - of_header);
            if message.header_sent == 5 && message.body.is_empty() {
                self.writing = None;
            }
        }
    }

    /// A result of writing; nothing is an error once the server has gone, but the end of what it says.
    fn unless_gone<T>(&mut self, result: io::Result<T>, instead: T) -> io::Result<T> {
        match result {
            Err(error) if is_gone(&error) => {
                self.deaf = true;
                Ok(instead)
            }
            other => other,
        }
    }
}

/// The peer has closed the connection: reading it comes to an end as well.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // The library's messages must not land within one of ours.
        ready!(this.poll_drain(cx))?;
        if this.deaf {
            return Poll::Ready(Ok(buf.len()));
        }
        {
            let mut state = this.relay.lock();
            state.asked = true;
            state.moved += 1;
        }
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, buf));
        Poll::Ready(this.unless_gone(written, buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        if this.deaf {
            return Poll::Ready(Ok(()));
        }
        let flushed = ready!(Pin::new(&mut this.inner).poll_flush(cx));
        Poll::Ready(this.unless_gone(flushed, ()))
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::task::Waker;

    use proptest::prelude::*;

    use super::super::frame::tests::{check, format, payloads, rows};
    use super::super::frame::{Assembler, Buffers, Format, Frame};
    use super::super::relay::{In, Out};
    use super::*;

    /// A socket from which reads come in given pieces, and which takes a few bytes at a time.
    struct Socket {
        reads: VecDeque<Vec<u8>>,
        written: Vec<u8>,
        write: usize,
    }

    impl AsyncRead for Socket {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if let Some(read) = self.reads.pop_front() {
                buf.put_slice(&read);
            }
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Socket {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            if self.write == 0 {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            let n = buf.len().min(self.write);
            self.written.extend_from_slice(&buf[..n]);
            Poll::Ready(Ok(n))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let len = u32::try_from(body.len() + 4).expect("small");
        [&[tag], &len.to_be_bytes()[..], body].concat()
    }

    fn tap(bytes: &[u8], piece: usize, mode: Mode) -> Tap<Socket> {
        let reads = bytes.chunks(piece).map(<[u8]>::to_vec).collect();
        let relay = Shared::default();
        assert!(relay.start(mode));
        Tap::new(Socket { reads, written: vec![], write: 3 }, relay)
    }

    fn out(format: Format, target: usize) -> Mode {
        Mode::Out(Box::new(Out::new([Assembler::new(format, target, Buffers::default())])))
    }

    /// Reads to the end through a buffer of `room` bytes, taking a frame whenever the tap waits for that.
    fn drain(tap: &mut Tap<Socket>, room: usize) -> io::Result<(Vec<u8>, Vec<Frame>)> {
        let (mut passed, mut frames) = (Vec::new(), Vec::new());
        let mut cx = Context::from_waker(Waker::noop());
        let pop = |tap: &Tap<Socket>| match &mut tap.relay.lock().mode {
            Mode::Out(out) => out.pop(),
            _ => None,
        };
        loop {
            let mut room = vec![0; room];
            let mut buf = ReadBuf::new(&mut room);
            match Pin::new(&mut *tap).poll_read(&mut cx, &mut buf)? {
                Poll::Ready(()) if buf.filled().is_empty() => {
                    frames.extend(std::iter::from_fn(|| pop(tap)));
                    return Ok((passed, frames));
                }
                Poll::Ready(()) => passed.extend_from_slice(buf.filled()),
                Poll::Pending => frames.push(pop(tap).expect("the tap waits only for frames to be taken")),
            }
        }
    }

    proptest! {
        #[test]
        fn rows_are_taken_out_and_everything_else_passes(
            (format, rows) in format().prop_flat_map(|f| (Just(f), rows(f))),
            target in 30_usize..120,
            piece in 1_usize..300,
            room in 1_usize..40,
        ) {
            let notice = message(b'N', b"SNOTICE\0\0");
            let mut flow = [message(b'C', b"SET\0"), message(b'H', &[0, 0, 0])].concat();
            let mut expected = message(b'C', b"SET\0");
            for payload in payloads(format, &rows) {
                flow.extend(message(b'd', &payload));
                flow.extend(&notice);
                expected.extend(&notice);
            }
            let end = [message(b'C', b"COPY 7\0"), message(b'Z', b"I")].concat();
            flow.extend([message(b'c', &[]), end.clone()].concat());
            expected.extend(end);
            let mut tap = tap(&flow, piece, out(format, target));
            let (passed, frames) = drain(&mut tap, room).expect("valid");
            prop_assert_eq!(passed, expected);
            check(&frames, &rows, target);
            let ended = match &mut tap.relay.lock().mode {
                Mode::Out(out) => out.next().map(|sent| (sent.before, sent.assembler.rows())),
                _ => None,
            };
            prop_assert_eq!(ended, Some((1, rows.len() as u64)));
        }

        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..20) {
            let _ = drain(&mut tap(&bytes, piece, out(Format::Binary, 50)), 16);
        }
    }

    #[test]
    fn a_large_row_is_handed_on_while_it_arrives() {
        let row = [vec![b'x'; 3_000_000], vec![b'\n']].concat();
        let flow = [message(b'H', &[0]), message(b'd', &row), message(b'c', &[])].concat();
        // The frames come before the message is complete: the last bytes are missing here.
        let mut short = tap(&flow[..flow.len() - 1000], 100_000, out(Format::Text, 500_000));
        let (_, frames) = drain(&mut short, 100).expect("valid");
        assert_eq!(frames.len(), 5);
        assert!(
            frames.iter().all(|frame| frame.continued && frame.rows == 0 && frame.bytes.len() == 500_000)
        );
        let (_, frames) = drain(&mut tap(&flow, 100_000, out(Format::Text, 500_000)), 100).expect("valid");
        check(&frames, &[row], 500_000);
    }

    #[test]
    fn what_the_server_says_before_it_goes_is_read_though_it_takes_nothing() {
        let farewell = message(b'E', b"SFATAL\0\0");
        let mut copy = In::default();
        copy.push(Outgoing::new(b'd', vec![7; 100].into()));
        let mut tap = tap(&farewell, 5, Mode::In(copy));
        tap.inner.write = 0;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(Pin::new(&mut tap).poll_flush(&mut cx), Poll::Ready(Ok(()))));
        assert!(matches!(Pin::new(&mut tap).poll_write(&mut cx, b"more"), Poll::Ready(Ok(4))));
        assert!(matches!(&tap.relay.lock().mode, Mode::In(copy) if copy.ended && copy.queued() == 0));
        assert_eq!(drain(&mut tap, 100).expect("valid").0, farewell);
    }

    #[test]
    fn copy_that_nobody_asked_for_ends_the_connection() {
        for (tag, mode) in [
            (b'H', Mode::Off),
            (b'G', Mode::Off),
            (b'd', Mode::Off),
            (b'G', out(Format::Text, 1)),
            (b'd', out(Format::Text, 1)),
            (b'H', Mode::In(In::new(1))),
            (b'G', Mode::In(In::new(0))),
            (b'W', Mode::Off),
        ] {
            let error = drain(&mut tap(&message(tag, &[0]), 99, mode), 9).expect_err("refused").to_string();
            assert!(error.contains("unexpected COPY message"), "{error}");
        }
        for header in [[b'D', 0, 0, 0, 3], [b'D', 0xff, 0, 0, 0], [1, 0, 0, 0, 9]] {
            assert!(drain(&mut tap(&header, 99, Mode::Off), 9).is_err(), "{header:?}");
        }
    }

    #[test]
    fn queued_messages_are_written_whole_before_anything_else() {
        let mut tap = tap(&[], 1, Mode::In(In::default()));
        if let Mode::In(copy) = &mut tap.relay.lock().mode {
            copy.push(Outgoing::new(b'd', "some rows".into()));
            copy.push(Outgoing::new(b'c', bytes::Bytes::new()));
        }
        let mut cx = Context::from_waker(Waker::noop());
        let written = Pin::new(&mut tap).poll_write(&mut cx, b"X");
        assert!(matches!(written, Poll::Ready(Ok(1))));
        assert_eq!(
            tap.inner.written,
            [message(b'd', b"some rows"), message(b'c', &[]), b"X".to_vec()].concat()
        );
    }

    #[test]
    fn an_error_of_the_server_stops_the_data() {
        let flow = [message(b'G', &[0]), message(b'E', b"\0")].concat();
        let mut tap = tap(&flow, 99, Mode::In(In::new(1)));
        if let Mode::In(copy) = &mut tap.relay.lock().mode {
            copy.push(Outgoing::new(b'd', "some rows".into()));
        }
        let (passed, _) = drain(&mut tap, 99).expect("valid");
        assert_eq!(passed, message(b'E', b"\0"));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut tap).poll_flush(&mut cx).is_ready());
        assert_eq!(tap.inner.written, b"");
        assert!(matches!(&tap.relay.lock().mode, Mode::In(copy) if copy.ended));
    }
}
