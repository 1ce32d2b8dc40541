//! What the two ends of a COPY share: the tap, which runs in the connection's task, and the [`CopyOut`] or
//! [`CopyIn`] of the caller.
//!
//! [`CopyOut`]: super::CopyOut
//! [`CopyIn`]: super::CopyIn

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::Stream;
use tokio_postgres::{SimpleQueryMessage, SimpleQueryStream};

use super::frame::{Assembler, Frame, Violation};

/// When so many frames wait for the caller, or as many bytes in smaller ones, nothing more is read. With what is being
/// read and what the caller works on, that is memory; more of it made nothing faster.
const WAITING_MAX: usize = 1;

/// The shared state. Locked for each piece that is read or written, never across a wait.
#[derive(Debug, Default)]
pub(super) struct Relay(Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub mode: Mode,
    /// The server has begun the COPY.
    pub started: bool,
    /// Statements of the message that are complete. Each COPY remembers how many were before it began, since that is
    /// where its tag will be: `set local …; copy …` in one message.
    pub complete: usize,
    /// Pieces that have been read or written.
    pub moved: u64,
    /// Something was sent that the server has not answered to its end.
    pub asked: bool,
    /// Nothing is read since the caller does not take what is there.
    pub full: bool,
    /// The connection is gone: nobody reads and writes any more.
    pub closed: bool,
    /// The connection's task.
    pub tap: Option<Waker>,
    /// The caller's task.
    pub caller: Option<Waker>,
}

/// What the tap does with COPY messages. A message to the server may hold several COPYs, all in one direction.
#[derive(Debug, Default)]
pub(super) enum Mode {
    /// No COPY runs.
    #[default]
    Off,
    /// Rows are collected.
    Out(Box<Out>),
    /// Rows are sent.
    In(In),
    /// The caller has given up a COPY OUT; its rows, and those of the COPYs behind it, are thrown away.
    Discard,
}

/// The COPYs of a message. The server sends one while the caller still takes frames of another before it.
#[derive(Debug)]
pub(super) struct Out {
    copies: VecDeque<Sent>,
    /// How many of them the server has ended.
    ended: usize,
    /// Bytes of frames of those.
    held: usize,
    /// It is within one.
    running: bool,
    /// It has answered completely.
    pub answered: bool,
}

/// A COPY that the server sends.
#[derive(Debug)]
pub(super) struct Sent {
    pub assembler: Assembler,
    /// Statements that were complete before it.
    pub before: usize,
}

impl Out {
    /// COPYs that will come in this order.
    pub fn new(copies: impl IntoIterator<Item = Assembler>) -> Self {
        let copies = copies.into_iter().map(|assembler| Sent { assembler, before: 0 }).collect();
        Self { copies, ended: 0, held: 0, running: false, answered: false }
    }

    /// Whether another COPY may begin.
    pub fn expects(&self) -> bool {
        !self.running && self.ended < self.copies.len()
    }

    /// The server begins the next COPY, behind so many statements.
    pub fn begin(&mut self, before: usize) {
        if let Some(next) = self.copies.get_mut(self.ended) {
            next.before = before;
            self.running = true;
        }
    }

    /// The COPY that the server is within.
    pub fn running(&mut self) -> Option<&mut Assembler> {
        self.copies.get_mut(self.ended).filter(|_| self.running).map(|sent| &mut sent.assembler)
    }

    /// Whether the server is within a COPY.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// The server has ended the COPY that it was within.
    ///
    /// # Errors
    /// When its data are not complete.
    pub fn end(&mut self) -> Result<(), Violation> {
        let Some(assembler) = self.running() else { return Ok(()) };
        assembler.end()?;
        self.held += assembler.waiting();
        self.running = false;
        self.ended += 1;
        Ok(())
    }

    /// So much waits for the caller that nothing more should be read.
    pub fn is_full(&self) -> bool {
        let Some(current) = self.copies.get(self.ended) else { return false };
        self.held + current.assembler.waiting() >= WAITING_MAX * current.assembler.target()
    }

    /// The next frame of the caller's COPY.
    pub fn pop(&mut self) -> Option<Frame> {
        let frame = self.copies.front_mut()?.assembler.pop()?;
        if self.ended > 0 {
            self.held -= frame.bytes.len();
        }
        Some(frame)
    }

    /// The caller's COPY, if the server has ended it: the caller goes on with the next one.
    pub fn next(&mut self) -> Option<Sent> {
        self.ended = self.ended.checked_sub(1)?;
        self.copies.pop_front()
    }
}

