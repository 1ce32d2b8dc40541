//! `COPY … FROM STDIN`.

use std::future::poll_fn;
use std::task::Poll;

use bytes::Bytes;

use super::relay::{In, Mode, Outgoing, Reply};
use super::{Error, Session};

/// Payload of one CopyData message. The server holds a message in memory as a whole, so it is no use to make it
/// larger; much smaller ones cost time.
const PIECE: usize = 256 * 1024;

/// So many bytes wait at most for the socket.
const QUEUE_MAX: usize = 1024 * 1024;

/// Running `COPY … FROM STDIN`: one, or several in one message to the server. When it is dropped before
/// [`finish`](Self::finish), the COPY fails on the server, and with it those of the same message.
#[derive(Debug)]
pub struct CopyIn<'a> {
    session: &'a mut Session,
    reply: Option<Reply>,
    copies: usize,
}

impl Session {
    /// Starts `sql`, which holds `copies` times `COPY … FROM STDIN` (other statements may stand around them), and
    /// waits until the server is ready for the rows of the first one.
    ///
    /// # Errors
    /// The server's, for example when the table does not exist; a lost connection; an earlier COPY that has not
    /// ended.
    pub async fn copy_in(&mut self, sql: &str, copies: usize) -> Result<CopyIn<'_>, Error> {
        if !self.relay.start(Mode::In(In::new(copies))) {
            return Err(Error::Protocol {
                context: String::new(),
                problem: "an earlier COPY has not ended".into(),
            });
        }
        let reply = match self.client.simple_query_raw(&self.guarded(sql)).await {
            Ok(stream) => Reply::new(stream),
            Err(error) => {
                self.relay.lock().mode = Mode::Off;
                return Err(self.error(error).await);
            }
        };
        let mut copy = CopyIn { session: self, reply: Some(reply), copies };
        copy.started().await?;
        Ok(copy)
    }
}

impl CopyIn<'_> {
    async fn started(&mut self) -> Result<(), Error> {
        let (relay, reply) = (&self.session.relay, &mut self.reply);
        let answer = poll_fn(|cx| {
            let mut state = relay.lock();
            if state.started {
                return Poll::Ready(Ok(true));
            }
            state.caller_waits(cx);
            drop(state);
            match reply.as_mut().map(|reply| reply.poll_end(cx)) {
                Some(Poll::Ready(answer)) => Poll::Ready(answer.map(|()| false)),
                Some(Poll::Pending) => Poll::Pending,
                None => Poll::Ready(Ok(false)),
            }
        });
        match answer.await {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.over();
                let problem = "the statement is not a COPY … FROM STDIN".into();
                Err(Error::Protocol { context: String::new(), problem })
            }
            Err(error) => Err(self.fail(error).await),
        }
    }

    /// Hands over rows; returns when they are in the queue to the socket. Pieces may end anywhere, also within a
    /// row. Cancel safe in the sense that the connection stays in order, but not that nothing was sent.
    ///
    /// # Errors
    /// As soon as the server has rejected the COPY, its error; a lost connection.
    pub async fn send(&mut self, mut data: Bytes) -> Result<(), Error> {
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(PIECE));
            if !self.put(Outgoing::new(b'd', piece)).await {
                return Err(self.rejected().await);
            }
        }
        Ok(())
    }

    /// Queues a message when there is room. `false` if the server takes no more.
    async fn put(&mut self, message: Outgoing) -> bool {
        let mut message = Some(message);
        poll_fn(|cx| {
            let mut state = self.session.relay.lock();
            let closed = state.closed;
            let Mode::In(copy) = &mut state.mode else { return Poll::Ready(false) };
            if copy.ended || closed {
                return Poll::Ready(false);
            }
            if copy.queued() >= QUEUE_MAX {
                state.caller_waits(cx);
                return Poll::Pending;
            }
            if let Some(message) = message.take() {
                copy.push(message);
            }
            state.wake_tap();
            Poll::Ready(true)
        })
        .await
    }

    /// Ends the rows of a COPY; what is sent next belongs to the next one. The server need not have begun that.
    ///
    /// # Errors
    /// As soon as the server has rejected the COPY, its error; a lost connection.
    pub async fn end(&mut self) -> Result<(), Error> {
        match self.put(Outgoing::new(b'c', Bytes::new())).await {
            true => Ok(()),
            false => Err(self.rejected().await),
        }
    }

    /// When the rows of all COPYs have ended ([`end`](Self::end)): waits for the server's answer, the number of rows of
    /// each.
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn finish(mut self) -> Result<Vec<u64>, Error> {
        self.answer().await?;
        let reply = self.reply.take();
        let begun = self.over();
        let rows = |reply: Reply| begun.iter().map(|before| reply.rows(*before)).collect();
        let rows: Option<Vec<u64>> = reply.and_then(rows);
        rows.filter(|rows| rows.len() == self.copies).ok_or_else(|| Error::Protocol {
            context: String::new(),
            problem: "the server did not say how many rows it took".into(),
        })
    }

    /// Makes the COPY fail on the server, and waits for its answer. Afterwards the session is free; a transaction
    /// it was in is aborted.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn abort(mut self, reason: &str) -> Result<(), Error> {
        give_up(self.session, reason, false);
        match self.answer().await {
            Err(Error::Rejected { .. }) | Ok(()) => {
                self.over();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for the end of the server's answer.
    async fn answer(&mut self) -> Result<(), Error> {
        let Some(reply) = &mut self.reply else { return Ok(()) };
        match poll_fn(|cx| reply.poll_end(cx)).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.fail(error).await),
        }
    }

    /// Nothing can be sent any more: find out why.
    async fn rejected(&mut self) -> Error {
        match self.answer().await {
            Err(error) => error,
            Ok(()) => Error::Protocol { context: String::new(), problem: "the server ended the COPY".into() },
        }
    }

    async fn fail(&mut self, error: tokio_postgres::Error) -> Error {
        self.over();
        let error = self.session.error(error).await;
        self.session.undone(error).await
    }

    /// The session is free again. Returns for each COPY how many statements were complete before it.
    fn over(&mut self) -> Vec<usize> {
        self.reply = None;
        match std::mem::take(&mut self.session.relay.lock().mode) {
            Mode::In(copies) => copies.begun,
            _ => Vec::new(),
        }
    }
}

/// Replaces what waits by a CopyFail.
fn give_up(session: &Session, reason: &str, abandoned: bool) {
    let mut state = session.relay.lock();
    let started = state.started;
    if let Mode::In(copy) = &mut state.mode {
        copy.abandoned = abandoned;
        if !started {
            // The server has not answered yet. If it begins the COPY, nobody can end it: the tap then closes.
            state.mode = Mode::Discard;
        } else if !copy.ended {
            copy.end();
            let text: Vec<u8> = reason.bytes().filter(|&b| b != 0).chain([0]).collect();
            copy.push(Outgoing::new(b'f', text.into()));
        }
    }
    state.wake_tap();
}

impl Drop for CopyIn<'_> {
    fn drop(&mut self) {
        if self.reply.is_some() {
            give_up(self.session, "the client gave up", true);
        }
    }
}
