//! A small archive with everything the format can express, made with the writer.

use pgark::archive::{
    ArchiveId, ContentHash, Ctid, DataFormat, Draft, Encoder, Finished, Flags, Meta, NO_OBJECT, RecordType,
    Source, SourceColumn, Status, Writer,
};
use pgark::manifest::{Begin, Catalog, Late, Source as Origin, TableTotal};
use serde_json::json;

/// A frame of the sample: where it belongs, its flags, its rows and how many of them end in it.
pub struct Frame {
    pub object_id: u32,
    pub part_no: u32,
    pub frame_no: u32,
    pub format: DataFormat,
    pub flags: Flags,
    pub rows: u32,
    pub range: (Option<Ctid>, Option<Ctid>),
    pub raw: Vec<u8>,
}

pub struct Sample {
    pub id: ArchiveId,
    pub begin: Begin,
    pub catalog: Catalog,
    pub frames: Vec<Frame>,
    pub late: Late,
}

pub const BINARY: u32 = 1;
pub const TEXT: u32 = 2;
pub const BLOBS: u32 = 3;
pub const EMPTY: u32 = 4;

impl Sample {
    /// Four tables: binary rows in two ranges (two frames are columns, one is too small), text with a row over three frames, large objects, nothing at all.
    pub fn new(id: u8) -> Self {
        let block = |block| Some(Ctid { block, item: 0 });
        let none = (None, None);
        let last = Flags::LAST;
        let binary = |range: std::ops::Range<u32>| range.flat_map(binary_row).collect::<Vec<u8>>();
        let long_row = [vec![b'x'; 700], b"\tend\n".to_vec()].concat();
        let text: Vec<u8> = (0..20).flat_map(|n| format!("{n}\t\\N\tline\n").into_bytes()).collect();
        let page = |page: u32| {
            [&7u32.to_le_bytes()[..], &page.to_le_bytes(), &300u16.to_le_bytes(), &[page as u8; 300]].concat()
        };
        let frame = |object_id, part_no, frame_no, format, flags, rows, range, raw| Frame {
            object_id,
            part_no,
            frame_no,
            format,
            flags,
            rows,
            range,
            raw,
        };
        let cut = Flags::CONTINUED.with(Flags::CONTINUES);
        use DataFormat::{Binary, LargeObject, Text};
        let frames = vec![
            frame(BINARY, 1, 0, Binary, Flags::NONE, 30, (block(4), None), binary(100..130)),
            frame(BINARY, 0, 0, Binary, last, 40, (None, block(4)), binary(0..40)),
            frame(TEXT, 0, 0, Text, Flags::CONTINUES, 20, none, [&text, &long_row[..10]].concat()),
            frame(BINARY, 1, 1, Binary, last, 5, none, binary(130..135)),
            frame(TEXT, 0, 1, Text, cut, 0, none, long_row[10..400].to_vec()),
            frame(BLOBS, 0, 0, LargeObject, last, 2, none, [page(0), page(5)].concat()),
            frame(EMPTY, 0, 0, Text, last, 0, none, Vec::new()),
            frame(TEXT, 0, 2, Text, Flags::CONTINUED.with(last), 1, none, long_row[400..].to_vec()),
        ];
        let mut sample = Self {
            id: ArchiveId::from_bytes([id; 16]),
            begin: Begin {
                source: Origin { database: "sample".into(), ..Origin::default() },
                ..Begin::default()
            },
            catalog: catalog(),
            frames,
            late: Late::default(),
        };
        let text_rows: Vec<&[u8]> =
            text.split_inclusive(|&byte| byte == b'\n').chain([&long_row[..]]).collect();
        let binary_rows: Vec<Vec<u8>> = (0..40).chain(100..135).map(binary_row).collect();
        sample.late.tables = vec![
            total(BINARY, 2, binary_rows.iter().map(Vec::as_slice)),
            total(TEXT, 1, text_rows.into_iter()),
            total(BLOBS, 1, [page(0), page(5)].iter().map(Vec::as_slice)),
            total(EMPTY, 1, std::iter::empty()),
        ];
        sample.late.tables[0].pages = 8;
        sample
    }

