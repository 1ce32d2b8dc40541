//! `COPY … TO STDOUT`.

use std::future::poll_fn;
use std::task::Poll;

use super::frame::{Assembler, Format, Frame};
use super::relay::{Mode, Out, Reply, Sent};
use super::{Error, Session};

/// Running `COPY … TO STDOUT`: one, or several in one message to the server.
///
/// When it is dropped before its end, the server goes on sending: the rest is read and thrown away, and until then
/// the session refuses another COPY. Whoever gives up sends a cancel request first
/// ([`Session::cancel_handle`](super::Session::cancel_handle)), or drops the session.
#[derive(Debug)]
pub struct CopyOut<'a> {
    session: &'a mut Session,
    reply: Option<Reply>,
    /// COPYs of which not all rows have been handed out.
    left: usize,
    rows: u64,
}

impl Session {
    /// Starts `sql`, which holds one `COPY … TO STDOUT` for each of `formats`, in their order; other statements may
    /// stand between them. Frames have at least `target` bytes but for the last one of each COPY, and at most twice
    /// as many.
    ///
    /// # Errors
    /// If an earlier COPY has not ended, or the connection is closed. What the server thinks of the statements comes
    /// with the frames.
    pub async fn copy_out(
        &mut self,
        sql: &str,
        formats: &[Format],
        target: usize,
    ) -> Result<CopyOut<'_>, Error> {
        let assembler = |format: &Format| Assembler::new(*format, target, self.buffers.clone());
        let out = Out::new(formats.iter().map(assembler));
        if !self.relay.start(Mode::Out(Box::new(out))) {
            return Err(Error::Protocol {
                context: String::new(),
                problem: "an earlier COPY has not ended".into(),
            });
        }
        match self.client.simple_query_raw(sql).await {
            Ok(stream) => {
                Ok(CopyOut { session: self, reply: Some(Reply::new(stream)), left: formats.len(), rows: 0 })
            }
            Err(error) => {
                self.relay.lock().mode = Mode::Off;
                Err(self.error(error).await)
            }
        }
    }
}

/// What comes next out of a COPY.
enum Next {
    Frame(Frame),
    /// The server has ended this COPY.
    End(Sent),
    /// The server has answered completely.
    Answer,
}

impl CopyOut<'_> {
    /// The next frame; `None` at the end of each COPY. Cancel safe but for the last call of a COPY, which waits for
    /// the server's count.
    ///
    /// # Errors
    /// The server's error, wherever in the COPY it happens; a lost connection; a count of rows that differs from
    /// the server's. All COPYs for which `None` came are complete all the same.
    pub async fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        match self.next().await? {
            Next::Frame(frame) => Ok(Some(frame)),
            Next::End(sent) => {
                self.compare(&sent).await?;
                self.left -= 1;
                if self.left == 0 {
                    // Whatever the message holds behind the COPYs.
                    self.answer(None).await?;
                    self.over();
                }
                Ok(None)
            }
            Next::Answer => {
                self.over();
                Err(wrong("the statement is not a COPY … TO STDOUT"))
            }
        }
    }

    async fn next(&mut self) -> Result<Next, Error> {
        let (relay, Some(reply)) = (&self.session.relay, &mut self.reply) else { return Ok(Next::Answer) };
        let next = poll_fn(|cx| {
            // First what is there, then whether the server is done: its answer comes after the last row.
            let mut answered = None;
            loop {
                let mut state = relay.lock();
                if let Mode::Out(out) = &mut state.mode {
                    if let Some(frame) = out.pop() {
                        state.wake_tap();
                        return Poll::Ready(Ok(Next::Frame(frame)));
                    }
                    if let Some(sent) = out.next() {
                        return Poll::Ready(Ok(Next::End(sent)));
                    }
                }
                if let Some(answer) = answered {
                    return Poll::Ready(answer);
                }
                state.caller_waits(cx);
                drop(state);
                match reply.poll_end(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(answer) => answered = Some(answer.map(|()| Next::Answer)),
                }
            }
        });
        match next.await {
            Ok(next) => Ok(next),
            Err(error) => Err(self.fail(error).await),
        }
    }

    /// Compares a COPY that has ended with what the server says of it.
    async fn compare(&mut self, sent: &Sent) -> Result<(), Error> {
        self.answer(Some(sent.before)).await?;
        self.rows = sent.assembler.rows();
        match self.reply.as_ref().and_then(|reply| reply.rows(sent.before)) {
            Some(rows) if rows == self.rows => Ok(()),
            Some(rows) => {
                Err(wrong(format!("the server says that it sent {rows} rows, but {} came", self.rows)))
            }
            None => Err(wrong("the server did not complete the COPY")),
        }
    }

    /// Waits until the server has completed more than so many statements, or all.
    async fn answer(&mut self, before: Option<usize>) -> Result<(), Error> {
        let Some(reply) = &mut self.reply else { return Ok(()) };
        match poll_fn(|cx| reply.poll_tag(cx, before.unwrap_or(usize::MAX))).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.fail(error).await),
        }
    }

    async fn fail(&mut self, error: tokio_postgres::Error) -> Error {
        self.over();
        self.session.error(error).await
    }

    /// The session is free again.
    fn over(&mut self) {
        self.reply = None;
        self.session.relay.lock().mode = Mode::Off;
    }

    /// The number of rows of the COPY for which [`next_frame`](Self::next_frame) returned `None` last.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

fn wrong(problem: impl Into<String>) -> Error {
    Error::Protocol { context: String::new(), problem: problem.into() }
}

impl Drop for CopyOut<'_> {
    fn drop(&mut self) {
        if self.reply.is_some() {
            let mut state = self.session.relay.lock();
            // An answer that is complete, but was not read to its end, frees the session at once.
            let answered = matches!(&state.mode, Mode::Out(out) if out.answered);
            state.mode = if answered { Mode::Off } else { Mode::Discard };
            state.wake_tap();
        }
    }
}
