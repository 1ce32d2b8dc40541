#!/usr/bin/env python3
"""Reads a pgark archive: prints its records, checks digests and root.

A second reader, written from schema/archive/FORMAT.md alone and kept simple; the tests hold pgark against it.
Payloads are decompressed with the program `zstd` where it is installed, and only hashed where it is not.
Usage: read_archive.py FILE
"""

import hashlib
import json
import shutil
import struct
import subprocess
import sys

HEADER = struct.Struct("<4sI8sBBHBBBB16sQQQQ32sIIIIII")
ENTRY = struct.Struct("<QQQIIIIIBBBBH14s32s")
END = struct.Struct("<QQQQQQB7s32s20s")
TYPES = {1: "BEGIN", 2: "CATALOG", 3: "DATA", 4: "LATE", 5: "CATALOG2", 6: "TOC", 7: "END", 129: "NOTE",
         130: "STATISTICS"}
JSON_TYPES = ("BEGIN", "CATALOG", "LATE", "CATALOG2", "NOTE", "STATISTICS")
FORMATS = {1: "binary", 2: "text", 3: "large-object"}
CONTINUED, CONTINUES, LAST = 1, 2, 4
NO_OBJECT = 0xFFFFFFFF


class Refused(Exception):
    """The archive breaks a rule."""


def must(condition, message):
    if not condition:
        raise Refused(message)


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