#[derive(Debug, Default)]
pub(super) struct In {
    queue: VecDeque<Outgoing>,
    queued: usize,
    /// COPYs in the message.
    copies: usize,
    /// For each COPY that the server has begun: statements that were complete before it.
    pub begun: Vec<usize>,
    /// The server has reported an error, or the caller has given up: no more data go out.
    pub ended: bool,
    /// COPYs that the caller has ended.
    ends: usize,
    /// The caller has gone; the session is free again when the server has answered.
    pub abandoned: bool,
}

impl In {
    /// Whether another COPY may begin.
    pub fn expects(&self) -> bool {
        self.begun.len() < self.copies
    }

    /// So many COPYs.
    pub fn new(copies: usize) -> Self {
        Self { copies, ..Self::default() }
    }

    /// Payload bytes in the queue.
    pub fn queued(&self) -> usize {
        self.queued
    }

    pub fn push(&mut self, message: Outgoing) {
        self.ends += usize::from(message.header[0] == b'c');
        self.queued += message.body.len();
        self.queue.push_back(message);
    }

    pub fn pop(&mut self) -> Option<Outgoing> {
        let message = self.queue.pop_front()?;
        self.queued -= message.body.len();
        Some(message)
    }

    /// The server waits for rows that the caller does not have yet.
    fn is_hungry(&self) -> bool {
        !self.ended && self.queue.is_empty() && self.begun.len() > self.ends
    }

    /// Forgets what waits; no more data are taken.
    pub fn end(&mut self) {
        self.ended = true;
        self.queue.clear();
        self.queued = 0;
    }
}

/// A message on its way to the server.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub header: [u8; 5],
    pub header_sent: usize,
    pub body: Bytes,
}

impl Outgoing {
    /// A message of type `tag`. A body never exceeds what its length field can say, since callers cut it in pieces.
    pub fn new(tag: u8, body: Bytes) -> Self {
        let len = u32::try_from(body.len() + 4).expect("invariant: COPY pieces are small");
        let [a, b, c, d] = len.to_be_bytes();
        Self { header: [tag, a, b, c, d], header_sent: 0, body }
    }
}

impl Relay {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Prepares for a COPY. `false` if another one has not ended.
    pub fn start(&self, mode: Mode) -> bool {
        let mut state = self.lock();
        if !matches!(state.mode, Mode::Off) {
            return false;
        }
        state.mode = mode;
        state.started = false;
        state.complete = 0;
        true
    }
}

impl State {
    /// Waits for the server: something was asked, and nothing that the server sends or wants is held back here.
    pub fn waits(&self) -> bool {
        let hungry = matches!(&self.mode, Mode::In(copies) if copies.is_hungry());
        self.asked && !self.full && !hungry && !self.closed
    }

    /// Remembers the connection's task.
    pub fn tap_waits(&mut self, cx: &Context<'_>) {
        remember(&mut self.tap, cx);
    }

    /// Remembers the caller's task.
    pub fn caller_waits(&mut self, cx: &Context<'_>) {
        remember(&mut self.caller, cx);
    }

    pub fn wake_tap(&mut self) {
        if let Some(waker) = self.tap.take() {
            waker.wake();
        }
    }

    pub fn wake_caller(&mut self) {
        if let Some(waker) = self.caller.take() {
            waker.wake();
        }
    }
}

fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

/// The server's answer to the message that holds the COPY, without the COPY itself.
pub(super) struct Reply {
    stream: Pin<Box<SimpleQueryStream>>,
    /// Rows according to the tag of each completed statement.
    tags: Vec<u64>,
    ended: bool,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("tags", &self.tags).field("ended", &self.ended).finish()
    }
}

impl Reply {
    pub fn new(stream: SimpleQueryStream) -> Self {
        Self { stream: Box::pin(stream), tags: Vec::new(), ended: false }
    }

    /// Ready when the server has answered completely.
    pub fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), tokio_postgres::Error>> {
        self.poll_tag(cx, usize::MAX)
    }

    /// Ready when the server has completed more than so many statements, or answered completely.
    pub fn poll_tag(
        &mut self,
        cx: &mut Context<'_>,
        before: usize,
    ) -> Poll<Result<(), tokio_postgres::Error>> {
        loop {
            if self.tags.len() > before || self.ended {
                return Poll::Ready(Ok(()));
            }
            match std::task::ready!(self.stream.as_mut().poll_next(cx)) {
                Some(Ok(SimpleQueryMessage::CommandComplete(rows))) => self.tags.push(rows),
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Err(error));
                }
                None => self.ended = true,
            }
        }
    }

    /// The number of rows in the tag of the COPY that so many statements were before.
    pub fn rows(&self, before: usize) -> Option<u64> {
        self.tags.get(before).copied()
    }
}

/// Shared by tap and session.
pub(super) type Shared = Arc<Relay>;
