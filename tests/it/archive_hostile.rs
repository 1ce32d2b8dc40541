//! Archives whose checksums are right and whose content is not: other versions, lies, absurd lengths, gaps.

use std::io::Write;
use std::process::Stdio;

use pgark::archive::format::{HEADER_LEN_MIN, Header};
use pgark::archive::{
    ArchiveFile, Digest, Encoder, Error, Flags, FormatError, Limits, RecordType, Status, StreamReader, Writer,
};
use pgark::context::Context;
use pgark::manifest::{Begin, Late, SequenceValue};
use serde_json::json;

use pgark::verify::{self, Finding, Options, verify_source, verify_stream};

use crate::archive_sample::{BINARY, Sample, TEXT};
use crate::support::{TestCli, TestDatabase, TestServer};

/// The sample with the header of its first record changed, its check repaired.
fn with_first_header(change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let (bytes, _) = Sample::new(1).write();
    let mut header = Header::decode(&bytes[..HEADER_LEN_MIN]).unwrap();
    change(&mut header);
    let mut out = Vec::new();
    header.encode(&mut out).unwrap();
    out.extend(&bytes[HEADER_LEN_MIN..]);
    out
}

fn first_record(bytes: &[u8]) -> Error {
    StreamReader::new(bytes, Limits::default()).unwrap().next_record().unwrap_err()
}

#[test]
fn absurd_lengths_are_refused_before_memory_is_taken() {
    let too_large = with_first_header(|header| header.raw_len = 1 << 50);
    assert!(matches!(first_record(&too_large), Error::TooLarge { record: 0, .. }));
    let promised = with_first_header(|header| (header.raw_len, header.stored_len) = (1 << 30, 1 << 30));
    assert!(matches!(first_record(&promised), Error::Truncated { records: 0, rows: 0 }));
}

#[test]
fn another_version_is_not_called_damage() {
    let (mut bytes, _) = Sample::new(1).write();
    // Every header of another major, as a later program would write.
    let mut at = 0;
    while at < bytes.len() {
        let len = Header::len_from_prefix(bytes[at..].first_chunk().unwrap()).unwrap();
        let next = at + len + Header::decode(&bytes[at..at + len]).unwrap().stored_len as usize;
        bytes[at + 16] = 2;
        at = next;
    }
    for error in [
        first_record(&bytes),
        ArchiveFile::from_source(Box::new(bytes.clone()), Limits::default()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unsupported { source: FormatError::Version(2), .. }), "{error:?}");
    }
}

#[test]
fn other_files_are_not_archives() {
    let zstd = zstd::bulk::compress(&[b'x'; 1000], 1).unwrap();
    for other in [&b"PGDMP\x01\x10\x00"[..], &[0; 4096], b"--\n-- PostgreSQL database dump\n--\n", &zstd] {
        assert!(matches!(first_record(other), Error::NotAnArchive));
        let opened = ArchiveFile::from_source(Box::new(other.to_vec()), Limits::default());
        assert!(matches!(opened.unwrap_err(), Error::NotAnArchive));
    }
}

#[test]
fn unknown_features_are_refused() {
    let mut begin = Begin::default();
    begin.features.incompat.push("columnar".into());
    let mut writer = Writer::begin(Vec::new(), Sample::new(1).id).unwrap();
    writer.append_json(RecordType::Begin, &begin).unwrap();
    writer.append_json(RecordType::Catalog, &json!({"catalog": 1, "database": {}, "entries": []})).unwrap();
    writer.append_json(RecordType::Late, &Late::default()).unwrap();
    let (bytes, _) = writer.finish(Status::Complete).unwrap();
    for verified in [
        verify_source(&Context::silent(), Box::new(bytes.clone()), &Options::default()),
        verify_stream(&Context::silent(), bytes.as_slice(), &Options::default()),
    ] {
        let error = verified.unwrap_err();
        assert!(
            matches!(&error, verify::Error::Archive(Error::UnknownFeature { name }) if name == "columnar")
        );
    }
}