    /// The archive.
    pub fn write(&self) -> (Vec<u8>, Finished) {
        let mut writer = Writer::begin(Vec::new(), self.id).unwrap();
        let begin = Begin { tool: "pgark test".into(), ..self.begin.clone() };
        writer.append_json(RecordType::Begin, &begin).unwrap();
        writer.append_json(RecordType::Catalog, &self.catalog).unwrap();
        writer.append_json(RecordType::Note, &json!({"note": "x"})).unwrap();
        let mut encoder = Encoder::new(1).unwrap();
        for frame in &self.frames {
            let source = (frame.frame_no == 0).then(|| Source {
                name: format!("public.t{}", frame.object_id),
                encoding: "UTF8".into(),
                server_version_num: 180_003,
                column_count: 1,
                columns: vec![SourceColumn { name: "a".into(), type_name: "text".into() }],
            });
            let (ctid_from, ctid_to) = frame.range;
            let draft = Draft {
                record_type: RecordType::Data,
                flags: frame.flags,
                data_format: frame.format,
                object_id: frame.object_id,
                part_no: frame.part_no,
                frame_no: frame.frame_no,
                rows: frame.rows,
                meta: Meta { ctid_from, ctid_to, source, ..Meta::default() },
                payload: match frame.format {
                    DataFormat::Binary => encoder.encode_tuples(&frame.raw).unwrap(),
                    _ => encoder.encode(&frame.raw).unwrap(),
                },
            };
            writer.append(draft).unwrap();
        }
        writer.append_json(RecordType::Statistics, &json!({"relations": [], "columns": []})).unwrap();
        // Something a later version might write, and this one must skip.
        let later = Draft {
            record_type: RecordType::Ancillary(0xC3),
            flags: Flags::NONE,
            data_format: DataFormat::None,
            object_id: NO_OBJECT,
            part_no: 0,
            frame_no: 0,
            rows: 0,
            meta: Meta::default(),
            payload: encoder.encode(b"from the future").unwrap(),
        };
        writer.append(later).unwrap();
        writer.append_json(RecordType::Late, &self.late).unwrap();
        writer.finish(Status::Complete).unwrap()
    }
}

/// A tuple of COPY BINARY: an int4 and a text, or NULL for every third.
fn binary_row(n: u32) -> Vec<u8> {
    let mut row = vec![0, 2, 0, 0, 0, 4];
    row.extend(n.to_be_bytes());
    if n.is_multiple_of(3) {
        row.extend((-1i32).to_be_bytes());
    } else {
        let text = format!("row {n}");
        row.extend((text.len() as i32).to_be_bytes());
        row.extend(text.bytes());
    }
    row
}

fn total<'a>(id: u32, parts: u32, rows: impl Iterator<Item = &'a [u8]>) -> TableTotal {
    let mut hash = ContentHash::default();
    let (mut count, mut bytes) = (0, 0);
    for row in rows {
        hash.add_row(row);
        count += 1;
        bytes += row.len() as u64;
    }
    TableTotal { id, rows: count, bytes, parts, pages: 0, hash: hash.to_string() }
}

fn catalog() -> Catalog {
    let entry = |id: u32, kind: &str, name: &str, format: &str| {
        json!({
            "id": id, "kind": kind, "name": name, "label": format!("{kind} {name}"),
            "section": "pre-data", "ddl": [format!("CREATE TABLE {name} (a text)")],
            "data": {"format": format, "copy": format!("COPY {name} FROM STDIN")},
        })
    };
    serde_json::from_value(json!({
        "catalog": 1,
        "database": {"owner": "sample"},
        "entries": [
            entry(BINARY, "table", "public.binary", "binary"),
            entry(TEXT, "table", "public.text", "text"),
            entry(BLOBS, "large_object", "large objects", "large-object"),
            entry(EMPTY, "table", "public.empty", "text"),
            {"id": 5, "kind": "view", "name": "v", "label": "view v", "section": "pre-data"},
        ],
    }))
    .unwrap()
}
