//! The archive's file, and the thread that writes it: the only place where records get their order.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::error::Error;
use crate::archive::{self, Draft, Error as ArchiveError, LARGE, StoreError, Writer};
use crate::event::Meter;
use crate::server::Buffers;

/// Payloads that wait for the disk, at most, KiB: memory is bounded, and workers stop when the disk is slow.
const QUEUE_KIB: usize = 4 << 10;

/// The archive's file. Threads write it that an interrupted dump does not wait for; whoever wants to know that it is
/// closed, and removed if incomplete, waits for the other end of the channel.
pub struct File {
    out: archive::Output,
    _open: oneshot::Sender<()>,
}

impl File {
    /// `open` is dropped when the file is closed.
    pub fn new(out: archive::Output, open: oneshot::Sender<()>) -> Self {
        Self { out, _open: open }
    }

    /// Makes it durable and gives it its name.
    ///
    /// # Errors
    /// As [`archive::Output::commit`].
    pub fn commit(self) -> Result<(), StoreError> {
        self.out.commit()
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Where workers send records.
#[derive(Clone)]
pub struct Records {
    queue: mpsc::UnboundedSender<(Draft, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

impl Records {
    /// Hands over a record, when there is room for it.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the writer has failed: its error is the one that is reported.
    pub async fn send(&self, draft: Draft) -> Result<(), Error> {
        // Small records cost at least one, so their number is bounded, too.
        let kib = (draft.payload.stored.len() >> 10).clamp(1, QUEUE_KIB) as u32;
        let room = Arc::clone(&self.room).acquire_many_owned(kib).await;
        let room = room.map_err(|_| Error::Cancelled)?;
        self.queue.send((draft, room)).map_err(|_| Error::Cancelled)
    }
}

/// The running thread.
pub struct WriterThread<W: Write> {
    thread: JoinHandle<Result<Writer<W>, ArchiveError>>,
}

impl<W: Write + Send + 'static> WriterThread<W> {
    /// Starts to append what is sent. Large payloads give their memory to `buffers`.
    pub fn start(mut writer: Writer<W>, meter: Arc<Meter>, buffers: Buffers) -> (Self, Records) {
        let (sender, mut queue) = mpsc::unbounded_channel::<(Draft, OwnedSemaphorePermit)>();
        let records = Records { queue: sender, room: Arc::new(Semaphore::new(QUEUE_KIB)) };
        let thread = std::thread::spawn(move || {
            while let Some((draft, _room)) = queue.blocking_recv() {
                let stored = writer.append(draft)?;
                if stored.len() >= LARGE {
                    buffers.give(stored);
                }
                meter.stored_bytes.store(writer.position(), std::sync::atomic::Ordering::Relaxed);
            }
            Ok(writer)
        });
        (Self { thread }, records)
    }

    /// Waits until everything that was sent is written. All senders must be gone.
    ///
    /// # Errors
    /// The first write that failed.
    pub async fn join(self) -> Result<Writer<W>, Error> {
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match ended {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(_)) | Err(_) => Err(Error::Worker("the archive writer".to_owned())),
        }
    }
}
