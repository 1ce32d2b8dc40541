//! What the writer wrote comes back, from a file by many threads and from a pipe by one.

use std::thread;

use pgark::archive::{
    ArchiveFile, Decoder, Error, Limits, Output, Overwrite, RecordType, Source, StoreError, StreamReader,
};
use pgark::context::Context;
use pgark::event::Meter;
use pgark::verify::{self, Options, verify, verify_source};

use crate::archive_sample::{Frame, Sample};

fn frame_of<'a>(sample: &'a Sample, entry: &pgark::archive::TocEntry) -> &'a Frame {
    let key = (entry.object_id, entry.part_no, entry.frame_no);
    sample.frames.iter().find(|frame| (frame.object_id, frame.part_no, frame.frame_no) == key).unwrap()
}

#[test]
fn frames_come_back_from_several_threads() {
    let sample = Sample::new(1);
    let (bytes, finished) = sample.write();
    let archive = ArchiveFile::from_source(Box::new(bytes), Limits::default()).unwrap();
    assert_eq!(archive.end().root, finished.root);
    assert_eq!(archive.archive_id(), sample.id);
    assert_eq!(archive.begin().unwrap().tool, "pgark test");
    assert_eq!(archive.catalog().unwrap().entries.len(), 5);
    assert_eq!(archive.late().unwrap().tables, sample.late.tables);
    archive.check_non_data().unwrap();
    archive.check_complete(&archive.catalog().unwrap(), &archive.late().unwrap()).unwrap();
    thread::scope(|scope| {
        for worker in 0..3 {
            let (archive, sample) = (&archive, &sample);
            scope.spawn(move || {
                let (mut decoder, mut stored, mut raw) = (Decoder::new().unwrap(), Vec::new(), Vec::new());
                let data = archive.toc().iter().filter(|entry| entry.record_type == RecordType::Data);
                for entry in data.skip(worker) {
                    let header = archive.read_frame(entry, &mut decoder, &mut stored, &mut raw).unwrap();
                    let frame = frame_of(sample, entry);
                    assert_eq!((&raw, header.rows, header.flags), (&frame.raw, frame.rows, frame.flags));
                }
            });
        }
    });
}

#[test]
fn records_come_back_from_a_pipe_in_order() {
    let sample = Sample::new(1);
    let (bytes, finished) = sample.write();
    let mut reader = StreamReader::new(bytes.as_slice(), Limits::default()).unwrap();
    let (mut types, mut raw) = (Vec::new(), Vec::new());
    while let Some(record) = reader.next_record().unwrap() {
        types.push(record.header.record_type);
        reader.decode(&mut raw).unwrap();
        if record.header.record_type == RecordType::Data {
            assert_eq!(raw, frame_of(&sample, &record.entry).raw);
            let meta = pgark::archive::Meta::decode(RecordType::Data, &record.header.meta).unwrap();
            let name: Option<String> = meta.source.map(|source: Source| source.name);
            assert_eq!(name.is_some(), record.header.frame_no == 0);
        }
    }
    assert_eq!(types[..3], [RecordType::Begin, RecordType::Catalog, RecordType::Note]);
    assert_eq!(types[types.len() - 2..], [RecordType::Late, RecordType::Catalog2]);
    assert_eq!(reader.end().unwrap().root, finished.root);
    assert!(reader.next_record().unwrap().is_none());
}

#[test]
fn the_same_records_give_the_same_root() {
    assert_eq!(Sample::new(1).write().0, Sample::new(1).write().0);
    assert_ne!(Sample::new(1).write().1.root, Sample::new(2).write().1.root);
}

#[test]
fn an_archive_on_disk_verifies_and_counts() {
    use std::io::Write as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sample.pgark");
    let (bytes, finished) = Sample::new(1).write();
    let mut output = Output::create(&path, Overwrite::Never).unwrap();
    output.write_all(&bytes).unwrap();
    output.commit().unwrap();
    for (deep, jobs) in [(false, 1), (false, 4), (true, 1), (true, 4)] {
        let ctx = Context::silent();
        let report = verify(&ctx, &path, &Options { deep, jobs, ..Options::default() }).unwrap();
        assert_eq!((report.root, report.rows, report.tables), (finished.root, 98, 4));
        assert_eq!((report.file_len, report.records), (bytes.len() as u64, finished.records));
        assert_eq!(Meter::get(&ctx.meter.rows), 98);
        assert_eq!(Meter::get(&ctx.meter.items_done), Meter::get(&ctx.meter.items));
    }
    let missing = verify(&Context::silent(), &directory.path().join("no"), &Options::default());
    assert!(matches!(missing, Err(verify::Error::Archive(Error::Store(StoreError::NotFound { .. })))));
}

/// A full disk: takes so many bytes and no more.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let len = bytes.len().min(self.0);
        self.0 -= len;
        if len == 0 { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(len) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_fills_up_anywhere_is_an_error() {
    use pgark::archive::{ArchiveId, Status, Writer};
    let write = |room| {
        let mut writer = Writer::begin(Full(room), ArchiveId::default())?;
        writer.append_json(RecordType::Begin, &1)?;
        writer.append_json(RecordType::Catalog, &2)?;
        writer.append_json(RecordType::Late, &3)?;
        writer.finish(Status::Complete).map(|(_, finished)| finished.file_len)
    };
    let len = write(usize::MAX).unwrap() as usize;
    assert_eq!(write(len).unwrap() as usize, len);
    for room in 0..len {
        assert!(matches!(write(room), Err(Error::Io { action: "write", .. })), "room for {room} bytes");
    }
}

#[test]
fn a_cancelled_verification_says_so() {
    let ctx = Context::silent();
    ctx.cancel.cancel();
    let verified = verify_source(&ctx, Box::new(Sample::new(1).write().0), &Options::default());
    assert!(matches!(verified, Err(verify::Error::Cancelled)));
}

#[test]
fn more_than_one_toc_record_is_written_and_read() {
    use pgark::archive::{ArchiveId, Status, Writer};
    use serde_json::json;
    let mut writer = Writer::begin(Vec::new(), ArchiveId::random().unwrap()).unwrap();
    writer.append_json(RecordType::Begin, &json!({})).unwrap();
    for _ in 0..66_000 {
        writer.append_json(RecordType::Note, &0).unwrap();
    }
    writer.append_json(RecordType::Catalog, &json!({"catalog": 1, "database": {}, "entries": []})).unwrap();
    writer.append_json(RecordType::Late, &json!({})).unwrap();
    let (bytes, finished) = writer.finish(Status::Skipped).unwrap();
    // BEGIN, the notes, CATALOG, LATE, CATALOG2; two TOC records; END.
    assert_eq!(finished.records, 66_000 + 4 + 2 + 1);
    verify::verify_stream(&Context::silent(), bytes.as_slice(), &Options::default()).unwrap();
    let report = verify_source(&Context::silent(), Box::new(bytes), &Options::default()).unwrap();
    assert_eq!((report.status, report.root), (Status::Skipped, finished.root));
}
