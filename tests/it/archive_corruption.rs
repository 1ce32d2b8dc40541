//! Nothing that happens to the bytes of an archive goes unnoticed.

use std::io::Read;

use pgark::archive::{ArchiveFile, Decoder, Error, Limits, StreamReader};
use pgark::context::Context;
use pgark::verify::{self, Finding, Options, verify_source, verify_stream};

use crate::archive_sample::{BINARY, Sample, TEXT};

const MASKS: [u8; 3] = [0x01, 0x80, 0xFF];

fn by_file(bytes: &[u8]) -> Result<verify::Report, verify::Error> {
    verify_source(&Context::silent(), Box::new(bytes.to_vec()), &Options::default())
}

fn by_stream(bytes: &[u8]) -> Result<verify::Report, verify::Error> {
    verify_stream(&Context::silent(), bytes, &Options::default())
}

/// What a restore reads: everything, before and while it writes.
fn by_restore(bytes: &[u8]) -> Result<(), Error> {
    let archive = ArchiveFile::from_source(Box::new(bytes.to_vec()), Limits::default())?;
    archive.check_non_data()?;
    archive.begin()?;
    archive.check_complete(&archive.catalog()?, &archive.late()?)?;
    let (mut decoder, mut stored, mut raw) = (Decoder::new()?, Vec::new(), Vec::new());
    for entry in archive.toc().iter().filter(|entry| entry.rows > 0) {
        archive.read_frame(entry, &mut decoder, &mut stored, &mut raw)?;
    }
    Ok(())
}

/// A bare stream reader, which decodes nothing.
fn by_stream_reader(bytes: &[u8]) -> Result<(), Error> {
    let mut reader = StreamReader::new(bytes, Limits::default())?;
    while reader.next_record()?.is_some() {}
    Ok(())
}

/// Every byte changed in three ways; `read` must refuse each.
fn change_every_byte<T, E: std::fmt::Debug>(read: impl Fn(&[u8]) -> Result<T, E>) {
    let (bytes, _) = Sample::new(1).write();
    read(&bytes).unwrap();
    let mut bad = bytes.clone();
    for at in 0..bytes.len() {
        for mask in MASKS {
            bad[at] = bytes[at] ^ mask;
            assert!(read(&bad).is_err(), "byte {at} ^ {mask:#x}");
        }
        bad[at] = bytes[at];
    }
}

#[test]
fn every_changed_byte_is_noticed_in_a_file() {
    change_every_byte(by_file);
}

#[test]
fn every_changed_byte_is_noticed_in_a_pipe() {
    change_every_byte(by_stream);
}

#[test]
fn every_changed_byte_is_noticed_by_a_reader_that_decodes_nothing() {
    change_every_byte(by_stream_reader);
}

#[test]
fn a_restore_notices_every_changed_byte_it_reads() {
    let (bytes, _) = Sample::new(1).write();
    let archive = ArchiveFile::from_source(Box::new(bytes.clone()), Limits::default()).unwrap();
    let unread: Vec<_> = archive
        .toc()
        .iter()
        .filter(|entry| entry.object_id != pgark::archive::NO_OBJECT && entry.rows == 0)
        .map(|entry| entry.offset + u64::from(entry.header_len)..entry.offset + entry.record_len())
        .collect();
    let mut bad = bytes.clone();
    for at in 0..bytes.len() {
        bad[at] ^= 0x10;
        if !unread.iter().any(|range| range.contains(&(at as u64))) {
            assert!(by_restore(&bad).is_err(), "byte {at}");
        }
        bad[at] = bytes[at];
    }
}

