//! The archive's file, and the thread that writes it: the only place where records get their order.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::error::Error;
use crate::archive::{self, Draft, Error as ArchiveError, StoreError, Writer};
use crate::event::Meter;

/// Frames that wait for the disk, at most: memory is bounded, and workers stop when the disk is slow.
const QUEUE_MAX: usize = 2;

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
pub type Records = mpsc::Sender<Draft>;

/// The running thread.
pub struct WriterThread<W: Write> {
    thread: JoinHandle<Result<Writer<W>, ArchiveError>>,
}

impl<W: Write + Send + 'static> WriterThread<W> {
    /// Starts to append what is sent.
    pub fn start(mut writer: Writer<W>, meter: Arc<Meter>) -> (Self, Records) {
        let (records, mut queue) = mpsc::channel::<Draft>(QUEUE_MAX);
        let thread = std::thread::spawn(move || {
            while let Some(draft) = queue.blocking_recv() {
                writer.append(draft)?;
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
