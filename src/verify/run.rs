//! Verifies a file with several threads.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::de::IgnoredAny;

use super::error::Error;
use super::plan::units;
use super::tally::Tally;
use super::{Options, Report};
use crate::archive::{
    self, ArchiveFile, ContentHash, Contents, Decoder, FormatError, Header, Input, Meta, ReadAt, RecordType,
    RowWalker, TocEntry, parse_json,
};
use crate::context::Context;
use crate::event::{Event, Meter};

pub(super) fn file(ctx: &Context, path: &Path, options: &Options) -> Result<Report, Error> {
    let input = Input::open(path).map_err(archive::Error::from)?;
    source(ctx, Box::new(input), options)
}

pub(super) fn source(ctx: &Context, source: Box<dyn ReadAt>, options: &Options) -> Result<Report, Error> {
    // END, table of contents and root: without them nothing else can be judged.
    let archive = ArchiveFile::open_tail(source, options.limits)?;
    let toc = archive.toc();
    ctx.event(Event::Phase { name: "verify", items: toc.len() });
    Meter::add(&ctx.meter.expected_bytes, archive.end().raw_bytes);
    Meter::add(&ctx.meter.items, toc.len() as u64);

    // Header and payload of every other record.
    let (mut tally, contents) = check_all(ctx, &archive, options)?;

    // What the records say, as far as they are intact.
    intact(&mut tally, archive.begin())?;
    let (catalog, late) = (intact(&mut tally, archive.catalog())?, intact(&mut tally, archive.late())?);
    let records = archive.end().records + 1;
    let failure =
        tally.failure(&contents, catalog.as_ref(), late.as_ref(), options.deep, Some(records), records);
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    let end = archive.end();
    Ok(Report {
        root: end.root,
        archive_id: archive.archive_id(),
        status: end.status,
        records,
        tables: catalog
            .map_or(0, |catalog| catalog.entries.iter().filter(|e| e.data.is_some()).count() as u64),
        rows: end.rows,
        raw_bytes: end.raw_bytes,
        file_len: end.file_len,
        deep: options.deep,
    })
}

/// What a record says, if it is intact. Damage is noted, anything else ends the verification.
fn intact<T>(tally: &mut Tally, read: Result<T, archive::Error>) -> Result<Option<T>, archive::Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) => tally.note_again(error).map(|()| None),
    }
}

/// What one worker brings home.
#[derive(Default)]
struct Share {
    tally: Tally,
    /// Meta of the frames 0, by (object, part).
    ranges: Vec<((u32, u32), Meta)>,
    /// Stored digests of CATALOG and CATALOG2.
    catalogs: Vec<(TocEntry, archive::Digest)>,
}

fn check_all(ctx: &Context, archive: &ArchiveFile, options: &Options) -> Result<(Tally, Contents), Error> {
    let units = units(archive.toc());
    let next = AtomicUsize::new(0);
    let jobs = options.jobs.clamp(1, units.len().max(1));
    let work = || check_units(ctx, archive, options.deep, &units, &next);
    let shares: Vec<Result<Share, Error>> = if jobs == 1 {
        vec![work()]
    } else {
        thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, _>| match worker.join() {
                Ok(share) => share,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            workers.into_iter().map(join).collect()
        })
    };

    let mut tally = Tally::default();
    let mut contents = archive.contents().clone();
    let mut catalogs = Vec::new();
    for share in shares {
        let share = share?;
        tally.merge(share.tally);
        catalogs.extend(share.catalogs);
        for (part, meta) in share.ranges {
            if let Some(part) = contents.get_mut(&part) {
                part.set_range(&meta);
            }
        }
    }
    // Equal digests of bytes that match them: equal bytes.
    if let [(a, first), (b, second)] = catalogs.as_slice()
        && first != second
    {
        let later = if a.seq > b.seq { a } else { b };
        tally.note(archive::Error::of(later, FormatError::Rule("the two catalogs differ")))?;
    }
    Ok((tally, contents))
}

