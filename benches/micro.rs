//! Micro-benchmarks of what is done for each byte, row or object: `cargo bench --bench micro`.
//!
//! Only the catalog needs a server: `PGARK_BENCH_CONN` names a database with many objects.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the environment")]

use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use pgark::archive::{
    ArchiveId, Codec, DataFormat, Decoder, Encoded, Encoder, Flags as ArchiveFlags, Header, RecordType,
};
use pgark::graph::{Job, Node, ReadyQueue, SortKey, order};
use pgark::object::{CatalogId, Class, Kind};
use pgark::server::conninfo::{Environment, Flags, resolve};
use pgark::server::{Assembler, Buffers, Format, Server};

/// Raw bytes of a frame, as a dump cuts them.
const FRAME_BYTES: usize = 4 << 20;

fn main() {
    divan::main();
}

/// What rows consist of.
#[derive(Clone, Copy, Debug)]
enum Table {
    /// Three numbers and 84 blanks, as pgbench has them.
    Numbers,
    /// A number, a time, a text of changing length, a number that is NULL now and then.
    Mixed,
    /// 4 KiB that cannot be compressed.
    Random,
}

const TABLES: [Table; 3] = [Table::Numbers, Table::Mixed, Table::Random];

/// The same numbers in each run; which ones does not matter.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn tuple(table: Table, n: u32, dice: &mut Dice) -> Vec<u8> {
    let fields: Vec<Option<Vec<u8>>> = match table {
        Table::Numbers => {
            let number = |n: u32| Some(n.to_be_bytes().to_vec());
            vec![number(n), number(n / 100_000), number(0), Some(vec![b' '; 84])]
        }
        Table::Mixed => {
            let moment = 800_000_000_000_000 + u64::from(n) * 1_000_003;
            let text = (0..dice.next() % 60).map(|_| b'a' + (dice.next() % 8) as u8).collect();
            let number = (!n.is_multiple_of(5)).then(|| (dice.next() as u32 % 1000).to_be_bytes().to_vec());
            vec![
                Some(u64::from(n).to_be_bytes().to_vec()),
                Some(moment.to_be_bytes().to_vec()),
                Some(text),
                number,
            ]
        }
        Table::Random => vec![Some((0..512).flat_map(|_| dice.next().to_le_bytes()).collect())],
    };
    let mut bytes = (fields.len() as u16).to_be_bytes().to_vec();
    for field in fields {
        bytes.extend(field.as_ref().map_or(-1, |field| field.len() as i32).to_be_bytes());
        bytes.extend(field.into_iter().flatten());
    }
    bytes
}

/// Rows of about a frame.
fn tuples(table: Table) -> Vec<Vec<u8>> {
    let (mut dice, mut bytes) = (Dice(1), 0);
    let rows = (0..).map(|n| tuple(table, n, &mut dice));
    rows.take_while(|row| {
        bytes += row.len();
        bytes < FRAME_BYTES
    })
    .collect()
}

#[divan::bench(args = TABLES)]
fn encode_columns(bencher: Bencher<'_, '_>, table: Table) {
    let raw = tuples(table).concat();
    let mut encoder = Encoder::new(1).expect("a level");
    bencher.counter(BytesCount::of_slice(&raw)).bench_local(|| encoder.encode_tuples(black_box(&raw)));
}

#[divan::bench(args = TABLES)]
fn encode_rows(bencher: Bencher<'_, '_>, table: Table) {
    let raw = tuples(table).concat();
    let mut encoder = Encoder::new(1).expect("a level");
    bencher.counter(BytesCount::of_slice(&raw)).bench_local(|| encoder.encode(black_box(&raw)));
}

fn header(encoded: &Encoded) -> Header {
    Header {
        record_type: RecordType::Data,
        flags: ArchiveFlags::LAST,
        codec: Codec::Zstd,
        transform: encoded.transform,
        data_format: DataFormat::Binary,
        archive_id: ArchiveId::from_bytes([0; 16]),
        seq: 0,
        stored_len: encoded.stored.len() as u64,
        raw_len: encoded.raw_len,
        raw_xxh3: encoded.raw_xxh3,
        payload_sha256: encoded.sha256,
        object_id: 1,
        part_no: 0,
        frame_no: 0,
        rows: 0,
        meta: Vec::new(),
    }
}