#[test]
fn a_record_that_is_json_but_not_what_it_should_be_is_damage() {
    let good = [
        ("BEGIN", json!({})),
        ("CATALOG", json!({"catalog": 1, "database": {}, "entries": []})),
        ("LATE", json!({})),
    ];
    for wrong in 0..good.len() {
        let mut writer = Writer::begin(Vec::new(), Sample::new(1).id).unwrap();
        let types = [RecordType::Begin, RecordType::Catalog, RecordType::Late];
        for (at, record_type) in types.into_iter().enumerate() {
            let value = if at == wrong { json!([1, "x"]) } else { good[at].1.clone() };
            writer.append_json(record_type, &value).unwrap();
        }
        let (bytes, _) = writer.finish(Status::Complete).unwrap();
        for verified in [
            verify_source(&Context::silent(), Box::new(bytes.clone()), &Options::default()),
            verify_stream(&Context::silent(), bytes.as_slice(), &Options::default()),
        ] {
            let Err(verify::Error::Failed(failure)) = verified else { panic!("{} passed", good[wrong].0) };
            assert!(failure.to_string().contains(good[wrong].0), "{failure}");
        }
    }
}

#[test]
fn limits_are_the_callers() {
    let (bytes, _) = Sample::new(1).write();
    let limits = Limits { frame_len_max: 100, ..Limits::default() };
    let opened = ArchiveFile::from_source(Box::new(bytes.clone()), limits);
    assert!(matches!(opened.unwrap_err(), Error::TooLarge { .. }));
    let options = Options { limits, ..Options::default() };
    assert!(verify_source(&Context::silent(), Box::new(bytes.clone()), &options).is_err());
    assert!(verify_stream(&Context::silent(), bytes.as_slice(), &options).is_err());
}

/// Verifies both ways, deep or not, and returns the first finding.
fn finding(sample: &Sample, deep: bool) -> Finding {
    let (bytes, _) = sample.write();
    let options = Options { deep, ..Options::default() };
    let by_file = verify_source(&Context::silent(), Box::new(bytes.clone()), &options);
    let by_stream = verify_stream(&Context::silent(), bytes.as_slice(), &options);
    let mut found = [by_file, by_stream].map(|verified| match verified {
        Err(verify::Error::Failed(failure)) => failure.findings,
        other => panic!("{other:?}"),
    });
    // A stream is not read beyond a damaged record.
    assert_eq!(found[0][0], found[1][0]);
    found[0].remove(0)
}