class Record:
    """A record at an offset of the file."""

    def __init__(self, data, offset):
        must(len(data) - offset >= 144, f"truncated at byte {offset}")
        (magic, skip_len, name, self.major, code, self.flags, self.codec, self.transform, cipher, self.data_format,
         self.archive_id, self.seq, self.stored_len, self.raw_len, self.raw_xxh3, payload_sha256, self.object_id,
         self.part, self.frame, self.rows, meta_len, reserved) = HEADER.unpack_from(data, offset)
        must(magic == b"\x5d\x2a\x4d\x18" and name == b"PGARKREC", f"no record at byte {offset}")
        must(self.major == 1, f"format version {self.major}")
        must(meta_len <= 65536 and skip_len == 136 + meta_len, f"length of the header at byte {offset}")
        self.offset, self.header_len, self.code = offset, 144 + meta_len, code
        self.header = data[offset:offset + self.header_len]
        must(len(self.header) == self.header_len, f"truncated at byte {offset}")
        must(sha256(self.header[:-16])[:16] == self.header[-16:], f"header_check at byte {offset}")
        must(code in TYPES or code & 0x80, f"unknown type {code}")
        must(cipher == reserved == 0 and self.transform <= 1 and self.codec <= 1 and self.flags <= 7, "unknown value")
        must(self.transform == 0 or (self.codec, self.data_format) == (1, 1), "columns of something else")
        self.name = TYPES.get(code, f"ANCILLARY-{code}")
        if self.name == "DATA":
            must(self.object_id != NO_OBJECT and self.data_format in FORMATS, "DATA without object or format")
        else:
            fields = (self.flags, self.data_format, self.object_id, self.part, self.frame, self.rows)
            must(fields == (0, 0, NO_OBJECT, 0, 0, 0), f"fields of DATA in {self.name}")
        must(self.stored_len <= self.raw_len + self.raw_len // 128 + 1024, "stored_len")
        must(self.codec == 1 or self.stored_len == self.raw_len == 0, "a payload without codec")
        self.end = offset + self.header_len + self.stored_len
        must(self.end <= len(data), f"truncated in record {self.seq}")
        self.payload = data[offset + self.header_len:self.end]
        must(sha256(self.payload) == payload_sha256, f"payload of record {self.seq}")
        self.leaf = sha256(b"pgark-leaf-1", self.header)
        self.meta = dict(self.tlvs(data[offset + 128:offset + 128 + meta_len]))

    def tlvs(self, meta):
        seen = set()
        while meta:
            must(len(meta) >= 4, "meta is cut off")
            tag, length = struct.unpack_from("<HH", meta)
            must(len(meta) >= 4 + length and tag not in seen, "meta is cut off or repeated")
            must(tag < 0x8000 or (tag == 0x8010 and self.name == "END"), f"unknown tag {tag:#x}")
            seen.add(tag)
            yield tag, meta[4:4 + length]
            meta = meta[4 + length:]

    def toc_entry(self):
        return ENTRY.pack(self.offset, self.stored_len, self.raw_len, self.header_len, self.object_id, self.part,
                          self.frame, self.rows, self.code, self.codec, self.transform, self.data_format, self.flags, bytes(14),
                          self.leaf)

    def raw(self):
        """The raw bytes; None without the program zstd."""
        if not self.payload:
            return b""
        if shutil.which("zstd") is None:
            return None
        done = subprocess.run(["zstd", "-dc"], input=self.payload, capture_output=True, check=False)
        must(done.returncode == 0, f"zstd of record {self.seq}: {done.stderr.decode()}")
        must(self.transform == 0 or len(done.stdout) <= self.raw_len, f"columns of record {self.seq}")
        raw = tuples(done.stdout) if self.transform else done.stdout
        must(len(raw) == self.raw_len, f"raw_len of record {self.seq}")
        return raw


def source(value):
    """The TLV source, as text."""
    def text(at):
        (length,) = struct.unpack_from("<H", value, at)
        return value[at + 2:at + 2 + length].decode(), at + 2 + length
    (version,) = struct.unpack_from("<I", value)
    name, at = text(4)
    encoding, at = text(at)
    count, listed = struct.unpack_from("<HH", value, at)
    at, columns = at + 4, []
    for _ in range(listed):
        column, at = text(at)
        kind, at = text(at)
        columns.append(f"{column} {kind}")
    must(at == len(value) and listed <= count, "source")
    return f"{name} ({', '.join(columns)}) {encoding} {version}"


def tuples(columns):
    """Makes columns rows again."""
    count, number = struct.unpack_from("<IH", columns)
    fields, at = list(struct.iter_unpack("<BBI", columns[6:6 + 6 * number])), 6 + 6 * number
    lengths = []
    for width, _, size in fields:
        must(width in (0, 1, 2, 4), "width of a length")
        stored = columns[at:at + width * count]
        own = [int.from_bytes(stored[n:n + width], "little") - 1 for n in range(0, len(stored), width or 1)]
        lengths.append(own if width else [size // count] * count)
        at += width * count
    values = []
    for (_, plane, size), own in zip(fields, lengths):
        stored, at, from_ = columns[at:at + size], at + size, 0
        must(size == sum(length for length in own if length > 0), "bytes of a field")
        column = []
        for length in own:
            if length < 0:
                column.append(None)
            elif plane:
                must(length == plane, "length of a plane")
                column.append(stored[from_::size // plane])
                from_ += 1
            else:
                column.append(stored[from_:from_ + length])
                from_ += length
        values.append(column)
    must(at == len(columns), "more than columns")

    def field(value):
        return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
    return b"".join(struct.pack(">H", number) + b"".join(map(field, row)) for row in zip(*values))


def row_ends(data_format, raw):
    """Counts the rows that lie wholly in `raw`, which begins with a row."""
    at = rows = 0
    while at < len(raw):
        if data_format == 1:
            (fields,) = struct.unpack_from(">h", raw, at)
            must(fields >= 0, "negative field count")
            at += 2
            for _ in range(fields):
                (length,) = struct.unpack_from(">i", raw, at)
                at += 4 + max(length, 0)
        elif data_format == 2:
            at = raw.index(b"\n", at) + 1
        else:
            (length,) = struct.unpack_from("<H", raw, at + 8)
            at += 10 + length
        must(at <= len(raw), "a row is cut off")
        rows += 1
    return rows


def order_of(names):
    """The names of the records, but for ancillary ones and repetitions."""
    kept = [name for name in names if name not in ("NOTE", "STATISTICS") and not name.startswith("ANCILLARY")]
    return [name for n, name in enumerate(kept) if n == 0 or name not in ("DATA", "TOC") or kept[n - 1] != name]


def read(data, out):
    records, offset = [], 0
    while offset < len(data):
        records.append(Record(data, offset))
        offset = records[-1].end
    must(records, "the file is empty")
    order = order_of([record.name for record in records])
    expected = ["BEGIN", "CATALOG", "DATA", "LATE", "CATALOG2", "TOC", "END"]
    must(order in (expected, [name for name in expected if name != "DATA"]), f"order of records: {order}")

    root = sha256(b"pgark-root-1", records[0].archive_id)
    parts, rows, raw_bytes, toc, listed, catalog, late = {}, 0, 0, b"", b"", None, None
    for number, record in enumerate(records):
        must(record.seq == number and record.archive_id == records[0].archive_id, f"record {number} is foreign")
        print(f"{number} {record.name} offset={record.offset} stored={record.stored_len} raw={record.raw_len}"
              f" object={record.object_id if record.object_id != NO_OBJECT else '-'} part={record.part}"
              f" frame={record.frame} rows={record.rows} flags={record.flags}", file=out)
        if 4 in record.meta and record.name == "DATA":
            print(f"  source {source(record.meta[4])}", file=out)
        if record.name == "END":
            break
        root = sha256(root, record.leaf)
        if record.name != "TOC":
            listed += record.toc_entry()
        if record.name == "DATA":
            rows, raw_bytes = rows + record.rows, raw_bytes + record.raw_len
            part = parts.setdefault((record.object_id, record.part), [])
            before = part[-1] if part else None
            must(record.frame == len(part), f"frame number of record {number}")
            must(not (before and before.flags & LAST), f"record {number} comes after the last frame")
            must(bool(record.flags & CONTINUED) == bool(before and before.flags & CONTINUES), "a cut row")
            part.append(record)
        raw = None if record.name.startswith("ANCILLARY") else record.raw()
        if raw is None:
            continue
        if record.name in JSON_TYPES:
            value = json.loads(raw)
            catalog = value if record.name == "CATALOG" else catalog
            late = value if record.name == "LATE" else late
        elif record.name == "TOC":
            toc += raw
        elif record.flags & (CONTINUED | CONTINUES) == 0:
            must(row_ends(record.data_format, raw) == record.rows, f"rows of record {number}")

    end = records[-1]
    must(end.name == "END" and end.header_len + end.stored_len == 256 and end.codec == 0, "the last record is not END")
    (toc_offset, toc_bytes, count, file_len, end_rows, end_raw, status, zeros, end_root, more) = END.unpack(
        end.meta[0x8010])
    first_toc = next(record for record in records if record.name == "TOC")
    must((toc_offset, toc_bytes) == (first_toc.offset, end.offset - first_toc.offset), "where the TOC is")
    must((count, file_len) == (len(records) - 1, len(data)), "records or length")
    must((end_rows, end_raw) == (rows, raw_bytes), "rows or raw bytes")
    must(not any(zeros + more) and status in (0, 1), "reserved bytes or status of END")
    must(end_root == root, "root")
    must(all(part[-1].flags & LAST for part in parts.values()), "a part without its last frame")
    two = [record.payload for record in records if record.name in ("CATALOG", "CATALOG2")]
    must(two[0] == two[1], "the two catalogs differ")
    if catalog is not None:
        must(toc == listed, "the TOC does not list the records")
        complete(catalog, late, parts)
    print(f"root sha256:{root.hex()}", file=out)


def complete(catalog, late, parts):
    """Every entry with data has its parts, and its totals are right."""
    totals = {total["id"]: total for total in late.get("tables", [])}
    wanted = {entry["id"]: entry["data"] for entry in catalog["entries"] if "data" in entry}
    must({object_id for object_id, _ in parts} <= set(wanted) == set(totals), "rows or totals of something unknown")
    for object_id, data in wanted.items():
        total = totals[object_id]
        frames = [frame for number in range(total["parts"]) for frame in parts.get((object_id, number), [])]
        numbers = {number for found, number in parts if found == object_id}
        must(numbers == set(range(total["parts"])), f"parts of object {object_id}")
        must(all(FORMATS[frame.data_format] == data["format"] for frame in frames), f"format of object {object_id}")
        sums = (sum(frame.rows for frame in frames), sum(frame.raw_len for frame in frames), total["parts"])
        must(sums == (total["rows"], total["bytes"], total["parts"]), f"totals of object {object_id}")


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    try:
        read(data, sys.stdout)
    except (Refused, ValueError, KeyError, IndexError, struct.error) as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