#[divan::bench(args = TABLES)]
fn decode(bencher: Bencher<'_, '_>, table: Table) {
    let raw = tuples(table).concat();
    let encoded = Encoder::new(1).expect("a level").encode_tuples(&raw).expect("memory");
    let header = header(&encoded);
    let (mut decoder, mut decoded) = (Decoder::new().expect("memory"), Vec::new());
    bencher.counter(BytesCount::of_slice(&raw)).bench_local(|| {
        decoder.decode(black_box(&header), &encoded.stored, &mut decoded).expect("good");
    });
}

/// From CopyData messages to frames, in pieces as a socket gives them.
#[divan::bench(args = TABLES)]
fn frames(bencher: Bencher<'_, '_>, table: Table) {
    let rows = tuples(table);
    let bytes: usize = rows.iter().map(Vec::len).sum();
    let buffers = Buffers::default();
    let head = [&b"PGCOPY\n\xff\r\n\0"[..], &[0; 8]].concat();
    bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(rows.len())).bench_local(|| {
        let mut assembler = Assembler::new(Format::Binary, FRAME_BYTES, buffers.clone());
        let mut message = |pieces: &[&[u8]]| {
            assembler.begin(pieces.iter().map(|piece| piece.len()).sum()).expect("good");
            pieces.iter().for_each(|piece| assembler.push(piece).expect("good"));
        };
        message(&[&head, &rows[0]]);
        rows[1..].iter().for_each(|row| message(&[row]));
        message(&[&[0xff, 0xff]]);
        assembler.end().expect("good");
        while let Some(frame) = assembler.pop() {
            buffers.give(black_box(frame).bytes);
        }
    });
}

/// Tables with a sequence, a default, a key and an index each.
#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10, sample_size = 1)]
fn order_of_tables(bencher: Bencher<'_, '_>, tables: usize) {
    const KINDS: [Kind; 5] = [Kind::Table, Kind::Sequence, Kind::TableData, Kind::Key, Kind::Index];
    let names: Vec<String> = (0..tables).map(|n| format!("t{n}")).collect();
    let nodes: Vec<Node<'_>> = (0..tables * KINDS.len())
        .map(|at| Node {
            id: CatalogId::new(Class::RELATION, at as u32),
            kind: KINDS[at % KINDS.len()],
            key: SortKey { schema: Some("public"), name: &names[at / KINDS.len()], ..SortKey::default() },
            deps: if at % KINDS.len() == 0 { Vec::new() } else { vec![at - at % KINDS.len()] },
            printed_in: None,
            shell_of: None,
        })
        .collect();
    let name = |at: usize| at.to_string();
    bencher.counter(ItemsCount::new(nodes.len())).bench_local(|| order(black_box(&nodes), &name));
}

/// Rows, then a key and an index of each table, two at a time.
#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10, sample_size = 1)]
fn ready_queue(bencher: Bencher<'_, '_>, tables: usize) {
    let job = |at: usize| Job {
        cost: (at * 7919 % 1000) as u64,
        deps: if at.is_multiple_of(3) { Vec::new() } else { vec![at - at % 3] },
        after: Vec::new(),
        exclusive: if at % 3 == 1 { vec![at / 3] } else { Vec::new() },
        shared: if at % 3 == 1 { Vec::new() } else { vec![at / 3] },
    };
    bencher
        .counter(ItemsCount::new(tables * 3))
        .with_inputs(|| ReadyQueue::new((0..tables * 3).map(job).collect()).expect("no loop"))
        .bench_local_values(|mut queue| {
            let mut running = Vec::new();
            loop {
                while running.len() < 2 {
                    let Some(next) = queue.next() else { break };
                    running.push(next);
                }
                let Some(done) = running.pop() else { break };
                queue.finished(done);
            }
        });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn catalog(bencher: Bencher<'_, '_>) {
    let Ok(conn) = std::env::var("PGARK_BENCH_CONN") else { return };
    let events = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let session = events.block_on(async {
        let flags = Flags { dbname: Some(conn), ..Flags::default() };
        let conninfo = resolve(&flags, &Environment::process()).expect("a connection string");
        let (_, session) = Server::connect_as(&conninfo, None).await.expect("a server");
        session.begin_snapshot(false).await.expect("a snapshot");
        session
    });
    let sessions = [session];
    bencher.bench_local(|| events.block_on(pgark::catalog::read(&sessions, None)).expect("a catalog"));
}