/// One worker: takes units until there are none.
fn check_units(
    ctx: &Context,
    archive: &ArchiveFile,
    deep: bool,
    units: &[Vec<usize>],
    next: &AtomicUsize,
) -> Result<Share, Error> {
    let mut share = Share::default();
    let mut check = RecordCheck { archive, decoder: Decoder::new()?, stored: Vec::new(), raw: Vec::new() };
    while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
        let first = &archive.toc()[unit[0]];
        let mut rows =
            (deep && first.record_type == RecordType::Data).then(|| RowWalker::new(first.data_format));
        for &index in unit {
            if ctx.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let entry = &archive.toc()[index];
            match check.record(entry, rows.as_mut()) {
                Ok(header) => share.keep(entry, &header)?,
                Err(error) => {
                    share.tally.note(error)?;
                    // The row that spans the damage has no beginning: the rest of the unit is only hashed.
                    rows = None;
                }
            }
            Meter::add(&ctx.meter.stored_bytes, entry.record_len());
            Meter::add(&ctx.meter.items_done, 1);
            if entry.record_type == RecordType::Data {
                Meter::add(&ctx.meter.raw_bytes, entry.raw_len);
                Meter::add(&ctx.meter.rows, entry.rows.into());
            }
        }
        if let Some(walker) = rows {
            share.tally.add_hash(first.object_id, walker.hash());
        }
    }
    Ok(share)
}

impl Share {
    fn keep(&mut self, entry: &TocEntry, header: &Header) -> Result<(), archive::Error> {
        match entry.record_type {
            RecordType::Catalog | RecordType::Catalog2 => {
                self.catalogs.push((entry.clone(), header.payload_sha256));
            }
            RecordType::Data if entry.frame_no == 0 => {
                let meta = Meta::decode(RecordType::Data, &header.meta)
                    .map_err(|error| archive::Error::of(entry, error))?;
                // Column lists of all tables would fill memory.
                let meta = Meta { source: None, ..meta };
                self.ranges.push(((entry.object_id, entry.part_no), meta));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The buffers of a worker.
struct RecordCheck<'a> {
    archive: &'a ArchiveFile,
    decoder: Decoder,
    stored: Vec<u8>,
    raw: Vec<u8>,
}

impl RecordCheck<'_> {
    /// `walker`, when given, is the one of the frame's rows.
    fn record(&mut self, entry: &TocEntry, walker: Option<&mut RowWalker>) -> Result<Header, archive::Error> {
        if walker.is_none() && !entry.record_type.is_json() {
            return self.archive.check_record(entry, &mut self.stored);
        }
        let header = self.archive.read_frame(entry, &mut self.decoder, &mut self.stored, &mut self.raw)?;
        let content = match (walker, entry.record_type) {
            (Some(walker), _) => walk(walker, &header, &self.raw),
            // They are parsed later, for what they say; the second catalog is the first one, byte for byte.
            (None, RecordType::Begin | RecordType::Catalog | RecordType::Catalog2 | RecordType::Late) => {
                Ok(())
            }
            (None, _) => parse_json::<IgnoredAny>(&self.raw).map(drop),
        };
        content.map_err(|error| archive::Error::of(entry, error))?;
        Ok(header)
    }
}

/// Walks the rows of a frame, and compares what its header says of them.
pub(super) fn walk(walker: &mut RowWalker, header: &Header, raw: &[u8]) -> Result<(), FormatError> {
    let before: ContentHash = walker.hash();
    let rows = walker.frame(header.flags, raw)?;
    if rows != u64::from(header.rows) {
        return Err(FormatError::Field { field: "rows", found: header.rows.into(), expected: rows });
    }
    let promised = Meta::decode(header.record_type, &header.meta)?.content_hash;
    if promised.is_some_and(|hash| hash != walker.hash().since(before).value()) {
        return Err(FormatError::Checksum("content hash of the frame"));
    }
    Ok(())
}