fn gap(sample: &Sample, deep: bool) -> String {
    match finding(sample, deep) {
        Finding::Gap(gap) => gap.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_forgotten_table_or_part_is_a_gap() {
    let mut sample = Sample::new(1);
    sample.frames.retain(|frame| frame.object_id != TEXT);
    assert_eq!(gap(&sample, false), "table public.text: 0 of 1 parts are there");
    let mut sample = Sample::new(1);
    sample.frames.retain(|frame| (frame.object_id, frame.part_no) != (BINARY, 1));
    assert_eq!(gap(&sample, false), "table public.binary: 1 of 2 parts are there");
    let mut sample = Sample::new(1);
    sample.catalog.entries[1].data = None;
    assert!(gap(&sample, false).contains("the catalog has no such table"));
}

#[test]
fn entries_that_name_no_entry_are_a_gap() {
    for (dep, why) in
        [(0, "entry 0"), (2, "entry 2"), (5, "entry 5"), (6, "entry 6"), (u32::MAX, "entry 4294967295")]
    {
        let mut sample = Sample::new(1);
        sample.catalog.entries[1].deps = vec![1, dep];
        let what = gap(&sample, false);
        assert_eq!(what, format!("table public.text: it depends on {why}, which does not come before it"));
    }
    let mut sample = Sample::new(1);
    sample.catalog.entries[4].id = 7;
    assert_eq!(gap(&sample, false), "view v: its id is 7, but its place is 5");
    for id in [0, BINARY, 6, u32::MAX] {
        let mut sample = Sample::new(1);
        sample.late.sequences = vec![SequenceValue { id, last_value: 1, is_called: true }];
        assert!(gap(&sample, false).contains("there is a sequence's value for it"), "{id}");
    }
}

/// Restores from a file and from a pipe: exit code and what it says.
fn restored(sample: &Sample, target: &str) -> [(Option<i32>, String); 2] {
    let cli = TestCli::new();
    let (bytes, _) = sample.write();
    std::fs::write(cli.path("sample.pgark"), &bytes).unwrap();
    let file = cli.run(["restore", "sample.pgark", "-d", target, "--yes"]);
    let mut pipe = cli.command(["restore", "-", "-d", target, "--yes"]);
    let pipe = pipe.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut pipe = pipe.spawn().unwrap();
    // Who refuses what he has read does not read on.
    let _ = pipe.stdin.take().unwrap().write_all(&bytes);
    let pipe = pipe.wait_with_output().unwrap();
    [(file.code, file.stderr), (pipe.status.code(), String::from_utf8_lossy(&pipe.stderr).into_owned())]
}

#[test]
fn a_catalog_that_contradicts_itself_is_refused_before_the_server_is_asked() {
    let mut sample = Sample::new(1);
    sample.catalog.entries[1].deps = vec![99];
    for (code, said) in restored(&sample, "host=/nowhere") {
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("it depends on entry 99") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn rows_of_strangers_are_refused_before_they_are_used() {
    let Some(server) = TestServer::newest() else { return };
    for stranger in [5, 99] {
        let mut sample = Sample::new(1);
        sample.frames.truncate(1);
        (sample.frames[0].object_id, sample.frames[0].part_no) = (stranger, 0);
        sample.frames[0].flags = Flags::LAST;
        sample.catalog.entries.iter_mut().for_each(|entry| entry.ddl.clear());
        let target = TestDatabase::create(&server, "stranger");
        for (code, said) in restored(&sample, &target.conninfo()) {
            assert_eq!(code, Some(4), "{said}");
            assert!(!said.contains("panicked"), "{said}");
        }
    }
}

#[test]
fn parts_that_leave_blocks_out_are_a_gap() {
    let mut sample = Sample::new(1);
    sample.frames[0].range.0.as_mut().unwrap().block = 5;
    assert!(gap(&sample, false).contains("part 1 does not begin where the part before ends"));
    let mut sample = Sample::new(1);
    sample.frames[0].range.1 = Some(pgark::archive::Ctid { block: 7, item: 0 });
    assert!(gap(&sample, false).contains("its last part ends before the table"));
}

#[test]
fn totals_that_differ_are_a_gap() {
    let mut sample = Sample::new(1);
    sample.late.tables[0].rows += 1;
    assert_eq!(gap(&sample, false), "table public.binary: it has 75 rows, the totals say 76");
    let mut sample = Sample::new(1);
    sample.late.tables.remove(1);
    assert_eq!(gap(&sample, false), "table public.text: the totals do not name it");
}

#[test]
fn deep_finds_what_checksums_cannot() {
    let deep = Options { deep: true, jobs: 2, ..Options::default() };
    let (bytes, _) = Sample::new(1).write();
    verify_source(&Context::silent(), Box::new(bytes.clone()), &deep).unwrap();
    verify_stream(&Context::silent(), bytes.as_slice(), &deep).unwrap();

    // One value changed before it was compressed: the encoder's fault, with all checksums right.
    let mut sample = Sample::new(1);
    *sample.frames[3].raw.last_mut().unwrap() ^= 1;
    assert!(gap(&sample, true).contains("content hash"));
    // A row more than there is, made up for in another frame.
    let mut sample = Sample::new(1);
    sample.frames[0].rows += 1;
    sample.frames[1].rows -= 1;
    let Finding::Record { what, label, why, .. } = finding(&sample, true) else { panic!("no record") };
    assert_eq!((what, label.as_deref()), ("DATA", Some("table public.binary")));
    assert_eq!(why, FormatError::Field { field: "rows", found: 31, expected: 30 });
}

#[test]
fn the_writer_refuses_what_readers_would() {
    let mut sample = Sample::new(1);
    sample.frames[0].flags = Flags::CONTINUED;
    let written = std::panic::catch_unwind(|| sample.write());
    assert!(written.is_err());
    let writer = Writer::begin(Vec::new(), sample.id).unwrap();
    assert!(matches!(writer.finish(Status::Complete), Err(Error::Refused { record: 0, .. })));
}

#[test]
fn a_payload_that_decompresses_to_something_else_is_refused() {
    let payload = Encoder::new(1).unwrap().encode(&vec![0; 1 << 20]).unwrap();
    let (bytes, _) = Sample::new(1).write();
    let mut header = Header::decode(&bytes[..HEADER_LEN_MIN]).unwrap();
    header.payload_sha256 = Digest::of(&payload.stored);
    header.stored_len = payload.stored.len() as u64;
    let mut stream = Vec::new();
    header.encode(&mut stream).unwrap();
    stream.extend(&payload.stored);
    let mut reader = StreamReader::new(stream.as_slice(), Limits::default()).unwrap();
    reader.next_record().unwrap().unwrap();
    let mut raw = Vec::new();
    assert!(matches!(reader.decode(&mut raw), Err(Error::Damaged { record: 0, .. })));
    assert_eq!(raw.capacity(), 0);
}
