//! The client library's messages on their way out, with the bytes put back that are no UTF-8.
//!
//! The library takes statements as strings only. [`crate::sql::bytes`] says how other bytes stand in them; here a
//! message whose statement has some is written anew, shorter. All others pass as they are.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::sql::bytes::restore;

/// A stream under the client library.
#[derive(Debug)]
pub(super) struct Outgoing<S> {
    inner: S,
    /// Bytes of a passing message that are still to come.
    left: usize,
    /// The start-up message, which has no type, has begun to pass.
    started: bool,
    /// A message written anew, as far as it has not been taken.
    anew: Vec<u8>,
}

impl<S> Outgoing<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, left: 0, started: false, anew: Vec::new() }
    }

    /// Bytes of the message that `bytes` begin with; nothing when its header is cut.
    fn message_len(&self, bytes: &[u8]) -> Option<usize> {
        let at = usize::from(self.started);
        let len = bytes.get(at..)?.first_chunk().map(|len| u32::from_be_bytes(*len))?;
        Some(at + len as usize)
    }

    /// Remembers where in a message the stream is after the first `written` of these bytes.
    fn passed(&mut self, mut bytes: &[u8], mut written: usize) {
        loop {
            let n = self.left.min(written);
            self.left -= n;
            written -= n;
            bytes = &bytes[n..];
            if written == 0 {
                return;
            }
            // The library writes a header at once; were it cut, the rest would pass unread.
            self.left = self.message_len(bytes).unwrap_or(usize::MAX);
            self.started = true;
        }
    }
}

/// A Query or Parse message whose statement has bytes to put back (documentation: "Message Formats").
fn rewritten(message: &[u8]) -> Option<Vec<u8>> {
    let (&tag, body) = message.split_first().map(|(tag, rest)| (tag, rest.get(4..)))?;
    let body = body?;
    let statement = match tag {
        b'Q' => 0,
        // After the statement's name.
        b'P' => body.iter().position(|&byte| byte == 0)? + 1,
        _ => return None,
    };
    let end = statement + body[statement..].iter().position(|&byte| byte == 0)?;
    let Cow::Owned(restored) = restore(&body[statement..end]) else { return None };
    let len = u32::try_from(4 + body.len() - (end - statement) + restored.len()).ok()?;
    Some([&[tag], &len.to_be_bytes()[..], &body[..statement], &restored, &body[end..]].concat())
}

impl<S: AsyncWrite + Unpin> Outgoing<S> {
    fn poll_anew(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.anew.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, &self.anew))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.anew.drain(..n),
            };
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Outgoing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_anew(cx))?;
        let mut passing = bytes;
        if matches!(restore(bytes), Cow::Owned(_)) {
            // One message after another.
            let len = if this.left > 0 { Some(this.left) } else { this.message_len(bytes) };
            passing = len.and_then(|len| bytes.get(..len)).unwrap_or(bytes);
            if let (0, true, Some(anew)) = (this.left, this.started, rewritten(passing)) {
                this.anew = anew;
                // What is not taken now is taken before anything else.
                if let Poll::Ready(Err(error)) = this.poll_anew(cx) {
                    return Poll::Ready(Err(error));
                }
                return Poll::Ready(Ok(passing.len()));
            }
        }
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, passing))?;
        this.passed(passing, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_anew(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_anew(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Outgoing<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes so many bytes at a time.
    struct Sink(Vec<u8>, usize);

    impl AsyncWrite for Sink {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            let n = buf.len().min(self.1);
            self.0.extend_from_slice(&buf[..n]);
            Poll::Ready(Ok(n))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn message(tag: &[u8], body: &[u8]) -> Vec<u8> {
        let len = u32::try_from(body.len() + 4).expect("small");
        [tag, &len.to_be_bytes(), body].concat()
    }

    /// What arrives when the library writes these messages at once.
    fn sent(messages: &[Vec<u8>], piece: usize) -> Vec<u8> {
        let mut stream = Outgoing::new(Sink(Vec::new(), piece));
        let mut cx = Context::from_waker(Waker::noop());
        let bytes = messages.concat();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match Pin::new(&mut stream).poll_write(&mut cx, rest) {
                Poll::Ready(Ok(n)) => rest = &rest[n..],
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(Pin::new(&mut stream).poll_flush(&mut cx), Poll::Ready(Ok(()))));
        stream.inner.0
    }

    #[test]
    fn statements_are_sent_with_their_bytes() {
        let odd = "select '\u{10ff80}x\u{10ffff}'".as_bytes();
        let plain = b"select '\x80x\xff'";
        let parse = |sql: &[u8]| message(b"P", &[b"name\0", sql, b"\0\0\x01\xf4\x8f\xbe\x80"].concat());
        let query = |sql: &[u8]| message(b"Q", &[sql, b"\0"].concat());
        // What is no statement stays, whatever its bytes are: values and types.
        let bind = message(b"B", b"\xf4\x8f\xbe\x80");
        let start = message(b"", b"\0\x03\0\0user\0\xf4\x8f\xbe\x80\0\0");
        for piece in [1, 7, 1000] {
            assert_eq!(
                sent(&[start.clone(), query(odd), parse(odd), bind.clone(), query(b"x"), query(odd)], piece),
                [start.clone(), query(plain), parse(plain), bind.clone(), query(b"x"), query(plain)].concat(),
                "{piece}"
            );
        }
    }
}
