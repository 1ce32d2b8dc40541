//! `COPY … TO STDOUT`.

use std::task::Poll;

use std::future::poll_fn;

use super::frame::{Assembler, Format, Frame};
use super::relay::{Mode, Out, Reply};
use super::{Error, Session};

/// A running `COPY … TO STDOUT`.
///
/// When it is dropped before its end, the server goes on sending: the rest is read and thrown away, and until then
/// the session refuses another COPY. Whoever gives up sends a cancel request first
/// ([`Session::cancel_handle`](super::Session::cancel_handle)), or drops the session.
#[derive(Debug)]
pub struct CopyOut<'a> {
    session: &'a mut Session,
    reply: Option<Reply>,
    rows: u64,
}

impl Session {
    /// Starts `sql`, which holds one `COPY … TO STDOUT`; `format` is what the statement asks for. Frames have at
    /// least `target` bytes but for the last one, and at most twice as many.
    ///
    /// # Errors
    /// If an earlier COPY has not ended, or the connection is closed. What the server thinks of the statement comes
    /// with the first frame.
    pub async fn copy_out(&mut self, sql: &str, format: Format, target: usize) -> Result<CopyOut<'_>, Error> {
        let assembler = Assembler::new(format, target, self.buffers.clone());
        if !self.relay.start(Mode::Out(Box::new(Out { assembler, done: false }))) {
            return Err(Error::Protocol {
                context: String::new(),
                problem: "an earlier COPY has not ended".into(),
            });
        }
        match self.client.simple_query_raw(sql).await {
            Ok(stream) => Ok(CopyOut { session: self, reply: Some(Reply::new(stream)), rows: 0 }),
            Err(error) => {
                self.relay.lock().mode = Mode::Off;
                Err(self.error(error).await)
            }
        }
    }
}

impl CopyOut<'_> {
    /// The next frame; `None` at the end. Cancel safe.
    ///
    /// # Errors
    /// The server's error, wherever in the COPY it happens; a lost connection; a count of rows that differs from
    /// the server's.
    pub async fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        let Some(reply) = &mut self.reply else { return Ok(None) };
        let relay = &self.session.relay;
        let next = poll_fn(|cx| {
            // First what is there, then whether the server is done: its answer comes after the last row.
            let mut answered = None;
            loop {
                let mut state = relay.lock();
                if let Mode::Out(copy) = &mut state.mode
                    && let Some(frame) = copy.assembler.pop()
                {
                    state.wake_tap();
                    return Poll::Ready(Ok(Some(frame)));
                }
                if let Some(answer) = answered {
                    return Poll::Ready(answer);
                }
                state.caller_waits(cx);
                drop(state);
                match reply.poll_end(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(answer) => answered = Some(answer.map(|()| None)),
                }
            }
        });
        match next.await {
            Ok(Some(frame)) => Ok(Some(frame)),
            Ok(None) => self.end().map(|()| None),
            Err(error) => {
                self.reply = None;
                self.session.relay.lock().mode = Mode::Off;
                Err(self.session.error(error).await)
            }
        }
    }

    /// The server has answered: compare.
    fn end(&mut self) -> Result<(), Error> {
        let Some(reply) = self.reply.take() else { return Ok(()) };
        let mut state = self.session.relay.lock();
        let tag = reply.rows(state.earlier);
        let problem = match (std::mem::take(&mut state.mode), tag) {
            (Mode::Out(copy), tag) if copy.done => {
                self.rows = copy.assembler.rows();
                match tag {
                    Some(rows) if rows != self.rows => {
                        format!("the server says that it sent {rows} rows, but {} came", self.rows)
                    }
                    Some(_) => return Ok(()),
                    None => "the server did not complete the COPY".to_owned(),
                }
            }
            _ => "the statement is not a COPY … TO STDOUT".to_owned(),
        };
        Err(Error::Protocol { context: String::new(), problem })
    }

    /// The number of rows, once [`next_frame`](Self::next_frame) has returned `None`.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Drop for CopyOut<'_> {
    fn drop(&mut self) {
        if self.reply.is_some() {
            let mut state = self.session.relay.lock();
            state.mode = Mode::Discard;
            state.wake_tap();
        }
    }
}
