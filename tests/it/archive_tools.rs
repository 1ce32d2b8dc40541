//! Programs that share no code with pgark read the archive: zstd, and a reader in Python made from FORMAT.md.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use pgark::archive::{ArchiveFile, Decoder, Limits, RecordType, Transform};

use crate::archive_sample::Sample;

/// Runs a program, or `None` where it is not installed.
fn run(program: &str, args: &[&str], input: &[u8]) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // The program may stop reading early; what it printed decides.
    let _ = feeder.join().unwrap();
    Some(output)
}

#[test]
fn stock_zstd_prints_what_is_compressed() {
    let (bytes, _) = Sample::new(1).write();
    let Some(output) = run("zstd", &["-dc"], &bytes) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let archive = ArchiveFile::from_source(Box::new(bytes), Limits::default()).unwrap();
    let (mut decoder, mut stored, mut raw) = (Decoder::new().unwrap(), Vec::new(), Vec::new());
    let (mut expected, mut columns) = (Vec::new(), 0);
    for entry in archive.toc() {
        let header = archive.read_frame(entry, &mut decoder, &mut stored, &mut raw).unwrap();
        match header.transform {
            Transform::None => expected.extend(&raw),
            Transform::Columns => {
                columns += 1;
                expected.extend(zstd::bulk::decompress(&stored[header.encoded_len()..], raw.len()).unwrap());
            }
        }
    }
    assert_eq!(columns, 2);
    assert!(output.stdout.starts_with(&expected));
    assert_eq!(output.stdout.len() - expected.len(), archive.toc().len() * 96);
}

fn second_reader(bytes: &[u8]) -> Option<Output> {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().write_all(bytes).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/read_archive.py");
    run("python3", &[script, file.path().to_str().unwrap()], b"")
}

#[test]
fn the_second_reader_agrees() {
    let (bytes, finished) = Sample::new(1).write();
    let Some(output) = second_reader(&bytes) else { return };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().last(), Some(format!("root {}", finished.root).as_str()));
    let archive = ArchiveFile::from_source(Box::new(bytes), Limits::default()).unwrap();
    for entry in archive.toc().iter().filter(|entry| entry.record_type == RecordType::Data) {
        let line = format!(
            "{} DATA offset={} stored={} raw={} object={} part={} frame={} rows={} flags={}\n",
            entry.seq,
            entry.offset,
            entry.stored_len,
            entry.raw_len,
            entry.object_id,
            entry.part_no,
            entry.frame_no,
            entry.rows,
            entry.flags.bits()
        );
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains("  source public.t1 (a text) UTF8 180003\n"));
}

#[test]
fn the_second_reader_refuses_damage_too() {
    let (bytes, _) = Sample::new(1).write();
    if second_reader(&bytes).is_none() {
        return;
    }
    for at in (0..bytes.len()).step_by(bytes.len() / 15) {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert!(!second_reader(&bad).unwrap().status.success(), "byte {at}");
    }
}