#[test]
fn every_truncation_is_noticed() {
    let (bytes, _) = Sample::new(1).write();
    for len in 0..bytes.len() {
        let cut = &bytes[..len];
        for error in [by_file(cut).unwrap_err(), by_stream(cut).unwrap_err()] {
            match error {
                verify::Error::Archive(Error::Truncated { .. }) => assert!(len > 0),
                verify::Error::Archive(Error::NotAnArchive) => assert_eq!(len, 0),
                other => panic!("length {len}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_truncated_archive_says_how_much_is_there() {
    let (bytes, _) = Sample::new(1).write();
    let archive = ArchiveFile::from_source(Box::new(bytes.clone()), Limits::default()).unwrap();
    let fourth_frame = &archive.toc()[6];
    let len = (fourth_frame.offset + fourth_frame.record_len()) as usize - 1;
    for error in [by_file(&bytes[..len]).unwrap_err(), by_stream(&bytes[..len]).unwrap_err()] {
        assert_eq!(
            error.to_string(),
            "the archive is truncated: 6 records with 90 rows are there, the end is missing"
        );
    }
}

#[test]
fn bytes_after_the_end_are_noticed() {
    let (bytes, _) = Sample::new(1).write();
    for more in [&b"\0"[..], b"more", &bytes] {
        let longer = [&bytes[..], more].concat();
        assert!(by_file(&longer).is_err());
        assert!(by_stream(&longer).is_err());
    }
}

/// The records of an archive, header and payload together.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let archive = ArchiveFile::from_source(Box::new(bytes.to_vec()), Limits::default()).unwrap();
    let mut ends: Vec<usize> = archive.toc().iter().map(|entry| entry.offset as usize).collect();
    ends.extend([archive.end().toc_offset as usize, bytes.len() - 256, bytes.len()]);
    ends.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect()
}

#[test]
fn swapped_repeated_and_missing_records_are_noticed() {
    let good = records(&Sample::new(1).write().0);
    by_file(&good.concat()).unwrap();
    for first in 0..good.len() {
        let mut missing = good.clone();
        missing.remove(first);
        let mut repeated = good.clone();
        repeated.insert(first, good[first].clone());
        for bad in [missing.concat(), repeated.concat()] {
            assert!(by_file(&bad).is_err() && by_stream(&bad).is_err(), "record {first}");
        }
        for second in first + 1..good.len() {
            let mut swapped = good.clone();
            swapped.swap(first, second);
            let bad = swapped.concat();
            assert!(by_file(&bad).is_err() && by_stream(&bad).is_err(), "records {first} and {second}");
        }
    }
}

#[test]
fn records_of_another_archive_are_noticed() {
    let (ours, theirs) = (records(&Sample::new(1).write().0), records(&Sample::new(2).write().0));
    for at in 0..ours.len() {
        let mut spliced = ours.clone();
        spliced[at].clone_from(&theirs[at]);
        let bad = spliced.concat();
        assert!(by_file(&bad).is_err() && by_stream(&bad).is_err(), "record {at}");
        // A head of one and a tail of the other.
        if at > 0 {
            let bad = [ours[..at].concat(), theirs[at..].concat()].concat();
            assert!(by_file(&bad).is_err() && by_stream(&bad).is_err(), "from record {at}");
        }
    }
}

#[test]
fn damage_names_record_table_and_rows() {
    let (bytes, _) = Sample::new(1).write();
    let archive = ArchiveFile::from_source(Box::new(bytes.clone()), Limits::default()).unwrap();
    let mut bad = bytes.clone();
    let hit = [BINARY, TEXT].map(|id| archive.toc().iter().find(|entry| entry.object_id == id).unwrap());
    for entry in hit {
        bad[(entry.offset + entry.record_len() - 1) as usize] ^= 1;
    }
    for jobs in [1, 3] {
        let options = Options { jobs, ..Options::default() };
        let source = Box::new(bad.clone());
        let Err(verify::Error::Failed(failure)) = verify_source(&Context::silent(), source, &options) else {
            panic!("not found with {jobs} jobs");
        };
        assert_eq!((failure.found, failure.rows_hit), (2, 30 + 20));
        assert_eq!(
            (failure.intact, failure.records),
            (bytes_records(&archive) - 2, Some(bytes_records(&archive)))
        );
        let Finding::Record { record, label, rows, .. } = &failure.findings[0] else { panic!("{failure}") };
        assert_eq!((*record, label.as_deref(), *rows), (hit[0].seq, Some("table public.binary"), 30));
        assert!(failure.to_string().contains("30 rows of table public.binary"), "{failure}");
    }
    // A stream is read up to the first of them.
    let Err(verify::Error::Failed(failure)) = by_stream(&bad) else { panic!("not found in the stream") };
    assert_eq!((failure.found, failure.intact, failure.records), (1, hit[0].seq, None));
    assert!(failure.to_string().contains("table public.binary"), "{failure}");
}

fn bytes_records(archive: &ArchiveFile) -> u64 {
    archive.end().records + 1
}

/// Gives one byte at a time, as a slow pipe may.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.0.len()).min(1);
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

#[test]
fn one_byte_reads_make_no_difference() {
    let (bytes, finished) = Sample::new(1).write();
    let report = verify_stream(&Context::silent(), Drip(&bytes), &Options::default()).unwrap();
    assert_eq!(report.root, finished.root);
}
