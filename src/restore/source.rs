//! Where a restore reads from: a file, at any place and from many threads, or a stream, once and in order.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Input;
use super::error::Error;
use crate::archive::{
    self, ArchiveFile, Decoder, Gap, Header, Limits, RecordType, StreamReader, TocEntry, Use, catalog_gaps,
    check_features, gaps, row_gap,
};
use crate::manifest::{Begin, Catalog, Late};

/// Decoded frames that wait for a worker, at most.
const QUEUE_MAX: usize = 2;

/// What a stream brings, in file order.
#[derive(Debug)]
pub enum Item {
    /// BEGIN.
    Begin(Box<Begin>),
    /// CATALOG.
    Catalog(Arc<Catalog>),
    /// Rows, checked.
    Rows(TocEntry, Vec<u8>),
    /// Statistics: header and stored payload, checked.
    Statistics(Box<Header>, Vec<u8>),
    /// LATE.
    Late(Arc<Late>),
    /// END was there, everything before it was as written, and nothing that the catalog promises is missing: the
    /// identity.
    End(String),
}

/// An opened archive.
pub enum Source {
    /// A file, checked but for the payloads of its rows.
    File {
        /// The reader.
        file: Arc<ArchiveFile>,
        /// LATE.
        late: Box<Late>,
    },
    /// A stream, read up to CATALOG.
    Stream(mpsc::Receiver<Result<Item, archive::Error>>),
}

/// Opens an archive and reads what stands before the rows. A file is checked in every byte but the rows' payloads,
/// which are checked when they are used.
///
/// # Errors
/// Not found, no archive, damaged, truncated, of an unknown version.
pub async fn open(input: &Input) -> Result<(Source, Begin, Catalog), Error> {
    match input {
        Input::File(path) if !archive::is_stream(path) => {
            let path = path.clone();
            blocking(move || open_file(&path)).await?
        }
        Input::File(path) => open_stream(archive::open_stream(path).map_err(archive::Error::from)?).await,
        Input::Stdin => open_stream(std::io::stdin()).await,
    }
}

fn open_file(path: &Path) -> Result<(Source, Begin, Catalog), Error> {
    let file = ArchiveFile::open(path, Limits::default())?;
    let begin = file.begin()?;
    check_features(&begin, Use::Restore)?;
    file.check_non_data()?;
    let (catalog, late) = (file.catalog()?, file.late()?);
    file.check_complete(&catalog, &late)?;
    Ok((Source::File { file: Arc::new(file), late: Box::new(late) }, begin, catalog))
}

async fn open_stream(input: impl std::io::Read + Send + 'static) -> Result<(Source, Begin, Catalog), Error> {
    let (items, mut queue) = mpsc::channel(QUEUE_MAX);
    std::thread::spawn(move || {
        if let Err(error) = read_stream(input, &items) {
            // Nobody listens any more when the restore has failed for another reason.
            let _ = items.blocking_send(Err(error));
        }
    });
    let begin = match queue.recv().await {
        Some(Ok(Item::Begin(begin))) => begin,
        other => return Err(unexpected(other)),
    };
    let catalog = match queue.recv().await {
        Some(Ok(Item::Catalog(catalog))) => catalog,
        other => return Err(unexpected(other)),
    };
    Ok((Source::Stream(queue), *begin, Catalog::clone(&catalog)))
}

/// Reads a stream to its end, which checks it, and returns its identity.
///
/// # Errors
/// Damaged, truncated.
pub async fn drain(mut items: mpsc::Receiver<Result<Item, archive::Error>>) -> Result<String, Error> {
    loop {
        match items.recv().await {
            Some(Ok(Item::End(identity))) => return Ok(identity),
            Some(Ok(_)) => {}
            other => return Err(unexpected(other)),
        }
    }
}

/// What came instead of what had to come.
pub fn unexpected(item: Option<Result<Item, archive::Error>>) -> Error {
    match item {
        Some(Err(error)) => error.into(),
        // The reader checks the order of records, so only a dead thread is left.
        _ => Error::Worker("reading the archive".to_owned()),
    }
}

fn read_stream(
    input: impl std::io::Read,
    items: &mpsc::Sender<Result<Item, archive::Error>>,
) -> Result<(), archive::Error> {
    let mut reader = StreamReader::new(input, Limits::default())?;
    let (mut catalog, mut late) = (Arc::<Catalog>::default(), Arc::<Late>::default());
    while let Some(record) = reader.next_record()? {
        let mut raw = Vec::new();
        let item = match record.header.record_type {
            RecordType::Begin => {
                let begin: Begin = reader.json()?;
                check_features(&begin, Use::Restore)?;
                Item::Begin(Box::new(begin))
            }
            RecordType::Catalog => {
                catalog = Arc::new(reader.json()?);
                complete(catalog_gaps(&catalog))?;
                Item::Catalog(Arc::clone(&catalog))
            }
            RecordType::Late => {
                late = Arc::new(reader.json()?);
                Item::Late(Arc::clone(&late))
            }
            RecordType::Data => {
                // The end of a stream is too late to find out what the rows of a stranger did.
                complete(row_gap(&record.entry, &catalog))?;
                reader.decode(&mut raw)?;
                Item::Rows(record.entry, raw)
            }
            RecordType::Statistics => {
                let header = Box::new(record.header);
                Item::Statistics(header, reader.stored().to_vec())
            }
            // Checked by the reader already; nothing in them is needed.
            _ => continue,
        };
        if items.blocking_send(Ok(item)).is_err() {
            return Ok(());
        }
    }
    complete(gaps(reader.contents(), &catalog, &late))?;
    if let Some(end) = reader.end() {
        let _ = items.blocking_send(Ok(Item::End(end.root.to_string())));
    }
    Ok(())
}

fn complete(gaps: impl IntoIterator<Item = Gap>) -> Result<(), archive::Error> {
    gaps.into_iter().next().map_or(Ok(()), |gap| Err(archive::Error::Incomplete(gap)))
}

/// Reads and decodes a frame on a thread where that may block.
///
/// # Errors
/// When it is damaged or cannot be read.
pub async fn read_frame(file: &Arc<ArchiveFile>, entry: TocEntry) -> Result<Vec<u8>, Error> {
    let file = Arc::clone(file);
    blocking(move || {
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        file.read_frame(&entry, &mut Decoder::new()?, &mut stored, &mut raw)?;
        Ok::<_, archive::Error>(raw)
    })
    .await?
    .map_err(Error::from)
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(run).await.map_err(|_| Error::Worker("reading the archive".to_owned()))
}
